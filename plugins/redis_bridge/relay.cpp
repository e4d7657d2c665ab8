#include "relay.hpp"

#include <algorithm>
#include <cstring>

#include "trapline/sdk/event.hpp"

namespace trapline::redis_bridge {
namespace {

std::string_view bytes_of(const trapline_event& e) { return {reinterpret_cast<const char*>(&e), e.size}; }

}  // namespace

void relay::append(const trapline_event& e) {
  const auto* gap = e.type == TRAPLINE_EVENT_GAP ? sdk::payload<trapline_gap>(e) : nullptr;
  if (gap && gap->channel == TRAPLINE_GAP_BUS) {
    // The lane was lapped, and nobody knows what was lost.
    for (auto& s : streams_) {
      s->book.invalidate();
      if (!s->book_topic.empty()) write(*s, relayed_event, s->book_topic, e);
    }
    return;
  }
  auto* s = stream_of(e);
  if (!s) return;
  count_event(s->count, e.type);
  write(*s, relayed_event, env_.topic_name(e.topic), e);
  if (s->book_topic.empty()) return;
  if (gap) s->book.apply(*gap);
  if (e.type == TRAPLINE_EVENT_INSTRUMENT) s->instrument = bytes_of(e);
  const bool of_book = e.type == TRAPLINE_EVENT_BOOK_SNAPSHOT || e.type == TRAPLINE_EVENT_BOOK_DELTA;
  if (const auto* b = of_book ? sdk::payload<trapline_book>(e) : nullptr) s->book.apply(e, *b);
  const bool book_is_whole = s->count.books == 0 || s->book.valid();
  if (e.ts_recv >= s->state_due && book_is_whole) write_state(*s, e);
}

relay::stream* relay::stream_of(const trapline_event& e) {
  if (e.topic >= routes_.size()) routes_.resize(e.topic + std::size_t{64});
  auto& route = routes_[e.topic];
  if (route == 0) {
    const auto topic = env_.topic_name(e.topic);
    const auto key = relay_key(settings_.prefix, topic);
    if (key.empty()) route = none;
    else {
      const auto log = open_({key, family::relay});
      auto at = std::find_if(streams_.begin(), streams_.end(), [&](const auto& s) { return s->log == log; });
      if (at == streams_.end()) {
        at = streams_.insert(at, std::make_unique<stream>());
        (*at)->log = log;
        if (topic.starts_with("md.")) {
          const auto kind_end = topic.find('.', 3);
          (*at)->book_topic = std::string("md.book").append(topic.substr(kind_end));
          (*at)->instrument_topic = std::string("md.instrument").append(topic.substr(kind_end));
        }
      }
      route = static_cast<std::uint32_t>(at - streams_.begin()) + 1;
    }
  }
  return route == none ? nullptr : streams_[route - 1].get();
}

void relay::write(stream& s, std::string_view type, std::string_view topic, const trapline_event& e) {
  spool_.append(s.log, relay_entry(type, topic, s.count, e.ts_event != 0 ? e.ts_event : e.ts_recv, bytes_of(e)));
}

// `e`: the newest event. The book has its times.
void relay::write_state(stream& s, const trapline_event& e) {
  s.state_due = e.ts_recv + settings_.relay_state_every;
  if (!s.instrument.empty())
    write(s, relayed_state, s.instrument_topic, *reinterpret_cast<const trapline_event*>(s.instrument.data()));
  const auto bids = s.book.bid_count(), asks = s.book.ask_count();
  if (!s.book.valid() || bids + asks > TRAPLINE_BOOK_MAX_LEVELS) return;  // cut to fit an event, it would be wrong
  const std::size_t size = sizeof(trapline_event) + sizeof(trapline_book) + (bids + asks) * sizeof(trapline_level);
  image_.assign(size / 8, 0);
  auto& head = *reinterpret_cast<trapline_event*>(image_.data());
  head = e;
  head.size = static_cast<std::uint32_t>(size);
  head.type = TRAPLINE_EVENT_BOOK_SNAPSHOT;
  head.flags = TRAPLINE_FLAG_SNAPSHOT | TRAPLINE_FLAG_LAST_IN_BATCH;
  head.schema = 0;
  auto& book = *reinterpret_cast<trapline_book*>(&head + 1);
  book.venue_seq = s.book.venue_seq();
  book.bid_count = static_cast<std::uint32_t>(bids);
  book.ask_count = static_cast<std::uint32_t>(asks);
  book.price_exp = static_cast<std::int8_t>(s.book.price_exp());
  book.size_exp = static_cast<std::int8_t>(s.book.size_exp());
  auto* level = reinterpret_cast<trapline_level*>(&book + 1);
  for (std::size_t i = 0; i < bids; ++i) *level++ = s.book.bid(i);
  for (std::size_t i = 0; i < asks; ++i) *level++ = s.book.ask(i);
  write(s, relayed_state, s.book_topic, head);
}

}  // namespace trapline::redis_bridge
