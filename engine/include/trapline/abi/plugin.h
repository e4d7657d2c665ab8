/* Trapline plugin ABI: host table, plugin instance, descriptor, entry. */
#ifndef TRAPLINE_ABI_PLUGIN_H
#define TRAPLINE_ABI_PLUGIN_H

#include "trapline/abi/base.h"
#include "trapline/abi/event.h"
#include "trapline/abi/note.h"
#include "trapline/abi/option.h"
#include "trapline/abi/version.h"

/* What the host gives to one instance: the host's, valid from create() until destroy() returns, and so are all it
 * points to. Members without a mark: since 0.0. */
typedef struct trapline_host {
  uint32_t struct_size; /* of the host's table */
  uint32_t abi_major;   /* that this table is of */
  uint32_t abi_minor;   /* newest that the host knows */
  uint32_t reserved0;
  void* host_data;        /* the host's own; the plugin leaves it alone */
  trapline_str instance;  /* name of the instance in the configuration */
  trapline_str host_name; /* "trapline" */
  trapline_str host_version;

  /* Table of a service, such as `trapline.bus/1` (see svc/), or NULL if the host does not offer it. `id` is
   * NUL-terminated. The table is the host's and lives until destroy() returns; the same id gives the same table. [any]
   * States: not inside create(). */
  const void* (*get_service)(const struct trapline_host* host, const char* id);

  /* Asks the engine to stop in order, as SIGTERM would; the first reason is logged. Returns at once. [any] */
  void (*request_stop)(const struct trapline_host* host, trapline_str reason);

  /* Tells the host that this instance met a fault of its own: logged, counted, and acted on by the instance's fault
   * policy, which may be that it receives nothing any more (it is still stopped and destroyed). `code` is a
   * TRAPLINE_E_*; TRAPLINE_E_CONFIG asks the engine to stop, since only a person can mend the configuration. [any] */
  void (*report_fault)(const struct trapline_host* host, trapline_status code, trapline_str text);
} trapline_host;

/* One instance: the plugin's, made by create(), valid and unchanged until its destroy() returns.
 *
 * create -> configure -> start -> on_events, poll ... -> drain ... -> stop -> destroy. After a failure of create()
 * nothing follows; after one of configure() or start(), destroy(). Functions are not NULL unless they say so, and never
 * throw: an exception that gets through is a fault of the instance if the host can catch it, and else the end of the
 * process. Members without a mark: since 0.0. */
typedef struct trapline_plugin {
  uint32_t struct_size; /* sizeof(trapline_plugin) when the plugin was built */
  uint32_t reserved0;
  void* plugin_data; /* the plugin's own; the host leaves it alone */

  /* Checks and takes the options: one JSON object as described in option.h. Touches nothing outside: `trapline check`
   * calls it, too. [control] States: once, after create(). Errors: any, with `error` filled, its `path` naming the
   * option; TRAPLINE_E_CONFIG for a wrong value. */
  trapline_status (*configure)(const struct trapline_plugin* plugin, trapline_str json, trapline_error* error);

  /* Begins work: subscribe, open sockets, start threads. May block for as long as opening takes, within the host's
   * limit. [lane] States: once, after configure(). Errors: any, with `error` filled. Then nothing of it may go on:
   * destroy() follows without stop(). */
  trapline_status (*start)(const struct trapline_plugin* plugin, trapline_error* error);

  /* Hands over `count` >= 1 events that the instance subscribed to (and its timers, and gaps of its lane), in bus
   * order. The array and the events are borrowed for the call. Unknown types, and payloads larger than known, are no
   * error. Must not block. Publishing in here appends to the bus and never recurses. [lane] States: after start(),
   * until stop(). */
  void (*on_events)(const struct trapline_plugin* plugin, const trapline_event* const* events, uint32_t count);

  /* Finishes what is under way: flush, close sockets; takes in nothing new from outside. May be NULL: nothing to do.
   * [lane] States: after start(), before stop(); on_events() and poll() go on in between. TRAPLINE_OK: nothing left.
   * TRAPLINE_E_AGAIN: call again, as the host does until its deadline. Any other error counts as OK. */
  trapline_status (*drain)(const struct trapline_plugin* plugin);

  /* Ends work, drained or not. When it returns all threads of the plugin are joined and no call to the host is under
   * way. [lane] States: once, if start() succeeded. */
  void (*stop)(const struct trapline_plugin* plugin);

  /* Frees the instance, this struct included; the host uses neither afterwards. [control] States: once, after create()
   * succeeded; not while it runs. */
  void (*destroy)(const struct trapline_plugin* plugin);

  /* Table of an extension (see ext/), or NULL if the plugin has none of that name. `id` is NUL-terminated. The table is
   * the plugin's and lives until destroy(). May be NULL itself. [any] States: after configure(). */
  const void* (*get_extension)(const struct trapline_plugin* plugin, const char* id);
} trapline_plugin;

