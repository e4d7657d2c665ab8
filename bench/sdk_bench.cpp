// The SDK's book, decimals and dispatch, each beside the obvious way to do the same in the same run.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "trapline/sdk/book.hpp"
#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

namespace {

constexpr std::int64_t middle = 640'000;  // 64,000.0
constexpr int depth = 500;                // levels a side, as in Bitget's `books`

// One changed level a message; `spread` levels from the touch at most.
struct changes {
  std::vector<trapline_book> heads;
  std::vector<trapline_level> levels;

  changes(int nearest, int farthest) {
    std::mt19937 random(7);
    for (int i = 0; i < 4096; ++i) {
      const bool bid = random() % 2 == 0;
      const auto k = nearest + static_cast<int>(random() % static_cast<unsigned>(farthest - nearest));
      trapline_book h{};
      (bid ? h.bid_count : h.ask_count) = 1;
      h.price_exp = -1;
      h.size_exp = -3;
      heads.push_back(h);
      // Every third change deletes; the best level of each side stays, so that the book never runs empty.
      levels.push_back(
          {bid ? middle - k : middle + 1 + k, k > 0 && i % 3 == 0 ? 0 : 1 + static_cast<int>(random() % 9999)});
    }
  }
};

struct full_book {
  trapline_book head{};
  std::vector<trapline_level> levels;
  full_book() {
    head.bid_count = head.ask_count = depth;
    head.price_exp = -1;
    head.size_exp = -3;
    for (int k = 0; k < depth; ++k) levels.push_back({middle - k, 1000});
    for (int k = 0; k < depth; ++k) levels.push_back({middle + 1 + k, 1000});
  }
};

void book_apply(benchmark::State& state) {
  const changes c(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  const full_book start;
  sdk::book b;
  if (!b.apply_snapshot(start.head, start.levels)) return state.SkipWithError("bad snapshot");
  std::size_t i = 0;
  for (auto _ : state) {
    const std::size_t k = i++ & 4095;
    benchmark::DoNotOptimize(b.apply_delta(c.heads[k], {&c.levels[k], 1}));
    benchmark::DoNotOptimize(b.bid(0).price + b.ask(0).price);
  }
  if (!b.valid()) state.SkipWithError("the book was lost");
}
BENCHMARK(book_apply)->Name("book_apply/touch")->Args({0, 8});
BENCHMARK(book_apply)->Name("book_apply/deep")->Args({8, depth});

void map_apply(benchmark::State& state) {
  const changes c(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  const full_book start;
  std::map<std::int64_t, std::int64_t, std::greater<>> bids;
  std::map<std::int64_t, std::int64_t> asks;
  for (std::size_t k = 0; k < depth; ++k) bids[start.levels[k].price] = asks[start.levels[depth + k].price] = 1000;
  const auto set = [](auto& side, const trapline_level& l) {
    if (l.size == 0) side.erase(l.price);
    else side[l.price] = l.size;
  };
  std::size_t i = 0;
  for (auto _ : state) {
    const std::size_t k = i++ & 4095;
    if (c.heads[k].bid_count == 1) set(bids, c.levels[k]);
    else set(asks, c.levels[k]);
    benchmark::DoNotOptimize(bids.begin()->first + asks.begin()->first);
  }
}
BENCHMARK(map_apply)->Name("reference/std_map_apply/touch")->Args({0, 8});
BENCHMARK(map_apply)->Name("reference/std_map_apply/deep")->Args({8, depth});

const std::string texts[] = {"64000.5", "0.0034", "113.40", "1234.5678", "0.00001234", "64001", "12.000", "0.1"};

void decimal_parse(benchmark::State& state) {
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sdk::parse_decimal(texts[i++ & 7]));
}
BENCHMARK(decimal_parse);

void strtod_parse(benchmark::State& state) {
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(std::strtod(texts[i++ & 7].c_str(), nullptr));
}
BENCHMARK(strtod_parse)->Name("reference/strtod");

std::vector<sdk::decimal> decimals() {
  std::vector<sdk::decimal> out;
  for (const auto& t : texts) out.push_back(*sdk::parse_decimal(t));
  return out;
}

void decimal_format(benchmark::State& state) {
  const auto values = decimals();
  char text[sdk::max_decimal_text];
  std::size_t i = 0;
  for (auto _ : state) {
    const auto& d = values[i++ & 7];
    benchmark::DoNotOptimize(sdk::format_to(text, d.mantissa, d.exp));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(decimal_format);

void printf_format(benchmark::State& state) {
  const auto values = decimals();
  char text[64];
  std::size_t i = 0;
  for (auto _ : state) {
    const auto& d = values[i++ & 7];
    benchmark::DoNotOptimize(std::snprintf(text, sizeof text, "%.*f", -d.exp, sdk::to_double(d)));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(printf_format)->Name("reference/snprintf");

void decimal_to_double(benchmark::State& state) {
  auto values = decimals();
  if (state.range(0) != 0)
    for (auto& d : values) d = {d.mantissa + (1LL << 60), -12};
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sdk::to_double(values[i++ & 7]));
}
BENCHMARK(decimal_to_double)->Name("decimal_to_double/usual")->Arg(0);
BENCHMARK(decimal_to_double)->Name("decimal_to_double/beyond_2^53")->Arg(1);

// What stands between the host's call and a handler: exceptions, checks, the type of the event.
template <sdk::checking Level>
class handler : public sdk::plugin<handler<Level>, Level> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = "handler", .version = "1", .summary = "counts"};
  explicit handler(const trapline_host* h) : sdk::plugin<handler, Level>(h) {}
  void on(const trapline_event&, const trapline_trade& t) { sum += t.size; }
  void on(const trapline_event&, const trapline_book& b) { sum += b.bid_count; }
  void on(const trapline_event&, const trapline_ticker& t) { sum += t.last; }
  void on(const trapline_event&, const trapline_candle& c) { sum += c.close; }
  void on(const trapline_event&, const trapline_gap& g) { sum += static_cast<std::int64_t>(g.lost); }
  std::int64_t sum = 0;
};

// The least that start() asks of a host.
struct empty_host {
  trapline_host table{};
  empty_host() {
    table.struct_size = sizeof table;
    table.get_service = [](const trapline_host*, const char*) -> const void* {
      static constexpr char any_table[256] = {};
      return any_table;
    };
  }
};

template <sdk::checking Level>
void dispatch(benchmark::State& state) {
  const empty_host host;
  const trapline_plugin* p = nullptr;
  if (handler<Level>::entry()->create(&host.table, &p, nullptr) != TRAPLINE_OK ||
      p->configure(p, sdk::str("{}"), nullptr) != TRAPLINE_OK || p->start(p, nullptr) != TRAPLINE_OK)
    return state.SkipWithError("no start");
  alignas(64) static char bytes[4][256];
  const trapline_event* events[4];
  const std::uint16_t types[] = {TRAPLINE_EVENT_TRADE, TRAPLINE_EVENT_BOOK_DELTA, TRAPLINE_EVENT_TICKER,
                                 TRAPLINE_EVENT_CANDLE};
  for (std::size_t i = 0; i < 4; ++i) {
    auto& e = *reinterpret_cast<trapline_event*>(bytes[i]);
    e.size = sizeof bytes[i];
    e.type = types[i];
    events[i] = &e;
  }
  std::size_t i = 0;
  for (auto _ : state) p->on_events(p, &events[i++ & 3], 1);
  p->stop(p);
  p->destroy(p);
}
BENCHMARK(dispatch<sdk::checking::none>)->Name("dispatch/unchecked");
BENCHMARK(dispatch<sdk::checking::fast>)->Name("dispatch/fast");
BENCHMARK(dispatch<sdk::checking::full>)->Name("dispatch/full");

}  // namespace

BENCHMARK_MAIN();
