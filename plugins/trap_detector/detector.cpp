#include "detector.hpp"

#include <algorithm>
#include <utility>

namespace trapline::trap {

namespace {
// So many events in a row from before what was seen are no reordering: the venue's clock was set back, or
// another market began under the same name.
constexpr std::uint32_t clock_was_set_back = 256;

// Why there is no symbol for an event.
ignored unknown(const trapline_event& e) noexcept {
  return e.instrument == 0 ? ignored::no_instrument : ignored::max_symbols;
}
}  // namespace

detector::detector(settings s, sink& out) : settings_(std::move(s)), sink_(out) {
  instruments_.reserve(static_cast<std::size_t>(settings_.max_symbols));
  symbols_.reserve(static_cast<std::size_t>(settings_.max_symbols));
}

const symbol* detector::find(std::uint32_t instrument) const noexcept {
  const auto it = std::lower_bound(instruments_.begin(), instruments_.end(), instrument);
  if (it == instruments_.end() || *it != instrument) return nullptr;
  return symbols_[static_cast<std::size_t>(it - instruments_.begin())].get();
}

symbol* detector::get(std::uint32_t instrument) {
  if (instrument == 0) return nullptr;
  if (last_ < instruments_.size() && instruments_[last_] == instrument) return symbols_[last_].get();
  const auto it = std::lower_bound(instruments_.begin(), instruments_.end(), instrument);
  const auto at = it - instruments_.begin();
  if (it == instruments_.end() || *it != instrument) {
    if (symbols_.size() >= static_cast<std::size_t>(settings_.max_symbols)) return nullptr;
    symbols_.insert(symbols_.begin() + at,
                    std::make_unique<symbol>(settings_, instrument, sink_.symbol(instrument), sink_));
    instruments_.insert(it, instrument);
  }
  last_ = static_cast<std::size_t>(at);
  return symbols_[last_].get();
}

ignored detector::checked(symbol* s, ignored r) {
  if (r == ignored::time_backwards && s->backwards() >= clock_was_set_back) {
    auto fresh = std::make_unique<symbol>(settings_, s->instrument(), sink_.symbol(s->instrument()), sink_);
    s->hand_over(*fresh);
    symbols_[last_] = std::move(fresh);
  }
  return r;
}

ignored detector::on_trade(const trapline_event& e, const trapline_trade& t) {
  symbol* s = get(e.instrument);
  return s ? checked(s, s->on_trade(e, t)) : unknown(e);
}

ignored detector::on_book(const trapline_event& e, const trapline_book& b, std::span<const trapline_level> levels) {
  symbol* s = get(e.instrument);
  return s ? checked(s, s->on_book(e, b, levels)) : unknown(e);
}

ignored detector::on_ticker(const trapline_event& e, const trapline_ticker& t) {
  symbol* s = get(e.instrument);
  return s ? checked(s, s->on_ticker(e, t)) : unknown(e);
}

ignored detector::on_candle(const trapline_event& e, const trapline_candle& c) {
  symbol* s = get(e.instrument);
  return s ? s->on_candle(c) : unknown(e);
}

ignored detector::on_instrument(const trapline_event& e, const trapline_instrument& i) {
  symbol* s = get(e.instrument);
  if (!s) return unknown(e);
  s->on_instrument(i);
  return ignored::none;
}

void detector::on_gap(const trapline_event& e, const trapline_gap& g) noexcept {
  const bool all = e.instrument == 0 || g.channel == TRAPLINE_GAP_BUS;
  for (auto& s : symbols_)
    if (all || s->instrument() == e.instrument) s->on_gap(g);
}

}  // namespace trapline::trap
