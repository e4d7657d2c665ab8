#include "obs/metrics.hpp"

#include <gtest/gtest.h>

using trapline::obs::metrics;

TEST(metrics, same_series_is_the_same_word) {
  metrics m;
  auto* a = m.counter("feed", "feed_messages_total", "channel=\"trade\"");
  auto* b = m.counter("feed", "feed_messages_total", "channel=\"trade\"");
  auto* c = m.counter("feed", "feed_messages_total", "channel=\"books\"");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
  *a = 3;
  *c = 4;
  EXPECT_EQ(m.total("feed_messages_total"), 7u);
  EXPECT_EQ(m.value("feed", "feed_messages_total", "channel=\"books\""), 4u);
}

TEST(metrics, text_is_prometheus_exposition) {
  metrics m;
  *m.counter("feed", "feed_messages_total", "channel=\"trade\"") = 3;
  *m.gauge("redis", "redis_connected", "") = -1;
  EXPECT_EQ(m.text(),
            "# TYPE trapline_feed_messages_total counter\n"
            "trapline_feed_messages_total{instance=\"feed\",channel=\"trade\"} 3\n"
            "# TYPE trapline_redis_connected gauge\n"
            "trapline_redis_connected{instance=\"redis\"} -1\n");
}

TEST(metrics, refuses_bad_names_labels_and_a_name_with_two_kinds) {
  metrics m;
  EXPECT_EQ(m.counter("a", "1x", ""), nullptr);
  EXPECT_EQ(m.counter("a", "a b", ""), nullptr);
  EXPECT_EQ(m.counter("a", "x", "no quotes"), nullptr);
  EXPECT_EQ(m.counter("a", "x", "l=\"a\nb\""), nullptr);
  EXPECT_EQ(m.counter("a", "x", "l=\"a\","), nullptr);
  ASSERT_NE(m.counter("a", "x", ""), nullptr);
  EXPECT_EQ(m.gauge("a", "x", ""), nullptr);
  EXPECT_EQ(m.gauge("b", "x", ""), nullptr);
}

TEST(metrics, are_bounded) {
  metrics m;
  for (std::size_t i = 0; i < metrics::max_series; ++i)
    ASSERT_NE(m.counter("a", "x", "i=\"" + std::to_string(i) + "\""), nullptr);
  EXPECT_EQ(m.counter("a", "x", "i=\"more\""), nullptr);
}
