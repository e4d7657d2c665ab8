/*
 * A host of ABI 0.0 in plain C, built against the frozen headers: loads PLUGIN, gives it the options in OPTIONS_FILE,
 * feeds it a market, and prints what came out as `NAME VALUE` lines. Exit code 1 with a text if the contract is broken.
 *
 * Each table, and each event, ends where readable memory ends: a plugin that reads more than the host of 0.0 has,
 * crashes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "trapline/abi/abi.h"

#if TRAPLINE_ABI_MINOR != 0
#error "build this against the frozen headers of 0.0"
#endif

#define EVENTS_FROM 1700000000000000000LL

static struct {
  int64_t now;
  char topics[64][64];
  uint32_t topic_count;
  char patterns[16][64];
  uint64_t masks[16];
  int subscriptions, timers, faults, logs, published, replies, matrices;
  int64_t last_reply;
  struct {
    char name[64];
    uint64_t word;
  } series[64];
  int series_count;
} state;

static void die(const char* what) {
  fprintf(stderr, "host: %s\n", what);
  exit(1);
}

static void* at_edge(const void* data, size_t size) {
  const size_t room = (size + 4095) & ~(size_t)4095;
  char* pages = mmap(NULL, room + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED || mprotect(pages + room, 4096, PROT_NONE) != 0) die("mmap failed");
  return memcpy(pages + room - size, data, size);
}

static void release(void* copy, size_t size) {
  const size_t room = (size + 4095) & ~(size_t)4095;
  munmap((char*)copy + size - room, room + 4096);
}

static void keep(char* to, size_t room, trapline_str s) {
  if (s.len >= room) die("a text is too long for this host");
  memcpy(to, s.ptr, s.len);
  to[s.len] = '\0';
}

/* Only what the plugins of the matrix use: plain text, and `text.>`. */
static int matches(const char* pattern, const char* topic) {
  const size_t n = strlen(pattern);
  if (n > 2 && strcmp(pattern + n - 2, ".>") == 0) return strncmp(pattern, topic, n - 1) == 0;
  return strcmp(pattern, topic) == 0;
}

/* ---- services */