/* Brings events in from outside. Started last, stopped first. */
#define TRAPLINE_PLUGIN_SOURCE 0x1u
/* Carries events out. Started first, stopped last. */
#define TRAPLINE_PLUGIN_SINK 0x2u
/* Same events in, same events out: no wall clock, no randomness, no hash order. */
#define TRAPLINE_PLUGIN_DETERMINISTIC 0x4u
/* Each callback ends within a small, bounded time: may share a lane with a driver. */
#define TRAPLINE_PLUGIN_BOUNDED 0x8u

/* Facts about a plugin. It, and all it points to, is static data of the plugin: valid as long as its file is loaded.
 * Texts are NUL-terminated UTF-8. Members without a mark: since 0.0. */
typedef struct trapline_descriptor {
  uint32_t struct_size;           /* sizeof(trapline_descriptor) when the plugin was built */
  uint32_t flags;                 /* TRAPLINE_PLUGIN_* */
  const char* id;                 /* `mm_ws`; equal to the note's id */
  const char* version;            /* equal to the note's version */
  const char* vendor;             /* may be NULL */
  const char* summary;            /* one line; may be NULL */
  const trapline_option* options; /* may be NULL if there are none */
  uint32_t option_count;
  uint32_t option_size;                 /* sizeof(trapline_option) when the plugin was built: the stride */
  const char* const* required_services; /* ids; absent ones are told before create(); may be NULL if there are none */
  uint32_t required_service_count;
  uint32_t reserved0;

  /* Core event types that the plugin may subscribe to and publish, as TRAPLINE_TYPE_BIT masks; for people
   * and tools (`trapline inspect`), not for routing. 0 = not told. Since 0.1. */
  uint64_t consumes;
  uint64_t produces;
} trapline_descriptor;

/* The descriptor as first published; the least that a host accepts. */
#define TRAPLINE_DESCRIPTOR_SIZE_MIN TRAPLINE_SIZE_UP_TO(trapline_descriptor, reserved0)

/* What trapline_plugin_entry_v0() returns. Static data of the plugin: valid as long as its file is loaded. Members
 * without a mark: since 0.0. */
typedef struct trapline_entry {
  uint32_t struct_size; /* sizeof(trapline_entry) when the plugin was built */
  uint32_t abi_major;   /* these three as in the note */
  uint32_t abi_minor;
  uint32_t min_host_minor;
  const char* build; /* compiler and flags, for diagnostics only; may be NULL */
  const trapline_descriptor* descriptor;

  /* Makes an instance and sets `*out` to its table. Allocates only: must not call the host, which it may keep for later
   * calls. Instances of one plugin, of one engine or of several, share nothing. [control], also of several engines at
   * once. Errors: any, with `error` filled; `*out` is then not used. NOMEM. */
  trapline_status (*create)(const trapline_host* host, const trapline_plugin** out, trapline_error* error);
} trapline_entry;

/* The exported function. Gives the same pointer every time; never NULL. [any] */
typedef const trapline_entry* (*trapline_entry_fn)(void);

/* Name of the one symbol that a plugin exports. */
#define TRAPLINE_ENTRY_SYMBOL "trapline_plugin_entry_v0"

#endif
