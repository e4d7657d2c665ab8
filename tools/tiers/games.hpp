// Plays planted sessions before contestants, several at a time.
#pragma once

#include <functional>

#include "scoring.hpp"

namespace tiers {

using line_up = std::function<std::vector<std::unique_ptr<contestant>>()>;

// Sessions of every family: `sessions` of each, three times as many of spoofing and layering; `traps` traps in each.
std::vector<planted::session_settings> fixtures(planted::split s, planted::difficulty d, int sessions, int traps);
// In the order of the settings, whatever the number of threads. `threads` 0: one a processor.
std::vector<played> play(const std::vector<planted::session_settings>& all, const line_up& who, unsigned threads);

// Calls `work(i)` for 0 <= i < n, on `threads` threads (0: one a processor) and in no order.
void each_of(std::size_t n, unsigned threads, const std::function<void(std::size_t)>& work);

// Hands every event to several.
class fan_out final : public planted::tape {
 public:
  explicit fan_out(std::vector<planted::tape*> to) : to_(std::move(to)) {}
  void candle(std::int64_t ts, const trapline_candle& c) override {
    for (auto* t : to_) t->candle(ts, c);
  }
  void trade(std::int64_t ts, const trapline_trade& x) override {
    for (auto* t : to_) t->trade(ts, x);
  }
  void book(std::int64_t ts, bool snapshot, const trapline_book& b, std::span<const trapline_level> l) override {
    for (auto* t : to_) t->book(ts, snapshot, b, l);
  }
  void ticker(std::int64_t ts, const trapline_ticker& x) override {
    for (auto* t : to_) t->ticker(ts, x);
  }

 private:
  std::vector<planted::tape*> to_;
};

}  // namespace tiers
