#include "plugin/warm_up.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "bus/host_events.hpp"
#include "bus/lane.hpp"
#include "plugin/instance.hpp"
#include "runtime.hpp"

namespace trapline::plugin {
namespace {

// For the callbacks of one who is not where its lane is: its time and its place are those of what it is called with.
class as_of {
 public:
  as_of(std::uint64_t seq, std::int64_t now) noexcept : before_(this_lane) {
    this_lane.in_event = true;
    this_lane.cause = seq;
    this_lane.now = now;
  }
  ~as_of() { this_lane = before_; }
  as_of(const as_of&) = delete;
  as_of& operator=(const as_of&) = delete;

 private:
  lane_context before_;
};

// What is on the bus has a topic.
bool is_gap_of_lane(const trapline_event& e) { return e.type == TRAPLINE_EVENT_GAP && e.space == 0 && e.topic == 0; }

const trapline_event& event_at(const std::vector<std::uint64_t>& words, std::size_t at) {
  return *reinterpret_cast<const trapline_event*>(words.data() + at);
}

}  // namespace

warm_up::warm_up(instance& who, std::int64_t began) : who_(who), now_(began) {
  aside_.struct_size = sizeof aside_;
  aside_.plugin_data = this;
  aside_.on_events = [](const trapline_plugin* p, const trapline_event* const* events, std::uint32_t count) {
    for (std::uint32_t n = 0; n < count; ++n) static_cast<warm_up*>(p->plugin_data)->put_aside(*events[n]);
  };
}

warm_up::~warm_up() = default;

bool warm_up::start(trapline_error& error) {
  const as_of then(0, now_);
  return who_.begin(error);
}

void warm_up::feed(const trapline_event& e) {
  if (e.type == TRAPLINE_EVENT_TIMER && e.space == 0) return;  // of others
  if (is_gap_of_lane(e) || wants(e)) hand_over(e);
}

bool warm_up::wants(const trapline_event& e) {
  if (routes_for_ != who_.subscriptions.size()) {
    routes_.clear();
    routes_for_ = who_.subscriptions.size();
  }
  if (e.topic >= routes_.size()) routes_.resize(std::max<std::size_t>(e.topic + 1, who_.rt().names.topic_count() + 1));
  route& r = routes_[e.topic];
  if (!r.known) r = {true, who_.mask_of(who_.rt().names.topic_name(e.topic))};
  const std::uint64_t bit = e.space == 0 && e.type < 64 ? TRAPLINE_TYPE_BIT(e.type) : TRAPLINE_TYPE_ALL;
  return (r.type_mask & bit) != 0 && e.source != who_.id();
}

void warm_up::hand_over(const trapline_event& e) {
  run_timers(e.ts_recv);
  now_ = e.ts_recv;
  seq_ = e.seq;
  ++(is_gap_of_lane(e) ? gaps_ : events_);
  call(e);
}

// As if by its lane, for the watchdog and for crash records.
void warm_up::call(const trapline_event& e) {
  if (who_.faulted()) return;
  const as_of then(e.seq, e.ts_recv);
  who_.lane->enter(&who_);
  who_.on_recorded_event(&e);
}

// One that sets itself anew for a time that has passed goes on at the next event.
void warm_up::run_timers(std::int64_t until) {
  for (std::size_t n = 0; n < time::timers::max_per_instance; ++n) {
    const auto due = timers_.due(until);
    if (!due) return;
    now_ = std::max(now_, due->due);
    timers_.taken(due->id, now_);
    if (!timers_.delivered(due->id)) continue;
    const auto x = bus::make_expiry(*due, who_.rt().topic_timer, seq_, now_);
    call(x.head);
  }
}

// ---------------------------------------------------------------- the lane's events

std::uint64_t warm_up::wait_on_lane(const instance& predecessor) {
  predecessor_ = predecessor.id();
  on_lane_ = true;
  who_.lane->attach(who_, bus::lane::max_instances);
  who_.divert(&aside_);
  return who_.lane->last_seq();
}

void warm_up::leave_lane() {
  if (!on_lane_) return;
  on_lane_ = false;
  who_.divert(nullptr);
  who_.lane->detach(who_);
}

void warm_up::put_aside(const trapline_event& e) noexcept {
  if (e.source == predecessor_ || overflowed_) return;  // it would have said it itself
  const std::size_t words = (e.size + 7) / 8;
  if ((waiting_.size() - taken_ + words) * 8 > most_waiting) {
    overflowed_ = true;
    return;
  }
  try {
    if (taken_ > waiting_.size() / 2) {
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(taken_));
      taken_ = 0;
    }
    const std::size_t at = waiting_.size();
    waiting_.resize(at + words);
    std::memcpy(waiting_.data() + at, &e, e.size);
  } catch (const std::bad_alloc&) {
    overflowed_ = true;
  }
}

bool warm_up::catch_up(std::int64_t until) {
  while (taken_ < waiting_.size()) {
    const trapline_event& e = event_at(waiting_, taken_);
    hand_over(e);
    taken_ += (e.size + 7) / 8;
    if (taken_ < waiting_.size() && who_.rt().clock.mono() >= until) break;
  }
  who_.lane->enter(nullptr);
  return taken_ == waiting_.size();
}

void warm_up::pass_timers_on() { who_.lane->timers().take_over(timers_, who_.id()); }

}  // namespace trapline::plugin
