// Trading requests of both APIs, as REST and WebSocket carry them: reads the members, asks the exchange.
//
// All: nullptr = done, else why not. v2 names `size`, `force`, `tradeSide`, v3 `qty`, `timeInForce`, `posSide`; what
// `side` means in hedge mode differs, too (bitget.md, section 12).
#pragma once

#include <cstdint>
#include <optional>

#include "../exchange/exchange.hpp"
#include "params.hpp"

namespace trapline::paper_venue::api {

const refusal* place_v2(exchange& e, std::int64_t now, const params& p, order_ref& placed);
const refusal* cancel_v2(exchange& e, std::int64_t now, const params& p, order_ref& canceled);
const refusal* modify_v2(exchange& e, std::int64_t now, const params& p, order_ref& modified);
const refusal* place_v3(exchange& e, std::int64_t now, const params& p, order_ref& placed);
const refusal* cancel_v3(exchange& e, std::int64_t now, const params& p, order_ref& canceled);
const refusal* modify_v3(exchange& e, std::int64_t now, const params& p, order_ref& modified);

// The code that v3 has for what v2 calls `code`.
int v3_code(int code);

// --- pieces, for the other calls
const refusal* read_symbol(const exchange& e, const params& p, std::size_t& out);  // `symbol` or `instId`
order_ref read_ref(const params& p);                                               // `orderId`, `clientOid`
// Empty text: 0. `steps` is refused for what is no multiple of the step.
const refusal* read_decimal(std::string_view text, int exp, const refusal& steps, std::int64_t& out);

}  // namespace trapline::paper_venue::api
