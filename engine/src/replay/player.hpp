// A recorded run again: the recorded events, in recorded order, to the instances that got them, on the calling thread
// and a clock that says what theirs said.
//
// What instances publish is told and goes nowhere: each gets what it got when it was recorded, outputs of the others
// included, so that what one does differently does not spread to the rest. Sources, sinks and what drives a lane are
// not made: their events are the input.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/options.hpp"
#include "journal/reader.hpp"
#include "offline/stage.hpp"
#include "replay/audience.hpp"

namespace trapline::replay {

class player {
 public:
  // What an instance is made of.
  struct parts {
    std::shared_ptr<const plugin::image> image;
    config::checked_options options;
    // Another detector than the recorded one: it takes the place of all instances of the name at the first's start and
    // keeps it to the end of the last, whatever happened between; its timers are due by the events' time.
    bool another = false;
  };
  // Throws std::runtime_error if there are none.
  using supplier = std::function<parts(const journal::instance_info&)>;

  // Nothing of `from` has been read yet. What `supply` throws comes through.
  // Throws std::runtime_error if names of the run cannot be had, with what to do.
  player(journal::reader& from, supplier supply, audience& to, int log_level = TRAPLINE_LOG_WARN);
  ~player();
  player(const player&) = delete;
  player& operator=(const player&) = delete;

  static bool can_be_replayed(const journal::instance_info& i) noexcept;
  std::vector<role> roles() const;  // empty: the run has nobody to replay

  // The next recorded event. nullptr: there is none, and finish() is to be called. Valid until the next call.
  const trapline_event* next();
  // Hands it out, and tells what comes of it. Throws std::runtime_error if an instance that was there cannot be made.
  void hand_out();
  // What happened after the last event.
  void finish();

  std::uint64_t events() const noexcept { return events_; }
  std::string_view symbol(std::uint32_t instrument) const noexcept {
    return stage_.rt.names.instrument_name(instrument).second;
  }
  std::string_view topic(std::uint32_t id) const noexcept { return stage_.rt.names.topic_name(id); }

 private:
  struct seat;
  struct actor;
  void intern_names();
  void plan();
  void hand_to(seat& s, const trapline_event& e);
  void lapse(seat& s, const trapline_event& e);
  void expire(const trapline_event& e);
  void run_timers(seat& s, std::int64_t until);
  void take_outputs();
  void tell_fault(const actor& a);
  void act_through(const journal::instance_step& s);
  void act(const journal::instance_step& s);
  void begin(actor& a, const journal::instance_step& s);
  void begin_again(actor& a);
  void take_state(actor& a, const journal::instance_step& s);
  void warm_up(actor& a, const journal::instance_step& s);
  void drain(actor& a);
  void end(actor& a, const journal::instance_step& s);
  void lay_down(actor& a);
  void let_go(actor& a);
  void carry_out(const journal::command_step& c);
  void lose(const journal::loss& l);
  actor* of(std::uint32_t source) noexcept { return source < by_id_.size() ? by_id_[source] : nullptr; }

  journal::reader& from_;
  supplier supply_;
  audience& to_;
  offline::stage stage_;
  std::vector<std::unique_ptr<seat>> seats_;
  std::vector<std::unique_ptr<actor>> actors_;
  std::vector<actor*> by_id_;  // by source
  std::vector<journal::instance_step> steps_;
  std::map<std::string, std::vector<journal::lane_loss>> lapses_;  // by lane
  std::size_t next_step_ = 0;
  const trapline_event* event_ = nullptr;
  std::uint64_t events_ = 0;
  std::uint64_t seq_ = 0;    // of what was handed out last
  std::uint64_t taken_ = 0;  // of the stage's bus
};

}  // namespace trapline::replay
