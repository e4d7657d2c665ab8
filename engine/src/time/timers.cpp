#include "time/timers.hpp"

namespace trapline::time {

trapline_status timers::set(std::uint32_t instance, std::int64_t at, std::int64_t period, std::uint64_t cookie,
                            std::uint64_t& id) {
  if (period < 0) return TRAPLINE_E_INVALID;
  if (per_instance_[instance] >= max_per_instance) return TRAPLINE_E_LIMIT;
  ++per_instance_[instance];
  id = ++last_id_;
  entries_[id] = {instance, at, period, cookie, false};
  queue_.emplace(at, id);
  return TRAPLINE_OK;
}

trapline_status timers::cancel(std::uint32_t instance, std::uint64_t id) {
  const auto it = entries_.find(id);
  if (it == entries_.end() || it->second.instance != instance) return TRAPLINE_E_NOT_FOUND;
  queue_.erase({it->second.due, id});
  entries_.erase(it);
  --per_instance_[instance];
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
  per_instance_.erase(instance);
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
    --per_instance_[it->second.instance];
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

}  // namespace trapline::time
