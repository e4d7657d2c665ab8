// What the feed makes of an account whose pushes cannot be relied upon.
#include <algorithm>
#include <numeric>
#include <random>

#include "rest_world.hpp"
#include "support/effort.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::mm_ws::test {
namespace {

struct reconciled : testing::Test {
  world w;
  rest_venue venue{w};
  std::unique_ptr<feed> f;

  static std::string position(const char* symbol, const char* side, const char* size, const char* entry = "64000") {
    return sdk::cat(
        R"({"symbol":")", symbol, R"(","holdSide":")", side, R"(","total":")", size, R"(","available":")", size,
        R"(","openPriceAvg":")", entry,
        R"(","marginCoin":"USDT","marginMode":"crossed","posMode":"one_way_mode","uTime":"1760000002000"})");
  }
  static std::string order(const char* id, const char* filled, const char* status,
                           std::int64_t updated = 1760000002000) {
    return sdk::cat(R"({"symbol":"BTCUSDT","orderId":")", id, R"(","clientOid":"c)", id,
                    R"(","price":"64000","size":"1","baseVolume":")", filled, R"(","status":")", status,
                    R"(","side":"buy","posMode":"one_way_mode","orderType":"limit","uTime":")", updated, "\"}");
  }
  static std::string fill(int id, std::int64_t ts, const char* order = "7") {
    return sdk::cat(
        R"({"symbol":"BTCUSDT","tradeId":")", id, R"(","orderId":")", order,
        R"(","price":"64000","baseVolume":"0.1","side":"buy","tradeSide":"buy_single","posMode":"one_way_mode",)",
        R"("tradeScope":"taker","profit":"0","feeDetail":[{"feeCoin":"USDT","totalFee":"-0.5"}],"cTime":")", ts, "\"}");
  }
  static std::string push(const char* channel, const std::string& rows) {
    return sdk::cat(R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":")", channel,
                    R"(","instId":"default"},"data":[)", rows, R"(],"ts":1760000002010})");
  }
  // As in a push: cumulative, latest fill, its id.
  static std::string pushed_order(const char* id, const char* filled, const char* status, const char* last, int trade,
                                  std::int64_t updated) {
    auto out = sdk::cat(R"({"instId":"BTCUSDT","orderId":")", id, R"(","price":"64000","size":"1","accBaseVolume":")",
                        filled, R"(","status":")", status,
                        R"(","side":"buy","posMode":"one_way_mode","orderType":"limit","uTime":")", updated, "\"");
    if (trade != 0)
      out += sdk::cat(R"(,"baseVolume":")", last,
                      R"(","fillPrice":"64000","fillFee":"-0.1","fillFeeCoin":"USDT","tradeId":")", trade,
                      R"(","fillTime":")", updated, R"(","tradeScope":"M")");
    return out + "}";
  }
  static std::string position_pushed() {
    auto row = position("BTCUSDT", "long", "0.1");
    return row.replace(row.find("symbol"), 6, "instId");
  }
  std::string padded_;

  // Decoded rows of pushed orders, and the fills in them. Their texts live as long as this.
  struct decoded {
    std::string text;
    ondemand::parser parser;
    ondemand::document document;
    std::vector<order_row> rows;
    std::vector<fill_row> fills;
    explicit decoded(std::string json) : text(std::move(json)) {
      text += std::string(simdjson::SIMDJSON_PADDING, '\0');
      document = parser.iterate(text.data(), text.size() - simdjson::SIMDJSON_PADDING, text.size()).value();
      EXPECT_TRUE(decode_orders(dialect_of("v2"), false, document.get_value().value(), rows, &fills));
    }
  };
  void start(std::int64_t duration = 5 * second) {
    f = std::make_unique<feed>(rest_options(), "feed", w, 1);
    f->start();
    w.run(*f, duration);
  }
  void push_now(std::string text) {
    w.push(std::move(text));
    w.run(*f);
  }
  // {order id: status} of all orders that a consumer holds to be open, and whether it may believe that.
  std::map<std::string, int> open_orders() const {
    std::map<std::string, int> open, list;
    for (const auto* e : w.of(TRAPLINE_EVENT_ORDER)) {
      const auto& o = e->as<trapline_order>();
      const std::string id(sdk::view(o.order_id));
      if (e->head.flags & TRAPLINE_FLAG_SNAPSHOT) {
        if (o.status != TRAPLINE_ORDER_NONE) list[id] = o.status;
        if (e->head.flags & TRAPLINE_FLAG_LAST_IN_BATCH) open = std::exchange(list, {});
      } else if (o.status == TRAPLINE_ORDER_FILLED || o.status == TRAPLINE_ORDER_CANCELED) {
        open.erase(id);
      } else {
        open[id] = o.status;
      }
    }
    return open;
  }
  std::vector<std::string> fill_ids(bool history = false) const {
    std::vector<std::string> out;
    for (const auto* e : w.of(TRAPLINE_EVENT_FILL))
      if (((e->head.flags & TRAPLINE_FLAG_HISTORY) != 0) == history)
        out.emplace_back(sdk::view(e->as<trapline_fill>().trade_id));
    return out;
  }
  // The latest complete list, as "BTCUSDT long 0.1".
  std::vector<std::string> positions() const {
    std::vector<std::string> out, list;
    for (const auto* e : w.of(TRAPLINE_EVENT_POSITION)) {
      const auto& p = e->as<trapline_position>();
      if (p.side != TRAPLINE_POSITION_NONE)
        list.push_back(w.instruments[e->head.instrument - 1] +
                       (p.side == TRAPLINE_POSITION_LONG ? " long " : " short ") + sdk::format(p.size, p.size_exp));
      if (e->head.flags & TRAPLINE_FLAG_LAST_IN_BATCH) out = std::exchange(list, {});
    }
    return out;
  }
};
using words = std::vector<std::string>;

