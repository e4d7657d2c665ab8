// The engine as a C++ object, for programs that host it. The `trapline` program is one.
//
// No signal handlers, no exit(), no output of its own but the configured log, no globals: several engines in one
// process know nothing of each other (each needs a run directory of its own). All calls from one thread at a time (the
// control thread) unless marked [any]: on any thread, once load_...() has returned. Before that, and after a load that
// failed, questions have empty answers and requests no effect. docs/embedding.md is the guide; engine.h is the same in
// C.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "trapline/abi/event.h"
#include "trapline/abi/plugin.h"
#include "trapline/abi/svc/bus.h"
#include "trapline/abi/svc/log.h"

// Declares the entry function of a plugin that is linked into the program (`trapline_add_plugin(name STATIC ...)`), for
// engine::attach(trapline_entry_of_<name>).
#ifndef TRAPLINE_STATIC_PLUGIN  // engine.h has the same
#define TRAPLINE_STATIC_PLUGIN(name) TRAPLINE_EXTERN_C const trapline_entry* trapline_entry_of_##name(void)
#endif

namespace trapline {

struct engine_options {
  std::string plugin_dir = {};  // where plugins are, after the configuration's own plugin_dirs
  std::string run_dir = {};     // not empty: instead of the configuration's
  bool log_to_stderr =
      false;               // whatever the configuration says, warnings and errors only (for checking a configuration)
  bool safe_start = true;  // leave out instances that crashed the engine twice in a row, see record_crash()
  bool control_socket = false;  // while it runs, listen at `<run_dir>/control.sock` for `trapline ctl`

  // Not empty: takes every line of the log of at least the configured level, after secrets are blanked, instead of the
  // configured file or standard error. `level`: TRAPLINE_LOG_*; `instance`: "engine" or an instance's name. One call at
  // a time, on a thread of the engine's own, or, host_driven, on the control thread. What it throws is dropped.
  std::function<void(int level, std::string_view instance, std::string_view text)> log_sink = {};

  // Not empty: the clock of plugins, timers and events instead of the system's. `now`: UTC ns. `mono`: ns since an
  // arbitrary start, never backwards; what is measured and waited for between instances (restarts, watch windows) goes
  // by it. Called on any thread, often; must not throw. Lanes with threads of their own look for due timers at least
  // every 100 ms of real time; for time that jumps, as in a simulation, use host_driven.
  std::function<std::int64_t()> now = {}, mono = {};

  // No threads of its own, but those of a configured journal: everything happens in calls of run_once(). Callbacks that
  // are slow or hang are then the host's to notice: budgets and hang_limit are not watched, and `wait` of lanes means
  // nothing.
  bool host_driven = false;
  // host_driven: called when run_once() should be called before next_deadline(), because events or commands came in, or
  // a stop was asked for; once until the next run_once() begins. On any thread, maybe within publish(), submit() or
  // run_once() itself, which then is to be called once more. Must not block, throw, or call the engine: post a call of
  // run_once() to the outer loop.
  std::function<void()> wake = {};
  // host_driven: ns; how often instances with sockets of their own (drivers, such as mm_ws) and the control socket want
  // to be looked at.
  std::int64_t poll_interval = 1'000'000;
};

// When run_once() returns at the latest; it always returns when nothing is left to do.
struct run_limits {
  std::uint64_t max_events = 10'000;  // counted once for each lane that handles it
  std::int64_t max_ns = 0;            // real time, looked at every some hundred events; 0 = no limit
};

struct run_result {
  std::uint64_t events = 0;  // handled
  bool more = false;         // a limit was met: call again soon
};

// Why an engine wants to stop.
enum class stop_cause {
  none,
  requested,   // a plugin or request_stop() asked for it
  fault,       // an instance with `on_fault: stop_engine` faulted
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
  // missed. The event is borrowed for the call. Host-driven, the callback runs within run_once(), start() or stop().
  // What it throws is a fault: it is not called again, and the log says why. Before load.
  void observe(std::string instance, std::vector<std::string> patterns,
               std::function<void(const trapline_event&)> callback);

  // A plugin that is linked into this program: `use: <its id>` means it from now on, also in later swaps and reloads,
  // even if there is a file of that name (the log tells). Any number of instances may use it. Throws
  // std::invalid_argument if the entry is not one that this engine can work with, or the id is taken. Before load.
  void attach(trapline_entry_fn entry);

