#include "dialect.hpp"

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
                                      {"uTime", updated}};
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
                                   {"cTime", created},
                                   {"uTime", updated}};
constexpr field_name v2_account[] = {{"marginCoin", margin_coin},
                                     {"frozen", frozen},
                                     {"available", available},
                                     {"equity", equity},
                                     {"unrealizedPL", unrealised_pnl}};

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

constexpr dialect v1 = {"v1", "MC", "", "channel", "instId", "", {}, v1_book, v1_ticker, {}, {}, {}, v1_trade_columns};
constexpr dialect v2 = {"v2",    "USDT-FUTURES", "USDT-FUTURES", "channel", "instId",   "coin",          v2_trade,
                        v2_book, v2_ticker,      v2_position,    v2_order,  v2_account, v1_trade_columns};

}  // namespace

const dialect& dialect_of(std::string_view api) { return api == "v1" ? v1 : v2; }

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
  out += "\":\"" + s.channel + "\",\"";
  out += key;
  out += "\":\"" + s.instrument + "\"}";
  return out;
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
