// Real recordings: 345 s of the BTCUSDT perpetual with false orders laid over it, and a month of one-minute bars beside
// bars that were shuffled.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "games.hpp"

namespace tiers {

// Trades and book of the recording, in planted::tape's units.
struct recording {
  struct entry {
    std::int64_t ts = 0;
    enum class what : std::uint8_t { trade, delta, snapshot } is = what::trade;
    trapline_trade trade{};
    trapline_book book{};
    std::vector<trapline_level> levels;
  };
  std::vector<entry> entries;
  std::int64_t begin() const { return entries.front().ts; }
  std::int64_t end() const { return entries.back().ts; }
};
// `path`: the jsonl.gz of data/btc_l2. Throws std::runtime_error.
recording read_recording(const std::string& path);

// The recording with one run of false orders, or of honest ones, laid over its book. Orders stand at real prices, and
// are taken away when the price comes near; the real flow is left as it is, so that these show what the background does
// to the detector, not how a market answers. `decoy` < 0: the trap; else 0..overlay_decoys-1.
//
// `test` has the recording from its 200th second on to itself: the other splits end there, and what comes before is
// only its warm-up. Orders are posted from the 65th to 75th second on (`test`: the 200th to 215th).
inline constexpr int overlay_decoys = 5;
planted::session_truth overlay(const recording& r, planted::split s, planted::family f, int decoy,
                               planted::difficulty d, std::uint64_t seed, planted::tape& out);
// Calls `play(family, decoy, seed)` for each trap with its five decoys, `traps` times for each family of the book.
void for_each_overlay(planted::split s, planted::difficulty d, int traps,
                      const std::function<void(planted::family, int decoy, std::uint64_t seed)>& play);
// All of them. `threads` 0: one a processor.
std::vector<played> play_overlays(const recording& r, planted::split s, planted::difficulty d, int traps,
                                  const line_up& who, unsigned threads = 0);
// The recording as it is.
played play_recording(const recording& r, const line_up& who);

struct bars_result {
  double days = 0;
  struct count {
    double sweeps = 0, traps = 0, alarms = 0;  // of stop hunts and bull or bear traps, a day
  };
  count real, shuffled, shuffled_deviation, blocks, blocks_deviation;
  int surrogates = 0;
};
// trap_detector_candle on the bars of `path` (csv.xz), and on `surrogates` times the same bars in random order, singly
// and in blocks of an hour.
bars_result play_bars(const std::string& path, int surrogates);

}  // namespace tiers
