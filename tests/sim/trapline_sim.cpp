// Feed and venue with everything going wrong, seed after seed, in virtual time.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <string>

#include "chaos.hpp"

namespace {

using namespace trapline::sim;

struct arguments {
  std::uint64_t seeds = 20, first = 1;
  double hours = 1;
  bool twice = false, verbose = false;
};

struct outcome {
  std::string findings;
  std::uint64_t hash = 0, events = 0, connects = 0;
  chaos_result chaos;
};

outcome run(std::uint64_t seed, const arguments& a) {
  world w(setup_of_seed(seed));
  outcome o;
  o.chaos = run_chaos(w, static_cast<std::int64_t>(a.hours * static_cast<double>(hour)), {});
  o.findings = w.findings.text();
  o.hash = w.hash.value();
  o.events = w.events;
  o.connects = w.connects;
  if (a.verbose)
    for (const auto& l : w.logs) std::printf("  %.3f %s\n", static_cast<double>(l.at) * 1e-9, l.text.c_str());
  return o;
}

}  // namespace

int main(int argc, char** argv) {
  arguments a;
  CLI::App app("Feed and venue with all faults, in virtual time. Exit code 1: an invariant did not hold.");
  app.add_option("--seeds", a.seeds, "how many seeds (20)");
  app.add_option("--first", a.first, "the first seed (1)");
  app.add_option("--hours", a.hours, "virtual hours of each (1)");
  app.add_flag("--twice", a.twice, "run each seed twice and compare all that was published");
  app.add_flag("--log", a.verbose, "print the feed's log");
  CLI11_PARSE(app, argc, argv);
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t clean = 0, events = 0, faults = 0;
  for (std::uint64_t seed = a.first; seed < a.first + a.seeds; ++seed) {
    auto o = run(seed, a);
    if (a.twice && o.findings.empty() && run(seed, a).hash != o.hash)
      o.findings = "two runs of this seed published different events\n";
    events += o.events;
    faults += o.chaos.faults;
    clean += o.findings.empty();
    std::printf("seed %llu: %llu faults, %llu connects, %llu events, longest recovery %.1f s, hash %016llx%s\n",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(o.chaos.faults),
                static_cast<unsigned long long>(o.connects), static_cast<unsigned long long>(o.events),
                static_cast<double>(o.chaos.longest_recovery) * 1e-9, static_cast<unsigned long long>(o.hash),
                o.findings.empty() ? "" : ": FAILED");
    if (!o.findings.empty())
      std::printf("%s  repeat it: ./dev sim --first %llu --seeds 1 --hours %g\n", o.findings.c_str(),
                  static_cast<unsigned long long>(seed), a.hours);
    std::fflush(stdout);
  }
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const double virtual_hours = static_cast<double>(a.seeds) * a.hours * (a.twice ? 2 : 1);
  std::printf("%llu of %llu seeds clean; %.0f virtual hours in %.0f s (%.2f hours a second), %llu events, %llu faults\n",
              static_cast<unsigned long long>(clean), static_cast<unsigned long long>(a.seeds), virtual_hours, took,
              virtual_hours / took, static_cast<unsigned long long>(events), static_cast<unsigned long long>(faults));
  return clean == a.seeds ? 0 : 1;
}
