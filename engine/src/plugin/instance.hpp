// One configured plugin at run time.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "config/options.hpp"
#include "plugin/loader.hpp"
#include "runtime.hpp"
#include "trapline/abi/ext/command.h"
#include "trapline/abi/ext/driver.h"
#include "trapline/abi/ext/state.h"
#include "trapline/abi/plugin.h"
#include "trapline/abi/svc/control.h"
#include "trapline/abi/system.h"

namespace trapline::bus {
class lane;
}
namespace trapline::journal {
struct carried_state;
struct instance_step;
struct warmth;
}  // namespace trapline::journal

namespace trapline::time {
class timers;
}

namespace trapline::plugin {

struct subscription {
  std::string pattern;
  std::uint64_t type_mask = 0;
};

class warm_up;

class instance {
 public:
  // `id`: from 1; the `source` of its events.
  instance(runtime& rt, std::uint32_t id, std::string name, std::shared_ptr<const image> img,
           config::checked_options options);
  ~instance();  // destroy()
  instance(const instance&) = delete;
  instance& operator=(const instance&) = delete;

  // [control] create() and configure(). False: `error` says why, with the option's path if there is one.
  bool create(trapline_error& error);
  bool configure(trapline_error& error);
  // [lane]
  bool start(trapline_error& error);
  // The two halves of start(): the plugin's, and what others get to know of it. `warm`: what it has seen already.
  bool begin(trapline_error& error);
  void announce(std::int64_t at, std::shared_ptr<const journal::warmth> warm);
  trapline_status drain();
  void stop();
  void on_event(const trapline_event* e) noexcept { hand_to(receiver_, e); }
  void on_recorded_event(const trapline_event* e) noexcept { hand_to(plugin_, e); }  // by its warm_up
  void poll(std::int64_t max_wait) noexcept;
  // Carries out a command of trapline.command/1. TRAPLINE_OK: `answer` is its JSON; else a text for people.
  trapline_status command(std::string_view name, std::string_view args, std::string& answer);
  // trapline.state/1. False: `why` not.
  bool save_state(std::string& bytes, std::string& why);
  bool load_state(std::uint32_t version, std::string_view bytes, std::string& why);
  // Hands the answer to a request of trapline.control/1 over, if it still runs.
  void answer(trapline_control_answer to, void* context, trapline_status status, std::string_view text) noexcept;

  // After a fault, with nothing on the lane that calls it any more: destroys what is there, then create() and
  // configure() as at first. [control]
  bool remake(trapline_error& error);

  // Something went wrong in this instance: log, count, act on its policy. Any thread.
  void fault(trapline_status code, std::string_view text) noexcept;
  // It broke a rule of the contract in a way that hurts nobody yet: log (the first, second, fourth, eighth ... time),
  // count. Any thread.
  void misuse(std::string_view text) noexcept;
  // A callback took longer than its budget: log, count; the third within a minute is a fault. One thread, the watchdog.
  void over_budget(std::int64_t took, std::int64_t mono) noexcept;
  // No restart helps: it stays quarantined. [control]
  void give_up(std::string_view text) noexcept;
  // What a callback took, ns. Sampled. [lane]
  void record_callback(std::int64_t took) noexcept;

  void set_health(std::uint32_t state, std::int32_t code, std::string_view text);
  std::uint32_t health() const noexcept { return health_.load(std::memory_order_relaxed); }
  std::string reason() const;  // why it is not well: of the last fault, else of its health; redacted

  std::uint32_t id() const noexcept { return id_; }
  const std::string& name() const noexcept { return name_; }
  std::uint32_t flags() const noexcept { return image_->descriptor().flags; }
  std::string_view plugin_id() const noexcept { return image_->descriptor().id; }
  const config::checked_options& options() const noexcept { return options_; }
  runtime& rt() noexcept { return rt_; }
  // Faulted: nothing calls it any more, but stop() and destroy().
  bool faulted() const noexcept { return faulted_.load(std::memory_order_relaxed); }
  // May be called with events.
  bool receives() const noexcept { return receives_.load(std::memory_order_relaxed); }
  // Who hears what it publishes. `unheard`: nobody, while it is warmed up. `ended`: it has been stopped for good, and
  // what it still says is a leftover thread's.
  enum class voice : std::uint8_t { heard, unheard, ended };
  voice says() const noexcept { return voice_.load(std::memory_order_relaxed); }
  bool ended() const noexcept { return says() == voice::ended; }

