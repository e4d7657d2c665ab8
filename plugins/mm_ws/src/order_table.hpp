// The account's orders. An order only ever moves forward: more of it filled, then ended. What says less is old news
// that was overtaken on its way.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decode_private.hpp"

namespace trapline::mm_ws {

inline bool is_terminal(std::uint8_t status) noexcept {
  return status == TRAPLINE_ORDER_FILLED || status == TRAPLINE_ORDER_CANCELED;
}

class order_table {
 public:
  struct entry {
    std::string symbol;
    std::uint32_t instrument = 0;
    trapline_order order{};
    std::int64_t updated = 0;  // UTC ns by the venue, 0 = not said
    std::int64_t touched = 0;  // monotonic; of the last change
    bool uncertain = false;    // published as UNKNOWN since, because a connection was lost
  };
  enum class verdict { news, repeated, late };

  // More open orders than the venue allows one account.
  static constexpr std::size_t most_open = 2000;
  // Ended orders are kept, so that a late push about one does not bring it back.
  static constexpr std::size_t most_ended = 5000;

  verdict judge(const order_row& row) const;
  // Takes `row`, which must be news. False: there are too many.
  bool take(const order_row& row, std::uint32_t instrument, std::int64_t now);

  const std::map<std::string, entry, std::less<>>& open() const noexcept { return open_; }
  std::map<std::string, entry, std::less<>>& open() noexcept { return open_; }
  // The venue does not know it any more and does not say how it ended.
  void forget(const std::string& id) { open_.erase(id); }

 private:
  struct ended {
    sdk::decimal filled;
    std::uint8_t status;
  };
  std::map<std::string, entry, std::less<>> open_;
  std::map<std::string, ended, std::less<>> ended_;
  std::deque<std::string> ended_order_;
};

}  // namespace trapline::mm_ws
