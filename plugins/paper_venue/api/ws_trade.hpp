// Orders over the private WebSocket (bitget.md, section 13).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "../exchange/exchange.hpp"

namespace trapline::paper_venue::api {

// The answer to a message with op `trade`. `now`: venue time, ns; `utc_ms`: wall time, for the answer's own stamp.
std::string answer_trade(exchange& e, std::int64_t now, std::int64_t utc_ms, std::string_view text);

}  // namespace trapline::paper_venue::api
