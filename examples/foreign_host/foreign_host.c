/*
 * A host of your own for Trapline's plugins, in plain C, with the ABI headers alone: loads a detector, offers it the
 * services it needs, feeds it a small market in which the price is pumped and let fall again, and prints its signals.
 *
 *   foreign_host .../trap_detector.so
 *
 * Everything happens on one thread, so each instance's lane is that thread. A real host would check the file before it
 * runs code of it (see the ELF note in abi/note.h) and route events by their subscriptions and type masks, as here.
 * Exit codes: 0 an alarm was raised, 1 none was, 2 the plugin cannot be used.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "option_defaults.h"
#include "trapline/abi/abi.h"

#define SECOND 1000000000LL

/* ---- what this host knows; a host with several plugins has one of these for each instance (host_data) */

struct host_state {
  int64_t now; /* UTC ns, event time: the market is played as fast as it goes */
  uint64_t seq;
  char topics[32][64]; /* id - 1 -> name */
  uint32_t topic_count;
  struct {
    char pattern[64];
    uint64_t type_mask;
  } subscriptions[16];
  int subscription_count;
  struct {
    int64_t due, period; /* due 0: free */
    uint64_t cookie;
  } timers[8];
  uint64_t counters[64]; /* what plugins count in; this host shows none of it */
  int counter_count;
  int signals, alarms, faulted;
};

static struct host_state* state_of(const trapline_host* h) { return h->host_data; }

static void die(const char* what, const char* why) {
  fprintf(stderr, "foreign_host: %s: %s\n", what, why);
  exit(2);
}

static trapline_status keep(char* to, size_t room, trapline_str s) {
  if (s.len >= room) return TRAPLINE_E_LIMIT;
  memcpy(to, s.ptr, s.len);
  to[s.len] = '\0';
  return TRAPLINE_OK;
}

/* Tokens of a pattern: text, `*` for one token, a final `>` for the rest. */
static int matches(const char* pattern, const char* topic) {
  for (;;) {
    const size_t p = strcspn(pattern, "."), t = strcspn(topic, ".");
    if (p == 1 && *pattern == '>') return *topic != '\0';
    if (!(p == 1 && *pattern == '*') && (p != t || memcmp(pattern, topic, p) != 0)) return 0;
    pattern += p, topic += t;
    if (*pattern == '\0' || *topic == '\0') return *pattern == *topic;
    ++pattern, ++topic;
  }
}

/* ---- trapline.bus/1 */

static trapline_status bus_topic(const trapline_host* h, trapline_str name, uint32_t* id) {
  struct host_state* s = state_of(h);
  char key[64];
  uint32_t n;
  if (keep(key, sizeof key, name) != TRAPLINE_OK) return TRAPLINE_E_LIMIT;
  for (n = 0; n < s->topic_count; ++n)
    if (strcmp(s->topics[n], key) == 0) break;
  if (n == 32) return TRAPLINE_E_LIMIT;
  if (n == s->topic_count) strcpy(s->topics[s->topic_count++], key);
  *id = n + 1;
  return TRAPLINE_OK;
}

static trapline_status bus_instrument(const trapline_host* h, trapline_str venue, trapline_str symbol, uint32_t* id) {
  (void)h, (void)venue, (void)symbol;
  *id = 1; /* there is one */
  return TRAPLINE_OK;
}

static trapline_str bus_topic_name(const trapline_host* h, uint32_t id) {
  trapline_str name = {"", 0};
  if (id >= 1 && id <= state_of(h)->topic_count) {
    name.ptr = state_of(h)->topics[id - 1];
    name.len = strlen(name.ptr);
  }
  return name;
}

static trapline_status bus_instrument_name(const trapline_host* h, uint32_t id, trapline_str* venue,
                                           trapline_str* symbol) {
  (void)h;
  if (id != 1) return TRAPLINE_E_NOT_FOUND;
  venue->ptr = "demo", venue->len = 4;
  symbol->ptr = "BTCUSDT", symbol->len = 7;
  return TRAPLINE_OK;
}

static trapline_status bus_subscribe(const trapline_host* h, trapline_str pattern, uint64_t type_mask) {
  struct host_state* s = state_of(h);
  if (s->subscription_count == 16) return TRAPLINE_E_LIMIT;
  s->subscriptions[s->subscription_count].type_mask = type_mask;
  return keep(s->subscriptions[s->subscription_count++].pattern, 64, pattern);
}

