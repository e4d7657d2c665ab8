#include "world.hpp"

namespace trapline::mm_ws::test {
namespace {

struct live_market : testing::Test {
  world w;
  std::unique_ptr<feed> f;
  void start(std::vector<std::string> channels, std::string api = "v2") {
    be_friendly(w);
    auto o = default_options();
    o.api = api;
    o.channels = std::move(channels);
    f = std::make_unique<feed>(o, "feed", w, 1);
    f->start();
    w.run(*f, second);
  }
  void push(std::string text) {
    w.push(std::move(text));
    w.run(*f);
  }
  static std::string trades(const char* action, const std::string& rows) {
    return std::string(R"({"action":")") + action +
           R"(","arg":{"instType":"USDT-FUTURES","channel":"trade","instId":"BTCUSDT"},"data":[)" + rows +
           R"(],"ts":1760000000589})";
  }
  static std::string row(int id, std::int64_t ts, const char* price = "64000.5") {
    return R"({"ts":")" + std::to_string(ts) + R"(","price":")" + price +
           R"(","size":"0.0010","side":"buy","tradeId":")" + std::to_string(id) + "\"}";
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> out;
    for (const auto* e : w.of(TRAPLINE_EVENT_TRADE)) out.emplace_back(sdk::view(e->as<trapline_trade>().trade_id));
    return out;
  }
  static std::string candles(const char* action, const std::string& rows) {
    return std::string(R"({"action":")") + action +
           R"(","arg":{"instType":"USDT-FUTURES","channel":"candle1m","instId":"BTCUSDT"},"data":[)" + rows +
           R"(],"ts":1760000003250})";
  }
  static std::string bar(std::int64_t minute, const char* close = "64000.5") {
    return "[\"" + std::to_string(1759999920000 + minute * 60000) + R"(","63990.0","64010.0","63985.5",")" + close +
           R"(","12.3450","789912.11","789912.11"])";
  }
  // "<minute><o|c>" for each published bar: open or closed.
  std::vector<std::string> bars() const {
    std::vector<std::string> out;
    for (const auto* e : w.of(TRAPLINE_EVENT_CANDLE)) {
      const auto& c = e->as<trapline_candle>();
      out.push_back(std::to_string((c.start_ts / ms - 1759999920000) / 60000) + (c.closed ? "c" : "o"));
    }
    return out;
  }
};
using words = std::vector<std::string>;

TEST_F(live_market, trades_are_published_oldest_first_and_those_of_the_subscription_as_history) {
  start({"trade"});
  push(trades("snapshot", row(2, 1760000000565) + "," + row(1, 1760000000514, "64000.4")));
  push(trades("update", row(3, 1760000000600)));
  EXPECT_EQ(ids(), (words{"1", "2", "3"}));
  const auto t = w.of(TRAPLINE_EVENT_TRADE);
  EXPECT_EQ(t[0]->head.flags, TRAPLINE_FLAG_HISTORY);
  EXPECT_EQ(t[1]->head.flags, TRAPLINE_FLAG_HISTORY | TRAPLINE_FLAG_LAST_IN_BATCH);
  EXPECT_EQ(t[2]->head.flags, TRAPLINE_FLAG_LAST_IN_BATCH);
  EXPECT_EQ(t[0]->topic, "md.trade.bitget.BTCUSDT");
  EXPECT_EQ(t[0]->as<trapline_trade>().price, 640004);
  EXPECT_EQ(t[0]->as<trapline_trade>().size, 10);
  EXPECT_EQ(t[0]->as<trapline_trade>().size_exp, -4);
  EXPECT_EQ(t[0]->as<trapline_trade>().aggressor_side, TRAPLINE_SIDE_BUY);
  EXPECT_EQ(t[0]->head.ts_event, 1760000000514 * ms);
}

