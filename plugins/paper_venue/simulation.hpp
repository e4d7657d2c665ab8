// The synthetic exchange without its sockets: markets, scripts, account. Deterministic: the same settings and start
// give the same calls on the sink, whatever the steps in which advance() is called.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "account.hpp"
#include "book_feed.hpp"
#include "director.hpp"
#include "house_trader.hpp"
#include "market.hpp"
#include "settings.hpp"

namespace trapline::paper_venue {

// Receives what happens, in order. `symbol` is an index into the settings' list.
class simulation_sink {
 public:
  virtual ~simulation_sink() = default;
  virtual void on_episode(std::size_t symbol, const episode_truth& truth) = 0;
  virtual void on_trades(std::size_t symbol, const std::vector<trade>& trades) = 0;  // oldest first
  virtual void on_book(std::size_t symbol) = 0;  // the feed of the symbol has a new state
  virtual void on_ticker(std::size_t symbol) = 0;
  // The running bar changed; `closed`: the bar before it has just ended.
  virtual void on_candle(std::size_t symbol, bool closed) = 0;
  virtual void on_order(const order& o) = 0;  // after it, the positions are what the order made of them
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
  const account& the_account() const { return account_; }
  std::vector<std::int64_t> marks() const;  // ticks, by symbol
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
  account account_;
  simulation_sink& sink_;
  bool trader_;
  std::int64_t now_;
  std::uint64_t steps_ = 0;
  std::vector<order> orders_;
};

}  // namespace trapline::paper_venue