static trapline_status bus_topic(const trapline_host* h, trapline_str name, uint32_t* id) {
  char key[64];
  uint32_t i;
  (void)h;
  keep(key, sizeof key, name);
  for (i = 0; i < state.topic_count; ++i)
    if (strcmp(state.topics[i], key) == 0) {
      *id = i + 1;
      return TRAPLINE_OK;
    }
  if (state.topic_count == 64) return TRAPLINE_E_LIMIT;
  strcpy(state.topics[state.topic_count], key);
  *id = ++state.topic_count;
  return TRAPLINE_OK;
}
static trapline_status bus_instrument(const trapline_host* h, trapline_str venue, trapline_str symbol, uint32_t* id) {
  (void)h, (void)venue, (void)symbol;
  *id = 1;
  return TRAPLINE_OK;
}
static trapline_str bus_topic_name(const trapline_host* h, uint32_t id) {
  trapline_str s = {"", 0};
  (void)h;
  if (id >= 1 && id <= state.topic_count) {
    s.ptr = state.topics[id - 1];
    s.len = strlen(s.ptr);
  }
  return s;
}
static trapline_status bus_instrument_name(const trapline_host* h, uint32_t id, trapline_str* venue,
                                           trapline_str* symbol) {
  (void)h;
  if (id != 1) return TRAPLINE_E_NOT_FOUND;
  venue->ptr = "bitget", venue->len = 6;
  symbol->ptr = "BTCUSDT", symbol->len = 7;
  return TRAPLINE_OK;
}
static trapline_status bus_publish(const trapline_host* h, const trapline_frame* frames, uint32_t count) {
  uint32_t i;
  (void)h;
  for (i = 0; i < count; ++i) {
    const trapline_event* e = frames[i].event;
    if (e->topic == 0 || e->topic > state.topic_count) return TRAPLINE_E_INVALID;
    ++state.published;
    if (e->type == TRAPLINE_EVENT_TRAP_MATRIX) ++state.matrices;
    if (strcmp(state.topics[e->topic - 1], "reply.trade") == 0) {
      if (frames[i].payload_size != sizeof(trapline_trade)) die("a reply has another size");
      ++state.replies;
      state.last_reply = ((const trapline_trade*)frames[i].payload)->price;
    }
  }
  return TRAPLINE_OK;
}
static trapline_status bus_subscribe(const trapline_host* h, trapline_str pattern, uint64_t mask) {
  (void)h;
  if (state.subscriptions == 16) return TRAPLINE_E_LIMIT;
  keep(state.patterns[state.subscriptions], sizeof state.patterns[0], pattern);
  state.masks[state.subscriptions++] = mask;
  return TRAPLINE_OK;
}
static int32_t log_enabled(const trapline_host* h, int32_t level) {
  (void)h;
  return level >= TRAPLINE_LOG_INFO;
}
static void log_write(const trapline_host* h, int32_t level, trapline_str s) {
  (void)h;
  ++state.logs;
  fprintf(stderr, "plugin (%d): %.*s\n", level, (int)s.len, s.ptr);
}
static int64_t clock_now(const trapline_host* h) {
  (void)h;
  return state.now;
}
static trapline_status timer_set(const trapline_host* h, int64_t at, int64_t period, uint64_t cookie, uint64_t* id) {
  (void)h, (void)at, (void)period;
  if (cookie != 7) die("the cookie of a timer is wrong");
  *id = (uint64_t)++state.timers;
  return TRAPLINE_OK;
}
static trapline_status timer_cancel(const trapline_host* h, uint64_t id) {
  (void)h, (void)id;
  return TRAPLINE_E_NOT_FOUND;
}
static uint64_t* metrics_counter(const trapline_host* h, trapline_str name, trapline_str labels) {
  char key[64];
  int i;
  (void)h, (void)labels;
  keep(key, sizeof key, name);
  for (i = 0; i < state.series_count; ++i)
    if (strcmp(state.series[i].name, key) == 0) return &state.series[i].word;
  if (i == 64) return NULL;
  strcpy(state.series[i].name, key);
  return &state.series[state.series_count++].word;
}
static int64_t* metrics_gauge(const trapline_host* h, trapline_str name, trapline_str labels) {
  return (int64_t*)metrics_counter(h, name, labels);
}
static void health_set(const trapline_host* h, uint32_t value, int32_t code, trapline_str s) {
  (void)h, (void)value, (void)code, (void)s;
}
static trapline_status secret_get(const trapline_host* h, trapline_str path, trapline_buf* value) {
  (void)h, (void)path, (void)value;
  return TRAPLINE_E_NOT_FOUND;
}

static struct {
  const char* id;
  const void* table;
} services[7];

static const void* get_service(const trapline_host* h, const char* id) {
  size_t i;
  (void)h;
  for (i = 0; i < sizeof services / sizeof services[0]; ++i)
    if (strcmp(services[i].id, id) == 0) return services[i].table;
  return NULL;
}
static void request_stop(const trapline_host* h, trapline_str s) { (void)h, (void)s; }
static void report_fault(const trapline_host* h, trapline_status code, trapline_str s) {
  (void)h;
  ++state.faults;
  fprintf(stderr, "fault %d: %.*s\n", code, (int)s.len, s.ptr);
}

