// What it costs to bring an event from a publisher to its receivers, in one run with the references it is measured by:
//
//   direct_calls              three callbacks called one after the other: no order, no back-pressure, no isolation
//   bare_ring/B               a textbook ring of several producers: claim, copy, commit, B times; then read as often
//   own_ring/B                the bus's ring alone: with back-pressure, sequence numbers and events of any size
//   publish_route/N/B         an instance publishes B events by its service table, one call each; then its lane brings
//   them to
//                             N instances. B = 1 is a lane that has nothing else to do, B = 64 one under load
//   publish_route_topics/T    the same with 3 instances, B = 64 and the events spread over T topics
//   same_lane_driver          a driver publishes in poll(); an instance of its lane gets the event
//   cross_lane_spin, _park    the event goes to another lane's thread, which spins or sleeps; until it was seen there
//   producers/P               P threads publish at once; one lane receives
//
// Counters: `allocs_per_event` counts malloc in this program; `syscalls_per_event` is counted by ptrace.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "support/bus_rig.hpp"
#include "support/count_syscalls.hpp"

extern "C" {
void* __libc_malloc(std::size_t size);
void* malloc(std::size_t size);
}

namespace {

std::atomic<std::uint64_t> mallocs{0};

}  // namespace

// Takes the place of glibc's for the whole program; operator new comes here, too.
void* malloc(std::size_t size) {
  mallocs.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}