static const char* const stages[] = {"none", "forming", "detected", "confirmed", "expired"};

/* What the plugin has to say. A bus would copy it and hand it to others. */
static trapline_status bus_publish(const trapline_host* h, const trapline_frame* frames, uint32_t count) {
  struct host_state* s = state_of(h);
  uint32_t n;
  for (n = 0; n < count; ++n) {
    const trapline_signal* signal = frames[n].payload;
    if (frames[n].event->topic == 0 || frames[n].event->topic > s->topic_count) return TRAPLINE_E_INVALID;
    if (frames[n].event->type != TRAPLINE_EVENT_SIGNAL || frames[n].payload_size < sizeof *signal) continue;
    ++s->signals;
    if (signal->stage == TRAPLINE_STAGE_DETECTED || signal->stage == TRAPLINE_STAGE_CONFIRMED) ++s->alarms;
    printf("%s: %s, probability %.2f, confidence %.2f\n", signal->id,
           signal->stage < sizeof stages / sizeof *stages ? stages[signal->stage] : "?", signal->probability,
           signal->confidence);
  }
  return TRAPLINE_OK;
}

static const trapline_bus bus = {sizeof bus,          0,           bus_topic,    bus_instrument, bus_topic_name,
                                 bus_instrument_name, bus_publish, bus_subscribe};

/* ---- log, clock, timer, metrics, secret */

static int32_t log_enabled(const trapline_host* h, int32_t level) {
  (void)h;
  return level >= TRAPLINE_LOG_WARN;
}
static void log_write(const trapline_host* h, int32_t level, trapline_str text) {
  if (log_enabled(h, level)) fprintf(stderr, "plugin: %.*s\n", (int)text.len, text.ptr);
}
static const trapline_log log_service = {sizeof log_service, 0, log_enabled, log_write};

static int64_t clock_now(const trapline_host* h) { return state_of(h)->now; }
static const trapline_clock clock_service = {sizeof clock_service, 0, clock_now, clock_now};

static trapline_status timer_set(const trapline_host* h, int64_t at, int64_t period, uint64_t cookie, uint64_t* id) {
  struct host_state* s = state_of(h);
  int n;
  for (n = 0; n < 8; ++n)
    if (s->timers[n].due == 0) {
      s->timers[n].due = at > s->now ? at : s->now + 1;
      s->timers[n].period = period;
      s->timers[n].cookie = cookie;
      *id = (uint64_t)n + 1;
      return TRAPLINE_OK;
    }
  return TRAPLINE_E_LIMIT;
}
static trapline_status timer_cancel(const trapline_host* h, uint64_t id) {
  if (id < 1 || id > 8 || state_of(h)->timers[id - 1].due == 0) return TRAPLINE_E_NOT_FOUND;
  state_of(h)->timers[id - 1].due = 0;
  return TRAPLINE_OK;
}
static const trapline_timer timer_service = {sizeof timer_service, 0, timer_set, timer_cancel};

static uint64_t* metrics_counter(const trapline_host* h, trapline_str name, trapline_str labels) {
  struct host_state* s = state_of(h);
  (void)name, (void)labels;
  return s->counter_count < 64 ? &s->counters[s->counter_count++] : NULL; /* NULL: the plugin counts elsewhere */
}
static int64_t* metrics_gauge(const trapline_host* h, trapline_str name, trapline_str labels) {
  return (int64_t*)metrics_counter(h, name, labels);
}
/* No histograms: the table ends where 0.0 ended, and struct_size says so. */
static const trapline_metrics metrics_service = {
    .struct_size = TRAPLINE_SIZE_UP_TO(trapline_metrics, gauge), .counter = metrics_counter, .gauge = metrics_gauge};

static trapline_status secret_get(const trapline_host* h, trapline_str path, trapline_buf* value) {
  (void)h, (void)path, (void)value;
  return TRAPLINE_E_NOT_FOUND; /* none is configured */
}
static const trapline_secret secret_service = {sizeof secret_service, 0, secret_get};

/* ---- the host's table */

