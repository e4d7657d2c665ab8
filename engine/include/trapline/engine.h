/*
 * The engine for programs in C, and for all that can call C: the same as engine.hpp, which it stands on.
 *
 * Link CMake's `trapline::engine` or pkg-config's `trapline-engine`; the linker must be the C++ compiler's. The guide
 * is docs/embedding.md. Until the engine is released as 1.0 functions may change with the minor version; afterwards as
 * abi/version.h says: only added to.
 *
 * Threads. [control]: calls of one engine from one thread at a time, not within its callbacks. [any]: any thread, any
 * time from load to destroy. Several engines in one process know nothing of each other.
 *
 * Errors. Functions return TRAPLINE_OK or a negative TRAPLINE_E_* of abi/base.h; no C++ exception leaves them. `error`
 * is the caller's memory, or NULL: after an error it holds what went wrong, as UTF-8, always NUL-terminated, cut if it
 * does not fit; `len` is its whole length in bytes without the NUL. After TRAPLINE_OK it is empty. NULL for an argument
 * that is not said to be optional is INVALID, a call in the wrong state is STATE, lack of memory NOMEM, anything
 * unforeseen FAILED: these are not repeated below.
 *
 * Lifetime. All arguments are borrowed for the call and copied, unless said otherwise. Callbacks and their contexts
 * must work until destroy() has returned. Callbacks must not throw. Times are ns.
 */
#ifndef TRAPLINE_ENGINE_H
#define TRAPLINE_ENGINE_H

#include "trapline/abi/event.h"
#include "trapline/abi/plugin.h"
#include "trapline/abi/svc/bus.h"
#include "trapline/abi/svc/log.h"

/* Made by create(), ended by destroy(). States: new -> loaded -> running -> stopped. */
typedef struct trapline_engine trapline_engine;

/* Flags of trapline_engine_options. */
/* No threads of its own, but those of a configured journal: everything happens in trapline_engine_run_once(). Slow or
 * hanging callbacks are then the host's to notice: budgets and hang_limit are not watched. */
#define TRAPLINE_ENGINE_HOST_DRIVEN 0x1u
/* While it runs, listen at `<run_dir>/control.sock` for `trapline ctl`. */
#define TRAPLINE_ENGINE_CONTROL_SOCKET 0x2u
/* Log warnings and errors to standard error, whatever the configuration says; without effect beside `log`. */
#define TRAPLINE_ENGINE_LOG_TO_STDERR 0x4u
/* Run instances, too, that crashed an engine of this run directory twice in a row. */
#define TRAPLINE_ENGINE_NO_SAFE_START 0x8u

/* Zeroed, except for struct_size, it means the defaults. Texts are NUL-terminated. Unknown flags are INVALID. */
typedef struct trapline_engine_options {
  uint32_t struct_size; /* sizeof(trapline_engine_options) */
  uint32_t flags;       /* TRAPLINE_ENGINE_* */

  const char* plugin_dir; /* where plugins are, after the configuration's own plugin_dirs; may be NULL */
  const char* run_dir;    /* instead of the configuration's; may be NULL. One engine a run directory */

  void* context; /* of the callbacks below; each of them may be NULL */

  /* Takes every line of the log of at least the configured level, after secrets are blanked, instead of the configured
   * file or standard error. `level`: TRAPLINE_LOG_*; `instance`: "engine" or an instance's name; borrowed for the call.
   * One call at a time, on a thread of the engine's own, or, host-driven, on the thread of [control]. */
  void (*log)(void* context, int32_t level, trapline_str instance, trapline_str text);

  /* The clock of plugins, timers and events instead of the system's. now: UTC ns. mono: ns since an arbitrary start,
   * never backwards; what the engine itself waits for (restarts, watch windows) goes by it. [any], often. With threads
   * of the engine's own due timers are looked for at least every 100 ms of real time. */
  int64_t (*now)(void* context);
  int64_t (*mono)(void* context);

  /* Host-driven: run_once() should be called before its next deadline, because events or commands came in, or a stop
   * was asked for. Once until the next run_once(). Must not block or call the engine. [any], also within publish() and
   * submit(). */
  void (*wake)(void* context);

  /* Host-driven: ns; how often instances with sockets of their own, and the control socket, want to be looked at.
   * 0 = 1 ms; negative is INVALID. */
  int64_t poll_interval;
} trapline_engine_options;