TEST_F(reconciled, W15_is_live_only_after_everything_was_asked_for) {
  venue.positions = {position("BTCUSDT", "long", "0.1")};
  venue.orders = {order("7", "0.4", "partially_filled")};
  venue.accounts = {R"({"marginCoin":"USDT","locked":"1","available":"99","accountEquity":"100","unrealizedPL":""})"};
  venue.plans = {
      R"({"symbol":"BTCUSDT","orderId":"p1","planType":"pos_loss","triggerPrice":"60000","triggerType":"mark_price","planStatus":"live","size":"","side":"sell","posMode":"one_way_mode","orderType":"market"})"};
  bool early = false;
  venue.before = [&](const world::asked& a) {
    if (a.path != "/api/v2/public/time") early |= f && f->private_state() == TRAPLINE_FEED_LIVE;
  };
  start();
  EXPECT_EQ(f->private_state(), TRAPLINE_FEED_LIVE);
  EXPECT_FALSE(early);
  EXPECT_EQ(positions(), (words{"BTCUSDT long 0.1"}));
  EXPECT_EQ(open_orders(), (std::map<std::string, int>{{"7", TRAPLINE_ORDER_PARTIALLY_FILLED}}));
  ASSERT_EQ(w.of(TRAPLINE_EVENT_PLAN_ORDER).size(), 1u);
  const auto& p = w.of(TRAPLINE_EVENT_PLAN_ORDER)[0]->as<trapline_plan_order>();
  EXPECT_EQ(p.kind, TRAPLINE_PLAN_POSITION_STOP_LOSS);
  EXPECT_EQ(p.status, TRAPLINE_PLAN_STATUS_LIVE);
  EXPECT_EQ(p.trigger_by, TRAPLINE_TRIGGER_BY_MARK);
  EXPECT_EQ(p.trigger_price, 60000);
  EXPECT_EQ(p.size, 0);
  const auto& a = w.of(TRAPLINE_EVENT_ACCOUNT).at(0)->as<trapline_account>();
  EXPECT_EQ(a.equity, 100);
}

