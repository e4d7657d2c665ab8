// Behaviours of the account's side, against the venue with its faults on: whatever is lost or broken on the way, what
// the feed says ends up as it is at the venue, and nothing is told twice.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "prng.hpp"
#include "world.hpp"

namespace trapline::sim {
namespace {

using paper_venue::side;

setup account_only(const std::string& api = "v2", bool hedge = false) {
  setup s;
  s.api = api;
  s.hedge = hedge;
  s.feed.channels = {"ticker"};
  s.market_speed = 0.5;
  s.budget = false;
  s.venue.balance = 1'000'000;
  return s;
}

bool goes_live(world& w, std::int64_t limit = minute) {
  return w.run_until([&] { return w.live(); }, limit);
}
bool private_side(std::string_view path) { return path.find("private") != path.npos; }
bool is_data(const std::string& text) { return text.find("\"data\"") != text.npos; }

// One order's life, step by step. Each leaves the account as some user's was when the connection broke.
using step = std::function<void(world&)>;
std::vector<step> life_of_an_order() {
  const auto exchange = [](world& w) -> paper_venue::exchange& { return w.venue->the_simulation()->the_exchange(); };
  const auto now = [](world& w) { return w.venue->the_simulation()->now(); };
  return {
      [](world& w) { w.place(0, side::buy, false, -3000, 5000); },  // rests far away
      [](world& w) { w.place(0, side::buy, false, 20, 100'000); },  // filled in part, at least
      [](world& w) { w.place(0, side::buy, true, 0, 4000); },       // filled at once
      [=](world& w) { exchange(w).cancel_all(now(w)); },            // all that rests
      [=](world& w) {                                               // a stop that fires with the next steps
        paper_venue::plan_request r;
        r.kind = paper_venue::plan_kind::position_stop_loss;
        r.position = side::buy;
        r.trigger_tick = w.venue->the_simulation()->market_of(0).mark_tick() - 1;
        paper_venue::order_ref placed;
        exchange(w).place_plan(r, now(w), placed);
      },
      [=](world& w) {  // flat
        paper_venue::order_ref placed;
        exchange(w).flash_close(0, side::buy, now(w), placed);
      },
  };
}

}  // namespace

TEST(sim, W5_pushes_that_come_twice_and_out_of_order_count_each_fill_once) {
  for (const std::string api : {"v2", "v3"}) {
    auto s = account_only(api, true);
    s.trader_pause = 1;
    world w(s);
    ASSERT_TRUE(goes_live(w));
    w.inflict("duplicate 1000000");
    for (int i = 0; i < 300; ++i) {
      w.inflict("reorder 1");
      w.run(second);
    }
    w.trader.active = false;
    trader::clear(*w.venue->the_simulation());
    w.run(w.settings.feed.reconcile_interval + 5 * second);
    EXPECT_EQ(w.account->difference(), "");
    EXPECT_GT(w.account->fills(), 50u);
    EXPECT_GT(w.metric("feed_fills_repeated_total"), 50u);
    EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
  }
}

TEST(sim, W13_the_position_mode_is_read_said_and_never_set) {
  for (const std::string api : {"v2", "v3"})
    for (const bool hedge : {false, true}) {
      auto s = account_only(api, hedge);
      s.trader_pause = 2;
      world w(s);
      int calls = 0;
      w.network.on_call = [&](const net::http_request& r) {
        ++calls;
        EXPECT_EQ(r.method, "GET") << r.target;
        EXPECT_EQ(r.target.find("set-"), r.target.npos) << r.target;
      };
      ASSERT_TRUE(goes_live(w));
      w.run(3 * minute);
      EXPECT_GT(calls, 10);
      EXPECT_EQ(w.lines_with(hedge ? "the account is in hedge mode" : "the account is in one-way mode"), 1u) << api;
      EXPECT_GT(w.account->fills(), 20u);
      EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();  // each position's mode among them
    }
}

TEST(sim, W14_a_closed_position_is_flat_once_and_a_failed_answer_never_says_so) {
  for (const std::string api : {"v2", "v3"}) {
    world w(account_only(api));
    w.trader.active = false;
    ASSERT_TRUE(goes_live(w));
    w.place(0, side::buy, true, 0, 5000);
    w.run(5 * second);
    ASSERT_EQ(w.account->positions(), 1u);
    life_of_an_order().back()(w);  // closes it
    w.real->look(w.time());
    w.run(minute);
    EXPECT_EQ(w.account->positions(), 0u);
    EXPECT_EQ(w.account->flats(), 1u);
    w.place(0, side::sell, true, 0, 5000);
    w.run(5 * second);
    ASSERT_EQ(w.account->positions(), 1u);
    // The connection breaks, its lists are lost, and REST answers with errors, half answers, or not at all.
    bool cut_in_half = false;
    w.to_client = [&](std::string_view path, std::string& text) {
      if (!private_side(path) || !is_data(text)) return true;
      if (cut_in_half) text.resize(text.size() / 2);
      return cut_in_half;
    };
    for (const char* fault : {"rest_error 500 1000000", "rest_error 429 1000000", "rest_timeout 1000000"}) {
      cut_in_half = !cut_in_half;
      w.inflict(fault);
      w.network.cut();
      w.run(2 * minute);
      EXPECT_FALSE(w.account->positions_known()) << fault;
      EXPECT_NE(w.feed().private_state(), TRAPLINE_FEED_LIVE) << fault;
    }
    EXPECT_EQ(w.account->flats(), 1u);
    EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
  }
}

TEST(sim, W15_cut_at_every_point_of_an_orders_life_the_state_is_the_venues_5_s_after_the_reconnect) {
  for (const std::string api : {"v2", "v3"})
    for (const bool before : {true, false})
      for (std::size_t at = 0; at < life_of_an_order().size(); ++at) {
        world w(account_only(api));
        w.trader.active = false;
        ASSERT_TRUE(goes_live(w));
        const auto steps = life_of_an_order();
        for (std::size_t i = 0; i < steps.size(); ++i) {
          if (i == at && before) w.network.cut();  // nothing of the step is pushed to anybody
          steps[i](w);
          w.real->look(w.time());
          if (i == at && !before) {
            w.run(1 * ms);  // its pushes are on their way, and lost
            w.network.cut();
          }
          w.run(i == at ? 300 * ms : 4 * second);
          if (i != at) continue;
          ASSERT_TRUE(goes_live(w)) << api << " " << at;
          w.run(5 * second);
          EXPECT_EQ(w.account->difference(), "") << api << ", cut " << (before ? "before" : "after") << " step " << at;
        }
        EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
      }
}

TEST(sim, W15_a_venue_that_swallows_half_of_its_pushes_is_found_out_by_the_next_check) {
  for (const std::string api : {"v2", "v3"})
    for (const bool hedge : {false, true}) {
      auto s = account_only(api, hedge);
      s.trader_pause = 4;
      world w(s);
      paper_venue::prng coin(7);
      w.to_client = [&](std::string_view path, std::string& text) {
        return !private_side(path) || !is_data(text) || coin.chance(0.5);
      };
      ASSERT_TRUE(goes_live(w));
      for (int round = 0; round < 4; ++round) {
        w.run(2 * minute);
        w.trader.active = false;
        trader::clear(*w.venue->the_simulation());
        w.network.cut();
        ASSERT_TRUE(w.run_until([&] { return !w.live(); }, second));
        ASSERT_TRUE(goes_live(w));
        w.run(5 * second);
        EXPECT_EQ(w.account->difference(), "") << api << " " << hedge;
        w.trader.active = true;
        // And while all is well: the check of every 45 s.
        w.run(30 * second);
        w.trader.active = false;
        trader::clear(*w.venue->the_simulation());
        w.run(w.settings.feed.reconcile_interval + 5 * second);
        EXPECT_EQ(w.account->difference(), "") << api << " " << hedge;
        w.trader.active = true;
      }
      EXPECT_GT(w.account->fills(), 50u);
      EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
    }
}

}  // namespace trapline::sim
