#include <cmath>

#include "wire.hpp"
#include "wire_text.hpp"

namespace trapline::paper_venue::wire {
namespace {

std::string side_text(side s) { return s == side::buy ? "buy" : "sell"; }

std::string level_text(const instrument& i, std::int64_t tick, std::int64_t lots) {
  return "[\"" + price_text(i, tick) + "\",\"" + (lots == 0 ? "0" : size_text(i, lots)) + "\"]";
}

template <class Range>
std::string level_list(const instrument& i, const Range& levels) {
  std::string out = "[";
  for (const auto& [tick, lots] : levels) {
    if (out.size() > 1) out += ',';
    out += level_text(i, tick, lots);
  }
  return out += ']';
}

std::string book(dialect d, const instrument& i, const book_feed& feed, const std::string& bids,
                 const std::string& asks, std::int64_t pseq, bool checksum, bool falsify, std::int64_t now) {
  object o;
  if (d == dialect::v3)
    return o.raw("a", asks)
        .raw("b", bids)
        .number("pseq", pseq)
        .number("seq", feed.seq())
        .text("ts", std::to_string(ms(now)))
        .done();
  o.raw("asks", asks).raw("bids", bids);
  if (checksum || d == dialect::v1) o.number("checksum", feed.checksum(i) ^ (falsify ? 1 : 0));
  if (d == dialect::v2) o.number("seq", feed.seq()).number("pseq", pseq);
  return o.text("ts", std::to_string(ms(now))).done();
}

// Ratio to five decimals, as `change24h`.
std::string ratio_text(double ratio) { return decimal_text(std::llround(ratio * 1e5), -5); }

// Turnover in USDT.
std::string turnover_text(const instrument& i, __int128 turnover) {
  // Whole cents: a day's turnover does not fit otherwise.
  __int128 t = turnover;
  for (int e = i.price_exp + i.size_exp; e < -2; ++e) t /= 10;
  for (int e = i.price_exp + i.size_exp; e > -2; --e) t *= 10;
  return decimal_text(static_cast<std::int64_t>(t), -2);
}

}  // namespace

std::string push(dialect d, action a, std::string_view echo, std::string_view data, std::int64_t now) {
  std::string out = a == action::snapshot ? R"({"action":"snapshot","arg":)" : R"({"action":"update","arg":)";
  out.reserve(out.size() + echo.size() + data.size() + 40);
  ((((out += echo) += R"(,"data":[)") += data) += ']');
  if (d != dialect::v1) (out += R"(,"ts":)") += std::to_string(ms(now));
  return out += '}';
}

std::string ack(std::string_view event, std::string_view echo) {
  return object().text("event", event).raw("arg", echo).done();
}

std::string error(int code, std::string_view text, std::string_view echo, std::string_view op) {
  object o;
  o.text("event", "error");
  if (!echo.empty()) o.raw("arg", echo);
  o.number("code", code).text("msg", text);
  if (!op.empty()) o.text("op", op);
  return o.done();
}

std::string login_ack() { return R"({"event":"login","code":0})"; }

std::string trade_row(dialect d, const instrument& i, const trade& t) {
  const auto ts = std::to_string(ms(t.ts));
  if (d == dialect::v1)
    return "[\"" + ts + "\",\"" + price_text(i, t.tick) + "\",\"" + size_text(i, t.lots) + "\",\"" +
           side_text(t.taker) + "\"]";
  const auto id = std::to_string(t.id);
  if (d == dialect::v3)  // `P` besides `p`: ccxt reads the former
    return object()
        .text("i", id)
        .text("L", id)
        .text("p", price_text(i, t.tick))
        .text("P", price_text(i, t.tick))
        .text("v", size_text(i, t.lots))
        .text("S", side_text(t.taker))
        .text("T", ts)
        .text("isRPI", "no")
        .done();
  return object()
      .text("ts", ts)
      .text("price", price_text(i, t.tick))
      .text("size", size_text(i, t.lots))
      .text("side", side_text(t.taker))
      .text("tradeId", id)
      .done();
}

std::string trade_rows(dialect d, const instrument& i, const std::deque<trade>& trades) {
  std::string out;
  for (auto t = trades.rbegin(); t != trades.rend(); ++t) {
    if (!out.empty()) out += ',';
    out += trade_row(d, i, *t);
  }
  return out;
}

std::string ticker(dialect d, const instrument& i, const market& m) {
  const auto& b = m.minute_bars();
  const auto& q = m.quotes();
  const auto bid = m.book().best(side::buy), ask = m.book().best(side::sell);
  std::int64_t lots = 0;
  __int128 turnover = 0;
  for (const auto& x : b.all()) {
    lots += x.lots;
    turnover += x.turnover;
  }
  const auto open = b.all().front().open;
  const double change = static_cast<double>(m.last_tick() - open) / static_cast<double>(open);
  const auto price = [&](double tick) { return price_text(i, std::llround(tick)); };
  const auto next_funding = ms(derivatives::next_funding(m.now()));
  const auto funding = decimal_text(q.funding_millionths(), -6);
  if (d == dialect::v1)
    return object()
        .text("instId", i.symbol)
        .text("last", price_text(i, m.last_tick()))
        .text("bestAsk", price_text(i, ask))
        .text("bestBid", price_text(i, bid))
        .text("high24h", price_text(i, b.high()))
        .text("low24h", price_text(i, b.low()))
        .text("priceChangePercent", ratio_text(change))
        .text("capitalRate", funding)
        .number("nextSettleTime", next_funding)
        .number("systemTime", ms(m.now()))
        .text("markPrice", price(q.mark()))
        .text("indexPrice", price(q.index()))
        .text("holding", size_text(i, q.open_interest()))
        .text("baseVolume", size_text(i, lots))
        .text("quoteVolume", turnover_text(i, turnover))
        .done();
  if (d == dialect::v3)
    return object()
        .text("lastPrice", price_text(i, m.last_tick()))
        .text("bid1Price", price_text(i, bid))
        .text("bid1Size", size_text(i, m.book().at(side::buy, bid)))
        .text("ask1Price", price_text(i, ask))
        .text("ask1Size", size_text(i, m.book().at(side::sell, ask)))
        .text("openPrice24h", price_text(i, open))
        .text("highPrice24h", price_text(i, b.high()))
        .text("lowPrice24h", price_text(i, b.low()))
        .text("price24hPcnt", ratio_text(change))
        .text("volume24h", size_text(i, lots))
        .text("turnover24h", turnover_text(i, turnover))
        .text("indexPrice", price(q.index()))
        .text("markPrice", price(q.mark()))
        .text("fundingRate", funding)
        .text("nextFundingTime", std::to_string(next_funding))
        .text("openInterest", size_text(i, q.open_interest()))
        .text("deliveryTime", "")
        .text("deliveryStartTime", "")
        .text("deliveryStatus", "")
        .done();
  // The bar that holds 00:00 UTC, or the oldest kept.
  constexpr std::int64_t day = 86'400 * second;
  auto open_utc = open;
  for (const auto& x : b.all())
    if (x.start == m.now() - m.now() % day) open_utc = x.open;
  return object()
      .text("instId", i.symbol)
      .text("lastPr", price_text(i, m.last_tick()))
      .text("bidPr", price_text(i, bid))
      .text("askPr", price_text(i, ask))
      .text("bidSz", size_text(i, m.book().at(side::buy, bid)))
      .text("askSz", size_text(i, m.book().at(side::sell, ask)))
      .text("open24h", price_text(i, open))
      .text("high24h", price_text(i, b.high()))
      .text("low24h", price_text(i, b.low()))
      .text("change24h", ratio_text(change))
      .text("fundingRate", funding)
      .text("nextFundingTime", std::to_string(next_funding))
      .text("markPrice", price(q.mark()))
      .text("indexPrice", price(q.index()))
      .text("holdingAmount", size_text(i, q.open_interest()))
      .text("baseVolume", size_text(i, lots))
      .text("quoteVolume", turnover_text(i, turnover))
      .text("openUtc", price_text(i, open_utc))
      .number("symbolType", 1)
      .text("symbol", i.symbol)
      .text("deliveryPrice", "0")
      .text("ts", std::to_string(ms(m.now())))
      .done();
}

std::string candle_row(dialect d, const instrument& i, const bar& b) {
  if (d == dialect::v3)
    return object()
        .text("start", std::to_string(ms(b.start)))
        .text("open", price_text(i, b.open))
        .text("high", price_text(i, b.high))
        .text("low", price_text(i, b.low))
        .text("close", price_text(i, b.close))
        .text("volume", size_text(i, b.lots))
        .text("turnover", turnover_text(i, b.turnover))
        .done();
  std::string out = "[\"" + std::to_string(ms(b.start)) + '"';
  const auto put = [&](const std::string& s) { ((out += ",\"") += s) += '"'; };
  for (const auto tick : {b.open, b.high, b.low, b.close}) put(price_text(i, tick));
  put(size_text(i, b.lots));
  if (d == dialect::v2) {
    put(turnover_text(i, b.turnover));
    put(turnover_text(i, b.turnover));
  }
  return out += ']';
}

std::string candle_rows(dialect d, const instrument& i, const std::vector<bar>& all) {
  std::string out;
  for (const auto& b : all) {
    if (!out.empty()) out += ',';
    out += candle_row(d, i, b);
  }
  return out;
}

std::string book_snapshot(dialect d, const instrument& i, const book_feed& feed, bool checksum, std::int64_t now) {
  const std::vector<std::pair<std::int64_t, std::int64_t>> bids(feed.bids().rbegin(), feed.bids().rend());
  return book(d, i, feed, level_list(i, bids), level_list(i, feed.asks()), 0, checksum, false, now);
}

std::string book_top(dialect d, const instrument& i, const book_feed& feed, std::size_t levels, std::int64_t now) {
  std::vector<std::pair<std::int64_t, std::int64_t>> bids, asks;
  for (auto it = feed.bids().rbegin(); it != feed.bids().rend() && bids.size() < levels; ++it) bids.push_back(*it);
  for (auto it = feed.asks().begin(); it != feed.asks().end() && asks.size() < levels; ++it) asks.push_back(*it);
  return book(d, i, feed, level_list(i, bids), level_list(i, asks), 0, false, false, now);
}

std::string book_update(dialect d, const instrument& i, const book_feed& feed, bool checksum, bool falsify,
                        std::int64_t now) {
  return book(d, i, feed, level_list(i, feed.bid_changes()), level_list(i, feed.ask_changes()), feed.previous_seq(),
              checksum || falsify, falsify, now);
}

}  // namespace trapline::paper_venue::wire