TEST_F(reconciled, W14_a_failed_or_partial_answer_never_means_flat) {
  venue.positions = {position("BTCUSDT", "long", "0.1")};
  start();
  ASSERT_EQ(positions(), (words{"BTCUSDT long 0.1"}));
  const std::string path = "/api/v2/mix/position/all-position";
  for (const auto& answer : {error_answer(40010, "timeout", 500), broken_answer(net::http_answer::cause::timeout),
                             json_answer("null"), json_answer("{}"), json_answer(R"([{"symbol":"BTCUSDT"}])"), [] {
                               net::http_answer r;
                               r.status = 200;
                               r.body = R"({"code":"00000","msg":"success","data":[)";
                               return r;
                             }()}) {
    venue.instead[path] = answer;
    w.events.clear();
    w.run(*f, 300 * second);
    for (const auto* e : w.of(TRAPLINE_EVENT_POSITION))
      EXPECT_NE(e->as<trapline_position>().side, TRAPLINE_POSITION_NONE);
    EXPECT_EQ(f->private_state(), TRAPLINE_FEED_STALE) << answer.body;
    EXPECT_EQ(w.healths.back().first, std::uint32_t{TRAPLINE_HEALTH_DEGRADED});
    venue.instead.clear();
    w.run(*f, 200 * second);
    EXPECT_EQ(f->private_state(), TRAPLINE_FEED_LIVE);
    EXPECT_EQ(positions(), (words{"BTCUSDT long 0.1"}));
  }
  venue.positions.clear();
  w.run(*f, 60 * second);
  EXPECT_EQ(positions(), words{});
  EXPECT_EQ(w.of(TRAPLINE_EVENT_POSITION).back()->as<trapline_position>().side, TRAPLINE_POSITION_NONE);
}

TEST_F(reconciled, W14_after_a_reconnect_with_a_venue_that_fails_the_state_stays_uncertain) {
  venue.positions = {position("BTCUSDT", "long", "0.1")};
  start();
  venue.instead["/api/v2/mix/order/orders-pending"] = error_answer(45001, "maintenance", 503);
  w.drop();
  w.run(*f, 300 * second);
  EXPECT_EQ(f->private_state(), TRAPLINE_FEED_SUBSCRIBING);
  EXPECT_EQ(w.healths.back().first, std::uint32_t{TRAPLINE_HEALTH_DEGRADED});
  EXPECT_EQ(w.connects.size(), 2u);
  venue.instead.clear();
  w.run(*f, 120 * second);
  EXPECT_EQ(f->private_state(), TRAPLINE_FEED_LIVE);
}

