// An event with its payload, kept.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "trapline/abi/event.h"

namespace trapline::replay {

class event_copy {
 public:
  explicit event_copy(const trapline_event& e) : words_((e.size + 7) / 8) { std::memcpy(words_.data(), &e, e.size); }
  const trapline_event& operator*() const noexcept { return *reinterpret_cast<const trapline_event*>(words_.data()); }
  const trapline_event* operator->() const noexcept { return &**this; }
  void renumber(std::uint64_t seq) noexcept { reinterpret_cast<trapline_event*>(words_.data())->seq = seq; }

 private:
  std::vector<std::uint64_t> words_;  // aligned as an event
};

}  // namespace trapline::replay
