// The events of one venue message, published together or not at all.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

#include "outlet.hpp"
#include "trapline/abi/event.h"

namespace trapline::mm_ws {

class batch {
 public:
  static constexpr std::size_t capacity = 1024;  // what the bus takes at once

  batch() : events_(capacity), frames_(capacity), payloads_(capacity * slot / sizeof(std::max_align_t)) {}

  bool full() const noexcept { return count_ == capacity; }
  std::size_t size() const noexcept { return count_; }
  void clear() noexcept { count_ = 0; }

  // Room for one more event must be left.
  template <class Payload>
  void add(const trapline_event& event, const Payload& payload) noexcept {
    static_assert(sizeof(Payload) <= slot);
    char* to = reinterpret_cast<char*>(payloads_.data()) + count_ * slot;
    std::memcpy(to, &payload, sizeof payload);
    events_[count_] = event;
    frames_[count_] = {&events_[count_], to, sizeof payload, 0};
    ++count_;
  }

  // Publishes and empties it. `last`: no further part of the same venue message follows.
  trapline_status publish(outlet& o, bool last = true) {
    if (count_ == 0) return TRAPLINE_OK;
    if (last) events_[count_ - 1].flags |= TRAPLINE_FLAG_LAST_IN_BATCH;
    const auto n = static_cast<std::uint32_t>(count_);
    count_ = 0;
    return o.publish(frames_.data(), n);
  }

 private:
  static constexpr std::size_t slot = 192;
  std::vector<trapline_event> events_;
  std::vector<trapline_frame> frames_;
  std::vector<std::max_align_t> payloads_;
  std::size_t count_ = 0;
};

}  // namespace trapline::mm_ws
