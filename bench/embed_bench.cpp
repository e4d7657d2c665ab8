// What it costs a program to publish an event and be called back with it, beside calling the callback itself: the ratio
// is taken in the same run. One observer and one instance that listens to nothing else, each on a lane of its own.
#include <benchmark/benchmark.h>
#include <time.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "support/count_syscalls.hpp"
#include "support/temp_dir.hpp"
#include "trapline/abi/market.h"
#include "trapline/engine.hpp"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/plugin.hpp"

namespace {

using trapline::engine;

struct bystander : trapline::sdk::plugin<bystander> {
  static constexpr auto info =
      trapline::sdk::plugin_info{.id = "bystander", .version = "1.0.0", .summary = "listens to something else"};
  explicit bystander(const trapline_host* h) : plugin(h) {}
  void start() { host().subscribe("elsewhere.>"); }
  void on(const trapline_event&, const trapline_trade&) {}
};

// The work of the callback: as little as shows that it read the event.
struct listener {
  std::atomic<std::uint64_t> calls{0};
  std::int64_t sum = 0;
  void operator()(const trapline_event& e) {
    if (const auto* t = trapline::sdk::payload<trapline_trade>(e)) sum += t->price;
    calls.store(calls.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
};

struct trade_event {
  trapline_event head{};
  trapline_trade trade{};
  trade_event() {
    head.size = sizeof *this;
    head.type = TRAPLINE_EVENT_TRADE;
    trade.price = 600'000;
  }
};

struct rig {
  test::temp_dir dir;
  listener heard;
  engine e;
  trade_event event;

  explicit rig(bool host_driven, std::function<void()> wake = {})
      : e({.run_dir = dir.path(),
           .log_sink = [](int, auto, auto) {},
           .host_driven = host_driven,
           .wake = std::move(wake)}) {
    e.attach([]() -> const trapline_entry* { return bystander::entry(); });
    e.observe("listener", {"bench.>"}, [this](const trapline_event& ev) { heard(ev); });
    const auto problems =
        e.load_text("lanes: {core: {wait: spin}}\nplugins: {b: {use: bystander, lane: core}}", "bench");
    std::string error;
    if (!problems.empty() || !e.start(error)) std::abort();
    event.head.topic = e.topic_id("bench.trade");
    for (int n = 0; host_driven && n < 100'000; ++n) publish(), step();  // the ring's pages are touched
  }
  void publish() {
    if (e.publish(event.head, event.trade) != TRAPLINE_OK) std::abort();
  }
  void step() {
    while (e.run_once().more) {
    }
  }
};

// Of this thread alone, so that a busy machine changes little.
double cpu_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

// ns a call; the event is copied, as nobody may keep a borrowed one.
double direct_call_ns(std::int64_t calls) {
  listener heard;
  std::function<void(const trapline_event&)> callback = std::ref(heard);
  benchmark::DoNotOptimize(callback);
  trade_event from, to;
  const double begin = cpu_ns();
  for (std::int64_t n = 0; n < calls; ++n) {
    benchmark::DoNotOptimize(from);
    to = from;
    callback(to.head);
  }
  const double took = cpu_ns() - begin;
  benchmark::DoNotOptimize(heard.sum);
  return took / static_cast<double>(calls);
}

void direct_call(benchmark::State& state) {
  for (auto _ : state) direct_call_ns(1'000'000);
  state.SetItemsProcessed(state.iterations() * 1'000'000);
}
BENCHMARK(direct_call)->Unit(benchmark::kMillisecond);

// `burst` events published one by one, then one turn.
void host_driven(benchmark::State& state, bool wakes) {
  const auto burst = state.range(0);
  std::atomic<std::uint64_t> woken{0};
  rig r(true, wakes ? std::function<void()>([&] { ++woken; }) : std::function<void()>{});
  const auto turn = [&] {
    for (std::int64_t n = 0; n < burst; ++n) r.publish();
    r.step();
  };
  if (const auto syscalls = test::count_syscalls([&] {
        for (int n = 0; n < 1000; ++n) turn();
      }))
    state.counters["syscalls_per_event"] = static_cast<double>(*syscalls) / (1000.0 * static_cast<double>(burst));
  const auto before = r.heard.calls.load();
  const double direct = direct_call_ns(5'000'000);
  const double begin = cpu_ns();
  for (auto _ : state) turn();
  const double took = cpu_ns() - begin;
  if (r.heard.calls.load() - before != static_cast<std::uint64_t>(state.iterations() * burst))
    return state.SkipWithError("not every event came");
  const double each = took / static_cast<double>(state.iterations() * burst);
  state.counters["ns_per_event"] = each;
  state.counters["times_a_direct_call"] = each / direct;
  state.SetItemsProcessed(state.iterations() * burst);
}
void host_driven(benchmark::State& state) { host_driven(state, false); }
void host_driven_with_wake(benchmark::State& state) { host_driven(state, true); }
BENCHMARK(host_driven)->Arg(1)->Arg(64)->Arg(1024);
BENCHMARK(host_driven_with_wake)->Arg(1)->Arg(64);

// From publish() on this thread until the observer's thread has run the callback; it sleeps between two events.
void with_threads(benchmark::State& state) {
  rig r(false);
  std::uint64_t n = r.heard.calls.load();
  for (auto _ : state) {
    r.publish();
    ++n;
    while (r.heard.calls.load(std::memory_order_acquire) < n) std::this_thread::yield();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(with_threads)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
