// A host that offers every service and writes down what a plugin does with it.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "trapline/abi/plugin.h"
#include "trapline/abi/svc/bus.h"
#include "trapline/abi/svc/clock.h"
#include "trapline/abi/svc/log.h"
#include "trapline/abi/svc/metrics.h"
#include "trapline/abi/svc/secret.h"
#include "trapline/abi/svc/timer.h"
#include "trapline/sdk/text.hpp"

namespace trapline::test {

// One process has one of them at a time: the C functions find it through the host table.
class fake_host {
 public:
  fake_host() {
    table_.struct_size = sizeof table_;
    table_.host_data = this;
    table_.instance = sdk::str("tested");
    table_.get_service = [](const trapline_host* h, const char* id) { return self(h).service(id); };
    table_.request_stop = [](const trapline_host*, trapline_str) {};
    table_.report_fault = [](const trapline_host* h, trapline_status code, trapline_str) {
      self(h).faults.push_back(code);
    };
    // What is written down here must not allocate while a test lets allocations fail.
    faults.reserve(1024);
    cancelled.reserve(1024);
    logged.reserve(1024);
  }
  fake_host(const fake_host&) = delete;
  fake_host& operator=(const fake_host&) = delete;

  const trapline_host* table() const { return &table_; }

  std::vector<trapline_status> faults;
  std::vector<std::uint64_t> cancelled;
  std::vector<char> logged;  // lines, each with its newline
  std::uint64_t timers = 0;
  std::int64_t timer_at = 0, timer_period = 0, now = 1'000;
  std::uint64_t count = 0;  // the one counter
  std::int64_t level = 0;   // the one gauge
  double recorded = 0;      // the one histogram
  bool with_metrics = true;
  std::uint32_t metrics_size = sizeof(trapline_metrics);

  std::string_view log() const { return {logged.data(), logged.size()}; }

 private:
  static fake_host& self(const trapline_host* h) { return *static_cast<fake_host*>(h->host_data); }

  const void* service(const char* id) {
    const std::string_view name(id);
    if (name == TRAPLINE_SERVICE_BUS) return &bus_;
    if (name == TRAPLINE_SERVICE_LOG) return &log_;
    if (name == TRAPLINE_SERVICE_CLOCK) return &clock_;
    if (name == TRAPLINE_SERVICE_TIMER) return &timer_;
    if (name == TRAPLINE_SERVICE_SECRET) return &secret_;
    metrics_.struct_size = metrics_size;
    return name == TRAPLINE_SERVICE_METRICS && with_metrics ? &metrics_ : nullptr;
  }

  trapline_host table_{};
  trapline_bus bus_ = {
      sizeof(trapline_bus),
      0,
      [](const trapline_host*, trapline_str, std::uint32_t* id) {
        *id = 1;
        return TRAPLINE_OK;
      },
      [](const trapline_host*, trapline_str, trapline_str, std::uint32_t* id) {
        *id = 1;
        return TRAPLINE_OK;
      },
      [](const trapline_host*, std::uint32_t) { return trapline_str{}; },
      [](const trapline_host*, std::uint32_t, trapline_str*, trapline_str*) { return TRAPLINE_E_NOT_FOUND; },
      [](const trapline_host*, const trapline_frame*, std::uint32_t) { return TRAPLINE_OK; },
      [](const trapline_host*, trapline_str, std::uint64_t) { return TRAPLINE_OK; },
  };
  trapline_log log_ = {sizeof(trapline_log), 0, [](const trapline_host*, std::int32_t) { return 1; },
                       [](const trapline_host* h, std::int32_t, trapline_str text) {
                         auto& out = self(h).logged;
                         if (out.size() + text.len + 1 > out.capacity()) return;
                         out.insert(out.end(), text.ptr, text.ptr + text.len);
                         out.push_back('\n');
                       }};
  trapline_clock clock_ = {sizeof(trapline_clock), 0, [](const trapline_host* h) { return self(h).now; },
                           [](const trapline_host* h) { return self(h).now; }};
  trapline_timer timer_ = {
      sizeof(trapline_timer), 0,
      [](const trapline_host* h, std::int64_t at, std::int64_t period, std::uint64_t, std::uint64_t* id) {
        self(h).timer_at = at;
        self(h).timer_period = period;
        *id = ++self(h).timers;
        return TRAPLINE_OK;
      },
      [](const trapline_host* h, std::uint64_t id) {
        self(h).cancelled.push_back(id);
        return TRAPLINE_OK;
      }};
  trapline_metrics metrics_ = {
      sizeof(trapline_metrics),
      0,
      [](const trapline_host* h, trapline_str name, trapline_str) { return name.len > 0 ? &self(h).count : nullptr; },
      [](const trapline_host* h, trapline_str name, trapline_str) { return name.len > 0 ? &self(h).level : nullptr; },
      [](const trapline_host* h, trapline_str name, trapline_str, const double*, std::uint32_t) {
        return name.len > 0 ? reinterpret_cast<trapline_histogram*>(&self(h).recorded) : nullptr;
      },
      [](trapline_histogram* histogram, double value) { *reinterpret_cast<double*>(histogram) += value; }};
  trapline_secret secret_ = {sizeof(trapline_secret), 0,
                             [](const trapline_host*, trapline_str, trapline_buf*) { return TRAPLINE_E_NOT_FOUND; }};
};

}  // namespace trapline::test
