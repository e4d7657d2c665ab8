// Where REST keeps what, for each of the venue's APIs, as data.
// Facts: Bitget, REST of v2 and v3; the paths of pending plan orders are those that working clients use.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialect.hpp"
#include "rest_client.hpp"

namespace trapline::mm_ws {

// A list that comes in pages, newest first.
struct rest_list {
  std::string path;
  std::vector<std::pair<std::string, std::string>> parameters;
  const char* rows = "";    // member of `data` that holds the rows, unless `data` is the list itself; empty: it must be
  const char* cursor = "";  // member of `data` that the next page is asked with; empty: there is one page
  const char* cursor_as = "";  // under that name
  std::uint32_t per_second = 10;

  // `after`: the cursor of the page before, empty for the first.
  rest_request page(const std::string& after) const;
};

inline constexpr std::size_t page_size = 100;

rest_list positions_list(const dialect& d);
rest_list open_orders_list(const dialect& d);
rest_list fills_list(const dialect& d);
std::vector<rest_list> plans_lists(const dialect& d);  // together they are the whole list of the kinds listed
// Whether plan orders of `kind` (TRAPLINE_PLAN_*) are in those lists. v3's `type` is known to take nothing but `tpsl`.
bool lists_plan_kind(const dialect& d, std::uint8_t kind);
rest_list accounts_list(const dialect& d);
rest_request order_detail(const dialect& d, const std::string& symbol, const std::string& id);

rest_request contracts_request(const dialect& d);
// `interval` as in `candle1m`, without `candle`. Rows rise in time, the last one is the running bar.
rest_request candles_request(const dialect& d, const std::string& symbol, std::string_view interval, unsigned limit);
// Answers a unified account, and is refused to a classic one (40084).
rest_request settings_request();

rest_request position_mode_request(const dialect& d, const std::string& symbol);

// The rows of a page in `data`, and the cursor of the next one, empty if there is none. `null` rows are an empty list
// where `l.rows` is named: an empty list of orders comes so. False: not well formed.
bool open_page(const rest_list& l, ondemand::value data, ondemand::value& rows, bool& is_null, std::string& cursor);

}  // namespace trapline::mm_ws
