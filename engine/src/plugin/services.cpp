#include "plugin/services.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "bus/lane.hpp"
#include "config/secrets.hpp"
#include "control/thread.hpp"
#include "plugin/instance.hpp"
#include "trapline/abi/svc/bus.h"
#include "trapline/abi/svc/clock.h"
#include "trapline/abi/svc/control.h"
#include "trapline/abi/svc/health.h"
#include "trapline/abi/svc/log.h"
#include "trapline/abi/svc/metrics.h"
#include "trapline/abi/svc/secret.h"
#include "trapline/abi/svc/timer.h"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"
#include "trapline/version.hpp"

namespace trapline::plugin {
namespace {

using sdk::str;
using sdk::view;

instance& self(const trapline_host* h) noexcept { return *static_cast<instance*>(h->host_data); }

// A null pointer with a length would be undefined behaviour in a string_view.
bool sound(trapline_str s) noexcept { return s.ptr != nullptr || s.len == 0; }

// Runs host code that may throw (out of memory) behind the C boundary.
template <class F>
trapline_status guarded(F&& f) noexcept {
  try {
    return f();
  } catch (...) {
    return TRAPLINE_E_NOMEM;
  }
}

bool on_own_lane(instance& i) noexcept { return i.lane && this_lane.lane == i.lane; }

trapline_status off_lane(instance& i, std::string_view what) noexcept {
  i.misuse(sdk::cat("tried to ", what, " on a thread that is not its lane's"));
  return TRAPLINE_E_STATE;
}

// ---------------------------------------------------------------- bus

trapline_status bus_topic(const trapline_host* h, trapline_str name, std::uint32_t* id) {
  if (!id || !sound(name)) return TRAPLINE_E_INVALID;
  return guarded([&] { return self(h).rt().names.topic(view(name), *id); });
}

trapline_status bus_instrument(const trapline_host* h, trapline_str venue, trapline_str symbol, std::uint32_t* id) {
  if (!id || !sound(venue) || !sound(symbol)) return TRAPLINE_E_INVALID;
  return guarded([&] { return self(h).rt().names.instrument(view(venue), view(symbol), *id); });
}

trapline_str bus_topic_name(const trapline_host* h, std::uint32_t id) { return str(self(h).rt().names.topic_name(id)); }

trapline_status bus_instrument_name(const trapline_host* h, std::uint32_t id, trapline_str* venue,
                                    trapline_str* symbol) {
  if (!venue || !symbol) return TRAPLINE_E_INVALID;
  const auto [v, s] = self(h).rt().names.instrument_name(id);
  if (s.empty()) return TRAPLINE_E_NOT_FOUND;
  *venue = str(v);
  *symbol = str(s);
  return TRAPLINE_OK;
}

trapline_status bus_publish(const trapline_host* h, const trapline_frame* frames, std::uint32_t count) {
  instance& i = self(h);
  runtime& rt = i.rt();
  const auto voice = i.says();
  if (voice == instance::voice::ended) {
    i.misuse("published after stop()");
    return TRAPLINE_E_CLOSED;
  }
  bool sound = frames && count > 0, needs_time = false;
  for (std::uint32_t n = 0; sound && n < count; ++n) {
    const trapline_event* e = frames[n].event;
    sound = e && e->topic != 0 && e->topic <= rt.names.topic_count();
    needs_time = needs_time || (sound && e->ts_recv == 0);
  }
  trapline_status s = TRAPLINE_E_INVALID;
  if (sound && voice == instance::voice::unheard) [[unlikely]] {
    i.count_unheard();
    return TRAPLINE_OK;
  }
  if (sound) {
    bus::ring::stamp stamp{i.id(), &i.numbers, on_own_lane(i), 0, 0};
    if (this_lane.in_event && stamp.on_owner_thread) {
      stamp.cause = this_lane.cause;
      stamp.now = this_lane.now;
    } else if (needs_time) {
      stamp.now = rt.clock.now();
    }
    s = rt.ring.publish({frames, count}, stamp);
  }
  if (s == TRAPLINE_OK || s == TRAPLINE_E_AGAIN || s == TRAPLINE_E_CLOSED) return s;
  i.misuse(s == TRAPLINE_E_LIMIT ? "published an event or a batch that is too large"
                                 : "published a malformed event or one of an unknown topic");
  return s;
}

trapline_status bus_subscribe(const trapline_host* h, trapline_str pattern, std::uint64_t type_mask) {
  instance& i = self(h);
  if (!sound(pattern) || !bus::valid_pattern(view(pattern)) || type_mask == 0) return TRAPLINE_E_INVALID;
  if (!on_own_lane(i)) return off_lane(i, "subscribe");
  return guarded([&] {
    i.subscriptions.push_back({std::string(view(pattern)), type_mask});
    i.lane->forget_routes();
    return TRAPLINE_OK;
  });
}

constexpr trapline_bus bus_table = {sizeof(trapline_bus), 0,           bus_topic,    bus_instrument, bus_topic_name,
                                    bus_instrument_name,  bus_publish, bus_subscribe};

// ---------------------------------------------------------------- log, clock, timer

std::int32_t log_enabled(const trapline_host* h, std::int32_t level) { return self(h).rt().log.enabled(level) ? 1 : 0; }

void log_write(const trapline_host* h, std::int32_t level, trapline_str text) {
  if (sound(text)) self(h).rt().log.write(level, self(h).name(), view(text));
}

constexpr trapline_log log_table = {sizeof(trapline_log), 0, log_enabled, log_write};

std::int64_t clock_now(const trapline_host* h) {
  instance& i = self(h);
  return this_lane.in_event && on_own_lane(i) ? this_lane.now : i.rt().clock.now();
}

std::int64_t clock_mono(const trapline_host* h) { return self(h).rt().clock.mono(); }

constexpr trapline_clock clock_table = {sizeof(trapline_clock), 0, clock_now, clock_mono};

trapline_status timer_set(const trapline_host* h, std::int64_t at, std::int64_t period, std::uint64_t cookie,
                          std::uint64_t* id) {
  instance& i = self(h);
  if (!id) return TRAPLINE_E_INVALID;
  if (!on_own_lane(i)) return off_lane(i, "set a timer");
  return guarded([&] { return i.timers().set(i.id(), at, period, cookie, *id); });
}

trapline_status timer_cancel(const trapline_host* h, std::uint64_t id) {
  instance& i = self(h);
  if (!on_own_lane(i)) return off_lane(i, "cancel a timer");
  return i.timers().cancel(i.id(), id);
}

constexpr trapline_timer timer_table = {sizeof(trapline_timer), 0, timer_set, timer_cancel};

// ---------------------------------------------------------------- metrics, health, secret

std::uint64_t* metrics_counter(const trapline_host* h, trapline_str name, trapline_str labels) {
  if (!sound(name) || !sound(labels)) return nullptr;
  std::uint64_t* out = nullptr;
  guarded([&] {
    out = self(h).rt().metrics.counter(self(h).name(), view(name), view(labels));
    return TRAPLINE_OK;
  });
  return out;
}

std::int64_t* metrics_gauge(const trapline_host* h, trapline_str name, trapline_str labels) {
  if (!sound(name) || !sound(labels)) return nullptr;
  std::int64_t* out = nullptr;
  guarded([&] {
    out = self(h).rt().metrics.gauge(self(h).name(), view(name), view(labels));
    return TRAPLINE_OK;
  });
  return out;
}

trapline_histogram* metrics_histogram(const trapline_host* h, trapline_str name, trapline_str labels,
                                      const double* bounds, std::uint32_t count) {
  if (!sound(name) || !sound(labels) || !bounds) return nullptr;
  obs::histogram* out = nullptr;
  guarded([&] {
    out = self(h).rt().metrics.histogram_of(self(h).name(), view(name), view(labels), {bounds, count});
    return TRAPLINE_OK;
  });
  return reinterpret_cast<trapline_histogram*>(out);
}

void metrics_record(trapline_histogram* h, double value) {
  if (h) reinterpret_cast<obs::histogram*>(h)->record(value);
}

constexpr trapline_metrics metrics_table = {
    sizeof(trapline_metrics), 0, metrics_counter, metrics_gauge, metrics_histogram, metrics_record};

void health_set(const trapline_host* h, std::uint32_t state, std::int32_t code, trapline_str text) {
  if (!sound(text)) return;
  guarded([&] {
    self(h).set_health(state, code, view(text));
    return TRAPLINE_OK;
  });
}

constexpr trapline_health health_table = {sizeof(trapline_health), 0, health_set};

trapline_status secret_get(const trapline_host* h, trapline_str path, trapline_buf* out) {
  if (!out || !sound(path) || (!out->ptr && out->cap > 0)) return TRAPLINE_E_INVALID;
  instance& i = self(h);
  return guarded([&]() -> trapline_status {
    const auto it = i.options().secrets.find(std::string(view(path)));
    if (it == i.options().secrets.end()) return TRAPLINE_E_NOT_FOUND;
    std::string value, why;
    const trapline_status s = config::read_secret(it->second, value, why);
    if (s != TRAPLINE_OK) {
      i.rt().log.write(TRAPLINE_LOG_ERROR, i.name(), sdk::cat("secret ", view(path), ": ", why));
      return s;
    }
    i.rt().redactor.add(value);
    out->len = value.size();
    if (value.size() <= out->cap) std::memcpy(out->ptr, value.data(), value.size());
    OPENSSL_cleanse(value.data(), value.size());
    return TRAPLINE_OK;
  });
}

constexpr trapline_secret secret_table = {sizeof(trapline_secret), 0, secret_get};

// ---------------------------------------------------------------- control

trapline_status control_submit(const trapline_host* h, trapline_str cmd, trapline_str args,
                               trapline_control_answer on_answer, void* context) {
  if (!sound(cmd) || cmd.len == 0 || !sound(args) || !on_answer) return TRAPLINE_E_INVALID;
  if (args.len > TRAPLINE_CONTROL_ARGS_MAX) return TRAPLINE_E_LIMIT;
  instance& i = self(h);
  control::thread* control = i.rt().control;
  if (i.ended()) return TRAPLINE_E_CLOSED;
  if (!control || !i.lane) return TRAPLINE_E_STATE;
  if (i.says() == instance::voice::unheard) {
    i.count_unheard();
    return TRAPLINE_E_STATE;
  }
  if (i.requests.fetch_add(1, std::memory_order_relaxed) >= TRAPLINE_CONTROL_PENDING_MAX) {
    i.requests.fetch_sub(1, std::memory_order_relaxed);
    return TRAPLINE_E_LIMIT;
  }
  const trapline_status s = guarded([&] {
    // The instance may be gone when the answer comes; its lane is not.
    auto done = [lane = i.lane, id = i.id(), life = i.life(), on_answer, context](control::answer a) {
      lane->post([=, a = std::move(a)] {
        instance* who = lane->find(id);
        if (!who || who->life() != life) return;
        lane->enter(who);
        who->answer(on_answer, context, a.status, a.text);
        lane->enter(nullptr);
      });
    };
    if (control->submit({std::string(view(cmd)), std::string(view(args)), i.name(), std::move(done)}))
      return TRAPLINE_OK;
    return control->ending() ? TRAPLINE_E_CLOSED : TRAPLINE_E_LIMIT;
  });
  if (s != TRAPLINE_OK) i.requests.fetch_sub(1, std::memory_order_relaxed);
  return s;
}

constexpr trapline_control control_table = {sizeof(trapline_control), 0, control_submit};

struct service {
  std::string_view id;
  const void* table;
};
constexpr service services[] = {
    {TRAPLINE_SERVICE_BUS, &bus_table},         {TRAPLINE_SERVICE_LOG, &log_table},
    {TRAPLINE_SERVICE_CLOCK, &clock_table},     {TRAPLINE_SERVICE_TIMER, &timer_table},
    {TRAPLINE_SERVICE_METRICS, &metrics_table}, {TRAPLINE_SERVICE_HEALTH, &health_table},
    {TRAPLINE_SERVICE_CONTROL, &control_table}, {TRAPLINE_SERVICE_SECRET, &secret_table},
};

const void* find_service(const char* id) noexcept {
  if (!id) return nullptr;
  const auto* it = std::find_if(std::begin(services), std::end(services), [&](const service& s) { return s.id == id; });
  return it == std::end(services) ? nullptr : it->table;
}

// ---------------------------------------------------------------- host table

const void* host_get_service(const trapline_host* h, const char* id) {
  if (!self(h).in_create()) return find_service(id);
  self(h).misuse("asked for a service inside create()");
  return nullptr;
}

void host_request_stop(const trapline_host* h, trapline_str reason) {
  if (!sound(reason)) return;
  guarded([&] {
    instance& i = self(h);
    if (i.says() == instance::voice::unheard) {  // by what was long ago
      i.count_unheard();
      return TRAPLINE_OK;
    }
    i.rt().log.write(TRAPLINE_LOG_INFO, i.name(), sdk::cat("asks the engine to stop: ", view(reason)));
    i.rt().request_stop(stop_kind::requested, sdk::cat(i.name(), ": ", view(reason)));
    return TRAPLINE_OK;
  });
}

void host_report_fault(const trapline_host* h, trapline_status code, trapline_str text) {
  if (sound(text)) self(h).fault(code, view(text));
}

}  // namespace

bool offers_service(const char* id) noexcept { return find_service(id) != nullptr; }

void fill_host_table(trapline_host& t, instance& i) {
  t.struct_size = sizeof t;
  t.abi_major = TRAPLINE_ABI_MAJOR;
  t.abi_minor = TRAPLINE_ABI_MINOR;
  t.host_data = &i;
  t.instance = str(i.name());
  t.host_name = str("trapline");
  t.host_version = str(version_text);
  t.get_service = host_get_service;
  t.request_stop = host_request_stop;
  t.report_fault = host_report_fault;
}

}  // namespace trapline::plugin
