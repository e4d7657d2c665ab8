#include "patterns/ladder.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace trapline::trap {

ladder ladder_watch::leave(const rung& r, std::span<const rung> standing, std::int64_t slack) noexcept {
  gone_[next_] = r;
  next_ = (next_ + 1) % kept;
  if (!r.fits) return {};
  const std::int64_t posted_within = settings_.posted_within + slack,
                     withdrawn_within = settings_.withdrawn_within + slack;
  const auto in_time = [&](const rung& x) { return std::abs(x.posted - r.posted) <= posted_within; };
  const auto together = [&](const rung& x) {
    return x.fits && x.withdrawn != 0 && std::abs(x.withdrawn - r.withdrawn) <= withdrawn_within && in_time(x);
  };

  // By size, so that those alike stand side by side.
  std::array<const rung*, most> act{};
  std::size_t n = 0;
  for (const rung& x : gone_)
    if (n < most && together(x)) act[n++] = &x;
  if (n < static_cast<std::size_t>(settings_.levels)) return {ladder::lack::number};
  std::sort(act.begin(), act.begin() + static_cast<std::ptrdiff_t>(n), [](const rung* a, const rung* b) {
    return a->size != b->size ? a->size < b->size : a->posted < b->posted;
  });

  // The most orders whose sizes vary less than asked and that were posted within the time; r is one of them.
  ladder best;
  std::size_t best_from = 0, best_to = 0;
  for (std::size_t from = 0; from < n; ++from) {
    double sum = 0, squares = 0, filled = 0;
    std::int64_t first = act[from]->posted, last = first;
    bool ours = false;
    for (std::size_t to = from; to < n; ++to) {
      const rung& x = *act[to];
      sum += x.size, squares += x.size * x.size, filled += x.filled;
      first = std::min(first, x.posted), last = std::max(last, x.posted);
      ours = ours || (x.size == r.size && x.posted == r.posted);
      const auto count = static_cast<double>(to - from + 1);
      const double mean = sum / count, cv = std::sqrt(std::max(0.0, squares / count - mean * mean)) / mean;
      if (cv >= settings_.size_cv || last - first > posted_within) break;
      if (!ours || to - from + 1 <= best.count) continue;
      best = {ladder::lack::none, static_cast<std::uint32_t>(to - from + 1), first, sum, filled, cv};
      best_from = from, best_to = to;
    }
  }
  if (best.count < static_cast<std::uint32_t>(settings_.levels)) return {ladder::lack::likeness};
  // Most of what came and went together: orders of all sizes among which some are alike are no ladder of one hand.
  if (best.count < 0.6 * static_cast<double>(n)) return {ladder::lack::company};

  // Those of that time and size that stayed, or left at another time.
  const double least = 0.8 * act[best_from]->size, largest = 1.25 * act[best_to]->size;
  double rest = 0;
  const auto stayed = [&](const rung& x) { return x.size >= least && x.size <= largest && in_time(x) && !together(x); };
  for (const rung& x : standing) rest += stayed(x) ? x.size : 0.0;
  for (const rung& x : gone_) rest += stayed(x) ? x.size : 0.0;
  if (best.size < settings_.withdrawn * (best.size + rest)) return {ladder::lack::leavers};
  for (auto& x : gone_)
    if (x.size >= least && x.size <= largest && together(x)) x = {};
  return best;
}

}  // namespace trapline::trap
