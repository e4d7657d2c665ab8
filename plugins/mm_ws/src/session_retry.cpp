// How a session ends a connection, and when it tries the next one.
#include <utility>

#include "log_limiter.hpp"
#include "session.hpp"

namespace trapline::mm_ws {

void session::cut_soon(std::int32_t code, std::string text) {
  if (cut_) return;
  cut_ = true;
  cut_code_ = code;
  cut_text_ = std::move(text);
}

void session::end_connection(std::int32_t code, std::string text) {
  const bool was_open = open_;
  client_.reset();
  open_ = cut_ = false;
  requests_.clear();
  for (auto& a : args_) a.state = arg_state::idle;
  connect_deadline_ = login_deadline_ = login_gate_ = ack_deadline_ = ping_at_ = never;
  hold_.clear();
  if (was_open) owner_.on_lost(*this);
  schedule(code, std::move(text));
}

void session::schedule(std::int32_t code, std::string text) {
  const auto now = out_.mono();
  // Only a connection that lasted starts the row of waiting times anew; one that comes up and breaks at once does not.
  if (steady_since_ != never && now - steady_since_ >= options_.stable_after) {
    retries_ = 0;
    used_at_once_ = false;
  }
  steady_since_ = never;
  const bool at_once = reconnect_at_once_ && !used_at_once_;
  reconnect_at_once_ = false;
  if (spare_) {
    next_attempt_ = never;
    return set_state(TRAPLINE_FEED_BACKOFF, code, std::move(text));
  }
  if (std::exchange(login_refused_here_, false)) {
    next_attempt_ = options_.probe_when_exhausted ? now + options_.probe_interval : never;
    set_state(TRAPLINE_FEED_FAILED, code, text);
    if (!options_.probe_when_exhausted) out_.request_stop("mm_ws: " + text);
  } else if (auth_failures_ >= 2) {
    next_attempt_ = never;
    set_state(TRAPLINE_FEED_FAILED, code, text + "; given up, restart the instance when it is corrected");
    if (!options_.probe_when_exhausted) out_.request_stop("mm_ws: " + text);
  } else if (at_once) {
    used_at_once_ = true;
    next_attempt_ = now;
    set_state(TRAPLINE_FEED_BACKOFF, code, std::move(text));
  } else if (retries_ < options_.max_attempts) {
    const auto wait = backoff_.delay(retries_++);
    next_attempt_ = now + wait;
    set_state(TRAPLINE_FEED_BACKOFF, code,
              text + "; attempt " + std::to_string(retries_) + " of " + std::to_string(options_.max_attempts) + " in " +
                  seconds(wait));
  } else if (options_.probe_when_exhausted) {
    next_attempt_ = now + options_.probe_interval;
    set_state(TRAPLINE_FEED_FAILED, code,
              text + "; all attempts used, next try in " + seconds(options_.probe_interval));
  } else {
    next_attempt_ = never;
    set_state(TRAPLINE_FEED_FAILED, code, text + "; all attempts used, stopping the engine");
    out_.request_stop("mm_ws: no connection: " + text);
  }
}

}  // namespace trapline::mm_ws
