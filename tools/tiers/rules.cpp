// The rules of thumb that every table shows beside the detectors.
#include <algorithm>
#include <array>
#include <cmath>
#include <deque>

#include "contest.hpp"

namespace tiers {

namespace {

constexpr std::int64_t second = trap::second, minute = trap::minute;

class rule : public contestant {
 public:
  using contestant::contestant;
  void candle(std::int64_t, const trapline_candle&) override {}
  void trade(std::int64_t, const trapline_trade&) override {}
  void book(std::int64_t, bool, const trapline_book&, std::span<const trapline_level>) override {}
  void ticker(std::int64_t, const trapline_ticker&) override {}
  const std::vector<alarm>& alarms() const override { return alarms_; }
  const std::vector<reading>& readings() const override { return readings_; }

 protected:
  void tell(std::int64_t ts, pattern what, bool up, double level, double probability) {
    alarms_.push_back({ts, what, up, level, probability});
    readings_.push_back({ts, what, up, static_cast<float>(probability)});
  }

 private:
  std::vector<alarm> alarms_;
  std::vector<reading> readings_;
};

double price_of(const trapline_trade& t) { return trapline::sdk::to_double(t.price, t.price_exp); }

class price_only final : public rule {
 public:
  price_only() : rule("price only") {}
  void candle(std::int64_t, const trapline_candle& c) override {
    minutes_.push_back({trapline::sdk::to_double(c.high, c.price_exp), trapline::sdk::to_double(c.low, c.price_exp)});
    if (minutes_.size() > 60) minutes_.pop_front();
  }
  void trade(std::int64_t ts, const trapline_trade& t) override {
    const double p = price_of(t);
    if (ts / minute != minute_) {
      if (minute_ != 0) minutes_.push_back({high_, low_});
      if (minutes_.size() > 60) minutes_.pop_front();
      minute_ = ts / minute;
      high_ = low_ = p;
    }
    high_ = std::max(high_, p), low_ = std::min(low_, p);
    if (ts / second == second_) return;
    second_ = ts / second;
    seconds_.push_back(p);
    if (seconds_.size() > 180) seconds_.pop_front();
    for (const bool up : {true, false}) level(ts, up, p), move(ts, up, p);
  }

 private:
  struct bar {
    double high, low;
  };
  struct side {
    double level = 0;
    std::int64_t broken = 0;
    double start = 0, extreme = 0;
    std::int64_t extreme_at = 0, rest = 0;
  };
  void level(std::int64_t ts, bool up, double p) {
    side& s = sides_[up];
    const double to = up ? 1 : -1;
    if (s.level == 0) {
      if (minutes_.size() < 60) return;
      double x = up ? minutes_[0].high : minutes_[0].low;
      for (const auto& b : minutes_) x = up ? std::max(x, b.high) : std::min(x, b.low);
      if (to * (p - x) > 0) s.level = x, s.broken = ts;
      return;
    }
    if (to * (p - s.level) < 0) {
      tell(ts, ts - s.broken <= 120 * second ? pattern::stop_hunt : pattern::range_trap, up, s.level, 0.7);
      s.level = 0;
    } else if (ts - s.broken > 30 * minute) {
      s.level = 0;
    }
  }
  void move(std::int64_t ts, bool up, double p) {
    side& s = sides_[up];
    const double to = up ? 1 : -1;
    if (s.start > 0) {
      if (to * (p - s.extreme) > 0) s.extreme = p, s.extreme_at = ts;
      const bool back = to * (s.extreme - p) >= 0.5 * to * (s.extreme - s.start);
      if (back) tell(ts, pattern::fake_move, up, 0, 0.7);
      if (back || ts - s.extreme_at > 15 * minute) s.start = 0, s.rest = ts + 5 * minute;
      return;
    }
    if (ts < s.rest) return;
    const double from =
        up ? *std::min_element(seconds_.begin(), seconds_.end()) : *std::max_element(seconds_.begin(), seconds_.end());
    if (to * (p / from - 1) < 0.006) return;
    s.start = from, s.extreme = p, s.extreme_at = ts;
    tell(ts, pattern::move, up, 0, 0.7);
  }
  std::deque<bar> minutes_;
  std::deque<double> seconds_;
  double high_ = 0, low_ = 0;
  std::int64_t minute_ = 0, second_ = 0;
  std::array<side, 2> sides_;
};

class volume_z final : public rule {
 public:
  volume_z() : rule("volume z") {}
  void trade(std::int64_t ts, const trapline_trade& t) override {
    if (ts / second != second_) {
      if (second_ != 0) close(ts);
      second_ = ts / second;
    }
    const double v = trapline::sdk::to_double(t.size, t.size_exp);
    (t.aggressor_side == TRAPLINE_SIDE_BUY ? buy_ : sell_) += v;
    last_ = price_of(t);
  }

