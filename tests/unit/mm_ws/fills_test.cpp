// Each execution once, and as history only if it is.
#include "rest_world.hpp"

namespace trapline::mm_ws::test {
namespace {

struct fills : account_world {
  // A row of REST and of the fill channel.
  static std::string row(const char* trade, const char* order, std::int64_t at) {
    return sdk::cat(
        R"({"symbol":"BTCUSDT","tradeId":")", trade, R"(","orderId":")", order,
        R"(","price":"64000","baseVolume":"0.1","side":"buy","tradeSide":"buy_single","posMode":"one_way_mode","tradeScope":"taker","profit":"0","feeDetail":[{"feeCoin":"USDT","totalFee":"-0.5"}],"cTime":")",
        at / ms, "\"}");
  }
  // {trade id, HISTORY}
  std::vector<std::pair<std::string, bool>> told() const {
    std::vector<std::pair<std::string, bool>> out;
    for (const auto* e : w.of(TRAPLINE_EVENT_FILL))
      out.emplace_back(sdk::view(e->as<trapline_fill>().trade_id), (e->head.flags & TRAPLINE_FLAG_HISTORY) != 0);
    return out;
  }
};
using list = std::vector<std::pair<std::string, bool>>;

TEST_F(fills, what_happens_during_the_first_check_is_no_history) {
  for (const auto off : {-15, 0, 15}) {
    w.events.clear();
    venue.reset();
    use("v2");
    venue->clock_error = off * second;
    venue->fills = {row("1", "7", w.now() + venue->clock_error - 5 * second)};
    venue->before = [this, once = false](const world::asked& a) mutable {
      if (a.path != "/api/v2/mix/order/fills" || std::exchange(once, true)) return;
      venue->fills.insert(venue->fills.begin(), row("2", "7", w.now() + venue->clock_error));
    };
    start("v2");
    EXPECT_EQ(told(), (list{{"1", true}, {"2", false}})) << off;
    push(v2("fill", venue->fills[0]));
    EXPECT_EQ(told().size(), 2u);
    f.reset();
  }
}

TEST_F(fills, what_happened_while_rest_did_not_answer_since_the_start_is_no_history) {
  use("v2");
  venue->fills = {row("1", "7", w.now() - 3600 * second)};
  venue->instead["/api/v2/mix/position/all-position"] = error_answer(45001, "maintenance", 503);
  start("v2", 600 * second);
  venue->fills.insert(venue->fills.begin(), row("2", "7", w.now()));  // its push is lost
  venue->instead.clear();
  w.run(*f, 120 * second);
  EXPECT_EQ(told(), (list{{"1", true}, {"2", false}}));
}

TEST_F(fills, both_sides_of_a_trade_with_oneself_are_told_once_each) {
  start("v2");
  const auto pushed = [](const char* order, const char* side, const char* scope) {
    return v2(
        "orders",
        sdk::cat(
            R"({"instId":"BTCUSDT","orderId":")", order,
            R"(","price":"64000","size":"0.1","accBaseVolume":"0.1","status":"filled","side":")", side,
            R"(","posMode":"one_way_mode","orderType":"limit","uTime":"1760000002000","baseVolume":"0.1","fillPrice":"64000","fillFee":"-0.1","fillFeeCoin":"USDT","tradeId":"77","fillTime":"1760000002000","tradeScope":")",
            scope, "\"}"));
  };
  push(pushed("1", "buy", "T"));
  push(pushed("2", "sell", "M"));
  push(pushed("1", "buy", "T"));
  // And so in one message, and once more by REST.
  push(v2("fill", row("78", "3", w.now()) + "," + row("78", "4", w.now()) + "," + row("78", "3", w.now())));
  venue->fills = {row("78", "4", w.now()), row("78", "3", w.now()), row("77", "2", w.now()), row("77", "1", w.now())};
  w.run(*f, 60 * second);
  std::vector<std::string> orders;
  for (const auto* e : w.of(TRAPLINE_EVENT_FILL)) orders.emplace_back(sdk::view(e->as<trapline_fill>().order_id));
  EXPECT_EQ(orders, (std::vector<std::string>{"1", "2", "3", "4"}));
}

TEST_F(fills, an_old_one_is_told_once_however_much_newer_others_are) {
  start("v2");
  for (int i = 0; i < 2; ++i) {
    push(v2("fill", row("1", "7", w.now() - 200 * 86'400 * second)));
    push(v2("fill", row("2", "7", w.now() + 100 * 86'400 * second)));
    push(v2("fill", row("3", "7", w.now())));
  }
  EXPECT_EQ(told(), (list{{"1", false}, {"2", false}, {"3", false}}));
}

TEST_F(fills, one_from_the_future_does_not_hide_those_that_rest_tells_of) {
  start("v2");
  venue->fills.insert(venue->fills.begin(), row("1", "7", w.now() + 100 * 86'400 * second));
  w.run(*f, 120 * second);
  venue->fills.insert(venue->fills.begin(), row("2", "8", w.now()));
  w.run(*f, 120 * second);
  EXPECT_EQ(told(), (list{{"1", false}, {"2", false}}));
}

}  // namespace
}  // namespace trapline::mm_ws::test
