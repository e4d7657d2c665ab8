#include "probability.hpp"

#include "trapline/sdk/text.hpp"

namespace trapline::trap {

void score::put(item i, double value, double contribution) noexcept {
  if (count_ == capacity) return;
  trapline_evidence& e = items_[count_++];
  sdk::assign(e.name, table_of(i).name);
  e.value = value;
  e.contribution = contribution;
}

void score::add(item i, double value) noexcept {
  ++wanted_;
  if (!std::isfinite(value)) return;
  ++found_;
  const llr_table& t = table_of(i);
  std::size_t bin = 0;
  while (bin < t.edge.size() && value >= t.edge[bin]) ++bin;
  logit_ += t.llr[bin];
  put(i, value, t.llr[bin]);
}

void score::note(item i, double value) noexcept {
  if (std::isfinite(value)) put(i, value, 0.0);
}

}  // namespace trapline::trap
