#include "dialect.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace trapline::mm_ws {
namespace {

using enum field;

constexpr field_name v2_trade[] = {{"ts", ts}, {"price", price}, {"size", size}, {"side", side}, {"tradeId", id}};
constexpr field_name v2_book[] = {{"asks", asks}, {"bids", bids},     {"checksum", checksum},
                                  {"seq", seq},   {"pseq", prev_seq}, {"ts", ts}};
constexpr field_name v2_ticker[] = {{"instId", symbol},
                                    {"lastPr", last},
                                    {"bidPr", bid},
                                    {"askPr", ask},
                                    {"bidSz", bid_size},
                                    {"askSz", ask_size},
                                    {"high24h", high},
                                    {"low24h", low},
                                    {"fundingRate", funding_rate},
                                    {"nextFundingTime", next_funding},
                                    {"markPrice", mark},
                                    {"indexPrice", index},
                                    {"holdingAmount", open_interest},
                                    {"baseVolume", volume},
                                    {"ts", ts}};
constexpr field_name v2_position[] = {{"posId", id},
                                      {"instId", symbol},
                                      {"marginCoin", margin_coin},
                                      {"marginSize", margin},
                                      {"marginMode", margin_mode},
                                      {"holdSide", position_side},
                                      {"posMode", position_mode},
                                      {"total", size},
                                      {"available", available},
                                      {"openPriceAvg", entry_price},
                                      {"leverage", leverage},
                                      {"achievedProfits", realised_pnl},
                                      {"unrealizedPL", unrealised_pnl},
                                      {"liquidationPrice", liquidation_price},
                                      {"markPrice", mark},
                                      {"cTime", created},
                                      {"uTime", updated},
                                      {"symbol", symbol}};
constexpr field_name v2_order[] = {{"instId", symbol},
                                   {"orderId", id},
                                   {"clientOid", client_id},
                                   {"price", price},
                                   {"size", size},
                                   {"accBaseVolume", filled_size},
                                   {"baseVolume", last_size},
                                   {"fillPrice", last_price},
                                   {"fillFee", last_fee},
                                   {"tradeId", last_trade_id},
                                   {"priceAvg", average_price},
                                   {"status", status},
                                   {"side", side},
                                   {"posSide", position_side},
                                   {"posMode", position_mode},
                                   {"tradeSide", trade_side},
                                   {"orderType", order_type},
                                   {"reduceOnly", reduce_only},
                                   {"fillFeeCoin", fee_coin},
                                   {"fillTime", ts},
                                   {"tradeScope", liquidity},
                                   {"pnl", realised_pnl},
                                   {"cTime", created},
                                   {"uTime", updated}};
constexpr field_name v2_rest_order[] = {{"symbol", symbol},
                                        {"orderId", id},
                                        {"clientOid", client_id},
                                        {"price", price},
                                        {"size", size},
                                        {"baseVolume", filled_size},
                                        {"priceAvg", average_price},
                                        {"status", status},
                                        {"state", status},
                                        {"side", side},
                                        {"posSide", position_side},
                                        {"posMode", position_mode},
                                        {"tradeSide", trade_side},
                                        {"orderType", order_type},
                                        {"reduceOnly", reduce_only},
                                        {"cTime", created},
                                        {"uTime", updated}};
constexpr field_name v2_fill[] = {
    {"orderId", id},          {"clientOid", client_id},   {"tradeId", last_trade_id}, {"symbol", symbol},
    {"side", side},           {"posMode", position_mode}, {"price", price},           {"baseVolume", size},
    {"profit", realised_pnl}, {"tradeSide", trade_side},  {"tradeScope", liquidity},  {"feeDetail", fee},
    {"cTime", created}};
constexpr field_name v2_plan[] = {{"instId", symbol},
                                  {"symbol", symbol},
                                  {"orderId", id},
                                  {"clientOid", client_id},
                                  {"triggerPrice", trigger_price},
                                  {"triggerType", trigger_type},
                                  {"planType", plan_kind},
                                  {"executePrice", price},
                                  {"size", size},
                                  {"orderType", order_type},
                                  {"side", side},
                                  {"tradeSide", trade_side},
                                  {"posSide", position_side},
                                  {"posMode", position_mode},
                                  {"status", status},
                                  {"planStatus", status},
                                  {"stopSurplusTriggerPrice", take_profit},
                                  {"stopLossTriggerPrice", stop_loss},
                                  {"cTime", created},
                                  {"uTime", updated}};
constexpr field_name v2_account[] = {
    {"marginCoin", margin_coin},      {"frozen", frozen},        {"locked", frozen},
    {"available", available},         {"equity", equity},        {"accountEquity", equity},
    {"unrealizedPL", unrealised_pnl}, {"posMode", position_mode}};
constexpr field_name v2_instrument[] = {
    {"symbol", symbol}, {"priceEndStep", tick_step}, {"pricePlace", price_places}, {"sizeMultiplier", lot}};

constexpr field_name v3_trade[] = {{"i", id}, {"p", price}, {"v", size}, {"S", side}, {"T", ts}};
constexpr field_name v3_book[] = {{"a", asks},  {"b", bids},        {"checksum", checksum},
                                  {"seq", seq}, {"pseq", prev_seq}, {"ts", ts}};
constexpr field_name v3_ticker[] = {{"lastPrice", last},
                                    {"bid1Price", bid},
                                    {"bid1Size", bid_size},
                                    {"ask1Price", ask},
                                    {"ask1Size", ask_size},
                                    {"highPrice24h", high},
                                    {"lowPrice24h", low},
                                    {"volume24h", volume},
                                    {"indexPrice", index},
                                    {"markPrice", mark},
                                    {"fundingRate", funding_rate},
                                    {"nextFundingTime", next_funding},
                                    {"openInterest", open_interest}};
constexpr field_name v3_candle[] = {{"start", ts}, {"open", open},   {"high", high},
                                    {"low", low},  {"close", close}, {"volume", volume}};
constexpr field_name v3_position[] = {{"symbol", symbol},
                                      {"marginCoin", margin_coin},
                                      {"marginMode", margin_mode},
                                      {"holdMode", position_mode},
                                      {"posSide", position_side},
                                      {"positionStatus", status},
                                      {"size", size},
                                      {"total", size},
                                      {"available", available},
                                      {"avgPrice", entry_price},
                                      {"leverage", leverage},
                                      {"marginSize", margin},
                                      {"unrealisedPnl", unrealised_pnl},
                                      {"curRealisedPnl", realised_pnl},
                                      {"liqPrice", liquidation_price},
                                      {"liquidationPrice", liquidation_price},
                                      {"markPrice", mark},
                                      {"createdTime", created},
                                      {"updatedTime", updated}};
constexpr field_name v3_order[] = {{"category", category},
                                   {"symbol", symbol},
                                   {"orderId", id},
                                   {"clientOid", client_id},
                                   {"price", price},
                                   {"qty", size},
                                   {"holdMode", position_mode},
                                   {"holdSide", position_side},
                                   {"posSide", position_side},
                                   {"tradeSide", trade_side},
                                   {"orderType", order_type},
                                   {"side", side},
                                   {"reduceOnly", reduce_only},
                                   {"cumExecQty", filled_size},
                                   {"avgPrice", average_price},
                                   {"orderStatus", status},
                                   {"createdTime", created},
                                   {"updatedTime", updated}};
constexpr field_name v3_fill[] = {{"category", category},      {"symbol", symbol},         {"orderId", id},
                                  {"clientOid", client_id},    {"execId", last_trade_id},  {"side", side},
                                  {"holdSide", position_side}, {"posSide", position_side}, {"execPrice", price},
                                  {"execQty", size},           {"execPnl", realised_pnl},  {"tradeScope", liquidity},
                                  {"feeDetail", fee},          {"execTime", created},      {"createdTime", created}};
constexpr field_name v3_plan[] = {{"category", category},
                                  {"symbol", symbol},
                                  {"orderId", id},
                                  {"clientOid", client_id},
                                  {"qty", size},
                                  {"side", side},
                                  {"posSide", position_side},
                                  {"type", plan_kind},
                                  {"status", status},
                                  {"triggerPrice", trigger_price},
                                  {"triggerBy", trigger_type},
                                  {"triggerOrderType", order_type},
                                  {"triggerOrderPrice", price},
                                  {"takeProfit", take_profit},
                                  {"tpTriggerBy", take_profit_by},
                                  {"tpOrderType", take_profit_type},
                                  {"tpLimitPrice", take_profit_limit},
                                  {"stopLoss", stop_loss},
                                  {"slTriggerBy", stop_loss_by},
                                  {"slOrderType", stop_loss_type},
                                  {"slLimitPrice", stop_loss_limit},
                                  {"createdTime", created},
                                  {"updatedTime", updated}};
// A push has one row with the coins in a list, REST the list alone.
constexpr field_name v3_account[] = {
    {"coin", margin_coin}, {"available", available}, {"locked", frozen}, {"equity", equity}, {"assets", coins}};
constexpr field_name v3_instrument[] = {{"symbol", symbol}, {"priceMultiplier", tick}, {"quantityMultiplier", lot}};

constexpr field_name v1_book[] = {{"asks", asks}, {"bids", bids}, {"checksum", checksum}, {"ts", ts}};
constexpr field_name v1_ticker[] = {{"instId", symbol},
                                    {"last", last},
                                    {"bestAsk", ask},
                                    {"bestBid", bid},
                                    {"high24h", high},
                                    {"low24h", low},
                                    {"capitalRate", funding_rate},
                                    {"nextSettleTime", next_funding},
                                    {"systemTime", ts},
                                    {"markPrice", mark},
                                    {"indexPrice", index},
                                    {"holding", open_interest},
                                    {"baseVolume", volume}};
constexpr field v1_trade_columns[] = {ts, price, size, side};

constexpr dialect v1 = {.name = "v1",
                        .public_inst_type = "MC",
                        .private_inst_type = "",
                        .channel_key = "channel",
                        .instrument_key = "instId",
                        .account_key = "",
                        .small_book = "books15",
                        .position_rows = false,
                        .fee_paid_is_positive = false,
                        .hedge_side_is_position = true,
                        .trade = {},
                        .book = v1_book,
                        .ticker = v1_ticker,
                        .candle = {},
                        .position = {},
                        .order = {},
                        .fill = {},
                        .plan = {},
                        .account = {},
                        .rest_order = {},
                        .instrument = {},
                        .trade_columns = v1_trade_columns};
constexpr dialect v2 = {.name = "v2",
                        .public_inst_type = "USDT-FUTURES",
                        .private_inst_type = "USDT-FUTURES",
                        .channel_key = "channel",
                        .instrument_key = "instId",
                        .account_key = "coin",
                        .small_book = "books15",
                        .position_rows = false,
                        .fee_paid_is_positive = false,
                        .hedge_side_is_position = true,
                        .trade = v2_trade,
                        .book = v2_book,
                        .ticker = v2_ticker,
                        .candle = {},
                        .position = v2_position,
                        .order = v2_order,
                        .fill = v2_fill,
                        .plan = v2_plan,
                        .account = v2_account,
                        .rest_order = v2_rest_order,
                        .instrument = v2_instrument,
                        .trade_columns = v1_trade_columns};
constexpr dialect v3 = {.name = "v3",
                        .public_inst_type = "usdt-futures",
                        .private_inst_type = "UTA",
                        .channel_key = "topic",
                        .instrument_key = "symbol",
                        .account_key = "symbol",
                        .small_book = "books50",
                        .position_rows = true,
                        .fee_paid_is_positive = true,
                        .hedge_side_is_position = false,
                        .trade = v3_trade,
                        .book = v3_book,
                        .ticker = v3_ticker,
                        .candle = v3_candle,
                        .position = v3_position,
                        .order = v3_order,
                        .fill = v3_fill,
                        .plan = v3_plan,
                        .account = v3_account,
                        .rest_order = v3_order,
                        .instrument = v3_instrument,
                        .trade_columns = {}};

struct channel_name {
  std::string_view ours, v2, v3;
  channel_kind kind;
};
constexpr channel_name channels[] = {{"trade", "trade", "publicTrade", channel_kind::trade},
                                     {"books", "books", "books", channel_kind::book},
                                     {"ticker", "ticker", "ticker", channel_kind::ticker},
                                     {"positions", "positions", "position", channel_kind::position},
                                     {"orders", "orders", "order", channel_kind::order},
                                     {"fills", "fill", "fill", channel_kind::fill},
                                     {"plan_orders", "orders-algo", "strategy-order", channel_kind::plan},
                                     {"account", "account", "account", channel_kind::account}};

}  // namespace

