/* Trapline plugin ABI: host table, plugin instance, descriptor, entry. */
#ifndef TRAPLINE_ABI_PLUGIN_H
#define TRAPLINE_ABI_PLUGIN_H

#include "trapline/abi/base.h"
#include "trapline/abi/event.h"
#include "trapline/abi/note.h"
#include "trapline/abi/option.h"
#include "trapline/abi/version.h"

/* What the host gives to one instance. Valid until destroy() returns. */
typedef struct trapline_host {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t reserved0;
  void* host_data;        /* the host's own */
  trapline_str instance;  /* name of the instance in the configuration */
  trapline_str host_name; /* "trapline" */
  trapline_str host_version;

  /* Table of a service, such as `trapline.bus/1` (see svc/), or NULL if the host does not offer it.
   * [any], not inside create(). The table lives until destroy() returns. */
  const void* (*get_service)(const struct trapline_host* host, const char* id);

  /* Asks the engine to stop in order, as SIGTERM would. [any] Returns at once. */
  void (*request_stop)(const struct trapline_host* host, trapline_str reason);

  /* Tells the host that this instance met a fault of its own: logged, counted, and acted on by the
   * instance's fault policy. [any] */
  void (*report_fault)(const struct trapline_host* host, trapline_status code, trapline_str text);
} trapline_host;

/* One instance. Made by create(), valid until its destroy() returns. */
typedef struct trapline_plugin {
  uint32_t struct_size;
  uint32_t reserved0;
  void* plugin_data; /* the plugin's own */

  /* Checks and takes the options: one JSON object as described in option.h. [control] Once, after
   * create(). On error fills `error` and returns TRAPLINE_E_CONFIG; the instance is then destroyed. */
  trapline_status (*configure)(const struct trapline_plugin* plugin, trapline_str json, trapline_error* error);

  /* Begins work: get services, subscribe, open sockets, start threads. [lane] Once. If it fails, nothing of it may go
   * on: destroy() follows without stop(). */
  trapline_status (*start)(const struct trapline_plugin* plugin, trapline_error* error);

  /* Hands over `count` >= 1 events that the instance subscribed to, in bus order. They are borrowed
   * for the call. Must not block. Publishing in here appends to the bus and never recurses. [lane] */
  void (*on_events)(const struct trapline_plugin* plugin, const trapline_event* const* events, uint32_t count);

  /* Finish what is under way: flush, close sockets. TRAPLINE_OK = nothing left, TRAPLINE_E_AGAIN =
   * call again (the host does, until its deadline; a driver is polled in between). [lane] May be NULL. */
  trapline_status (*drain)(const struct trapline_plugin* plugin);

  /* Ends work. All threads of the plugin are joined when it returns. [lane] */
  void (*stop)(const struct trapline_plugin* plugin);

  /* Frees the instance, this struct included. [control] */
  void (*destroy)(const struct trapline_plugin* plugin);

  /* Table of an extension (see ext/), or NULL. [any] May be NULL itself. */
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

/* Facts about a plugin. Static data of the plugin. */
typedef struct trapline_descriptor {
  uint32_t struct_size;
  uint32_t flags;      /* TRAPLINE_PLUGIN_* */
  const char* id;      /* `mm_ws`; equal to the note's id */
  const char* version; /* equal to the note's version */
  const char* vendor;
  const char* summary; /* one line */
  const trapline_option* options;
  uint32_t option_count;
  uint32_t option_size;                 /* sizeof(trapline_option) when the plugin was built: the stride */
  const char* const* required_services; /* ids; all problems are told before create() */
  uint32_t required_service_count;
  uint32_t reserved0;

  /* Core event types that the plugin may subscribe to and publish, as TRAPLINE_TYPE_BIT masks; for people
   * and tools (`trapline inspect`), not for routing. 0 = not told. Since 0.1. */
  uint64_t consumes;
  uint64_t produces;
} trapline_descriptor;

/* The descriptor as first published; the least that a host accepts. */
#define TRAPLINE_DESCRIPTOR_SIZE_MIN TRAPLINE_SIZE_UP_TO(trapline_descriptor, reserved0)

/* What trapline_plugin_entry_v0() returns. Static data of the plugin. */
typedef struct trapline_entry {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t min_host_minor;
  const char* build; /* compiler and flags, for diagnostics only */
  const trapline_descriptor* descriptor;

  /* Makes an instance. Allocates only: must not call the host. [control] */
  trapline_status (*create)(const trapline_host* host, const trapline_plugin** out, trapline_error* error);
} trapline_entry;

typedef const trapline_entry* (*trapline_entry_fn)(void);

/* Name of the one symbol that a plugin exports. */
#define TRAPLINE_ENTRY_SYMBOL "trapline_plugin_entry_v0"

#endif