  // It is to be given recorded events before it takes another's place. Once, before it starts; until go_live() or the
  // end of the instance. [lane], or nobody else knows of it yet
  warm_up& begin_warm_up(std::int64_t began);
  warm_up* warming() noexcept { return warm_up_.get(); }
  // What it said and asked for in vain meanwhile. Any thread.
  void count_unheard() noexcept { unheard_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t unheard() const noexcept { return unheard_.load(std::memory_order_relaxed); }
  // It has seen all that there was and is heard from now on. [lane]
  void go_live(std::shared_ptr<const journal::warmth> warm);
  // Its lane's events go to `to` instead; nullptr: nowhere. [lane], while it is warmed up
  void divert(const trapline_plugin* to) noexcept;
  time::timers& timers() noexcept;  // those that it sets. [lane]
  // Of the events of a topic of this name that it has subscribed to. [lane]
  std::uint64_t mask_of(std::string_view topic) const noexcept;
  bool in_create() const noexcept { return in_create_; }
  const trapline_driver* driver() const noexcept { return driver_; }
  const trapline_command* commands() const noexcept { return commands_; }  // or nullptr
  const trapline_state* states() const noexcept { return states_; }        // or nullptr
  const trapline_plugin* table() const noexcept { return plugin_; }
  std::uint32_t state() const noexcept { return state_.load(std::memory_order_relaxed); }
  const std::shared_ptr<const image>& img() const noexcept { return image_; }

  // [control]; read on any thread.
  void supervise(const config::supervision& s) noexcept {
    on_fault_.store(s.on_fault, std::memory_order_relaxed);
    budget_.store(s.budget, std::memory_order_relaxed);
  }
  std::int64_t budget() const noexcept { return budget_.load(std::memory_order_relaxed); }  // ns
  // In its watch window after a swap: a fault quarantines it, whatever its policy, for the one before it takes over
  // again. [control]
  void set_on_trial(bool yes) noexcept { on_trial_.store(yes, std::memory_order_relaxed); }
  // Its states are not published: it is about to take another's place, or has been replaced, and the name is that of
  // the one that runs. Any thread.
  void set_muted(bool yes) noexcept { muted_.store(yes, std::memory_order_relaxed); }
  // Of the instance whose place it is about to take.
  void set_predecessor(const instance& old) { predecessor_ = &old; }
  // Published, with the state, in the next event that tells that it runs.
  void set_running_text(std::string text) { running_text_ = std::move(text); }
  bus::lane* lane = nullptr;
  std::uint32_t place = 0;  // in its lane's list, from 1
  // Rises each time that it is made: what was asked in an earlier life is not answered. Any thread.
  std::uint32_t life() const noexcept { return life_.load(std::memory_order_relaxed); }
  bus::source_counter numbers;  // of its events
  // Whether the address lies in the plugin's code. Async-signal-safe.
  bool has_code(const void* address) const noexcept { return image_->has_code(address); }
  const std::string& sha256() const noexcept { return image_->sha256(); }

 private:
  void hand_to(const trapline_plugin* p, const trapline_event* e) noexcept {
    try {
      p->on_events(p, &e, 1);
    } catch (...) {
      fault_of_exception("on_events");
    }
  }
  void destroy() noexcept;
  void fault_of_exception(std::string_view where) noexcept;  // in a catch block
  void set_reason(std::string_view text) noexcept;
  void tell_health(std::string_view text);
  void count(const char* metric) noexcept;
  bool faulted_meanwhile(trapline_error& error) const;
  bool find_extensions(trapline_error& error);
  void tell_journal(journal::instance_step s) noexcept;
  std::string reason_with_name(std::string_view text) const noexcept;
  // Changes the state, unless it has faulted, and tells the bus.
  void enter(std::uint32_t state) noexcept;
  void tell(std::uint32_t state, trapline_status code, std::string_view text) noexcept;

  // What a lane reads for every event stands together, first.
  std::uint32_t id_;
  std::atomic<bool> receives_{false};  // state allows it, and no fault
  std::atomic<bool> faulted_{false};
  const trapline_plugin* receiver_ = nullptr;  // of events: the plugin, or who keeps them for it

  const trapline_plugin* plugin_ = nullptr;
  runtime& rt_;
  std::string name_;
  std::shared_ptr<const image> image_;
  config::checked_options options_;
  trapline_host host_{};
  const trapline_driver* driver_ = nullptr;
  const trapline_command* commands_ = nullptr;
  const trapline_state* states_ = nullptr;
  std::atomic<config::fault_policy> on_fault_{config::fault_policy::quarantine};
  std::atomic<std::int64_t> budget_{config::supervision{}.budget};
  std::atomic<bool> on_trial_{false}, muted_{false};
  std::string running_text_;
  const instance* predecessor_ = nullptr;                  // until it runs
  std::shared_ptr<const journal::carried_state> carried_;  // by load_state(), until it runs
  std::atomic<std::uint32_t> life_{0};
  std::atomic<std::uint32_t> state_{0};
  mutable std::mutex state_mutex_;  // a fault on another thread against the lane's own changes of state
  std::atomic<voice> voice_{voice::heard};
  std::atomic<std::uint64_t> unheard_{0};
  std::unique_ptr<warm_up> warm_up_;
  bool in_create_ = false;  // of the thread that makes it
  bool begun_ = false;      // start() succeeded, stop() has not been called; of the lane's thread
  std::atomic<std::uint32_t> health_{0};
  std::atomic<std::int32_t> health_code_{0};
  std::atomic<std::uint64_t> misuses_{0};
  std::int64_t overruns_[2] = {-1, -1};  // when the last two were, mono ns; of the watchdog
  obs::histogram* callback_seconds_ = nullptr;
  mutable std::mutex reason_mutex_;
  std::string reason_;

 public:                                    // last, for what a lane reads for every event to stand together
  std::vector<subscription> subscriptions;  // of the lane's thread
  std::atomic<int> requests{0};             // of trapline.control/1 that are under way
};

}  // namespace trapline::plugin
