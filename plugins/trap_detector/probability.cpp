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
  const learned_table* l = learned_ ? learned_->find(i) : nullptr;
  const auto& edge = l ? l->edge : t.edge;
  std::size_t bin = 0;
  while (bin < edge.size() && value >= edge[bin]) ++bin;
  const double llr = l ? l->llr[bin] : learned_ ? 0.0 : t.llr[bin];
  logit_ += llr;
  put(t.name, value, llr);
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
