#include "market.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace trapline::paper_venue {
namespace {

constexpr double seconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-9; }

// Takers: two kernels; the branching ratio is the sum of jump * memory = 0.35 + 0.25.
constexpr double taker_rate = 1.1;              // a second and side, before excitement
constexpr double kernel_memory[] = {0.3, 4.0};  // s
constexpr double kernel_jump[] = {0.35 / 0.3, 0.25 / 4.0};

constexpr double add_rate = 62;       // resting orders a second and side
constexpr double cancel_rate = 0.38;  // a second and level
constexpr double farthest_bp = 42;    // orders farther from the price than this are withdrawn
constexpr double interest_units = 18'000;
constexpr double start_pull = 1.0 / (6 * 3600);  // 1/s: keeps a run of days near where it began
constexpr double activity_memory = 900;          // s
constexpr double activity_deviation = 0.25;
constexpr std::int64_t any_price = INT64_MAX / 4;

}  // namespace

market::market(const market_settings& settings)
    : settings_(settings),
      random_(settings.seed),
      now_(settings.start_ts),
      price_(static_cast<double>(settings.start_tick)),
      derivatives_(price_, interest_units * settings.lots_per_unit),
      next_trade_id_(1'360'000'000'000'000'000u),
      last_tick_(settings.start_tick),
      next_measure_(settings.start_ts + second),
      variance_(base_sigma_bp * base_sigma_bp),
      volume_rate_(base_volume * settings.lots_per_unit) {
  bars_.invent_past(now_, settings.start_tick, base_sigma_bp * std::sqrt(60.0) * bp(), volume_rate_ * 60, random_);
  book_.add(side::buy, settings.start_tick - 1, rest_size(0));
  book_.add(side::sell, settings.start_tick + 1, rest_size(0));
  for (int i = 0; i < 400; ++i)  // ten seconds of order placement: a book of its usual depth
    for (const side s : {side::buy, side::sell}) {
      add_orders(s, seconds(step_ns));
      cancel_orders(s, seconds(step_ns));
    }
  last_mid_ = mid();
}

double market::sigma60() const { return std::sqrt(variance_ * 60) * bp(); }

std::int64_t market::taker_size() {
  const double units = std::min(random_.lognormal(0.025, 1.75), 6.0);
  return std::max<std::int64_t>(1, std::llround(units * settings_.lots_per_unit));
}

std::int64_t market::rest_size(double distance) {
  const double units = std::min(random_.lognormal(0.06 + 0.012 * std::min(distance / bp(), 12.0), 0.95), 5.0);
  return std::max<std::int64_t>(1, std::llround(units * settings_.lots_per_unit));
}

void market::step() {
  trades_.clear();
  trades_.swap(early_);
  now_ += step_ns;
  orders_in_step_ = 0;
  const double dt = seconds(step_ns);
  move_price(dt);
  run_takers(dt);
  run_bursts(dt);
  run_makers(dt);
  derivatives_.follow(act_.index_follow, price_);
  derivatives_.advance(mid(), dt);
  bars_.on_time(now_);
  measure();
}

void market::move_price(double dt) {
  activity_ +=
      -activity_ * dt / activity_memory + activity_deviation * std::sqrt(2 * dt / activity_memory) * random_.normal();
  const double sigma = base_sigma_bp * bp() * std::exp(activity_) * act_.noise;
  // Squaring a uniform-mixed scale gives the moves fat tails without a second process.
  const double scale = random_.chance(0.04) ? 2.6 : 0.86;
  price_ += sigma * scale * std::sqrt(dt) * random_.normal();
  if (act_.target) {
    const double left = std::max(seconds(phase_end_ - now_), dt);
    price_ += (*act_.target - price_) * std::min(1.0, dt / left);
  } else {
    price_ += (static_cast<double>(settings_.start_tick) - price_) * start_pull * dt;
  }
}

void market::run_takers(double dt) {
  const double lean = std::tanh((price_ - mid()) / (0.4 * bp()));
  for (const side s : {side::buy, side::sell}) {
    auto& e = excitement_[static_cast<int>(s)];
    const double scripted = s == side::buy ? act_.buy_rate : act_.sell_rate;
    const double rate =
        (taker_rate * scripted + e[0] + e[1]) * std::exp(activity_) * (1 + 0.7 * (s == side::buy ? lean : -lean));
    const int n = random_.poisson(rate * dt);
    for (int k = 0; k < 2; ++k) e[k] = std::min(e[k] * std::exp(-dt / kernel_memory[k]) + n * kernel_jump[k], 10.0);
    for (int i = 0; i < n; ++i) {
      // Few takers accept much slippage, and none pays a price far from what others think right.
      const double slippage = (random_.chance(0.02) ? 4.0 : 1.2) * bp(),
                   fair = price_ + (s == side::buy ? 3 : -3) * bp();
      const auto touch = static_cast<double>(book_.best(opposite(s)));
      execute(s, taker_size(),
              static_cast<std::int64_t>(s == side::buy ? std::min(touch + slippage, fair)
                                                       : std::max(touch - slippage, fair)));
    }
  }
}

