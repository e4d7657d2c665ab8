#include "replay/player.hpp"

#include <algorithm>
#include <span>
#include <stdexcept>
#include <utility>

#include "bus/host_events.hpp"
#include "plugin/warm_up.hpp"
#include "supervise/lifecycle.hpp"
#include "trapline/abi/system.h"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/host.hpp"
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
  // Of the lane of whoever sits there: what it did not get, from the next one on.
  std::span<const journal::lane_loss> lapses{};
};

// Who sits there.
struct player::actor {
  journal::instance_info info;
  role who;
  seat* place = nullptr;
  parts made_of;
  std::unique_ptr<plugin::instance> instance = nullptr;
  bool plays = false;       // it has begun and not ended
  bool fault_told = false;  // of this life
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
    if (!a->instance) continue;
    offline::stage::enter(a->place->lane);
    a->instance->stop();
    supervise::forget(*a->instance);
    let_go(*a);
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
  for (const auto& l : from_.lane_losses()) lapses_[l.lane].push_back(l);
  for (const auto* i : from_.instances()) {
    const auto begins = [&](const instance_step& s) { return s.id == i->id && s.what == phase::started; };
    if (!can_be_replayed(*i) || std::none_of(steps_.begin(), steps_.end(), begins)) continue;
    const auto at = std::find_if(seats_.begin(), seats_.end(), [&](const auto& s) { return s->name == i->name; });
    if (i->id >= by_id_.size()) by_id_.resize(i->id + 1);
    seat* place = at == seats_.end() ? nullptr : at->get();
    if (place && place->another) {
      by_id_[i->id] =
          std::find_if(actors_.begin(), actors_.end(), [&](const auto& a) { return a->place == place; })->get();
      continue;
    }
    parts p = supply_(*i);
    if (!place) place = seats_.emplace_back(std::make_unique<seat>(stage_.rt, i->name)).get();
    place->another = p.another;
    const auto& d = p.image->descriptor();
    role who{i->id, i->name, sdk::cat(d.id, " ", d.version)};
    actors_.push_back(std::make_unique<actor>(actor{*i, std::move(who), place, std::move(p)}));
    by_id_[i->id] = actors_.back().get();
  }
}

std::vector<role> player::roles() const {
  std::vector<role> out;
  for (const auto& a : actors_) out.push_back(a->who);
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
  seq_ = e.seq;
  for (auto& s : seats_)
    if (s->another) run_timers(*s, e.ts_recv);
  stage_.clock.set(e.ts_recv);
  for (auto& s : seats_)
    if (!s->lapses.empty()) [[unlikely]]
      lapse(*s, e);
  if (e.type == TRAPLINE_EVENT_TIMER && e.space == 0) expire(e);
  else
    for (auto& s : seats_) hand_to(*s, e);
  ++events_;
  if (const actor* a = of(e.source)) to_.recorded(a->who, e);
}

void player::finish() {
  while (next_step_ < steps_.size()) act(steps_[next_step_++]);
}

void player::hand_to(seat& s, const trapline_event& e) {
  if (const actor* a = s.another ? of(e.source) : nullptr; a && a->place == &s) return;  // as if it had said it itself
  if (!s.lapses.empty() && e.seq >= s.lapses.front().from_seq) return;                   // its lane was lapped
  offline::stage::enter(s.lane);
  s.lane.deliver(&e);
  if (stage_.rt.ring.tail() != taken_) take_outputs();
}

// Tells of what its lane was lapped by before `e`.
void player::lapse(seat& s, const trapline_event& e) {
  while (!s.lapses.empty() && s.lapses.front().to_seq < e.seq) {
    const auto& l = s.lapses.front();
    s.lapses = s.lapses.subspan(1);
    if (l.conflated) {
      for (const auto& a : actors_)
        if (a->plays && a->place == &s)
          to_.lost_track(a->who, l.to_seq, "its lane conflated events, and it is not recorded which");
      continue;
    }
    offline::stage::enter(s.lane);
    s.lane.tell_loss({l.events, l.from_seq, l.to_seq}, &e);
    take_outputs();
  }
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
  while (const auto due = s.lane.timers().due(until)) {
    stage_.clock.advance(due->due);
    const std::int64_t at = stage_.clock.now();
    s.lane.timers().taken(due->id, at);
    const auto x = bus::make_expiry(*due, stage_.rt.topic_timer, seq_, at);
    s.lane.deliver(&x.head);
    take_outputs();
  }
}

