// Plays a capture to one client.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "capture.hpp"

namespace trapline::paper_venue {

class replay {
 public:
  static constexpr std::int64_t patience = 5'000'000'000;  // ns after the last subscribe
  static constexpr std::size_t most_buffered = 1u << 20;   // bytes on their way to the client

  // `topics` of the capture must outlive the replay. `speed` 0: as fast as the client takes it. Throws
  // std::runtime_error as capture_reader.
  replay(const std::string& file, double speed, const std::set<std::string>& topics);

  // `mono`: ns of a monotonic clock, in all calls.
  void on_subscribed(const topic_arg& arg, std::int64_t mono);
  void on_unsubscribed(const topic_arg& arg);

  // Hands every frame that is due to `send`, verbatim; stops early when `buffered` tells of too much. True: the
  // capture is at its end.
  bool advance(std::int64_t mono, const std::function<std::size_t()>& buffered,
               const std::function<void(const std::string&)>& send);

 private:
  bool wanted(const std::string& text) const;

  capture_reader reader_;
  double speed_;
  const std::set<std::string>& topics_;
  std::set<std::string> subscribed_;
  std::optional<std::int64_t> last_subscribe_;
  bool playing_ = false, ended_ = false;
  std::int64_t began_ = 0;                // mono
  std::optional<std::int64_t> first_ts_;  // of the capture
  std::optional<capture_frame> next_;
};

}  // namespace trapline::paper_venue
