// What the bridge knows about the feed, the account and the market: the source of all documents.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "environment.hpp"
#include "trapline/abi/account.h"
#include "trapline/abi/event.h"
#include "trapline/abi/market.h"
#include "trapline/abi/signal.h"
#include "trapline/sdk/decimal.hpp"

namespace trapline::redis_bridge {

struct feed_view {
  std::string name;  // instance of the feed
  trapline_feed_status status{};
  std::int64_t received = 0;  // UTC ns
};

// Prices of one instrument.
struct quote_view {
  std::optional<sdk::decimal> last, mark, volume_24h, high_24h, low_24h;
  std::int64_t last_ts = 0;                           // UTC ns, event time of `last`
  std::int64_t last_received = 0, mark_received = 0;  // UTC ns
};

struct position_view {
  std::uint32_t instrument = 0;
  trapline_position p{};
  std::int64_t ts = 0;        // UTC ns, event time
  std::int64_t received = 0;  // UTC ns
};

// How far a list of the account can be trusted.
enum class list_state { unknown, complete, suspect };  // suspect: events were lost since the last complete list

template <class Item>
struct account_list {
  std::vector<Item> items;
  std::vector<Item> incoming;  // of a list that is not complete yet
  bool receiving = false;
  bool discarding = false;  // what comes up to the next end of a list may be the rest of a list whose beginning is lost
  list_state state = list_state::unknown;
  std::int64_t updated = 0;  // UTC ns, received
};

struct order_view {
  std::uint32_t instrument = 0;
  trapline_order o{};
  std::int64_t ts = 0;
};

struct plan_view {
  std::uint32_t instrument = 0;
  trapline_plan_order p{};
  std::int64_t ts = 0;
};

struct account_view {
  trapline_account a{};
};

// A change of a position, for its history.
struct position_change {
  const char* what;        // `observed`, `opened`, `increased`, `reduced`, `closed`
  position_view position;  // as it is now; as it was, for `closed`
};

struct matrix_view {
  trapline_trap_matrix head{};
  std::vector<trapline_matrix_row> rows;
  std::uint32_t instrument = 0;
  std::int64_t ts = 0, received = 0;
  double previous_probability = 0;  // of the report before it
  bool has_previous = false;
};

// Which documents an event has touched.
struct touched {
  bool status = false, status_changed = false, positions = false, orders = false, account = false, matrix = false,
       price = false;
};

class world {
 public:
  explicit world(environment& env) : env_(env) {}

  touched apply(const trapline_event& e);
  // Changes since the last call.
  std::vector<position_change> take_position_changes() { return std::exchange(changes_, {}); }

  // The instrument that the keys without a symbol speak of: the first one seen whose symbol starts with BTC.
  std::uint32_t price_instrument() const { return btc_; }
  const quote_view* quote(std::uint32_t instrument) const;
  const std::vector<feed_view>& feeds() const { return feeds_; }
  // Those that said that they stop, and nothing since `before` (UTC ns): they were removed or have another name now.
  void forget_stopped_feeds(std::int64_t before) {
    std::erase_if(feeds_,
                  [&](const auto& f) { return f.status.state == TRAPLINE_FEED_STOPPED && f.received < before; });
  }
  const account_list<position_view>& positions() const { return positions_; }
  const account_list<order_view>& orders() const { return orders_; }
  // Plan orders that wait for their trigger.
  const account_list<plan_view>& plans() const { return plans_; }
  const account_list<account_view>& accounts() const { return accounts_; }
  const std::optional<matrix_view>& matrix() const { return matrix_; }
  // The position that current_position shows: of the BTC instrument if there is one, else the largest by entry value.
  const position_view* main_position() const;

 private:
  touched on_status(const trapline_event& e, const trapline_feed_status& s);
  touched on_position(const trapline_event& e, const trapline_position& p);
  touched on_order(const trapline_event& e, const trapline_order& o);
  touched on_plan(const trapline_event& e, const trapline_plan_order& p);
  touched on_account(const trapline_event& e, const trapline_account& a);
  touched on_matrix(const trapline_event& e, const trapline_trap_matrix& m);
  touched on_trade(const trapline_event& e, const trapline_trade& t);
  touched on_ticker(const trapline_event& e, const trapline_ticker& t);
  touched on_gap(const trapline_event& e, const trapline_gap& g);
  quote_view& quote_of(std::uint32_t instrument);
  bool was_closed(std::string_view id) const;
  void remember_closed(std::string id) { closed_[next_closed_++ % closed_.size()] = std::move(id); }
  void set_last(quote_view& q, sdk::decimal price, const trapline_event& e);
  void compare_positions(const std::vector<position_view>& before, bool first_list);

  environment& env_;
  std::vector<feed_view> feeds_;
  std::map<std::uint32_t, quote_view> quotes_;
  account_list<position_view> positions_;
  account_list<order_view> orders_;
  account_list<plan_view> plans_;
  // Ids of the orders and plan orders that were closed last: a late report does not bring them back.
  std::array<std::string, 256> closed_;
  std::size_t next_closed_ = 0;
  account_list<account_view> accounts_;
  std::vector<position_change> changes_;
  std::optional<matrix_view> matrix_;
  std::uint32_t btc_ = 0;
};

}  // namespace trapline::redis_bridge