TEST_F(live_market, trades_sent_again_after_a_reconnect_are_published_once) {
  start({"trade"});
  push(trades("snapshot", row(2, 200) + "," + row(1, 100)));
  push(trades("update", row(3, 300)));
  w.drop();
  w.run(*f, 2 * second);
  push(trades("snapshot", row(5, 500) + "," + row(4, 400) + "," + row(3, 300) + "," + row(2, 200)));
  EXPECT_EQ(ids(), (words{"1", "2", "3", "4", "5"}));
  EXPECT_EQ(w.count("feed_duplicates_total"), 2u);
  for (const auto* e : w.of(TRAPLINE_EVENT_TRADE)) EXPECT_EQ(e->head.flags & TRAPLINE_FLAG_AFTER_GAP, 0);
}

TEST_F(live_market, trades_lost_between_two_connections_are_announced) {
  start({"trade"});
  push(trades("snapshot", row(1, 100)));
  w.drop();
  w.run(*f, 2 * second);
  push(trades("snapshot", row(9, 900) + "," + row(8, 800)));
  const auto t = w.of(TRAPLINE_EVENT_TRADE);
  ASSERT_EQ(t.size(), 3u);
  EXPECT_NE(t[1]->head.flags & TRAPLINE_FLAG_AFTER_GAP, 0);
  EXPECT_EQ(t[2]->head.flags & TRAPLINE_FLAG_AFTER_GAP, 0);
}

TEST_F(live_market, only_the_venues_list_of_recent_trades_is_history_not_an_update_before_it) {
  start({"trade"});
  push(trades("update", row(3, 300)));
  push(trades("snapshot", row(3, 300) + "," + row(2, 200)));
  EXPECT_EQ(ids(), (words{"3", "2"}));
  const auto t = w.of(TRAPLINE_EVENT_TRADE);
  EXPECT_EQ(t[0]->head.flags & TRAPLINE_FLAG_HISTORY, 0);
  EXPECT_NE(t[1]->head.flags & TRAPLINE_FLAG_HISTORY, 0);
}

TEST_F(live_market, trades_of_a_first_connection_that_brought_none_are_missed_too) {
  start({"trade"});
  w.drop();
  w.run(*f, 2 * second);
  push(trades("update", row(9, 900)));
  EXPECT_NE(w.of(TRAPLINE_EVENT_TRADE).at(0)->head.flags & TRAPLINE_FLAG_AFTER_GAP, 0);
}

TEST_F(live_market, a_frame_that_may_be_about_anything_is_told_as_lost_trades_once) {
  start({"trade", "ticker"});
  push(trades("update", row(1, 100)));
  push("{broken");
  push("{broken");
  ASSERT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP)[0]->topic, "md.trade.bitget.BTCUSDT");
  push(trades("update", row(2, 200)));
  EXPECT_NE(w.of(TRAPLINE_EVENT_TRADE).at(1)->head.flags & TRAPLINE_FLAG_AFTER_GAP, 0);
}

TEST_F(live_market, equal_trades_without_ids_are_told_apart_by_their_number) {
  start({"trade"}, "v1");
  const auto v1 = [](const char* action, const std::string& rows) {
    return std::string(R"({"action":")") + action +
           R"(","arg":{"instType":"mc","channel":"trade","instId":"BTCUSDT"},"data":[)" + rows + "]}";
  };
  push(v1("snapshot", R"(["200","10.50","1","sell"],["200","10.5","1","sell"],["100","10","1","buy"])"));
  push(v1("update", R"(["200","10.5","1","sell"])"));
  EXPECT_EQ(w.of(TRAPLINE_EVENT_TRADE).size(), 4u);
  w.drop();
  w.run(*f, 2 * second);
  push(v1(
      "snapshot",
      R"(["300","11","1","buy"],["200","10.5","1","sell"],["200","10.5","1","sell"],["200","10.5","1","sell"],["200","10.5","1","sell"])"));
  EXPECT_EQ(w.of(TRAPLINE_EVENT_TRADE).size(), 6u);  // a fourth of 200, and 300
  EXPECT_EQ(w.count("feed_duplicates_total"), 3u);
}

