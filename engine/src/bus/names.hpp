// Interned names: topics and instruments. Ids start at 1; 0 means none.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "trapline/abi/base.h"

namespace trapline::bus {

// True if `name` consists of dot-separated tokens of [a-zA-Z0-9_-].
bool valid_topic(std::string_view name) noexcept;
// The same with `*` for one token and a final `>` for one or more.
bool valid_pattern(std::string_view pattern) noexcept;
bool matches(std::string_view pattern, std::string_view topic) noexcept;

// Making an id takes a lock; looking a name up does not.
class names {
 public:
  static constexpr std::uint32_t max_topics = 65'535;
  static constexpr std::uint32_t max_instruments = 65'535;

  names();

  trapline_status topic(std::string_view name, std::uint32_t& id);
  trapline_status instrument(std::string_view venue, std::string_view symbol, std::uint32_t& id);

  // Empty for an unknown id. The text lives as long as this object.
  std::string_view topic_name(std::uint32_t id) const noexcept;
  std::pair<std::string_view, std::string_view> instrument_name(std::uint32_t id) const noexcept;  // venue, symbol

  std::uint32_t topic_count() const noexcept { return topics_.count.load(std::memory_order_acquire); }
  std::uint32_t instrument_count() const noexcept { return instruments_.count.load(std::memory_order_acquire); }

 private:
  // Names of one kind: written under the lock, read without.
  template <class T>
  struct table {
    std::unique_ptr<std::atomic<const T*>[]> by_id;
    std::atomic<std::uint32_t> count{0};
    std::deque<T> storage;
    std::map<T, std::uint32_t> ids;
  };
  template <class T>
  trapline_status intern(table<T>& t, T name, std::uint32_t limit, std::uint32_t& id);

  std::mutex mutex_;
  table<std::string> topics_;
  table<std::pair<std::string, std::string>> instruments_;
};

}  // namespace trapline::bus
