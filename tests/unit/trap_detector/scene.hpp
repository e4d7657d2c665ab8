// A small scripted market that drives the detector directly: one instrument, a grid book, prices in whole dollars.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "detector.hpp"
#include "trapline/sdk/host.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::trap::test {

// A recorded event, so that a scene can be played again in other portions.
struct recorded {
  trapline_event head{};
  trapline_trade trade{};
  trapline_book book{};
  std::vector<trapline_level> levels;
  trapline_ticker ticker{};
  trapline_gap gap{};
};

struct told_signal {
  std::int64_t ts;
  trapline_signal s;
  std::vector<trapline_evidence> evidence;
  std::string id() const { return std::string(sdk::view(s.id)); }
  double item(std::string_view name) const {
    for (const auto& e : evidence)
      if (sdk::view(e.name) == name) return e.value;
    return std::nan("");
  }
};
struct told_matrix {
  std::int64_t ts;
  trapline_trap_matrix m;
  std::vector<trapline_matrix_row> rows;
};

class collector : public sink {
 public:
  std::string_view symbol(std::uint32_t instrument) override { return instrument == 1 ? "BTCUSDT" : "ETHUSDT"; }
  void signal(std::uint32_t, std::int64_t ts, const trapline_signal& s, std::span<const trapline_evidence> e) override {
    signals.push_back({ts, s, {e.begin(), e.end()}});
    append(&ts, sizeof ts), append(&s, sizeof s), append(e.data(), e.size_bytes());
  }
  void matrix(std::uint32_t, std::int64_t ts, const trapline_trap_matrix& m,
              std::span<const trapline_matrix_row> r) override {
    matrices.push_back({ts, m, {r.begin(), r.end()}});
    append(&ts, sizeof ts), append(&m, sizeof m), append(r.data(), r.size_bytes());
  }
  std::vector<told_signal> signals;
  std::vector<told_matrix> matrices;
  std::string bytes;

 private:
  void append(const void* p, std::size_t n) { bytes.append(static_cast<const char*>(p), n); }
};

inline void feed(detector& d, const recorded& r) {
  switch (r.head.type) {
    case TRAPLINE_EVENT_TRADE:
      d.on_trade(r.head, r.trade);
      break;
    case TRAPLINE_EVENT_BOOK_SNAPSHOT:
    case TRAPLINE_EVENT_BOOK_DELTA:
      d.on_book(r.head, r.book, r.levels);
      break;
    case TRAPLINE_EVENT_TICKER:
      d.on_ticker(r.head, r.ticker);
      break;
    case TRAPLINE_EVENT_GAP:
      d.on_gap(r.head, r.gap);
      break;
    default:
      break;
  }
}

// Round numbers only, short warm-up: the level of a scene is known (60,500 above 60,000).
inline settings scene_settings() {
  settings s;
  s.warmup = 300 * second;
  s.levels.swing_bars = {};
  s.levels.session = 0;
  return s;
}

class scene {
 public:
  static constexpr std::int64_t start = 1'700'000'040 * second;  // a whole minute
  static constexpr double level_size = 2.0;

  // Starts calm round `centre` for `calm_s` seconds: by default past the warm-up of scene_settings().
  explicit scene(int centre = 60460, settings s = scene_settings(), int calm_s = 600, bool with_oi = true)
      : core(std::move(s), out), with_oi_(with_oi), mid_(centre) {
    snapshot();
    calm(calm_s);
  }

  collector out;
  detector core;
  std::vector<recorded> tape;
  std::int64_t now = start;
  double oi = 100'000;
  double index_share = 1.0;             // how much of a move the index follows
  double bid_scale = 1, ask_scale = 1;  // of the depth of a side, from the next book event on

  double sig60() const { return core.find(1)->view().sig60_price(); }
  int mid() const { return mid_; }

