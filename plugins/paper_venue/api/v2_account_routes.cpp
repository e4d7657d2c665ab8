// Positions and money of a classic account, and its modes.
#include <charconv>

#include "rows.hpp"

namespace trapline::paper_venue::api {
namespace {

answer positions(const call& c) {
  page want;
  if (const auto* no = read_page(c, want)) return no;
  list rows;
  for (const auto& p : c.ex().the_account().positions())
    if (!want.symbol || *want.symbol == p.symbol) rows.add(v2_position_row(c.ex(), p));
  return rows.done();
}

answer one_position(const call& c) {
  if (!c.p.has("symbol")) return &refusals::missing_parameter;
  return positions(c);
}

answer closed_positions(const call& c) {
  page want;
  if (const auto* no = read_page(c, want)) return no;
  list rows;
  std::uint64_t last = 0;
  const auto& all = c.ex().closed_positions();
  for (auto p = all.rbegin(); p != all.rend() && rows.size() < want.limit; ++p) {
    if (!want.holds(p->symbol, p->id, p->updated)) continue;
    rows.add(v2_closed_row(c.ex(), *p));
    last = p->id;
  }
  return object().raw("list", rows.done()).raw("endId", last == 0 ? "null" : '"' + std::to_string(last) + '"').done();
}

answer account_of_symbol(const call& c) {
  std::size_t symbol = 0;
  if (const auto* no = read_symbol(c.ex(), c.p, symbol)) return no;
  return v2_account_row(c.ex(), symbol);
}

answer accounts(const call& c) { return "[" + v2_account_row(c.ex(), 0) + "]"; }

answer set_leverage(const call& c) {
  std::size_t symbol = 0;
  if (const auto* no = read_symbol(c.ex(), c.p, symbol)) return no;
  // Long and short share one leverage: crossed margin.
  const auto text = c.p.has("leverage")       ? c.p.get("leverage")
                    : c.p.has("longLeverage") ? c.p.get("longLeverage")
                                              : c.p.get("shortLeverage");
  std::int64_t leverage = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), leverage);
  if (ec != std::errc() || end != text.data() + text.size()) return &refusals::bad_parameter;
  if (const auto* no = c.ex().set_leverage(symbol, leverage)) return no;
  const auto now = std::to_string(leverage);
  return object()
      .text("symbol", c.ex().instruments()[symbol].symbol)
      .text("marginCoin", "USDT")
      .text("longLeverage", now)
      .text("shortLeverage", now)
      .text("crossMarginLeverage", now)
      .text("marginMode", "crossed")
      .done();
}

answer set_position_mode(const call& c) {
  const auto mode = c.p.word("posMode");
  if (mode != "hedge_mode" && mode != "one_way_mode") return &refusals::bad_parameter;
  if (const auto* no = c.ex().set_mode(mode == "hedge_mode" ? position_mode::hedge : position_mode::one_way)) return no;
  return object().text("posMode", mode).done();
}

answer set_margin_mode(const call& c) {
  std::size_t symbol = 0;
  if (const auto* no = read_symbol(c.ex(), c.p, symbol)) return no;
  if (c.p.word("marginMode") != "crossed") return &refusals::unsupported;
  const auto leverage = std::to_string(c.ex().the_account().leverage(symbol));
  return object()
      .text("symbol", c.ex().instruments()[symbol].symbol)
      .text("marginCoin", "USDT")
      .text("longLeverage", leverage)
      .text("shortLeverage", leverage)
      .text("marginMode", "crossed")
      .done();
}

constexpr route routes[] = {
    {"GET", "/api/v2/mix/position/all-position", access::v2_account, 5, positions},
    {"GET", "/api/v2/mix/position/single-position", access::v2_account, 10, one_position},
    {"GET", "/api/v2/mix/position/history-position", access::v2_account, 20, closed_positions},
    {"GET", "/api/v2/mix/account/account", access::v2_account, 10, account_of_symbol},
    {"GET", "/api/v2/mix/account/accounts", access::v2_account, 10, accounts},
    {"POST", "/api/v2/mix/account/set-leverage", access::v2_account, 5, set_leverage},
    {"POST", "/api/v2/mix/account/set-position-mode", access::v2_account, 5, set_position_mode},
    {"POST", "/api/v2/mix/account/set-margin-mode", access::v2_account, 5, set_margin_mode},
};

}  // namespace

std::span<const route> v2_account_routes() { return routes; }

}  // namespace trapline::paper_venue::api
