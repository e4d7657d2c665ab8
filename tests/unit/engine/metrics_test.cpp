#include "obs/metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

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

TEST(metrics, histograms_print_cumulative_buckets_sum_and_count) {
  trapline::obs::metrics m;
  const double bounds[] = {0.001, 0.01, 1};
  auto* h = m.histogram_of("feed", "delay_seconds", "channel=\"trade\"", bounds);
  ASSERT_TRUE(h);
  for (const double v : {0.0005, 0.001, 0.002, 5.0}) h->record(v);
  h->record(std::nan(""));
  EXPECT_EQ(m.histogram_of("feed", "delay_seconds", "channel=\"trade\"", bounds), h);
  const std::string text = m.text();
  EXPECT_NE(text.find("# TYPE trapline_delay_seconds histogram\n"
                      "trapline_delay_seconds_bucket{instance=\"feed\",channel=\"trade\",le=\"0.001\"} 2\n"
                      "trapline_delay_seconds_bucket{instance=\"feed\",channel=\"trade\",le=\"0.01\"} 3\n"
                      "trapline_delay_seconds_bucket{instance=\"feed\",channel=\"trade\",le=\"1\"} 3\n"
                      "trapline_delay_seconds_bucket{instance=\"feed\",channel=\"trade\",le=\"+Inf\"} 4\n"
                      "trapline_delay_seconds_sum{instance=\"feed\",channel=\"trade\"} 5.0035\n"
                      "trapline_delay_seconds_count{instance=\"feed\",channel=\"trade\"} 4\n"),
            std::string::npos)
      << text;
}

TEST(metrics, a_histogram_needs_rising_finite_bounds_and_a_name_of_its_own) {
  trapline::obs::metrics m;
  const double falling[] = {2, 1}, same[] = {1, 1}, infinite[] = {1, std::numeric_limits<double>::infinity()},
               good[] = {1};
  EXPECT_FALSE(m.histogram_of("a", "x_seconds", {}, falling));
  EXPECT_FALSE(m.histogram_of("a", "x_seconds", {}, same));
  EXPECT_FALSE(m.histogram_of("a", "x_seconds", {}, infinite));
  EXPECT_FALSE(m.histogram_of("a", "x_seconds", {}, {}));
  EXPECT_FALSE(m.histogram_of("a", "x_seconds", {}, std::vector<double>(33, 1.0)));
  ASSERT_TRUE(m.counter("a", "n_total", {}));
  EXPECT_FALSE(m.histogram_of("a", "n_total", {}, good));
}
