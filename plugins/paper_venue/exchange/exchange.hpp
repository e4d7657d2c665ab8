// The matching engine towards one account: checks an order, matches it against the market by price and time, rests
// what is left, books what is traded, fires plan orders, settles funding, liquidates.
//
// Pure: no sockets, no clock, no random numbers; `now` (UTC ns, venue time) comes with each call. Prices are ticks,
// sizes lots, money billionths of USDT. One thread. A refused call changes nothing and tells the sink nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "account.hpp"
#include "liquidity.hpp"
#include "order.hpp"
#include "refusal.hpp"

namespace trapline::paper_venue {

struct order_request {
  std::size_t symbol = 0;
  side direction = side::buy;  // of the trade
  bool closing = false;        // hedge mode only
  bool reduce_only = false;    // one-way mode only
  bool market = false;
  time_in_force force = time_in_force::gtc;  // of a limit order
  std::int64_t tick = 0;                     // of a limit order
  std::int64_t lots = 0;
  std::string client_id;                        // empty: the venue gives one
  bool reuse_client_id = false;                 // allowed once the order that had it is done (v3)
  std::int64_t take_profit = 0, stop_loss = 0;  // ticks, 0 = none
  order_origin origin = order_origin::client;
};

struct plan_request {
  std::size_t symbol = 0;
  plan_kind kind = plan_kind::trigger;
  trigger_price by = trigger_price::mark;
  std::int64_t trigger_tick = 0;
  std::int64_t execute_tick = 0;  // 0 = market
  side position = side::buy;      // that it closes; buy = long. Not for plan_kind::trigger
  side direction = side::buy;     // plan_kind::trigger only, as the next two
  bool closing = false, reduce_only = false;
  std::int64_t lots = 0;
  std::string client_id;
};

// An order as a client names it: the id wins over the client's own.
struct order_ref {
  std::uint64_t id = 0;
  std::string client_id;
};

// Told within the call that causes it, when everything is booked. Must not call the exchange but for its const part.
class exchange_sink {
 public:
  virtual ~exchange_sink() = default;
  virtual void on_order(const order& o) = 0;          // each new state
  virtual void on_execution(const execution& e) = 0;  // before the order's new state
  virtual void on_plan(const plan_order& p) = 0;
  virtual void on_position_closed(const position& p) = 0;
  virtual void on_funding(std::size_t symbol) = 0;  // the account has positions of it
};

class exchange {
 public:
  static constexpr std::size_t history_kept = 10'000;  // orders, executions, plans, closed positions: each

  // `instruments` and `markets` (one for each, in the same order) must outlive the exchange.
  exchange(std::int64_t balance, position_mode mode, const std::vector<instrument>& instruments,
           std::vector<liquidity*> markets, exchange_sink& sink);

  // --- what the account asks for. nullptr = done.
  const refusal* place(const order_request& r, std::int64_t now, order_ref& placed);
  const refusal* cancel(const order_ref& which, std::int64_t now, order_ref& canceled);
  // Of one symbol, or of all. Returns what was canceled.
  std::vector<order_ref> cancel_all(std::int64_t now, std::optional<std::size_t> symbol = {});
  // Keeps the order's id, loses its place in the queue. `lots` includes what is filled.
  const refusal* amend(const order_ref& which, std::int64_t tick, std::int64_t lots, std::int64_t now);
  // Cancels a limit order without a fill and places it anew (v2's modification).
  const refusal* replace(const order_ref& which, std::int64_t tick, std::int64_t lots, const std::string& new_client_id,
                         std::int64_t now, order_ref& placed);
  // A market order for all that is open of a position.
  const refusal* flash_close(std::size_t symbol, side position, std::int64_t now, order_ref& placed);
  const refusal* set_mode(position_mode mode);
  const refusal* set_leverage(std::size_t symbol, std::int64_t leverage);

