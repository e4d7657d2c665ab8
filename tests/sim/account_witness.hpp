// Keeps the account as a consumer of the feed's events would, and compares it with the venue's: each fill once and as
// it was, orders that never move back, positions that were really held, and all of it equal when things are quiet.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "findings.hpp"
#include "trapline/abi/account.h"
#include "truth.hpp"

namespace trapline::sim {

class account_witness {
 public:
  // `stale`: how old a published position may be, ns.
  account_witness(const truth& t, findings& f, std::function<std::size_t(std::uint32_t)> symbol_of, std::int64_t stale);

  void on_event(const trapline_event& e, std::int64_t now);
  // The feed starts anew and knows nothing. `market_time`: of the venue; fills from before need not be told.
  void forget(std::int64_t market_time);

  // Everything is as it is at the venue: positions, open orders, plan orders, and every fill since the feed started was
  // told. Empty, or what differs.
  std::string difference() const;
  bool positions_known() const { return positions_known_; }
  std::size_t fills() const { return fills_.size(); }
  std::uint64_t flats() const { return flats_; }          // times that a position went from known to none
  std::uint64_t uncertain() const { return uncertain_; }  // orders that were said to be UNKNOWN
  std::size_t positions() const { return positions_.size(); }

 private:
  struct known_order {
    std::uint8_t status = 0;
    std::int64_t filled = 0;  // lots
  };
  using position_key = std::pair<std::size_t, std::uint8_t>;  // symbol, TRAPLINE_POSITION_*

  void on_position(const trapline_event& e, const trapline_position& p);
  void on_order(const trapline_event& e, const trapline_order& o);
  void on_fill(const trapline_event& e, const trapline_fill& f);
  void on_plan(const trapline_event& e, const trapline_plan_order& p);
  void check_positions();
  void blame(const std::string& what) { findings_.add(now_, what); }

  const truth& truth_;
  findings& findings_;
  std::function<std::size_t(std::uint32_t)> symbol_of_;
  std::int64_t stale_, now_ = 0, started_ = 0;

  std::map<position_key, std::int64_t> positions_, arriving_positions_;  // lots
  bool positions_known_ = false;
  std::map<std::string, known_order> open_, arriving_orders_;
  bool orders_known_ = false, order_list_open_ = false, plan_list_open_ = false, plans_known_ = false;
  std::map<std::string, known_order> ended_;
  std::set<std::pair<std::string, std::uint8_t>> plans_, arriving_plans_;
  std::set<truth::execution_key> fills_;
  std::uint64_t flats_ = 0, uncertain_ = 0;
};

}  // namespace trapline::sim