  // --- single events
  void trade(double price, double size, int side, std::uint16_t flags = 0, std::int64_t ts = 0) {
    recorded r;
    r.head = sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1, ts ? ts : now, 0, flags);
    r.trade.price = std::llround(price * 10);
    r.trade.price_exp = -1;
    r.trade.size = std::llround(size * 1e4);
    r.trade.size_exp = -4;
    r.trade.aggressor_side = side > 0 ? TRAPLINE_SIDE_BUY : TRAPLINE_SIDE_SELL;
    play(std::move(r));
  }
  void snapshot() {
    rebuild();
    recorded r = book_event(TRAPLINE_EVENT_BOOK_SNAPSHOT);
    for (auto it = bids_.rbegin(); it != bids_.rend(); ++it) r.levels.push_back(level(it->first, it->second));
    for (const auto& [p, q] : asks_) r.levels.push_back(level(p, q));
    r.book.bid_count = static_cast<std::uint32_t>(bids_.size());
    r.book.ask_count = static_cast<std::uint32_t>(asks_.size());
    play(std::move(r));
  }
  // Moves the book to a mid (bid = mid, ask = mid + 1) and to the extra layers; sends what changed.
  void book(int mid) {
    mid_ = mid;
    const auto old_bids = bids_, old_asks = asks_;
    rebuild();
    recorded r = book_event(TRAPLINE_EVENT_BOOK_DELTA);
    const auto diff = [&](const auto& before, const auto& after) {
      std::uint32_t n = 0;
      for (const auto& [p, q] : before)
        if (!after.contains(p)) r.levels.push_back(level(p, 0)), ++n;
      for (const auto& [p, q] : after)
        if (const auto it = before.find(p); it == before.end() || it->second != q) r.levels.push_back(level(p, q)), ++n;
      return n;
    };
    r.book.bid_count = diff(old_bids, bids_);
    r.book.ask_count = diff(old_asks, asks_);
    play(std::move(r));
  }
  void ticker() {
    if (!with_oi_) return;
    recorded r;
    r.head = sdk::make_event(TRAPLINE_EVENT_TICKER, 3, 1, now);
    r.ticker.present = TRAPLINE_TICKER_OPEN_INTEREST | TRAPLINE_TICKER_MARK | TRAPLINE_TICKER_INDEX;
    r.ticker.price_exp = -1;
    r.ticker.size_exp = -1;
    r.ticker.open_interest = std::llround(oi * 10);
    r.ticker.mark = mid_ * 10;
    r.ticker.index = std::llround((index_base_ + (mid_ - index_base_) * index_share) * 10);
    play(std::move(r));
  }
  void gap(std::uint8_t channel) {
    recorded r;
    r.head = sdk::make_event(TRAPLINE_EVENT_GAP, 2, 1, now);
    r.gap.channel = channel;
    play(std::move(r));
  }

  // --- stretches of time, in steps of 100 ms
  // Mean-reverting noise of a few dollars and one coin a second, half bought, half sold.
  void calm(int seconds) {
    const int centre = mid_;
    for (int i = 0; i < seconds * 10; ++i) {
      const int pull = mid_ > centre + 5 ? -1 : mid_ < centre - 5 ? 1 : static_cast<int>(random() % 3) - 1;
      step(mid_ + pull, 0.1, random() % 2 ? 1.0 : 0.0);
    }
    settle(centre);
  }
  // Straight to a price; `volume` coins a second of which `buy_share` buys.
  void glide(int to, double seconds, double volume, double buy_share) {
    const int from = mid_, n = std::max(1, static_cast<int>(seconds * 10));
    for (int i = 1; i <= n; ++i)
      step(from + static_cast<int>(std::lround((to - from) * double(i) / n)), volume / 10, buy_share);
  }
  void hold(double seconds, double volume = 1.0, double buy_share = 0.5) { glide(mid_, seconds, volume, buy_share); }

  // Extra quantity at a price from the next book event on; 0 removes it.
  void layer(int price, double size) {
    if (size > 0) layers_[price] = size;
    else layers_.erase(price);
  }
  // Takers that this share of a second's volume meets the layer itself.
  std::function<void()> every_step = [] {};

  // --- what was told
  std::vector<told_signal> of(std::string_view prefix) const {
    std::vector<told_signal> v;
    for (const auto& s : out.signals)
      if (s.id().starts_with(prefix)) v.push_back(s);
    return v;
  }
  static std::string stages(const std::vector<told_signal>& v) {
    constexpr const char* names[] = {"-", "forming", "detected", "confirmed", "expired"};
    std::string text;
    for (const auto& s : v) text += (text.empty() ? "" : " ") + std::string(names[s.s.stage]);
    return text;
  }
  std::string stages(std::string_view prefix) const { return stages(of(prefix)); }
  double peak(std::string_view prefix) const {
    double p = 0;
    for (const auto& s : of(prefix)) p = std::max(p, s.s.probability);
    return p;
  }
  bool alarmed(std::string_view prefix) const {
    for (const auto& s : of(prefix))
      if (s.s.stage == TRAPLINE_STAGE_DETECTED || s.s.stage == TRAPLINE_STAGE_CONFIRMED) return true;
    return false;
  }
  // Highest probability of a class in the matrices.
  double row_peak(std::uint16_t pattern, std::uint8_t direction) const {
    double p = 0;
    for (const auto& m : out.matrices)
      for (const auto& r : m.rows)
        if (r.pattern == pattern && r.direction == direction) p = std::max(p, r.probability);
    return p;
  }

 private:
  void play(recorded r) {
    feed(core, r);
    tape.push_back(std::move(r));
  }
  void step(int mid, double volume, double buy_share) {
    now += 100'000'000;
    book(mid);
    const double bought = volume * buy_share, sold = volume - bought;
    if (bought > 1e-9) trade(mid_ + 1, bought, 1);
    if (sold > 1e-9) trade(mid_, sold, -1);
    if (now % second == 0) ticker();
    every_step();
  }
  void settle(int centre) {
    while (mid_ != centre) step(mid_ + (mid_ < centre ? 1 : -1), 0.1, 0.5);
  }
  void rebuild() {
    bids_.clear();
    asks_.clear();
    for (int i = 0; i < 80; ++i) {
      bids_[mid_ - i] = level_size * bid_scale;
      asks_[mid_ + 1 + i] = level_size * ask_scale;
    }
    for (const auto& [p, q] : layers_) {
      if (p <= mid_) bids_[p] += q;
      else asks_[p] += q;
    }
  }
  recorded book_event(std::uint16_t type) const {
    recorded r;
    r.head = sdk::make_event(type, 2, 1, now, 0, TRAPLINE_FLAG_LAST_IN_BATCH);
    r.book.price_exp = -1;
    r.book.size_exp = -2;
    return r;
  }
  static trapline_level level(int price, double size) { return {price * 10LL, std::llround(size * 100)}; }
  std::uint32_t random() { return seed_ = seed_ * 1664525u + 1013904223u, seed_ >> 16; }

  bool with_oi_;
  int mid_;
  double index_base_ = mid_;
  std::map<int, double> bids_, asks_, layers_;
  std::uint32_t seed_ = 12345;
};

}  // namespace trapline::trap::test
