#include "threshold/move_detector.hpp"

#include <algorithm>
#include <cmath>

#include "trapline/sdk/decimal.hpp"

namespace trapline::trap {

namespace {
constexpr double at_threshold = 0.7;
}

move_symbol::move_symbol(const move_settings& s, std::uint32_t instrument, std::string_view name, sink& out)
    : settings_(s), reporter_("trap_detector_threshold", instrument, name, out) {
  for (const kind k : {kind::pump, kind::dump, kind::fake_pump, kind::fake_dump}) watched_[index(k)] = true;
  alarm_.on = at_threshold;
}

// The window's low (for a rise) and high (for a fall), the latest where there are several: once a second.
void move_symbol::look_back() noexcept {
  const std::int64_t n = std::min<std::int64_t>(seconds_.held(), settings_.within / second + 1);
  for (const int s : {1, -1}) {
    auto& m = sides_[s > 0 ? 0 : 1];
    if (m.moving) continue;
    m.base = 0;
    for (std::int64_t ago = n; ago-- > 0;) {
      const auto& b = seconds_.bin(ago);
      const double p = s > 0 ? b.low : b.high;
      if (p <= 0 || (m.base > 0 && s * (m.base - p) < 0)) continue;
      m.base = p;
      m.base_ts = (seconds_.sec() - ago) * second;
    }
  }
}

void move_symbol::on_price(std::int64_t ts, std::int64_t mantissa, int exp) noexcept {
  const double price = sdk::to_double(mantissa, exp);
  if (!(price > 0) || !std::isfinite(price) || ts <= 0 || ts < now_ || ts > latest_time) return;
  now_ = ts;
  if (!exp_seen_ || exp < price_exp_) price_exp_ = exp, exp_seen_ = true;
  if (!seconds_.started() || ts / second > seconds_.sec()) {
    seconds_.open(ts / second);
    look_back();
  }
  auto& b = seconds_.now();
  const bool first = b.trades++ == 0;
  b.high = first ? price : std::max(b.high, price);
  b.low = first ? price : std::min(b.low, price);
  b.close = price;
  for (const int s : {1, -1}) {
    auto& m = sides_[s > 0 ? 0 : 1];
    if (!m.moving && (m.base == 0 || s * (m.base - price) > 0)) m.base = price, m.base_ts = ts;
    follow(m, s, price);
    track(s > 0 ? kind::pump : kind::dump, assess_move(m, s));
    track(s > 0 ? kind::fake_pump : kind::fake_dump, assess_fake(m));
    if (m.faked_ts != 0) m = {};
  }
  if (now_ < next_report_) return;
  next_report_ = (now_ / alarm_.report_every + 1) * alarm_.report_every;
  reporter_.matrix(trackers_, watched_, false, now_, price_exp_);
}

void move_symbol::follow(side_state& m, sign s, double price) noexcept {
  if (!m.moving) {
    if (s * (price / m.base - 1) * 100 < settings_.percent) return;
    m.moving = true;
    m.onset = m.base_ts;
    m.extreme = price;
    m.extreme_ts = now_;
    m.retraced = 0;
    return;
  }
  if (s * (price - m.extreme) > 0) m.extreme = price, m.extreme_ts = now_, m.retraced = 0;
  const double way = s * (m.extreme - m.base);
  if (way > 0) m.retraced = std::max(m.retraced, s * (m.extreme - price) / way);
  if (m.retraced >= settings_.retrace) m.faked_ts = now_;
  else if (now_ - m.extreme_ts > settings_.hold) m = {};
}

assessment move_symbol::assess_move(const side_state& m, sign s) const noexcept {
  assessment a;
  if (!m.moving || m.faked_ts != 0) return a;
  const double percent = s * (m.extreme / m.base - 1) * 100;
  a.active = true;
  a.evidence = score(1 - (1 - at_threshold) * settings_.percent / std::max(percent, settings_.percent));
  a.onset = m.onset;
  a.observability = TRAPLINE_OBSERVABILITY_REDUCED;
  return a;
}

assessment move_symbol::assess_fake(const side_state& m) const noexcept {
  assessment a;
  if (!m.moving) return a;
  a.active = true;
  a.evidence = score(std::clamp(at_threshold * m.retraced / settings_.retrace, 0.01, at_threshold + 0.001));
  a.evidence.note(item::retrace_share, m.retraced);
  a.confirmed = m.faked_ts != 0;
  a.onset = m.onset;
  a.last = m.faked_ts;
  a.observability = TRAPLINE_OBSERVABILITY_REDUCED;
  return a;
}

void move_symbol::track(kind k, const assessment& a) noexcept {
  tracker& t = trackers_[index(k)];
  if (!a.active && !t.active()) return;
  const auto news = t.step(k, a, now_, alarm_, settings_.refractory);
  if (news.stage != TRAPLINE_STAGE_NONE) reporter_.signal(k, news.stage, t, now_, price_exp_);
}

move_symbol* move_detector::get(std::uint32_t instrument) {
  const auto at = symbols_.find(instrument);
  if (at != symbols_.end()) return at->second.get();
  if (symbols_.size() >= static_cast<std::size_t>(settings_.max_symbols)) return nullptr;
  auto fresh = std::make_unique<move_symbol>(settings_, instrument, sink_.symbol(instrument), sink_);
  return symbols_.emplace(instrument, std::move(fresh)).first->second.get();
}

bool move_detector::on_trade(const trapline_event& e, const trapline_trade& t) {
  move_symbol* s = get(e.instrument);
  if (s) s->on_price(e.ts_event, t.price, t.price_exp);
  return s != nullptr;
}
bool move_detector::on_candle(const trapline_event& e, const trapline_candle& c) {
  move_symbol* s = get(e.instrument);
  if (s && c.closed && c.interval_ns == minute && c.start_ts > 0 && c.start_ts <= latest_time)
    s->on_price(c.start_ts + minute, c.close, c.price_exp);
  return s != nullptr;
}

}  // namespace trapline::trap
