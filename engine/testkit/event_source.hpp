// Legal market and account events for whatever a plugin has subscribed to: made at random from a seed, the same for the
// same seed and subscriptions. Prices walk, books are consistent and never crossed, sequence numbers join, lists are
// complete.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "trapline/abi/event.h"
#include "trapline/abi/market.h"
#include "trapline/testkit/fake_host.hpp"

namespace trapline::testkit {

// xorshift64*: small, and the same everywhere.
class random_numbers {
 public:
  explicit random_numbers(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 0x1234567u) {}
  std::uint64_t next() noexcept {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1du;
  }
  // low..high, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) noexcept {
    return low + static_cast<std::int64_t>(next() % (static_cast<std::uint64_t>(high - low) + 1));
  }
  bool one_in(unsigned n) noexcept { return next() % n == 0; }

 private:
  std::uint64_t state_;
};

class event_source {
 public:
  // Looks at what the instance on `host` has subscribed to; call after its start().
  event_source(fake_host& host, std::uint64_t seed);

  // False: the instance has subscribed to no core event that comes from outside.
  bool any() const noexcept { return !channels_.empty(); }

  // The next event; valid until the call after it.
  const trapline_event& next();

  // One event of each topic and type that the instance wants, books as snapshots.
  std::size_t channel_count() const noexcept { return channels_.size(); }
  const trapline_event& event_of(std::size_t channel);

  // For events of one's own making: next time and sequence number.
  void stamp(trapline_event& e);

 private:
  struct market {
    std::uint32_t instrument = 0;
    std::int64_t mid = 6'000'000;  // in ticks
    std::uint64_t book_seq = 0;
    std::int64_t candle_start = 0, candle_open = 0, candle_high = 0, candle_low = 0, candle_volume = 0;
    bool has_book = false;
    bool snapshots = false;  // of its book are wanted
  };
  struct channel {
    std::uint32_t topic = 0;
    std::uint16_t type = 0;
    std::size_t market = 0;
  };

  trapline_event& begin(const channel& c);
  template <class Payload>
  Payload& put(trapline_event& e, std::size_t elements_bytes = 0);
  void fill(trapline_event& e, const channel& c);
  void trade(trapline_event& e, market& m);
  void snapshot(trapline_event& e, market& m);
  void delta(trapline_event& e, market& m);
  void ticker(trapline_event& e, market& m);
  void candle(trapline_event& e, market& m);
  void status(trapline_event& e);
  void signal(trapline_event& e, market& m);
  void matrix(trapline_event& e, market& m);
  void account(trapline_event& e, market& m);
  void system(trapline_event& e, market& m);

  random_numbers random_;
  std::vector<market> markets_;
  std::vector<channel> channels_;
  std::vector<std::byte> buffer_;
  std::int64_t time_;
  std::uint64_t seq_ = 0, trade_id_ = 0;
};

// Topic names that match a pattern, one or more: `md.trade.*.>` -> `md.trade.bitget.BTCUSDT`, ...
std::vector<std::string> topics_for(const std::string& pattern);

}  // namespace trapline::testkit
