// What no market sends: it is refused, counted, and never an alarm.
#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "scene.hpp"

namespace trapline::trap::test {
namespace {

constexpr auto none64 = std::numeric_limits<std::int64_t>::max();
constexpr auto least64 = std::numeric_limits<std::int64_t>::min();

trapline_event event(const scene& s, std::uint16_t type, std::uint32_t instrument = 1) {
  return sdk::make_event(type, 2, instrument, s.now, 0, TRAPLINE_FLAG_LAST_IN_BATCH);
}
ignored book(scene& s, bool snapshot, const std::vector<trapline_level>& bids,
             const std::vector<trapline_level>& asks) {
  trapline_book b{};
  b.bid_count = static_cast<std::uint32_t>(bids.size());
  b.ask_count = static_cast<std::uint32_t>(asks.size());
  std::vector<trapline_level> l = bids;
  l.insert(l.end(), asks.begin(), asks.end());
  return s.core.on_book(event(s, snapshot ? TRAPLINE_EVENT_BOOK_SNAPSHOT : TRAPLINE_EVENT_BOOK_DELTA), b, l);
}
ignored trade(scene& s, std::int64_t price, std::int64_t size, std::int8_t exp = 0, std::uint32_t instrument = 1) {
  trapline_trade t{};
  t.price = price, t.size = size, t.price_exp = exp, t.size_exp = exp;
  t.aggressor_side = TRAPLINE_SIDE_BUY;
  return s.core.on_trade(event(s, TRAPLINE_EVENT_TRADE, instrument), t);
}
const market& view(const scene& s) { return s.core.find(1)->view(); }

TEST(broken_input, crossed_books_are_refused_until_a_good_snapshot) {
  for (const bool snapshot : {true, false}) {
    scene s(60250);
    EXPECT_EQ(book(s, snapshot, {{60'300, 5}}, {{60'290, 5}}), snapshot ? ignored::malformed : ignored::book_invalid);
    EXPECT_FALSE(view(s).book_valid());
    EXPECT_EQ(book(s, false, {{60'249, 5}}, {}), ignored::book_invalid) << "what follows has nothing to join";
    s.snapshot();
    EXPECT_TRUE(view(s).book_valid());
  }
}

TEST(broken_input, spoof_that_is_about_to_alarm_does_not_after_a_crossed_book) {
  const auto spoof = [](scene& s, bool break_it) {
    for (int i = 0; i < 3; ++i) {
      const int base = s.mid();
      s.layer(base - 12, 60);
      s.glide(base + 2, 3, 2, 1);
      if (i == 2 && break_it) book(s, false, {{60'900, 5}}, {});
      s.layer(base - 12, 0);
      s.glide(base, 5, 1, 0.3);
    }
    s.hold(20);
  };
  scene good(60250), broken(60250);
  spoof(good, false);
  ASSERT_TRUE(good.alarmed("spoofing_bid")) << "the scene must be worth breaking";
  spoof(broken, true);
  EXPECT_FALSE(broken.alarmed("spoofing"));
  EXPECT_FALSE(view(broken).book_valid());
}

TEST(broken_input, numbers_that_stand_for_none_are_malformed) {
  scene s(60250);
  const double price = view(s).price(), vbar = view(s).vbar(), oi = view(s).open_interest();
  for (const auto bad : {none64, least64, std::int64_t{0}, std::int64_t{-1}}) {
    EXPECT_EQ(trade(s, bad, 1), ignored::malformed) << bad;
    EXPECT_EQ(trade(s, 60'250, bad), ignored::malformed) << bad;
    EXPECT_EQ(trade(s, bad, 1, -4), ignored::malformed) << bad;
  }
  for (const int exp : {127, 19, -19, -128})
    EXPECT_EQ(trade(s, 60'250, 1, static_cast<std::int8_t>(exp)), ignored::malformed) << exp;
  trapline_ticker t{};
  t.present = 0xffff;
  t.open_interest = t.mark = t.index = none64;
  t.size_exp = t.price_exp = -4;
  s.core.on_ticker(event(s, TRAPLINE_EVENT_TICKER), t);
  EXPECT_EQ(view(s).price(), price);
  EXPECT_EQ(view(s).vbar(), vbar);
  EXPECT_EQ(view(s).open_interest(), oi);
  for (const auto bad : {none64, least64, std::int64_t{-1}}) {
    EXPECT_EQ(book(s, false, {{60'200, bad}}, {}), ignored::book_invalid) << bad;
    s.snapshot();
    EXPECT_EQ(book(s, true, {{bad, 1}}, {{60'300, 1}}), ignored::malformed) << bad;
    s.snapshot();
  }
  EXPECT_TRUE(view(s).book_valid());
}

TEST(broken_input, one_price_that_cannot_be_is_ignored_but_a_market_that_stays_there_is_followed) {
  scene s(60250);
  EXPECT_EQ(trade(s, 602'500, 1), ignored::implausible);
  EXPECT_EQ(trade(s, 6'025, 1), ignored::implausible);
  EXPECT_NEAR(view(s).price(), 60'250, 20);
  int refused = 0;
  while (refused < 100 && trade(s, 602'500, 1) == ignored::implausible) ++refused;
  EXPECT_LT(refused, 20);
  EXPECT_EQ(view(s).price(), 602'500);
}

TEST(broken_input, a_million_levels_are_refused_without_being_read) {
  scene s(60250);
  std::vector<trapline_level> many;
  for (int i = 0; i < 1'000'000; ++i) many.push_back({2'000'000 - i, 1});
  EXPECT_EQ(book(s, false, many, {}), ignored::oversized);
  EXPECT_FALSE(view(s).book_valid());
  EXPECT_EQ(book(s, true, many, {}), ignored::oversized);
  s.snapshot();
  EXPECT_TRUE(view(s).book_valid());
  // A deep book that is still possible is cut to what is watched.
  many.resize(16'000);
  EXPECT_EQ(book(s, true, many, {{3'000'000, 1}}), ignored::none);
  EXPECT_EQ(view(s).book().count(book_side::bid), depth_book::capacity);
}

TEST(broken_input, event_without_an_instrument_is_counted_and_makes_no_symbol) {
  scene s(60250);
  const std::size_t symbols = s.core.symbols();
  EXPECT_EQ(trade(s, 60'250, 1, 0, 0), ignored::no_instrument);
  trapline_instrument i{};
  EXPECT_EQ(s.core.on_instrument(event(s, TRAPLINE_EVENT_INSTRUMENT, 0), i), ignored::no_instrument);
  EXPECT_EQ(s.core.symbols(), symbols);
  i.tick = -1;
  const double tick = view(s).tick();
  EXPECT_EQ(s.core.on_instrument(event(s, TRAPLINE_EVENT_INSTRUMENT), i), ignored::none);
  EXPECT_EQ(view(s).tick(), tick) << "a tick that is not positive is not taken";
}

TEST(broken_input, symbol_that_was_never_announced_is_watched_with_the_tick_of_its_prices) {
  collector out;
  detector d(scene_settings(), out);
  trapline_trade t{};
  t.price = 5'000'000, t.price_exp = -2, t.size = 1;
  EXPECT_EQ(d.on_trade(sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 9, scene::start), t), ignored::none);
  ASSERT_NE(d.find(9), nullptr);
  EXPECT_EQ(d.find(9)->view().tick(), 0.01);
}

TEST(broken_input, every_reason_has_a_name_for_its_counter) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < ignored_count; ++i) names.push_back(ignored_name(static_cast<ignored>(i)));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
  EXPECT_FALSE(names.front().empty());
}

// Events whose fields are drawn from what breaks programs, between ordinary ones.
class nonsense {
 public:
  explicit nonsense(std::uint32_t seed) : seed_(seed) {}

  void step(scene& s) {
    trapline_event e = event(s, TRAPLINE_EVENT_TRADE, pick({1, 1, 1, 2}));
    if (roll(8) == 0) e.ts_event = pick<std::int64_t>({0, -1, least64, none64, s.now - minute, std::int64_t{1} << 61});
    if (roll(8) == 0) e.flags = static_cast<std::uint16_t>(next());
    switch (roll(5)) {
      case 0: {
        trapline_trade t{};
        t.price = number(s), t.size = number(s), t.price_exp = exponent(), t.size_exp = exponent();
        t.aggressor_side = static_cast<std::uint8_t>(roll(4));
        s.core.on_trade(e, t);
        break;
      }
      case 1:
      case 2: {
        trapline_book b{};
        std::vector<trapline_level> levels(roll(6));
        for (auto& l : levels) l = {number(s), number(s)};
        b.bid_count = roll(4), b.ask_count = roll(4);
        b.price_exp = exponent(), b.size_exp = exponent();
        b.venue_seq = roll(5), b.venue_prev_seq = roll(5);
        e.type = roll(3) ? TRAPLINE_EVENT_BOOK_DELTA : TRAPLINE_EVENT_BOOK_SNAPSHOT;
        s.core.on_book(e, b, levels);
        break;
      }
      case 3: {
        trapline_ticker t{};
        t.present = static_cast<decltype(t.present)>(next());
        t.open_interest = number(s), t.mark = number(s), t.index = number(s);
        t.price_exp = exponent(), t.size_exp = exponent();
        s.core.on_ticker(e, t);
        break;
      }
      default: {
        trapline_candle c{};
        c.interval_ns = minute, c.closed = 1;
        c.start_ts = pick<std::int64_t>({0, s.now - s.now % minute, none64, least64, s.now - 100 * minute});
        c.open = number(s), c.high = number(s), c.low = number(s), c.close = number(s), c.price_exp = exponent();
        s.core.on_candle(e, c);
      }
    }
  }

 private:
  std::uint32_t next() { return seed_ = seed_ * 1664525u + 1013904223u; }
  std::uint32_t roll(std::uint32_t n) { return (next() >> 16) % n; }
  template <class T>
  T pick(std::initializer_list<T> from) {
    return from.begin()[roll(static_cast<std::uint32_t>(from.size()))];
  }
  std::int64_t number(const scene& s) {
    const std::int64_t mid = s.mid();
    return pick<std::int64_t>(
        {mid, mid + 1, mid - 1, mid * 10, 1, 0, -1, none64, none64 - 1, least64, 1'000'000'000'000});
  }
  std::int8_t exponent() { return pick<std::int8_t>({0, 0, 0, -1, -18, 18, 127, -128}); }

  std::uint32_t seed_;
};

TEST(broken_input, nonsense_between_ordinary_events_neither_crashes_nor_alarms_nor_tells_what_is_no_number) {
  for (const std::uint32_t seed : {1u, 2u, 3u}) {
    scene s(60250, scene_settings(), 310);
    nonsense n(seed);
    s.every_step = [&] {
      for (int i = 0; i < 3; ++i) n.step(s);
      if (s.now % (5 * second) == 0) s.snapshot();
    };
    s.hold(120);
    s.every_step = [] {};
    for (const auto& t : s.out.signals) {
      EXPECT_TRUE(t.s.probability > 0 && t.s.probability < 1) << t.id();
      EXPECT_TRUE(t.s.confidence >= 0 && t.s.confidence <= 1 && t.s.intensity >= 0 && t.s.intensity <= 1) << t.id();
      for (const auto& e : t.evidence) EXPECT_TRUE(std::isfinite(e.value) && std::isfinite(e.contribution)) << e.name;
    }
    // Of the market that is there. Another one, of which nothing but nonsense is known, may look like anything.
    for (const auto& t : s.out.signals)
      EXPECT_FALSE(t.id().find(":BTCUSDT:") != std::string::npos &&
                   (t.s.stage == TRAPLINE_STAGE_DETECTED || t.s.stage == TRAPLINE_STAGE_CONFIRMED))
          << t.id();
    for (const auto& m : s.out.matrices)
      for (const auto& r : m.rows) EXPECT_TRUE(r.probability > 0 && r.probability < 1);
  }
}

}  // namespace
}  // namespace trapline::trap::test