void market::run_bursts(double dt) {
  burst(side::buy, pending_burst_[0], act_.burst_buy, dt);
  burst(side::sell, pending_burst_[1], act_.burst_sell, dt);
}

// Large orders that run to the efficient price and no farther; on the way they meet hidden resting interest, which
// shows as orders that appear and are eaten within the step.
void market::burst(side taker, double& pending, double rate, double dt) {
  if (rate <= 0) {
    pending = 0;
    return;
  }
  pending += rate * dt;
  if (!random_.chance(dt / 0.25)) return;
  const auto lots = static_cast<std::int64_t>(pending);
  if (lots <= 0) return;
  pending -= static_cast<double>(lots);
  const side resting = opposite(taker);
  const std::int64_t touch = book_.best(resting);
  const bool up = taker == side::buy;
  const auto efficient = static_cast<std::int64_t>(std::llround(price_));
  const std::int64_t limit = up ? std::max(touch, efficient) : std::min(touch, efficient);
  const std::int64_t span = std::abs(limit - touch) + 1;
  for (std::int64_t missing = lots - book_.depth(resting, limit); missing > 0;) {
    const auto n = std::min(missing, rest_size(4 * bp()));
    book_.add(resting, up ? touch + random_.below(span) : touch - random_.below(span), n);
    missing -= n;
  }
  execute(taker, lots, limit);
}

void market::run_makers(double dt) {
  outrun(side::buy);
  outrun(side::sell);
  for (const side s : {side::buy, side::sell}) {
    add_orders(s, dt);
    cancel_orders(s, dt);
  }
}

// Orders that the efficient price has passed are moved by their owners, or hit by somebody faster.
void market::outrun(side resting) {
  const auto efficient = static_cast<std::int64_t>(std::llround(price_));
  const auto passed = [&](std::int64_t tick) { return resting == side::buy ? tick > efficient : tick < efficient; };
  if (book_.empty(resting) || !passed(book_.best(resting))) return;
  const side taker = opposite(resting);
  if (random_.chance(act_.hit_fraction)) execute(taker, book_.depth(resting, efficient), efficient);
  std::vector<fill> stale;
  const auto& levels = book_.of(resting);
  if (resting == side::buy)
    for (auto it = levels.rbegin(); it != levels.rend() && passed(it->first); ++it)
      stale.push_back({it->first, it->second});
  else
    for (auto it = levels.begin(); it != levels.end() && passed(it->first); ++it)
      stale.push_back({it->first, it->second});
  for (const auto& f : stale) book_.cancel(resting, f.tick, f.lots);
  // What is left is pinned: orders that stand until somebody trades with them.
  if (!book_.empty(resting) && passed(book_.best(resting))) execute(taker, book_.depth(resting, efficient), efficient);
}

void market::add_orders(side s, double dt) {
  const double thickness = s == side::buy ? act_.bid_depth : act_.ask_depth;
  const std::int64_t away = s == side::buy ? -1 : 1;
  const side other = opposite(s);
  // A maker keeps the spread at a tick or a few.
  const double inside = s == side::buy ? std::floor(price_) : std::ceil(price_);
  const auto place = [&](std::int64_t distance) {
    std::int64_t tick = static_cast<std::int64_t>(inside) + away * distance;
    if (!book_.empty(other))
      tick = s == side::buy ? std::min(tick, book_.best(other) - 1) : std::max(tick, book_.best(other) + 1);
    book_.add(s, tick, rest_size(static_cast<double>(distance)));
  };
  if (book_.empty(s) || random_.chance(0.7)) place(random_.below(3));
  for (int n = random_.poisson(add_rate * thickness * dt); n > 0; --n) {
    const double u = random_.uniform();
    const double mean = u < 0.35 ? 0.3 : u < 0.75 ? 2.4 : 9.0;  // bp
    place(std::llround(std::min(random_.exponential(mean), farthest_bp * 0.95) * bp()));
  }
}