TEST_F(reconciled, W15_a_connection_cut_at_any_point_of_an_orders_life_leads_to_the_venues_state_within_5_seconds) {
  struct stage {
    const char* what;
    std::vector<std::string> pushes, orders, fills;
    std::map<std::string, std::string> details;
    std::map<std::string, int> expected_open;
  };
  const auto live = pushed_order("7", "0", "live", "", 0, 1760000001000);
  const auto part = pushed_order("7", "0.1", "partially_filled", "0.1", 11, 1760000002000);
  const auto done = pushed_order("7", "1", "filled", "0.9", 12, 1760000003000);
  const auto detail_filled = order("7", "1", "filled", 1760000003000), detail_canceled = order("7", "0.1", "canceled");
  const std::vector<stage> stages = {
      {"nothing was pushed, the order is live", {}, {order("7", "0", "live")}, {}, {}, {{"7", TRAPLINE_ORDER_LIVE}}},
      {"live, then filled in the dark", {live}, {}, {fill(12, 3000), fill(11, 2000)}, {{"7", detail_filled}}, {}},
      {"partly filled, the rest in the dark",
       {live, part},
       {},
       {fill(12, 3000), fill(11, 2000)},
       {{"7", detail_filled}},
       {}},
      {"partly filled, canceled in the dark", {live, part}, {}, {fill(11, 2000)}, {{"7", detail_canceled}}, {}},
      {"partly filled, and still so",
       {live, part},
       {order("7", "0.1", "partially_filled")},
       {fill(11, 2000)},
       {},
       {{"7", TRAPLINE_ORDER_PARTIALLY_FILLED}}},
      {"everything was pushed", {live, part, done}, {}, {fill(12, 3000), fill(11, 2000)}, {}, {}},
      {"forgotten by the venue", {live}, {}, {}, {}, {}},
  };
  for (const auto& s : stages) {
    w.events.clear();
    venue.orders.clear();
    venue.fills = {fill(1, 500)};
    venue.details.clear();
    start();
    for (const auto& p : s.pushes) push_now(push("orders", p));
    const auto cut_at = w.time;
    venue.orders = s.orders;
    venue.fills = s.fills;
    venue.fills.push_back(fill(1, 500));
    venue.details = s.details;
    w.drop();
    w.run(*f, 10 * ms);
    if (!s.pushes.empty() && s.pushes.back() != done) {
      // Announced as uncertain at once.
      ASSERT_FALSE(open_orders().empty()) << s.what;
      EXPECT_EQ(open_orders().at("7"), TRAPLINE_ORDER_UNKNOWN) << s.what;
    }
    w.run(*f, 1100 * ms);
    ASSERT_LE(w.connects.back() - cut_at, 1100 * ms);
    w.run(*f, 5 * second);
    EXPECT_EQ(f->private_state(), TRAPLINE_FEED_LIVE) << s.what;
    const auto open = open_orders();
    EXPECT_EQ(open, s.expected_open) << s.what;
    auto ids = fill_ids();
    std::sort(ids.begin(), ids.end());
    words expected;
    for (const auto& x : s.fills) expected.push_back(x.find("\"tradeId\":\"11\"") != x.npos ? "11" : "12");
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(ids, expected) << s.what;
    EXPECT_EQ(fill_ids(true), (words{"1"})) << s.what;
    f.reset();
  }
}

TEST_F(reconciled, W15_with_half_of_all_pushes_lost_every_fill_is_told_once_and_the_orders_are_right) {
  std::mt19937_64 random(7);
  start();
  int trade = 100;
  words all;
  for (int n = 0; n < 200; ++n) {
    const auto id = std::to_string(1000 + n);
    const auto ts = 1760000000000 + n * 1000;
    const auto lose = [&] { return random() % 2 == 0; };
    venue.orders = {order(id.c_str(), "0", "live", ts)};
    if (!lose()) push_now(push("orders", pushed_order(id.c_str(), "0", "live", "", 0, ts)));
    ++trade;
    venue.fills.insert(venue.fills.begin(), fill(trade, ts + 1, id.c_str()));
    all.push_back(std::to_string(trade));
    if (!lose()) push_now(push("orders", pushed_order(id.c_str(), "0.1", "partially_filled", "0.1", trade, ts + 1)));
    if (!lose()) push_now(push("fill", fill(trade, ts + 1, id.c_str())));
    venue.orders.clear();
    venue.details[id] = order(id.c_str(), "0.1", "canceled", ts + 2);
    if (!lose()) push_now(push("orders", pushed_order(id.c_str(), "0.1", "canceled", "", 0, ts + 2)));
    if (n % 7 == 0) w.run(*f, 10 * second);
  }
  w.run(*f, 100 * second);
  EXPECT_EQ(open_orders(), (std::map<std::string, int>{}));
  auto ids = fill_ids();
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(ids, all);
  EXPECT_GT(w.count("feed_reconcile_differences_total"), 0u);
}

TEST_F(reconciled, the_difference_is_announced) {
  start();
  venue.positions = {position("BTCUSDT", "long", "0.1")};
  w.run(*f, 60 * second);
  EXPECT_EQ(positions(), (words{"BTCUSDT long 0.1"}));
  EXPECT_EQ(w.count("feed_reconcile_differences_total"), 1u);
  bool told = false;
  for (const auto& l : w.logs) told |= l.text.find("BTCUSDT: long 0.1, known: none") != l.text.npos;
  EXPECT_TRUE(told);
}

