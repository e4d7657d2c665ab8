// How an instance is: its faults, health and state, and who is told of them (log, bus, journal, metrics).
#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "bus/lane.hpp"
#include "journal/life_log.hpp"
#include "plugin/instance.hpp"
#include "plugin/quietly.hpp"
#include "trapline/abi/system.h"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::plugin {

// First what protects the engine, then what tells people: that needs memory, and there may be none.
void instance::fault(trapline_status code, std::string_view text) noexcept {
  const bool on_trial = on_trial_.load(std::memory_order_relaxed);
  const auto policy = on_trial ? config::fault_policy::quarantine : on_fault_.load(std::memory_order_relaxed);
  const bool config = code == TRAPLINE_E_CONFIG && !on_trial;
  const std::uint32_t next =
      policy == config::fault_policy::restart ? TRAPLINE_INSTANCE_RESTARTING : TRAPLINE_INSTANCE_QUARANTINED;
  bool first = false, received = false;
  if (!config) {
    const std::lock_guard lock(state_mutex_);
    first = !faulted_.exchange(true);
    if (first) {
      received = receives_.exchange(false, std::memory_order_relaxed);
      state_.store(next, std::memory_order_relaxed);
    }
  }
  if (received) tell_journal({.what = journal::phase::ended, .how = "faulted"});
  count("instance_faults_total");
  quietly([&] { rt_.log.write(TRAPLINE_LOG_ERROR, name_, sdk::cat("fault (status ", code, "): ", text)); });
  if (config) return rt_.request_stop(stop_kind::bad_config, reason_with_name(text));
  if (policy == config::fault_policy::stop_engine) rt_.request_stop(stop_kind::fault, reason_with_name(text));
  if (!first) return;
  set_reason(text);
  tell(next, code, text);
}

void instance::give_up(std::string_view text) noexcept {
  bool received = false;
  {
    const std::lock_guard lock(state_mutex_);
    faulted_.store(true, std::memory_order_relaxed);
    received = receives_.exchange(false, std::memory_order_relaxed);
    state_.store(TRAPLINE_INSTANCE_QUARANTINED, std::memory_order_relaxed);
  }
  if (received) tell_journal({.what = journal::phase::ended, .how = "faulted"});
  set_reason(text);
  quietly([&] { rt_.log.write(TRAPLINE_LOG_ERROR, name_, sdk::cat("is quarantined: ", text)); });
  tell(TRAPLINE_INSTANCE_QUARANTINED, TRAPLINE_E_FAILED, text);
}

void instance::misuse(std::string_view text) noexcept {
  count("instance_misuses_total");
  const std::uint64_t n = misuses_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (!std::has_single_bit(n)) return;
  quietly([&] { rt_.log.write(TRAPLINE_LOG_WARN, name_, sdk::cat("plugin misbehaving (", n, "): ", text)); });
}

void instance::over_budget(std::int64_t took, std::int64_t mono) noexcept {
  constexpr std::int64_t minute = 60'000'000'000;
  count("instance_over_budget_total");
  const bool third = overruns_[0] >= 0 && mono - overruns_[0] < minute;
  overruns_[0] = std::exchange(overruns_[1], mono);
  std::string text;
  quietly([&] {
    text = sdk::cat("a callback has taken more than ", took / 1'000'000, " ms; its budget is ", budget() / 1'000'000,
                    " ms");
    rt_.log.write(TRAPLINE_LOG_WARN, name_, text);
    text += "; the third time within a minute";
  });
  if (third) fault(TRAPLINE_E_TIMEOUT, text);
}

void instance::record_callback(std::int64_t took) noexcept {
  if (callback_seconds_) callback_seconds_->record(static_cast<double>(took) * 1e-9);
}

void instance::set_health(std::uint32_t state, std::int32_t code, std::string_view text) {
  if (health_.exchange(state) == state) return;
  if (!faulted()) set_reason(state == TRAPLINE_HEALTH_OK ? std::string_view{} : text);
  health_code_.store(code, std::memory_order_relaxed);
  if (says() == voice::unheard) return;  // when it is heard it tells how it is then
  rt_.log.write(state == TRAPLINE_HEALTH_OK ? TRAPLINE_LOG_INFO : TRAPLINE_LOG_WARN, name_,
                sdk::cat("health is ", sdk::health_name(state), ": ", text));
  tell_health(text);
}

void instance::tell_health(std::string_view text) {
  trapline_health_event e{};
  sdk::assign(e.instance, name_);
  e.state = health();
  e.code = health_code_.load(std::memory_order_relaxed);
  sdk::assign(e.text, rt_.redacted(text));
  rt_.publish(TRAPLINE_EVENT_HEALTH, rt_.topic_health, e);
}

std::string instance::reason() const {
  const std::lock_guard lock(reason_mutex_);
  return reason_;
}

void instance::set_reason(std::string_view text) noexcept {
  quietly([&] {
    std::string clean = rt_.redacted(text);
    const std::lock_guard lock(reason_mutex_);
    reason_ = std::move(clean);
  });
}

void instance::count(const char* metric) noexcept {
  quietly([&] {
    if (auto* word = rt_.metrics.counter(name_, metric, {}))
      std::atomic_ref(*word).fetch_add(1, std::memory_order_relaxed);
  });
}

void instance::enter(std::uint32_t state) noexcept {
  {
    const std::lock_guard lock(state_mutex_);
    if (faulted()) return;  // a fault, perhaps on another thread, came first; its state stays
    state_.store(state, std::memory_order_relaxed);
    receives_.store(state == TRAPLINE_INSTANCE_RUNNING || state == TRAPLINE_INSTANCE_DRAINING,
                    std::memory_order_relaxed);
  }
  if (state == TRAPLINE_INSTANCE_RUNNING && health() == TRAPLINE_HEALTH_OK) set_reason({});
  tell(state, TRAPLINE_OK, state == TRAPLINE_INSTANCE_RUNNING ? running_text_ : std::string_view{});
}

void instance::tell(std::uint32_t state, trapline_status code, std::string_view text) noexcept {
  if (muted_.load(std::memory_order_relaxed)) return;
  quietly([&] {
    trapline_lifecycle l{};
    sdk::assign(l.instance, name_);
    sdk::assign(l.plugin, plugin_id());
    l.state = state;
    l.code = code;
    sdk::assign(l.text, rt_.redacted(text));
    rt_.publish(TRAPLINE_EVENT_LIFECYCLE, rt_.topic_lifecycle, l);
  });
}

// A step of this life, at the place that its lane has come to.
void instance::tell_journal(journal::instance_step s) noexcept {
  // One that is warmed up has no life yet that others could know of.
  if (!rt_.lives || !lane || warm_up_) return;
  quietly([&] {
    s.id = id_;
    s.life = life();
    s.after_seq = lane->last_seq();
    if (s.at == 0) s.at = rt_.clock.now();
    if (s.what == journal::phase::started) {
      // It may not be in the list yet: then it comes to stand where the other is.
      const auto& all = lane->instances();
      const auto here = std::find(all.begin(), all.end(), predecessor_ ? predecessor_ : this);
      s.order = static_cast<std::uint32_t>(here - all.begin());
      if (predecessor_) s.in_place_of = predecessor_->id();
    }
    rt_.lives->put(std::move(s));
  });
}

std::string instance::reason_with_name(std::string_view text) const noexcept {
  try {
    return rt_.redacted(name_ + ": " + std::string(text));
  } catch (const std::bad_alloc&) {
    return {};
  }
}

}  // namespace trapline::plugin