static const trapline_host* make_host(void) {
  const trapline_bus bus = {sizeof bus,          0,           bus_topic,    bus_instrument, bus_topic_name,
                            bus_instrument_name, bus_publish, bus_subscribe};
  const trapline_log log = {sizeof log, 0, log_enabled, log_write};
  const trapline_clock clock = {sizeof clock, 0, clock_now, clock_now};
  const trapline_timer timer = {sizeof timer, 0, timer_set, timer_cancel};
  const trapline_metrics metrics = {sizeof metrics, 0, metrics_counter, metrics_gauge};
  const trapline_health health = {sizeof health, 0, health_set};
  const trapline_secret secret = {sizeof secret, 0, secret_get};
  trapline_host host;
#define OFFER(i, name, value) services[i].id = name, services[i].table = at_edge(&value, sizeof value)
  OFFER(0, TRAPLINE_SERVICE_BUS, bus);
  OFFER(1, TRAPLINE_SERVICE_LOG, log);
  OFFER(2, TRAPLINE_SERVICE_CLOCK, clock);
  OFFER(3, TRAPLINE_SERVICE_TIMER, timer);
  OFFER(4, TRAPLINE_SERVICE_METRICS, metrics);
  OFFER(5, TRAPLINE_SERVICE_HEALTH, health);
  OFFER(6, TRAPLINE_SERVICE_SECRET, secret);
  memset(&host, 0, sizeof host);
  host.struct_size = sizeof host;
  host.abi_major = TRAPLINE_ABI_MAJOR;
  host.abi_minor = TRAPLINE_ABI_MINOR;
  host.instance.ptr = "p", host.instance.len = 1;
  host.host_name.ptr = "host.c", host.host_name.len = 6;
  host.host_version.ptr = "1", host.host_version.len = 1;
  host.get_service = get_service;
  host.request_stop = request_stop;
  host.report_fault = report_fault;
  return at_edge(&host, sizeof host);
}

/* ---- events */

static void feed(const trapline_plugin* p, uint16_t type, const char* topic, const void* payload, size_t size) {
  static uint64_t seq;
  char bytes[4096];
  trapline_event head;
  trapline_event* e;
  trapline_str name;
  int i, wanted = type == TRAPLINE_EVENT_TIMER;
  name.ptr = topic, name.len = strlen(topic);
  memset(&head, 0, sizeof head);
  head.size = (uint32_t)(sizeof head + size);
  head.type = type;
  head.flags = TRAPLINE_FLAG_LAST_IN_BATCH;
  head.source = 1;
  head.instrument = 1;
  head.seq = ++seq;
  head.source_seq = seq;
  head.ts_event = head.ts_recv = state.now;
  bus_topic(NULL, name, &head.topic);
  for (i = 0; i < state.subscriptions; ++i)
    if (matches(state.patterns[i], topic) && (state.masks[i] & TRAPLINE_TYPE_BIT(type)) != 0) wanted = 1;
  if (!wanted) return;
  memcpy(bytes, &head, sizeof head);
  memcpy(bytes + sizeof head, payload, size);
  e = at_edge(bytes, sizeof head + size);
  {
    const trapline_event* list = e;
    p->on_events(p, &list, 1);
  }
  release(e, sizeof head + size);
}

static void feed_market(const trapline_plugin* p) {
  struct {
    trapline_book head;
    trapline_level levels[20];
  } book;
  trapline_trade trade;
  trapline_instrument instrument;
  int i;
  memset(&instrument, 0, sizeof instrument);
  strcpy(instrument.symbol, "BTCUSDT");
  strcpy(instrument.venue, "bitget");
  instrument.tick = 1, instrument.price_exp = -1, instrument.lot = 1, instrument.size_exp = -3;
  feed(p, TRAPLINE_EVENT_INSTRUMENT, "md.instrument.bitget.BTCUSDT", &instrument, sizeof instrument);
  memset(&book, 0, sizeof book);
  book.head.bid_count = book.head.ask_count = 10;
  book.head.price_exp = -1, book.head.size_exp = -3;
  for (i = 0; i < 10; ++i) {
    book.levels[i].price = 600000 - i;
    book.levels[10 + i].price = 600001 + i;
    book.levels[i].size = book.levels[10 + i].size = 1000;
  }
  for (i = 0; i < 120; ++i) {
    state.now = EVENTS_FROM + i * 1000000000LL;
    if (i % 10 == 0) feed(p, TRAPLINE_EVENT_BOOK_SNAPSHOT, "md.book.bitget.BTCUSDT", &book, sizeof book);
    memset(&trade, 0, sizeof trade);
    trade.price = 600000 + i % 2, trade.size = 10, trade.price_exp = -1, trade.size_exp = -3;
    trade.aggressor_side = i % 2 == 0 ? TRAPLINE_SIDE_SELL : TRAPLINE_SIDE_BUY;
    feed(p, TRAPLINE_EVENT_TRADE, "md.trade.bitget.BTCUSDT", &trade, sizeof trade);
    trade.price = i;
    feed(p, TRAPLINE_EVENT_TRADE, "test.trade", &trade, sizeof trade);
    if (state.timers > 0 && i % 40 == 0) {
      trapline_timer_event t;
      memset(&t, 0, sizeof t);
      t.timer_id = 1, t.cookie = 7, t.due_ts = state.now;
      feed(p, TRAPLINE_EVENT_TIMER, "trapline.timer", &t, sizeof t);
    }
  }
}

