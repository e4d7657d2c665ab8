#include "trapline/sdk/text.hpp"
#include "world.hpp"

namespace trapline::mm_ws::test {
namespace {

struct live_account : testing::Test {
  world w;
  std::unique_ptr<feed> f;
  void SetUp() override {
    be_friendly(w);
    auto o = default_options();
    o.channels = {};
    o.private_channels = {"positions", "orders", "account"};
    f = std::make_unique<feed>(o, "feed", w, 1);
    f->start();
    w.run(*f, second);
    ASSERT_EQ(f->private_state(), TRAPLINE_FEED_LIVE);
  }
  void push(std::string text) {
    w.push(std::move(text));
    w.run(*f);
  }
  static std::string positions(const std::string& rows) {
    return R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"positions","instId":"default"},"data":)" +
           rows + R"(,"ts":1760000002010})";
  }
  static std::string orders(const std::string& row) {
    return R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"orders","instId":"default"},"data":[)" +
           row + R"(],"ts":1742560160318})";
  }
  // How often positions were subscribed.
  std::size_t asked() const {
    std::size_t n = 0;
    for (const auto& s : w.sent)
      for (const auto& arg : args_of(s.text, "subscribe")) n += arg.find("\"positions\"") != arg.npos;
    return n;
  }
  static constexpr const char* long_row =
      R"({"posId":"1360000000000000100","instId":"BTCUSDT","marginCoin":"USDT","marginSize":"32.00025","marginMode":"crossed","holdSide":"long","posMode":"hedge_mode","total":"0.01","available":"0.01","frozen":"0","openPriceAvg":"64000.5","leverage":20,"achievedProfits":"0","unrealizedPL":"-0.004","unrealizedPLR":"-0.000125","liquidationPrice":"51234.88","keepMarginRate":"0.004","marginRate":"0.0021","breakEvenPrice":"64077.3","totalFee":"","deductedFee":"0.384003","markPrice":"64000.1","assetMode":"single","autoMargin":"off","cTime":"1760000001000","uTime":"1760000002000"})";
  static constexpr const char* short_row =
      R"({"posId":"1360000000000000101","instId":"ETHUSDT","marginCoin":"USDT","marginMode":"isolated","holdSide":"short","posMode":"one_way_mode","total":"1.5","available":"1","openPriceAvg":"3000","leverage":"10","liquidationPrice":"0"})";
};

TEST_F(live_account, positions_are_a_bracketed_complete_list) {
  push(positions(std::string("[") + long_row + "," + short_row + "]"));
  const auto p = w.of(TRAPLINE_EVENT_POSITION);
  ASSERT_EQ(p.size(), 2u);
  EXPECT_EQ(p[0]->topic, "acct.position.bitget");
  EXPECT_EQ(p[0]->head.flags, TRAPLINE_FLAG_SNAPSHOT);
  EXPECT_EQ(p[1]->head.flags, TRAPLINE_FLAG_SNAPSHOT | TRAPLINE_FLAG_LAST_IN_BATCH);
  EXPECT_EQ(w.instruments[p[0]->head.instrument - 1], "BTCUSDT");
  EXPECT_EQ(w.instruments[p[1]->head.instrument - 1], "ETHUSDT");
  const auto& a = p[0]->as<trapline_position>();
  EXPECT_EQ(sdk::view(a.position_id), "1360000000000000100");
  EXPECT_EQ(a.side, TRAPLINE_POSITION_LONG);
  EXPECT_EQ(a.position_mode, TRAPLINE_MODE_HEDGE);
  EXPECT_EQ(a.margin_mode, TRAPLINE_MARGIN_CROSSED);
  EXPECT_EQ(a.size, 1);
  EXPECT_EQ(a.size_exp, -2);
  EXPECT_EQ(a.entry_price, 6400050);
  EXPECT_EQ(a.liquidation_price, 5123488);
  EXPECT_EQ(a.price_exp, -2);
  EXPECT_EQ(a.unrealised_pnl, -400);
  EXPECT_EQ(a.margin, 3200025);
  EXPECT_EQ(a.money_exp, -5);
  EXPECT_EQ(a.leverage, 20);
  EXPECT_EQ(a.created_ts, 1760000001000 * ms);
  const auto& b = p[1]->as<trapline_position>();
  EXPECT_EQ(b.side, TRAPLINE_POSITION_SHORT);
  EXPECT_EQ(b.position_mode, TRAPLINE_MODE_ONE_WAY);
  EXPECT_EQ(b.present & TRAPLINE_POSITION_HAS_LIQUIDATION, 0u);  // "0" = there is none
  EXPECT_EQ(b.available, 10);
}

