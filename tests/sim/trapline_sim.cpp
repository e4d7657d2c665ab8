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
  int rotations = 0;
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

// Days of venue time with the markets at full speed and nothing wrong but the connections' age.
int run_rotations(const arguments& a) {
  setup s;
  s.seed = a.first;
  world w(s);
  const auto begin = std::chrono::steady_clock::now();
  w.run(a.rotations * 24 * hour);
  const bool live = w.live();
  w.trader.active = false;
  trader::clear(*w.venue->the_simulation());
  w.run(minute);
  const auto difference = w.account->difference();
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf(
      "%d days: %llu rotations of 2 connections, %llu gaps of books, %llu reconnects, %zu fills, %llu trades, "
      "%llu events, in %.0f s\n%s",
      a.rotations, static_cast<unsigned long long>(w.metric("feed_rotations_total")),
      static_cast<unsigned long long>(w.market->counts().gaps),
      static_cast<unsigned long long>(w.metric("feed_reconnects_total")), w.account->fills(),
      static_cast<unsigned long long>(w.market->counts().trades), static_cast<unsigned long long>(w.events), took,
      w.findings.text().c_str());
  if (!difference.empty()) std::printf("at the end: %s\n", difference.c_str());
  return live && difference.empty() && w.findings.count() == 0 && w.market->counts().gaps == 0 ? 0 : 1;
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
  app.add_option("--rotations", a.rotations, "instead: so many days without faults, a rotation each");
  CLI11_PARSE(app, argc, argv);
  if (a.rotations > 0) return run_rotations(a);
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
  std::printf(
      "%llu of %llu seeds clean; %.0f virtual hours in %.0f s (%.2f hours a second), %llu events, %llu faults\n",
      static_cast<unsigned long long>(clean), static_cast<unsigned long long>(a.seeds), virtual_hours, took,
      virtual_hours / took, static_cast<unsigned long long>(events), static_cast<unsigned long long>(faults));
  return clean == a.seeds ? 0 : 1;
}
