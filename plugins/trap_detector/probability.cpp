#include "probability.hpp"

#include <algorithm>

#include "trapline/sdk/text.hpp"

namespace trapline::trap {

namespace {
void write(trapline_evidence& e, const char* name, double value, double contribution) noexcept {
  e = {};
  sdk::assign(e.name, name);
  e.value = value;
  e.contribution = contribution;
}
double bounded_logit(double p) noexcept { return logit(std::clamp(p, 1e-12, 1 - 1e-12)); }
}  // namespace

std::size_t bin_of(const llr_table& t, double value) noexcept {
  std::size_t bin = 0;
  while (bin < t.edge.size() && value >= t.edge[bin]) ++bin;
  return bin;
}

void score::put(const char* name, double value, double contribution) noexcept {
  if (count_ == capacity) return;
  write(items_[count_++], name, value, contribution);
}

void score::add(item i, double value) noexcept {
  ++wanted_;
  if (!std::isfinite(value)) return;
  ++found_;
  const llr_table& t = table_of(i);
  const learned_table* l = learned_ ? learned_->find(i) : nullptr;
  const std::size_t bin = bin_of(t, value);
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
  if (!std::isfinite(value)) return;
  notes_ |= count_ < capacity ? 1u << count_ : 0u;
  put(table_of(i).name, value, 0.0);
}

std::size_t score::explain(double told, std::span<trapline_evidence, most_told> out) const noexcept {
  std::size_t n = 0;
  write(out[n++], "prior", logistic(prior_), prior_);
  for (const auto& e : evidence()) out[n++] = e;
  double sum = logit_;
  if (logistic(logit_) > cap_) {
    const double taken = bounded_logit(cap_) - sum;
    write(out[n++], "cap", cap_, taken);
    sum += taken;
  }
  // A difference that is only rounding is none.
  const double rest = bounded_logit(told) - sum;
  if (std::abs(rest) > 1e-9) write(out[n++], "fade", told, rest);
  return n;
}

}  // namespace trapline::trap