TEST_F(live_account, an_empty_list_says_flat) {
  push(positions("[]"));
  const auto p = w.of(TRAPLINE_EVENT_POSITION);
  ASSERT_EQ(p.size(), 1u);
  EXPECT_EQ(p[0]->head.flags, TRAPLINE_FLAG_SNAPSHOT | TRAPLINE_FLAG_LAST_IN_BATCH);
  EXPECT_EQ(p[0]->head.instrument, 0u);
  EXPECT_EQ(p[0]->as<trapline_position>().side, TRAPLINE_POSITION_NONE);
}

TEST_F(live_account, a_list_that_was_not_understood_makes_the_state_unknown_never_flat) {
  push(positions(std::string("[") + long_row + "]"));
  for (const char* rows : {R"([{"instId":"BTCUSDT"}])", R"([{"instId":"BTCUSDT","holdSide":"long","total":"abc"}])",
                           R"({"list":[]})", R"("")", "null", R"([{"instId":"BTCUSDT","holdSide":"long","total":"1"}])",
                           R"([{"instId":"BTCUSDT","holdSide":"long","total":"1","openPriceAvg":""}])",
                           R"([{"instId":"BTCUSDT","holdSide":"long","total":"1","openPriceAvg":"0"}])"}) {
    w.events.clear();
    push(positions(rows));
    EXPECT_EQ(w.of(TRAPLINE_EVENT_POSITION).size(), 0u) << rows;
    ASSERT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u) << rows;
    EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP)[0]->as<trapline_gap>().channel, TRAPLINE_GAP_PRIVATE);
    EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP)[0]->topic, "acct.position.bitget");
  }
}

TEST_F(live_account, only_a_message_that_calls_itself_complete_is_a_list) {
  for (const char* action : {R"("action":"update",)", R"("action":"delta",)", ""}) {
    w.events.clear();
    push(std::string("{") + action +
         R"("arg":{"instType":"USDT-FUTURES","channel":"positions","instId":"default"},"data":[]})");
    EXPECT_EQ(w.of(TRAPLINE_EVENT_POSITION).size(), 0u) << action;
    EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u) << action;
  }
}

TEST_F(live_account, a_malformed_list_is_asked_for_again_a_bounded_number_of_times_and_later_once_more) {
  const auto before = asked();
  for (int i = 0; i < 20; ++i) {
    push(positions(R"([{"instId":"BTCUSDT"}])"));
    w.run(*f, second);
  }
  EXPECT_EQ(asked() - before, 3u);
  w.run(*f, 600 * second);
  EXPECT_GT(w.count("feed_resyncs_total"), 6u);  // three of positions, three of account, and then those of later
}

TEST_F(live_account, a_frame_that_cannot_be_read_makes_it_ask_for_the_lists) {
  const auto before = asked();
  push("{broken");
  w.run(*f, 2 * second);
  EXPECT_EQ(asked() - before, 1u);
}

