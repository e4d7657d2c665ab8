#include "supervise/exchange.hpp"

#include <chrono>
#include <memory>
#include <string_view>

#include "bus/lane.hpp"
#include "plugin/warm_up.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::supervise {
namespace {

constexpr std::int64_t longest_catch_up = 20'000'000;  // ns that the lane may be held up for the end of a warm-up

// What the lane and the waiting thread share; the lane may come to it when nobody waits any more.
struct work {
  enum : int { waiting, begun, cancelled };
  std::atomic<int> stage{waiting};
  std::atomic<bool> abandoned{false};
  trapline_status drain = TRAPLINE_OK;
  exchange_outcome out;
};

// [lane]
std::string carry(plugin::instance& old, plugin::instance& fresh, bool& without) {
  without = true;
  const trapline_state *from = old.states(), *to = fresh.states();
  if (old.faulted() || !from || !to || std::string_view(from->format) != to->format) return "none";
  if (from->version < to->min_version || from->version > to->version)
    return sdk::cat("not carried over: version ", from->version, "; the new one reads ", to->min_version, " to ",
                    to->version);
  std::string bytes, why;
  old.lane->enter(&old);
  const bool saved = old.save_state(bytes, why);
  old.lane->enter(&fresh);
  const bool loaded = saved && fresh.load_state(from->version, bytes, why);
  old.lane->enter(nullptr);
  without = !loaded;
  if (loaded) return sdk::cat("carried over, ", bytes.size(), " bytes");
  return sdk::cat("not carried over: ", saved ? "the new one refuses it: " : "", why);
}

// [lane]
bool start_fresh(plugin::instance& fresh, std::string& why) {
  bus::lane& lane = *fresh.lane;
  trapline_error error{};
  lane.enter(&fresh, start_limit);
  const bool runs = fresh.start(error);
  lane.enter(nullptr);
  if (!runs) why = sdk::view(error.text);
  return runs;
}

// [lane]
bool let_speak(plugin::instance& fresh, const exchange_terms& terms, exchange_outcome& out, std::string& why) {
  if (fresh.faulted()) {
    why = fresh.reason();
    return false;
  }
  out.warm_events = fresh.warming()->events();
  out.warm_gaps = fresh.warming()->gaps();
  out.unheard = fresh.unheard();
  fresh.go_live(terms.warm);
  return true;
}

// [lane]
void take_over(plugin::instance& old, plugin::instance& fresh, const exchange_terms& terms, bool stop_first, work& w) {
  bus::lane& lane = *old.lane;
  const std::int64_t begin = old.rt().clock.mono();
  if (terms.carry_state) w.out.state = carry(old, fresh, w.out.not_yet);
  else w.out.not_yet = true;
  w.out.not_yet = w.out.not_yet && terms.or_not_yet;
  if (terms.warm) w.out.not_yet = !fresh.warming()->catch_up(begin + longest_catch_up);
  if (w.out.not_yet) return;
  if (stop_first) {
    lane.set_driver_off(old);
    lane.enter(&old, call_limit);
    old.stop();
    lane.enter(nullptr);
    forget(old);
    w.out.old_stopped = true;
  }
  w.out.last_seq = lane.last_seq();
  fresh.set_running_text(
      sdk::cat("in place of ", old.plugin_id(), ", source ", old.id(), ", after event ", w.out.last_seq));
  fresh.set_muted(false);
  fresh.set_predecessor(old);
  const bool runs = terms.warm ? let_speak(fresh, terms, w.out, w.out.why) : start_fresh(fresh, w.out.why);
  if (!runs || w.abandoned) {
    end_unheard(fresh, runs);
    return;
  }
  old.set_muted(true);
  lane.replace(old, fresh);
  if (stop_first) lane.has_left(old);
  if (fresh.driver()) lane.set_driver(&fresh);
  w.out.result = start_result::running;
  w.out.pause = old.rt().clock.mono() - begin;
}

}  // namespace

exchange_outcome exchange(plugin::instance& old, plugin::instance& fresh, const exchange_terms& terms,
                          steady::time_point deadline, const std::atomic<bool>& hurry) {
  const bool stop_first = old.driver() || fresh.driver();
  for (;;) {
    auto w = std::make_shared<work>();
    const bool last = steady::now() >= deadline || hurry;
    const bool in_time = old.lane->call(
        [w, &old, &fresh, terms, stop_first, last] {
          int expected = work::waiting;
          if (!w->stage.compare_exchange_strong(expected, work::begun)) return;
          if (stop_first) {
            old.lane->enter(&old, call_limit);
            w->drain = old.drain();
            old.lane->enter(nullptr);
            if (w->drain == TRAPLINE_E_AGAIN && !last) return;
          }
          take_over(old, fresh, terms, stop_first, *w);
        },
        start_limit);
    if (!in_time) {
      exchange_outcome out;
      int expected = work::waiting;
      out.why = "its lane is busy with something else for " + std::to_string(start_limit / 1'000'000'000) + " s";
      if (w->stage.compare_exchange_strong(expected, work::cancelled)) return out;
      w->abandoned = true;
      out.result = start_result::hangs;
      out.why = "a callback has not returned for " + std::to_string(start_limit / 1'000'000'000) + " s";
      return out;
    }
    if (stop_first && w->drain == TRAPLINE_E_AGAIN && !last) {
      old.rt().pause();
      continue;
    }
    w->out.drained = w->drain != TRAPLINE_E_AGAIN;
    return std::move(w->out);
  }
}

}  // namespace trapline::supervise
