// Which fills were published: each must be counted once, however often and in whatever order the venue repeats it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace trapline::mm_ws {

class fill_memory {
 public:
  // Pushes are repeated within seconds.
  static constexpr std::int64_t span = 48 * 3600 * 1'000'000'000LL;
  static constexpr std::size_t most = 100'000;

  bool knows(std::string_view trade_id) const { return ids_.contains(std::string(trade_id)); }

  // `ts`: when it happened, ns by the venue's clock; 0 = not said. False: known already.
  bool remember(std::string_view trade_id, std::int64_t ts) {
    if (!ids_.emplace(trade_id).second) return false;
    if (ts == 0) ts = newest_;
    newest_ = ts > newest_ ? ts : newest_;
    order_.emplace_back(ts, trade_id);
    while (order_.size() > most || order_.front().first < std::min(newest_ - span, keep_from_)) {
      ids_.erase(order_.front().second);
      order_.pop_front();
    }
    return true;
  }
  // The venue may list everything from `ts` on once more: an account that trades once a week still has last week's.
  void keep_from(std::int64_t ts) noexcept { keep_from_ = ts; }
  std::int64_t newest() const noexcept { return newest_; }  // 0 = none yet
  std::size_t size() const noexcept { return order_.size(); }

 private:
  std::unordered_set<std::string> ids_;
  std::deque<std::pair<std::int64_t, std::string>> order_;  // as they were learnt
  std::int64_t newest_ = 0;
  std::int64_t keep_from_ = INT64_MAX;
};

}  // namespace trapline::mm_ws
