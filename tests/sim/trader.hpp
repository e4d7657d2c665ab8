// Trades the venue's account at random, from a seed: limit and market orders, cancels, take profits and stop losses, in
// either position mode. What the private channels tell comes from here.
#pragma once

#include <cstdint>
#include <vector>

#include "prng.hpp"
#include "simulation.hpp"

namespace trapline::sim {

class trader {
 public:
  // `pause`: mean seconds of the market's time between two actions.
  trader(std::uint64_t seed, double pause) : random_(seed), pause_(pause) {}

  // After each step of the markets.
  void advance(paper_venue::simulation& s);
  bool active = true;
  // Nothing of the account is left that could change by itself, but for open positions' marks.
  static void clear(paper_venue::simulation& s);
  std::uint64_t actions() const { return actions_; }

 private:
  void act(paper_venue::simulation& s, std::size_t symbol);
  void open(paper_venue::simulation& s, std::size_t symbol);
  void close(paper_venue::simulation& s, const paper_venue::position& p);
  void protect(paper_venue::simulation& s, const paper_venue::position& p);
  void cancel_one(paper_venue::simulation& s);

  paper_venue::prng random_;
  double pause_;
  std::int64_t next_ = 0;
  std::uint64_t actions_ = 0;
};

}  // namespace trapline::sim