TEST_F(live_market, a_row_that_lost_its_id_does_not_repeat_the_others) {
  start({"trade"});
  push(trades("snapshot", row(2, 200) + "," + row(1, 100)));
  push(trades("update", row(2, 200) + R"(,{"ts":"150","price":"64000.5","size":"0.0010","side":"buy"})"));
  EXPECT_EQ(ids(), (words{"1", "2", ""}));
  // As many as are remembered, and more: those without an id leave nothing behind either.
  for (int i = 3; i < 2'500; ++i) {
    push(trades("update", row(i, 100 * i)));
    push(trades("update", R"({"ts":"150","price":"64000.5","size":"0.0010","side":"buy"})"));
  }
  push(trades("update", row(2'499, 249'900)));
  EXPECT_EQ(w.of(TRAPLINE_EVENT_TRADE).size(), 3u + 2 * 2'497);
}

TEST_F(live_market, a_refused_batch_of_trades_is_counted_and_announced) {
  start({"trade"});
  w.bus_refuses = 2;  // the instrument and the trades
  push(trades("update", row(1, 100) + "," + row(2, 200)));
  EXPECT_EQ(w.of(TRAPLINE_EVENT_TRADE).size(), 0u);
  ASSERT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u);
  const auto& gap = w.of(TRAPLINE_EVENT_GAP)[0]->as<trapline_gap>();
  EXPECT_EQ(gap.channel, TRAPLINE_GAP_TRADE);
  EXPECT_EQ(gap.reason, TRAPLINE_GAP_OVERRUN);
  EXPECT_EQ(gap.lost, 2u);
  EXPECT_EQ(w.count("feed_refused_total"), 1u);
}

TEST_F(live_market, prices_get_the_finest_exponent_seen_so_far) {
  start({"trade"});
  push(trades("update", row(1, 100, "64000.5")));
  push(trades("update", row(2, 200, "64000.25")));
  push(trades("update", row(3, 300, "64000")));
  const auto t = w.of(TRAPLINE_EVENT_TRADE);
  EXPECT_EQ(t[0]->as<trapline_trade>().price_exp, -1);
  EXPECT_EQ(t[1]->as<trapline_trade>().price_exp, -2);
  EXPECT_EQ(t[2]->as<trapline_trade>().price_exp, -2);
  EXPECT_EQ(t[2]->as<trapline_trade>().price, 6400000);
  const auto instruments = w.of(TRAPLINE_EVENT_INSTRUMENT);
  ASSERT_EQ(instruments.size(), 2u);
  EXPECT_EQ(instruments[1]->as<trapline_instrument>().price_exp, -2);
}

TEST_F(live_market, ticker_of_the_documentation_is_published_whole) {
  start({"ticker"});
  push(
      R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"ticker","instId":"BTCUSDT"},"data":[{"instId":"BTCUSDT","lastPr":"64000.5","bidPr":"64000.4","askPr":"64000.5","bidSz":"2.7100","askSz":"8.7600","open24h":"63500.0","high24h":"64800.0","low24h":"63100.2","change24h":"0.00788","fundingRate":"0.000100","nextFundingTime":"1760025600000","markPrice":"64000.1","indexPrice":"64012.4","holdingAmount":"92950.2","baseVolume":"36890.12","quoteVolume":"2360152429.96","openUtc":"63400.5","symbolType":1,"symbol":"BTCUSDT","deliveryPrice":"0","ts":"1760000000021"}],"ts":1760000000039})");
  const auto t = w.of(TRAPLINE_EVENT_TICKER);
  ASSERT_EQ(t.size(), 1u);
  const auto& p = t[0]->as<trapline_ticker>();
  EXPECT_EQ(p.present, 0x7ffu);
  EXPECT_EQ(p.price_exp, -1);
  EXPECT_EQ(p.size_exp, -4);
  EXPECT_EQ(p.last, 640005);
  EXPECT_EQ(p.mark, 640001);
  EXPECT_EQ(p.index, 640124);
  EXPECT_EQ(p.bid_size, 27100);
  EXPECT_EQ(p.open_interest, 929502000);
  EXPECT_EQ(p.funding_rate, 100);
  EXPECT_EQ(p.funding_exp, -6);
  EXPECT_EQ(p.next_funding_ts, 1760025600000 * ms);
  EXPECT_EQ(t[0]->head.ts_event, 1760000000021 * ms);
}

