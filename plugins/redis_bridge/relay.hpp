// The writing side of a relay: what detectors need, onto one stream per symbol and one per feed, in the order of the
// bus. Off unless `relay.enabled`. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "entries.hpp"
#include "environment.hpp"
#include "relayed.hpp"
#include "settings.hpp"
#include "spool.hpp"
#include "trapline/sdk/book.hpp"

namespace trapline::redis_bridge {

class relay {
 public:
  // `open`: gives the index in the spool of a stream, and makes its name known.
  relay(const settings& s, environment& env, spool& to, std::function<std::uint32_t(const destination&)> open)
      : settings_(s), env_(env), spool_(to), open_(std::move(open)) {}

  // Appends the event if it is market data, a gap in it, or the status of a feed.
  void append(const trapline_event& e);

 private:
  struct stream {
    std::uint32_t log = 0;
    std::string book_topic, instrument_topic;  // empty: of a feed, not of a symbol
    relay_count count;
    sdk::book book;
    std::string instrument;      // bytes of the newest event that describes it; empty: none yet
    std::int64_t state_due = 0;  // ts_recv, UTC ns
  };

  stream* stream_of(const trapline_event& e);
  void write(stream& s, std::string_view type, std::string_view topic, const trapline_event& e);
  void write_state(stream& s, const trapline_event& e);

  const settings& settings_;
  environment& env_;
  spool& spool_;
  std::function<std::uint32_t(const destination&)> open_;
  std::vector<std::unique_ptr<stream>> streams_;
  // Topic id -> index + 1 in streams_, 0 = not looked up yet, none = nowhere.
  static constexpr std::uint32_t none = ~0u;
  std::vector<std::uint32_t> routes_;
  std::vector<std::uint64_t> image_;  // of the book being written
};

}  // namespace trapline::redis_bridge
