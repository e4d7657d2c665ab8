#include <gtest/gtest.h>

#include "scene.hpp"

namespace trapline::trap::test {
namespace {

constexpr int centre = 60250;
constexpr double large = 60;  // D10 of a scene is about 120

// Posts bids `below` dollars under the mid, lets takers buy, withdraws. The price is lured up and falls back.
void spoof(scene& s, std::vector<int> below = {12}, double size = large, double life = 3) {
  const int base = s.mid();
  for (const int b : below) s.layer(base - b, size);
  s.hold(0.3);
  s.glide(base + 2, life, 2, 1.0);
  for (const int b : below) s.layer(base - b, 0);
  s.glide(base + 2, 0.2, 0.5, 0.5);
  s.glide(base, 4, 1, 0.3);
  s.hold(3);
}

TEST(spoofing, three_matches_on_one_side_raise_an_alarm_and_end) {
  scene s(centre);
  for (int i = 0; i < 4; ++i) {
    spoof(s);
    s.hold(8);
  }
  s.calm(240);
  const auto told = s.of("spoofing_bid");
  ASSERT_TRUE(s.alarmed("spoofing_bid")) << scene::stages(told) << " peak " << s.peak("spoofing_bid");
  EXPECT_EQ(scene::stages(told), "forming detected confirmed expired");
  EXPECT_EQ(told.front().s.direction, TRAPLINE_DIRECTION_BID);
  EXPECT_EQ(told.front().id(), "spoofing_bid:BTCUSDT:1");
  EXPECT_EQ(told[1].item("match_count"), 3);
  EXPECT_EQ(s.stages("spoofing_ask"), "");
  EXPECT_EQ(s.stages("layering"), "");
}

TEST(spoofing, single_match_stays_below_its_cap) {
  scene s(centre);
  spoof(s);
  s.calm(200);
  ASSERT_EQ(s.stages("spoofing_bid"), "forming expired");
  EXPECT_LE(s.peak("spoofing_bid"), 0.30);
  EXPECT_LE(s.row_peak(TRAPLINE_PATTERN_SPOOFING, TRAPLINE_DIRECTION_BID), 0.30);
}

TEST(spoofing, single_match_raises_no_alarm_however_low_the_threshold) {
  auto all = scene_settings();
  all.on = 0.05, all.off = 0.02;
  all.spoofing.learned.on = all.layering.learned.on = 0;
  scene s(centre, all);
  spoof(s);
  s.calm(200);
  ASSERT_EQ(s.stages("spoofing_bid"), "forming expired");
}

TEST(spoofing, layer_that_is_filled_is_not_spoofing) {
  scene s(centre);
  for (int i = 0; i < 4; ++i) {
    const int base = s.mid();
    s.layer(base - 12, large);
    s.hold(1);
    s.glide(base - 12, 2, 3, 0.5);
    for (int k = 0; k < 10; ++k) s.trade(base - 12, large / 10, -1);  // sold into the layer
    s.layer(base - 12, 0);
    s.hold(1);
    s.glide(base, 3, 2, 0.6);
    s.hold(8);
  }
  EXPECT_EQ(s.stages("spoofing"), "");
}

TEST(spoofing, withdrawal_without_executions_on_the_other_side_is_no_match) {
  scene s(centre);
  for (int i = 0; i < 4; ++i) {
    const int base = s.mid();
    s.hold(12, 1, 0.0);
    s.layer(base - 12, large);
    s.glide(base + 2, 3, 1, 0.0);
    s.layer(base - 12, 0);
    s.glide(base, 4, 1, 0.0);
  }
  EXPECT_EQ(s.stages("spoofing_bid"), "");
}

TEST(spoofing, two_sided_refresh_of_a_market_maker_is_no_match) {
  scene s(centre);
  for (int i = 0; i < 5; ++i) {
    const int base = s.mid();
    s.layer(base - 12, large);
    s.layer(base + 13, large);
    s.hold(3, 2, 0.5);
    s.layer(base - 12, 0);
    s.layer(base + 13, 0);
    s.hold(8);
  }
  EXPECT_EQ(s.stages("spoofing"), "");
}

TEST(spoofing, layer_that_follows_the_price_is_no_match) {
  scene s(centre);
  int at = s.mid() - 12;
  s.layer(at, large);
  for (int i = 0; i < 8; ++i) {
    s.hold(3, 2, 0.6);
    s.layer(at, 0);
    s.layer(++at, large);
  }
  s.hold(5);
  EXPECT_EQ(s.stages("spoofing_bid"), "");
}

TEST(spoofing, layers_that_flicker_or_stand_for_minutes_are_no_match) {
  scene s(centre);
  for (int i = 0; i < 5; ++i) {
    const int base = s.mid();
    s.layer(base - 12, large);
    s.hold(0.1, 2, 1);
    s.layer(base - 12, 0);
    s.hold(5);
    s.layer(base - 14, large);
    s.hold(100, 1, 0.5);
    s.layer(base - 14, 0);
    s.hold(5);
  }
  EXPECT_EQ(s.stages("spoofing"), "");
}

TEST(spoofing, losing_the_book_ends_the_episode_and_reduces_observability) {
  scene s(centre);
  for (int i = 0; i < 3; ++i) spoof(s);
  ASSERT_TRUE(s.alarmed("spoofing_bid"));
  s.gap(TRAPLINE_GAP_BOOK);
  EXPECT_EQ(s.of("spoofing_bid").back().s.stage, TRAPLINE_STAGE_EXPIRED);
  EXPECT_LE(s.of("spoofing_bid").back().s.probability, 0.01);
  EXPECT_FALSE(s.core.find(1)->view().book_valid());
}

TEST(layering, levels_posted_and_withdrawn_together_three_times_raise_an_alarm) {
  scene s(centre);
  for (int i = 0; i < 4; ++i) {
    spoof(s, {10, 12, 14, 16}, 20);
    s.hold(8);
  }
  s.calm(240);
  const auto told = s.of("layering_bid");
  ASSERT_TRUE(s.alarmed("layering_bid")) << scene::stages(told) << " peak " << s.peak("layering_bid");
  EXPECT_EQ(told.back().s.stage, TRAPLINE_STAGE_EXPIRED);
  EXPECT_EQ(told[1].item("layer_count"), 4);
  EXPECT_FALSE(s.alarmed("spoofing"));
}

TEST(layering, a_ladder_quoted_on_both_sides_is_none_and_one_beside_a_single_order_of_its_size_is) {
  for (const bool quoted : {true, false}) {
    scene s(centre);
    for (int i = 0; i < 4; ++i) {
      const int base = s.mid();
      std::vector<int> levels;
      for (const int b : {10, 12, 14, 16}) {
        levels.push_back(base - b);
        if (quoted || b == 12) levels.push_back(base + 1 + b);
      }
      for (const int l : levels) s.layer(l, 20);
      s.hold(3, 2, 0.8);
      for (const int l : levels) s.layer(l, 0);
      s.hold(11);
    }
    EXPECT_EQ(s.alarmed("layering_bid"), !quoted);
    EXPECT_FALSE(s.alarmed("layering_ask"));
  }
}

TEST(layering, levels_far_from_each_other_are_not_layering) {
  scene s(centre);
  for (int i = 0; i < 4; ++i) {
    spoof(s, {6, 40, 75}, 20);
    s.hold(8);
  }
  EXPECT_EQ(s.stages("layering"), "");
}

TEST(layering, uneven_sizes_are_not_layering) {
  scene s(centre);
  for (int i = 0; i < 4; ++i) {
    const int base = s.mid();
    s.layer(base - 10, 8), s.layer(base - 12, 20), s.layer(base - 14, 28);
    s.hold(3, 2, 1);
    for (const int b : {10, 12, 14}) s.layer(base - b, 0);
    s.hold(10);
  }
  EXPECT_EQ(s.stages("layering"), "");
}

}  // namespace
}  // namespace trapline::trap::test
