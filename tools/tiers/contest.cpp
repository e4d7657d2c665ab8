#include "contest.hpp"

#include <cstdio>

#include "candle/bar_detector.hpp"
#include "threshold/move_detector.hpp"
#include "trapline/sdk/host.hpp"
#include "trapline/sdk/text.hpp"

namespace tiers {

namespace {

bool counted(std::uint16_t abi, std::uint8_t direction, pattern& what, bool& up) {
  up = direction == TRAPLINE_DIRECTION_UP || direction == TRAPLINE_DIRECTION_BID;
  switch (abi) {
    case TRAPLINE_PATTERN_STOP_HUNT:
      what = pattern::stop_hunt;
      return true;
    case TRAPLINE_PATTERN_BULL_TRAP:
    case TRAPLINE_PATTERN_BEAR_TRAP:
      what = pattern::range_trap;
      return true;
    case TRAPLINE_PATTERN_FAKE_PUMP:
    case TRAPLINE_PATTERN_FAKE_DUMP:
      what = pattern::fake_move;
      return true;
    case TRAPLINE_PATTERN_PUMP:
    case TRAPLINE_PATTERN_DUMP:
      what = pattern::move;
      return true;
    case TRAPLINE_PATTERN_SPOOFING:
      what = pattern::spoofing;
      return true;
    case TRAPLINE_PATTERN_LAYERING:
      what = pattern::layering;
      return true;
    default:
      return false;
  }
}

class detector_contestant final : public contestant {
 public:
  detector_contestant(std::string name, trap::settings s)
      : contestant(std::move(name)), detector_(std::move(s), out_) {}
  void candle(std::int64_t ts, const trapline_candle& c) override {
    detector_.on_candle(head(TRAPLINE_EVENT_CANDLE, ts), c);
  }
  void trade(std::int64_t ts, const trapline_trade& t) override {
    detector_.on_trade(head(TRAPLINE_EVENT_TRADE, ts), t);
  }
  void book(std::int64_t ts, bool snapshot, const trapline_book& b, std::span<const trapline_level> l) override {
    detector_.on_book(head(snapshot ? TRAPLINE_EVENT_BOOK_SNAPSHOT : TRAPLINE_EVENT_BOOK_DELTA, ts), b, l);
  }
  void ticker(std::int64_t ts, const trapline_ticker& t) override {
    detector_.on_ticker(head(TRAPLINE_EVENT_TICKER, ts), t);
  }
  const std::vector<alarm>& alarms() const override { return out_.alarms; }
  const std::vector<reading>& readings() const override { return out_.readings; }
  std::vector<std::string> evidence() const override { return out_.evidence; }

 private:
  static trapline_event head(std::uint16_t type, std::int64_t ts) { return trapline::sdk::make_event(type, 1, 1, ts); }
  listener out_;
  trap::detector detector_;
};

// Of the two siblings, which read trades and candles.
template <class Detector, class Settings>
class price_contestant final : public contestant {
 public:
  price_contestant(std::string name, const Settings& s) : contestant(std::move(name)), detector_(s, out_) {}
  void candle(std::int64_t ts, const trapline_candle& c) override {
    detector_.on_candle(trapline::sdk::make_event(TRAPLINE_EVENT_CANDLE, 1, 1, ts), c);
  }
  void trade(std::int64_t ts, const trapline_trade& t) override {
    detector_.on_trade(trapline::sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1, ts), t);
  }
  void book(std::int64_t, bool, const trapline_book&, std::span<const trapline_level>) override {}
  void ticker(std::int64_t, const trapline_ticker&) override {}
  const std::vector<alarm>& alarms() const override { return out_.alarms; }
  const std::vector<reading>& readings() const override { return out_.readings; }

 private:
  listener out_;
  Detector detector_;
};

}  // namespace

std::string_view name_of(pattern p) noexcept {
  constexpr std::string_view names[] = {"stop_hunt", "bull/bear_trap", "fake_pump/dump",
                                        "pump/dump", "spoofing",       "layering"};
  return names[static_cast<std::size_t>(p)];
}

void listener::signal(std::uint32_t, std::int64_t ts, const trapline_signal& s, std::span<const trapline_evidence> e) {
  alarm a;
  if (!counted(s.pattern, s.direction, a.what, a.up)) return;
  readings.push_back({ts, a.what, a.up, static_cast<float>(s.probability)});
  if (s.stage != TRAPLINE_STAGE_DETECTED && s.stage != TRAPLINE_STAGE_CONFIRMED) return;
  if (!alarmed_.emplace(std::string(trapline::sdk::view(s.id)), true).second) return;
  a.ts = ts;
  a.probability = s.probability;
  a.level = s.has_level ? trapline::sdk::to_double(s.level, s.price_exp) : 0.0;
  alarms.push_back(a);
  std::string text;
  for (const auto& x : e) {
    char one[96];
    std::snprintf(one, sizeof one, "%.*s %.3g (%+.2f)  ", static_cast<int>(trapline::sdk::view(x.name).size()),
                  trapline::sdk::view(x.name).data(), x.value, x.contribution);
    text += one;
  }
  evidence.push_back(std::move(text));
}

void listener::matrix(std::uint32_t, std::int64_t ts, const trapline_trap_matrix&,
                      std::span<const trapline_matrix_row> rows) {
  for (const auto& r : rows) {
    reading x;
    if (r.stage == TRAPLINE_STAGE_NONE || !counted(r.pattern, r.direction, x.what, x.up)) continue;
    x.ts = ts;
    x.probability = static_cast<float>(r.probability);
    readings.push_back(x);
  }
}

std::unique_ptr<contestant> trap_contestant(std::string name, trap::settings s) {
  s.report_every = trap::second;
  return std::make_unique<detector_contestant>(std::move(name), std::move(s));
}

std::unique_ptr<contestant> candle_contestant() {
  trap::settings s;
  s.report_every = trap::second;
  return std::make_unique<price_contestant<trap::bar_detector, trap::settings>>("trap_detector_candle", s);
}

std::unique_ptr<contestant> threshold_contestant(double percent) {
  trap::move_settings s;
  s.percent = percent;
  char name[48];
  std::snprintf(name, sizeof name, "trap_detector_threshold %g%%", percent);
  return std::make_unique<price_contestant<trap::move_detector, trap::move_settings>>(name, s);
}

}  // namespace tiers
