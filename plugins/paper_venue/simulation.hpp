// The synthetic venue without its sockets: markets, scripts, exchange. Deterministic: the same settings, start and
// orders give the same calls on the sink, whatever the steps in which advance() is called.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "book_feed.hpp"
#include "director.hpp"
#include "exchange/exchange.hpp"
#include "house_trader.hpp"
#include "market.hpp"
#include "settings.hpp"

namespace trapline::paper_venue {

// Receives what happens, in order. `symbol` is an index into the settings' list.
class simulation_sink : public exchange_sink {
 public:
  virtual void on_episode(std::size_t symbol, const episode_truth& truth) = 0;
  virtual void on_trades(std::size_t symbol, const std::vector<trade>& trades) = 0;  // oldest first
  virtual void on_book(std::size_t symbol) = 0;  // the feed of the symbol has a new state
  virtual void on_ticker(std::size_t symbol) = 0;
  // The running bar changed; `closed`: the bar before it has just ended.
  virtual void on_candle(std::size_t symbol, bool closed) = 0;
};

class simulation {
 public:
  static constexpr std::size_t recent_kept = 100;  // trades, for a new subscriber

  simulation(const settings& s, std::int64_t start_ts, simulation_sink& sink);

  // Runs the markets up to `now` (venue time, UTC ns).
  void advance(std::int64_t now);

  std::int64_t now() const { return now_; }
  const std::vector<instrument>& instruments() const { return instruments_; }
  const market& market_of(std::size_t symbol) const { return lanes_[symbol]->m; }
  const book_feed& feed_of(std::size_t symbol) const { return lanes_[symbol]->feed; }
  const std::deque<trade>& recent_trades(std::size_t symbol) const { return lanes_[symbol]->recent; }  // oldest first
  exchange& the_exchange() { return *exchange_; }
  const exchange& the_exchange() const { return *exchange_; }
  std::uint64_t decoys_played() const;

 private:
  struct lane {
    lane(const market_settings& m, const director_settings& d, std::uint64_t seed, std::size_t symbol);
    market m;
    director script_director;
    house_trader trader;
    book_feed feed;
    prng seq_random;
    std::deque<trade> recent;
    std::int64_t last_bar;
    bool traded = false;  // since the last candle
  };

  void step(std::size_t symbol);

  std::vector<instrument> instruments_;
  std::vector<std::unique_ptr<lane>> lanes_;
  std::unique_ptr<exchange> exchange_;
  simulation_sink& sink_;
  bool trader_;
  std::int64_t now_;
  std::int64_t next_funding_;
  std::uint64_t steps_ = 0;
};

}  // namespace trapline::paper_venue
