// Private channels: positions, orders, account.
//
// A positions message is the complete list: what is not in it does not exist. A message that was not understood, or
// a lost connection, makes the state unknown: a GAP says so, and nothing is published before it. Then the lists are
// asked for again, which also happens from time to time without a loss: a push that never came leaves no trace.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "batch.hpp"
#include "decode_private.hpp"
#include "feed_counters.hpp"
#include "frame.hpp"
#include "log_limiter.hpp"
#include "options.hpp"
#include "session.hpp"
#include "trapline/abi/system.h"

namespace trapline::mm_ws {

class account_data {
 public:
  account_data(const options& o, outlet& out, log_limiter& log, feed_counters& counters);

  std::vector<subscription> subscriptions() const;
  void attach(session& s) { session_ = &s; }

  // As in market_data.
  bool decode(const frame_head& head, ondemand::value data);
  void take(const frame_head& head, std::int64_t received);
  void on_malformed();
  void on_lost();
  void on_unavailable() { lose(TRAPLINE_GAP_DISCONNECT); }

  std::int64_t deadline() const { return std::min(next_check_, next_reconcile_); }
  void advance();

 private:
  struct stream {
    subscription what;
    sdk::counter messages, rows;
    bool resync_pending = false;
    std::vector<std::int64_t> resyncs{};  // when, on the monotonic clock
  };

  std::size_t find(std::string_view channel) const noexcept;
  std::uint32_t instrument_of(std::string_view symbol);
  void publish(std::size_t i);
  void take_positions(std::size_t i, std::int64_t ts, std::int64_t received);
  void take_orders(std::size_t i, std::int64_t ts, std::int64_t received);
  void take_accounts(std::size_t i, std::int64_t ts, std::int64_t received);
  void lose(std::uint8_t reason);
  void resync(std::size_t i, std::int64_t now);
  void reconcile(std::int64_t now);
  void try_gap();

  const options& options_;
  const dialect& dialect_;
  outlet& out_;
  log_limiter& log_;
  feed_counters& counters_;
  session* session_ = nullptr;
  std::vector<stream> streams_;
  std::vector<std::pair<std::string, std::uint32_t>> instruments_;  // seen in private rows
  std::uint32_t position_topic_, order_topic_, account_topic_;
  bool known_ = false;  // a list was published and nothing was lost since
  bool gap_pending_ = false;
  std::uint8_t gap_reason_ = 0;
  std::int64_t next_check_ = session::never;
  std::int64_t next_reconcile_;
  std::size_t reconciled_ = 0;  // the stream whose turn it was

  std::size_t current_ = 0;
  std::vector<position_row> positions_;
  std::vector<order_row> orders_;
  std::vector<account_row> accounts_;
  batch batch_;
};

}  // namespace trapline::mm_ws
