// Bars that the pushes left out, asked for by REST.
#include "rest_world.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::mm_ws::test {
namespace {

using words = std::vector<std::string>;

struct candles_by_rest : testing::Test {
  world w;
  rest_venue venue{w};
  std::unique_ptr<feed> f;
  static std::string bar(int minute, const char* close, bool rest = false) {
    return sdk::cat("[\"", 1759999920000 + minute * 60000LL, R"(","10","20","5",")", close, R"(","1.5","9")",
                    rest ? "" : R"(,"9")", "]");
  }
  static std::string pushed(const char* action, const std::string& rows) {
    return sdk::cat(R"({"action":")", action,
                    R"(","arg":{"instType":"USDT-FUTURES","channel":"candle1m","instId":"BTCUSDT"},"data":[)", rows,
                    R"(],"ts":1760000003250})");
  }
  void start(unsigned backfill) {
    auto o = default_options();
    o.channels = {"candle1m"};
    o.endpoint_rest = "https://localhost:1";
    o.backfill = backfill;
    f = std::make_unique<feed>(o, "feed", w, 1);
    f->start();
    w.run(*f, second);
  }
  void push(std::string text) {
    w.push(std::move(text));
    w.run(*f, 500 * ms);
  }
  // Closed bars, "minute:close".
  words closed() const {
    words out;
    for (const auto* e : w.of(TRAPLINE_EVENT_CANDLE)) {
      const auto& c = e->as<trapline_candle>();
      if (c.closed)
        out.push_back(sdk::cat((c.start_ts / ms - 1759999920000) / 60000, ":", sdk::format(c.close, c.price_exp)));
    }
    return out;
  }
};

TEST_F(candles_by_rest, W23_bars_that_a_lost_connection_left_out_are_asked_for_and_none_is_closed_with_a_wrong_price) {
  start(0);
  push(pushed("snapshot", bar(0, "11") + "," + bar(1, "12")));
  EXPECT_EQ(closed(), (words{"0:11"}));
  // The stream stalls while bar 1 stands at 12. It ends at 13, unseen.
  w.drop();
  w.run(*f, 2 * second);
  for (int m = 0; m < 6; ++m) venue.candles.push_back(bar(m, m == 1 ? "13" : "14", true));
  push(pushed("snapshot", bar(5, "14")));
  EXPECT_EQ(closed(), (words{"0:11", "1:13", "2:14", "3:14", "4:14"}));
  push(pushed("update", bar(6, "15")));
  EXPECT_EQ(closed().back(), "5:14");
}

TEST_F(candles_by_rest, W23_without_an_answer_the_bar_that_stalled_is_never_said_to_be_closed) {
  start(0);
  push(pushed("snapshot", bar(0, "11") + "," + bar(1, "12")));
  venue.instead["/api/v2/mix/market/candles"] = error_answer(40034);
  w.drop();
  w.run(*f, 2 * second);
  push(pushed("snapshot", bar(5, "14")));
  push(pushed("update", bar(5, "14")));
  push(pushed("update", bar(6, "15")));
  EXPECT_EQ(closed(), (words{"0:11", "5:14"}));
  EXPECT_GE(w.count("feed_candles_missing_total"), 1u);
}

TEST_F(candles_by_rest, as_many_closed_bars_as_wanted_are_asked_for_at_the_start) {
  for (int m = 0; m < 100; ++m) venue.candles.push_back(bar(m, "14", true));
  start(50);
  push(pushed("snapshot", bar(98, "14") + "," + bar(99, "14")));
  EXPECT_EQ(closed().size(), 50u);
  for (const auto* e : w.of(TRAPLINE_EVENT_CANDLE)) {
    if (e->as<trapline_candle>().closed) {
      EXPECT_NE(e->head.flags & TRAPLINE_FLAG_HISTORY, 0);
    }
  }
}

TEST_F(candles_by_rest, W23_a_bar_that_ends_while_an_answer_is_on_its_way_is_not_closed_with_what_the_answer_says) {
  start(0);
  push(pushed("snapshot", bar(0, "11") + "," + bar(1, "12")));
  w.drop();
  w.run(*f, 2 * second);
  for (int m = 0; m < 6; ++m) venue.candles.push_back(bar(m, m == 5 ? "14" : "13", true));
  std::string padded;
  venue.before = [&, once = false](const world::asked& a) mutable {
    if (a.path != "/api/v2/mix/market/candles") return;
    if (std::exchange(once, true)) {
      venue.candles[5] = bar(5, "19", true);
      venue.candles.push_back(bar(6, "20", true));
      return;
    }
    // The answer is made; before it arrives the bar moves to 19 and ends.
    for (const auto& text : {pushed("update", bar(5, "19")), pushed("update", bar(6, "19"))}) {
      padded = text + std::string(net::simdjson_padding, '\0');
      w.connections.back()->handler.on_text({padded.data(), text.size()});
    }
  };
  push(pushed("snapshot", bar(4, "13") + "," + bar(5, "14")));
  push(pushed("update", bar(6, "20")));
  w.run(*f, 5 * second);
  EXPECT_EQ(closed(), (words{"0:11", "1:13", "2:13", "3:13", "4:13", "5:19"}));
}

}  // namespace
}  // namespace trapline::mm_ws::test