TEST_F(live_market, missing_ticker_members_are_unknown_not_zero) {
  start({"ticker"});
  push(
      R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"ticker","instId":"BTCUSDT"},"data":[{"instId":"BTCUSDT","lastPr":64000.5,"bidPr":"","askPr":null}],"ts":1760000000039})");
  const auto& p = w.of(TRAPLINE_EVENT_TICKER).at(0)->as<trapline_ticker>();
  EXPECT_EQ(p.present, TRAPLINE_TICKER_LAST);
  EXPECT_EQ(p.last, 640005);
}

TEST_F(live_market, each_bar_is_closed_exactly_once) {
  start({"candle1m"});
  push(candles("snapshot", bar(0) + "," + bar(1) + "," + bar(2)));
  EXPECT_EQ(bars(), (words{"0c", "1c", "2o"}));
  push(candles("update", bar(2)));
  push(candles("update", bar(3)));  // closes 2
  push(candles("update", bar(3, "64001.0")));
  push(candles("update", bar(3) + "," + bar(4)));  // says itself that 3 is final
  push(candles("update", bar(5)));
  EXPECT_EQ(bars(), (words{"0c", "1c", "2o", "2o", "2c", "3o", "3o", "3c", "4o", "4c", "5o"}));
  EXPECT_EQ(w.count("feed_rows_total{channel=\"candle1m\"}"), 9u);
  EXPECT_EQ(w.count("feed_candles_closed_total"), 2u);
}

TEST_F(live_market, bars_of_a_second_subscription_are_published_only_where_they_are_new) {
  start({"candle1m"});
  push(candles("snapshot", bar(0) + "," + bar(1) + "," + bar(2)));
  w.drop();
  w.run(*f, 2 * second);
  push(candles("snapshot", bar(0) + "," + bar(1) + "," + bar(2) + "," + bar(3) + "," + bar(4)));
  EXPECT_EQ(bars(), (words{"0c", "1c", "2o", "2c", "3c", "4o"}));
}

TEST_F(live_market, a_closed_bar_carries_its_last_values_and_the_time_of_its_end) {
  start({"candle1m"});
  push(candles("update", bar(0, "64000.0")));
  push(candles("update", bar(0, "64009.9")));
  push(candles("update", bar(1)));
  const auto& closed = *w.of(TRAPLINE_EVENT_CANDLE).at(2);
  EXPECT_EQ(closed.as<trapline_candle>().closed, 1);
  EXPECT_EQ(closed.as<trapline_candle>().close, 640099);
  EXPECT_EQ(closed.head.ts_event, (1759999920000 + 60000) * ms);
  EXPECT_EQ(closed.as<trapline_candle>().interval_ns, 60 * second);
}

TEST_F(live_market, a_closed_bar_that_a_full_bus_refused_comes_with_the_next_message_and_its_last_values) {
  start({"candle1m"});
  push(candles("update", bar(0, "64000.0")));
  w.bus_full = true;
  push(candles("update", bar(0, "64009.9") + "," + bar(1)));
  w.bus_full = false;
  EXPECT_EQ(bars(), (words{"0o"}));
  EXPECT_EQ(w.count("feed_candles_closed_total"), 0u);
  push(candles("update", bar(1)));
  EXPECT_EQ(bars(), (words{"0o", "0c", "1o"}));
  EXPECT_EQ(w.of(TRAPLINE_EVENT_CANDLE).at(1)->as<trapline_candle>().close, 640099);
  EXPECT_EQ(w.count("feed_candles_closed_total"), 1u);
}

TEST_F(live_market, an_unfinished_bar_is_never_said_to_be_closed_when_the_stream_stalls) {
  start({"candle1m"});
  push(candles("update", bar(0)));
  w.run(*f, 600 * second);
  EXPECT_EQ(bars(), (words{"0o"}));
}

TEST_F(live_market, frames_of_other_channels_are_counted_and_ignored) {
  start({"ticker"});
  push(book_snapshot(1));
  EXPECT_EQ(w.of(TRAPLINE_EVENT_BOOK_SNAPSHOT).size(), 0u);
  EXPECT_EQ(w.count("feed_unknown_stream_total"), 1u);
}

}  // namespace
}  // namespace trapline::mm_ws::test
