// A load run, not a microbenchmark: the ring is full, one lane does not move for ten seconds (or as many as the first
// argument says), a source publishes without pause. For each overflow policy it prints what the publishers were told,
// what the lane was told afterwards, and how much memory the process had before and after. Exit code 1 if a policy
// breaks its word.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "support/temp_dir.hpp"
#include "trapline/abi/market.h"
#include "trapline/engine.hpp"

namespace {

using trapline::engine;
using steady = std::chrono::steady_clock;

long resident_kib() {
  long pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

template <class Condition>
bool wait_for(Condition c, double seconds) {
  const auto end = steady::now() + std::chrono::duration<double>(seconds);
  while (!c())
    if (steady::now() >= end) return false;
    else std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return true;
}

bool run(const std::string& policy, double seconds) {
  const test::temp_dir dir;
  const std::string go = dir.path() + "/go";
  engine e({TRAPLINE_MODULE_DIR, dir.path() + "/run", true});
  std::atomic<std::uint64_t> published{0};
  std::atomic<std::int64_t> last{-1};
  std::atomic<std::uint64_t> of_the_host{0};
  e.observe("watch", {"test.>", "sys.>"}, [&](const trapline_event& ev) {
    if (ev.source == 0) {
      ++of_the_host;
      return;
    }
    published = ev.source_seq;
    last = reinterpret_cast<const trapline_trade*>(&ev + 1)->price;
  });
  const auto problems = e.load_text(
      "engine: {ring_size: 16MiB, hang_limit: 10m, drain_timeout: 1m}\nlanes: {side: {overflow: " + policy +
          "}}\nplugins:\n  flood: {use: flood}\n  side: {use: blocks, lane: side, budget: 1m, options: {until: " + go +
          "}}\n",
      "stalled");
  std::string error;
  if (!problems.empty() || !e.start(error)) {
    std::fprintf(stderr, "%s%s\n", problems.empty() ? "" : problems[0].c_str(), error.c_str());
    return false;
  }
  // Full once before the first look at the memory, so that all pages of the ring are there.
  wait_for([&] { return published > 300'000 || e.bus_refusals() > 0; }, 60);
  const long before = resident_kib();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const long after = resident_kib();
  const std::uint64_t refused = e.bus_refusals(), during = published;
  std::ofstream(go) << "go";
  const auto seen = [&] { return e.metric_total("blocks_trades_total"); };
  wait_for([&] { return seen() > 1000 || e.metric_total("blocks_conflated_total") > 0; }, 60);
  std::string what;
  const bool clean = e.stop(true, what);
  const std::uint64_t gaps = e.metric_total("blocks_gaps_total"), lost = e.metric_total("blocks_lost_total"),
                      conflated = e.metric_total("lane_conflated_events_total");
  const bool last_right = e.metrics_text().find("trapline_blocks_last_price{instance=\"side\"} " +
                                                std::to_string(last) + "\n") != std::string::npos;
  // What was lost or conflated are events of the bus, a few of the host's own among them.
  const std::uint64_t told = seen() + lost + conflated;
  const bool all_told = told >= published && told <= published + of_the_host;
  std::printf(
      "%-9s published %10llu, refused %10llu, seen %9llu, gaps %llu, lost %10llu, conflated %10llu, last value %s, "
      "memory %+ld KiB\n",
      policy.c_str(), static_cast<unsigned long long>(during), static_cast<unsigned long long>(refused),
      static_cast<unsigned long long>(seen()), static_cast<unsigned long long>(gaps),
      static_cast<unsigned long long>(lost), static_cast<unsigned long long>(conflated), last_right ? "right" : "WRONG",
      after - before);
  const bool kept = policy == "gate"  ? refused > 0 && gaps == 0 && lost == 0 && conflated == 0
                    : policy == "lag" ? gaps >= 1 && lost > 0
                                      : gaps == 0 && lost == 0 && conflated > 0;
  if (!clean) std::printf("          not stopped cleanly: %s\n", what.c_str());
  return clean && kept && last_right && all_told && after - before < 1024;
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 10;
  bool good = true;
  for (const char* policy : {"gate", "lag", "conflate"}) good = run(policy, seconds) && good;
  return good ? 0 : 1;
}
