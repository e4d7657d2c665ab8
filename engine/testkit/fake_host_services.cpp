// The functions that the plugin calls.
#include <algorithm>
#include <cstring>

#include "fake_host_impl.hpp"
#include "payload_rules.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::testkit {
namespace {

using sdk::str;
using sdk::view;
using impl = fake_host::impl;

impl& self(const trapline_host* h) { return *static_cast<impl*>(h->host_data); }

// Marks the thread as being inside the host.
class service_call {
 public:
  service_call() { ++impl::depth; }
  ~service_call() { --impl::depth; }
};

bool sound(trapline_str s) { return s.ptr || s.len == 0; }

trapline_status refuse(impl& i, breach rule, const char* function, std::string_view why, trapline_status s) {
  {
    const std::lock_guard lock(i.mutex);
    i.breach_locked(rule, sdk::cat(function, "(): ", why));
  }
  i.record(function, why, s);
  return s;
}

// ---------------------------------------------------------------- bus

trapline_status bus_topic(const trapline_host* h, trapline_str name, std::uint32_t* id) {
  const service_call in;
  impl& i = self(h);
  if (!id || !sound(name)) return refuse(i, breach::bad_argument, "bus.topic", "NULL", TRAPLINE_E_INVALID);
  const trapline_status s = i.answers.topic != TRAPLINE_OK ? i.answers.topic : i.names.topic(view(name), *id);
  if (s == TRAPLINE_E_INVALID && i.answers.topic == TRAPLINE_OK)
    return refuse(i, breach::bad_argument, "bus.topic", sdk::cat("'", view(name), "' is not a topic name"), s);
  i.record("bus.topic", view(name), s);
  const std::lock_guard lock(i.mutex);
  i.say(view(name));
  return s;
}

trapline_status bus_instrument(const trapline_host* h, trapline_str venue, trapline_str symbol, std::uint32_t* id) {
  const service_call in;
  impl& i = self(h);
  if (!id || !sound(venue) || !sound(symbol))
    return refuse(i, breach::bad_argument, "bus.instrument", "NULL", TRAPLINE_E_INVALID);
  const trapline_status s =
      i.answers.instrument != TRAPLINE_OK ? i.answers.instrument : i.names.instrument(view(venue), view(symbol), *id);
  i.record("bus.instrument", sdk::cat(view(venue), " ", view(symbol)), s);
  const std::lock_guard lock(i.mutex);
  i.say(view(venue));
  i.say(view(symbol));
  return s;
}

trapline_str bus_topic_name(const trapline_host* h, std::uint32_t id) {
  const service_call in;
  self(h).record("bus.topic_name", {});
  return str(self(h).names.topic_name(id));
}

trapline_status bus_instrument_name(const trapline_host* h, std::uint32_t id, trapline_str* venue,
                                    trapline_str* symbol) {
  const service_call in;
  impl& i = self(h);
  if (!venue || !symbol) return refuse(i, breach::bad_argument, "bus.instrument_name", "NULL", TRAPLINE_E_INVALID);
  const auto [v, s] = i.names.instrument_name(id);
  const trapline_status result = s.empty() ? TRAPLINE_E_NOT_FOUND : TRAPLINE_OK;
  i.record("bus.instrument_name", {}, result);
  if (s.empty()) return result;
  *venue = str(v);
  *symbol = str(s);
  return result;
}

std::string frame_fault(impl& i, const trapline_frame& f, trapline_status& code) {
  code = TRAPLINE_E_INVALID;
  if (!f.event) return "a frame without an event";
  if (f.event->topic == 0 || f.event->topic > i.names.topic_count())
    return sdk::cat("topic ", f.event->topic, " was never made");
  if (!f.payload && f.payload_size > 0) return sdk::cat("NULL with a payload size of ", f.payload_size);
  if (f.payload_size > TRAPLINE_EVENT_MAX - sizeof(trapline_event)) {
    code = TRAPLINE_E_LIMIT;
    return sdk::cat("a payload of ", f.payload_size, " bytes; an event has at most ", TRAPLINE_EVENT_MAX,
                    ", header included");
  }
  return payload_fault(*f.event, f.payload, f.payload_size);
}

void hash_bytes(std::uint64_t& hash, const void* bytes, std::size_t size) {
  const auto* p = static_cast<const unsigned char*>(bytes);
  for (std::size_t n = 0; n < size; ++n) hash = (hash ^ p[n]) * 1099511628211u;
}

// What the publisher fills; the rest of the header is the bus's.
trapline_event as_given(const trapline_frame& f) {
  trapline_event e = *f.event;
  e.size = static_cast<std::uint32_t>((sizeof e + f.payload_size + 7) & ~std::size_t{7});
  e.source = 0;
  e.seq = e.source_seq = e.cause = 0;
  return e;
}

void take(impl& i, const trapline_frame& f) {
  const trapline_event head = as_given(f);
  hash_bytes(i.hash, &head, sizeof head);
  if (f.payload_size > 0) hash_bytes(i.hash, f.payload, f.payload_size);
  ++i.taken;
  if (!i.options.keep_published) return;
  const auto* bytes = static_cast<const std::byte*>(f.payload);
  i.events.push_back({head, std::vector<std::byte>(bytes, bytes + f.payload_size)});
  i.say({static_cast<const char*>(f.payload), f.payload_size});
}

trapline_status bus_publish(const trapline_host* h, const trapline_frame* frames, std::uint32_t count) {
  const service_call in;
  impl& i = self(h);
  i.attempts.fetch_add(1, std::memory_order_relaxed);
  constexpr const char* name = "bus.publish";
  if (!frames || count == 0 || count > 1024)
    return refuse(i, breach::bad_publish, name, sdk::cat(count, " frames"), TRAPLINE_E_INVALID);
  for (std::uint32_t n = 0; n < count; ++n) {
    trapline_status code = TRAPLINE_OK;
    if (const auto fault = frame_fault(i, frames[n], code); !fault.empty())
      return refuse(i, breach::bad_publish, name, fault, code);
  }
  const trapline_status answer = i.publish_answer.load(std::memory_order_relaxed);
  if (answer == TRAPLINE_OK) {
    const std::lock_guard lock(i.mutex);
    for (std::uint32_t n = 0; n < count; ++n) take(i, frames[n]);
  }
  i.record(name, {}, answer);
  return answer;
}

trapline_status bus_subscribe(const trapline_host* h, trapline_str pattern, std::uint64_t type_mask) {
  const service_call in;
  impl& i = self(h);
  if (!sound(pattern) || !bus::valid_pattern(view(pattern)) || type_mask == 0)
    return refuse(i, breach::bad_argument, "bus.subscribe",
                  sdk::cat("'", sound(pattern) ? view(pattern) : "", "' with mask ", type_mask), TRAPLINE_E_INVALID);
  trapline_status s = i.answers.subscribe;
  if (!i.lane_call("bus.subscribe")) s = TRAPLINE_E_STATE;
  i.record("bus.subscribe", view(pattern), s);
  const std::lock_guard lock(i.mutex);
  if (s == TRAPLINE_OK) i.subscribed.emplace_back(view(pattern), type_mask);
  i.say(view(pattern));
  return s;
}

// ---------------------------------------------------------------- log, clock, timer

std::int32_t log_enabled(const trapline_host* h, std::int32_t) {
  const service_call in;
  self(h).record("log.enabled", {});
  return 1;  // everything, so that every line can be looked at
}

void log_write(const trapline_host* h, std::int32_t level, trapline_str text) {
  const service_call in;
  impl& i = self(h);
  if (!sound(text)) {
    refuse(i, breach::bad_argument, "log.write", "NULL", TRAPLINE_E_INVALID);
    return;
  }
  i.record("log.write", view(text));
  constexpr std::size_t most = 10'000;
  const std::lock_guard lock(i.mutex);
  if (i.lines.size() < most) i.lines.push_back({level, std::string(view(text))});
  i.say(view(text));
}

std::int64_t clock_now(const trapline_host* h) {
  const service_call in;
  impl& i = self(h);
  i.record("clock.now", {});
  return i.on_lane() && i.frozen ? i.frozen_at : i.now.load();
}

std::int64_t clock_mono(const trapline_host* h) {
  const service_call in;
  self(h).record("clock.mono", {});
  return self(h).mono.load();
}

trapline_status timer_set(const trapline_host* h, std::int64_t at, std::int64_t period, std::uint64_t cookie,
                          std::uint64_t* id) {
  const service_call in;
  impl& i = self(h);
  if (!id || period < 0) return refuse(i, breach::bad_argument, "timer.set", "NULL or negative", TRAPLINE_E_INVALID);
  trapline_status s = i.answers.timer;
  if (!i.lane_call("timer.set")) s = TRAPLINE_E_STATE;
  if (s == TRAPLINE_OK) s = i.timers.set(1, at, period, cookie, *id);
  i.record("timer.set", {}, s);
  return s;
}

trapline_status timer_cancel(const trapline_host* h, std::uint64_t id) {
  const service_call in;
  impl& i = self(h);
  const trapline_status s = i.lane_call("timer.cancel") ? i.timers.cancel(1, id) : TRAPLINE_E_STATE;
  i.record("timer.cancel", {}, s);
  return s;
}

// ---------------------------------------------------------------- metrics, health, secret

// The part that the three kinds of metric share; `make` asks the registry.
template <class Make>
auto metric(const trapline_host* h, const char* function, trapline_str name, trapline_str labels, Make make)
    -> decltype(make(self(h))) {
  impl& i = self(h);
  if (!sound(name) || !sound(labels)) {
    refuse(i, breach::bad_argument, function, "NULL", TRAPLINE_E_INVALID);
    return nullptr;
  }
  i.record(function, view(name));
  {
    const std::lock_guard lock(i.mutex);
    i.say(view(name));
    i.say(view(labels));
  }
  return i.answers.no_metrics ? nullptr : make(i);
}

std::uint64_t* metrics_counter(const trapline_host* h, trapline_str name, trapline_str labels) {
  const service_call in;
  return metric(h, "metrics.counter", name, labels,
                [&](impl& i) { return i.metrics.counter(i.options.instance, view(name), view(labels)); });
}

std::int64_t* metrics_gauge(const trapline_host* h, trapline_str name, trapline_str labels) {
  const service_call in;
  return metric(h, "metrics.gauge", name, labels,
                [&](impl& i) { return i.metrics.gauge(i.options.instance, view(name), view(labels)); });
}

trapline_histogram* metrics_histogram(const trapline_host* h, trapline_str name, trapline_str labels,
                                      const double* bounds, std::uint32_t count) {
  const service_call in;
  if (!bounds) return nullptr;
  return reinterpret_cast<trapline_histogram*>(metric(h, "metrics.histogram", name, labels, [&](impl& i) {
    return i.metrics.histogram_of(i.options.instance, view(name), view(labels), {bounds, count});
  }));
}

void metrics_record(trapline_histogram* h, double value) {
  const service_call in;
  if (h) reinterpret_cast<obs::histogram*>(h)->record(value);
}

void health_set(const trapline_host* h, std::uint32_t, std::int32_t, trapline_str text) {
  const service_call in;
  impl& i = self(h);
  if (!sound(text)) {
    refuse(i, breach::bad_argument, "health.set", "NULL", TRAPLINE_E_INVALID);
    return;
  }
  i.record("health.set", view(text));
  const std::lock_guard lock(i.mutex);
  i.say(view(text));
}

trapline_status secret_get(const trapline_host* h, trapline_str path, trapline_buf* out) {
  const service_call in;
  impl& i = self(h);
  if (!out || !sound(path) || (!out->ptr && out->cap > 0))
    return refuse(i, breach::bad_argument, "secret.get", "NULL", TRAPLINE_E_INVALID);
  trapline_status s = i.answers.secret;
  const bool control = i.at == stage::configure || i.at == stage::destroy;
  if (!control && !i.lane_call("secret.get")) s = TRAPLINE_E_STATE;
  const auto it = i.secrets.find(std::string(view(path)));
  if (s == TRAPLINE_OK && it == i.secrets.end()) s = TRAPLINE_E_NOT_FOUND;
  i.record("secret.get", view(path), s);
  if (s != TRAPLINE_OK) return s;
  out->len = it->second.size();
  if (out->len <= out->cap) std::memcpy(out->ptr, it->second.data(), out->len);
  return TRAPLINE_OK;
}

// ---------------------------------------------------------------- host table

const void* get_service(const trapline_host* h, const char* id) {
  const service_call in;
  impl& i = self(h);
  i.record("get_service", id ? id : "NULL");
  if (!id || std::find(i.options.withheld.begin(), i.options.withheld.end(), id) != i.options.withheld.end())
    return nullptr;
  const std::pair<std::string_view, const void*> all[] = {
      {TRAPLINE_SERVICE_BUS, &i.bus_table},         {TRAPLINE_SERVICE_LOG, &i.log_table},
      {TRAPLINE_SERVICE_CLOCK, &i.clock_table},     {TRAPLINE_SERVICE_TIMER, &i.timer_table},
      {TRAPLINE_SERVICE_METRICS, &i.metrics_table}, {TRAPLINE_SERVICE_HEALTH, &i.health_table},
      {TRAPLINE_SERVICE_SECRET, &i.secret_table}};
  for (const auto& [name, table] : all)
    if (name == id) return table;
  return nullptr;
}

void request_stop(const trapline_host* h, trapline_str reason) {
  const service_call in;
  impl& i = self(h);
  i.record("request_stop", sound(reason) ? view(reason) : "");
  const std::lock_guard lock(i.mutex);
  if (sound(reason)) i.say(view(reason));
}

void report_fault(const trapline_host* h, trapline_status code, trapline_str text) {
  const service_call in;
  impl& i = self(h);
  const std::string said(sound(text) ? view(text) : "");
  i.record("report_fault", said, code);
  const std::lock_guard lock(i.mutex);
  i.breach_locked(breach::fault_reported, sdk::cat("status ", code, ": ", said));
  i.say(said);
}

// An address that no program has mapped: whoever uses a member that the host does not offer ends here.
template <class Function>
Function nowhere() {
  return reinterpret_cast<Function>(std::uintptr_t{0x600dfeed});
}

}  // namespace

