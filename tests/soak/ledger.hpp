// Keeps the books of what reached the bus: which trades, how often, and whether what is missing was announced.
//
// The paper venue numbers the trades of a market without gaps, so a loss is seen in the ids alone. Written by the
// observer's lane; `last()` may be read meanwhile, the rest when the engine has stopped.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "trapline/abi/account.h"
#include "trapline/abi/market.h"
#include "trapline/abi/system.h"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::soak {

class ledger {
 public:
  explicit ledger(std::size_t symbols) : markets_(symbols) {}

  // `symbol`: its position in the configuration.
  void take(const trapline_event& e, std::size_t symbol) {
    ++events;
    if (e.type == TRAPLINE_EVENT_TRADE) {
      if (const auto* t = sdk::payload<trapline_trade>(e)) take_trade(markets_[symbol], e, *t);
    } else if (e.type == TRAPLINE_EVENT_GAP) {
      const auto* g = sdk::payload<trapline_gap>(e);
      if (!g) return;
      if (g->channel == TRAPLINE_GAP_BUS) ++lapped;
      if (g->channel == TRAPLINE_GAP_TRADE) markets_[symbol].gap_announced = true;
      if (g->channel == TRAPLINE_GAP_BOOK) ++book_gaps;
    } else if (e.type == TRAPLINE_EVENT_FILL) {
      const auto* f = sdk::payload<trapline_fill>(e);
      if (!f) return;
      ++fills;
      if (!fill_ids_.insert(sdk::cat(sdk::view(f->order_id), "/", sdk::view(f->trade_id))).second) ++repeated_fills;
    } else if (e.type == TRAPLINE_EVENT_SIGNAL) {
      ++signals;
    }
  }

  std::uint64_t last(std::size_t symbol) const { return markets_[symbol].last.load(std::memory_order_acquire); }

  std::uint64_t events = 0, trades = 0, repeated = 0, announced = 0, unannounced = 0;
  std::uint64_t book_gaps = 0, lapped = 0, fills = 0, repeated_fills = 0, signals = 0;

 private:
  struct market {
    std::atomic<std::uint64_t> last{0};
    bool gap_announced = false;
  };

  void take_trade(market& m, const trapline_event& e, const trapline_trade& t) {
    ++trades;
    const auto id = std::strtoull(t.trade_id, nullptr, 10);
    const auto before = m.last.load(std::memory_order_relaxed);
    if (before != 0 && id <= before) {
      ++repeated;
      return;
    }
    // What came before the first subscription is nobody's loss.
    if (before != 0 && id != before + 1) {
      const bool told = m.gap_announced || (e.flags & TRAPLINE_FLAG_AFTER_GAP) != 0;
      (told ? announced : unannounced) += id - before - 1;
    }
    m.gap_announced = false;
    m.last.store(id, std::memory_order_release);
  }

  std::vector<market> markets_;
  std::set<std::string> fill_ids_;
};

}  // namespace trapline::soak
