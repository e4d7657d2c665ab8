// Inside of fake_host; shared by the part that the test calls and the part that the plugin calls.
#pragma once

#include <map>
#include <mutex>
#include <thread>

#include "bus/names.hpp"
#include "obs/metrics.hpp"
#include "time/timers.hpp"
#include "trapline/abi/svc/bus.h"
#include "trapline/abi/svc/clock.h"
#include "trapline/abi/svc/health.h"
#include "trapline/abi/svc/log.h"
#include "trapline/abi/svc/metrics.h"
#include "trapline/abi/svc/secret.h"
#include "trapline/abi/svc/timer.h"
#include "trapline/testkit/fake_host.hpp"

namespace trapline::testkit {

struct fake_host::impl {
  impl(fake_host& owner, fake_host_options o);

  void record(const char* function, std::string_view text, trapline_status result = TRAPLINE_OK);
  // True if a [lane] function may be called here and now; a breach otherwise.
  bool lane_call(const char* function);
  void breach_locked(breach rule, std::string text);
  void say(std::string_view text);  // under the lock
  bool on_lane() const { return lane.load(std::memory_order_relaxed) == std::this_thread::get_id(); }

  const scripted_answers& answers;
  fake_host_options options;
  trapline_host host{};
  trapline_bus bus_table{};
  trapline_log log_table{};
  trapline_clock clock_table{};
  trapline_timer timer_table{};
  trapline_metrics metrics_table{};
  trapline_health health_table{};
  trapline_secret secret_table{};

  bus::names names;
  obs::metrics metrics;
  time::timers timers;  // of the lane's thread
  std::uint64_t timer_seq = 0;

  std::atomic<std::int64_t> now, mono;
  std::int64_t frozen_at = 0;  // both of the lane's thread
  bool frozen = false;
  std::atomic<stage> at{stage::none};
  std::atomic<std::thread::id> lane{};
  std::atomic<trapline_status> publish_answer{TRAPLINE_OK};
  std::atomic<std::uint64_t> attempts{0};
  std::map<std::string, std::string> secrets;  // fixed before create()

  mutable std::mutex mutex;  // guards what follows
  std::uint64_t call_total = 0;
  std::vector<call_record> recorded;
  std::vector<breach_record> breaches;
  std::vector<std::pair<std::string, std::uint64_t>> subscribed;
  std::vector<log_line> lines;
  std::vector<published_event> events;
  std::uint64_t taken = 0, hash = 14695981039346656037u;  // FNV-1a
  std::string said;

  static thread_local int depth;  // of nested calls into the host on this thread
};

void fill_tables(fake_host::impl& i);

}  // namespace trapline::testkit
