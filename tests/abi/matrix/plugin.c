/*
 * A plugin in plain C that is its lane's driver, uses every service of ABI 0.0, and the histograms of 0.1 where both
 * its headers and its host have them. Built against each revision of the headers.
 *
 * Its static data lies at the end of a page that no readable page follows, so that a host that reads more than the
 * struct_size says crashes.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "trapline/abi/abi.h"

#define ID "matrix_c"
TRAPLINE_PLUGIN_NOTE_ABI(ID, "1.0.0", TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0u);

struct instance {
  trapline_plugin* table;
  trapline_driver* driver;
  int wakes; /* an eventfd */
  const trapline_host* host;
  const trapline_bus* bus;
  const trapline_timer* timer;
  const trapline_metrics* metrics;
  uint64_t *trades, *timers, *polls;
  uint32_t reply;
  int64_t add;
  int drains;
#if TRAPLINE_ABI_MINOR >= 1
  trapline_histogram* prices;
#endif
};

static trapline_str text(const char* s) {
  trapline_str t;
  t.ptr = s;
  t.len = strlen(s);
  return t;
}

/* A copy of `size` bytes (a multiple of 8) that ends where readable memory ends. */
static void* at_edge(const void* data, size_t size) {
  char* pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) abort();
  if (mprotect(pages + 4096, 4096, PROT_NONE) != 0) abort();
  return memcpy(pages + 4096 - size, data, size);
}

static trapline_status configure(const trapline_plugin* p, trapline_str json, trapline_error* e) {
  struct instance* self = p->plugin_data;
  const trapline_secret* secret = self->host->get_service(self->host, TRAPLINE_SERVICE_SECRET);
  const char* at = memchr(json.ptr, ':', json.len); /* the one option that has a value */
  char room[8];
  trapline_buf buf = {room, sizeof room, 0};
  if (!at || !secret || secret->get(self->host, text("key"), &buf) != TRAPLINE_E_NOT_FOUND) {
    if (e) e->code = TRAPLINE_E_CONFIG;
    return TRAPLINE_E_CONFIG;
  }
  self->add = strtoll(at + 1, NULL, 10);
  return TRAPLINE_OK;
}

static trapline_status start(const trapline_plugin* p, trapline_error* e) {
  struct instance* self = p->plugin_data;
  const trapline_host* h = self->host;
  const trapline_log* log = h->get_service(h, TRAPLINE_SERVICE_LOG);
  const trapline_clock* clock = h->get_service(h, TRAPLINE_SERVICE_CLOCK);
  const trapline_health* health = h->get_service(h, TRAPLINE_SERVICE_HEALTH);
  uint64_t id = 0;
  (void)e;
  self->bus = h->get_service(h, TRAPLINE_SERVICE_BUS);
  self->timer = h->get_service(h, TRAPLINE_SERVICE_TIMER);
  self->metrics = h->get_service(h, TRAPLINE_SERVICE_METRICS);
  if (!log || !clock || !health || !self->bus || !self->timer || !self->metrics) return TRAPLINE_E_NOT_FOUND;
  if (clock->now(h) <= 0 || h->get_service(h, "trapline.absent/1")) return TRAPLINE_E_FAILED;
  self->trades = self->metrics->counter(h, text("matrix_trades_total"), text(""));
  self->timers = self->metrics->counter(h, text("matrix_timers_total"), text(""));
  self->polls = self->metrics->counter(h, text("matrix_polls_total"), text(""));
#if TRAPLINE_ABI_MINOR >= 1
  if (TRAPLINE_HAS(trapline_metrics, self->metrics, record) && self->metrics->histogram) {
    static const double bounds[] = {1, 10, 100};
    self->prices = self->metrics->histogram(h, text("matrix_price"), text(""), bounds, 3);
  }
#endif
  if (log->enabled(h, TRAPLINE_LOG_WARN)) log->write(h, TRAPLINE_LOG_WARN, text("matrix starts"));
  health->set(h, TRAPLINE_HEALTH_DEGRADED, 0, text("as a test"));
  if (!self->trades || !self->timers || !self->polls ||
      self->bus->topic(h, text("reply.trade"), &self->reply) != TRAPLINE_OK)
    return TRAPLINE_E_FAILED;
  if (self->bus->subscribe(h, text("test.>"), TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRADE)) != TRAPLINE_OK)
    return TRAPLINE_E_FAILED;
  return self->timer->set(h, 0, 1000000, 7, &id);
}

