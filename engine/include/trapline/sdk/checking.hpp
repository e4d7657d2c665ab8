// Does the host keep to the contract? The lifecycle of abi/plugin.h, checked on the plugin's side of the boundary.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>

namespace trapline::sdk {
inline namespace v0 {

// How much of the contract every call of the host is checked for.
enum class checking : std::uint8_t {
  none,
  fast,  // the order of calls: one relaxed load and a compare for on_events() and poll(), nothing per event
  full,  // besides, [lane] calls on one thread and no call inside another: two atomic exchanges a call
};

#ifdef NDEBUG
inline constexpr checking default_checking = checking::fast;
#else
inline constexpr checking default_checking = checking::full;
#endif

namespace detail {

// Where an instance stands in its life; the bit of each stands in call_rule::stages.
enum class stage : std::uint8_t { created, configured, running, draining, stopped, failed };

constexpr unsigned bit(stage s) noexcept { return 1u << static_cast<unsigned>(s); }

struct call_rule {
  const char* name;
  unsigned id;      // 0..31
  unsigned stages;  // in which the call is allowed
  bool lane;        // it comes on the lane's thread
};

inline constexpr unsigned working = bit(stage::running) | bit(stage::draining);
inline constexpr call_rule configure_rule{"configure", 0, bit(stage::created), false};
inline constexpr call_rule start_rule{"start", 1, bit(stage::configured), true};
inline constexpr call_rule on_events_rule{"on_events", 2, working, true};
inline constexpr call_rule poll_rule{"poll", 3, working, true};
inline constexpr call_rule drain_rule{"drain", 4, working, true};
inline constexpr call_rule stop_rule{"stop", 5, working, true};
inline constexpr call_rule destroy_rule{"destroy", 6, ~working, false};
inline constexpr call_rule command_rule{"command", 7, working, true};
inline constexpr call_rule save_rule{"save", 8, working, true};
// On the lane, but before start(), which tells what thread that is.
inline constexpr call_rule load_rule{"load", 9, bit(stage::configured), false};

template <checking Level>
class contract {
 public:
  // A call of the host, from its begin to its end. `wrong` is what the host did wrong, or nullptr.
  class call {
   public:
    call(const char* what, contract* inside) noexcept : wrong(what), inside_(inside) {}
    call(const call&) = delete;
    call& operator=(const call&) = delete;
    ~call() {
      if (inside_) inside_->inside_.store(false, std::memory_order_release);
    }
    // No other call is under way, as far as is checked.
    bool alone() const noexcept { return Level != checking::full || inside_ != nullptr; }
    const char* const wrong;

   private:
    contract* inside_;
  };

  call enter(const call_rule& rule) noexcept {
    if constexpr (Level == checking::none) return {nullptr, nullptr};
    if constexpr (Level == checking::full)
      if (inside_.exchange(true, std::memory_order_acquire))
        return {"inside another call to the same instance", nullptr};
    contract* const inside = Level == checking::full ? this : nullptr;
    const stage now = stage_.load(std::memory_order_relaxed);
    if ((rule.stages & bit(now)) == 0) return {in_state(now), inside};
    if constexpr (Level == checking::full)
      if (rule.lane) {
        if (rule.id == start_rule.id) lane_.store(::pthread_self(), std::memory_order_relaxed);
        else if (lane_.load(std::memory_order_relaxed) != ::pthread_self())
          return {"not on the thread of start()", inside};
      }
    return {nullptr, inside};
  }

  void reach(stage s) noexcept { stage_.store(s, std::memory_order_relaxed); }

  // True the first time for each rule, so that a host that errs a million times is told once.
  bool first_time(const call_rule& rule) noexcept {
    const unsigned mine = 1u << rule.id;
    return (told_.fetch_or(mine, std::memory_order_relaxed) & mine) == 0;
  }

 private:
  static const char* in_state(stage now) noexcept {
    static constexpr const char* words[] = {"in state created",  "in state configured", "in state running",
                                            "in state draining", "in state stopped",    "after a failure"};
    return words[static_cast<unsigned>(now)];
  }

  std::atomic<stage> stage_{stage::created};
  std::atomic<bool> inside_{false};
  std::atomic<unsigned> told_{0};
  std::atomic<::pthread_t> lane_{};
};

}  // namespace detail
}  // namespace v0
}  // namespace trapline::sdk
