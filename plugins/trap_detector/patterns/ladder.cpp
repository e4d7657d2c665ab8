#include "patterns/ladder.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace trapline::trap {

ladder ladder_watch::leave(const rung& r, std::span<const rung> standing, std::int64_t slack, double weight) noexcept {
  gone_[next_] = r;
  next_ = (next_ + 1) % kept;
  if (!r.fits) return {};
  const std::int64_t posted_within = settings_.posted_within + slack,
                     withdrawn_within = settings_.withdrawn_within + slack;
  const double span = span_bp * 1e-4 * r.price;
  const auto in_time = [&](const rung& x) { return std::abs(x.posted - r.posted) <= posted_within; };
  const auto together = [&](const rung& x) {
    return x.fits && x.withdrawn != 0 && std::abs(x.withdrawn - r.withdrawn) <= withdrawn_within && in_time(x);
  };

  // By size, so that those alike stand side by side.
  std::array<const rung*, most> act{};
  std::size_t n = 0;
  for (const rung& x : gone_)
    if (n < most && together(x) && std::abs(x.price - r.price) <= span) act[n++] = &x;
  if (n < static_cast<std::size_t>(settings_.levels)) return {ladder::lack::number};
  std::sort(act.begin(), act.begin() + static_cast<std::ptrdiff_t>(n), [](const rung* a, const rung* b) {
    return a->size != b->size ? a->size < b->size : a->posted < b->posted;
  });

  // The most orders whose sizes vary less than asked and that were posted within the time; r is one of them.
  ladder best;
  std::size_t best_from = 0, best_to = 0;
  for (std::size_t from = 0; from < n; ++from) {
    double sum = 0, squares = 0, filled = 0, bp = 0;
    std::int64_t first = act[from]->posted, last = first;
    double low = act[from]->price, high = low;
    bool ours = false;
    for (std::size_t to = from; to < n; ++to) {
      const rung& x = *act[to];
      sum += x.size, squares += x.size * x.size, filled += x.filled, bp += x.bp;
      first = std::min(first, x.posted), last = std::max(last, x.posted);
      low = std::min(low, x.price), high = std::max(high, x.price);
      ours = ours || (x.size == r.size && x.posted == r.posted);
      const auto count = static_cast<double>(to - from + 1);
      const double mean = sum / count, cv = std::sqrt(std::max(0.0, squares / count - mean * mean)) / mean;
      if (cv >= settings_.size_cv || last - first > posted_within || high - low > span) break;
      if (!ours || to - from + 1 <= best.count) continue;
      best = {ladder::lack::none, static_cast<std::uint32_t>(to - from + 1), first, sum, filled, cv, bp / count};
      best_from = from, best_to = to;
    }
  }
  if (best.count < static_cast<std::uint32_t>(settings_.levels)) return {ladder::lack::likeness};
  if (best.size < weight) return {ladder::lack::weight};
  const std::span<const rung* const> rungs(act.data() + best_from, best_to - best_from + 1);

  // Where it stands: from its lowest to its highest order, and one step beyond.
  double low = rungs[0]->price, high = low;
  for (const rung* x : rungs) low = std::min(low, x->price), high = std::max(high, x->price);
  const double step = (high - low) / static_cast<double>(rungs.size() - 1);
  const auto there = [&](const rung& x) { return x.price >= low - step && x.price <= high + step; };

  // Most of what came and went together there: among orders of all sizes some are alike by chance.
  const auto company = std::count_if(act.begin(), act.begin() + static_cast<std::ptrdiff_t>(n),
                                     [&](const rung* x) { return there(*x); });
  if (best.count < 0.6 * static_cast<double>(company)) return {ladder::lack::company};

  // Those of that time and size that stayed, were traded or left at another time, step by step from where it stands.
  const double least = 0.8 * rungs.front()->size, largest = 1.25 * rungs.back()->size;
  const auto of_size = [&](const rung& x) { return x.size >= least && x.size <= largest; };
  std::array<const rung*, kept + most_standing> others;
  std::size_t left = 0;
  const auto look_at = [&](const rung& x) {
    if (left < others.size() && of_size(x) && in_time(x) && !together(x)) others[left++] = &x;
  };
  std::for_each(standing.begin(), standing.end(), look_at);
  std::for_each(gone_.begin(), gone_.end(), look_at);
  double rest = 0;
  for (std::size_t i = 0; i < left;) {
    const rung& x = *others[i];
    if (!there(x)) {
      ++i;
      continue;
    }
    rest += x.size;
    low = std::min(low, x.price), high = std::max(high, x.price);
    others[i] = others[--left];
    i = 0;
  }
  if (best.size < settings_.withdrawn * (best.size + rest)) return {ladder::lack::leavers};

  const auto half = static_cast<std::ptrdiff_t>(rungs.size() + 1) / 2;
  if (std::count_if(rungs.begin(), rungs.end(), [](const rung* x) { return x->mirrored; }) >= half)
    return {ladder::lack::one_side};
  if (std::count_if(rungs.begin(), rungs.end(), [](const rung* x) { return x->followed; }) >= half)
    return {ladder::lack::place};

  for (auto& x : gone_)
    if (of_size(x) && together(x) && std::abs(x.price - r.price) <= span) x = {};
  return best;
}

}  // namespace trapline::trap
