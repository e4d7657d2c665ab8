// State keys: strings of which only the newest value counts, and the one key that dashboards write back into.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "connection.hpp"

namespace trapline::redis_bridge {

// Strings that are overwritten. A value that could not be written waits, and is replaced by a newer one.
class key_store {
 public:
  // ttl: ms, 0 = none.
  std::uint32_t open(std::string name, std::int64_t ttl_ms);
  std::size_t size() const { return keys_.size(); }
  const std::string& name(std::uint32_t index) const { return keys_[index].name; }
  void put(std::uint32_t index, std::string value);
  // From the next put() on.
  void set_ttl(std::uint32_t index, std::int64_t ttl_ms) { keys_[index].ttl_ms = ttl_ms; }
  // The value is no longer true: it is not sent again, and expires.
  void withdraw(std::uint32_t index);
  // Sends what waits. `mono`: now.
  void flush(connection& c, std::int64_t mono);
  // The answer to TYPE: SET would replace what another program keeps there under another type. Returns the other type's
  // name, empty if the key may be written.
  std::string_view type_answered(std::uint32_t index, const reply& r, std::int64_t retry_at);
  void answered(std::uint32_t index, bool error, std::int64_t retry_at);
  void connection_lost();
  // True if every value is with Redis, or was refused.
  bool settled() const;

 private:
  struct key {
    std::string name, value;
    std::int64_t ttl_ms = 0;
    std::int64_t retry_at = 0;  // mono; after an error
    bool waiting = false, in_flight = false, ever = false;
    bool checked = false;  // holds a string or nothing, as seen over this connection
  };
  std::vector<key> keys_;
};

// Read, merge, write of one key, so that fields written by others survive. Optimistic: WATCH, GET, then MULTI SET EXEC;
// when somebody else wrote in between, EXEC does nothing and it starts again.
class merged_key {
 public:
  merged_key(std::string name, std::int64_t ttl_ms, std::function<std::string(std::string_view existing)> build)
      : name_(std::move(name)), ttl_ms_(ttl_ms), build_(std::move(build)) {}

  const std::string& name() const { return name_; }
  void request() { wanted_ = true; }
  // From the next request() on.
  void set_ttl(std::int64_t ttl_ms) { ttl_ms_ = ttl_ms; }
  void flush(connection& c, std::int64_t mono);
  // Returns true if the reply belonged to it and was an error.
  bool on_reply(connection& c, const tag& t, const reply& r, std::int64_t retry_at);
  void connection_lost();
  // Between its WATCH and the answer to its EXEC: no other EXEC may be sent, which would end the watch.
  bool busy() const { return busy_; }
  bool settled(std::int64_t mono) const { return !busy_ && (!wanted_ || mono < retry_at_); }

 private:
  std::string name_;
  std::int64_t ttl_ms_;
  std::function<std::string(std::string_view)> build_;
  bool wanted_ = false, busy_ = false;
  std::int64_t retry_at_ = 0;  // mono
};

}  // namespace trapline::redis_bridge
