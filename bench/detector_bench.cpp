// Cost of the trap detector per event with all patterns on, beside sdk::book alone on the same deltas.
//
// The market is warmed up before the clock runs, so that no pattern sleeps. Two cores or one: single thread.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "detector.hpp"
#include "trapline/sdk/book.hpp"
#include "trapline/sdk/host.hpp"

namespace {

using namespace trapline;
using namespace trapline::trap;

class no_sink : public sink {
 public:
  std::string_view symbol(std::uint32_t) override { return "BTCUSDT"; }
  void signal(std::uint32_t, std::int64_t, const trapline_signal&, std::span<const trapline_evidence>) override {}
  void matrix(std::uint32_t, std::int64_t, const trapline_trap_matrix&, std::span<const trapline_matrix_row>) override {
  }
};

// 400 levels a side at 0.1, a random walk of the touch, 50 changed levels a message, trades at both touches.
class tape {
 public:
  static constexpr std::int64_t tick_base = 600'000;
  static constexpr int depth = 400, changes = 50;

  tape() {
    book_.price_exp = -1;
    book_.size_exp = -3;
  }
  void snapshot(trapline_book& head, std::vector<trapline_level>& levels) {
    head = book_;
    levels.clear();
    for (int i = 0; i < depth; ++i) levels.push_back({tick_base - 1 - i, size()});
    for (int i = 0; i < depth; ++i) levels.push_back({tick_base + 1 + i, size()});
    head.bid_count = head.ask_count = depth;
  }
  // Sizes change near the touch more often than far from it; the touch itself stays, so that the book never crosses.
  void delta(trapline_book& head, std::vector<trapline_level>& levels) {
    head = book_;
    levels.clear();
    head.bid_count = head.ask_count = changes / 2;
    for (int side = 0; side < 2; ++side)
      for (int i = 0; i < changes / 2; ++i) {
        const auto away = 2 + static_cast<std::int64_t>(std::min(depth - 2.0, exponential_(random_)));
        levels.push_back({side == 0 ? tick_base - away : tick_base + away, random_() % 4 == 0 ? 0 : size()});
      }
  }
  trapline_trade trade() {
    trapline_trade t{};
    const bool buy = random_() % 2;
    t.price = tick_base + (buy ? 1 : -1) * static_cast<std::int64_t>(1 + random_() % 8);
    t.price_exp = -1;
    t.size = size();
    t.size_exp = -3;
    t.aggressor_side = buy ? TRAPLINE_SIDE_BUY : TRAPLINE_SIDE_SELL;
    return t;
  }

 private:
  std::int64_t size() { return 1 + static_cast<std::int64_t>(size_(random_) * 1000); }
  std::mt19937 random_{42};
  std::exponential_distribution<double> exponential_{1.0 / 60};
  std::lognormal_distribution<double> size_{-2, 1.2};
  trapline_book book_{};
};

struct rig {
  no_sink out;
  detector d{settings{}, out};
  tape source;
  std::int64_t now = 1'700'000'000 * second;
  trapline_book head{};
  std::vector<trapline_level> levels;
  std::vector<trapline_trade> trades;
  std::vector<std::vector<trapline_level>> deltas;
  std::vector<trapline_book> heads;

  rig() {
    source.snapshot(head, levels);
    d.on_book(event(TRAPLINE_EVENT_BOOK_SNAPSHOT), head, levels);
    for (int i = 0; i < 4096; ++i) trades.push_back(source.trade());
    for (int i = 0; i < 1024; ++i) {
      source.delta(head, levels);
      heads.push_back(head);
      deltas.push_back(levels);
    }
    // Twenty minutes of market: past the warm-up.
    for (std::size_t i = 0; i < 24'000; ++i) {
      now += 50'000'000;
      d.on_trade(event(TRAPLINE_EVENT_TRADE), trades[i % trades.size()]);
      if (i % 2 == 0) d.on_book(event(TRAPLINE_EVENT_BOOK_DELTA), heads[i % 1024], deltas[i % 1024]);
    }
  }
  trapline_event event(std::uint16_t type) const { return sdk::make_event(type, 1, 1, now); }
};

// 60 trades a second, as BTCUSDT has on a busy venue: the work at each full second is in the average.
void detector_trade(benchmark::State& state) {
  rig r;
  std::size_t i = 0;
  for (auto _ : state) {
    r.now += 16'000'000;
    r.d.on_trade(r.event(TRAPLINE_EVENT_TRADE), r.trades[i++ & 4095]);
  }
  if (r.d.find(1)->warming()) state.SkipWithError("still warming");
}
BENCHMARK(detector_trade);

// Ten messages a second.
void detector_delta_50(benchmark::State& state) {
  rig r;
  std::size_t i = 0;
  for (auto _ : state) {
    r.now += 100'000'000;
    const std::size_t k = i++ & 1023;
    r.d.on_book(r.event(TRAPLINE_EVENT_BOOK_DELTA), r.heads[k], r.deltas[k]);
  }
  if (!r.d.find(1)->view().book_valid()) state.SkipWithError("the book was lost");
}
BENCHMARK(detector_delta_50);

// The reference: applying the same deltas to sdk::book, and nothing else.
void sdk_book_delta_50(benchmark::State& state) {
  rig r;
  sdk::book b;
  r.source.snapshot(r.head, r.levels);
  b.apply_snapshot(r.head, r.levels);
  std::size_t i = 0;
  for (auto _ : state) {
    const std::size_t k = i++ & 1023;
    benchmark::DoNotOptimize(b.apply_delta(r.heads[k], r.deltas[k]));
  }
  if (!b.valid()) state.SkipWithError("the book was lost");
}
BENCHMARK(sdk_book_delta_50);

}  // namespace

BENCHMARK_MAIN();
