// What the bus costs: one event from publish to consume, against a bare ring and a mutex queue in the same run.
//
// "bare" copies the same bytes through a power-of-two buffer with two plain indices: the floor for any bus that copies.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "bus/ring.hpp"
#include "trapline/abi/market.h"

using trapline::bus::overflow;
using trapline::bus::ring;

namespace {

struct trade_event {
  trapline_event head{};
  trapline_trade trade{};
};

trade_event make_trade() {
  trade_event e;
  e.head.type = TRAPLINE_EVENT_TRADE;
  e.head.topic = 1;
  e.head.ts_recv = 1;
  e.head.size = sizeof e;
  e.trade.price = 640005;
  return e;
}

void bare_ring(benchmark::State& state) {
  constexpr std::size_t slots = (64 << 20) / sizeof(trade_event);  // as much memory as the ring has
  std::vector<trade_event> buffer(slots);
  const trade_event e = make_trade();
  std::uint64_t head = 0, tail = 0, sum = 0;
  for (auto _ : state) {
    std::memcpy(&buffer[head++ % slots], &e, sizeof e);
    sum += static_cast<std::uint64_t>(buffer[tail++ % slots].trade.price);
    benchmark::ClobberMemory();
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(bare_ring);

void mutex_queue(benchmark::State& state) {
  std::mutex m;
  std::deque<trade_event> queue;
  const trade_event e = make_trade();
  std::uint64_t sum = 0;
  for (auto _ : state) {
    {
      const std::lock_guard lock(m);
      queue.push_back(e);
    }
    const std::lock_guard lock(m);
    sum += static_cast<std::uint64_t>(queue.front().trade.price);
    queue.pop_front();
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(mutex_queue);

void publish_and_consume(benchmark::State& state, overflow policy) {
  ring r(64 << 20);
  auto& reader = r.add_reader(policy, nullptr);
  const trade_event e = make_trade();
  const trapline_frame f{&e.head, &e.trade, sizeof e.trade, 0};
  trapline::bus::source_counter numbers;
  std::uint64_t sum = 0;
  for (auto _ : state) {
    r.publish({&f, 1}, {1, &numbers, true, 0, 1});
    const auto* out = reader.peek();
    sum += static_cast<std::uint64_t>(reinterpret_cast<const trapline_trade*>(out + 1)->price);
    reader.advance();
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(publish_and_consume, gate, overflow::gate);
BENCHMARK_CAPTURE(publish_and_consume, lag, overflow::lag);

// A 50-level book: the copy dominates.
void publish_and_consume_book(benchmark::State& state) {
  ring r(64 << 20);
  auto& reader = r.add_reader(overflow::gate, nullptr);
  std::vector<std::byte> payload(sizeof(trapline_book) + 100 * sizeof(trapline_level));
  const trade_event e = make_trade();
  const trapline_frame f{&e.head, payload.data(), static_cast<std::uint32_t>(payload.size()), 0};
  for (auto _ : state) {
    r.publish({&f, 1}, {1, nullptr, false, 0, 1});
    benchmark::DoNotOptimize(reader.peek());
    reader.advance();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(publish_and_consume_book);

// A batch of 16 trades in one publish call.
void publish_batch_and_consume(benchmark::State& state) {
  ring r(64 << 20);
  auto& reader = r.add_reader(overflow::gate, nullptr);
  const trade_event e = make_trade();
  const std::vector<trapline_frame> batch(16, trapline_frame{&e.head, &e.trade, sizeof e.trade, 0});
  for (auto _ : state) {
    r.publish(batch, {1, nullptr, false, 0, 1});
    while (const auto* out = reader.peek()) {
      benchmark::DoNotOptimize(out);
      reader.advance();
    }
  }
  state.SetItemsProcessed(state.iterations() * 16);
}
BENCHMARK(publish_batch_and_consume);

// From one thread to another, the reader spinning.
void thread_to_thread(benchmark::State& state) {
  ring r(64 << 20);
  auto& reader = r.add_reader(overflow::gate, nullptr);
  std::atomic<bool> stop{false};
  std::thread consumer([&] {
    while (!stop.load(std::memory_order_relaxed))
      while (reader.peek()) reader.advance();
  });
  const trade_event e = make_trade();
  const trapline_frame f{&e.head, &e.trade, sizeof e.trade, 0};
  for (auto _ : state)
    while (r.publish({&f, 1}, {1, nullptr, false, 0, 1}) == TRAPLINE_E_AGAIN) std::this_thread::yield();
  stop = true;
  consumer.join();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(thread_to_thread)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