void market::cancel_orders(side s, double dt) {
  const double thickness = s == side::buy ? act_.bid_depth : act_.ask_depth;
  const auto& levels = book_.of(s);
  const double rate = cancel_rate / std::min(thickness, 1.0);
  for (int n = random_.poisson(static_cast<double>(levels.size()) * rate * dt); n > 0 && levels.size() > 8; --n) {
    const auto it = std::next(levels.begin(), random_.below(static_cast<std::int64_t>(levels.size())));
    const auto lots = random_.chance(0.6) ? it->second : std::max<std::int64_t>(1, it->second / 2);
    book_.cancel(s, it->first, lots);
  }
  const auto farthest = static_cast<std::int64_t>(farthest_bp * bp());
  const auto efficient = static_cast<std::int64_t>(price_);
  // From the far end. Orders that somebody means to keep stay where they are.
  std::vector<fill> strays;
  const auto is_stray = [&](const auto& level) {
    if (std::abs(level.first - efficient) <= farthest || levels.size() <= 8 + strays.size()) return false;
    strays.push_back({level.first, level.second});
    return true;
  };
  if (s == side::buy) std::find_if_not(levels.begin(), levels.end(), is_stray);
  else std::find_if_not(levels.rbegin(), levels.rend(), is_stray);
  for (const auto& stray : strays) book_.cancel(s, stray.tick, stray.lots);
}

void market::execute(side taker, std::int64_t lots, std::int64_t limit, std::vector<trade>& out) {
  fills_.clear();
  const side resting = opposite(taker);
  book_.take(taker, lots, limit, fills_);
  // A millisecond of its own for each taker order, so that the fills of one order can be told by their time.
  const std::int64_t ts = now_ - step_ns + std::min<std::int64_t>(++orders_in_step_, 24) * 1'000'000;
  for (const auto& f : fills_) {
    const std::uint64_t id = next_trade_id_++;
    out.push_back({ts, f.tick, f.lots, taker, id});
    if (f.order_id != 0) resting_fills_.push_back({f.order_id, f.tick, f.lots, id, ts});
    last_tick_ = f.tick;
    bars_.on_trade(ts, f.tick, f.lots);
    volume_second_ += static_cast<double>(f.lots);
    derivatives_.on_trade(static_cast<double>(f.lots) * (act_.opening + 0.15 * random_.normal()));
  }
  // Neither side is ever left empty: makers answer at once.
  if (book_.empty(resting)) {
    const std::int64_t tick = fills_.empty() ? last_tick_ : fills_.back().tick;
    book_.add(resting, resting == side::buy ? tick - 1 : tick + 1, rest_size(0));
  }
}

void market::take(side taker, std::int64_t lots, std::int64_t limit, std::vector<trade>& out) {
  const auto first = early_.size();
  execute(taker, lots, limit != 0 ? limit : taker == side::buy ? any_price : 1, early_);
  out.assign(early_.begin() + static_cast<std::ptrdiff_t>(first), early_.end());
}

bool market::rest(side s, std::int64_t tick, std::int64_t lots, std::uint64_t id) {
  return book_.rest(s, tick, lots, id);
}

std::int64_t market::withdraw(side s, std::int64_t tick, std::uint64_t id) {
  const auto lots = book_.withdraw(s, tick, id);
  if (book_.empty(s)) book_.add(s, tick, rest_size(0));
  return lots;
}

void market::place_layer(side s, const std::optional<layer>& l) {
  if (!l) return;
  const std::int64_t tick = s == side::buy ? book_.best(s) - l->distance : book_.best(s) + l->distance;
  if (!book_.add(s, tick, l->lots)) return;
  book_.pin(s, tick, l->lots);
  layers_.push_back({s, tick, l->lots});
}

void market::begin_phase(const phase& p) {
  act_ = p.act;
  phase_end_ = now_ + p.duration;
  place_layer(side::buy, act_.bid_layer);
  place_layer(side::sell, act_.ask_layer);
}

void market::end_phase() {
  for (const auto& l : layers_) {
    const auto left = std::min(l.lots, book_.pinned(l.where, l.tick));
    book_.unpin(l.where, l.tick, left);
    book_.cancel(l.where, l.tick, left);
  }
  layers_.clear();
  act_ = forces{};
}

void market::measure() {
  if (now_ < next_measure_) return;
  next_measure_ += second;
  const double m = mid();
  const double move_bp = std::log(m / last_mid_) * 1e4;
  last_mid_ = m;
  const double keep_variance = std::exp2(-1.0 / 900), keep_volume = std::exp2(-1.0 / 1800);
  variance_ = keep_variance * variance_ + (1 - keep_variance) * move_bp * move_bp;
  volume_rate_ = keep_volume * volume_rate_ + (1 - keep_volume) * volume_second_;
  volume_second_ = 0;
}

}  // namespace trapline::paper_venue
