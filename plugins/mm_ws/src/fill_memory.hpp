// Which fills were published: each must be counted once, however often and in whatever order the venue repeats it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>

namespace trapline::mm_ws {

// What tells executions apart. A trade with oneself is two of them: one trade, two orders.
inline std::string execution_key(std::string_view trade_id, std::string_view order_id) {
  std::string out(trade_id);
  out += '\n';  // in no id
  out += order_id;
  return out;
}

// Forgets by number alone: the venue's times may be wrong, and pushes and lists may tell of old fills at any time.
class fill_memory {
 public:
  static constexpr std::size_t most = 100'000;  // about 15 MB

  bool knows(const std::string& key) const { return keys_.contains(key); }

  // `ts`: when it happened, ns by the venue's clock; 0 = not said. False: known already.
  bool remember(const std::string& key, std::int64_t ts) {
    const auto [at, fresh] = keys_.insert(key);
    if (!fresh) return false;
    newest_ = std::max(newest_, ts);
    order_.push_back(&*at);
    if (order_.size() > most) {
      keys_.erase(keys_.find(*order_.front()));
      order_.pop_front();
    }
    return true;
  }
  std::int64_t newest() const noexcept { return newest_; }  // 0 = none yet
  std::size_t size() const noexcept { return order_.size(); }

 private:
  std::unordered_set<std::string> keys_;
  std::deque<const std::string*> order_;  // as they were learnt
  std::int64_t newest_ = 0;
};

}  // namespace trapline::mm_ws
