// Natural spikes of large coins, made of real parts: no trades of such minutes are at hand.
//
// The moves are the labelled minutes of 3 % and more of BTC, ETH and XRP (data/natural_spikes), the trades those of the
// real BTCUSDT perpetual (data/btc_l2), repeated for the hour before and hurried in the minute of the spike.
//
// * How much is traded: V times the mean of the last hours, ln V = 2.31 + 1.20 ln(move in %) and a normal of deviation
//   0.91: the law of the 1934 one-minute bars of 0.2 % and more in data/btc_candles against their four-hour mean, up to
//   1.9 %; beyond it is extrapolated.
// * In how many orders: V^0.45, with V^0.25 times as many fills each: how orders and trades rise with the volume of
//   5 to 25 s within the stream.
// * How dense the market is: the stream has 62 trades a second. BTC keeps 1/6 to all of its orders, ETH 1/12 to 1/2,
//   XRP 1/60 to 1/4: assumed, as is the rest: four fifths of the move and half of the orders fall into a burst of
//   5 to 60 s, 65 to 95 % of the orders are on the pushing side.
//
// What is assumed or extrapolated can be made worse (spike_world). No model learns from these.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "features/market.hpp"

namespace pumps {

struct spike {
  std::string symbol;  // as in the file, "BTC/USDT"
  bool up = true;
  double close_pct = 0;  // size of open to close, above 0
  double reach = 0;      // ln(high / low)
};
// `path`: natural_spikes_drawdowns.csv. Throws std::runtime_error with file and line.
std::vector<spike> read_spikes(const std::string& path);

// The trades of the jsonl.gz of data/btc_l2, in time order. Throws std::runtime_error.
std::vector<trapline::trap::trade_tick> read_stream(const std::string& path);

// What a large coin does in a spike; the defaults are those above.
struct spike_world {
  double density = 1;                    // of the orders kept, times
  double volume = 1;                     // of V, times
  double order_power = 0.45;             // of V
  double burst_min = 5, burst_max = 60;  // s
};

// An hour of the market, the minute of the spike and half a minute after it. The same arguments give the same trades.
// `begin`: when the minute of the spike begins, ns.
std::vector<trapline::trap::trade_tick> play_spike(const std::vector<trapline::trap::trade_tick>& stream,
                                                   const spike& s, const spike_world& w, std::uint64_t seed,
                                                   std::int64_t& begin);

// The highest probability that each of `models` gives from the spike's minute on; 0 if it never was a candidate.
std::vector<double> spike_peaks(const std::vector<trapline::trap::trade_tick>& trades, const spike& s,
                                std::int64_t begin, std::span<const trapline::trap::onset_model> models);

}  // namespace pumps
