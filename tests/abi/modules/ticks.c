/* A source in plain C: a timer publishes `burst` trades every 1 ms until `count` are out. Refused ones are tried again.
 */
#include <stdio.h>

#include "skeleton.h"

TRAPLINE_PLUGIN_NOTE_ABI("ticks", "1.0.0", TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0u);

static const trapline_option options[] = {
    {sizeof(trapline_option), 0, TRAPLINE_OPTION_INT, 0, "count", "1000", "0..10000000", "trades to publish"},
    {sizeof(trapline_option), 0, TRAPLINE_OPTION_INT, 0, "burst", "100", "1..1000", "trades at a time"},
};

struct ticks {
  trapline_plugin table; /* first: the table's address is the object's */
  const trapline_host* host;
  const trapline_bus* bus;
  const trapline_timer* timer;
  uint32_t topic;
  long count, burst, sent;
};

static long number_after(trapline_str json, const char* key) {
  char text[256];
  size_t n = json.len < sizeof text - 1 ? json.len : sizeof text - 1;
  const char* at;
  memcpy(text, json.ptr, n);
  text[n] = '\0';
  at = strstr(text, key);
  return at ? strtol(at + strlen(key), NULL, 10) : 0;
}

static trapline_status configure(const trapline_plugin* p, trapline_str json, trapline_error* e) {
  struct ticks* t = p->plugin_data;
  (void)e;
  t->count = number_after(json, "\"count\":");
  t->burst = number_after(json, "\"burst\":");
  t->bus = t->host->get_service(t->host, TRAPLINE_SERVICE_BUS);
  t->timer = t->host->get_service(t->host, TRAPLINE_SERVICE_TIMER);
  return t->bus && t->timer ? TRAPLINE_OK : TRAPLINE_E_NOT_FOUND;
}

static trapline_status start(const trapline_plugin* p, trapline_error* e) {
  static const char name[] = "test.trade";
  struct ticks* t = p->plugin_data;
  const trapline_str topic = {name, sizeof name - 1};
  uint64_t id;
  (void)e;
  if (t->bus->topic(t->host, topic, &t->topic) != TRAPLINE_OK) return TRAPLINE_E_FAILED;
  return t->timer->set(t->host, 0, 1000000, 7, &id);
}

static void on_events(const trapline_plugin* p, const trapline_event* const* events, uint32_t n) {
  struct ticks* t = p->plugin_data;
  long i;
  (void)n;
  if (events[0]->type != TRAPLINE_EVENT_TIMER) return;
  for (i = 0; i < t->burst && t->sent < t->count; ++i) {
    trapline_event e;
    trapline_trade trade;
    trapline_frame f = {&e, &trade, sizeof trade, 0};
    memset(&e, 0, sizeof e);
    memset(&trade, 0, sizeof trade);
    e.type = TRAPLINE_EVENT_TRADE;
    e.topic = t->topic;
    trade.price = t->sent;
    if (t->bus->publish(t->host, &f, 1) != TRAPLINE_OK) return;
    ++t->sent;
  }
}

static void destroy(const trapline_plugin* p) { free(p->plugin_data); }

static trapline_status create(const trapline_host* host, const trapline_plugin** out, trapline_error* error) {
  struct ticks* t = calloc(1, sizeof *t);
  trapline_plugin* skeleton = skeleton_new(host);
  (void)error;
  if (!t || !skeleton) {
    free(t);
    free(skeleton);
    return TRAPLINE_E_NOMEM;
  }
  t->table = *skeleton;
  free(skeleton);
  t->host = host;
  t->table.plugin_data = t;
  t->table.configure = configure;
  t->table.start = start;
  t->table.on_events = on_events;
  t->table.destroy = destroy;
  *out = &t->table;
  return TRAPLINE_OK;
}
SKELETON_ENTRY("ticks", create, TRAPLINE_PLUGIN_SOURCE, options, 2)
