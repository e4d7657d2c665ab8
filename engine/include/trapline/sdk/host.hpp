// The host's services as C++ calls. One object per instance, filled before start().
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "trapline/abi/event.h"
#include "trapline/abi/svc/bus.h"
#include "trapline/abi/svc/clock.h"
#include "trapline/abi/svc/control.h"
#include "trapline/abi/svc/health.h"
#include "trapline/abi/svc/log.h"
#include "trapline/abi/svc/metrics.h"
#include "trapline/abi/svc/secret.h"
#include "trapline/abi/svc/timer.h"
#include "trapline/sdk/error.hpp"
#include "trapline/sdk/metrics.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::sdk {
inline namespace v0 {

// A header ready for publishing.
constexpr trapline_event make_event(std::uint16_t type, std::uint32_t topic, std::uint32_t instrument = 0,
                                    std::int64_t ts_event = 0, std::int64_t ts_recv = 0,
                                    std::uint16_t flags = 0) noexcept {
  trapline_event e{};
  e.type = type;
  e.topic = topic;
  e.instrument = instrument;
  e.ts_event = ts_event;
  e.ts_recv = ts_recv;
  e.flags = flags;
  return e;
}

class host {
 public:
  explicit host(const trapline_host* table) : table_(table) {}

  // Looks the services up. After create() only. Throws error if the host lacks one that cannot be done without.
  void resolve() {
    need(bus_, TRAPLINE_SERVICE_BUS);
    get(log_, TRAPLINE_SERVICE_LOG);
    need(clock_, TRAPLINE_SERVICE_CLOCK);
    need(timer_, TRAPLINE_SERVICE_TIMER);
    get(metrics_, TRAPLINE_SERVICE_METRICS);
    get(health_, TRAPLINE_SERVICE_HEALTH);
    need(secret_, TRAPLINE_SERVICE_SECRET);
    get(control_, TRAPLINE_SERVICE_CONTROL);
  }

  std::string_view instance() const noexcept { return view(table_->instance); }
  void request_stop(std::string_view reason) const { table_->request_stop(table_, str(reason)); }
  void report_fault(trapline_status code, std::string_view text) const {
    table_->report_fault(table_, code, str(text));
  }

  // --- names and events; throws error if the host refuses a name
  std::uint32_t topic(std::string_view name) const {
    std::uint32_t id = 0;
    check(bus_->topic(table_, str(name), &id), "topic", name);
    return id;
  }
  std::uint32_t instrument(std::string_view venue, std::string_view symbol) const {
    std::uint32_t id = 0;
    check(bus_->instrument(table_, str(venue), str(symbol), &id), "instrument", symbol);
    return id;
  }
  std::string_view topic_name(std::uint32_t id) const noexcept { return view(bus_->topic_name(table_, id)); }
  // Empty for an unknown id.
  std::string_view symbol(std::uint32_t instrument) const noexcept { return names(instrument).second; }
  std::string_view venue(std::uint32_t instrument) const noexcept { return names(instrument).first; }

  // [lane], in start() and later. For the rest of the instance's life: nothing unsubscribes. `pattern`: see bus.h.
  void subscribe(std::string_view pattern, std::uint64_t type_mask = TRAPLINE_TYPE_ALL) const {
    check(bus_->subscribe(table_, str(pattern), type_mask), "subscribe", pattern);
  }

  trapline_status publish(const trapline_frame* frames, std::uint32_t count) const noexcept {
    return bus_->publish(table_, frames, count);
  }
  trapline_status publish(const trapline_event& event, const void* payload, std::uint32_t size) const noexcept {
    const trapline_frame f{&event, payload, size, 0};
    return bus_->publish(table_, &f, 1);
  }
  template <class Payload>
  trapline_status publish(const trapline_event& event, const Payload& payload) const noexcept {
    return publish(event, &payload, sizeof payload);
  }

  // --- time; timers are nicer to hold as sdk::timer
  std::int64_t now() const noexcept { return clock_->now(table_); }
  std::int64_t mono() const noexcept { return clock_->mono(table_); }
  std::uint64_t set_timer(std::int64_t at, std::int64_t period = 0, std::uint64_t cookie = 0) const {
    std::uint64_t id = 0;
    check(timer_->set(table_, at, period, cookie, &id), "timer", {});
    return id;
  }
  void cancel_timer(std::uint64_t id) const noexcept { timer_->cancel(table_, id); }

  // From start() to stop(): the time in which [lane] calls are allowed. The SDK's plugin keeps it.
  bool on_lane() const noexcept { return on_lane_; }
  void enter_lane() noexcept { on_lane_ = true; }
  void leave_lane() noexcept { on_lane_ = false; }

  // --- log
  bool log_enabled(int level) const noexcept { return log_ && log_->enabled(table_, level) != 0; }
  void log(int level, std::string_view text) const noexcept {
    if (log_) log_->write(table_, level, str(text));
  }
  void debug(std::string_view text) const noexcept { log(TRAPLINE_LOG_DEBUG, text); }
  void info(std::string_view text) const noexcept { log(TRAPLINE_LOG_INFO, text); }
  void warn(std::string_view text) const noexcept { log(TRAPLINE_LOG_WARN, text); }
  void error_log(std::string_view text) const noexcept { log(TRAPLINE_LOG_ERROR, text); }

  // --- metrics, health, secrets
  sdk::counter counter(std::string_view name, std::string_view labels = {}) const {
    return sdk::counter(metrics_ ? metrics_->counter(table_, str(name), str(labels)) : nullptr);
  }
  sdk::gauge gauge(std::string_view name, std::string_view labels = {}) const {
    return sdk::gauge(metrics_ ? metrics_->gauge(table_, str(name), str(labels)) : nullptr);
  }
  // Upper edges of the buckets, rising. Counts nowhere on a host of before ABI 0.1.
  sdk::histogram histogram(std::string_view name, std::span<const double> bounds, std::string_view labels = {}) const {
    if (!metrics_ || !TRAPLINE_HAS(trapline_metrics, metrics_, record) || !metrics_->record) return {};
    return {metrics_, metrics_->histogram(table_, str(name), str(labels), bounds.data(),
                                          static_cast<std::uint32_t>(bounds.size()))};
  }
  void health(std::uint32_t state, std::int32_t code, std::string_view text) const noexcept {
    if (health_) health_->set(table_, state, code, str(text));
  }
  // Value of a secret option, empty if it is not configured. Throws error if its source cannot be read.
  // The caller wipes the string after use.
  std::string secret(std::string_view path) const {
    std::string value(256, '\0');
    for (;;) {
      trapline_buf buf{value.data(), value.size(), 0};
      const auto s = secret_->get(table_, str(path), &buf);
      if (s == TRAPLINE_E_NOT_FOUND) return {};
      check(s, "secret", path);
      const bool fits = buf.len <= value.size();
      value.resize(buf.len);
      if (fits) return value;
    }
  }

  // Asks the host for a command of `trapline ctl`; `on_answer` comes later, see svc/control.h. NOT_FOUND: a host of
  // before ABI 0.1.
  trapline_status submit(std::string_view cmd, std::string_view args, trapline_control_answer on_answer,
                         void* context) const noexcept {
    if (!control_) return TRAPLINE_E_NOT_FOUND;
    return control_->submit(table_, str(cmd), str(args), on_answer, context);
  }

 private:
  template <class Table>
  void get(const Table*& out, const char* id) {
    out = static_cast<const Table*>(table_->get_service(table_, id));
  }
  template <class Table>
  void need(const Table*& out, const char* id) {
    get(out, id);
    if (!out) throw error(TRAPLINE_E_NOT_FOUND, {}, cat("the host does not offer the service ", id));
  }
  static void check(trapline_status s, std::string_view what, std::string_view name) {
    if (s != TRAPLINE_OK) throw error(s, {}, cat("the host refused ", what, " '", name, "': status ", s));
  }
  std::pair<std::string_view, std::string_view> names(std::uint32_t instrument) const noexcept {
    trapline_str v{}, s{};
    if (bus_->instrument_name(table_, instrument, &v, &s) != TRAPLINE_OK) return {};
    return {view(v), view(s)};
  }

  const trapline_host* table_;
  bool on_lane_ = false;
  const trapline_bus* bus_ = nullptr;
  const trapline_log* log_ = nullptr;
  const trapline_clock* clock_ = nullptr;
  const trapline_timer* timer_ = nullptr;
  const trapline_metrics* metrics_ = nullptr;
  const trapline_health* health_ = nullptr;
  const trapline_secret* secret_ = nullptr;
  const trapline_control* control_ = nullptr;
};

}  // namespace v0
}  // namespace trapline::sdk