// Everything on the stage's bus is from the instances, or said by the host about them, which nobody needs to know.
void player::take_outputs() {
  for (auto& s : seats_)
    if (s != seats_.front()) s->lane.take([](const trapline_event&) {});
  seats_.front()->lane.take([&](const trapline_event& e) {
    if (const actor* a = of(e.source)) to_.published(a->who, e);
  });
  taken_ = stage_.rt.ring.tail();
  // A fault is told on the bus, so this is the only place to look for one.
  for (auto& a : actors_)
    if (a->plays && !a->fault_told && a->instance->faulted()) {
      a->fault_told = true;
      tell_fault(*a);
    }
}

// Only a fault that was not recorded is worth a word. One in a callback was recorded at the event that it was in.
void player::tell_fault(const actor& a) {
  const bool as_recorded = std::any_of(steps_.begin(), steps_.end(), [&](const instance_step& s) {
    return s.id == a.info.id && s.what == phase::ended && s.how == "faulted" && s.after_seq == seq_;
  });
  if (!as_recorded)
    to_.remark(a.who, remark_kind::difference, seq_,
               "it faults in the replay, and did not when it was recorded: " + a.instance->reason());
}

// ---------------------------------------------------------------- the instances

// Through a step that the recording has here; it may have been known, and taken, before.
void player::act_through(const instance_step& s) {
  const auto same = [&](const instance_step& x) { return x.id == s.id && x.life == s.life && x.what == s.what; };
  const auto at = std::find_if(steps_.begin(), steps_.end(), same);
  if (at == steps_.end()) return;  // after the run was opened: of no instance that was known then
  const auto behind = static_cast<std::size_t>(at - steps_.begin()) + 1;
  while (next_step_ < behind) act(steps_[next_step_++]);
}

void player::act(const instance_step& s) {
  actor* a = of(s.id);
  if (!a) return;
  if (a->place->another && (s.id != a->who.id || s.life > 1 || s.what != phase::started)) return;
  stage_.clock.set(s.at);
  offline::stage::enter(a->place->lane);
  switch (s.what) {
    case phase::started:
      if (a->instance) begin_again(*a);
      else begin(*a, s);
      break;
    case phase::draining:
      drain(*a);
      break;
    case phase::ended:
      if (a->instance) end(*a, s);
      break;
  }
  take_outputs();
}

void player::begin(actor& a, const instance_step& s) {
  bus::lane& lane = a.place->lane;
  auto fresh = stage_.make(a.who.id, a.who.name, a.made_of.image, a.made_of.options);
  if (!lane.reserve(*fresh)) throw std::length_error(a.who.name + ": more than 256 of them at once");
  a.instance = std::move(fresh);
  const auto& all = lapses_[a.info.lane];
  const auto next = std::find_if(all.begin(), all.end(), [&](const auto& l) { return l.to_seq > s.after_seq; });
  a.place->lapses = std::span(all).subspan(static_cast<std::size_t>(next - all.begin()));
  if (!a.place->another) take_state(a, s);
  // The first event of a run has number 1, unless the journal leaves it out.
  const auto& about = from_.about();
  if (const auto first = from_.size().first_seq; first > 1 && s.after_seq + 1 < first && about.left_out.empty())
    to_.lost_track(a.who, first, "the recording has lost its beginning, and with it what this instance got first");
  if (s.warm && !a.place->another) warm_up(a, s);
  else offline::stage::start(*a.instance);
  a.plays = true;
  actor* before = s.in_place_of != 0 && !a.place->another ? of(s.in_place_of) : nullptr;
  if (!before || !before->instance || before->place != a.place)
    return lane.attach(*a.instance, bus::lane::max_instances);
  lane.replace(*before->instance, *a.instance);
  if (!before->plays) let_go(*before);
}

void player::begin_again(actor& a) {
  if (a.plays) lay_down(a);
  trapline_error error{};
  if (!a.instance->remake(error))
    throw std::runtime_error(sdk::cat(a.who.name, ": cannot be made anew: ", sdk::view(error.text)));
  offline::stage::start(*a.instance);
  a.plays = true;
  a.fault_told = false;
}

// What it got when it was recorded; and its predecessor, if it is replayed, is asked whether it would give the same.
void player::take_state(actor& a, const instance_step& s) {
  if (!s.state) return;
  const auto differs = [&](const std::string& what) { to_.remark(a.who, remark_kind::difference, s.after_seq, what); };
  actor* before = of(s.in_place_of);
  std::string saved, why;
  const bool asked = before && before->plays && before->instance->states();
  const bool given = asked && before->instance->save_state(saved, why);
  if (asked && !given) differs("its predecessor gives no state: " + why);
  if (given && !s.state->withheld && saved != s.state->bytes)
    differs("the state that its predecessor gives it: " + first_difference(s.state->bytes, saved));
  if (s.state->withheld && !given)
    return to_.lost_track(a.who, s.after_seq, "what it began with held a secret and is not in the recording");
  if (!a.instance->states()) return differs("it takes no state; the recorded one did");
  if (!a.instance->load_state(s.state->version, s.state->withheld ? saved : s.state->bytes, why))
    differs("it refuses the recorded state: " + why);
}

