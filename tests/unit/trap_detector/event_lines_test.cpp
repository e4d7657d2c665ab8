#include "offline/event_lines.hpp"

#include <gtest/gtest.h>

#include "trapline/sdk/text.hpp"

namespace trapline::offline {
namespace {

class event_lines : public testing::Test {
 protected:
  // What is wrong with the line, or "".
  std::string parse(std::string line) {
    text_ = std::move(line);
    const std::size_t size = text_.size();
    text_.resize(size + event_parser::padding(), '\x01');
    return parser_.parse(std::string_view(text_).substr(0, size), event);
  }
  line_event event;

 private:
  std::string text_;
  event_parser parser_;
};

TEST_F(event_lines, a_trade_keeps_the_digits_that_were_written) {
  ASSERT_EQ(
      parse(R"({"type":"trade","ts":17,"symbol":"BTCUSDT","price":"58710.20","size":"0.014","side":"sell","id":"x1"})"),
      "");
  EXPECT_EQ(event.type, line_type::trade);
  EXPECT_EQ(event.ts, 17);
  EXPECT_EQ(event.symbol, "BTCUSDT");
  EXPECT_EQ(event.trade.price, 5871020);
  EXPECT_EQ(event.trade.price_exp, -2);
  EXPECT_EQ(event.trade.size, 14);
  EXPECT_EQ(event.trade.size_exp, -3);
  EXPECT_EQ(event.trade.aggressor_side, TRAPLINE_SIDE_SELL);
  EXPECT_EQ(sdk::view(event.trade.trade_id), "x1");
}

TEST_F(event_lines, levels_of_one_book_share_the_finest_exponent) {
  ASSERT_EQ(parse(R"({"type":"book","ts":1,"symbol":"A","action":"delta","seq":11,"prev_seq":10,)"
                  R"("bids":[["100.5","0"]],"asks":[["101","2.25"],["102.25","3"]]})"),
            "");
  EXPECT_FALSE(event.snapshot);
  EXPECT_EQ(event.book.price_exp, -2);
  EXPECT_EQ(event.book.size_exp, -2);
  EXPECT_EQ(event.book.venue_seq, 11u);
  EXPECT_EQ(event.book.venue_prev_seq, 10u);
  ASSERT_EQ(event.levels.size(), 3u);
  EXPECT_EQ(event.levels[0].price, 10050);
  EXPECT_EQ(event.levels[0].size, 0);
  EXPECT_EQ(event.levels[1].price, 10100);
  EXPECT_EQ(event.levels[2].size, 300);
}

TEST_F(event_lines, a_snapshot_is_sorted_from_the_touch_outwards) {
  ASSERT_EQ(parse(R"({"type":"book","ts":1,"symbol":"A","action":"snapshot","bids":[["9","1"],["10","1"]],)"
                  R"("asks":[["12","1"],["11.0","1"]]})"),
            "");
  EXPECT_TRUE(event.snapshot);
  EXPECT_EQ(event.book.venue_seq, 0u);
  EXPECT_EQ(event.levels[0].price, 100);
  EXPECT_EQ(event.levels[2].price, 110);
}

TEST_F(event_lines, a_ticker_tells_which_members_it_has) {
  ASSERT_EQ(parse(R"({"type":"ticker","ts":1,"symbol":"A","mark":"1.5","funding_rate":"-0.0001","open_interest":"9"})"),
            "");
  EXPECT_EQ(event.ticker.present, TRAPLINE_TICKER_MARK | TRAPLINE_TICKER_FUNDING_RATE | TRAPLINE_TICKER_OPEN_INTEREST);
  EXPECT_EQ(event.ticker.funding_rate, -1);
  EXPECT_EQ(event.ticker.funding_exp, -4);
}

TEST_F(event_lines, a_quote_is_a_ticker_with_best_bid_and_ask) {
  ASSERT_EQ(parse(R"({"type":"quote","ts":1,"symbol":"A","bid":"1","bid_size":"2","ask":"1.5","ask_size":"0"})"), "");
  EXPECT_EQ(event.ticker.present, TRAPLINE_TICKER_BID | TRAPLINE_TICKER_ASK);
  EXPECT_EQ(event.ticker.bid, 10);
  EXPECT_EQ(event.ticker.ask, 15);
}

TEST_F(event_lines, candles_instruments_gaps_and_liquidations_are_read) {
  ASSERT_EQ(parse(R"({"type":"candle","ts":9,"symbol":"A","interval":"15m","start":60,"open":"1","high":"2.5",)"
                  R"("low":"1","close":"2","volume":"0","closed":true})"),
            "");
  EXPECT_EQ(event.candle.interval_ns, 900'000'000'000);
  EXPECT_EQ(event.candle.high, 25);
  EXPECT_EQ(event.candle.closed, 1);
  ASSERT_EQ(parse(R"({"type":"instrument","symbol":"A","venue":"bitget","tick":"0.1","lot":"0.001"})"), "");
  EXPECT_EQ(event.instrument.price_exp, -1);
  EXPECT_EQ(event.instrument.lot, 1);
  ASSERT_EQ(parse(R"({"type":"gap","ts":9,"symbol":"A","channel":"trade"})"), "");
  EXPECT_EQ(event.gap.channel, TRAPLINE_GAP_TRADE);
  ASSERT_EQ(parse(R"({"type":"liquidation","ts":9,"symbol":"A","side":"sell","price":"1","size":"2"})"), "");
  EXPECT_EQ(event.type, line_type::liquidation);
}

TEST_F(event_lines, unknown_keys_are_ignored) {
  EXPECT_EQ(parse(R"({"later":{"a":[1]},"type":"gap","ts":9,"symbol":"A","channel":"book"})"), "");
}

TEST_F(event_lines, each_fault_of_a_line_is_named) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"type":"trade",)", "not JSON"},
      {R"([1])", "expected one object"},
      {R"({"ts":1})", "lacks `type`"},
      {R"({"type":"rumour","ts":1,"symbol":"A"})", "unknown `type` 'rumour'"},
      {R"({"type":"trade","symbol":"A","price":"1","size":"1","side":"buy"})", "lacks `ts`"},
      {R"({"type":"trade","ts":0,"symbol":"A","price":"1","size":"1","side":"buy"})", "`ts` must be above 0"},
      {R"({"type":"trade","ts":1.5,"symbol":"A","price":"1","size":"1","side":"buy"})", "whole number"},
      {R"({"type":"trade","ts":1,"symbol":"A","price":1,"size":"1","side":"buy"})", "not a number"},
      {R"({"type":"trade","ts":1,"symbol":"A","price":"1e5","size":"1","side":"buy"})", "'1e5' is not a decimal"},
      {R"({"type":"trade","ts":1,"symbol":"A","price":"-1","size":"1","side":"buy"})", "`price` must be above 0"},
      {R"({"type":"trade","ts":1,"symbol":"A","price":"1","size":"0","side":"buy"})", "`size` must be above 0"},
      {R"({"type":"trade","ts":1,"symbol":"A","price":"1","size":"1","side":"up"})", "`side` must be"},
      {R"({"type":"book","ts":1,"symbol":"A","action":"new","bids":[],"asks":[]})", "`action` must be"},
      {R"({"type":"book","ts":1,"symbol":"A","action":"delta","bids":[["1"]],"asks":[]})", "[price, size]"},
      {R"({"type":"book","ts":1,"symbol":"A","action":"delta","bids":[]})", "lacks `asks`"},
      {R"({"type":"book","ts":1,"symbol":"A","action":"delta","bids":[["123456789012345678","1"],["0.001","1"]],"asks":[]})",
       "does not fit"},
      {R"({"type":"candle","ts":1,"symbol":"A","interval":"1x","start":1})", "`interval` must be"},
      {R"({"type":"gap","ts":1,"symbol":"A","channel":"moon"})", "`channel` must be"},
  };
  for (const auto& [line, expected] : cases)
    EXPECT_NE(parse(line).find(expected), std::string::npos) << line << "\n" << parse(line);
}

TEST_F(event_lines, a_line_that_was_cut_anywhere_is_refused) {
  const std::string whole =
      R"({"type":"trade","ts":17,"symbol":"BTCUSDT","price":"58710.2","size":"0.014","side":"buy","id":"123"})";
  ASSERT_EQ(parse(whole), "");
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_NE(parse(whole.substr(0, n)), "") << n;
}

}  // namespace
}  // namespace trapline::offline
