#include "config/engine_config.hpp"

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>

#include "bus/names.hpp"
#include "config/options.hpp"

namespace trapline::config {
namespace {

using json = nlohmann::ordered_json;

option row(std::uint32_t type, const char* path, const char* def, const char* allowed, const char* doc) {
  return {path,
          doc,
          type,
          false,
          def ? std::optional<std::string>(def) : std::nullopt,
          allowed ? std::optional<std::string>(allowed) : std::nullopt};
}

// The host's own sections use the same kind of table as plugins do.
const std::vector<option>& engine_table() {
  static const std::vector<option> table = {
      row(TRAPLINE_OPTION_STRING, "name", "trapline", nullptr, "name of this engine in logs"),
      row(TRAPLINE_OPTION_STRING, "run_dir", "./run", nullptr,
          "directory for sockets, logs and private copies of plugins"),
      row(TRAPLINE_OPTION_LIST, "plugin_dirs", "[]", nullptr,
          "directories to search for plugins before the built-in one"),
      row(TRAPLINE_OPTION_BYTES, "ring_size", "64MiB", "256KiB..4GiB", "memory of the bus, a power of two"),
      row(TRAPLINE_OPTION_DURATION, "drain_timeout", "5s", "0s..5m", "time for a clean stop"),
      row(TRAPLINE_OPTION_DURATION, "hang_limit", "10s", "100ms..10m",
          "time after which a callback that does not return counts as hanging"),
      row(TRAPLINE_OPTION_ENUM, "log.level", "info", "trace|debug|info|warn|error", "least severe lines to write"),
      row(TRAPLINE_OPTION_ENUM, "log.format", "text", "text|json", "one text line or one JSON object a line"),
      row(TRAPLINE_OPTION_STRING, "log.file", "", nullptr, "file to append to; empty = standard error"),
  };
  return table;
}

const std::vector<option>& lane_table() {
  static const std::vector<option> table = {
      row(TRAPLINE_OPTION_ENUM, "wait", "park", "park|spin|spin_park", "what an idle lane does"),
      row(TRAPLINE_OPTION_ENUM, "overflow", "gate", "gate|lag|conflate",
          "what happens when the lane is a whole ring behind: publishers are refused; the lane loses events and is "
          "told; "
          "it gets the latest event of each topic, instrument and type"),
      row(TRAPLINE_OPTION_BYTES, "conflate_memory", "8MiB", "1MiB..1GiB", "memory of overflow policy conflate"),
  };
  return table;
}

const std::vector<option>& journal_table() {
  static const std::vector<option> table = {
      row(TRAPLINE_OPTION_STRING, "dir", "", nullptr,
          "where runs are kept, each in a folder; empty = <run_dir>/journal"),
      row(TRAPLINE_OPTION_BYTES, "segment_size", "256MiB", "1MiB..16GiB", "bytes after which a segment file is closed"),
      row(TRAPLINE_OPTION_BYTES, "keep_bytes", "0", "0..1000000GiB",
          "the oldest closed segments are removed while all of them are larger; 0 = keep all"),
      row(TRAPLINE_OPTION_DURATION, "keep_age", "0s", "0s..3650d",
          "closed segments that are older are removed; 0s = keep all"),
      row(TRAPLINE_OPTION_DURATION, "sync", "200ms", "1ms..1m", "longest time that an event waits to be on the disk"),
      row(TRAPLINE_OPTION_ENUM, "on_full", "halt", "halt|degrade",
          "when the journal cannot be written: stop the engine, exit code 3; say so and go on without it"),
      row(TRAPLINE_OPTION_BOOL, "compress", "true", nullptr, "compress closed segments with zstd"),
      row(TRAPLINE_OPTION_LIST, "leave_out", "[]", nullptr,
          "topic patterns whose events are not written, such as md.book.>; such a run cannot be replayed exactly"),
  };
  return table;
}

// Of a plugin's block, beside `use` and `options`.
const std::vector<option>& plugin_table() {
  static const std::vector<option> table = {
      row(TRAPLINE_OPTION_STRING, "lane", "", nullptr, "lane to run on; empty = one of its own"),
      row(TRAPLINE_OPTION_ENUM, "on_fault", "quarantine", "quarantine|restart|stop_engine",
          "after a fault: leave it alone, make it anew, or stop the engine"),
      row(TRAPLINE_OPTION_DURATION, "budget", "250ms", "1ms..1m",
          "time that one callback may take; the third that takes longer within a minute is a fault"),
      row(TRAPLINE_OPTION_INT, "max_restarts", "5", "1..1000", "restarts before it is quarantined after all"),
      row(TRAPLINE_OPTION_DURATION, "restart_backoff", "1s", "1ms..10m",
          "pause before the first restart; doubles each time, at most a minute"),
      row(TRAPLINE_OPTION_DURATION, "warm_up", "0s", "0s..30d",
          "time of the journal that one is fed, unheard, that takes its place without its state; 0s = begin cold"),
  };
  return table;
}

bool valid_name(std::string_view s) {
  return s.size() <= 31 && bus::valid_topic(s) && s.find('.') == std::string_view::npos;
}

void check_name(const std::string& name, position at, const std::string& path, std::vector<problem>& problems) {
  if (!valid_name(name))
    problems.push_back(
        {at, path, "a name has 1 to 31 letters, digits, '_' or '-'; found '" + name.substr(0, 40) + "'"});
}

const node* section(const node& root, const char* key, std::vector<problem>& problems) {
  const node* n = root.find(key);
  if (n && n->type != node::kind::map && n->type != node::kind::null) {
    problems.push_back({n->at, key, "expected a map"});
    return nullptr;
  }
  return n && n->type == node::kind::map ? n : nullptr;
}

void read_engine(const node& root, engine_config& c, std::vector<problem>& problems) {
  const auto checked = check_options(engine_table(), root.find("engine"), {}, "engine", problems);
  const json j = json::parse(checked.json);
  c.name = j["name"];
  c.run_dir = j["run_dir"];
  c.plugin_dirs = j["plugin_dirs"].get<std::vector<std::string>>();
  c.ring_bytes = j["ring_size"];
  c.drain_timeout = j["drain_timeout"];
  c.hang_limit = j["hang_limit"];
  const std::vector<std::string> levels = {"trace", "debug", "info", "warn", "error"};
  c.log.level =
      static_cast<int>(std::find(levels.begin(), levels.end(), j["log"]["level"].get<std::string>()) - levels.begin());
  c.log.format = j["log"]["format"] == "json" ? obs::log_format::json : obs::log_format::text;
  c.log.file = j["log"]["file"];
  if (!std::has_single_bit(static_cast<std::uint64_t>(c.ring_bytes))) {
    const node* e = root.find("engine");
    const node* r = e ? e->find("ring_size") : nullptr;
    problems.push_back({r ? r->at : position{}, "engine.ring_size", "must be a power of two, such as 64MiB"});
  }
}

void read_journal(const node& root, engine_config& c, std::vector<problem>& problems) {
  const node* n = root.find("journal");
  if (!n) return;
  const auto checked =
      check_options(journal_table(), n->type == node::kind::null ? nullptr : n, n->at, "journal", problems);
  const json j = json::parse(checked.json);
  journal::settings s;
  s.dir = j["dir"];
  s.segment_bytes = j["segment_size"];
  s.keep_bytes = j["keep_bytes"];
  s.keep_age = j["keep_age"];
  s.sync = j["sync"];
  s.halt_on_full = j["on_full"] == "halt";
  s.compress = j["compress"];
  s.leave_out = j["leave_out"].get<std::vector<std::string>>();
  for (const auto& p : s.leave_out)
    if (!bus::valid_pattern(p))
      problems.push_back(
          {n->at, "journal.leave_out", "'" + p + "' is no topic pattern, such as md.book.> or md.*.bitget.BTCUSDT"});
  c.journal = std::move(s);
}

void read_lanes(const node& root, engine_config& c, std::vector<problem>& problems) {
  const node* lanes = section(root, "lanes", problems);
  if (!lanes) return;
  for (const auto& e : lanes->entries) {
    const std::string path = "lanes." + e.key;
    check_name(e.key, e.at, path, problems);
    const json j = json::parse(check_options(lane_table(), &e.value, e.at, path, problems).json);
    lane_config lane;
    lane.name = e.key;
    lane.at = e.at;
    lane.wait = j["wait"] == "spin"        ? wait_strategy::spin
                : j["wait"] == "spin_park" ? wait_strategy::spin_park
                                           : wait_strategy::park;
    lane.overflow = j["overflow"] == "lag"        ? bus::overflow::lag
                    : j["overflow"] == "conflate" ? bus::overflow::conflate
                                                  : bus::overflow::gate;
    lane.conflate_bytes = j["conflate_memory"];
    c.lanes.push_back(std::move(lane));
  }
}

// A text entry of a plugin's block.
std::string text_of(const node& block, const char* key, const std::string& path, std::vector<problem>& problems) {
  const node* n = block.find(key);
  if (!n) return {};
  if (n->type == node::kind::scalar && !n->scalar.empty()) return n->scalar;
  problems.push_back({n->at, path + "." + key, "expected a text"});
  return {};
}

std::string sha256_of(const node& block, const std::string& path, std::vector<problem>& problems) {
  std::string digits = text_of(block, "sha256", path, problems);
  const bool sound = digits.size() == 64 && digits.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  if (!sound) {
    if (!digits.empty())
      problems.push_back({block.find("sha256")->at, path + ".sha256",
                          "expected the 64 hex digits that `sha256sum FILE` prints; found " +
                              std::to_string(digits.size()) + " characters"});
    return {};
  }
  std::transform(digits.begin(), digits.end(), digits.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  return digits;
}

void read_plugin(const node::entry& e, engine_config& c, std::vector<problem>& problems) {
  const std::string path = "plugins." + e.key;
  check_name(e.key, e.at, path, problems);
  if (e.value.type != node::kind::map) {
    problems.push_back({e.at, path, "expected a map with 'use', 'lane' and 'options'"});
    return;
  }
  const json j =
      json::parse(check_options(plugin_table(), &e.value, e.at, path, problems, {"use", "sha256", "options"}).json);
  plugin_config p;
  p.name = e.key;
  p.at = p.use_at = e.at;
  p.use = text_of(e.value, "use", path, problems);
  if (const node* u = e.value.find("use")) p.use_at = u->at;
  else problems.push_back({e.at, path + ".use", "required, but missing: which plugin to load, such as mm_ws"});
  p.sha256 = sha256_of(e.value, path, problems);
  p.lane = j["lane"];
  p.supervision.on_fault = j["on_fault"] == "restart"       ? fault_policy::restart
                           : j["on_fault"] == "stop_engine" ? fault_policy::stop_engine
                                                            : fault_policy::quarantine;
  p.supervision.budget = j["budget"];
  p.supervision.max_restarts = j["max_restarts"];
  p.supervision.restart_backoff = j["restart_backoff"];
  p.warm_up = j["warm_up"];
  if (const node* o = e.value.find("options")) p.options = *o;
  const bool own_lane = p.lane.empty();
  if (own_lane) p.lane = p.name;
  const auto lane_exists = std::any_of(c.lanes.begin(), c.lanes.end(), [&](const auto& l) { return l.name == p.lane; });
  if (!lane_exists && own_lane) {
    c.lanes.push_back({p.lane, e.at, wait_strategy::park, bus::overflow::gate, {}});
  } else if (!lane_exists) {
    std::vector<std::string> names;
    for (const auto& l : c.lanes) names.push_back(l.name);
    const auto near = nearest(p.lane, names);
    problems.push_back({e.value.find("lane")->at, path + ".lane",
                        "there is no lane '" + p.lane + "'; " +
                            (near.empty() ? "define it under 'lanes'" : "did you mean '" + near + "'?")});
  }
  c.plugins.push_back(std::move(p));
}

}  // namespace

std::vector<section_table> section_tables() {
  return {{"engine", "the engine itself", engine_table()},
          {"lanes", "each lane under its name: one thread and what happens when it is late", lane_table(), true},
          {"journal", "a record of every event on disk; off unless the section is there", journal_table()},
          {"plugins", "each instance under its name, beside `use`, `sha256` and its `options`", plugin_table(), true}};
}

engine_config read_engine_config(const std::string& text, const std::string& file, std::vector<problem>& problems) {
  engine_config c;
  c.file = file;
  const node root = parse_yaml(text, problems);
  static const std::vector<std::string> sections = {"engine", "lanes", "journal", "plugins"};
  for (const auto& e : root.entries)
    if (std::find(sections.begin(), sections.end(), e.key) == sections.end()) {
      const auto near = nearest(e.key, sections);
      problems.push_back({e.at, e.key,
                          "unknown section" + (near.empty() ? std::string("; known are engine, lanes, journal, plugins")
                                                            : "; did you mean '" + near + "'?")});
    }
  read_engine(root, c, problems);
  read_lanes(root, c, problems);
  read_journal(root, c, problems);
  const node* plugins = section(root, "plugins", problems);
  if (plugins)
    for (const auto& e : plugins->entries) read_plugin(e, c, problems);
  if (c.plugins.empty() && problems.empty())
    problems.push_back({{}, "plugins", "no plugin is enabled; nothing would run"});
  return c;
}

}  // namespace trapline::config
