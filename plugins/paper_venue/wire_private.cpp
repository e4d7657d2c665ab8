#include "wire_private.hpp"

namespace trapline::paper_venue::wire {

std::string order_row(dialect d, const exchange& e, const order& o) {
  return d == dialect::v1 ? v1_order(e, o) : d == dialect::v2 ? v2_order(e, o) : v3_order(e, o);
}

std::string position_rows(dialect d, const exchange& e, std::optional<std::size_t> only) {
  std::string out;
  for (const auto& p : e.the_account().positions()) {
    if (only && p.symbol != *only) continue;
    if (!out.empty()) out += ',';
    out += d == dialect::v1 ? v1_position(e, p) : d == dialect::v2 ? v2_position(e, p) : v3_position(e, p, false);
  }
  return out;
}

std::string account_row(dialect d, const exchange& e) {
  return d == dialect::v1 ? v1_account(e) : d == dialect::v2 ? v2_account(e) : v3_account(e);
}

std::string fill_row(dialect d, const exchange& e, const execution& x) {
  return d == dialect::v3 ? v3_fill(e, x) : v2_fill(e, x);
}

std::string plan_row(dialect d, const exchange& e, const plan_order& p) {
  return d == dialect::v3 ? v3_plan(e, p) : v2_plan(e, p);
}

std::string closed_row(dialect d, const exchange& e, const position& p) {
  return d == dialect::v3 ? v3_position(e, p, true) : v2_closed(e, p);
}

}  // namespace trapline::paper_venue::wire