/* The text of the engine's version, such as "0.1.0". Static. [any], also without an engine. */
TRAPLINE_EXTERN_C const char* trapline_engine_version(void);

/* Sets `*engine`, or leaves NULL there. `options` may be NULL. INVALID: struct_size is smaller than that of the first
 * revision, or another member is wrong. */
TRAPLINE_EXTERN_C trapline_status trapline_engine_create(const trapline_engine_options* options,
                                                         trapline_engine** engine, trapline_buf* error);

/* Stops without draining if it runs, and frees everything. NULL does nothing. No other call may be under way. [control]
 */
TRAPLINE_EXTERN_C void trapline_engine_destroy(trapline_engine* engine);

/* ---- before load */

/* A plugin that is linked into this program (trapline_add_plugin(name STATIC ...)): `use: <its id>` means it from now
 * on, even if there is a file of that name. INVALID: the entry cannot be worked with, or the id is taken. State: new.
 * [control] */
TRAPLINE_EXTERN_C trapline_status trapline_engine_attach(trapline_engine* engine, trapline_entry_fn entry,
                                                         trapline_buf* error);

/* Declares the entry function of such a plugin in C and C++. */
#ifndef TRAPLINE_STATIC_PLUGIN
#define TRAPLINE_STATIC_PLUGIN(name) TRAPLINE_EXTERN_C const trapline_entry* trapline_entry_of_##name(void)
#endif

/* Calls back with every event whose topic matches one of the `count` patterns (see svc/bus.h). It runs on a lane of its
 * own named `instance`, which never holds the bus back: if it falls a whole ring behind, it gets a TRAPLINE_EVENT_GAP
 * instead of what it missed. The event is borrowed for the call. Host-driven, it is called within run_once(), start()
 * and stop(); else on a thread of its own. INVALID: no pattern, or a bad one. State: new. [control] */
TRAPLINE_EXTERN_C trapline_status trapline_engine_subscribe(
    trapline_engine* engine, const char* instance, const char* const* patterns, uint32_t count,
    void (*callback)(void* context, const trapline_event* event), void* context, trapline_buf* error);

/* ---- load, run, stop */

/* Reads and checks a configuration, loads its plugins, makes and configures every instance. CONFIG: `error` has all
 * problems, one a line (`file:line:column: path: what`); the engine is of no further use. `name` stands for the file in
 * texts; paths in the configuration are seen from it. State: new, afterwards loaded. [control] */
TRAPLINE_EXTERN_C trapline_status trapline_engine_load_file(trapline_engine* engine, const char* path,
                                                            trapline_buf* error);
TRAPLINE_EXTERN_C trapline_status trapline_engine_load_text(trapline_engine* engine, trapline_str text,
                                                            const char* name, trapline_buf* error);

/* Starts all instances: sinks first, sources last. CONFIG, FAILED: one did not start; everything is stopped again.
 * State: loaded, afterwards running. [control] */
TRAPLINE_EXTERN_C trapline_status trapline_engine_start(trapline_engine* engine, trapline_buf* error);

/* Host-driven only: carries out commands, fires timers, polls drivers, hands events to instances and subscriptions,
 * until nothing is left or a limit is met. `max_events`: counted once for each lane; 0 = 10,000. `max_ns`: real time,
 * looked at every some hundred events; 0 = no limit. `events` may be NULL: how many were handled. OK: nothing is left.
 * AGAIN: a limit was met, call again soon. A command that exchanges instances runs to its end within one call, at most
 * the configured drain_timeout and what their start takes. State: running. Always on the thread of start(). [control]
 */
TRAPLINE_EXTERN_C trapline_status trapline_engine_run_once(trapline_engine* engine, uint64_t max_events, int64_t max_ns,
                                                           uint64_t* events, trapline_buf* error);

/* Sets `*at` to when run_once() is due if `wake` is not called before, on the clock `now`: not after the present = at
 * once; INT64_MAX: nothing is due. State: running. [control] */
TRAPLINE_EXTERN_C trapline_status trapline_engine_next_deadline(const trapline_engine* engine, int64_t* at);

/* Stops in reverse order. `drain` not 0: instances finish what is under way, within the configured drain_timeout.
 * TIMEOUT: something did not end in time, or the bus did not run dry; `error` names it. Stopped it is in either case.
 * State: running; when it is stopped already, OK and nothing happens. [control] */
