#include "replay/player.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "supervise/lifecycle.hpp"
#include "trapline/abi/system.h"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::replay {

using journal::instance_step;
using journal::phase;

// A place on a lane, known by an instance's name: whoever has the name sits there, one after the other.
struct player::seat {
  seat(runtime& rt, const std::string& n) : name(n), lane(rt, offline::stage::lane_settings(n)) {}
  std::string name;
  bus::lane lane;
  bool another = false;  // see parts
};

// Who sits there.
struct player::actor {
  journal::instance_info info;
  role who;
  seat* place = nullptr;
  parts made_of;
  std::unique_ptr<plugin::instance> instance;
  bool plays = false;  // it has begun and not ended
};

namespace {

constexpr int most_drains = 10'000;

std::string first_difference(std::string_view a, std::string_view b) {
  const auto at = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
  return sdk::cat(a.size(), " bytes recorded, ", b.size(), " in the replay, the first difference at byte ", at);
}

}  // namespace

player::player(journal::reader& from, supplier supply, audience& to, int log_level)
    : from_(from), supply_(std::move(supply)), to_(to), stage_(log_level) {
  intern_names();
  plan();
}

player::~player() {
  for (auto& a : actors_) {
    if (!a.instance) continue;
    offline::stage::enter(a.place->lane);
    a.instance->stop();
    supervise::forget(*a.instance);
    a.place->lane.release(*a.instance);
  }
}

bool player::can_be_replayed(const journal::instance_info& i) noexcept {
  return (i.flags & (TRAPLINE_PLUGIN_SOURCE | TRAPLINE_PLUGIN_SINK)) == 0 && !i.driver && !i.use.empty();
}

// Events carry ids, and so may what an instance remembers: they must mean here what they meant there.
void player::intern_names() {
  const auto wrong = [&](const std::string& what, std::uint32_t id) {
    throw std::runtime_error(sdk::cat("the recording's number ", id, " for ", what,
                                      " is another's in this version of Trapline; replay it with the one that "
                                      "recorded it, ",
                                      from_.about().program));
  };
  for (std::uint32_t n = 1; n <= from_.topic_count(); ++n) {
    std::uint32_t id = 0;
    const std::string name(from_.topic(n));
    if (stage_.rt.names.topic(name, id) != TRAPLINE_OK || id != n) wrong("topic " + name, n);
  }
  for (std::uint32_t n = 1; n <= from_.instrument_count(); ++n) {
    std::uint32_t id = 0;
    const auto* i = from_.instrument(n);
    if (!i || stage_.rt.names.instrument(i->venue, i->symbol, id) != TRAPLINE_OK || id != n)
      wrong(i ? "instrument " + i->venue + "." + i->symbol : "an instrument without a name", n);
  }
}

void player::plan() {
  for (const auto* s : from_.steps()) steps_.push_back(*s);
  for (const auto* i : from_.instances()) {
    const auto begins = [&](const instance_step& s) { return s.id == i->id && s.what == phase::started; };
    if (!can_be_replayed(*i) || std::none_of(steps_.begin(), steps_.end(), begins)) continue;
    auto at = std::find_if(seats_.begin(), seats_.end(), [&](const seat& s) { return s.name == i->name; });
    if (i->id >= by_id_.size()) by_id_.resize(i->id + 1);
    if (at != seats_.end() && at->another) {
      by_id_[i->id] = &*std::find_if(actors_.begin(), actors_.end(), [&](const actor& a) { return a.place == &*at; });
      continue;
    }
    parts p = supply_(*i);
    if (at == seats_.end()) at = seats_.emplace(at, stage_.rt, i->name);
    at->another = p.another;
    const auto& d = p.image->descriptor();
    actors_.push_back({*i, {i->id, i->name, sdk::cat(d.id, " ", d.version)}, &*at, std::move(p), nullptr, false});
    by_id_[i->id] = &actors_.back();
  }
}

std::vector<role> player::roles() const {
  std::vector<role> out;
  for (const auto& a : actors_) out.push_back(a.who);
  return out;
}

// ---------------------------------------------------------------- the events

