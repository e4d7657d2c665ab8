// Where the detector's output goes, and where it learns names.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "trapline/abi/event.h"
#include "trapline/abi/signal.h"

namespace trapline::trap {

class sink {
 public:
  virtual ~sink() = default;
  // Name of an instrument, asked once when it is first seen. Empty = unknown; the id is used instead.
  virtual std::string_view symbol(std::uint32_t instrument) = 0;
  // `ts`: event time of the symbol. Everything is borrowed for the call.
  virtual void signal(std::uint32_t instrument, std::int64_t ts, const trapline_signal& s,
                      std::span<const trapline_evidence> evidence) = 0;
  virtual void matrix(std::uint32_t instrument, std::int64_t ts, const trapline_trap_matrix& m,
                      std::span<const trapline_matrix_row> rows) = 0;
};

}  // namespace trapline::trap
