/*
 * spread_watch: a plugin in plain C. It watches the spread of every ticker and the size of every trade, logs what is
 * out of the ordinary, counts it, and reports its health as degraded while a spread is wide.
 *
 * Everything crosses the boundary as the ABI says: tables of functions, strings with a length, statuses. Each function
 * names the thread on which the host calls it; see trapline/abi/version.h for the marks.
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trapline/abi/abi.h"

#define ID "spread_watch"
#define VERSION "1.0.0"

/* Instruments are numbered 1, 2, 3 ... as they come up; those beyond are counted, not watched. */
#define MAX_INSTRUMENTS 1024u

TRAPLINE_PLUGIN_NOTE_ABI(ID, VERSION, TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0u);

/* ---------------------------------------------------------------- options */

/* The host checks the YAML against this table before configure() is called, and prints it: trapline explain. */
static const trapline_option options[] = {
    {sizeof(trapline_option), 0, TRAPLINE_OPTION_FLOAT, 0, "max_spread_bp", "1", "0.001..10000",
     "a wider spread between best bid and ask is told, in basis points of their middle"},
    {sizeof(trapline_option), 0, TRAPLINE_OPTION_DURATION, 0, "hold", "2s", "0s..1h",
     "event time for which a spread must be wide, or normal again, before it is told"},
    {sizeof(trapline_option), 0, TRAPLINE_OPTION_FLOAT, 0, "large_trade", "100000", "0..1000000000000",
     "a trade of at least this value is told, in quote currency; 0 = none"},
    {sizeof(trapline_option), 0, TRAPLINE_OPTION_DURATION, 0, "log_every", "1s", "0s..1h",
     "least time between two log lines about large trades; all of them are counted"},
};

/* What is known of one instrument. */
typedef struct watched {
  int wide;      /* as told */
  int differs;   /* the spread is not as told ... */
  int64_t since; /* ... since then, event time */
} watched;

typedef struct spread_watch {
  trapline_plugin table; /* first, so that the table's address is the object's */
  const trapline_host* host;
  const trapline_bus* bus;
  const trapline_log* log;       /* NULL: not offered */
  const trapline_health* health; /* NULL: not offered */

  double max_spread_bp;
  double large_trade;
  int64_t hold;      /* ns */
  int64_t log_every; /* ns */

  uint64_t* wide_spreads; /* metrics, NULL: not offered */
  uint64_t* large_trades;
  uint64_t* malformed;
  uint64_t* not_watched;
  int64_t* wide_now;

  int64_t last_line;                /* ts_recv of the last line about a trade */
  uint32_t wide_count;              /* instruments told to be wide */
  watched watched[MAX_INSTRUMENTS]; /* by instrument id */
} spread_watch;

static spread_watch* self(const trapline_plugin* plugin) { return plugin->plugin_data; }

static trapline_str text_of(const char* s) {
  trapline_str out;
  out.ptr = s;
  out.len = strlen(s);
  return out;
}

static trapline_status refuse(trapline_error* error, trapline_status code, const char* option, const char* text) {
  if (error) {
    error->code = code;
    snprintf(error->path, sizeof error->path, "%s", option);
    snprintf(error->text, sizeof error->text, "%s", text);
  }
  return code;
}

