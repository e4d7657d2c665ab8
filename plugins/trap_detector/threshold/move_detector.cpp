#include "threshold/move_detector.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "trapline/sdk/decimal.hpp"
#include "trapline/sdk/error.hpp"
#include "trapline/sdk/text.hpp"

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
  const std::int64_t n = std::min<std::int64_t>(known_.seconds.held(), settings_.within / second + 1);
  for (const int s : {1, -1}) {
    auto& m = known_.sides[s > 0 ? 0 : 1];
    if (m.moving) continue;
    m.base = 0;
    for (std::int64_t ago = n; ago-- > 0;) {
      const auto& b = known_.seconds.bin(ago);
      const double p = s > 0 ? b.low : b.high;
      if (p <= 0 || (m.base > 0 && s * (m.base - p) < 0)) continue;
      m.base = p;
      m.base_ts = (known_.seconds.sec() - ago) * second;
    }
  }
}

void move_symbol::on_price(std::int64_t ts, std::int64_t mantissa, int exp) noexcept {
  const double price = sdk::to_double(mantissa, exp);
  if (!(price > 0) || !std::isfinite(price) || ts <= 0 || ts < known_.now || ts > latest_time) return;
  known_.now = ts;
  if (!known_.exp_seen || exp < known_.price_exp) known_.price_exp = exp, known_.exp_seen = true;
  if (!known_.seconds.started() || ts / second > known_.seconds.sec()) {
    known_.seconds.open(ts / second);
    look_back();
  }
  auto& b = known_.seconds.now();
  const bool first = b.trades++ == 0;
  b.high = first ? price : std::max(b.high, price);
  b.low = first ? price : std::min(b.low, price);
  b.close = price;
  for (const int s : {1, -1}) {
    auto& m = known_.sides[s > 0 ? 0 : 1];
    if (!m.moving && (m.base == 0 || s * (m.base - price) > 0)) m.base = price, m.base_ts = ts;
    follow(m, s, price);
    track(s > 0 ? kind::pump : kind::dump, assess_move(m, s));
    track(s > 0 ? kind::fake_pump : kind::fake_dump, assess_fake(m));
    if (m.faked_ts != 0) m = {};
  }
  if (known_.now < known_.next_report) return;
  known_.next_report = (known_.now / alarm_.report_every + 1) * alarm_.report_every;
  reporter_.matrix(known_.trackers, watched_, false, known_.now, known_.price_exp);
}

void move_symbol::follow(side_state& m, sign s, double price) noexcept {
  if (!m.moving) {
    if (s * (price / m.base - 1) * 100 < settings_.percent) return;
    m.moving = true;
    m.onset = m.base_ts;
    m.extreme = price;
    m.extreme_ts = known_.now;
    m.retraced = 0;
    return;
  }
  if (s * (price - m.extreme) > 0) m.extreme = price, m.extreme_ts = known_.now, m.retraced = 0;
  const double way = s * (m.extreme - m.base);
  if (way > 0) m.retraced = std::max(m.retraced, s * (m.extreme - price) / way);
  if (m.retraced >= settings_.retrace) m.faked_ts = known_.now;
  else if (known_.now - m.extreme_ts > settings_.hold) m = {};
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
  tracker& t = known_.trackers[index(k)];
  if (!a.active && !t.active()) return;
  const auto news = t.step(k, a, known_.now, alarm_, settings_.refractory);
  if (news.stage != TRAPLINE_STAGE_NONE) reporter_.signal(k, news.stage, t, known_.now, known_.price_exp);
}

move_symbol* move_detector::get(std::uint32_t instrument) {
  const auto at = symbols_.find(instrument);
  if (at != symbols_.end()) return at->second.get();
  if (symbols_.size() >= static_cast<std::size_t>(settings_.max_symbols)) return nullptr;
  auto fresh = std::make_unique<move_symbol>(settings_, instrument, sink_.symbol(instrument), sink_);
  return symbols_.emplace(instrument, std::move(fresh)).first->second.get();
}

namespace {

// A state: this, then for each symbol its instrument and what is known of it.
struct state_head {
  std::uint32_t record;  // bytes of one symbol
  std::uint32_t symbols;
};

template <class T>
void put(std::string& to, const T& value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class T>
T take(std::string_view& from) {
  T value;
  std::memcpy(&value, from.data(), sizeof value);
  from.remove_prefix(sizeof value);
  return value;
}

}  // namespace

std::string move_detector::save() const {
  constexpr std::size_t record = sizeof(std::uint64_t) + sizeof(move_symbol::knowledge);
  std::string out;
  out.reserve(sizeof(state_head) + symbols_.size() * record);
  put(out, state_head{record, static_cast<std::uint32_t>(symbols_.size())});
  for (const auto& [instrument, s] : symbols_) {
    put(out, std::uint64_t{instrument});
    put(out, s->known());
  }
  return out;
}

void move_detector::load(std::string_view bytes) {
  constexpr std::size_t record = sizeof(std::uint64_t) + sizeof(move_symbol::knowledge);
  const auto wrong = [](std::string text) { return sdk::error(TRAPLINE_E_INVALID, {}, std::move(text)); };
  if (bytes.size() < sizeof(state_head)) throw wrong("the state is cut short");
  const auto head = take<state_head>(bytes);
  if (head.record != record || bytes.size() != record * head.symbols)
    throw wrong(sdk::cat("the state has records of ", head.record, " bytes and ", bytes.size(), " bytes of them"));
  if (head.symbols > static_cast<std::size_t>(settings_.max_symbols))
    throw wrong(sdk::cat("the state knows ", head.symbols, " symbols, max_symbols is ", settings_.max_symbols));
  decltype(symbols_) symbols;
  for (std::uint32_t n = 0; n < head.symbols; ++n) {
    const auto instrument = static_cast<std::uint32_t>(take<std::uint64_t>(bytes));
    auto s = std::make_unique<move_symbol>(settings_, instrument, sink_.symbol(instrument), sink_);
    s->know(take<move_symbol::knowledge>(bytes));
    symbols[instrument] = std::move(s);
  }
  symbols_ = std::move(symbols);
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
