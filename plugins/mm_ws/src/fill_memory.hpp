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

// What tells executions apart. A trade with oneself is two of them: one trade, two orders.
inline std::string execution_key(std::string_view trade_id, std::string_view order_id) {
  std::string out(trade_id);
  out += '\n';  // in no id
  out += order_id;
  return out;
}

class fill_memory {
 public:
  // Pushes are repeated within seconds.
  static constexpr std::int64_t span = 48 * 3600 * 1'000'000'000LL;
  static constexpr std::size_t most = 100'000;

  bool knows(const std::string& key) const { return keys_.contains(key); }

  // `ts`: when it happened, ns by the venue's clock; 0 = not said. False: known already.
  bool remember(const std::string& key, std::int64_t ts) {
    if (!keys_.insert(key).second) return false;
    if (ts == 0) ts = newest_;
    newest_ = ts > newest_ ? ts : newest_;
    order_.emplace_back(ts, key);
    while (order_.size() > most || order_.front().first < std::min(newest_ - span, keep_from_)) {
      keys_.erase(order_.front().second);
      order_.pop_front();
    }
    return true;
  }
  // The venue may list everything from `ts` on once more: an account that trades once a week still has last week's.
  void keep_from(std::int64_t ts) noexcept { keep_from_ = ts; }
  std::int64_t newest() const noexcept { return newest_; }  // 0 = none yet
  std::size_t size() const noexcept { return order_.size(); }

 private:
  std::unordered_set<std::string> keys_;
  std::deque<std::pair<std::int64_t, std::string>> order_;  // as they were learnt
  std::int64_t newest_ = 0;
  std::int64_t keep_from_ = INT64_MAX;
};

}  // namespace trapline::mm_ws
