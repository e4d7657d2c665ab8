// The detector: events in, signals out. Independent of the host; the plugin is a thin shell round it.
//
// Determinism: the output is a function of the settings and of the sequence of events alone. No clock but the
// events' own, nothing drawn by chance, no hash order; how events are grouped into calls has no influence.
// One thread. Memory is allocated when a symbol is first seen, never afterwards.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "settings.hpp"
#include "sink.hpp"
#include "symbol.hpp"

namespace trapline::trap {

class detector {
 public:
  // `out` outlives the detector.
  detector(settings s, sink& out);
  detector(const detector&) = delete;
  detector& operator=(const detector&) = delete;

  // Events of one symbol belong together by `instrument` of the header. Nothing here throws but std::bad_alloc
  // at the first sight of a symbol. Returns what was not used, for the counters.
  ignored on_trade(const trapline_event& e, const trapline_trade& t);
  ignored on_book(const trapline_event& e, const trapline_book& b, std::span<const trapline_level> levels);
  ignored on_ticker(const trapline_event& e, const trapline_ticker& t);
  ignored on_candle(const trapline_event& e, const trapline_candle& c);
  ignored on_instrument(const trapline_event& e, const trapline_instrument& i);
  // A gap of the bus, or one without instrument, concerns every symbol.
  void on_gap(const trapline_event& e, const trapline_gap& g) noexcept;

  std::size_t symbols() const noexcept { return symbols_.size(); }
  // nullptr: never seen.
  const symbol* find(std::uint32_t instrument) const noexcept;

 private:
  symbol* get(std::uint32_t instrument);
  ignored checked(symbol* s, ignored r);

  settings settings_;
  sink& sink_;
  // By instrument; capacity reserved at construction. The numbers stand apart, so that a search reads nothing else.
  std::vector<std::uint32_t> instruments_;
  std::vector<std::unique_ptr<symbol>> symbols_;
  std::size_t last_ = 0;
};

}  // namespace trapline::trap