static const void* get_service(const trapline_host* h, const char* id) {
  (void)h;
  if (strcmp(id, TRAPLINE_SERVICE_BUS) == 0) return &bus;
  if (strcmp(id, TRAPLINE_SERVICE_LOG) == 0) return &log_service;
  if (strcmp(id, TRAPLINE_SERVICE_CLOCK) == 0) return &clock_service;
  if (strcmp(id, TRAPLINE_SERVICE_TIMER) == 0) return &timer_service;
  if (strcmp(id, TRAPLINE_SERVICE_METRICS) == 0) return &metrics_service;
  if (strcmp(id, TRAPLINE_SERVICE_SECRET) == 0) return &secret_service;
  return NULL; /* health, control: plugins do without, or say in their descriptor that they cannot */
}
static void request_stop(const trapline_host* h, trapline_str reason) {
  (void)h;
  fprintf(stderr, "the plugin asks for a stop: %.*s\n", (int)reason.len, reason.ptr);
}
static void report_fault(const trapline_host* h, trapline_status code, trapline_str text) {
  fprintf(stderr, "the plugin faulted (%d): %.*s\n", code, (int)text.len, text.ptr);
  state_of(h)->faulted = 1; /* from now on it is only stopped and destroyed */
}

/* ---- events */

struct guest {
  const trapline_host* host;
  const trapline_plugin* plugin;
};

static void hand_over(const struct guest* g, uint16_t type, const char* topic, const void* payload, size_t size) {
  struct host_state* s = state_of(g->host);
  static _Alignas(64) char bytes[4096]; /* header and payload lie together, at least 8-aligned */
  trapline_event* e = (trapline_event*)(void*)bytes;
  const trapline_event* list[1];
  const trapline_str name = {topic, strlen(topic)};
  int n, wanted = type == TRAPLINE_EVENT_TIMER;
  for (n = 0; n < s->subscription_count; ++n)
    if (matches(s->subscriptions[n].pattern, topic) && (s->subscriptions[n].type_mask & TRAPLINE_TYPE_BIT(type)) != 0)
      wanted = 1;
  if (!wanted || s->faulted) return;
  memset(e, 0, sizeof *e);
  e->size = (uint32_t)(sizeof *e + (size + 7) / 8 * 8);
  e->type = type;
  e->flags = TRAPLINE_FLAG_LAST_IN_BATCH;
  e->source = 2; /* not the plugin's own */
  if (bus_topic(g->host, name, &e->topic) != TRAPLINE_OK) die(topic, "too many topics");
  e->instrument = 1;
  e->seq = e->source_seq = ++s->seq;
  e->ts_event = e->ts_recv = s->now;
  memset(bytes + sizeof *e, 0, (size + 7) / 8 * 8);
  memcpy(bytes + sizeof *e, payload, size);
  list[0] = e;
  g->plugin->on_events(g->plugin, list, 1);
}

/* Lets time pass; timers come as events, in their order among the others. */
static void advance(const struct guest* g, int64_t to) {
  struct host_state* s = state_of(g->host);
  for (;;) {
    int n, next = -1;
    trapline_timer_event t;
    for (n = 0; n < 8; ++n)
      if (s->timers[n].due != 0 && s->timers[n].due <= to && (next < 0 || s->timers[n].due < s->timers[next].due))
        next = n;
    if (next < 0) break;
    s->now = s->timers[next].due;
    memset(&t, 0, sizeof t);
    t.timer_id = (uint64_t)next + 1, t.cookie = s->timers[next].cookie, t.due_ts = s->now, t.instance = 1;
    s->timers[next].due = s->timers[next].period > 0 ? s->now + s->timers[next].period : 0;
    hand_over(g, TRAPLINE_EVENT_TIMER, "sys.timer", &t, sizeof t);
  }
  s->now = to;
}

static void book_at(const struct guest* g, int64_t mid) {
  struct {
    trapline_book head;
    trapline_level levels[40];
  } b;
  int n;
  memset(&b, 0, sizeof b);
  b.head.bid_count = b.head.ask_count = 20;
  b.head.price_exp = -1, b.head.size_exp = -3;
  for (n = 0; n < 20; ++n) { /* best first */
    b.levels[n].price = mid - 5 - 10 * n;
    b.levels[20 + n].price = mid + 5 + 10 * n;
    b.levels[n].size = b.levels[20 + n].size = 2000;
  }
  hand_over(g, TRAPLINE_EVENT_BOOK_SNAPSHOT, "md.book.demo.BTCUSDT", &b, sizeof b);
}

static uint32_t dice(void) { /* the same every time */
  static uint32_t seed = 7;
  seed = seed * 1664525u + 1013904223u;
  return seed >> 16;
}

