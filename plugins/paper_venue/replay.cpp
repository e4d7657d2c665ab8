#include "replay.hpp"

#include <algorithm>

namespace trapline::paper_venue {

replay::replay(const std::string& file, double speed, const std::set<std::string>& topics)
    : reader_(file), speed_(speed), topics_(topics) {}

void replay::on_subscribed(const topic_arg& arg, std::int64_t mono) {
  subscribed_.insert(topic_key(arg));
  last_subscribe_ = mono;
}

void replay::on_unsubscribed(const topic_arg& arg) { subscribed_.erase(topic_key(arg)); }

// Acks of the recorded connection and the like are not data; the venue gives its own.
bool replay::wanted(const std::string& text) const {
  const auto arg = parse_push_arg(text);
  return arg && subscribed_.count(topic_key(*arg)) != 0;
}

bool replay::advance(std::int64_t mono, const std::function<std::size_t()>& buffered,
                     const std::function<void(const std::string&)>& send) {
  if (ended_) return true;
  if (!playing_) {
    const bool complete = std::includes(subscribed_.begin(), subscribed_.end(), topics_.begin(), topics_.end());
    if (!last_subscribe_ || !(complete || mono - *last_subscribe_ >= patience)) return false;
    playing_ = true;
    began_ = mono;
  }
  for (;;) {
    if (!next_) {
      capture_frame f;
      do {
        if (!reader_.next(f)) {
          ended_ = true;
          return true;
        }
      } while (f.sent || !wanted(f.text));
      next_ = std::move(f);
      if (!first_ts_) first_ts_ = next_->ts;
    }
    if (speed_ > 0 && static_cast<double>(next_->ts - *first_ts_) > static_cast<double>(mono - began_) * speed_)
      return false;
    if (buffered() > most_buffered) return false;
    send(next_->text);
    next_.reset();
  }
}

}  // namespace trapline::paper_venue
