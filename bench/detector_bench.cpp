// Cost of the trap detector per event with all patterns on, beside sdk::book alone on the same deltas.
//
// The market is warmed up before the clock runs, so that no pattern sleeps. Two cores or one: single thread.
#include <benchmark/benchmark.h>
#include <x86intrin.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <random>
#include <thread>
#include <utility>
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

// Counted between the first and the last event of a run; the benchmark library allocates outside.
std::uint64_t allocations = 0;

// 400 levels a side at 0.1, 50 changed levels a message in the order of their prices, as venues send them (or in none),
// trades at both touches.
class tape {
 public:
  static constexpr std::int64_t tick_base = 600'000;
  static constexpr int depth = 400, changes = 50;

  enum order { by_price, any };

  explicit tape(order how) : order_(how) {
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
    if (order_ == any) return;
    const auto middle = levels.begin() + changes / 2;
    std::sort(levels.begin(), middle, [](const auto& a, const auto& b) { return a.price > b.price; });
    std::sort(middle, levels.end(), [](const auto& a, const auto& b) { return a.price < b.price; });
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
  order order_;
  std::mt19937 random_{42};
  std::exponential_distribution<double> exponential_{1.0 / 60};
  std::lognormal_distribution<double> size_{-2, 1.2};
  trapline_book book_{};
};

struct rig {
  explicit rig(tape::order how = tape::by_price, std::uint32_t symbols = 1) : source(how), symbols_(symbols) {
    source.snapshot(head, levels);
    for (std::uint32_t i = 1; i <= symbols_; ++i) d.on_book(event(TRAPLINE_EVENT_BOOK_SNAPSHOT, i), head, levels);
    for (int i = 0; i < 4096; ++i) trades.push_back(source.trade());
    for (int i = 0; i < 1024; ++i) {
      source.delta(head, levels);
      heads.push_back(head);
      deltas.push_back(levels);
    }
    // Seventeen minutes of market: past the warm-up.
    for (std::size_t i = 0; i < 10'200; ++i) {
      now += 100'000'000;
      for (std::uint32_t k = 1; k <= symbols_; ++k) {
        d.on_trade(event(TRAPLINE_EVENT_TRADE, k), trades[i % trades.size()]);
        if (i % 2 == 0) delta(i, k);
      }
    }
  }

  void delta(std::size_t i, std::uint32_t instrument = 1) {
    const std::size_t k = i % heads.size();
    d.on_book(event(TRAPLINE_EVENT_BOOK_DELTA, instrument), heads[k], deltas[k]);
  }
  void trade(std::size_t i, std::uint32_t instrument = 1) {
    d.on_trade(event(TRAPLINE_EVENT_TRADE, instrument), trades[i % trades.size()]);
  }
  trapline_event event(std::uint16_t type, std::uint32_t instrument) const {
    return sdk::make_event(type, 1, instrument, now);
  }
  void check(benchmark::State& state) const {
    for (std::uint32_t i = 1; i <= symbols_; ++i) {
      if (d.find(i)->warming()) state.SkipWithError("still warming");
      if (!d.find(i)->view().book_valid()) state.SkipWithError("the book was lost");
    }
  }

  no_sink out;
  detector d{settings{}, out};
  tape source;
  std::uint32_t symbols_;
  std::int64_t now = 1'700'000'000 * second;
  trapline_book head{};
  std::vector<trapline_level> levels;
  std::vector<trapline_trade> trades;
  std::vector<std::vector<trapline_level>> deltas;
  std::vector<trapline_book> heads;
};

// Each event between two readings of the cycle counter. What a reading costs is measured by reading twice in a row, and
// its least is taken off; a histogram of cycles up to 2^16 keeps the rest. An interrupt in between counts as the
// event's.
class percentiles {
 public:
  percentiles() : counts_(1 << 16) {
    const auto [t0, c0] = both();
    for (int i = 0; i < 100'000; ++i) {
      const std::uint64_t a = now(), b = now();
      overhead_ = std::min(overhead_, b - a);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const auto [t1, c1] = both();
    ns_per_cycle_ = std::chrono::duration<double, std::nano>(t1 - t0).count() / static_cast<double>(c1 - c0);
  }
  static std::uint64_t now() noexcept {
    unsigned cpu;
    return __rdtscp(&cpu);
  }
  void add(std::uint64_t begin, std::uint64_t end) noexcept {
    const std::uint64_t c = end - begin > overhead_ ? end - begin - overhead_ : 0;
    ++counts_[std::min<std::uint64_t>(c, counts_.size() - 1)];
    ++total_;
  }
  double ns(double quantile) const {
    const auto wanted = static_cast<std::uint64_t>(quantile * static_cast<double>(total_));
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i)
      if ((sum += counts_[i]) > wanted) return static_cast<double>(i) * ns_per_cycle_;
    return static_cast<double>(counts_.size()) * ns_per_cycle_;
  }
  void tell(benchmark::State& state) const {
    state.counters["p50_ns"] = ns(0.50);
    state.counters["p90_ns"] = ns(0.90);
    state.counters["p99_ns"] = ns(0.99);
    state.counters["p999_ns"] = ns(0.999);
    state.counters["clock_ns"] = static_cast<double>(overhead_) * ns_per_cycle_;
  }

