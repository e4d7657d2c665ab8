// The engine as a C++ object, for programs that host it. The `trapline` program is one.
//
// No signal handlers, no exit(), no output of its own but the configured log, no globals. All calls from one thread
// (the control thread) unless marked [any].
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "trapline/abi/event.h"

namespace trapline {

struct engine_options {
  std::string plugin_dir;  // where plugins are, after the configuration's own plugin_dirs
  std::string run_dir;     // not empty: instead of the configuration's
  bool log_to_stderr =
      false;               // whatever the configuration says, warnings and errors only (for checking a configuration)
  bool safe_start = true;  // leave out instances that crashed the engine twice in a row, see record_crash()
  bool control_socket = false;  // while it runs, listen at `<run_dir>/control.sock` for `trapline ctl`
};

// Why an engine wants to stop.
enum class stop_cause {
  none,
  requested,  // a plugin or request_stop() asked for it
  fault,      // an instance with `on_fault: stop_engine` faulted
  bad_config,  // an instance found at run time that its configuration cannot work
  journal      // the journal cannot be written, and is configured with `on_full: halt`
};

struct lane_status {
  std::string name;
  std::uint64_t events = 0;     // seen since start
  std::uint64_t lag_bytes = 0;  // behind the newest event
  std::uint64_t lost = 0;       // events lost by overflow
};

struct instance_status {
  std::string name, plugin, lane;
  std::string state;   // "running", "quarantined", "restarting", "left_out", ...
  std::string health;  // "ok", "degraded", "failed"
  std::string reason;  // why it is not well; empty if it is
};

class engine {
 public:
  explicit engine(engine_options options = {});
  ~engine();  // stops, if it runs
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  // Calls back with every event whose topic matches one of `patterns` (see svc/bus.h). Runs on a lane of its own named
  // `instance`, which never holds the bus back: if it falls a whole ring behind it gets a GAP event instead of what it
  // missed. The event is borrowed for the call. Before load.
  void observe(std::string instance, std::vector<std::string> patterns,
               std::function<void(const trapline_event&)> callback);

  // Reads and checks a configuration, loads its plugins, creates and configures every instance. Nothing runs yet.
  // Returns all problems, one text each (`file:line:column: path: what`); empty = ready to start.
  std::vector<std::string> load_file(const std::string& path);
  std::vector<std::string> load_text(const std::string& text, const std::string& name);

  // Starts lanes and instances: sinks first, sources last. False: `error` says why, everything is stopped again.
  bool start(std::string& error);

  // Stops in reverse order. With `drain`, instances finish what is under way, within the configured drain_timeout.
  // False: something did not end in time, or the bus did not run dry; `what` names it. A lane that hangs keeps its
  // thread and its memory.
  bool stop(bool drain, std::string& what);

  void request_stop(std::string_view reason);  // [any]
  stop_cause stop_requested() const;           // [any]
  std::string stop_reason() const;             // [any]

  // Asks for a command of the operator plane, such as "status", "swap" or "reload" (docs/control.md lists them), with
  // `args` as a JSON object or empty. `done` is called once, on a thread of the engine, with the result as JSON, or
  // with ok = false and a text for people. False: the engine is stopping or too many wait; `done` is not called.
  // Requests wait until start() is through. [any], after load
  bool submit(std::string cmd, std::string args, std::function<void(bool ok, std::string answer)> done);

  // For the hosting program's handler of fatal signals: records which lane and instance the calling thread was working
  // for (on a thread of a plugin's own: whose code is among the `count` return addresses at `frames`, see
  // backtrace(3)), in a file under `<run_dir>/crashes/`. The next engine of this run directory counts it, and leaves
  // out an instance that crashed twice in a row with the same plugin file. Returns the file's path, or nullptr if there
  // is none. Reads and writes without allocation or locks (async-signal-safe), and does not return to what crashed:
  // that is the handler's.
  const char* record_crash(int signal, void* const* frames, int count) const noexcept;

  std::string_view topic(std::uint32_t id) const;           // name, empty for an unknown id [any]
  std::string_view symbol(std::uint32_t instrument) const;  // the same [any]
  std::string name() const;
  std::string run_dir() const;
  std::string log_file() const;                             // empty = standard error
  std::vector<lane_status> lanes() const;                   // [any]
  std::vector<instance_status> instances() const;           // [any]
  std::string metrics_text() const;                         // Prometheus text [any]
  std::uint64_t metric_total(std::string_view name) const;  // sum over all instances and labels [any]
  std::uint64_t bus_bytes() const;
  std::uint64_t bus_refusals() const;  // publishes answered AGAIN

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace trapline
