// From an episode to the SIGNAL that tells it, and from all of them to the TRAP_MATRIX of a symbol. Shared by the
// detectors of this folder, so that their output differs in what they found and in nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "arbiter.hpp"
#include "sink.hpp"

namespace trapline::trap {

using tracker_set = std::array<tracker, kind_count>;
using kind_mask = std::array<bool, kind_count>;

class reporter {
 public:
  // `detector`: the plugin's id. `name`: of the symbol, empty = the instrument's number stands for it.
  reporter(std::string_view detector, std::uint32_t instrument, std::string_view name, sink& out) noexcept;

  // Prices are written with 10^`price_exp`; `now` is event time.
  void signal(kind k, std::uint8_t stage, const tracker& t, std::int64_t now, int price_exp) noexcept;
  void matrix(const tracker_set& trackers, const kind_mask& watched, bool warming, std::int64_t now,
              int price_exp) noexcept;

 private:
  std::string_view detector_;
  std::uint32_t instrument_;
  sink& sink_;
  char name_[32]{};
};

}  // namespace trapline::trap