  // Reads and checks a configuration, loads its plugins, creates and configures every instance. Nothing runs yet.
  // Returns all problems, one text each (`file:line:column: path: what`); empty = ready to start. Once an engine.
  std::vector<std::string> load_file(const std::string& path);
  std::vector<std::string> load_text(const std::string& text, const std::string& name);

  // Starts lanes and instances: sinks first, sources last. False: `error` says why, everything is stopped again.
  bool start(std::string& error);

  // Stops in reverse order. With `drain`, instances finish what is under way, within the configured drain_timeout.
  // False: something did not end in time, or the bus did not run dry; `what` names it. A lane that hangs keeps its
  // thread and its memory.
  // Not within a callback of this engine on the control thread (host_driven): there it does nothing but say so.
  bool stop(bool drain, std::string& what);

  // Only with host_driven, between start() and stop(), always on the thread that called start(): carries out commands,
  // fires timers, polls drivers, hands events to instances and observers, lane by lane in the configuration's order.
  // Given the same calls, clock and input, the order of everything is the same. A command that exchanges or adds
  // instances runs to its end within one call: their create(), configure() and start(), and draining, which takes at
  // most the configured drain_timeout and during which the lanes go on. Nothing is done unless the engine runs. Throws
  // std::logic_error if it is not host_driven, or within a callback of this engine.
  run_result run_once(run_limits limits = {});
  // When run_once() is due if `wake` is not called before, on the clock `now`: not after the present = at once;
  // `never`: nothing is due.
  std::int64_t next_deadline() const;
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  bool running() const;                        // from start() to stop()
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

  // Appends `count` (1..1024) events of the program's own, all or none, as neighbours in the total order; they are
  // copied. Of each the program fills what abi/svc/bus.h says; the bus stamps the rest, `source` with program_source.
  // AGAIN: the bus is full for a lane that gates it, nothing was published, try later. LIMIT: too large. INVALID: an
  // unknown topic or a bad argument. STATE: before load. CLOSED: after stop. Allocates nothing. [any], after load;
  // from start() on somebody listens
  trapline_status publish(const trapline_frame* frames, std::uint32_t count) noexcept;
  template <class Payload>
  trapline_status publish(const trapline_event& event, const Payload& payload) noexcept {
    const trapline_frame f{&event, &payload, sizeof payload, 0};
    return publish(&f, 1);
  }
  static constexpr std::uint32_t program_source = 0xffffffffu;
  // Ids for publish(), made on first use; they take a lock. INVALID: a bad name; LIMIT: too many (abi/svc/bus.h).
  // STATE: before load. [any]
  trapline_status topic_id(std::string_view name, std::uint32_t& id);
  trapline_status instrument_id(std::string_view venue, std::string_view symbol, std::uint32_t& id);
  // The same; 0 if it is refused.
  std::uint32_t topic_id(std::string_view name) {
    std::uint32_t id = 0;
    topic_id(name, id);
    return id;
  }
  std::uint32_t instrument_id(std::string_view venue, std::string_view symbol) {
    std::uint32_t id = 0;
    instrument_id(venue, symbol, id);
    return id;
  }

  // Whether every lane's thread has come by, between two events, since the last call that answered true; asks them
  // anew if so. For the hosting program's own watchdog, say four times in the time after which it is to act: a lane
  // that is in a long callback makes it false until the callback returns, one that was left behind (docs/operations.md)
  // does not count. False before start() and in the first call after it.
  bool lanes_move();

  std::string_view topic(std::uint32_t id) const;           // name, empty for an unknown id [any]
  std::string_view symbol(std::uint32_t instrument) const;  // the same [any]
  std::string_view venue(std::uint32_t instrument) const;   // the same [any]
  std::string name() const;
  std::string run_dir() const;
  std::string log_file() const;                             // empty = standard error
  std::vector<lane_status> lanes() const;                   // [any]
  std::vector<instance_status> instances() const;           // [any]
  std::string health_json() const;                          // an object, see docs/embedding.md [any], after load
  std::string metrics_text() const;                         // Prometheus text [any]
  std::uint64_t metric_total(std::string_view name) const;  // sum over all instances and labels [any]
  std::uint64_t bus_bytes() const;
  std::uint64_t bus_refusals() const;  // publishes answered AGAIN

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace trapline
