#include "probability.hpp"

#include "trapline/sdk/text.hpp"

namespace trapline::trap {

void score::put(const char* name, double value, double contribution) noexcept {
  if (count_ == capacity) return;
  trapline_evidence& e = items_[count_++];
  sdk::assign(e.name, name);
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
  put(t.name, value, t.llr[bin]);
}

void score::add(const char* name, double value, double contribution) noexcept {
  ++wanted_, ++found_;
  logit_ += contribution;
  put(name, value, contribution);
}

void score::note(item i, double value) noexcept {
  if (std::isfinite(value)) put(table_of(i).name, value, 0.0);
}

}  // namespace trapline::trap