static trapline_str read_options(const char* path) {
  static char json[65536];
  trapline_str s;
  FILE* f = fopen(path, "r");
  if (!f) die("cannot open the options");
  s.len = fread(json, 1, sizeof json, f);
  s.ptr = at_edge(json, s.len);
  fclose(f);
  return s;
}

static const trapline_entry* load(const char* path) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  trapline_entry_fn fn;
  const trapline_entry* entry;
  if (!library) die(dlerror());
  *(void**)&fn = dlsym(library, TRAPLINE_ENTRY_SYMBOL);
  entry = fn ? fn() : NULL;
  if (!entry || entry->struct_size < sizeof *entry) die("no entry");
  if (entry->abi_major != TRAPLINE_ABI_MAJOR || entry->min_host_minor > TRAPLINE_ABI_MINOR) die("needs another host");
  if (!entry->descriptor || entry->descriptor->struct_size < sizeof *entry->descriptor) die("no descriptor");
  if (entry->descriptor->option_size < sizeof(trapline_option)) die("the rows of its options are too small");
  return entry;
}

/* A waiting driver must come back for wake(), and one that need not wait at once. */
static int drive(const trapline_plugin* p) {
  const trapline_driver* driver = p->get_extension ? p->get_extension(p, TRAPLINE_EXTENSION_DRIVER) : NULL;
  if (!driver) return 0;
  if (driver->struct_size < sizeof *driver) die("its driver table is too small");
  driver->wake(p);
  if (driver->poll(p, 600000000000LL) != TRAPLINE_OK || driver->poll(p, 0) != TRAPLINE_OK) die("poll failed");
  return 1;
}

int main(int argc, char** argv) {
  const trapline_entry* entry;
  const trapline_plugin* p = NULL;
  const trapline_host* host;
  trapline_error* error;
  trapline_error empty;
  int i, drives;
  if (argc != 3) die("usage: host PLUGIN OPTIONS_FILE");
  state.now = EVENTS_FROM;
  entry = load(argv[1]);
  host = make_host();
  memset(&empty, 0, sizeof empty);
  empty.struct_size = sizeof empty;
  error = at_edge(&empty, sizeof empty);
  if (entry->create(host, &p, error) != TRAPLINE_OK || !p || p->struct_size < sizeof *p) die("create failed");
  if (p->configure(p, read_options(argv[2]), error) != TRAPLINE_OK) die(error->text);
  if (p->start(p, error) != TRAPLINE_OK) die(error->text);
  drives = drive(p);
  feed_market(p);
  for (i = 0; p->drain && p->drain(p) == TRAPLINE_E_AGAIN; ++i)
    if (i == 100) die("it does not drain");
  p->stop(p);
  p->destroy(p);
  printf(
      "id %s\nabi %u.%u\nsubscriptions %d\ntimers %d\nfaults %d\nlogs %d\npublished %d\nreplies %d\nlast_reply "
      "%lld\nmatrices %d\ndrains %d\ndrives %d\n",
      entry->descriptor->id, entry->abi_major, entry->abi_minor, state.subscriptions, state.timers, state.faults,
      state.logs, state.published, state.replies, (long long)state.last_reply, state.matrices, i, drives);
  for (i = 0; i < state.series_count; ++i)
    printf("%s %llu\n", state.series[i].name, (unsigned long long)state.series[i].word);
  return 0;
}