void fill_tables(impl& i) {
  i.bus_table = {sizeof(trapline_bus), 0,           bus_topic,    bus_instrument, bus_topic_name,
                 bus_instrument_name,  bus_publish, bus_subscribe};
  i.log_table = {sizeof(trapline_log), 0, log_enabled, log_write};
  i.clock_table = {sizeof(trapline_clock), 0, clock_now, clock_mono};
  i.timer_table = {sizeof(trapline_timer), 0, timer_set, timer_cancel};
  i.metrics_table = {sizeof(trapline_metrics), 0, metrics_counter, metrics_gauge, metrics_histogram, metrics_record};
  i.health_table = {sizeof(trapline_health), 0, health_set};
  i.secret_table = {sizeof(trapline_secret), 0, secret_get};
  if (i.options.abi_minor < 1) {
    i.metrics_table.struct_size = TRAPLINE_SIZE_UP_TO(trapline_metrics, gauge);
    i.metrics_table.histogram = nowhere<decltype(i.metrics_table.histogram)>();
    i.metrics_table.record = nowhere<decltype(i.metrics_table.record)>();
  }
  i.host.struct_size = sizeof i.host;
  i.host.abi_major = TRAPLINE_ABI_MAJOR;
  i.host.abi_minor = i.options.abi_minor;
  i.host.host_data = &i;
  i.host.instance = str(i.options.instance);
  i.host.host_name = str("trapline testkit");
  i.host.host_version = str("1");
  i.host.get_service = get_service;
  i.host.request_stop = request_stop;
  i.host.report_fault = report_fault;
}

}  // namespace trapline::testkit
