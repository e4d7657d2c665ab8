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

std::int64_t market::advance(std::int64_t ts) noexcept {
  if (ts > now_) now_ = ts;
  pulse_.advance(now_);
  const std::int64_t sec = now_ / second;
  if (!flow_.started()) {
    flow_.open(sec);
    return 0;
  }
  const std::int64_t passed = sec - flow_.sec();
  if (passed <= 0) return 0;
  close_second(passed);
  onset_.close_second(flow_, passed);
  flow_.open(sec);
  onset_.look_back(flow_);
  return passed;
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
    squares_.add(truncated(r * r));
    if (!hole) squares_.add_zeros(passed - 1);
    scale_calm(r * r, passed, hole);
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
    scale_bursts(b, passed, hole);
  }
  for (const double d : {b.depth_bid, b.depth_ask})
    if (d > 0) d10_.add(d);

  if (flow_.held() > 25 && b.close > 0) {
    const double rush_buy = flow_.rush(1), rush_sell = flow_.rush(-1);
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

// A jump is no volatility (truncated realised variance, Mancini 2009): what goes beyond four deviations of the seconds
// in which the price moved at all counts as four. One second of news would otherwise double the scale for a quarter of
// an hour, in which nothing stands out. Of all seconds' deviation the bound must not be: in a market that moves once a
// minute each move goes beyond it, and the scale would shrink without end. Should the market have become as wild as the
// jump, four deviations a second widen the scale within minutes. The first two minutes of moves have no bound yet.
double market::truncated(double squared_return) noexcept {
  constexpr double most = 4;
  if (squared_return == 0) return 0;
  const double bound = moves_.weight() < 120 ? squared_return : most * most * moves_.mean();
  const double out = std::min(squared_return, bound);
  moves_.add(out);
  return out;
}

// What a second's volume and orders say about bursts.
void market::scale_bursts(const second_bin& b, std::int64_t passed, bool hole) noexcept {
  branching_.add(b.orders);
  order_rate_.add(b.orders);
  if (!hole) {
    branching_.add_zeros(passed - 1);
    order_rate_.add_zeros(passed - 1);
  }
  for (const bool buy : {false, true}) {
    ew_moments& history = buy ? two_buy_ : two_sell_;
    usual& u = usual_two_[buy];
    history.add(buy ? flow_.buy(flow::two) : flow_.sell(flow::two));
    // The floor keeps an even flow from turning one ordinary order into a huge score.
    u = {history.mean(), history.weight() < 60 ? 0.0 : std::max(history.stddev(), 0.25 * history.mean())};
  }
}

void market::scale_calm(double squared_return, std::int64_t passed, bool hole) noexcept {
  squares_5min_.add(squared_return);
  if (!hole) squares_5min_.add_zeros(passed - 1);
  double ratio = 0;
  if (squares_5min_.weight() >= 60) {
    const double now = std::sqrt(squares_5min_.mean());
    calm_q30_.add(now);
    const double q30 = calm_q30_.value();
    ratio = calm_q30_.samples() >= 60 && q30 > 0 ? now / q30 : 0.0;
  }
  calm_[calm_next_] = ratio;
  calm_next_ = static_cast<std::uint8_t>((calm_next_ + 1) % calm_.size());
}

void market::on_trade(const trade_tick& t, bool history) noexcept {
  second_bin& b = flow_.now();
  const std::int64_t ms = t.ts / 1'000'000;
  if (ms != group_.ms || t.side != group_.side) {
    close_group();
    group_ = {ms, t.side, t.price, t.price, 0, false};
    ++b.orders;
    if (t.side != 0) {
      orders_.add(t.side, t.ts);
      onset_.on_order(t.side);
    }
  }
  ++group_.fills;
  group_.low = std::min(group_.low, t.price);
  group_.high = std::max(group_.high, t.price);
  if (!group_.swept && group_.high > group_.low) {
    group_.swept = true;
    if (t.side > 0) ++b.sweeps_buy;
    else if (t.side < 0) ++b.sweeps_sell;
  }
  if (t.side != 0) pulse_.on_trade(t.side > 0 ? book_side::ask : book_side::bid, t.size);

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

// The sum of the order flow imbalance over the ten best levels: level by level as for the touch.
void market::flow_of_ten_levels() noexcept {
  double flow = 0;
  for (const auto s : {book_side::bid, book_side::ask}) {
    const auto i = static_cast<std::size_t>(s);
    const double direction = s == book_side::bid ? 1 : -1;
    const std::size_t n = std::min<std::size_t>(ten_[i].size(), book_.count(s));
    for (std::size_t k = 0; k < n; ++k) {
      const auto now = book_.at(s, k);
      if (k < ten_count_[i]) {
        const auto& before = ten_[i][k];
        const double better = direction * (now.price - before.price);
        if (better >= 0) flow += direction * now.size;
        if (better <= 0) flow -= direction * before.size;
      }
      ten_[i][k] = now;
    }
    ten_count_[i] = n;
  }
  flow_.now().ofi10 += flow;
}

void market::invalidate_book() noexcept {
  book_.invalidate();
  mid_ = 0;
  touch_ = {};
  ten_count_ = {};
  depth_ = {};
  pulse_.reset();
  last_book_ = 0;
}

void market::after_book() noexcept {
  book_seen_ = true;
  if (last_book_ != 0) book_interval_.add(static_cast<double>(now_ - last_book_) * 1e-9);
  last_book_ = now_;
  if (!book_.two_sided()) {
    mid_ = 0;
    touch_ = {};
    ten_count_ = {};
    depth_ = {};
    pulse_.reset();
    return;
  }
  const auto bid = book_.at(book_side::bid, 0);
  const auto ask = book_.at(book_side::ask, 0);
  if (touch_.bid > 0) {
    double e = 0;
    if (bid.price >= touch_.bid) e += bid.size;
    if (bid.price <= touch_.bid) e -= touch_.bid_size;
    if (ask.price <= touch_.ask) e -= ask.size;
    if (ask.price >= touch_.ask) e += touch_.ask_size;
    flow_.now().ofi += e;
  }
  touch_ = {bid.price, bid.size, ask.price, ask.size};
  flow_of_ten_levels();
  mid_ = 0.5 * (bid.price + ask.price);
  if (price_ == 0) price_ = mid_;

  for (const auto s : {book_side::bid, book_side::ask}) {
    auto& out = depth_[static_cast<std::size_t>(s)];
    auto& levels = levels_[static_cast<std::size_t>(s)];
    const double* const touch = book_.sizes(s).data() + book_.count(s);
    // Four sums side by side: one after the other they would wait for each other.
    double sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    const double* at = touch;
    for (std::size_t band = 0; band < band_bp.size(); ++band) {
      levels[band] = book_.within(s, mid_, mid_ * band_bp[band] * 1e-4, levels[band]);
      const double* const end = touch - levels[band];
      for (; at - end >= 4; at -= 4) {
        sum0 += at[-1];
        sum1 += at[-2];
        sum2 += at[-3];
        sum3 += at[-4];
      }
      while (at > end) sum0 += *--at;
      out[band] = (sum0 + sum1) + (sum2 + sum3);
    }
  }
  pulse_.on_book(depth_[0][3], depth_[1][3], mid_);
}

void market::on_ticker(const trapline_ticker& t) noexcept {
  const auto take = [](std::int64_t mantissa, int exp, double& out) {
    const double v = amount(mantissa, exp);
    if (!(v > 0)) return false;
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
