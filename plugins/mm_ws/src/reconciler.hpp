// Asks by REST for what pushes may have lost: positions, open orders, fills, plan orders, coins. One cycle at a time;
// until the first one of a connection is complete, the account's state is uncertain.
//
// An answer that failed, or that is not whole, changes nothing: it never means flat.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "account_store.hpp"
#include "rest_lists.hpp"

namespace trapline::mm_ws {

class reconciler {
 public:
  // `started`: when the instance did, UTC ns by our clock; fills from before are HISTORY.
  reconciler(const options& o, outlet& out, log_limiter& log, rest_client& rest, account_store& store,
             std::int64_t started);

  // The account's pushes are subscribed: from now on nothing is lost between what is asked for and what is pushed.
  void begin();
  // A cycle at once, while everything counts as known.
  void check_soon() {
    if (active_ && !running_) next_cycle_ = out_.mono();
  }
  // Something was lost, or the connection is gone.
  void interrupt();

  // Whether a complete cycle ended since begin() or the last loss.
  bool settled() const noexcept { return settled_; }
  // Why it is not, or not any more; empty if all is well.
  const std::string& trouble_text() const noexcept { return why_; }
  // The latest cycle failed.
  bool failing() const noexcept { return failed_in_a_row_ > 0; }
  // The cause needs a person.
  bool final_failure() const noexcept { return final_; }

  std::int64_t deadline() const { return next_cycle_; }
  void advance();

 private:
  enum class step : std::uint8_t { positions, orders, details, fills, plans, accounts, done };

  void start_cycle();
  void next_step(step s);
  void ask_page(const rest_list& l, const std::string& after);
  bool on_page(const rest_list& l, const rest_answer& answer, ondemand::value* data);
  bool take_rows(ondemand::value rows, std::size_t& others);
  void complete_list();
  void ask_detail();
  bool on_detail(const rest_answer& answer, ondemand::value* data);
  void publish_failed(std::uint8_t reason);
  void fail(const rest_answer& answer);
  void finish();
  bool wants(channel_kind k) const noexcept;
  account_store::seen now_seen() const { return {0, out_.now()}; }

  const options& options_;
  const dialect& dialect_;
  outlet& out_;
  log_limiter& log_;
  rest_client& rest_;
  account_store& store_;
  const std::int64_t started_;
  sdk::counter cycles_, failures_;

  bool active_ = false, running_ = false, settled_ = false, final_ = false;
  bool fills_known_ = false;     // the list was read to its end, or to what was known, once
  std::int64_t fills_from_ = 0;  // UTC ns by the venue: read back to there
  std::uint64_t cycle_ = 0;
  unsigned failed_in_a_row_ = 0;
  std::int64_t next_cycle_ = INT64_MAX;
  std::int64_t confirmed_at_ = 0;  // monotonic; when the last complete cycle began
  std::int64_t began_at_ = 0;
  std::string why_;

  step step_ = step::done;
  std::int64_t asked_at_ = 0;  // monotonic; of the first page of the list
  std::size_t plan_list_ = 0;
  unsigned pages_ = 0, rounds_ = 0;
  std::vector<std::pair<std::string, std::string>> missing_;
  // Rows of a list, with their symbols: they outlive the pages.
  std::deque<std::string> symbols_;
  std::vector<position_row> positions_;
  std::vector<order_row> orders_;
  std::vector<fill_row> fills_;
  std::vector<plan_row> plans_;
  std::vector<account_row> accounts_;
};

}  // namespace trapline::mm_ws
