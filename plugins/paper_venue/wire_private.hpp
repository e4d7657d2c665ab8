// The private channels' rows as JSON text, in the v1, v2 and v3 wire formats (bitget.md, sections 11 and 12).
#pragma once

#include <optional>
#include <string>

#include "exchange/exchange.hpp"
#include "wire.hpp"

namespace trapline::paper_venue::wire {

std::string order_row(dialect d, const exchange& e, const order& o);
// The complete list, or what it holds of symbol `only`.
std::string position_rows(dialect d, const exchange& e, std::optional<std::size_t> only = {});
std::string account_row(dialect d, const exchange& e);
// Not in v1.
std::string fill_row(dialect d, const exchange& e, const execution& x);
std::string plan_row(dialect d, const exchange& e, const plan_order& p);
// A closed position: v2's positions-history; v3's last push of the position.
std::string closed_row(dialect d, const exchange& e, const position& p);
// v2's `equity` channel.
std::string equity_row(const exchange& e);

// --- of one dialect; for the functions above
std::string v1_order(const exchange& e, const order& o);
std::string v1_position(const exchange& e, const position& p);
std::string v1_account(const exchange& e);
std::string v2_order(const exchange& e, const order& o);
std::string v2_position(const exchange& e, const position& p);
std::string v2_account(const exchange& e);
std::string v2_fill(const exchange& e, const execution& x);
std::string v2_plan(const exchange& e, const plan_order& p);
std::string v2_closed(const exchange& e, const position& p);
std::string v3_order(const exchange& e, const order& o);
std::string v3_position(const exchange& e, const position& p, bool ended);
std::string v3_account(const exchange& e);
std::string v3_fill(const exchange& e, const execution& x);
std::string v3_plan(const exchange& e, const plan_order& p);

}  // namespace trapline::paper_venue::wire
