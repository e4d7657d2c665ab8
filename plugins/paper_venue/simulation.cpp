#include "simulation.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace trapline::paper_venue {
namespace {

// In steps of 25 ms.
constexpr std::uint64_t book_every = 6;     // 150 ms
constexpr std::uint64_t ticker_every = 12;  // 300 ms
constexpr std::uint64_t candle_every = 40;  // 1 s

// Like Bitget's: beyond 2^53, so that nobody gets away with reading it as a double.
constexpr std::int64_t first_seq = 1'304'314'508'780'744'705;

constexpr double unit_value = 64'000;  // USDT: the order sizes of the model are those of BTC at this price

// Five significant digits before the decimals end: 64,000.0, 3,000.00, 2.00000.
instrument describe(const std::string& symbol, double price) {
  const int digits = static_cast<int>(std::floor(std::log10(price)));
  instrument i;
  i.symbol = symbol;
  i.price_exp = -std::clamp(5 - digits, 0, 7);
  i.size_exp = -std::clamp(digits, 0, 5);
  const double lots_per_unit = unit_value / price * std::pow(10.0, -i.size_exp);
  i.max_lots = std::max<std::int64_t>(1, std::llround(1200 * lots_per_unit));
  i.max_market_lots = std::max<std::int64_t>(1, std::llround(220 * lots_per_unit));
  return i;
}

market_settings market_of_price(const instrument& i, double price, std::uint64_t seed, std::int64_t start) {
  market_settings m;
  m.seed = seed;
  m.start_ts = start;
  m.start_tick = std::llround(price * std::pow(10.0, -i.price_exp));
  m.ticks_per_bp = static_cast<double>(m.start_tick) * 1e-4;
  m.lots_per_unit = unit_value / price * std::pow(10.0, -i.size_exp);
  return m;
}

// A seed of its own for each part, so that a change in one leaves the others as they are.
std::uint64_t derive(std::uint64_t seed, std::uint64_t symbol, std::uint64_t part) {
  return prng(seed * 0x100000001B3u + symbol * 16 + part).next();
}

}  // namespace

simulation::lane::lane(const market_settings& ms, const director_settings& d, std::uint64_t seed, std::size_t symbol)
    : m(ms),
      script_director(d, m, derive(seed, symbol, 1)),
      trader(symbol, derive(seed, symbol, 2), ms.start_ts),
      feed(first_seq + static_cast<std::int64_t>(symbol) * 1'000'000'007),
      seq_random(derive(seed, symbol, 3)),
      last_bar(m.minute_bars().all().back().start) {
  feed.publish(m.book(), 1);
}

simulation::simulation(const settings& s, std::int64_t start_ts, simulation_sink& sink)
    : sink_(sink), trader_(s.trader), now_(start_ts), next_funding_(derivatives::next_funding(start_ts)) {
  for (const auto& symbol : s.symbols) instruments_.push_back(describe(symbol, s.start_price));
  for (std::size_t i = 0; i < instruments_.size(); ++i)
    lanes_.push_back(std::make_unique<lane>(
        market_of_price(instruments_[i], s.start_price, derive(s.seed, i, 0), start_ts), s.episodes, s.seed, i));
  std::vector<liquidity*> markets;
  for (const auto& l : lanes_) markets.push_back(&l->m);
  exchange_ =
      std::make_unique<exchange>(std::llround(s.balance * 1e9), s.mode, instruments_, std::move(markets), sink_);
}

std::uint64_t simulation::decoys_played() const {
  std::uint64_t n = 0;
  for (const auto& l : lanes_) n += l->script_director.decoys_played();
  return n;
}

void simulation::advance(std::int64_t now) {
  while (now_ + market::step_ns <= now) {
    now_ += market::step_ns;
    ++steps_;
    for (std::size_t i = 0; i < lanes_.size(); ++i) step(i);
    if (now_ >= next_funding_) {
      exchange_->settle_funding(now_);
      next_funding_ = derivatives::next_funding(now_);
    }
  }
}

void simulation::step(std::size_t symbol) {
  lane& l = *lanes_[symbol];
  if (auto truth = l.script_director.advance(l.m)) {
    truth->price_exp = instruments_[symbol].price_exp;
    truth->id = truth->id * lanes_.size() + symbol;  // one number of its own for each, over all symbols
    sink_.on_episode(symbol, *truth);
  }
  l.m.step();
  const auto& trades = l.m.trades();
  if (!trades.empty()) {
    l.traded = true;
    l.recent.insert(l.recent.end(), trades.begin(), trades.end());
    if (l.recent.size() > recent_kept)
      l.recent.erase(l.recent.begin(), l.recent.end() - static_cast<std::ptrdiff_t>(recent_kept));
    sink_.on_trades(symbol, trades);
  }
  exchange_->on_step(symbol, now_);
  if (trader_) l.trader.advance(l.m, *exchange_);
  if (steps_ % book_every == 0 && l.feed.publish(l.m.book(), 1 + l.seq_random.below(100))) sink_.on_book(symbol);
  if (steps_ % ticker_every == 0) sink_.on_ticker(symbol);
  if (steps_ % candle_every == 0) {
    const auto running = l.m.minute_bars().all().back().start;
    const bool closed = running != l.last_bar;
    if (closed || l.traded) sink_.on_candle(symbol, closed);
    l.last_bar = running;
    l.traded = false;
  }
}

}  // namespace trapline::paper_venue