  const refusal* place_plan(const plan_request& r, std::int64_t now, order_ref& placed);
  // `lots` 0 leaves the size; not for plans that close whole positions.
  const refusal* amend_plan(const order_ref& which, std::int64_t trigger_tick, std::int64_t execute_tick,
                            std::int64_t lots, std::int64_t now);
  const refusal* cancel_plan(const order_ref& which, std::int64_t now, order_ref& canceled);

  // --- what the market does
  // After each step of the symbol's market: books fills of resting orders, fires plans, liquidates.
  void on_step(std::size_t symbol, std::int64_t now);
  // At the end of each funding interval.
  void settle_funding(std::int64_t now);

  // --- what is there
  position_mode mode() const { return mode_; }
  const account& the_account() const { return account_; }
  const std::vector<instrument>& instruments() const { return instruments_; }
  const liquidity& market_of(std::size_t symbol) const { return *markets_[symbol]; }
  std::vector<std::int64_t> marks() const;  // ticks, by symbol
  const order* find(const order_ref& which) const;
  const plan_order* find_plan(const order_ref& which) const;
  const std::map<std::uint64_t, order>& orders() const { return orders_; }  // open and done, oldest first
  const std::map<std::uint64_t, plan_order>& plans() const { return plans_; }
  const std::deque<execution>& executions() const { return executions_; }  // oldest first
  const std::deque<position>& closed_positions() const { return closed_; }
  // Lots of a position that open closing orders have reserved.
  std::int64_t frozen(const position& p) const;
  std::int64_t order_margin() const;  // money, reserved by open orders
  std::int64_t available() const;     // money that new positions may use, never negative

 private:
  const refusal* check(const order_request& r, std::int64_t& lots) const;
  const refusal* check_price(const order_request& r) const;
  const refusal* check_presets(const order_request& r) const;
  const refusal* check_close(const order_request& r, std::int64_t& lots) const;
  const refusal* check_margin(const order_request& r, std::int64_t lots) const;
  const refusal* check_client_id(const std::string& id, bool reuse) const;
  const refusal* check_trigger(const plan_request& r, std::int64_t price) const;
  struct exposure {
    std::int64_t lots = 0;
    __int128 value = 0;  // sum of ticks * lots
  };
  exposure opening_orders(std::size_t symbol, side direction) const;
  std::int64_t margin_of(std::size_t symbol, side direction, const exposure& e) const;

  order& accept(const order_request& r, std::int64_t lots, std::int64_t now);
  void match(order& o, std::int64_t now);
  void book_fill(order& o, std::int64_t tick, std::int64_t lots, bool maker, std::uint64_t trade_id, std::int64_t ts);
  void book_resting_fills(std::size_t symbol, std::int64_t now);
  void end(order& o, cancel_cause why, std::int64_t now);
  void withdraw(order& o, cancel_cause why, std::int64_t now);
  void trim_reduce_only(std::size_t symbol, std::int64_t now);
  void plant_presets(const order& o, std::int64_t now);
  void drop_plans(std::size_t symbol, side position, std::int64_t now);
  void fire_plans(std::size_t symbol, std::int64_t now);
  void fire(plan_order& p, std::int64_t now);
  void liquidate(std::int64_t now);
  void forget();
  std::vector<order*> open_orders(std::size_t symbol);
  order* find_open(const order_ref& which);

  position_mode mode_;
  const std::vector<instrument>& instruments_;
  std::vector<liquidity*> markets_;
  exchange_sink& sink_;
  account account_;
  std::uint64_t next_id_ = 1'360'000'000'000'000'200u;
  std::map<std::uint64_t, order> orders_;
  std::map<std::uint64_t, plan_order> plans_;
  std::map<std::uint64_t, order*> open_;  // those of orders_ that are
  std::map<std::uint64_t, plan_order*> live_plans_;
  std::unordered_map<std::string, std::uint64_t> by_client_id_;  // of orders and of plans
  std::deque<execution> executions_;
  std::deque<position> closed_;
  std::vector<trade> trades_;
};

}  // namespace trapline::paper_venue
