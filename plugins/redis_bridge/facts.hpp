// Writes that do no harm when they are made twice (HSET, SADD, a script that knows that it ran): kept until Redis has
// taken them.
//
// Bounded: the oldest fact gives way, and is counted under family `facts`. A fact that Redis refuses is tried again
// later and does not hold up those behind it. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "connection.hpp"

namespace trapline::redis_bridge {

class fact_queue {
 public:
  fact_queue(std::size_t most, environment& env, meters& m) : most_(most), env_(env), meters_(m) {}

  // `commands`: `count` encoded commands (1 or more), all about `key`.
  void add(std::string key, std::string commands, unsigned count);
  void flush(connection& c, std::int64_t mono);
  // An answer to the oldest command in flight. `retry_at`: mono.
  void answered(bool error, std::int64_t retry_at);
  // Key that the next answer is about. Something must be in flight.
  const std::string& key_in_turn() const { return flight_.front().key; }
  void connection_lost();
  // Key that the latest answer was about.
  const std::string& answered_key() const { return answered_key_; }
  // Nothing waits but what was refused.
  bool settled(std::int64_t mono) const;
  std::size_t waiting() const { return waiting_.size() + flight_.size(); }

 private:
  struct fact {
    std::string key, commands;
    unsigned count;
    unsigned answers = 0;
    bool refused = false;
    std::int64_t retry_at = 0;  // mono
  };
  std::deque<fact> waiting_, flight_;
  std::string answered_key_;
  std::size_t most_;
  environment& env_;
  meters& meters_;
};

}  // namespace trapline::redis_bridge