const dialect& dialect_of(std::string_view api) { return api == "v1" ? v1 : api == "v3" ? v3 : v2; }

subscription make_subscription(const dialect& d, std::string_view channel, std::string_view instrument) {
  const bool is_v3 = &d == &v3;
  for (const auto& c : channels)
    if (c.ours == channel)
      return {c.kind, std::string(channel), std::string(is_v3 ? c.v3 : c.v2), std::string(instrument), {}};
  const auto interval = is_v3 ? channel.substr(std::min(channel.size(), std::string_view("candle").size())) : "";
  return {channel_kind::candle, std::string(channel), is_v3 ? "kline" : std::string(channel), std::string(instrument),
          std::string(interval)};
}

bool has_channel(const dialect& d, std::string_view channel) {
  for (const auto& c : channels)
    if (c.ours == channel) return !is_private(c.kind) || !d.private_inst_type.empty();
  if (candle_interval(channel) == 0) return false;
  if (&d != &v3) return true;
  for (const char* none : {"candle3D", "candle1W"})
    if (channel == none) return false;
  return !channel.ends_with("utc");
}

std::int64_t candle_interval(std::string_view channel) {
  constexpr std::int64_t minute = 60'000'000'000;
  constexpr std::pair<std::string_view, std::int64_t> known[] = {{"candle1m", minute},
                                                                 {"candle5m", 5 * minute},
                                                                 {"candle15m", 15 * minute},
                                                                 {"candle30m", 30 * minute},
                                                                 {"candle1H", 60 * minute},
                                                                 {"candle4H", 240 * minute},
                                                                 {"candle6H", 360 * minute},
                                                                 {"candle12H", 720 * minute},
                                                                 {"candle1D", 1440 * minute},
                                                                 {"candle3D", 3 * 1440 * minute},
                                                                 {"candle1W", 7 * 1440 * minute},
                                                                 {"candle6Hutc", 360 * minute},
                                                                 {"candle12Hutc", 720 * minute},
                                                                 {"candle1Dutc", 1440 * minute},
                                                                 {"candle3Dutc", 3 * 1440 * minute},
                                                                 {"candle1Wutc", 7 * 1440 * minute}};
  for (const auto& [name, ns] : known)
    if (name == channel) return ns;
  return 0;
}

std::string arg_json(const dialect& d, const subscription& s) {
  const auto inst_type = is_private(s.kind) ? d.private_inst_type : d.public_inst_type;
  const auto key = s.kind == channel_kind::account ? d.account_key : d.instrument_key;
  std::string out = R"({"instType":")";
  out += inst_type;
  out += "\",\"";
  out += d.channel_key;
  out += "\":\"" + s.wire + "\"";
  // v3: private topics are the account's and take no symbol.
  if (!is_private(s.kind) || &d != &v3) {
    out += ",\"";
    out += key;
    out += "\":\"" + s.instrument + "\"";
  }
  if (!s.interval.empty()) out += ",\"interval\":\"" + s.interval + "\"";
  return out + "}";
}

std::string request_json(std::string_view op, std::span<const std::string> args) {
  std::string out = R"({"op":")";
  out += op;
  out += R"(","args":[)";
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (i > 0) out += ',';
    out += args[i];
  }
  return out + "]}";
}

}  // namespace trapline::mm_ws
