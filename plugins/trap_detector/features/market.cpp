#include "features/market.hpp"

#include <algorithm>
#include <cmath>

#include "trapline/sdk/decimal.hpp"

namespace trapline::trap {

namespace {

// A window's rush orders or return against its own history. The floor keeps a quiet history from turning one
// ordinary trade into a huge score.
double z_score(double x, const ew_moments& history, double floor) noexcept {
  if (history.weight() < 60) return 0;
  const double sd = std::max(history.stddev(), floor);
  return sd > 0 ? (x - history.mean()) / sd : 0.0;
}

}  // namespace

bool market::advance(std::int64_t ts) noexcept {
  if (ts > now_) now_ = ts;
  const std::int64_t sec = now_ / second;
  if (!flow_.started()) {
    flow_.open(sec);
    return false;
  }
  const std::int64_t passed = sec - flow_.sec();
  if (passed <= 0) return false;
  close_second(passed);
  onset_.close_second(flow_, passed);
  flow_.open(sec);
  onset_.look_back(flow_);
  return true;
}

void market::close_second(std::int64_t passed) noexcept {
  second_bin& b = flow_.now();
  b.depth_bid = depth_[0][3];
  b.depth_ask = depth_[1][3];
  b.oi = open_interest();
  b.mark = mark_;
  b.index = index_price();

  // A minute without any event is a hole in the data, not a quiet market.
  const bool hole = passed > 60;
  // The mid where there is a book; trades only in a market whose book was never seen, because the bounce
  // between bid and ask would pass for volatility. No return is taken across a switch or a hole.
  const double reference = book_seen_ ? mid_ : price_;
  if (reference > 0 && reference_ > 0) {
    const double r = std::log(reference / reference_);
    squares_.add(r * r);
    if (!hole) squares_.add_zeros(passed - 1);
  }
  reference_ = hole ? 0.0 : reference;
  if (squares_.weight() > 0) {
    // One tick of a minute's move is the least that can be told apart.
    const double floor = reference > 0 ? tick() / reference / 7.745966692414834 : 0.0;
    sigma_ = std::max(std::sqrt(squares_.mean()), floor);
  }
  b.sigma = sigma_;

  if (price_ > 0) {
    vbar_.add(b.buy + b.sell);
    if (!hole) vbar_.add_zeros(passed - 1);
  }
  for (const double d : {b.depth_bid, b.depth_ask})
    if (d > 0) d10_.add(d);

  if (flow_.held() > 25 && b.close > 0) {
    double rush_buy = 0, rush_sell = 0;
    for (std::int64_t i = 0; i < 25; ++i) {
      rush_buy += flow_.bin(i).rush_buy;
      rush_sell += flow_.bin(i).rush_sell;
    }
    const double before = flow_.bin(25).close;
    const double ret = before > 0 ? std::log(b.close / before) : 0.0;
    rush_z_buy_ = z_score(rush_buy, rush_buy_, 1.0);
    rush_z_sell_ = z_score(rush_sell, rush_sell_, 1.0);
    return_z_ = z_score(ret, return_, sigma_ * 5.0 * 0.2);
    rush_buy_.add(rush_buy);
    rush_sell_.add(rush_sell);
    return_.add(ret);
  }
}

void market::on_trade(const trade_tick& t, bool history) noexcept {
  const std::int64_t ms = t.ts / 1'000'000;
  if (ms != group_.ms || t.side != group_.side) {
    close_group();
    group_ = {ms, t.side, t.price, t.price, 0};
  }
  ++group_.fills;
  group_.low = std::min(group_.low, t.price);
  group_.high = std::max(group_.high, t.price);

  second_bin& b = flow_.now();
  const bool first = b.trades++ == 0;
  b.high = first ? t.price : std::max(b.high, t.price);
  b.low = first ? t.price : std::min(b.low, t.price);
  b.close = t.price;
  if (t.side > 0) b.buy += t.size;
  else if (t.side < 0) b.sell += t.size;
  const double width = group_.high - group_.low;
  if (t.side > 0) {
    b.sweep_buy = std::max(b.sweep_buy, width);
    if (group_.fills == 2) b.rush_buy += 1;
  } else if (t.side < 0) {
    b.sweep_sell = std::max(b.sweep_sell, width);
    if (group_.fills == 2) b.rush_sell += 1;
  }
  if (!history || price_ == 0) price_ = t.price;
}

void market::close_group() noexcept {
  if (group_.fills > 0 && group_.side != 0) sweep_q99_.add(group_.high - group_.low);
}

bool market::on_snapshot(const trapline_book& head, std::span<const trapline_level> levels) noexcept {
  const bool was_valid = book_valid();
  if (!book_.snapshot(head, levels)) {
    invalidate_book();
    return false;
  }
  if (!was_valid) touch_ = {};
  after_book();
  return true;
}

void market::invalidate_book() noexcept {
  book_.invalidate();
  mid_ = 0;
  touch_ = {};
  depth_ = {};
  last_book_ = 0;
}

void market::after_book() noexcept {
  book_seen_ = true;
  if (last_book_ != 0) book_interval_.add(static_cast<double>(now_ - last_book_) * 1e-9);
  last_book_ = now_;
  if (!book_.two_sided()) {
    mid_ = 0;
    touch_ = {};
    depth_ = {};
    return;
  }
  const auto& bid = book_.at(book_side::bid, 0);
  const auto& ask = book_.at(book_side::ask, 0);
  if (touch_.bid > 0) {
    double e = 0;
    if (bid.price >= touch_.bid) e += bid.size;
    if (bid.price <= touch_.bid) e -= touch_.bid_size;
    if (ask.price <= touch_.ask) e -= ask.size;
    if (ask.price >= touch_.ask) e += touch_.ask_size;
    flow_.now().ofi += e;
  }
  touch_ = {bid.price, bid.size, ask.price, ask.size};
  mid_ = 0.5 * (bid.price + ask.price);
  if (price_ == 0) price_ = mid_;

  for (const auto s : {book_side::bid, book_side::ask}) {
    auto& out = depth_[static_cast<std::size_t>(s)];
    const double direction = s == book_side::bid ? -1 : 1;
    const std::size_t n = book_.count(s);
    double sum = 0;
    std::size_t i = 0;
    for (std::size_t band = 0; band < band_bp.size(); ++band) {
      const double reach = mid_ * band_bp[band] * 1e-4;
      for (; i < n && direction * (book_.at(s, i).price - mid_) <= reach; ++i) sum += book_.at(s, i).size;
      out[band] = sum;
    }
  }
}

void market::on_ticker(const trapline_ticker& t) noexcept {
  const auto take = [](std::int64_t mantissa, int exp, double& out) {
    const double v = sdk::to_double(mantissa, exp);
    if (!(v > 0) || !std::isfinite(v)) return false;
    out = v;
    return true;
  };
  if ((t.present & TRAPLINE_TICKER_OPEN_INTEREST) && take(t.open_interest, t.size_exp, oi_)) oi_ts_ = now_;
  if (t.present & TRAPLINE_TICKER_MARK) take(t.mark, t.price_exp, mark_);
  if ((t.present & TRAPLINE_TICKER_INDEX) && take(t.index, t.price_exp, index_)) index_ts_ = now_;
}

void market::see_price_exp(int exp) noexcept {
  if (exp_seen_ && exp >= price_exp_) return;
  price_exp_ = std::clamp(exp, -sdk::max_decimal_exp, sdk::max_decimal_exp);
  exp_tick_ = sdk::to_double(1, price_exp_);
  exp_seen_ = true;
}

double market::oi_ago(std::int64_t seconds) const noexcept {
  for (std::int64_t i = seconds; i < seconds + 10 && i < flow_.held(); ++i)
    if (const double v = i == 0 ? open_interest() : flow_.bin(i).oi; v > 0) return v;
  return 0;
}

}  // namespace trapline::trap