TEST_F(live_account, a_list_with_more_symbols_than_it_can_name_is_unknown_and_asked_for_again) {
  std::string rows;
  for (int i = 0; i < 1000; ++i)
    rows += (i ? ",{\"instId\":\"S" : "{\"instId\":\"S") + std::to_string(i) + R"(","holdSide":"long","total":"0"})";
  push(positions("[" + rows + "]"));
  ASSERT_EQ(w.of(TRAPLINE_EVENT_POSITION).size(), 1000u);
  w.events.clear();
  const auto before = asked();
  push(positions(std::string("[") + long_row + "]"));
  w.run(*f, 2 * second);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_POSITION).size(), 0u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u);
  EXPECT_EQ(asked() - before, 1u);
}

TEST_F(live_account, a_position_in_a_symbol_of_other_characters_does_not_hide_the_others) {
  push(positions(std::string("[") + long_row +
                 ",{\"instId\":\"\xe5\xb8\x81USDT\",\"holdSide\":\"long\",\"total\":\"1\",\"openPriceAvg\":\"2\"}]"));
  const auto p = w.of(TRAPLINE_EVENT_POSITION);
  ASSERT_EQ(p.size(), 2u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 0u);
  const auto& name = w.instruments[p[1]->head.instrument - 1];
  EXPECT_TRUE(valid_symbol(name)) << name;
  EXPECT_NE(p[0]->head.instrument, p[1]->head.instrument);
}

TEST_F(live_account, a_list_never_overtakes_the_loss_that_came_before_it) {
  for (int refusals = 1; refusals <= 4; ++refusals) {
    w.events.clear();
    w.bus_refuses = refusals;
    push("{broken");
    push(positions(std::string("[") + long_row + "]"));
    w.run(*f, second);
    bool listed = false;
    for (const auto& e : w.events) {
      listed |= e.head.type == TRAPLINE_EVENT_POSITION;
      if (listed) {
        EXPECT_NE(e.head.type, TRAPLINE_EVENT_GAP) << refusals;
      }
    }
    EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u) << refusals;
    push(positions(std::string("[") + long_row + "]"));
    EXPECT_EQ(w.events.back().head.type, TRAPLINE_EVENT_POSITION) << refusals;
  }
}

TEST_F(live_account, nothing_is_asked_for_while_the_bus_is_full_and_the_lists_once_it_is_not) {
  w.run(*f, second);
  const auto before = asked();
  w.bus_full = true;
  for (int i = 0; i < 10; ++i) {
    push(positions("[]"));
    w.run(*f, second);
  }
  EXPECT_EQ(asked(), before);
  w.bus_full = false;
  w.run(*f, second);
  EXPECT_EQ(asked(), before + 1);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u);
}

TEST_F(live_account, positions_are_asked_for_every_five_minutes_so_that_a_lost_push_heals) {
  const auto before = asked();
  w.run(*f, 3600 * second);
  EXPECT_EQ(asked() - before, 12u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 0u);
  for (const auto* e : w.of(TRAPLINE_EVENT_FEED_STATUS))
    EXPECT_NE(e->as<trapline_feed_status>().state, TRAPLINE_FEED_STALE);
}

TEST_F(live_account, a_list_that_is_not_served_any_more_makes_the_state_unknown) {
  push(positions("[]"));
  w.venue = [&](std::size_t c, const std::string& text) {
    if (text == "ping") w.push("pong", c);
  };
  w.run(*f, 400 * second);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u);
  EXPECT_EQ(f->private_state(), TRAPLINE_FEED_STALE);
}

TEST_F(live_account, a_lost_connection_makes_the_state_unknown_once) {
  push(positions("[]"));
  w.accept_at_once = false;
  w.drop();
  w.run(*f, 5 * second);
  w.drop();
  w.run(*f, 5 * second);
  ASSERT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP)[0]->as<trapline_gap>().reason, TRAPLINE_GAP_DISCONNECT);
}

