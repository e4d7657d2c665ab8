#include <gtest/gtest.h>

#include "venue_fixture.hpp"

namespace {

using namespace trapline::paper_venue;
using nlohmann::json;

TEST_F(venue_test, errors_carry_their_codes_and_leave_the_connection_open) {
  auto& l = connect("/v2/ws/private");
  const auto code = [&](const std::string& text) {
    say(l, text);
    const auto m = only(l);
    EXPECT_EQ(m["event"], "error");
    EXPECT_TRUE(m["code"].is_number());
    return m["code"].get<int>();
  };
  EXPECT_EQ(code(subscribe("books", R"("instId":"NOPEUSDT")")), 30001);
  EXPECT_EQ(code(subscribe("bananas")), 30001);
  EXPECT_EQ(code(subscribe("books", R"("instId":"BTCUSDT")", "SPOT")), 30001);
  EXPECT_EQ(code("{nonsense"), 30002);
  EXPECT_EQ(code(R"({"op":"da\"nce","args":[]})"), 30003);
  EXPECT_EQ(code(subscribe("positions", R"("instId":"default")")), 30004);
  EXPECT_EQ(code(R"({"op":"subscribe","args":7})"), 30016);
  EXPECT_EQ(l.close_code, 0);
  say(l, sub_books);
  EXPECT_EQ(l.take()[0]["event"], "subscribe");
}

TEST_F(venue_test, an_error_names_the_argument_and_the_good_ones_of_the_message_still_count) {
  auto& l = connect();
  say(l, R"({"op":"subscribe","args":[{"instType":"USDT-FUTURES","channel":"ticker","instId":"NOPEUSDT"},)"
         R"({"instType":"USDT-FUTURES","channel":"ticker","instId":"BTCUSDT"}]})");
  const auto all = l.take();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0]["code"], 30001);
  EXPECT_EQ(all[0]["arg"]["instId"], "NOPEUSDT");
  EXPECT_EQ(all[0]["op"], "subscribe");
  EXPECT_EQ(all[1]["event"], "subscribe");
}

TEST_F(venue_test, the_eleventh_message_within_a_second_costs_the_connection) {
  auto& l = connect();
  for (int i = 0; i < 10; ++i) venue_->on_text(l, "ping");
  EXPECT_EQ(l.texts.size(), 10u);
  venue_->on_text(l, "ping");
  EXPECT_EQ(json::parse(l.texts.back())["code"], 30007);
  EXPECT_NE(l.close_code, 0);
}

TEST_F(venue_test, ten_messages_each_second_are_allowed_for_ever) {
  auto& l = connect();
  for (int i = 0; i < 100; ++i) {
    wall_ += second / 10;
    venue_->on_text(l, "ping");
  }
  EXPECT_EQ(l.close_code, 0);
}

TEST_F(venue_test, a_v2_client_without_pings_is_closed_after_the_timeout_and_a_v1_client_is_not) {
  auto& v2 = connect();
  auto& pinging = connect();
  auto& v1 = connect("/mix/v1/stream");
  for (int i = 0; i < 5; ++i) {
    run(28);
    say(pinging, "ping");
  }
  EXPECT_NE(v2.close_code, 0);
  EXPECT_EQ(pinging.close_code, 0);
  EXPECT_EQ(v1.close_code, 0);
}

TEST_F(venue_test, a_client_that_does_not_read_is_cut_off_instead_of_growing_memory) {
  auto& l = connect();
  say(l, sub_books);
  l.backlog = venue::most_buffered + 1;
  run(1);
  EXPECT_EQ(l.close_code, 1008);
  EXPECT_EQ(venue_->counts().slow_clients, 1u);
}

}  // namespace
