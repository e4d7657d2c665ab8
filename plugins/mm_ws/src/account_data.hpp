// The private connection's data: decodes what is pushed and hands it to the store; has it made whole again after a
// loss.
//
// With REST, the reconciler asks for everything. Without it the venue's own lists are all there is: positions and
// account are subscribed anew, after a loss and from time to time, for a push that never came leaves no trace.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "account_store.hpp"
#include "decode_private.hpp"
#include "feed_counters.hpp"
#include "frame.hpp"
#include "log_limiter.hpp"
#include "options.hpp"
#include "reconciler.hpp"
#include "session.hpp"

namespace trapline::mm_ws {

class account_data {
 public:
  // `started`: as in reconciler.
  account_data(const options& o, outlet& out, log_limiter& log, feed_counters& counters, rest_client& rest,
               std::int64_t started);

  std::vector<subscription> subscriptions() const;
  void attach(session& s) { session_ = &s; }
  void set_marks(account_store::mark_source marks) { store_.set_marks(std::move(marks)); }

  // As in market_data.
  bool decode(const frame_head& head, ondemand::value data);
  void take(const frame_head& head, std::int64_t received);
  void on_malformed() { lose(TRAPLINE_GAP_MALFORMED); }
  void on_acked(std::size_t i);
  // Another connection takes over without a gap; nothing that was pushed is missing, and it is looked whether that is
  // so.
  void rotate(session& s);
  void on_lost();
  void on_unavailable() { lose(TRAPLINE_GAP_DISCONNECT); }

  std::int64_t deadline() const;
  void advance();
  // Why the account's state cannot be relied upon, empty if it can.
  std::string uncertain() const;
  // It cannot be relied upon, and not only because it is just being looked at.
  bool unreliable() const {
    return by_rest_ ? !reconciler_.settled() && reconciler_.failing() : !store_.stale().empty();
  }
  // Empty, or what needs a person.
  std::string complaint() const { return by_rest_ && reconciler_.final_failure() ? reconciler_.trouble_text() : ""; }

 private:
  struct stream {
    subscription what;
    sdk::counter messages, rows;
    bool first = true;  // nothing was pushed since the subscription
    bool resync_pending = false;
    std::vector<std::int64_t> resyncs{};  // when, on the monotonic clock
  };

  std::size_t find(std::string_view wire) const noexcept;
  void lose(std::uint8_t reason);
  void resync(std::size_t i, std::int64_t now);
  void ask_in_turn(std::int64_t now);

  const options& options_;
  const dialect& dialect_;
  outlet& out_;
  log_limiter& log_;
  feed_counters& counters_;
  rest_client& rest_;
  session* session_ = nullptr;
  account_store store_;
  reconciler reconciler_;
  bool by_rest_ = false;  // on this connection
  sdk::counter other_products_;
  std::vector<stream> streams_;
  std::int64_t next_check_ = session::never;
  std::int64_t next_turn_;
  std::size_t turn_ = 0;  // the stream whose turn it was

  std::size_t current_ = 0, others_ = 0;  // rows of other products
  std::vector<position_row> positions_;
  std::vector<order_row> orders_;
  std::vector<fill_row> fills_;
  std::vector<plan_row> plans_;
  std::vector<account_row> accounts_;
};

}  // namespace trapline::mm_ws
