// The engine's own part of a configuration: engine, lanes, journal, plugins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bus/ring.hpp"
#include "config/node.hpp"
#include "config/options.hpp"
#include "journal/settings.hpp"
#include "obs/log.hpp"

namespace trapline::config {

enum class wait_strategy { park, spin, spin_park };
enum class fault_policy { quarantine, restart, stop_engine };

struct lane_config {
  std::string name;
  position at;
  wait_strategy wait = wait_strategy::park;
  bus::overflow overflow = bus::overflow::gate;
  std::int64_t conflate_bytes = 8 << 20;
};

// What the host does when an instance faults, and what it counts as one.
struct supervision {
  fault_policy on_fault = fault_policy::quarantine;
  std::int64_t budget = 250'000'000;             // ns that one callback may take
  std::int64_t restart_backoff = 1'000'000'000;  // ns before the first restart; doubles with each that follows
  int max_restarts = 5;                          // then quarantine; counted anew after ten minutes without fault
};

struct plugin_config {
  std::string name;  // of the instance
  position at;
  std::string use;     // plugin id, or a path with a slash
  std::string sha256;  // that the plugin's file must have, 64 lower-case hex digits; empty = any
  std::string lane;
  config::supervision supervision;
  std::int64_t warm_up = 0;  // ns of the journal that one gets that takes its place without its state; 0: none
  node options;              // checked later, against the plugin's own table
  position use_at;
};

struct engine_config {
  std::string file;  // for messages
  std::string name = "trapline";
  std::string run_dir = "./run";
  std::vector<std::string> plugin_dirs;  // searched in order, before the built-in one
  std::int64_t ring_bytes = 64 << 20;
  std::int64_t drain_timeout = 5'000'000'000;  // ns, for the whole stop
  std::int64_t hang_limit = 10'000'000'000;    // ns after which a callback counts as hanging
  obs::log_options log;
  std::optional<journal::settings> journal;
  std::vector<lane_config> lanes;
  std::vector<plugin_config> plugins;
};

// Sections that have options of their own, by the name under which `trapline explain` prints them.
struct section_table {
  const char* name;
  const char* doc;
  const std::vector<option>& options;
  bool named = false;  // the options stand under names of the user's
};
std::vector<section_table> section_tables();

// Adds every problem to `problems`; the result is to be used only if none was added.
engine_config read_engine_config(const std::string& text, const std::string& file, std::vector<problem>& problems);

}  // namespace trapline::config