const trapline_event* player::next() {
  for (;;) {
    switch (from_.next()) {
      case journal::item::event:
        return event_ = &from_.event();
      case journal::item::step:
        act_through(from_.step());
        break;
      case journal::item::command:
        carry_out(from_.command());
        break;
      case journal::item::loss:
        lose(from_.lost());
        break;
      case journal::item::end:
        return event_ = nullptr;
    }
  }
}

void player::hand_out() {
  const trapline_event& e = *event_;
  while (next_step_ < steps_.size() && steps_[next_step_].after_seq < e.seq) act(steps_[next_step_++]);
  stage_.clock.set(e.ts_recv);
  if (e.type == TRAPLINE_EVENT_TIMER && e.space == 0) expire(e);
  else
    for (auto& s : seats_) hand_to(s, e);
  last_seq_ = e.seq;
  ++events_;
  if (const actor* a = of(e.source)) to_.recorded(a->who, e);
}

void player::finish() {
  while (next_step_ < steps_.size()) act(steps_[next_step_++]);
}

void player::hand_to(seat& s, const trapline_event& e) {
  if (s.another) {
    const actor* a = of(e.source);
    if (a && a->place == &s) return;  // what it would have said itself
    run_timers(s, e.ts_recv);
  }
  offline::stage::enter(s.lane);
  s.lane.deliver(&e);
  if (stage_.rt.ring.tail() != taken_) take_outputs();
}

// To its owner, if that has set it.
void player::expire(const trapline_event& e) {
  const auto* t = sdk::payload<trapline_timer_event>(e);
  actor* a = t ? of(t->instance) : nullptr;
  if (!a || !a->plays || a->place->another) return;
  using recorded = time::timers::recorded;
  const auto what = a->place->lane.timers().expired({t->timer_id, t->cookie, t->instance, t->due_ts});
  if (what == recorded::deliver) return hand_to(*a->place, e);
  if (what == recorded::cancelled) return;
  to_.remark(a->who, remark_kind::difference, e.seq,
             sdk::cat("its timer ", t->timer_id & 0xffff'ffff, " (cookie ", t->cookie, ", due ", t->due_ts,
                      ") expired in the recording; the replay has ",
                      what == recorded::never_set ? "not set such a timer" : "set it otherwise"));
}

// For a detector that was not there: the recording has no expiries of its timers.
void player::run_timers(seat& s, std::int64_t until) {
  offline::stage::enter(s.lane);
  const std::int64_t now = stage_.clock.now();
  while (const auto due = s.lane.timers().due(until)) {
    const auto at = std::max(due->due, earliest_timer_);
    earliest_timer_ = at;
    s.lane.timers().taken(due->id, at);
    struct {
      trapline_event head;
      trapline_timer_event timer;
    } x{};
    x.head = sdk::make_event(TRAPLINE_EVENT_TIMER, stage_.rt.topic_timer, 0, at, at);
    x.head.size = sizeof x;
    x.head.seq = last_seq_;
    x.timer = {due->id, due->cookie, due->due, due->instance, 0};
    stage_.clock.set(at);
    s.lane.deliver(&x.head);
    take_outputs();
  }
  earliest_timer_ = std::max(earliest_timer_, now);
  stage_.clock.set(now);
}

// Everything on the stage's bus is from the instances, or said by the host about them, which nobody needs to know.
void player::take_outputs() {
  for (auto& s : seats_)
    if (&s != &seats_.front()) s.lane.take([](const trapline_event&) {});
  seats_.front().lane.take([&](const trapline_event& e) {
    if (const actor* a = of(e.source)) to_.published(a->who, e);
  });
  taken_ = stage_.rt.ring.tail();
  // A fault is told on the bus, so this is the only place to look for one.
  for (auto& a : actors_)
    if (a.plays && a.instance->faulted()) faulted(a);
}

// Only a fault that was not recorded is worth a word. One in a callback was recorded at the event that it was in.
void player::faulted(actor& a) {
  a.plays = false;
  const std::uint64_t seq = this_lane.in_event ? this_lane.cause : last_seq_;
  const auto recorded = std::any_of(steps_.begin(), steps_.end(), [&](const instance_step& s) {
    return s.id == a.info.id && s.what == phase::ended && s.how == "faulted" && s.after_seq == handing_out();
  });
  if (!recorded)
    to_.remark(a.who, remark_kind::difference, seq, "it faults in the replay, and did not here: " + a.instance->reason());
}

// ---------------------------------------------------------------- the instances