 private:
  // The two clocks at one moment: the tightest of some pairs, because one may be interrupted between the two.
  static std::pair<std::chrono::steady_clock::time_point, std::uint64_t> both() {
    std::pair<std::chrono::steady_clock::time_point, std::uint64_t> best;
    std::uint64_t least = UINT64_MAX;
    for (int i = 0; i < 100; ++i) {
      const std::uint64_t before = now();
      const auto t = std::chrono::steady_clock::now();
      const std::uint64_t after = now();
      if (after - before < least) {
        least = after - before;
        best = {t, before + (after - before) / 2};
      }
    }
    return best;
  }

  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0, overhead_ = UINT64_MAX;
  double ns_per_cycle_ = 0;
};

template <class Event>
void run(benchmark::State& state, rig& r, std::int64_t step, Event&& event) {
  percentiles p;
  std::size_t i = 0;
  const std::uint64_t before = allocations;
  for (auto _ : state) {
    r.now += step;
    const std::uint64_t begin = percentiles::now();
    event(i++);
    p.add(begin, percentiles::now());
  }
  state.counters["allocations"] = static_cast<double>(allocations - before);
  p.tell(state);
  r.check(state);
}

// 60 trades a second, as BTCUSDT has on a busy venue: the work at each full second is in the figures.
void detector_trade(benchmark::State& state) {
  rig r;
  run(state, r, 16'000'000, [&](std::size_t i) { r.trade(i); });
}
BENCHMARK(detector_trade)->MinTime(2);

// The same without the clock round each event: the average alone, for comparison with it.
void detector_trade_average(benchmark::State& state) {
  rig r;
  std::size_t i = 0;
  for (auto _ : state) {
    r.now += 16'000'000;
    r.trade(i++);
  }
  r.check(state);
}
BENCHMARK(detector_trade_average);

// Ten messages a second.
void detector_delta_50(benchmark::State& state) {
  rig r;
  run(state, r, 100'000'000, [&](std::size_t i) { r.delta(i); });
}
BENCHMARK(detector_delta_50)->MinTime(2);

// As no venue sends them: the levels of a message in no order.
void detector_delta_50_unsorted(benchmark::State& state) {
  rig r(tape::any);
  run(state, r, 100'000'000, [&](std::size_t i) { r.delta(i); });
}
BENCHMARK(detector_delta_50_unsorted)->MinTime(2);

enum class stream { trade, delta, mix };

// Some symbols that speak in turn. Each sees the same events at the same pace, however many there are.
class crowd {
 public:
  crowd(stream what, std::uint32_t symbols) : r(tape::by_price, symbols), what_(what), symbols_(symbols) {}

  // ns an event, on average over as many as 200 symbols have in a second: each turn holds the work of full seconds.
  double run() {
    const std::size_t events = what_ == stream::trade ? 12'500 : what_ == stream::delta ? 2'000 : 14'000;
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t n = 0; n < events; ++n) one();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    return took.count() / static_cast<double>(events);
  }
  rig r;

 private:
  // Of trades and deltas each event is another symbol's; of the mix six trades and a delta are one's.
  void one() {
    const bool mix = what_ == stream::mix;
    if (what_ == stream::delta || (mix && i_ % 7 == 6)) r.delta(round_ + i_, k_);
    else r.trade(round_ + i_, k_);
    if (++i_; mix && i_ % 7 != 0) return;
    if (++k_ <= symbols_) return;
    k_ = 1;
    i_ = 0;
    round_ += mix ? 7 : 1;
    r.now += what_ == stream::trade ? 16'000'000 : 100'000'000;
  }

  stream what_;
  std::uint32_t symbols_, k_ = 1;
  std::size_t i_ = 0, round_ = 0;
};

// What an event costs where 200 symbols speak in turn, over what it costs for one: both in one run and a few
// milliseconds each in turn, and of all turns the lowest tenth: what else the machine does only adds. Time is that of a
// pair of turns.
void detector_symbols(benchmark::State& state, stream what) {
  crowd one(what, 1), many(what, 200);
  std::vector<double> ns_of_one, ns_of_many;
  ns_of_one.reserve(state.max_iterations);
  ns_of_many.reserve(state.max_iterations);
  one.run();
  many.run();
  const std::uint64_t before = allocations;
  for (auto _ : state) {
    ns_of_one.push_back(one.run());
    ns_of_many.push_back(many.run());
  }
  state.counters["allocations"] = static_cast<double>(allocations - before);
  const auto undisturbed = [](std::vector<double>& x) {
    const auto tenth = x.begin() + static_cast<std::ptrdiff_t>(x.size() / 10);
    std::nth_element(x.begin(), tenth, x.end());
    return *tenth;
  };
  const double a = undisturbed(ns_of_one), b = undisturbed(ns_of_many);
  state.counters["one_ns"] = a;
  state.counters["many_ns"] = b;
  state.counters["ratio"] = b / a;
  one.r.check(state);
  many.r.check(state);
}
BENCHMARK_CAPTURE(detector_symbols, trade, stream::trade)->Iterations(1000);
BENCHMARK_CAPTURE(detector_symbols, delta, stream::delta)->Iterations(400);
BENCHMARK_CAPTURE(detector_symbols, mix, stream::mix)->Iterations(300);

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

[[gnu::noinline]] void* operator new(std::size_t n) {
  ++allocations;
  if (void* p = std::malloc(n)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t n, std::align_val_t a) {
  ++allocations;
  const auto line = static_cast<std::size_t>(a);
  if (void* p = std::aligned_alloc(line, (n + line - 1) / line * line)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

BENCHMARK_MAIN();