TEST_F(live_account, a_refused_list_is_announced_and_asked_for_again) {
  w.bus_refuses = 1;
  push(positions(std::string("[") + long_row + "]"));
  w.run(*f, second);
  ASSERT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP)[0]->as<trapline_gap>().reason, TRAPLINE_GAP_OVERRUN);
  EXPECT_EQ(args_of(w.sent.back().text, "subscribe").size(), 1u);
}

TEST_F(live_account, the_recorded_one_way_market_order_is_live_and_then_filled) {
  push(
      R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"orders","instId":"default"},"data":[{"accBaseVolume":"0","cTime":"1742560160311","cancelReason":"","clientOid":"1286956078637682690","enterPointSource":"API","feeDetail":[{"feeCoin":"USDT","fee":"0.00000000"}],"force":"gtc","instId":"LTCUSDT","leverage":"10","marginCoin":"USDT","marginMode":"crossed","notionalUsd":"18.724","orderId":"1286956078633488402","orderType":"market","posMode":"one_way_mode","posSide":"net","presetStopLossExecutePrice":"","presetStopLossType":"","presetStopSurplusExecutePrice":"","presetStopSurplusType":"","price":"0","reduceOnly":"no","side":"sell","size":"0.2","status":"live","stpMode":"none","totalProfits":"0","tradeSide":"sell_single","uTime":"1742560160311"}],"ts":1742560160318})");
  push(orders(
      R"({"orderId":"1286956078633488402","clientOid":"1286956078637682690","instId":"LTCUSDT","orderType":"market","posMode":"one_way_mode","posSide":"net","price":"0","side":"sell","size":"0.2","tradeSide":"sell_single","accBaseVolume":"0.2","baseVolume":"0.2","fillPrice":"93.62","fillFee":"-0.0112344","fillFeeCoin":"USDT","fillTime":"1742560160340","tradeId":"1286956078700000001","tradeScope":"T","priceAvg":"93.62","pnl":"0","status":"filled","cTime":"1742560160311","uTime":"1742560160345","reduceOnly":"YES"})"));
  const auto o = w.of(TRAPLINE_EVENT_ORDER);
  ASSERT_EQ(o.size(), 2u);
  EXPECT_EQ(o[0]->topic, "acct.order.bitget");
  const auto& live = o[0]->as<trapline_order>();
  EXPECT_EQ(live.status, TRAPLINE_ORDER_LIVE);
  EXPECT_EQ(live.side, TRAPLINE_SIDE_SELL);
  EXPECT_EQ(live.position_side, TRAPLINE_POSITION_NONE);
  EXPECT_EQ(live.order_type, TRAPLINE_ORDER_TYPE_MARKET);
  EXPECT_EQ(live.size, 2);
  EXPECT_EQ(live.size_exp, -1);
  EXPECT_EQ(live.last_trade_id[0], 0);
  EXPECT_EQ(live.reduce_only, 0);
  const auto& filled = o[1]->as<trapline_order>();
  EXPECT_EQ(filled.status, TRAPLINE_ORDER_FILLED);
  EXPECT_EQ(filled.filled_size, 2);
  EXPECT_EQ(filled.last_price, 9362);
  EXPECT_EQ(filled.average_price, 9362);
  EXPECT_EQ(filled.price_exp, -2);
  EXPECT_EQ(filled.last_fee, -112344);
  EXPECT_EQ(filled.money_exp, -7);
  EXPECT_EQ(sdk::view(filled.last_trade_id), "1286956078700000001");
  EXPECT_EQ(filled.reduce_only, 1);
  EXPECT_EQ(o[1]->head.ts_event, 1742560160345 * ms);
}

TEST_F(live_account, an_unknown_order_status_is_unknown_not_live) {
  push(orders(
      R"({"orderId":"1","instId":"BTCUSDT","size":"1","status":"some_new_status","side":"buy","posMode":"one_way_mode"})"));
  EXPECT_EQ(w.of(TRAPLINE_EVENT_ORDER).at(0)->as<trapline_order>().status, TRAPLINE_ORDER_UNKNOWN);
}

