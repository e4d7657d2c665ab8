// A load run, not a microbenchmark: plugins take each other's place under a stream of at least 20,000 events a second,
// as often as the first argument says (200). Prints how long the lane paused, what was lost (nothing), and what the
// process holds before and after. Exit code 1 if an event was lost or seen twice, an image stayed in memory, or a
// faulty plugin was not rolled back.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "support/temp_dir.hpp"
#include "trapline/engine.hpp"

namespace {

using nlohmann::json;
using trapline::engine;
using steady = std::chrono::steady_clock;

struct holdings {
  long resident_kib = 0, descriptors = 0, threads = 0;
};

long entries(const char* dir) {
  return std::distance(std::filesystem::directory_iterator(dir), std::filesystem::directory_iterator());
}

holdings held() {
  long pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return {resident * (::sysconf(_SC_PAGESIZE) / 1024), entries("/proc/self/fd"), entries("/proc/self/task")};
}

template <class Condition>
bool wait_for(Condition c, double seconds) {
  const auto end = steady::now() + std::chrono::duration<double>(seconds);
  while (!c())
    if (steady::now() >= end) return false;
    else std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return true;
}

json ask(engine& e, const std::string& cmd, const json& args) {
  auto answer = std::make_shared<std::promise<json>>();
  auto came = answer->get_future();
  e.submit(cmd, args.dump(), [answer](bool ok, const std::string& text) {
    answer->set_value(ok ? json::parse(text) : json{{"error", text}});
  });
  return came.wait_for(std::chrono::seconds(60)) == std::future_status::ready ? came.get() : json{{"error", "none"}};
}

std::string module(const std::string& name) { return std::string(TRAPLINE_MODULE_DIR "/") + name + ".so"; }
std::string detector(const std::string& name) { return std::string(TRAPLINE_PLUGIN_DIR "/") + name + ".so"; }

bool start(engine& e, const std::string& dir, const std::string& plugins) {
  const auto problems = e.load_text("engine: {ring_size: 4MiB, drain_timeout: 50ms, log: {level: error, file: " + dir +
                                        "/log}}\nlanes: {core: {}}\nplugins:\n" + plugins,
                                    "swap");
  std::string error;
  if (problems.empty() && e.start(error)) return true;
  std::fprintf(stderr, "%s%s\n", problems.empty() ? "" : problems[0].c_str(), error.c_str());
  return false;
}

struct result {
  std::vector<double> pauses;  // us
  double seconds = 0;
  std::uint64_t failed = 0;
};

// Rounds of `files`, one swap after the other, each after the one before has seen events.
result run(engine& e, const std::vector<std::string>& files, int swaps, const char* counter, const json& more) {
  result r;
  const auto begin = steady::now();
  for (int n = 0; n < swaps; ++n) {
    const auto before = e.metric_total(counter);  // so that none is swapped before it has seen some
    if (!wait_for([&] { return e.metric_total(counter) > before + 500; }, 30)) ++r.failed;
    json args = more;
    args["instance"] = "x";
    args["file"] = files[static_cast<std::size_t>(n) % files.size()];
    if (!args.contains("state")) args["state"] = n % 4 < 2;
    const json j = ask(e, "swap", args);
    if (j.contains("error")) {
      ++r.failed;
      std::fprintf(stderr, "swap to %s: %s\n", files[static_cast<std::size_t>(n) % files.size()].c_str(),
                   j["error"].get<std::string>().c_str());
    } else r.pauses.push_back(j["pause_us"]);
  }
  r.seconds = std::chrono::duration<double>(steady::now() - begin).count();
  return r;
}

double at(std::vector<double> v, double share) {
  if (v.empty()) return 0;
  std::sort(v.begin(), v.end());
  return v[std::min(v.size() - 1, static_cast<std::size_t>(share * static_cast<double>(v.size())))];
}

// Until the whole ring has been written, so that all its pages are there.
void warm_up(engine& e, const std::vector<std::string>& files, const char* counter) {
  run(e, files, 12, counter, {{"watch", "0s"}});
  wait_for([&] { return e.metric_total(counter) > 100'000; }, 60);
}

bool flat(const holdings& a, const holdings& b) {
  return b.descriptors == a.descriptors && b.threads == a.threads && b.resident_kib - a.resident_kib < 2048;
}

void print(const char* what, const result& r, std::uint64_t events, const holdings& a, const holdings& b) {
  std::printf(
      "%-22s %3zu swaps in %5.1f s, %7.0f events/s; lane pause p50 %.0f us, p99 %.0f us, p99.9 %.0f us, max %.0f us; "
      "memory %+ld KiB, descriptors %+ld, threads %+ld\n",
      what, r.pauses.size(), r.seconds, static_cast<double>(events) / r.seconds, at(r.pauses, 0.5), at(r.pauses, 0.99),
      at(r.pauses, 0.999), at(r.pauses, 1), b.resident_kib - a.resident_kib, b.descriptors - a.descriptors,
      b.threads - a.threads);
}

bool no_image_stayed(const engine& e) {
  const auto n = e.metric_total("retired_images");
  if (n > 0) std::printf("%llu images STAYED in memory\n", static_cast<unsigned long long>(n));
  return n == 0;
}

bool detectors(int swaps) {
  const test::temp_dir dir;
  engine e({TRAPLINE_MODULE_DIR, dir.path() + "/run", false});
  if (!start(e, dir.path(),
             "  source: {use: market_ticks, lane: core, options: {count: 1000000000, burst: 100}}\n  x: {use: " +
                 detector("trap_detector") + ", lane: core}\n"))
    return false;
  const std::vector<std::string> files = {detector("trap_detector_candle"), detector("trap_detector_threshold"),
                                          detector("trap_detector")};
  const char* counter = "detector_events_total";
  warm_up(e, files, counter);
  const holdings before = held();
  const auto events = e.metric_total(counter);
  const result r = run(e, files, swaps, counter, {{"watch", "0s"}});
  const holdings after = held();
  print("three detectors", r, e.metric_total(counter) - events, before, after);
  const bool unloaded = no_image_stayed(e);
  std::string what;
  const bool clean = e.stop(true, what);
  const auto sent = e.metric_total("market_ticks_total"), seen = e.metric_total(counter);
  std::printf("%-22s published %llu, seen %llu: %s\n", "", static_cast<unsigned long long>(sent),
              static_cast<unsigned long long>(seen), sent == seen ? "none lost, none twice" : "WRONG");
  return clean && unloaded && flat(before, after) && r.failed == 0 && sent == seen;
}

// Two plugins that check the sequence, with and without state; and with the third argument, wrong ones between them.
bool audited(int swaps, bool with_wrong) {
  const test::temp_dir dir;
  engine e({TRAPLINE_MODULE_DIR, dir.path() + "/run", false});
  if (!start(e, dir.path(),
             "  ticks: {use: ticks, lane: core, options: {count: 10000000, burst: 100}}\n  x: {use: audit_a, lane: "
             "core}\n"))
    return false;
  const char* counter = "audit_seen_total";
  warm_up(e, {module("audit_b"), module("audit_a")}, counter);
  const holdings before = held();
  const auto events = e.metric_total(counter);
  result r;
  bool right = true;
  if (!with_wrong) {
    r = run(e, {module("audit_b"), module("audit_a")}, swaps, counter, {{"watch", "0s"}});
  } else {
    const auto begin = steady::now();
    for (int n = 0; n < swaps; ++n) {
      const auto rollbacks = e.metric_total("instance_rollbacks_total");
      const json refused = ask(e, "swap", {{"instance", "x"}, {"file", module("fails_to_start")}});
      const json faulty = ask(e, "swap", {{"instance", "x"}, {"file", module("throws")}});
      const bool back = wait_for([&] { return e.metric_total("instance_rollbacks_total") == rollbacks + 1; }, 30);
      const json stubborn = ask(e, "swap", {{"instance", "x"}, {"file", module("drains_for_ever")}, {"watch", "0s"}});
      const json mended = ask(e, "swap", {{"instance", "x"}, {"file", module("audit_a")}, {"watch", "0s"}});
      const auto seen = e.metric_total(counter);
      right = right && refused.contains("error") && !faulty.contains("error") && back && !stubborn.contains("error") &&
              !mended.contains("error") && !mended.value("drained", true) &&
              wait_for([&] { return e.metric_total(counter) > seen; }, 30);
      for (const auto& j : {faulty, stubborn, mended})
        if (j.contains("pause_us")) r.pauses.push_back(j["pause_us"]);
    }
    r.seconds = std::chrono::duration<double>(steady::now() - begin).count();
  }
  const holdings after = held();
  print(with_wrong ? "with wrong ones" : "audited sequence", r, e.metric_total(counter) - events, before, after);
  right = no_image_stayed(e) && flat(before, after) && right && r.failed == 0 &&
          e.metric_total("audit_disorder_total") == 0;
  std::string what;
  right = e.stop(true, what) && right;
  if (!with_wrong) {
    const std::uint64_t n = e.metric_total(counter);
    std::uint64_t sum = 0, squares = 0;
    for (std::uint64_t p = 0; p < n; ++p) sum += p, squares += p * p;
    const bool exact = e.metric_total("audit_sum_total") == sum && e.metric_total("audit_squares_total") == squares;
    std::printf("%-22s %llu events, each price once: %s\n", "", static_cast<unsigned long long>(n),
                exact ? "yes" : "NO");
    right = right && exact;
  } else {
    std::printf("%-22s refused, rolled back, ended undrained, mended: %s\n", "", right ? "each time" : "NOT each time");
  }
  return right;
}

}  // namespace

int main(int argc, char** argv) {
  const int swaps = argc > 1 ? std::max(1, std::atoi(argv[1])) : 200;
  bool good = detectors(swaps);
  good = audited(swaps, false) && good;
  good = audited(std::max(1, swaps / 20), true) && good;
  return good ? 0 : 1;
}