TEST_F(reconciled, what_was_pushed_after_the_question_is_newer_than_its_answer) {
  start();
  bool once = false;
  venue.before = [&](const world::asked& a) {
    if (a.path != "/api/v2/mix/position/all-position" || std::exchange(once, true)) return;
    // While the answer (still flat) is on its way.
    const auto text = push("positions", position_pushed());
    w.time += ms;
    padded_ = text + std::string(net::simdjson_padding, '\0');
    w.connections.back()->handler.on_text({padded_.data(), text.size()});
  };
  w.run(*f, 46 * second);
  ASSERT_TRUE(once);
  EXPECT_EQ(positions(), (words{"BTCUSDT long 0.1"}));
}

TEST_F(reconciled, W5_any_order_and_repetition_of_an_orders_life_ends_in_the_same_state_with_each_fill_once) {
  const std::vector<std::string> life = {pushed_order("7", "0", "live", "", 0, 1760000001000),
                                         pushed_order("7", "0.1", "partially_filled", "0.1", 11, 1760000002000),
                                         pushed_order("7", "0.4", "partially_filled", "0.3", 12, 1760000002000),
                                         pushed_order("7", "1", "filled", "0.6", 13, 1760000003000)};
  std::deque<decoded> steps;
  for (const auto& step : life) steps.emplace_back("[" + step + "]");
  const auto o = rest_options();
  feed_counters counters(w);
  log_limiter log(w);
  std::mt19937_64 random(1);
  for (int round = 0; round < ::test::effort(100'000); ++round) {
    account_store store(o, w, log, counters);
    std::vector<std::size_t> sequence(life.size());
    std::iota(sequence.begin(), sequence.end(), 0);
    for (std::size_t n = random() % 4; n > 0; --n) sequence.push_back(random() % life.size());
    std::shuffle(sequence.begin(), sequence.end(), random);
    w.events.clear();
    for (const auto i : sequence) {
      ASSERT_EQ(store.push_orders(steps[i].rows, steps[i].fills, {}), 0);
    }
    EXPECT_TRUE(store.orders().open().empty());
    auto ids = fill_ids();
    std::sort(ids.begin(), ids.end());
    ASSERT_EQ(ids, (words{"11", "12", "13"}));
    sdk::decimal filled{-1, 0};
    for (const auto* e : w.of(TRAPLINE_EVENT_ORDER)) {
      const auto& x = e->as<trapline_order>();
      const sdk::decimal now{x.filled_size, x.size_exp};
      ASSERT_TRUE(sdk::compare(now, filled) > 0) << "an order never moves back";
      filled = now;
    }
    ASSERT_EQ(w.of(TRAPLINE_EVENT_ORDER).back()->as<trapline_order>().status, TRAPLINE_ORDER_FILLED);
  }
}

TEST_F(reconciled, fills_are_read_back_page_by_page_to_what_is_known) {
  for (int i = 0; i < 50; ++i) venue.fills.insert(venue.fills.begin(), fill(i, 1000 + i));
  start();
  EXPECT_EQ(fill_ids(true).size(), 50u);
  for (int i = 50; i < 400; ++i) venue.fills.insert(venue.fills.begin(), fill(i, 1000 + i));
  w.drop();
  w.run(*f, 10 * second);
  const auto ids = fill_ids();
  ASSERT_EQ(ids.size(), 350u);
  for (int i = 0; i < 350; ++i)
    EXPECT_EQ(ids[static_cast<std::size_t>(i)], std::to_string(50 + i));  // as they happened
}

TEST_F(reconciled, a_full_bus_loses_no_fill) {
  start();
  venue.fills = {fill(5, 1000)};
  w.bus_full = true;
  w.run(*f, 60 * second);
  w.bus_full = false;
  w.run(*f, 120 * second);
  EXPECT_EQ(fill_ids(), (words{"5"}));
  EXPECT_EQ(f->private_state(), TRAPLINE_FEED_LIVE);
}

TEST_F(reconciled, lists_are_published_again_before_they_are_older_than_their_period) {
  venue.positions = {position("BTCUSDT", "long", "0.1")};
  venue.accounts = {R"({"marginCoin":"USDT","available":"99","accountEquity":"100"})"};
  start();
  w.events.clear();
  w.run(*f, 60 * second);
  const auto widest = [&](std::uint16_t type) {
    std::int64_t last = w.now() - 60 * second, gap = 0;
    for (const auto* e : w.of(type)) {
      gap = std::max(gap, e->head.ts_recv - last);
      last = e->head.ts_recv;
    }
    return gap;
  };
  EXPECT_LE(widest(TRAPLINE_EVENT_POSITION), 5 * second);
  EXPECT_LE(widest(TRAPLINE_EVENT_ORDER), 10 * second);
  EXPECT_LE(widest(TRAPLINE_EVENT_ACCOUNT), 30 * second);
}

TEST_F(reconciled, without_rest_nothing_is_asked_for_and_the_venues_lists_are_believed) {
  auto o = rest_options();
  o.rest_enabled = false;
  f = std::make_unique<feed>(o, "feed", w, 1);
  f->start();
  w.run(*f, 100 * second);
  EXPECT_EQ(f->private_state(), TRAPLINE_FEED_LIVE);
  EXPECT_TRUE(w.rest_asked.empty());
  push_now(push("positions", position_pushed()));
  EXPECT_EQ(positions(), (words{"BTCUSDT long 0.1"}));
}

TEST_F(reconciled, a_key_without_permission_is_told_and_not_tried_again_and_again) {
  for (const char* path : {"/api/v2/mix/position/all-position", "/api/v2/mix/order/orders-pending"})
    venue.instead[path] = error_answer(40014, "Incorrect permissions", 403);
  start(3600 * second);
  EXPECT_NE(f->private_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(w.healths.back().first, std::uint32_t{TRAPLINE_HEALTH_FAILED});
  EXPECT_NE(w.healths.back().second.find("permission"), std::string::npos);
  // Once a probe interval, of which an hour has twelve.
  EXPECT_LE(w.rest_asked.size(), 10u + 2 * 12u);
  venue.instead.clear();
  w.run(*f, 310 * second);
  EXPECT_EQ(f->private_state(), TRAPLINE_FEED_LIVE);
}

TEST_F(reconciled, an_account_of_millions_is_known_to_the_last_digit_that_fits) {
  struct sample {
    const char *profit, *published;
    bool inexact;
  };
  for (const auto& s :
       {sample{"0.000000000000", "9300000.12345678", false}, sample{"0.000000000019", "9300000.12345678000", true},
        sample{"-1234567.000000000019", "9300000.12345678000", true}}) {
    venue.accounts = {sdk::cat(
        R"({"marginCoin":"USDT","available":"9300000.12345678","locked":"0.00000000","accountEquity":"9300000.12345678","unrealizedPL":")",
        s.profit, "\"}")};
    w.events.clear();
    start();
    EXPECT_EQ(f->private_state(), TRAPLINE_FEED_LIVE);
    ASSERT_FALSE(w.of(TRAPLINE_EVENT_ACCOUNT).empty());
    const auto* e = w.of(TRAPLINE_EVENT_ACCOUNT).back();
    const auto& a = e->as<trapline_account>();
    EXPECT_EQ(sdk::format(a.equity, a.money_exp), s.published);
    EXPECT_EQ(sdk::format(a.available, a.money_exp), s.published);
    EXPECT_EQ((e->head.flags & TRAPLINE_FLAG_INEXACT) != 0, s.inexact);
    // Cut, not rounded.
    EXPECT_EQ(a.unrealised_pnl, s.inexact ? std::stoll(s.profit) * 100'000'000'000 + (s.profit[0] == '-' ? -1 : 1) : 0);
    f.reset();
  }
}

}  // namespace
}  // namespace trapline::mm_ws::test