/* Counters are shared with the host's metrics thread, hence the atomic add. */
static void count(uint64_t* counter) {
  if (counter) __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

__attribute__((format(printf, 3, 4))) static void say(const spread_watch* w, int32_t level, const char* format, ...) {
  char line[256];
  int n;
  va_list arguments;
  if (!w->log || !w->log->enabled(w->host, level)) return;
  va_start(arguments, format);
  n = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (n > 0) w->log->write(w->host, level, text_of(line));
}

/* ---------------------------------------------------------------- configure [control] */

/* Reads the number of an option. The host sends one flat JSON object in which every option of the table stands, and
 * all of ours are numbers, so `"name":` can only be the key. */
static trapline_status read_number(trapline_str json, const char* option, double* out, trapline_error* error) {
  char text[1024], key[64], *at, *end;
  if (json.len >= sizeof text) return refuse(error, TRAPLINE_E_CONFIG, option, "the options are too long");
  if (json.len > 0) memcpy(text, json.ptr, json.len);
  text[json.len] = '\0';
  snprintf(key, sizeof key, "\"%s\":", option);
  at = strstr(text, key);
  if (!at) return refuse(error, TRAPLINE_E_CONFIG, option, "expected this option; the host fills in its default");
  at += strlen(key);
  *out = strtod(at, &end);
  /* In a host whose locale writes 0,5 the number would end at its point: better no answer than a wrong one. */
  if (end == at || (*end != ',' && *end != '}') || !isfinite(*out))
    return refuse(error, TRAPLINE_E_CONFIG, option, "expected a number");
  return TRAPLINE_OK;
}

/* A duration comes as ns; a double holds every one up to an hour exactly. */
static trapline_status read_duration(trapline_str json, const char* option, int64_t* out, trapline_error* error) {
  double ns = 0;
  const trapline_status status = read_number(json, option, &ns, error);
  if (status != TRAPLINE_OK) return status;
  if (ns < 0 || ns > 3600e9) return refuse(error, TRAPLINE_E_CONFIG, option, "expected 0s to 1h");
  *out = (int64_t)ns;
  return TRAPLINE_OK;
}

static trapline_status configure(const trapline_plugin* plugin, trapline_str json, trapline_error* error) {
  spread_watch* w = self(plugin);
  trapline_status status = read_number(json, "max_spread_bp", &w->max_spread_bp, error);
  if (status == TRAPLINE_OK) status = read_number(json, "large_trade", &w->large_trade, error);
  if (status == TRAPLINE_OK) status = read_duration(json, "hold", &w->hold, error);
  if (status == TRAPLINE_OK) status = read_duration(json, "log_every", &w->log_every, error);
  if (status != TRAPLINE_OK) return status;

  /* A host may lack any service. What we cannot work without is an error; the rest is checked where it is used. */
  w->bus = w->host->get_service(w->host, TRAPLINE_SERVICE_BUS);
  w->log = w->host->get_service(w->host, TRAPLINE_SERVICE_LOG);
  w->health = w->host->get_service(w->host, TRAPLINE_SERVICE_HEALTH);
  if (!w->bus) return refuse(error, TRAPLINE_E_NOT_FOUND, "", "the host does not offer " TRAPLINE_SERVICE_BUS);
  return TRAPLINE_OK;
}

/* ---------------------------------------------------------------- start, stop [lane] */

static trapline_status start(const trapline_plugin* plugin, trapline_error* error) {
  spread_watch* w = self(plugin);
  const trapline_metrics* metrics = w->host->get_service(w->host, TRAPLINE_SERVICE_METRICS);
  const trapline_str no_labels = {NULL, 0};
  if (metrics) {
    w->wide_spreads = metrics->counter(w->host, text_of("spread_wide_total"), no_labels);
    w->large_trades = metrics->counter(w->host, text_of("spread_large_trades_total"), no_labels);
    w->malformed = metrics->counter(w->host, text_of("spread_malformed_events_total"), no_labels);
    w->not_watched = metrics->counter(w->host, text_of("spread_events_not_watched_total"), no_labels);
    w->wide_now = metrics->gauge(w->host, text_of("spread_wide_instruments"), no_labels);
  }
  if (w->bus->subscribe(w->host, text_of("md.ticker.>"), TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TICKER)) != TRAPLINE_OK ||
      w->bus->subscribe(w->host, text_of("md.trade.>"), TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRADE)) != TRAPLINE_OK)
    return refuse(error, TRAPLINE_E_FAILED, "", "the host refused a subscription");
  say(w, TRAPLINE_LOG_INFO, "watching spreads over %g bp and trades of %g or more", w->max_spread_bp, w->large_trade);
  return TRAPLINE_OK;
}

/* Nothing to end: no thread, no socket, no file. */
static void stop(const trapline_plugin* plugin) { (void)plugin; }

/* ---------------------------------------------------------------- events [lane] */

/* The payload, or NULL if the event is too short for it: never trust a size. */
static const void* payload(const trapline_event* event, size_t size) {
  return event->size >= sizeof *event + size ? event + 1 : NULL;
}

/* mantissa * 10^exponent. For logs and thresholds; exact work stays in integers. */
static double value_of(int64_t mantissa, int exponent) { return (double)mantissa * pow(10, exponent); }

static const char* symbol_of(const spread_watch* w, uint32_t instrument, char* out, size_t size) {
  trapline_str venue, symbol;
  if (w->bus->instrument_name(w->host, instrument, &venue, &symbol) == TRAPLINE_OK)
    snprintf(out, size, "%.*s", (int)symbol.len, symbol.ptr);
  else snprintf(out, size, "instrument %" PRIu32, instrument);
  return out;
}

static void report_health(const spread_watch* w) {
  char text[64];
  if (!w->health) return;
  snprintf(text, sizeof text, "instruments with a wide spread: %" PRIu32, w->wide_count);
  w->health->set(w->host, w->wide_count == 0 ? TRAPLINE_HEALTH_OK : TRAPLINE_HEALTH_DEGRADED, 0, text_of(text));
}

/* Time from a to b; negative or absurd times, which a broken clock may send, count as long ago. */
static int at_least(int64_t a, int64_t b, int64_t ns) { return b < a || (uint64_t)b - (uint64_t)a >= (uint64_t)ns; }