static void on_trade(struct instance* self, const trapline_event* e) {
  trapline_event head;
  trapline_trade trade;
  trapline_frame frame;
  memcpy(&trade, e + 1, sizeof trade);
  __atomic_fetch_add(self->trades, 1, __ATOMIC_RELAXED);
#if TRAPLINE_ABI_MINOR >= 1
  if (self->prices) self->metrics->record(self->prices, (double)trade.price);
#endif
  trade.price += self->add;
  memset(&head, 0, sizeof head);
  head.type = TRAPLINE_EVENT_TRADE;
  head.topic = self->reply;
  frame.event = &head;
  frame.payload = &trade;
  frame.payload_size = sizeof trade;
  frame.reserved0 = 0;
  self->bus->publish(self->host, &frame, 1);
}

static void on_events(const trapline_plugin* p, const trapline_event* const* events, uint32_t n) {
  struct instance* self = p->plugin_data;
  uint32_t i;
  for (i = 0; i < n; ++i) {
    if (events[i]->type == TRAPLINE_EVENT_TRADE) on_trade(self, events[i]);
    if (events[i]->type == TRAPLINE_EVENT_TIMER) __atomic_fetch_add(self->timers, 1, __ATOMIC_RELAXED);
  }
}

static trapline_status drain(const trapline_plugin* p) {
  struct instance* self = p->plugin_data;
  return self->drains++ == 0 ? TRAPLINE_E_AGAIN : TRAPLINE_OK;
}

static void stop(const trapline_plugin* p) { (void)p; }

static trapline_status poll_once(const trapline_plugin* p, int64_t max_wait) {
  struct instance* self = p->plugin_data;
  struct pollfd fd = {self->wakes, POLLIN, 0};
  uint64_t n;
  __atomic_fetch_add(self->polls, 1, __ATOMIC_RELAXED);
  if (poll(&fd, 1, (int)((max_wait + 999999) / 1000000)) > 0 && read(self->wakes, &n, sizeof n) < 0)
    return TRAPLINE_E_IO;
  return TRAPLINE_OK;
}

static void wake(const trapline_plugin* p) {
  const struct instance* self = p->plugin_data;
  if (eventfd_write(self->wakes, 1) != 0) abort();
}

static const void* get_extension(const trapline_plugin* p, const char* id) {
  const struct instance* self = p->plugin_data;
  return strcmp(id, TRAPLINE_EXTENSION_DRIVER) == 0 ? self->driver : NULL;
}

static void destroy(const trapline_plugin* p) {
  struct instance* self = p->plugin_data;
  close(self->wakes);
  munmap((char*)self->driver + sizeof *self->driver - 4096, 8192);
  munmap((char*)self->table + sizeof *self->table - 4096, 8192);
  free(self);
}

static trapline_status create(const trapline_host* host, const trapline_plugin** out, trapline_error* error) {
  struct instance* self = calloc(1, sizeof *self);
  const trapline_driver driver = {sizeof driver, 0, poll_once, wake};
  trapline_plugin table;
  (void)error;
  if (!self) return TRAPLINE_E_NOMEM;
  memset(&table, 0, sizeof table);
  table.struct_size = sizeof table;
  table.plugin_data = self;
  table.configure = configure;
  table.start = start;
  table.on_events = on_events;
  table.drain = drain;
  table.stop = stop;
  table.destroy = destroy;
  table.get_extension = get_extension;
  self->host = host;
  self->wakes = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->driver = at_edge(&driver, sizeof driver);
  self->table = at_edge(&table, sizeof table);
  *out = self->table;
  return TRAPLINE_OK;
}

static const trapline_option options[] = {
    {sizeof(trapline_option), 0, TRAPLINE_OPTION_INT, 0, "add", "5", "0..9", "added to each price"},
    {sizeof(trapline_option), 0, TRAPLINE_OPTION_SECRET, 0, "key", NULL, NULL, "never set"},
};

TRAPLINE_EXPORT const trapline_entry* trapline_plugin_entry_v0(void) {
  static const trapline_entry* entry;
  if (!entry) {
    trapline_descriptor d;
    trapline_entry e;
    memset(&d, 0, sizeof d);
    d.struct_size = sizeof d;
    d.flags = TRAPLINE_PLUGIN_BOUNDED;
    d.id = ID;
    d.version = "1.0.0";
    d.vendor = "tests";
    d.summary = "uses every service";
    d.options = at_edge(options, sizeof options);
    d.option_count = 2;
    d.option_size = sizeof(trapline_option);
    e.struct_size = sizeof e;
    e.abi_major = TRAPLINE_ABI_MAJOR;
    e.abi_minor = TRAPLINE_ABI_MINOR;
    e.min_host_minor = 0;
    e.build = __VERSION__;
    e.descriptor = at_edge(&d, sizeof d);
    e.create = create;
    entry = at_edge(&e, sizeof e);
  }
  return entry;
}
