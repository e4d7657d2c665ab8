// What the account holds, as far as the venue told: positions, open orders, plan orders, coins; and which fills were
// told already. Publishes each change, and each list again before it grows old.
//
// A list is published whole and bracketed: what is not in it does not exist. After a loss nothing is known until a
// complete list comes; a GAP says so before anything else, and open orders are published as UNKNOWN.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "batch.hpp"
#include "decode_private.hpp"
#include "ended_memory.hpp"
#include "feed_counters.hpp"
#include "fill_memory.hpp"
#include "log_limiter.hpp"
#include "options.hpp"
#include "order_table.hpp"

namespace trapline::mm_ws {

inline std::uint16_t exactness(bool inexact) noexcept { return inexact ? TRAPLINE_FLAG_INEXACT : std::uint16_t{0}; }

class account_store {
 public:
  // Latest mark price of a symbol, from wherever it is known.
  using mark_source = std::function<std::optional<sdk::decimal>(std::string_view symbol)>;
  // When what was pushed or listed was seen.
  struct seen {
    std::int64_t ts = 0;        // UTC ns, by the venue; 0 = not said
    std::int64_t received = 0;  // UTC ns
  };

  account_store(const options& o, outlet& out, log_limiter& log, feed_counters& counters);
  void set_marks(mark_source marks) { marks_ = std::move(marks); }

  // Pushes. All answer 0, or the TRAPLINE_GAP_* reason why it could not be published; then the owner calls lose().
  [[nodiscard]] std::uint8_t push_positions(std::span<const position_row> rows, bool complete, seen when);
  [[nodiscard]] std::uint8_t push_orders(std::span<const order_row> rows, std::span<const fill_row> fills, seen when);
  // What happened before `history_before` (UTC ns by the venue) is told as HISTORY.
  [[nodiscard]] std::uint8_t push_fills(std::span<const fill_row> rows, std::int64_t history_before, seen when);
  [[nodiscard]] std::uint8_t push_plans(std::span<const plan_row> rows, seen when);
  [[nodiscard]] std::uint8_t push_accounts(std::span<const account_row> rows, seen when);

  // Complete lists that were asked for at `asked_at` (monotonic). What was pushed since is newer and stays.
  [[nodiscard]] std::uint8_t list_positions(std::span<const position_row> rows, std::int64_t asked_at, seen when);
  // Open orders that are not in the list have ended meanwhile; how is to be asked for: `missing`, {symbol, id}.
  [[nodiscard]] std::uint8_t list_orders(std::span<const order_row> rows, std::int64_t asked_at, seen when,
                                         std::vector<std::pair<std::string, std::string>>& missing);
  [[nodiscard]] std::uint8_t list_plans(std::span<const plan_row> rows, std::int64_t asked_at, seen when);
  [[nodiscard]] std::uint8_t list_accounts(std::span<const account_row> rows, std::int64_t asked_at, seen when);
  // The venue does not know an open order any more: its end stays UNKNOWN.
  [[nodiscard]] std::uint8_t forget_order(const std::string& id, seen when);

  const fill_memory& fills() const noexcept { return fills_; }
  // Fills from `ts` on may be listed again.
  const order_table& orders() const noexcept { return orders_; }

  // Everything is uncertain from now on.
  void lose(std::uint8_t reason);
  bool known() const noexcept { return known_; }
  bool gap_pending() const noexcept { return gap_pending_; }
  // Tells what could not be told before. True: nothing is left to tell.
  bool settle();

  std::int64_t deadline() const;
  void advance();
  // Empty, or which list is older than three of its periods.
  std::string stale() const;

 private:
  struct held_position {
    std::string symbol;
    std::uint32_t instrument = 0;
    std::int64_t updated = 0, touched = 0;
    bool inexact = false;
    trapline_position payload{};
  };
  struct held_plan {
    std::string symbol;
    std::uint32_t instrument = 0;
    std::int64_t updated = 0, touched = 0;
    bool inexact = false;
    trapline_plan_order payload{};
  };
  struct held_account {
    bool inexact = false;
    trapline_account payload{};
  };
  enum list { positions, open_orders, plans, accounts, no_list };
  struct cadence {
    const char* name;
    std::int64_t period;
    bool complete = false;  // what is held is the whole list
    bool ever = false;      // it was published at least once
    std::int64_t published = 0, next = 0;
    std::int64_t newest = 0;  // UTC ns by the venue, of the latest complete list that was pushed
  };

  std::uint32_t instrument_of(std::string_view symbol);
  // Publishes the batch. `which`: the list that it is, whole; no_list: changes.
  std::uint8_t publish(list which, const char* what);
  std::uint8_t publish_positions(seen when);
  std::uint8_t publish_orders(seen when);
  std::uint8_t publish_plans(seen when);
  std::uint8_t publish_accounts(seen when);
  bool is_old(list which, seen when);
  bool hold(const position_row& row, std::int64_t now);
  std::uint8_t hold_accounts(std::span<const account_row> rows, seen when);
  struct new_fill {
    std::string key;
    std::int64_t ts;
  };
  // Adds those that were not told yet to the batch. False: there are too many.
  bool add_new_fills(std::span<const fill_row> rows, std::int64_t history_before, seen when,
                     std::vector<new_fill>& news);
  bool add_fill(const fill_row& row, std::uint16_t flags, seen when);
  void add_order(const order_table::entry& e, std::uint16_t flags, seen when);
  void reckon(held_position& p) const;
  bool tell_uncertain_orders();
  void differs(std::string_view what, std::string_view symbol, const std::string& text);

  const options& options_;
  outlet& out_;
  log_limiter& log_;
  feed_counters& counters_;
  mark_source marks_;
  std::uint32_t position_topic_, order_topic_, fill_topic_, plan_topic_, account_topic_;
  sdk::counter late_, lists_late_, repeated_, fills_repeated_, differences_;
  std::vector<std::pair<std::string, std::uint32_t>> instruments_;  // seen in private rows
  std::vector<held_position> positions_;
  std::map<std::pair<std::string, std::uint8_t>, held_plan> plans_;  // by (id, kind)
  std::map<std::string, held_account> accounts_;                     // by coin
  order_table orders_;
  fill_memory fills_;
  std::array<cadence, no_list> lists_;
  ended_memory ended_positions_;  // by (symbol, side)
  ended_memory ended_plans_;      // by (id, kind)
  // Monotonic; of the last complete list that was pushed.
  std::int64_t positions_pushed_ = INT64_MIN, accounts_pushed_ = INT64_MIN;
  bool known_ = false;  // something was published and nothing was lost since
  bool gap_pending_ = false, uncertain_pending_ = false;
  std::uint8_t gap_reason_ = 0;
  batch batch_;
};

}  // namespace trapline::mm_ws