 private:
  void close(std::int64_t ts) {
    window_.push_back({buy_, sell_});
    buy_ = sell_ = 0;
    if (window_.size() > 5) window_.pop_front();
    double b = 0, s = 0;
    for (const auto& w : window_) b += w.first, s += w.second;
    const double v = b + s, deviation = std::sqrt(std::max(1e-12, square_ - mean_ * mean_));
    if (++seen_ > 900 && v > mean_ + 6 * deviation && ts >= rest_) {
      for (std::size_t p = 0; p <= static_cast<std::size_t>(pattern::move); ++p)
        tell(ts, static_cast<pattern>(p), b > s, last_, 0.7);
      rest_ = ts + minute;
    }
    const double a = seen_ < 900 ? 1.0 / seen_ : 1.0 / 1800;
    mean_ += a * (v - mean_);
    square_ += a * (v * v - square_);
  }
  std::deque<std::pair<double, double>> window_;
  double buy_ = 0, sell_ = 0, mean_ = 0, square_ = 0, last_ = 0;
  std::int64_t second_ = 0, rest_ = 0;
  int seen_ = 0;
};

class large_cancel final : public rule {
 public:
  large_cancel() : rule("naive large cancel") {}
  void trade(std::int64_t, const trapline_trade& t) override {
    last_ = price_of(t);
    if (auto* s = find(t.price)) s->traded += trapline::sdk::to_double(t.size, t.size_exp);
  }
  void book(std::int64_t ts, bool snapshot, const trapline_book& b, std::span<const trapline_level> l) override {
    if (snapshot) sizes_.clear();
    for (std::size_t i = 0; i < l.size(); ++i) change(ts, i < b.bid_count, l[i], b);
  }

 private:
  static constexpr double large = 30;  // coins
  struct standing {
    double size = 0, traded = 0;
    std::int64_t since = 0;
  };
  standing* find(std::int64_t price) {
    const auto it = sizes_.find(price);
    return it == sizes_.end() ? nullptr : &it->second;
  }
  void change(std::int64_t ts, bool bid, const trapline_level& l, const trapline_book& b) {
    const double size = trapline::sdk::to_double(l.size, b.size_exp);
    standing* s = find(l.price);
    if (s && s->size - size - s->traded >= large) {
      const double price = trapline::sdk::to_double(l.price, b.price_exp);
      if (ts - s->since >= 300 * 1'000'000 && ts >= rest_[bid] && std::abs(price / last_ - 1) < 25e-4) {
        tell(ts, pattern::spoofing, bid, price, 0.7);
        tell(ts, pattern::layering, bid, price, 0.7);
        rest_[bid] = ts + 30 * second;
      }
    }
    if (size < large) {
      if (s) sizes_.erase(l.price);
    } else if (!s) {
      sizes_[l.price] = {size, 0, ts};
    } else {
      s->size = size;
    }
  }
  std::map<std::int64_t, standing> sizes_;
  double last_ = 0;
  std::array<std::int64_t, 2> rest_{};
};

}  // namespace

std::unique_ptr<contestant> price_rule() { return std::make_unique<price_only>(); }
std::unique_ptr<contestant> volume_rule() { return std::make_unique<volume_z>(); }
std::unique_ptr<contestant> cancel_rule() { return std::make_unique<large_cancel>(); }

}  // namespace tiers
