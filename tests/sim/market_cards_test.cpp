// Behaviours of the public side that users of comparable clients suffered from, against the venue with its faults on.
// What each card asks for: plugins/mm_ws/README.md, "Behaviours and their tests".
#include <gtest/gtest.h>

#include "world.hpp"

namespace trapline::sim {
namespace {

setup only_public(std::vector<std::string> channels = setup::default_feed().channels) {
  setup s;
  s.is_private = false;
  s.feed.channels = std::move(channels);
  return s;
}

bool is_update_of_books(const std::string& text, const std::string& symbol) {
  return text.find("\"channel\":\"books\"") != text.npos && text.find("\"instId\":\"" + symbol + "\"") != text.npos &&
         text.find("\"action\":\"update\"") != text.npos;
}

bool goes_live(world& w) {
  return w.run_until([&] { return w.live(); }, minute);
}

}  // namespace

TEST(sim, W1_one_silent_book_of_ten_is_noticed_in_31_s_and_asked_for_once_without_a_reconnect) {
  auto s = only_public({"books", "ticker"});
  s.symbols.clear();
  for (char c = 'A'; c <= 'J'; ++c) s.symbols.push_back(std::string(1, c) + "USDT");
  s.market_speed = 0.5;
  world w(s);
  ASSERT_TRUE(goes_live(w));
  w.run(20 * second);
  int asked = 0;
  bool silent = true;
  w.to_server = [&](std::string_view, std::string& text) {
    if (text.rfind("{\"op\":\"subscribe\"", 0) == 0) {
      ++asked;
      EXPECT_NE(text.find("JUSDT"), text.npos) << text;
      silent = false;  // the venue had forgotten the stream, and begins anew
    }
    return true;
  };
  w.to_client = [&](std::string_view, std::string& text) {
    return !silent || text.find("\"books\"") == text.npos || text.find("JUSDT") == text.npos;
  };
  const auto since = w.time();
  ASSERT_TRUE(w.run_until([&] { return w.feed().public_state() == TRAPLINE_FEED_STALE; }, minute));
  EXPECT_LE(w.time() - since, w.settings.feed.stale_after + 2 * second);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_TRUE(w.market->book_valid(i)) << i;
  EXPECT_FALSE(w.market->book_valid(9));
  ASSERT_TRUE(w.run_until([&] { return w.live(); }, 5 * second));
  w.run(30 * second);
  EXPECT_TRUE(w.market->book_valid(9));
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(w.connects, 1u);
  EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
}

TEST(sim, W6_a_book_that_misses_every_300th_update_is_never_served_wrong_and_whole_again_in_2_s) {
  for (const std::string api : {"v2", "v3"}) {
    auto s = only_public({"books"});
    s.api = api;
    s.feed.max_resyncs = 1000;
    world w(s);
    int n = 0;
    w.to_client = [&](std::string_view, std::string& text) {
      return text.find("\"action\":\"update\"") == text.npos || ++n % 300 != 0;
    };
    ASSERT_TRUE(goes_live(w));
    w.run(10 * minute);
    EXPECT_GE(w.market->counts().gaps, 12u);
    EXPECT_LE(w.market->counts().longest_gap, 2 * second);
    EXPECT_GT(w.market->counts().books, 3500u);
    EXPECT_EQ(w.market->counts().partial, 0u);
    EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
    EXPECT_EQ(w.connects, 1u);
  }
}

TEST(sim, W7_one_wrong_checksum_a_minute_costs_at_most_10_requests_an_hour_and_other_symbols_nothing) {
  auto s = only_public({"books"});
  s.symbols = {"BTCUSDT", "ETHUSDT"};
  s.market_speed = 0.2;
  world w(s);
  std::int64_t next = 0;
  w.to_client = [&](std::string_view, std::string& text) {
    const auto at = text.find("\"checksum\":");
    if (w.time() < next || at == text.npos || !is_update_of_books(text, "BTCUSDT")) return true;
    next = w.time() + minute;
    text[text.find_last_of("0123456789", text.find_first_of(",}", at))] ^= 1;
    return true;
  };
  int asked = 0;
  ASSERT_TRUE(goes_live(w));
  w.to_server = [&](std::string_view, std::string& text) {
    asked += text.rfind("{\"op\":\"subscribe\"", 0) == 0;
    return true;
  };
  next = w.time() + minute;
  w.run(hour);
  EXPECT_LE(asked, 10);
  EXPECT_EQ(w.metric("feed_book_degraded_total"), 1u);
  EXPECT_EQ(w.lines_with("only its 15 best levels"), 1u);
  EXPECT_GT(w.market->counts().partial, 1000u);
  EXPECT_EQ(w.market->gaps(1), 0u);
  EXPECT_TRUE(w.live());
  EXPECT_EQ(w.connects, 1u);
  EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
}

TEST(sim, W20_a_bus_that_is_full_now_and_then_loses_no_fill_and_tells_every_other_loss) {
  setup s;
  s.feed.max_resyncs = 1000;
  s.trader_pause = 3;
  world w(s);
  ASSERT_TRUE(goes_live(w));
  for (int i = 0; i < 12; ++i) {
    w.run(20 * second);
    w.bus_full = true;
    w.run((i % 4) * 400 * ms + 50 * ms);
    w.bus_full = false;
  }
  w.trader.active = false;
  trader::clear(*w.venue->the_simulation());
  w.run(minute);
  EXPECT_EQ(w.account->difference(), "");
  EXPECT_GT(w.account->fills(), 20u);
  EXPECT_GT(w.metric("feed_checksums_verified_total"), 1000u);
  EXPECT_TRUE(w.live());
  EXPECT_EQ(w.connects, 2u);
  EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
}

// What the venue keeps back around the end of a bar is not made up for: the bar is asked for, or never said to be
// closed.
TEST(sim, W23_a_stall_over_the_end_of_a_bar_publishes_no_bar_with_a_wrong_close) {
  for (const bool rest : {true, false}) {
    auto s = only_public({"trade", "candle1m"});
    s.feed.rest_enabled = rest;
    s.every_trade = false;
    world w(s);
    ASSERT_TRUE(goes_live(w));
    constexpr std::int64_t stalls = 8;
    for (int i = 0; i < stalls; ++i) {
      // Bars end 40 s after the run's start and each minute from there.
      const auto past = (w.venue->market_time() + 20 * second) % minute;
      w.run(minute - past + 14 * second);
      w.to_client = [](std::string_view, std::string& text) { return text.find("\"data\"") == text.npos; };
      w.run(10 * second);
      w.to_client = nullptr;
    }
    w.run(30 * second);
    EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
    if (rest) {
      EXPECT_GE(w.market->counts().bars, stalls);
      EXPECT_EQ(w.metric("feed_candles_missing_total"), 0u);
    } else {
      EXPECT_GE(w.metric("feed_candles_missing_total"), stalls / 2);
    }
    EXPECT_EQ(w.connects, 1u);
  }
}

// Everything that is read keeps the venue's digits, whatever they are.
TEST(sim, W12_prices_and_sizes_of_a_coin_worth_two_cents_are_exact) {
  setup s;
  s.venue.start_price = 0.0213;
  s.trader_pause = 5;
  world w(s);
  ASSERT_TRUE(goes_live(w));
  w.run(5 * minute);
  EXPECT_EQ(w.real->instrument(0).price_exp, -7);
  EXPECT_GT(w.market->counts().trades, 500u);
  EXPECT_GT(w.account->fills(), 5u);
  EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
}

}  // namespace trapline::sim