namespace {

using test::bus_rig;
using trapline::config::wait_strategy;

struct trade_event {
  trapline_event head{};
  trapline_trade trade{};
};

// ---------------------------------------------------------------- references

void direct_calls(benchmark::State& state) {
  bus_rig rig;
  auto& lane = rig.lane();
  std::vector<const trapline_plugin*> receivers;
  for (int i = 0; i < 3; ++i) rig.add<test::receiver>(lane);
  rig.start_here(lane);
  for (auto* i : lane.instances()) receivers.push_back(i->table());
  trade_event e;
  e.head.type = TRAPLINE_EVENT_TRADE;
  e.head.size = sizeof e;
  const trapline_event* p = &e.head;
  for (auto _ : state) {
    for (const auto* r : receivers) r->on_events(r, &p, 1);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(direct_calls);

void bare_ring(benchmark::State& state) {
  struct slot {
    std::atomic<std::uint64_t> commit{0};
    trade_event event;
  };
  constexpr std::size_t slots = 1 << 18;
  std::vector<slot> buffer(slots);
  std::atomic<std::uint64_t> claimed{0}, consumed{0};
  trade_event e;
  std::uint64_t sum = 0;
  const auto burst = static_cast<int>(state.range(0));
  const auto publish = [&] {
    std::uint64_t pos = claimed.load(std::memory_order_relaxed);
    do {
      if (pos - consumed.load(std::memory_order_acquire) >= slots) std::abort();
    } while (!claimed.compare_exchange_weak(pos, pos + 1, std::memory_order_acq_rel));
    slot& in = buffer[pos % slots];
    std::memcpy(&in.event, &e, sizeof e);
    in.commit.store(pos + 1, std::memory_order_release);
  };
  const auto consume = [&] {
    const std::uint64_t next = consumed.load(std::memory_order_relaxed);
    const slot& out = buffer[next % slots];
    if (out.commit.load(std::memory_order_acquire) != next + 1) std::abort();
    sum += static_cast<std::uint64_t>(out.event.trade.price);
    consumed.store(next + 1, std::memory_order_release);
  };
  for (auto _ : state) {
    for (int i = 0; i < burst; ++i) publish();
    for (int i = 0; i < burst; ++i) consume();
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * burst);
}
BENCHMARK(bare_ring)->Arg(1)->Arg(64);

void own_ring(benchmark::State& state) {
  trapline::bus::ring ring(64 << 20);
  auto& reader = ring.add_reader(trapline::bus::overflow::gate, nullptr);
  trapline::bus::source_counter numbers;
  trade_event e;
  e.head.topic = 1;
  e.head.ts_recv = 1;
  const trapline_frame f{&e.head, &e.trade, sizeof e.trade, 0};
  const auto burst = static_cast<int>(state.range(0));
  std::int64_t sum = 0;
  for (auto _ : state) {
    for (int i = 0; i < burst; ++i)
      if (ring.publish({&f, 1}, {1, &numbers, true, 0, 1}) != TRAPLINE_OK) std::abort();
    while (const auto* out = reader.peek()) {
      sum += reinterpret_cast<const trapline_trade*>(out + 1)->price;
      reader.advance();
    }
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * burst);
}
BENCHMARK(own_ring)->Arg(1)->Arg(64);

// ---------------------------------------------------------------- one thread

struct one_lane {
  bus_rig rig;
  trapline::bus::lane& lane = rig.lane();
  test::publisher& source = rig.add<test::publisher>(lane);
  std::vector<test::receiver*> receivers;

  one_lane(std::int64_t instances, std::int64_t topics) {
    for (std::int64_t i = 0; i < instances; ++i) receivers.push_back(&rig.add<test::receiver>(lane));
    rig.start_here(lane);
    source.use_topics(static_cast<std::uint32_t>(topics));
    for (std::int64_t i = 0; i < 2 * topics + 1000; ++i) burst(1);  // routes are resolved, pages are touched
  }
  void burst(std::int64_t events) {
    for (std::int64_t i = 0; i < events; ++i)
      if (source.publish() != TRAPLINE_OK) std::abort();
    lane.turn();
  }
};

// What `turns` turns of `burst` events each do besides computing, counted before the timed loop: the benchmark library
// allocates in it.
template <class Turn>
void count(benchmark::State& state, std::int64_t turns, std::int64_t burst, Turn&& turn) {
  const double events = static_cast<double>(turns * burst);
  const auto run = [&] {
    for (std::int64_t i = 0; i < turns; ++i) turn();
  };
  if (const auto syscalls = test::count_syscalls(run))
    state.counters["syscalls_per_event"] = static_cast<double>(*syscalls) / events;
  const std::uint64_t before = mallocs.load();
  run();
  const std::uint64_t after = mallocs.load();
  state.counters["allocs_per_event"] = static_cast<double>(after - before) / events;
}

void finish(benchmark::State& state, std::int64_t burst) {
  state.SetItemsProcessed(state.iterations() * burst);
  state.counters["ns_per_event"] = benchmark::Counter(static_cast<double>(state.iterations() * burst) * 1e-9,
                                                      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void publish_route(benchmark::State& state, std::int64_t instances, std::int64_t topics, std::int64_t burst) {
  one_lane l(instances, topics);
  count(state, 1'000, burst, [&] { l.burst(burst); });
  for (auto _ : state) l.burst(burst);
  finish(state, burst);
}
void publish_route(benchmark::State& state) { publish_route(state, state.range(0), 1, state.range(1)); }
BENCHMARK(publish_route)->ArgsProduct({{0, 1, 3, 4, 16, 64}, {1, 64}});
void publish_route_topics(benchmark::State& state) { publish_route(state, 3, state.range(0), 64); }
BENCHMARK(publish_route_topics)->Arg(1)->Arg(100)->Arg(1'000)->Arg(10'000);

void same_lane_driver(benchmark::State& state) {
  bus_rig rig;
  auto& lane = rig.lane();
  rig.add<test::driver>(lane);
  auto& to = rig.add<test::receiver>(lane);
  rig.start_here(lane);
  for (int i = 0; i < 1000; ++i) lane.turn();
  count(state, 10'000, 1, [&] { lane.turn(); });
  for (auto _ : state) {
    const std::uint64_t n = to.seen;
    while (to.seen == n) lane.turn();
  }
  finish(state, 1);
}
BENCHMARK(same_lane_driver);

// ---------------------------------------------------------------- several threads

void cross_lane(benchmark::State& state, wait_strategy wait) {
  bus_rig rig;
  auto& here = rig.lane();
  auto& there = rig.lane(wait);
  auto& source = rig.add<test::publisher>(here);
  auto& to = rig.add<test::receiver>(there);
  rig.start_on_own_thread(there);
  rig.start_here(here);
  source.use_topics(1);
  std::uint64_t n = 0;
  for (auto _ : state) {
    source.publish();
    ++n;
    while (to.seen.load(std::memory_order_relaxed) < n) trapline::bus::spin_once();
    if (wait == wait_strategy::park) {  // until it sleeps again, not timed
      state.PauseTiming();
      while (there.asleep.load(std::memory_order_relaxed) == 0) trapline::bus::spin_once();
      while (here.lag() > 0) here.turn();
      state.ResumeTiming();
    } else if (here.lag() > (1 << 16)) {
      while (here.lag() > 0) here.turn();
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(cross_lane, spin, wait_strategy::spin)->UseRealTime();
BENCHMARK_CAPTURE(cross_lane, park, wait_strategy::park)->UseRealTime()->Iterations(20'000);

void producers(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  bus_rig rig;
  auto& lane = rig.lane(wait_strategy::spin);
  auto& to = rig.add<test::receiver>(lane);
  std::vector<test::publisher*> sources;
  for (std::size_t i = 0; i < count; ++i) sources.push_back(&rig.add<test::publisher>(lane));
  rig.start_on_own_thread(lane);
  for (auto* s : sources) s->use_topics(1);
  constexpr std::uint64_t each = 20'000;
  std::uint64_t total = 0;
  for (auto _ : state) {
    std::vector<std::thread> threads;
    for (auto* s : sources)
      threads.emplace_back([s] {
        for (std::uint64_t i = 0; i < each; ++i)
          while (s->publish() == TRAPLINE_E_AGAIN) std::this_thread::yield();
      });
    for (auto& t : threads) t.join();
    total += each * count;
    while (to.seen.load(std::memory_order_relaxed) < total) std::this_thread::yield();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(total));
}
BENCHMARK(producers)->Arg(1)->Arg(2)->Arg(4)->Arg(8)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
