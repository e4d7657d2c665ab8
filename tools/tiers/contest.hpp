// Detectors and simple rules that watch the same market, and what each of them said.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "detector.hpp"
#include "planted/tape.hpp"

namespace tiers {

namespace trap = trapline::trap;

// Classes of alarms that are counted apart. Up and down, or bid and ask, are one class.
enum class pattern : std::uint8_t { stop_hunt, range_trap, fake_move, move, spoofing, layering };
inline constexpr std::size_t pattern_count = 6;
std::string_view name_of(pattern p) noexcept;

struct alarm {
  std::int64_t ts = 0;
  pattern what = pattern::stop_hunt;
  bool up = true;    // pushed or lured up; false orders on the bid
  double level = 0;  // price, 0 = none
  double probability = 0;
};
struct reading {  // a probability as it stood from this time on
  std::int64_t ts = 0;
  pattern what = pattern::stop_hunt;
  bool up = true;
  float probability = 0;
};

// Collects what a detector publishes. Readings: each signal, and once in `report_every` each class that is not idle.
class listener final : public trap::sink {
 public:
  std::string_view symbol(std::uint32_t) override { return "PLANTED"; }
  void signal(std::uint32_t, std::int64_t ts, const trapline_signal& s, std::span<const trapline_evidence> e) override;
  void matrix(std::uint32_t, std::int64_t ts, const trapline_trap_matrix& m,
              std::span<const trapline_matrix_row> rows) override;

  std::vector<alarm> alarms;
  std::vector<reading> readings;
  std::vector<std::string> evidence;  // of the alarms, for people; one for each

 private:
  std::map<std::string, bool, std::less<>> alarmed_;
};

class contestant : public planted::tape {
 public:
  explicit contestant(std::string name) : name_(std::move(name)) {}
  const std::string& name() const noexcept { return name_; }
  virtual const std::vector<alarm>& alarms() const = 0;
  virtual const std::vector<reading>& readings() const = 0;
  // Of the alarms, for people; one for each, or none at all.
  virtual std::vector<std::string> evidence() const { return {}; }

 private:
  std::string name_;
};

// The three detectors of the folder, with the settings given; `report_every` is set to one second.
std::unique_ptr<contestant> trap_contestant(std::string name, trap::settings s);
std::unique_ptr<contestant> candle_contestant();
std::unique_ptr<contestant> threshold_contestant(double percent);
// Rules of thumb without scales or states.
//   price only: an hour's extreme is passed and given back, within 2 minutes (hunt) or 30 (trap); 0.6 % in 3 minutes
//               is a move (detection.md 0.4), half of it taken back in 15 minutes a fake one
//   volume z:   the taker volume of 5 s stands 6 deviations above the last half hour
//   large cancel: at least 30 coins leave a price within 25 bp untraded, having stood 0.3 s; every 30 s at most
std::unique_ptr<contestant> price_rule();
std::unique_ptr<contestant> volume_rule();
std::unique_ptr<contestant> cancel_rule();

}  // namespace tiers