/* Tells of a change only when it has lasted, so that a spread that flickers does not flood the log. */
static void judge_spread(spread_watch* w, const trapline_event* e, double spread_bp) {
  char symbol[32];
  watched* i = &w->watched[e->instrument];
  const int64_t now = e->ts_event != 0 ? e->ts_event : e->ts_recv;
  if ((spread_bp > w->max_spread_bp) == i->wide) {
    i->differs = 0;
    return;
  }
  if (!i->differs) {
    i->differs = 1;
    i->since = now;
  }
  if (!at_least(i->since, now, w->hold)) return;
  i->differs = 0;
  i->wide = !i->wide;
  if (i->wide) {
    ++w->wide_count;
    count(w->wide_spreads);
  } else {
    --w->wide_count;
  }
  if (w->wide_now) __atomic_store_n(w->wide_now, (int64_t)w->wide_count, __ATOMIC_RELAXED);
  say(w, i->wide ? TRAPLINE_LOG_WARN : TRAPLINE_LOG_INFO, "%s: the spread is %s, %.3g bp",
      symbol_of(w, e->instrument, symbol, sizeof symbol), i->wide ? "wide" : "normal again", spread_bp);
  report_health(w);
}

static void on_ticker(spread_watch* w, const trapline_event* e, const trapline_ticker* t) {
  const uint32_t both = TRAPLINE_TICKER_BID | TRAPLINE_TICKER_ASK;
  double spread_bp;
  if ((t->present & both) != both) return;
  if (t->bid <= 0 || t->ask < t->bid) {
    count(w->malformed);
    return;
  }
  /* Both have the same exponent, so it cancels out. As doubles, for their sum may not fit. */
  spread_bp = ((double)t->ask - (double)t->bid) / (((double)t->ask + (double)t->bid) / 2) * 1e4;
  judge_spread(w, e, spread_bp);
}

static void on_trade(spread_watch* w, const trapline_event* e, const trapline_trade* t) {
  char symbol[32];
  const char* side = t->aggressor_side == TRAPLINE_SIDE_BUY    ? "buy"
                     : t->aggressor_side == TRAPLINE_SIDE_SELL ? "sell"
                                                               : "trade";
  const double value = value_of(t->price, t->price_exp) * value_of(t->size, t->size_exp);
  if ((e->flags & TRAPLINE_FLAG_HISTORY) != 0) return; /* not new */
  if (t->price <= 0 || t->size <= 0) {
    count(w->malformed);
    return;
  }
  if (w->large_trade <= 0 || value < w->large_trade) return;
  count(w->large_trades);
  /* The event's own time, not a clock: a replay then logs the same lines. */
  if (w->last_line != 0 && !at_least(w->last_line, e->ts_recv, w->log_every)) return;
  w->last_line = e->ts_recv;
  say(w, TRAPLINE_LOG_INFO, "%s: large %s of %.0f at %.10g", symbol_of(w, e->instrument, symbol, sizeof symbol), side,
      value, value_of(t->price, t->price_exp));
}

static void on_events(const trapline_plugin* plugin, const trapline_event* const* events, uint32_t n) {
  spread_watch* w = self(plugin);
  uint32_t i;
  for (i = 0; i < n; ++i) {
    const trapline_event* e = events[i];
    if (e->space != 0 || (e->type != TRAPLINE_EVENT_TICKER && e->type != TRAPLINE_EVENT_TRADE)) continue;
    if (e->instrument >= MAX_INSTRUMENTS) {
      count(w->not_watched);
      continue;
    }
    if (e->type == TRAPLINE_EVENT_TICKER) {
      const trapline_ticker* t = payload(e, sizeof *t);
      if (t) on_ticker(w, e, t);
      else count(w->malformed);
    } else {
      const trapline_trade* t = payload(e, sizeof *t);
      if (t) on_trade(w, e, t);
      else count(w->malformed);
    }
  }
}

/* ---------------------------------------------------------------- create, destroy [control] */

static void destroy(const trapline_plugin* plugin) { free(self(plugin)); }

/* Allocates only: the host may not be called yet. */
static trapline_status create(const trapline_host* host, const trapline_plugin** out, trapline_error* error) {
  spread_watch* w = calloc(1, sizeof *w);
  if (!w) return refuse(error, TRAPLINE_E_NOMEM, "", "out of memory");
  w->host = host;
  w->table.struct_size = sizeof w->table;
  w->table.plugin_data = w;
  w->table.configure = configure;
  w->table.start = start;
  w->table.on_events = on_events;
  w->table.stop = stop;
  w->table.destroy = destroy;
  *out = &w->table;
  return TRAPLINE_OK;
}

static const trapline_descriptor descriptor = {
    .struct_size = sizeof(trapline_descriptor),
    .flags = TRAPLINE_PLUGIN_DETERMINISTIC | TRAPLINE_PLUGIN_BOUNDED,
    .id = ID,
    .version = VERSION,
    .vendor = "Trapline examples",
    .summary = "tells of wide spreads and large trades",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .option_size = sizeof(trapline_option),
    .consumes = TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TICKER) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRADE),
};

static const trapline_entry entry = {
    .struct_size = sizeof(trapline_entry),
    .abi_major = TRAPLINE_ABI_MAJOR,
    .abi_minor = TRAPLINE_ABI_MINOR,
    .min_host_minor = 0, /* nothing here is newer than 0.0 */
    .build = __VERSION__,
    .descriptor = &descriptor,
    .create = create,
};

TRAPLINE_EXPORT const trapline_entry* trapline_plugin_entry_v0(void) { return &entry; }
