#include "ingest_events.hpp"

#include <cstring>

#include "trapline/abi/system.h"
#include "trapline/sdk/error.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {

bool ingest_events::sound(const relayed& r) {
  return r.type == "gap" || (sound_event(r.event) && names_of(r.topic) != nullptr);
}

// Only topics that belong to the stream are made: what stands in Redis must not be able to fill the table of names.
const ingest_events::names* ingest_events::names_of(std::string_view topic) {
  if (const auto it = names_.find(topic); it != names_.end()) return &it->second;
  if (relay_key({}, topic) != relay_key_of_tag({}, tag_)) return nullptr;
  names n;
  try {
    n.topic = bus_.topic(topic);
    if (topic.starts_with("md.")) {
      const auto kind_end = topic.find('.', 3), venue_end = topic.find('.', kind_end + 1);
      const auto tail = topic.substr(kind_end);
      n.instrument = bus_.instrument(topic.substr(kind_end + 1, venue_end - kind_end - 1), topic.substr(venue_end + 1));
      n.trades = bus_.topic(sdk::cat("md.trade", tail));
      n.books = bus_.topic(sdk::cat("md.book", tail));
    }
  } catch (const sdk::error&) {
    return nullptr;
  }
  return &names_.emplace(topic, n).first->second;
}

void ingest_events::append(const relayed& r, const judgement& j) {
  const auto& n = *names_of(r.topic);
  trapline_event head;
  std::memcpy(&head, r.event.data(), sizeof head);
  append_gaps(r.topic, j, head.ts_recv);
  if (!j.publish) return;
  const std::size_t mine = words_.size();
  words_.resize(mine + r.event.size() / 8);
  std::memcpy(words_.data() + mine, r.event.data(), r.event.size());
  auto& e = *reinterpret_cast<trapline_event*>(words_.data() + mine);
  e.topic = n.topic;
  e.instrument = e.instrument != 0 ? n.instrument : 0;
  e.flags = static_cast<std::uint16_t>(e.flags | j.flags);
  e.source = 0;
  e.seq = e.source_seq = e.cause = 0;  // of the other bus
}

void ingest_events::append_gaps(std::string_view topic, const judgement& j, std::int64_t ts_recv) {
  const auto& n = *names_of(topic);
  if (n.instrument == 0) return;  // the status of a feed: the next report makes the lost ones good
  if (j.trades_lost()) append_gap(TRAPLINE_GAP_TRADE, n, j, ts_recv);
  if (j.books_lost()) append_gap(TRAPLINE_GAP_BOOK, n, j, ts_recv);
}

void ingest_events::append_gap(std::uint8_t channel, const names& n, const judgement& j, std::int64_t ts_recv) {
  const bool trade = channel == TRAPLINE_GAP_TRADE;
  struct {
    trapline_event head{};
    trapline_gap gap{};
  } g;
  g.head.size = sizeof g;
  g.head.type = TRAPLINE_EVENT_GAP;
  g.head.flags = TRAPLINE_FLAG_LAST_IN_BATCH;
  g.head.topic = trade ? n.trades : n.books;
  g.head.instrument = n.instrument;
  g.head.ts_recv = ts_recv;
  g.gap.channel = channel;
  g.gap.reason = j.unknown ? TRAPLINE_GAP_DISCONNECT : TRAPLINE_GAP_OVERRUN;
  g.gap.lost = trade ? j.trades : j.books;
  const std::size_t at = words_.size();
  words_.resize(at + sizeof g / 8);
  std::memcpy(words_.data() + at, &g, sizeof g);
}

void ingest_events::pop() {
  next_ += front().size / 8;
  if (!empty()) return;
  words_.clear();
  next_ = 0;
}

}  // namespace trapline::redis_bridge
