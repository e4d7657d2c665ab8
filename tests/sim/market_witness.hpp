// Compares the public data that the feed publishes with what was at the venue: books state by state, trades one by one,
// closed bars.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string_view>
#include <vector>

#include "findings.hpp"
#include "trapline/sdk/book.hpp"
#include "truth.hpp"

namespace trapline::sim {

class market_witness {
 public:
  // `every_trade`: a trade that is left out without a word is a finding. Not where the venue itself withholds frames:
  // its trades carry no sequence numbers, so that nobody can know.
  market_witness(const truth& t, findings& f, bool every_trade);

  // `now`: of the simulation, ns. `symbol`: of the event's instrument.
  void on_event(const trapline_event& e, std::size_t symbol, std::int64_t now);
  // The feed starts anew and knows nothing.
  void forget();
  // From here on nothing is withheld, and what was has been noticed: the next trade begins the row anew.
  void watch_every_trade(bool on);

  bool book_valid(std::size_t symbol) const { return symbols_[symbol].book.valid(); }
  std::uint64_t book_seq(std::size_t symbol) const { return symbols_[symbol].book.venue_seq(); }
  struct totals {
    std::uint64_t books = 0, gaps = 0, partial = 0, trades = 0, bars = 0;  // partial: of the small channel
    std::int64_t longest_gap = 0;                                          // ns that a book was invalid
  };
  const totals& counts() const { return counts_; }
  std::uint64_t gaps(std::size_t symbol) const { return symbols_[symbol].gaps; }

 private:
  struct state {
    sdk::book book;
    std::set<std::uint64_t> published;  // trades
    std::uint64_t last_place = 0;       // of the newest trade, 0 = none to join to
    std::uint64_t gaps = 0;
    std::int64_t invalid_since = -1;
    std::int64_t last_bar = 0;
  };
  void check_book(const trapline_event& e, const trapline_book& b, std::size_t symbol);
  void check_trade(const trapline_event& e, const trapline_trade& t, std::size_t symbol);
  void check_bar(const trapline_candle& c, std::size_t symbol);
  void blame(std::size_t symbol, const std::string& what);

  const truth& truth_;
  findings& findings_;
  bool every_trade_;
  std::int64_t now_ = 0;
  std::vector<state> symbols_;
  totals counts_;
};

}  // namespace trapline::sim