TEST_F(live_account, money_with_too_many_decimals_is_cut_and_said_to_be) {
  push(
      R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"account","coin":"default"},"data":[{"marginCoin":"USDT","frozen":"0.00000000","available":"1011.98545761","equity":"1011.9854576176601299","unrealizedPL":"0.000000000000"}],"ts":1760000000146})");
  const auto a = w.of(TRAPLINE_EVENT_ACCOUNT);
  ASSERT_EQ(a.size(), 1u);
  const auto& p = a[0]->as<trapline_account>();
  EXPECT_EQ(sdk::view(p.margin_coin), "USDT");
  EXPECT_EQ(p.present, 0xfu);
  EXPECT_EQ(p.money_exp, -12);
  EXPECT_EQ(p.equity, 1011985457617660);
  EXPECT_EQ(p.available, 1011985457610000);
  EXPECT_NE(a[0]->head.flags & TRAPLINE_FLAG_INEXACT, 0);
}

TEST(decode, W13_the_direction_of_a_fill_in_hedge_mode_is_the_same_whether_pushed_or_asked_for) {
  struct row {
    const char* trade_side;
    const char* pushed;  // the direction of the trade
    const char* listed;  // the side of the position
    std::uint8_t side, position;
  };
  for (const auto& r : {row{"open", "buy", "buy", TRAPLINE_SIDE_BUY, TRAPLINE_POSITION_LONG},
                        row{"close", "sell", "buy", TRAPLINE_SIDE_SELL, TRAPLINE_POSITION_LONG},
                        row{"open", "sell", "sell", TRAPLINE_SIDE_SELL, TRAPLINE_POSITION_SHORT},
                        row{"close", "buy", "sell", TRAPLINE_SIDE_BUY, TRAPLINE_POSITION_SHORT}})
    for (const bool from_rest : {false, true}) {
      std::string text = sdk::cat(
          R"([{"symbol":"BTCUSDT","tradeId":"1","orderId":"2","price":"1","baseVolume":"1","posMode":"hedge_mode","side":")",
          from_rest ? r.listed : r.pushed, R"(","tradeSide":")", r.trade_side, R"("}])");
      const auto size = text.size();
      text.append(simdjson::SIMDJSON_PADDING, '\0');
      ondemand::parser parser;
      auto document = parser.iterate(text.data(), size, text.size()).value();
      std::vector<fill_row> rows;
      ASSERT_TRUE(decode_fills(dialect_of("v2"), from_rest, document.get_value().value(), rows));
      EXPECT_EQ(rows.at(0).payload.side, r.side) << text.data();
      EXPECT_EQ(rows.at(0).payload.position_side, r.position) << text.data();
    }
}

TEST(order_direction, follows_the_position_in_hedge_mode_and_the_side_in_one_way_mode) {
  const auto buy = TRAPLINE_SIDE_BUY, sell = TRAPLINE_SIDE_SELL, unknown = TRAPLINE_SIDE_UNKNOWN;
  EXPECT_EQ(order_direction("buy", "long", "open", true), buy);
  EXPECT_EQ(order_direction("buy", "long", "close", true), sell);  // the venue says `buy` of a closing long
  EXPECT_EQ(order_direction("sell", "short", "open", true), sell);
  EXPECT_EQ(order_direction("sell", "short", "close", true), buy);
  EXPECT_EQ(order_direction("buy", "long", "burst_close_long", true), sell);
  EXPECT_EQ(order_direction("sell", "", "dte_sys_adl_close_short", true), buy);
  EXPECT_EQ(order_direction("buy", "long", "", true), unknown);
  EXPECT_EQ(order_direction("buy", "net", "buy_single", false), buy);
  EXPECT_EQ(order_direction("sell", "net", "reduce_sell_single", false), sell);
  EXPECT_EQ(order_direction("", "net", "burst_sell_single", false), sell);
}

}  // namespace
}  // namespace trapline::mm_ws::test
