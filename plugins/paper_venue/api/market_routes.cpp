// Public calls: time, instruments, tickers, candles, books, trades.
#include <algorithm>
#include <charconv>

#include "../channels.hpp"
#include "rows.hpp"

namespace trapline::paper_venue::api {
namespace {

using namespace wire;  // NOLINT: as rows.cpp

answer server_time(const call& c) { return object().text("serverTime", std::to_string(c.utc_ms)).done(); }

answer empty_list(const call&) { return std::string("[]"); }

std::string power_text(int exp) { return decimal_text(1, exp); }

std::string contract(const instrument& i) {
  const std::string base(base_coin(i));
  return object()
      .text("symbol", i.symbol)
      .text("baseCoin", base)
      .text("quoteCoin", "USDT")
      .text("buyLimitPriceRatio", "0.05")
      .text("sellLimitPriceRatio", "0.05")
      .text("feeRateUpRatio", "0.005")
      .text("makerFeeRate", decimal_text(maker_fee_per_10k, -4))
      .text("takerFeeRate", decimal_text(taker_fee_per_10k, -4))
      .text("openCostUpRatio", "0.01")
      .raw("supportMarginCoins", "[\"USDT\"]")
      .text("minTradeNum", size_text(i, i.min_lots))
      .text("priceEndStep", "1")
      .text("volumePlace", std::to_string(-i.size_exp))
      .text("pricePlace", std::to_string(-i.price_exp))
      .text("sizeMultiplier", power_text(i.size_exp))
      .text("symbolType", "perpetual")
      .text("minTradeUSDT", "5")
      .text("maxSymbolOrderNum", std::to_string(max_open_orders))
      .text("maxProductOrderNum", std::to_string(max_open_orders))
      .text("maxPositionNum", "150")
      .text("symbolStatus", "normal")
      .text("offTime", "-1")
      .text("limitOpenTime", "-1")
      .text("deliveryTime", "")
      .text("deliveryStartTime", "")
      .text("deliveryPeriod", "")
      .text("launchTime", "")
      .text("fundInterval", "8")
      .text("minLever", "1")
      .text("maxLever", std::to_string(max_leverage))
      .text("posLimit", "0.05")
      .text("maintainTime", "")
      .text("openTime", "")
      .text("maxMarketOrderQty", size_text(i, i.max_market_lots))
      .text("maxOrderQty", size_text(i, i.max_lots))
      .text("isRwa", "NO")
      .done();
}

std::string v3_instrument(const instrument& i) {
  return object()
      .text("symbol", i.symbol)
      .text("category", "USDT-FUTURES")
      .text("baseCoin", base_coin(i))
      .text("quoteCoin", "USDT")
      .text("buyLimitPriceRatio", "0.05")
      .text("sellLimitPriceRatio", "0.05")
      .text("minOrderQty", size_text(i, i.min_lots))
      .text("maxOrderQty", size_text(i, i.max_lots))
      .text("maxMarketOrderQty", size_text(i, i.max_market_lots))
      .text("minOrderAmount", "5")
      .text("pricePrecision", std::to_string(-i.price_exp))
      .text("quantityPrecision", std::to_string(-i.size_exp))
      .text("priceMultiplier", power_text(i.price_exp))
      .text("quantityMultiplier", power_text(i.size_exp))
      .text("makerFeeRate", decimal_text(maker_fee_per_10k, -4))
      .text("takerFeeRate", decimal_text(taker_fee_per_10k, -4))
      .text("minLeverage", "1")
      .text("maxLeverage", std::to_string(max_leverage))
      .text("maxSymbolOrderNum", std::to_string(max_open_orders))
      .text("fundInterval", "8")
      .text("type", "perpetual")
      .text("symbolType", "crypto")
      .text("status", "online")
      .text("isRwa", "NO")
      .done();
}

// Rows of the symbols asked for: one, or all.
template <class Row>
answer for_symbols(const call& c, Row row) {
  page want;
  if (const auto* no = read_page(c, want)) return no;
  list rows;
  for (std::size_t i = 0; i < c.ex().instruments().size(); ++i)
    if (!want.symbol || *want.symbol == i) rows.add(row(i));
  return rows.done();
}

answer contracts(const call& c) {
  return for_symbols(c, [&](std::size_t i) { return contract(c.ex().instruments()[i]); });
}
answer instruments(const call& c) {
  return for_symbols(c, [&](std::size_t i) { return v3_instrument(c.ex().instruments()[i]); });
}

// v1 lists what older clients read of it.
answer v1_contracts(const call& c) {
  list rows;
  for (const auto& i : c.ex().instruments())
    rows.add(object()
                 .text("symbol", i.symbol + "_UMCBL")
                 .text("baseCoin", base_coin(i))
                 .text("quoteCoin", "USDT")
                 .text("pricePlace", std::to_string(-i.price_exp))
                 .text("volumePlace", std::to_string(-i.size_exp))
                 .done());
  return rows.done();
}

answer tickers(const call& c) {
  return for_symbols(c, [&](std::size_t i) {
    const auto& what = c.ex().instruments()[i];
    auto row = ticker(c.v3 ? dialect::v3 : dialect::v2, what, c.sim.market_of(i));
    if (!c.v3) return row;
    // The channel's row has no symbol of its own.
    return object()
        .text("category", "USDT-FUTURES")
        .text("symbol", what.symbol)
        .text("ts", time_text(c.now()))
        .done()
        .insert(1, row.substr(1, row.size() - 2) + ",");
  });
}

answer one_ticker(const call& c) {
  if (!c.p.has("symbol")) return &refusals::missing_parameter;
  return tickers(c);
}

answer candles_of(const call& c, bool finished_only, std::size_t most) {
  std::size_t symbol = 0;
  if (const auto* no = read_symbol(c.ex(), c.p, symbol)) return no;
  const auto name = c.p.has("interval") ? c.p.get("interval") : c.p.get("granularity");
  const auto* length = find_interval(name.empty() ? "1m" : name);
  if (!length) return &refusals::bad_parameter;
  page want;
  if (const auto* no = read_page(c, want)) return no;
  std::size_t limit = 100;
  if (const auto text = c.p.get("limit"); !text.empty()) std::from_chars(text.data(), text.data() + text.size(), limit);
  limit = std::clamp<std::size_t>(limit, 1, most);
  const instrument& i = c.ex().instruments()[symbol];
  auto all = c.sim.market_of(symbol).minute_bars().joined(length->minutes, length->offset_minutes, bars::kept);
  if (finished_only && !all.empty()) all.pop_back();
  std::erase_if(all, [&](const bar& b) { return ms(b.start) < want.from || ms(b.start) >= want.to; });
  // The newest, or with a start time alone the first after it.
  const bool from_start = c.p.has("startTime") && !c.p.has("endTime");
  if (all.size() > limit) {
    if (from_start) all.resize(limit);
    else all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(limit));
  }
  list rows;
  for (const auto& b : all) {
    // Seven columns here, eight on the channel of v2.
    const auto row = candle_row(dialect::v2, i, b);
    rows.add(row.substr(0, row.rfind(",\"")) + "]");
  }
  return rows.done();
}
answer candles(const call& c) { return candles_of(c, false, 1000); }
answer history_candles(const call& c) { return candles_of(c, true, c.v3 ? 100 : 200); }

answer depth(const call& c) {
  std::size_t symbol = 0;
  if (const auto* no = read_symbol(c.ex(), c.p, symbol)) return no;
  std::size_t limit = c.v3 ? 5 : 100;
  if (const auto text = c.p.get("limit"); !text.empty() && text != "max")
    std::from_chars(text.data(), text.data() + text.size(), limit);
  limit = std::clamp<std::size_t>(limit, 1, 200);
  const instrument& i = c.ex().instruments()[symbol];
  // Of the state that the channels tell, so that both agree.
  const auto& feed = c.sim.feed_of(symbol);
  list bids, asks;
  const auto level = [&](const auto& l) { return "[" + price_text(i, l.first) + "," + size_text(i, l.second) + "]"; };
  const auto quoted = [&](const auto& l) {
    return "[\"" + price_text(i, l.first) + "\",\"" + size_text(i, l.second) + "\"]";
  };
  for (auto it = feed.bids().rbegin(); it != feed.bids().rend() && bids.size() < limit; ++it)
    bids.add(c.v3 ? quoted(*it) : level(*it));
  for (auto it = feed.asks().begin(); it != feed.asks().end() && asks.size() < limit; ++it)
    asks.add(c.v3 ? quoted(*it) : level(*it));
  const auto ts = time_text(c.now());
  if (c.v3) return object().raw("a", asks.done()).raw("b", bids.done()).text("ts", ts).done();
  return object()
      .raw("asks", asks.done())
      .raw("bids", bids.done())
      .text("ts", ts)
      .text("scale", power_text(i.price_exp))
      .text("precision", "scale0")
      .text("isMaxPrecision", "YES")
      .done();
}

answer recent_trades(const call& c) {
  std::size_t symbol = 0;
  if (const auto* no = read_symbol(c.ex(), c.p, symbol)) return no;
  const instrument& i = c.ex().instruments()[symbol];
  list rows;
  const auto& all = c.sim.recent_trades(symbol);
  for (auto t = all.rbegin(); t != all.rend(); ++t)
    rows.add(object()
                 .text(c.v3 ? "execId" : "tradeId", std::to_string(t->id))
                 .text("price", price_text(i, t->tick))
                 .text("size", size_text(i, t->lots))
                 .text("side", side_text(t->taker))
                 .text("ts", time_text(t->ts))
                 .text("symbol", i.symbol)
                 .done());
  return rows.done();
}

answer funding(const call& c) {
  return for_symbols(c, [&](std::size_t i) {
    return object()
        .text("symbol", c.ex().instruments()[i].symbol)
        .text("fundingRate", decimal_text(c.ex().market_of(i).funding_millionths(), -6))
        .text("fundingRateInterval", "8")
        .text("nextUpdate", time_text(derivatives::next_funding(c.now())))
        .text("minFundingRate", "-0.003")
        .text("maxFundingRate", "0.003")
        .done();
  });
}

answer open_interest(const call& c) {
  list rows;
  page want;
  if (const auto* no = read_page(c, want)) return no;
  for (std::size_t k = 0; k < c.ex().instruments().size(); ++k) {
    const instrument& i = c.ex().instruments()[k];
    if (want.symbol && *want.symbol != k) continue;
    rows.add(object()
                 .text("symbol", i.symbol)
                 .text(c.v3 ? "openInterest" : "size", size_text(i, c.sim.market_of(k).quotes().open_interest()))
                 .done());
  }
  return object().raw(c.v3 ? "list" : "openInterestList", rows.done()).text("ts", time_text(c.now())).done();
}

answer symbol_price(const call& c) {
  return for_symbols(c, [&](std::size_t k) {
    const instrument& i = c.ex().instruments()[k];
    const auto& q = c.sim.market_of(k).quotes();
    return object()
        .text("symbol", i.symbol)
        .text("price", price_text(i, c.ex().market_of(k).last_tick()))
        .text("indexPrice", price_text(i, std::llround(q.index())))
        .text("markPrice", price_text(i, c.ex().market_of(k).mark_tick()))
        .text("ts", time_text(c.now()))
        .done();
  });
}

constexpr route routes[] = {
    {"GET", "/api/v2/public/time", access::open, 20, server_time},
    {"GET", "/api/v2/mix/market/contracts", access::open, 20, contracts},
    {"GET", "/api/v2/mix/market/ticker", access::open, 20, one_ticker},
    {"GET", "/api/v2/mix/market/tickers", access::open, 20, tickers},
    {"GET", "/api/v2/mix/market/candles", access::open, 20, candles},
    {"GET", "/api/v2/mix/market/history-candles", access::open, 20, history_candles},
    {"GET", "/api/v2/mix/market/merge-depth", access::open, 20, depth},
    {"GET", "/api/v2/mix/market/fills", access::open, 20, recent_trades},
    {"GET", "/api/v2/mix/market/fills-history", access::open, 20, recent_trades},
    {"GET", "/api/v2/mix/market/current-fund-rate", access::open, 20, funding},
    {"GET", "/api/v2/mix/market/open-interest", access::open, 20, open_interest},
    {"GET", "/api/v2/mix/market/symbol-price", access::open, 20, symbol_price},
    {"GET", "/api/v3/market/instruments", access::open, 20, instruments},
    {"GET", "/api/v3/market/tickers", access::open, 20, tickers},
    {"GET", "/api/v3/market/candles", access::open, 20, candles},
    {"GET", "/api/v3/market/history-candles", access::open, 20, history_candles},
    {"GET", "/api/v3/market/orderbook", access::open, 20, depth},
    {"GET", "/api/v3/market/fills", access::open, 20, recent_trades},
    {"GET", "/api/v3/market/current-fund-rate", access::open, 20, funding},
    {"GET", "/api/v3/market/open-interest", access::open, 20, open_interest},
    {"GET", "/api/mix/v1/market/contracts", access::open, 20, v1_contracts},
    // What clients ask for before they come to futures: there is none of it here.
    {"GET", "/api/spot/v1/public/products", access::open, 20, empty_list},
    {"GET", "/api/v2/spot/public/symbols", access::open, 20, empty_list},
    {"GET", "/api/v2/spot/public/coins", access::open, 20, empty_list},
    {"GET", "/api/v2/margin/currencies", access::open, 20, empty_list},
};

}  // namespace

std::span<const route> market_routes() { return routes; }

}  // namespace trapline::paper_venue::api