TRAPLINE_EXTERN_C trapline_status trapline_engine_stop(trapline_engine* engine, int32_t drain, trapline_buf* error);

/* Why the engine wants to be stopped; the gravest reason wins. */
#define TRAPLINE_STOP_NONE 0
#define TRAPLINE_STOP_REQUESTED 1  /* a plugin or request_stop() asked for it */
#define TRAPLINE_STOP_FAULT 2      /* an instance with `on_fault: stop_engine` faulted */
#define TRAPLINE_STOP_BAD_CONFIG 3 /* an instance found at run time that its configuration cannot work */
#define TRAPLINE_STOP_JOURNAL 4    /* the journal cannot be written, and is configured with `on_full: halt` */

/* Asks for a stop; whoever owns the engine sees it and calls stop(). [any] */
TRAPLINE_EXTERN_C trapline_status trapline_engine_request_stop(trapline_engine* engine, trapline_str reason);
/* Sets `*cause` to TRAPLINE_STOP_*. `reason` may be NULL; else as texts below. [any] */
TRAPLINE_EXTERN_C trapline_status trapline_engine_stop_requested(const trapline_engine* engine, int32_t* cause,
                                                                 trapline_buf* reason);

/* ---- events; from load on */

/* Ids for publish(), made on first use; they take a lock. INVALID: a bad name. LIMIT: too many. [any] */
TRAPLINE_EXTERN_C trapline_status trapline_engine_topic(trapline_engine* engine, trapline_str name, uint32_t* id);
TRAPLINE_EXTERN_C trapline_status trapline_engine_instrument(trapline_engine* engine, trapline_str venue,
                                                             trapline_str symbol, uint32_t* id);

/* Names of ids: the engine's texts, valid until destroy(). NOT_FOUND: an unknown id. `venue` or `symbol` may be NULL.
 * [any] */
TRAPLINE_EXTERN_C trapline_status trapline_engine_topic_name(const trapline_engine* engine, uint32_t id,
                                                             trapline_str* name);
TRAPLINE_EXTERN_C trapline_status trapline_engine_instrument_name(const trapline_engine* engine, uint32_t id,
                                                                  trapline_str* venue, trapline_str* symbol);

/* Appends `count` (1..1024) events of the program's own, all or none, as neighbours in the total order; they are
 * copied. Of each the program fills what svc/bus.h says. AGAIN: the bus is full for a lane that gates it, nothing was
 * published, try later. LIMIT: too large. INVALID: an unknown topic. CLOSED: after stop. Allocates nothing, takes no
 * lock. [any] */
TRAPLINE_EXTERN_C trapline_status trapline_engine_publish(trapline_engine* engine, const trapline_frame* frames,
                                                          uint32_t count);
/* The `source` of such events. */
#define TRAPLINE_PROGRAM_SOURCE 0xffffffffu

/* ---- commands and state; from load on */

/* Asks for a command of the operator plane, such as "status", "swap" or "reload" (docs/control.md), with `args` as a
 * JSON object or empty. `done` is called once, with TRAPLINE_OK and the result as JSON, or with FAILED and a text for
 * people; borrowed for the call; on a thread of the engine's own, or, host-driven, within run_once() or stop().
 * Requests wait until start() is through. CLOSED: it is stopping or stopped, `done` is not called. LIMIT: too many
 * wait, the same. [any] */
TRAPLINE_EXTERN_C trapline_status trapline_engine_submit(trapline_engine* engine, trapline_str cmd, trapline_str args,
                                                         void (*done)(void* context, trapline_status status,
                                                                      trapline_str answer),
                                                         void* context);

/* Texts go to the caller's memory, without a NUL: LIMIT and `len > cap`: nothing was written, repeat with `len` bytes.
 * health: a JSON object (docs/embedding.md). metrics: Prometheus text. [any] */
TRAPLINE_EXTERN_C trapline_status trapline_engine_health_json(const trapline_engine* engine, trapline_buf* text);
TRAPLINE_EXTERN_C trapline_status trapline_engine_metrics_text(const trapline_engine* engine, trapline_buf* text);

/* For the program's handler of fatal signals: see engine::record_crash() in engine.hpp. The record's path, or NULL.
 * Async-signal-safe. [any] */
TRAPLINE_EXTERN_C const char* trapline_engine_record_crash(const trapline_engine* engine, int signal,
                                                           void* const* frames, int count);

#endif
