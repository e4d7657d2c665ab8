// What a case has to work with, inside its child process: the plugin, its options, instances on fake hosts, and ways to
// end.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/node.hpp"
#include "config/options.hpp"
#include "event_source.hpp"
#include "plugin/loader.hpp"
#include "trapline/testkit/guest.hpp"

namespace trapline::testkit {

// Thrown by a case; the runner turns them into results.
struct failed {
  std::string text;      // what was expected, what was found
  bool warning = false;  // of a `must` case that is not wholly broken
};
struct skipped {
  std::string reason;
  bool blocks = false;  // the cases that need this one cannot run either
};

struct figure {
  std::string name;  // with its unit: "p99_ns"
  double value;
};

// The options for the plugin under test.
struct given_options {
  bool from_file = false;
  std::string file;      // for messages
  config::node options;  // as in YAML; null = none given
};

struct bench_settings {
  std::string path;  // absolute
  given_options options;
  std::uint64_t seed = 1;
  std::uint64_t events = 1'000'000;  // of V06; other cases take a share of it
};

// Slower by so much that counts of events and thresholds of memory do not fit.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

class bench {
 public:
  bench(const bench_settings& settings, const plugin::file_report& report, std::atomic<const char*>* where)
      : settings_(settings), report_(report), where_(where) {}

  const bench_settings& settings() const { return settings_; }
  const plugin::file_report& report() const { return report_; }

  // Loads the plugin at the first call; findings of that are kept. Ends the case as skipped if it cannot be loaded.
  const trapline_entry& entry();
  const trapline_descriptor& descriptor() { return *entry().descriptor; }
  bool is(std::uint32_t flag) { return (descriptor().flags & flag) != 0; }
  const std::vector<plugin::finding>& load_findings();

  std::vector<config::option> option_table();
  // What configure() gets: defaults, and what was given. `problems` tells why there is none.
  config::checked_options options(std::vector<std::string>& problems);
  // The same, or the case is skipped.
  const std::string& options_json();
  // Paths of the secrets that are set in options(): those given, and required ones.
  std::vector<std::string> secret_paths();
  static std::string canary(const std::string& path) { return "CANARY-" + path + "-5f1d0c9ae8b7"; }

  // Events for a case that takes `share` of V06's number.
  std::uint64_t event_count(double share = 1) const;

  std::atomic<const char*>* where() const { return where_; }
  void note(std::string name, double value) { figures_.push_back({std::move(name), value}); }
  const std::vector<figure>& figures() const { return figures_; }

 private:
  const bench_settings& settings_;
  const plugin::file_report& report_;
  std::atomic<const char*>* where_;
  std::shared_ptr<const plugin::image> image_;
  std::vector<plugin::finding> findings_;
  bool loaded_ = false;
  std::string json_;
  std::vector<figure> figures_;
};

// An instance with its host, brought to a state step by step; each step ends the case if it fails.
class rig {
 public:
  explicit rig(bench& b, fake_host_options options = {});

  // Never freed: a thread that the plugin left behind may still call it. The process ends soon.
  fake_host& host;
  guest plugin;

  rig& created();
  rig& configured();  // with the options of the bench and canaries for its secrets
  rig& configured_with(const std::string& json);
  rig& started();  // from nothing to running
  // Delivers `count` events of `source`, `batch` at a time, with timers and the driver in between.
  void feed(event_source& source, std::uint64_t count, std::size_t batch = 1);
  // Lets the driver run and the timers fire, `steps` times with `step_ns` of the host's time between.
  void idle(int steps, std::int64_t step_ns, std::int64_t poll_ns = 0);
  // As the engine does: drain() again and again, for 5 s at most, the driver polled and time passing in between.
  void drain();
  void stop_and_destroy();

  // Ends the case if the plugin reported a fault.
  void expect_no_fault(const char* during);

 private:
  bench& bench_;
};

// Ends the case if `o` is not OK.
void expect_ok(const outcome& o, const char* function);
[[noreturn]] void fail(std::string text);
[[noreturn]] void skip(std::string reason);

// A source for what the instance wants; the case is skipped if that is nothing.
event_source source_for(rig& r, std::uint64_t seed);

// "3 faults, the first: ..."
std::string first_of(const std::vector<breach_record>& all);

}  // namespace trapline::testkit
