#include "bus/names.hpp"

#include <gtest/gtest.h>

using namespace trapline::bus;

TEST(names, same_name_has_the_same_id_for_ever) {
  names n;
  std::uint32_t a = 0, b = 0, c = 0;
  EXPECT_EQ(n.topic("md.trade.bitget.BTCUSDT", a), TRAPLINE_OK);
  EXPECT_EQ(n.topic("md.book.bitget.BTCUSDT", b), TRAPLINE_OK);
  EXPECT_EQ(n.topic("md.trade.bitget.BTCUSDT", c), TRAPLINE_OK);
  EXPECT_EQ(a, c);
  EXPECT_NE(a, b);
  EXPECT_EQ(n.topic_name(a), "md.trade.bitget.BTCUSDT");
  EXPECT_EQ(n.topic_name(0), "");
  EXPECT_EQ(n.topic_name(999), "");
  EXPECT_EQ(n.topic_name(4'000'000'000u), "");
}

TEST(names, instruments_are_told_apart_by_venue) {
  names n;
  std::uint32_t a = 0, b = 0;
  n.instrument("bitget", "BTCUSDT", a);
  n.instrument("other", "BTCUSDT", b);
  EXPECT_NE(a, b);
  EXPECT_EQ(n.instrument_name(b).first, "other");
}

TEST(names, refuses_names_that_are_not_dotted_tokens) {
  names n;
  std::uint32_t id = 0;
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "a b", "md.*", "md.>", "ä"})
    EXPECT_EQ(n.topic(bad, id), TRAPLINE_E_INVALID) << bad;
}

TEST(names, limit_of_topics_is_told) {
  names n;
  std::uint32_t id = 0;
  for (std::uint32_t i = 0; i < names::max_topics; ++i) ASSERT_EQ(n.topic("t" + std::to_string(i), id), TRAPLINE_OK);
  EXPECT_EQ(n.topic("one.more", id), TRAPLINE_E_LIMIT);
}

TEST(patterns, match_by_token) {
  EXPECT_TRUE(matches("md.trade.bitget.BTCUSDT", "md.trade.bitget.BTCUSDT"));
  EXPECT_TRUE(matches("md.*.bitget.BTCUSDT", "md.trade.bitget.BTCUSDT"));
  EXPECT_TRUE(matches("md.>", "md.trade.bitget.BTCUSDT"));
  EXPECT_TRUE(matches(">", "md"));
  EXPECT_FALSE(matches("md.>", "md"));
  EXPECT_FALSE(matches("md.*", "md.trade.bitget"));
  EXPECT_FALSE(matches("md.trade", "md.trade.bitget"));
  EXPECT_FALSE(matches("md.trade.bitget.X", "md.trade.bitget"));
  EXPECT_FALSE(valid_pattern("md.>.x"));
  EXPECT_FALSE(valid_pattern("md.a*"));
}
