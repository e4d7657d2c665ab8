// V: events in, legal ones and those that a plugin must survive; P: events out.
#include <cstring>
#include <limits>

#include "cases.hpp"
#include "changed_events.hpp"
#include "payload_rules.hpp"
#include "trapline/abi/account.h"
#include "trapline/abi/signal.h"
#include "trapline/abi/system.h"
#include "trapline/sdk/text.hpp"

namespace trapline::testkit {
namespace {

constexpr std::uint64_t warm_up = 2'000;

// Counts in the head of a payload, by their place.
struct count_field {
  std::uint16_t type;
  std::size_t offset;
};
constexpr count_field counts[] = {
    {TRAPLINE_EVENT_BOOK_SNAPSHOT, offsetof(trapline_book, bid_count)},
    {TRAPLINE_EVENT_BOOK_SNAPSHOT, offsetof(trapline_book, ask_count)},
    {TRAPLINE_EVENT_BOOK_DELTA, offsetof(trapline_book, bid_count)},
    {TRAPLINE_EVENT_BOOK_DELTA, offsetof(trapline_book, ask_count)},
    {TRAPLINE_EVENT_SIGNAL, offsetof(trapline_signal, evidence_count)},
    {TRAPLINE_EVENT_TRAP_MATRIX, offsetof(trapline_trap_matrix, row_count)},
};

// A started instance that has seen enough to have a state that can be hurt.
struct warm_rig {
  explicit warm_rig(bench& b) : r(b), source(source_for(r.started(), b.settings().seed)) { r.feed(source, warm_up); }
  void give(const trapline_event& e) { expect_ok(r.plugin.deliver(e), "on_events()"); }
  // Ends well: legal events go on to be taken, and it stops.
  void finish(const char* during) {
    r.feed(source, 500);
    r.expect_no_fault(during);
    r.stop_and_destroy();
  }
  rig r;
  event_source source;
};

void unknown_events(bench& b) {
  warm_rig w(b);
  random_numbers random(b.settings().seed);
  event_buffer buffer;
  for (std::size_t c = 0; c < w.source.channel_count(); ++c)
    for (int n = 0; n < 200; ++n) {
      auto& e = buffer.copy(w.source.event_of(c));
      const std::pair<std::uint16_t, std::uint16_t> kinds[] = {{0, 0},     {0, 9},      {0, 11},         {0, 39},
                                                               {0, 62},    {0, 63},     {0, 64},         {0, 9999},
                                                               {0, 65535}, {7, e.type}, {0xffff, e.type}};
      const auto [space, type] = kinds[random.next() % std::size(kinds)];
      e.space = space;
      e.type = type;
      e.schema = static_cast<std::uint16_t>(random.next());
      e.flags = static_cast<std::uint16_t>(random.next());
      e.size = static_cast<std::uint32_t>(sizeof e + random.between(0, 64) * 8);
      for (std::uint32_t at = 0; at + 8 <= e.size - sizeof e; at += 8) {
        const auto junk = random.next();
        std::memcpy(buffer.payload() + at, &junk, 8);
      }
      if (w.r.host.wants(e.topic, e.space, e.type)) w.give(e);
    }
  w.finish("about events of unknown type or space; ignore them");
}

// What a host of tomorrow sends: longer payloads, of a higher schema.
void longer_events(bench& b) {
  warm_rig w(b);
  event_buffer buffer;
  for (std::uint64_t n = b.event_count(0.05); n > 0; --n) {
    auto& e = buffer.copy(w.source.next());
    lengthen(e);
    w.give(e);
  }
  w.finish("about a payload that is longer than it knows");
}

void truncated_events(bench& b) {
  warm_rig w(b);
  guarded_event guarded;
  for (std::size_t c = 0; c < w.source.channel_count(); ++c) {
    event_buffer buffer;
    for (std::uint32_t size = buffer.copy(w.source.event_of(c)).size; size >= sizeof(trapline_event); size -= 8) {
      const auto& e = buffer.copy(w.source.event_of(c));
      w.give(guarded.place(e, std::min(size, e.size)));
    }
    for (const auto& field : counts) {
      if (buffer.head().type != field.type) continue;
      for (const std::uint32_t count : {1u, 41u, 4096u, 0x0fffffffu, 0x10000000u, 0x7fffffffu, 0xffffffffu}) {
        const auto& e = w.source.event_of(c);
        auto& lie = guarded.place(e);
        std::uint32_t true_count = 0;
        auto* at = reinterpret_cast<std::byte*>(&lie + 1) + field.offset;
        std::memcpy(&true_count, at, sizeof true_count);
        const std::uint32_t said = std::max(count, true_count + count);  // more than there are, unless it wraps
        std::memcpy(at, &said, sizeof said);
        w.give(lie);
      }
    }
  }
  w.finish("about a payload that is too short; ignore it, or report the loss as an event");
}

// Losses and the ways back from them.
void gaps(bench& b) {
  warm_rig w(b);
  random_numbers random(b.settings().seed);
  event_buffer buffer;
  const std::uint64_t rounds = b.event_count(0.02);
  for (std::uint64_t n = 0; n < rounds; ++n) {
    auto& e = buffer.copy(w.source.next());
    switch (random.next() % 8) {
      case 0:
        continue;  // lost without a word
      case 1:
        e.flags |= TRAPLINE_FLAG_AFTER_GAP;
        break;
      case 2:
        e.flags |= TRAPLINE_FLAG_SNAPSHOT;
        break;
      case 3:
        e.flags = static_cast<std::uint16_t>(e.flags & ~TRAPLINE_FLAG_LAST_IN_BATCH);
        break;
      case 4:
        e.flags |= TRAPLINE_FLAG_HISTORY;
        break;
      case 5:
        e.flags |= TRAPLINE_FLAG_CONFLATED | TRAPLINE_FLAG_INEXACT;
        break;
      case 6:  // a book that does not join the one before
        if (e.type == TRAPLINE_EVENT_BOOK_DELTA)
          reinterpret_cast<trapline_book*>(buffer.payload())->venue_prev_seq +=
              static_cast<std::uint64_t>(random.between(1, 9));
        break;
      default:
        break;
    }
    w.give(e);
  }
  w.finish("about gaps and resynchronisation");
}

// An integer of a payload, anywhere, becomes one that hurts arithmetic.
void spoil(event_buffer& buffer, random_numbers& random) {
  static constexpr std::int64_t hard[] = {0,
                                          1,
                                          -1,
                                          std::numeric_limits<std::int64_t>::max(),
                                          std::numeric_limits<std::int64_t>::min(),
                                          std::numeric_limits<std::int64_t>::max() - 1,
                                          1LL << 62,
                                          std::numeric_limits<std::int32_t>::max()};
  auto& e = buffer.head();
  const std::size_t words = (e.size - sizeof e) / 8;
  if (words == 0) return;
  const auto value = hard[random.next() % std::size(hard)];
  const std::size_t word = random.next() % words;
  for (const auto& field : counts)  // V03 is about them
    if (field.type == e.type && field.offset / 8 == word) return;
  std::memcpy(buffer.payload() + 8 * word, &value, sizeof value);
}

void spoil_exponents(event_buffer& buffer, random_numbers& random) {
  static constexpr std::int8_t hard[] = {127, -128, -127, 20, -20, 0};
  const auto pick = [&] { return hard[random.next() % std::size(hard)]; };
  void* p = buffer.payload();
  const auto& e = buffer.head();
  if (e.type == TRAPLINE_EVENT_TRADE) {
    static_cast<trapline_trade*>(p)->price_exp = pick();
    static_cast<trapline_trade*>(p)->size_exp = pick();
  } else if (e.type == TRAPLINE_EVENT_BOOK_SNAPSHOT || e.type == TRAPLINE_EVENT_BOOK_DELTA) {
    static_cast<trapline_book*>(p)->price_exp = pick();
    static_cast<trapline_book*>(p)->size_exp = pick();
  } else if (e.type == TRAPLINE_EVENT_TICKER) {
    static_cast<trapline_ticker*>(p)->price_exp = pick();
    static_cast<trapline_ticker*>(p)->size_exp = pick();
    static_cast<trapline_ticker*>(p)->funding_exp = pick();
  } else if (e.type == TRAPLINE_EVENT_CANDLE) {
    static_cast<trapline_candle*>(p)->price_exp = pick();
    static_cast<trapline_candle*>(p)->size_exp = pick();
  } else if (e.type == TRAPLINE_EVENT_POSITION) {
    static_cast<trapline_position*>(p)->price_exp = pick();
    static_cast<trapline_position*>(p)->money_exp = pick();
  } else if (e.type == TRAPLINE_EVENT_ORDER) {
    static_cast<trapline_order*>(p)->price_exp = pick();
    static_cast<trapline_order*>(p)->money_exp = pick();
  }
}

void extremes(bench& b) {
  random_numbers random(b.settings().seed);
  guarded_event guarded;
  // Several lives: a value that silences a plugin would hide the next ones.
  for (int life = 0; life < 10; ++life) {
    warm_rig w(b);
    event_buffer buffer;
    const std::uint64_t rounds = b.event_count(0.005);
    for (std::uint64_t n = 0; n < rounds; ++n) {
      auto& e = buffer.copy(w.source.next());
      switch (random.next() % 7) {
        case 0:
          e.ts_event -= random.between(0, 3'600'000'000'000);
          break;
        case 1:
          e.ts_event = e.ts_recv = random.between(0, 1'000);
          break;
        case 2:
          e.ts_event =
              random.one_in(2) ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
          break;
        case 3:
          w.give(guarded.place(e));  // the same once more
          break;
        case 4:
          spoil(buffer, random);
          break;
        case 5:
          spoil_exponents(buffer, random);
          break;
        default:
          e.instrument = random.one_in(2) ? 0 : 0xffffffffu;  // none, or one that was never made
          break;
      }
      w.give(guarded.place(e));
    }
    w.finish("about extreme values");
  }
}

void many_events(bench& b) {
  fake_host_options options;
  options.keep_published = false;
  rig r(b, options);
  auto source = source_for(r.started(), b.settings().seed);
  const auto count = b.event_count();
  r.feed(source, count);
  b.note("events", static_cast<double>(count));
  b.note("published", static_cast<double>(r.host.published_count()));
  r.expect_no_fault("about legal events");
  r.stop_and_destroy();
}

void events_are_read_only(bench& b) {
  rig r(b);
  auto source = source_for(r.started(), b.settings().seed);
  guarded_event guarded;
  for (int n = 0; n < 5'000; ++n) {
    const auto& e = guarded.place(source.next());
    guarded.seal();
    expect_ok(r.plugin.deliver(e), "on_events()");
  }
  r.stop_and_destroy();
}

void well_formed_output(bench& b) {
  rig r(b);
  r.started();
  event_source source(r.host, b.settings().seed);
  if (source.any()) r.feed(source, b.event_count(0.1));
  r.idle(60, 1'000'000'000, 0);
  r.drain();
  r.stop_and_destroy();
  for (const auto rule : {breach::bad_publish, breach::bad_argument})
    if (const auto found = r.host.breaches(rule); !found.empty()) fail(first_of(found));
}

// Comes without a subscription, when the lane itself was lapped.
void bus_gap(bench& b) {
  rig r(b);
  r.started();
  event_source source(r.host, b.settings().seed);
  const auto legal = [&](std::uint64_t n) {
    if (source.any()) r.feed(source, n);
  };
  struct {
    trapline_event head{};
    trapline_gap gap{};
  } e;
  e.head.size = sizeof e;
  e.head.type = TRAPLINE_EVENT_GAP;
  e.gap.channel = TRAPLINE_GAP_BUS;
  e.gap.reason = TRAPLINE_GAP_OVERRUN;
  for (const std::uint64_t lost : {std::uint64_t{1}, std::uint64_t{100'000}, std::uint64_t{0}, ~std::uint64_t{0}}) {
    legal(1'000);
    source.stamp(e.head);
    e.gap.lost = lost;
    e.gap.from_seq = e.head.seq - 1;
    e.gap.to_seq = e.head.seq;
    expect_ok(r.plugin.deliver(e.head), "on_events() of a bus gap");
    legal(1'000);
    expect_ok(r.plugin.deliver(e.head), "on_events() of a second bus gap");
  }
  r.expect_no_fault("about a gap of the bus");
  r.stop_and_destroy();
}

}  // namespace

std::span<const test_case> event_cases() {
  static constexpr test_case cases[] = {
      {"V01", level::must, "Events of unknown type, space or schema are ignored", "L01", unknown_events},
      {"V02", level::must, "Payloads that are longer than known are read as far as known", "L01", longer_events},
      {"V03", level::must, "Payloads that are too short, or counts beyond their end, are not read past the end", "L01",
       truncated_events},
      {"V04", level::must, "Gaps, missing snapshots and broken sequences do no harm", "L01", gaps},
      {"V05", level::must, "Time that runs backwards, repeated events and extreme values do no harm", "L01", extremes,
       true},
      {"V06", level::must, "Random legal events, as many as asked for, do no harm", "L01", many_events, true},
      {"V07", level::must, "Events are not written to", "L01", events_are_read_only},
      {"P01", level::must, "What it publishes, and every argument to the host, is well-formed", "L02",
       well_formed_output},
      {"B02", level::must, "A gap of the bus itself does no harm", "L01", bus_gap},
  };
  return cases;
}

}  // namespace trapline::testkit