// What it was given before it was heard, from the same journal: see supervise/warming.cpp, which does it on an engine.
void player::warm_up(actor& a, const instance_step& s) {
  const auto& span = *s.warm;
  std::string why;
  const auto from = from_.again(why);
  if (!from) throw std::runtime_error(why);
  if (const auto first = from->size().first_seq; first > span.from_seq && from->about().left_out.empty())
    to_.lost_track(a.who, s.after_seq, "it was warmed up with events that the recording does not hold any more");
  stage_.clock.set(span.began);
  auto& w = a.instance->begin_warm_up(span.began);
  trapline_error error{};
  if (!w.start(error))
    throw std::runtime_error(sdk::cat(a.who.name, ": does not start to be warmed up: ", sdk::view(error.text)));

  std::vector<journal::lane_loss> lapses;
  for (const auto& l : lapses_[a.info.lane])
    if (l.from_seq > span.joined_seq && l.to_seq <= s.after_seq) lapses.push_back(l);
  if (std::any_of(lapses.begin(), lapses.end(), [](const auto& l) { return l.conflated; }))
    to_.lost_track(a.who, s.after_seq,
                   "its lane conflated events while it was warmed up, and it is not recorded which");
  std::vector<bus::loss> lost;
  std::size_t next = 0;
  from->seek_seq(span.from_seq);
  for (journal::item what; (what = from->next()) != journal::item::end;) {
    if (what == journal::item::loss)
      lost.push_back({0, from->lost().from_seq, std::max(from->lost().from_seq, from->lost().to_seq)});
    if (what != journal::item::event) continue;
    const trapline_event& e = from->event();
    if (e.seq > s.after_seq) break;
    if (next < lapses.size() && e.seq >= lapses[next].from_seq && e.seq <= lapses[next].to_seq) continue;
    for (; next < lapses.size() && lapses[next].to_seq < e.seq; ++next)
      lost.push_back({lapses[next].events, lapses[next].from_seq, lapses[next].to_seq});
    stage_.clock.set(e.ts_recv);
    for (const auto& l : std::exchange(lost, {})) w.feed(bus::make_gap(l, e.ts_recv).head);
    const auto* by = from->instance(e.source);
    if (!by || by->name != a.who.name) w.feed(e);
  }
  stage_.clock.set(s.at);
  a.instance->go_live(nullptr);
}

void player::drain(actor& a) {
  if (!a.plays) return;
  for (int n = 0; n < most_drains && a.instance->drain() == TRAPLINE_E_AGAIN; ++n) take_outputs();
}

void player::end(actor& a, const instance_step& s) {
  if (!a.plays) return;
  if (s.how == "faulted" && !a.instance->faulted())
    to_.remark(a.who, remark_kind::note, s.after_seq,
               "it faulted here when it was recorded, and does not in the replay: a callback that took too long, or a "
               "fault outside callbacks, does not come again");
  lay_down(a);
  if (s.how == "faulted") return;  // it may be made anew, or another may take its place
  a.place->lane.detach(*a.instance);
  let_go(a);
}

void player::let_go(actor& a) {
  a.place->lane.has_left(*a.instance);
  a.place->lane.release(*a.instance);
  a.instance.reset();
}

void player::lay_down(actor& a) {
  a.instance->stop();
  supervise::forget(*a.instance);
  a.plays = false;
}

void player::carry_out(const journal::command_step& c) {
  actor* a = of(c.id);
  if (!a || !a->plays || a->place->another) return;
  if (c.withheld)
    return to_.lost_track(a->who, c.after_seq,
                          "the arguments of its command " + c.name + " may hold a secret and are not in the recording");
  stage_.clock.set(c.at);
  offline::stage::enter(a->place->lane);
  std::string answer;
  const auto status = a->instance->command(c.name, c.args, answer);
  take_outputs();
  if (status != c.status)
    to_.remark(a->who, remark_kind::difference, c.after_seq,
               sdk::cat("its command ", c.name, " ended with status ", c.status, " in the recording, with ", status,
                        " in the replay", status == TRAPLINE_OK ? "" : ": ", status == TRAPLINE_OK ? "" : answer));
}

// From where events are missing, none of those that are there gets what it got.
void player::lose(const journal::loss& l) {
  for (const auto& a : actors_)
    if (a->plays) to_.lost_track(a->who, l.from_seq, l.text);
}

}  // namespace trapline::replay
