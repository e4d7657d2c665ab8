#include "scoring.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "learning.hpp"
#include "trapline/sdk/host.hpp"
#include "trapline/sdk/text.hpp"

namespace pumps {

namespace trap = trapline::trap;
using trap::minute;
using trap::second;

namespace {

class listener final : public trap::sink {
 public:
  std::string_view symbol(std::uint32_t) override { return "COIN"; }
  void signal(std::uint32_t, std::int64_t ts, const trapline_signal& s, std::span<const trapline_evidence>) override {
    if (s.pattern != TRAPLINE_PATTERN_PUMP) return;
    const bool stage = s.stage == TRAPLINE_STAGE_DETECTED || s.stage == TRAPLINE_STAGE_CONFIRMED;
    const bool first = stage && alarmed_.insert(std::string(trapline::sdk::view(s.id))).second;
    all.push_back({ts, s.probability, first});
  }
  void matrix(std::uint32_t, std::int64_t, const trapline_trap_matrix&, std::span<const trapline_matrix_row>) override {
  }
  std::vector<told> all;

 private:
  std::set<std::string> alarmed_;
};

template <class Detector, class Settings>
std::vector<told> run(const recording& r, const Settings& s) {
  listener out;
  Detector d(s, out);
  for (const auto& tick : r.trades) {
    trapline_trade t{};
    t.price = std::llround(tick.price * 1e8);
    t.size = std::llround(tick.size * 1e8);
    t.price_exp = t.size_exp = -8;
    t.aggressor_side = tick.side > 0 ? TRAPLINE_SIDE_BUY : TRAPLINE_SIDE_SELL;
    d.on_trade(trapline::sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1, tick.ts), t);
  }
  return std::move(out.all);
}

double harmonic(double p, double r) { return p + r > 0 ? 2 * p * r / (p + r) : 0; }

}  // namespace

std::vector<told> run_trap(const recording& r, const trap::settings& s) { return run<trap::detector>(r, s); }
std::vector<told> run_candle(const recording& r, const trap::settings& s) { return run<trap::bar_detector>(r, s); }
std::vector<told> run_threshold(const recording& r, const trap::move_settings& s) {
  return run<trap::move_detector>(r, s);
}

void result::add(const recording& r, const std::vector<told>& all, bool strict, std::int64_t mute) {
  pumps += r.verified;
  days += r.days() - 2.0 / 24;
  std::int64_t mute_until = 0;
  bool hit = false;
  for (const auto& t : all) {
    if (!t.alarm || t.ts < mute_until) continue;
    mute_until = t.ts + mute;
    if (r.verified && !hit && t.ts >= r.onset - 120 * second && t.ts <= (strict ? r.onset : r.begun()) + 60 * second) {
      hit = true;
      delays.push_back(static_cast<double>(t.ts - r.onset) * 1e-9);
      delays_begun.push_back(static_cast<double>(t.ts - r.begun()) * 1e-9);
    } else if (!near_announcement(r, t.ts)) {
      ++false_alarms;
      wrong.push_back(r.name + " at " + std::to_string(t.ts / second));
    }
  }
  hits += hit;
  if (r.verified && !hit) missed.push_back(r.name);
}

double result::precision() const {
  const auto alarms = hits + false_alarms;
  return alarms ? static_cast<double>(hits) / static_cast<double>(alarms) : 0;
}
double result::f1() const { return harmonic(precision(), recall()); }

result sum(const std::vector<result>& each) {
  result out;
  for (const auto& r : each) {
    out.pumps += r.pumps, out.hits += r.hits, out.false_alarms += r.false_alarms, out.days += r.days;
    out.delays.insert(out.delays.end(), r.delays.begin(), r.delays.end());
    out.delays_begun.insert(out.delays_begun.end(), r.delays_begun.begin(), r.delays_begun.end());
    out.missed.insert(out.missed.end(), r.missed.begin(), r.missed.end());
    out.wrong.insert(out.wrong.end(), r.wrong.begin(), r.wrong.end());
  }
  return out;
}

interval f1_bounds(const std::vector<result>& each) {
  std::mt19937_64 random(1);
  std::vector<double> drawn;
  for (int round = 0; round < 2000; ++round) {
    std::uint64_t pumps = 0, hits = 0, wrong = 0;
    for (std::size_t i = 0; i < each.size(); ++i) {
      const result& r = each[random() % each.size()];
      pumps += r.pumps, hits += r.hits, wrong += r.false_alarms;
    }
    const double p = hits + wrong ? static_cast<double>(hits) / static_cast<double>(hits + wrong) : 0;
    drawn.push_back(harmonic(p, pumps ? static_cast<double>(hits) / static_cast<double>(pumps) : 0));
  }
  return {quantile(drawn, 0.025), quantile(drawn, 0.975)};
}

}  // namespace pumps
