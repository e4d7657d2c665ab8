#include "facts.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {

void fact_queue::add(std::string key, std::string commands, unsigned count) {
  if (waiting_.size() >= most_) {
    meters_.dropped[static_cast<std::size_t>(family::facts)].add();
    env_.log(TRAPLINE_LOG_WARN, sdk::cat("a write to ", waiting_.front().key, " is given up: ", most_, " others wait"));
    waiting_.pop_front();
  }
  waiting_.push_back({std::move(key), std::move(commands), count});
}

void fact_queue::flush(connection& c, std::int64_t mono) {
  // Refused facts stand in front; those that are due again, and all fresh ones, are sent.
  for (std::size_t i = 0; i < waiting_.size() && c.room();) {
    if (mono < waiting_[i].retry_at) {
      ++i;
      continue;
    }
    c.out() += waiting_[i].commands;
    c.commit({tag::kind::fact});
    for (unsigned n = 1; n < waiting_[i].count; ++n) c.commit({tag::kind::fact});
    flight_.push_back(std::move(waiting_[i]));
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void fact_queue::answered(bool error, std::int64_t retry_at) {
  auto& f = flight_.front();
  answered_key_ = f.key;
  f.refused |= error;
  if (++f.answers < f.count) return;
  if (f.refused) {
    f.answers = 0;
    f.refused = false;
    f.retry_at = retry_at;
    waiting_.push_front(std::move(f));
  }
  flight_.pop_front();
}

void fact_queue::connection_lost() {
  waiting_.insert(waiting_.begin(), std::make_move_iterator(flight_.begin()), std::make_move_iterator(flight_.end()));
  flight_.clear();
  for (auto& f : waiting_) {
    f.answers = 0;
    f.refused = false;
    f.retry_at = 0;
  }
}

bool fact_queue::settled(std::int64_t mono) const {
  return flight_.empty() &&
         std::all_of(waiting_.begin(), waiting_.end(), [&](const fact& f) { return mono < f.retry_at; });
}

}  // namespace trapline::redis_bridge
