// The exponents in which an instrument's prices and sizes are published: the finest seen so far.
#pragma once

#include <algorithm>
#include <cstdint>

#include "trapline/sdk/decimal.hpp"

namespace trapline::mm_ws {

struct scale {
  std::int8_t price_exp = 0;
  std::int8_t size_exp = 0;

  void see_price(std::int8_t exp) noexcept { price_exp = std::min(price_exp, exp); }
  void see_size(std::int8_t exp) noexcept { size_exp = std::min(size_exp, exp); }
  bool operator==(const scale&) const = default;
};

}  // namespace trapline::mm_ws
