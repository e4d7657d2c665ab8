#include "book_feed.hpp"

#include <algorithm>
#include <string>

#include "crc32.hpp"
#include "trapline/sdk/decimal.hpp"

namespace trapline::paper_venue {
namespace {

// Both maps rise in price; walks them together.
void diff(const order_book::levels& from, const order_book::levels& to, std::vector<level_change>& out) {
  out.clear();
  auto a = from.begin();
  auto b = to.begin();
  while (a != from.end() || b != to.end()) {
    if (b == to.end() || (a != from.end() && a->first < b->first)) {
      out.push_back({a->first, 0});
      ++a;
    } else if (a == from.end() || b->first < a->first) {
      out.push_back({b->first, b->second});
      ++b;
    } else {
      if (a->second != b->second) out.push_back({b->first, b->second});
      ++a;
      ++b;
    }
  }
}

}  // namespace

bool book_feed::publish(const order_book& book, std::int64_t seq_step) {
  diff(bids_, book.of(side::buy), bid_changes_);
  diff(asks_, book.of(side::sell), ask_changes_);
  std::reverse(bid_changes_.begin(), bid_changes_.end());
  if (bid_changes_.empty() && ask_changes_.empty()) return false;
  bids_ = book.of(side::buy);
  asks_ = book.of(side::sell);
  previous_seq_ = seq_;
  seq_ += seq_step;
  return true;
}

std::int32_t book_feed::checksum(const instrument& i) const {
  std::string text;
  const auto put = [&](const auto& level) {
    if (!text.empty()) text += ':';
    sdk::format_to(text, level.first, i.price_exp);
    text += ':';
    sdk::format_to(text, level.second, i.size_exp);
  };
  auto bid = bids_.rbegin();
  auto ask = asks_.begin();
  for (int n = 0; n < checksum_levels; ++n) {
    if (bid != bids_.rend()) put(*bid++);
    if (ask != asks_.end()) put(*ask++);
  }
  return static_cast<std::int32_t>(crc32(text));
}

}  // namespace trapline::paper_venue
