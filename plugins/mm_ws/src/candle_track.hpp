// Which bars of one symbol and interval were published, so that each is said to be closed exactly once.
//
// The venue has no `closed` flag: a bar is final when a row with a later start arrives.
#pragma once

#include <cstdint>
#include <span>

#include "decode_market.hpp"

namespace trapline::mm_ws {

class candle_track {
 public:
  enum class what : std::uint8_t {
    running,  // publish as the running bar
    closed,   // publish as closed
    repeated  // a closed bar that was published as such already
  };
  struct step {
    what row;
    bool closes_previous;  // first publish previous() as closed
  };

  // Takes the rows of a message one by one, in order. `last`: the last row of the message.
  step next(const candle_row& row, bool last) noexcept {
    step s{what::running, false};
    if (row.start <= closed_) {
      s.row = what::repeated;
      return s;
    }
    if (running_ && row.start > previous_.start && previous_.start > closed_) {
      s.closes_previous = true;
      closed_ = previous_.start;
    }
    if (!last) {
      // A later row follows, so this one is final; unless it only repeats the running bar.
      s.row = what::closed;
      closed_ = row.start;
      running_ = false;
      return s;
    }
    previous_ = row;
    running_ = true;
    return s;
  }
  // Back to what it was `before` a message with these rows, which could not be published; but the running bar keeps
  // the newest values, for they may be its last.
  void restore(const candle_track& before, std::span<const candle_row> rows) noexcept {
    *this = before;
    for (const auto& r : rows)
      if (running_ && r.start == previous_.start) previous_ = r;
  }
  // What the running bar ended with will not be told.
  void forget_running() noexcept { running_ = false; }
  // A bar whose last word may be still to come: previous().
  bool has_running() const noexcept { return running_; }
  const candle_row& previous() const noexcept { return previous_; }
  std::int64_t closed_start() const noexcept { return closed_; }

 private:
  candle_row previous_;       // the running bar
  std::int64_t closed_ = -1;  // start of the latest bar that was published as closed
  bool running_ = false;
};

}  // namespace trapline::mm_ws