/* The price goes from one level (in tenths) to another in so many seconds, `buys` of a hundred trades at the ask. */
static void glide(const struct guest* g, int64_t from, int64_t to, int seconds, int a_second, unsigned buys) {
  int n;
  for (n = 0; n < seconds * a_second; ++n) {
    const int64_t mid = from + (to - from) * n / (seconds * a_second) + (int64_t)(dice() % 41) - 20;
    trapline_trade t;
    advance(g, state_of(g->host)->now + SECOND / a_second);
    if (n % (a_second / 5) == 0) book_at(g, mid);
    memset(&t, 0, sizeof t);
    t.aggressor_side = dice() % 100 < buys ? TRAPLINE_SIDE_BUY : TRAPLINE_SIDE_SELL;
    t.price = mid + (t.aggressor_side == TRAPLINE_SIDE_BUY ? 5 : -5);
    t.size = 10 + dice() % 90;
    t.price_exp = -1, t.size_exp = -3;
    hand_over(g, TRAPLINE_EVENT_TRADE, "md.trade.demo.BTCUSDT", &t, sizeof t);
  }
}

/* ---- */

static const trapline_entry* load(const char* path) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  trapline_entry_fn entry_of;
  const trapline_entry* entry;
  uint32_t n;
  if (!library) die(path, dlerror());
  *(void**)&entry_of = dlsym(library, TRAPLINE_ENTRY_SYMBOL);
  entry = entry_of ? entry_of() : NULL;
  if (!entry || !TRAPLINE_HAS(trapline_entry, entry, create)) die(path, "it has no entry");
  if (entry->abi_major != TRAPLINE_ABI_MAJOR || entry->min_host_minor > TRAPLINE_ABI_MINOR)
    die(path, "it needs a host of another ABI");
  for (n = 0; n < entry->descriptor->required_service_count; ++n)
    if (!get_service(NULL, entry->descriptor->required_services[n])) die(path, entry->descriptor->required_services[n]);
  return entry;
}

int main(int argc, char** argv) {
  /* Five minutes to learn the market are enough here. */
  static const struct chosen_option chosen[] = {{"warmup", "5m"}, {NULL, NULL}};
  const char* wrong;
  char* options;
  trapline_str json;
  struct host_state state;
  trapline_host host;
  trapline_error error;
  const trapline_entry* entry;
  struct guest g;
  if (argc != 2) die("usage", "foreign_host PLUGIN.so");
  entry = load(argv[1]);
  printf("%s %s\n", entry->descriptor->id, entry->descriptor->version);

  options = options_as_json(entry->descriptor, chosen, &wrong);
  if (!options) die(argv[1], wrong ? wrong : "out of memory");
  json.ptr = options, json.len = strlen(options);

  memset(&state, 0, sizeof state);
  state.now = 1700000040 * SECOND;
  memset(&host, 0, sizeof host);
  host.struct_size = sizeof host;
  host.abi_major = TRAPLINE_ABI_MAJOR;
  host.abi_minor = TRAPLINE_ABI_MINOR;
  host.host_data = &state;
  host.instance.ptr = "detector", host.instance.len = 8;
  host.host_name.ptr = "foreign_host", host.host_name.len = 12;
  host.host_version.ptr = "1", host.host_version.len = 1;
  host.get_service = get_service;
  host.request_stop = request_stop;
  host.report_fault = report_fault;

  memset(&error, 0, sizeof error);
  error.struct_size = sizeof error;
  g.host = &host;
  if (entry->create(&host, &g.plugin, &error) != TRAPLINE_OK) die("create", error.text);
  if (g.plugin->configure(g.plugin, json, &error) != TRAPLINE_OK) die(error.path, error.text);
  free(options);
  if (g.plugin->start(g.plugin, &error) != TRAPLINE_OK) die("start", error.text);

  glide(&g, 602500, 602500, 600, 10, 50); /* ten calm minutes at 60,250 */
  glide(&g, 602500, 605500, 30, 15, 92);  /* 0.5 % up in half a minute: buyers alone */
  glide(&g, 605500, 605500, 25, 10, 50);
  glide(&g, 605500, 602600, 60, 10, 20); /* and all of it given back */
  glide(&g, 602600, 602600, 200, 10, 50);

  while (g.plugin->drain && g.plugin->drain(g.plugin) == TRAPLINE_E_AGAIN) advance(&g, state.now + SECOND / 1000);
  g.plugin->stop(g.plugin);
  g.plugin->destroy(g.plugin);
  printf("%llu events, %d signals, %d of them alarms\n", (unsigned long long)state.seq, state.signals, state.alarms);
  return state.alarms > 0 && !state.faulted ? 0 : 1;
}
