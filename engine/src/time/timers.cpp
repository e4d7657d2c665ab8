#include "time/timers.hpp"

namespace trapline::time {

// After four billion timers the numbers begin anew, past those still in use.
std::uint64_t timers::next_id(std::uint32_t instance, owner& o) const {
  std::uint64_t id = 0;
  do id = std::uint64_t{instance} << 32 | ++o.last;
  while (entries_.count(id) != 0);
  return id;
}

trapline_status timers::set(std::uint32_t instance, std::int64_t at, std::int64_t period, std::uint64_t cookie,
                            std::uint64_t& id) {
  if (period < 0) return TRAPLINE_E_INVALID;
  owner& o = owners_[instance];
  if (o.count >= max_per_instance) return TRAPLINE_E_LIMIT;
  ++o.count;
  id = next_id(instance, o);
  entries_[id] = {instance, at, period, cookie, false};
  queue_.emplace(at, id);
  return TRAPLINE_OK;
}

trapline_status timers::cancel(std::uint32_t instance, std::uint64_t id) {
  const auto it = entries_.find(id);
  if (it == entries_.end() || it->second.instance != instance) return TRAPLINE_E_NOT_FOUND;
  queue_.erase({it->second.due, id});
  entries_.erase(it);
  --owners_[instance].count;
  return TRAPLINE_OK;
}

void timers::cancel_all(std::uint32_t instance) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    if (it->second.instance == instance) {
      queue_.erase({it->second.due, it->first});
      it = entries_.erase(it);
    } else {
      ++it;
    }
  }
  if (const auto o = owners_.find(instance); o != owners_.end()) o->second.count = 0;
}

std::optional<timers::expiry> timers::due(std::int64_t now) const {
  if (queue_.empty() || queue_.begin()->first > now) return std::nullopt;
  const auto id = queue_.begin()->second;
  const entry& e = entries_.at(id);
  return expiry{id, e.cookie, e.instance, e.due};
}

void timers::taken(std::uint64_t id, std::int64_t now) {
  entry& e = entries_.at(id);
  queue_.erase({e.due, id});
  if (e.period > 0) {
    // Periods that passed while the lane was busy are skipped.
    e.due += e.period * (1 + (now - e.due) / e.period);
    queue_.emplace(e.due, id);
  } else {
    e.in_flight = true;
  }
}

bool timers::delivered(std::uint64_t id) {
  const auto it = entries_.find(id);
  if (it == entries_.end()) return false;
  if (it->second.period == 0) {
    queue_.erase({it->second.due, id});  // requeue_lost() may have put it there although its event was not lost
    --owners_[it->second.instance].count;
    entries_.erase(it);
  }
  return true;
}

void timers::requeue_lost() {
  for (auto& [id, e] : entries_)
    if (e.in_flight) {
      e.in_flight = false;
      queue_.emplace(e.due, id);
    }
}

void timers::take_over(timers& from, std::uint32_t of) {
  entries_.merge(from.entries_);
  queue_.merge(from.queue_);
  if (const auto o = from.owners_.find(of); o != from.owners_.end()) owners_[of] = o->second;
}

timers::recorded timers::expired(const expiry& x) {
  const auto it = entries_.find(x.id);
  if (it == entries_.end()) {
    const auto o = owners_.find(x.instance);
    const bool given = o != owners_.end() && x.id >> 32 == x.instance && (x.id & 0xffff'ffff) <= o->second.last;
    return given ? recorded::cancelled : recorded::never_set;
  }
  entry& e = it->second;
  const bool at_its_time = e.period == 0 ? x.due == e.due : x.due >= e.due && (x.due - e.due) % e.period == 0;
  if (e.instance != x.instance || e.cookie != x.cookie || !at_its_time) return recorded::differs;
  if (e.period > 0) {
    queue_.erase({e.due, x.id});
    e.due = x.due + e.period;
    queue_.emplace(e.due, x.id);
  }
  return recorded::deliver;
}

}  // namespace trapline::time
