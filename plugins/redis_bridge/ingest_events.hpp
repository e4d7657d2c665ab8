// Relayed events in the form in which they go onto this host's bus: with its ids, and with the gaps in front of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bus_outlet.hpp"
#include "ingest_order.hpp"
#include "relayed.hpp"

namespace trapline::redis_bridge {

// A queue of events in one piece of memory, which is kept.
class ingest_events {
 public:
  // `tag`: of the stream; events of other symbols or feeds are not taken from it.
  ingest_events(std::string tag, bus_outlet& bus) : tag_(std::move(tag)), bus_(bus) {}

  // Whether the entry's event may go onto the bus.
  bool sound(const relayed& r);
  // Appends what `j` says: gaps, then the event.
  void append(const relayed& r, const judgement& j);
  // Gaps without an event behind them. `topic`: of any event of the stream that was sound().
  void append_gaps(std::string_view topic, const judgement& j, std::int64_t ts_recv);

  bool empty() const { return next_ == words_.size(); }
  const trapline_event& front() const { return *reinterpret_cast<const trapline_event*>(words_.data() + next_); }
  void pop();

 private:
  struct names {
    std::uint32_t topic = 0, instrument = 0, trades = 0, books = 0;
  };
  const names* names_of(std::string_view topic);
  void append_gap(std::uint8_t channel, const names& n, const judgement& j, std::int64_t ts_recv);

  std::string tag_;
  bus_outlet& bus_;
  std::map<std::string, names, std::less<>> names_;
  std::vector<std::uint64_t> words_;
  std::size_t next_ = 0;
};

}  // namespace trapline::redis_bridge
