// What `tiers trace` says of planted episodes.
#include "tiers/trace.hpp"

#include <gtest/gtest.h>

#include "planted/session.hpp"

namespace tiers {
namespace {

std::size_t times(const std::string& text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(trace, of_false_orders_says_of_each_leg_and_order_what_the_detector_made_of_it) {
  planted::session_settings s;
  s.seed = 7, s.how = planted::difficulty::easy, s.of = planted::family::layering, s.traps = 1;
  struct silent final : planted::tape {
    void candle(std::int64_t, const trapline_candle&) override {}
    void trade(std::int64_t, const trapline_trade&) override {}
    void ticker(std::int64_t, const trapline_ticker&) override {}
    void book(std::int64_t, bool, const trapline_book&, std::span<const trapline_level>) override {}
  } nobody;
  const auto truth = planted::run_session(s, nobody);
  const auto trap = std::find_if(truth.episodes.begin(), truth.episodes.end(), [](const auto& e) { return e.trap; });
  ASSERT_NE(trap, truth.episodes.end());
  ASSERT_FALSE(trap->orders.empty());
  for (const auto& o : trap->orders) {
    EXPECT_GT(o.left, o.posted);
    EXPECT_LE(o.traded, o.size);
  }

  const std::string text = trace(pattern::layering, {s}, 1);
  EXPECT_EQ(times(text, "\n          leg "), static_cast<std::size_t>(trap->orders.back().leg) + 1) << text;
  EXPECT_EQ(times(text, " highest "), truth.episodes.size());
  EXPECT_GT(times(text, " ladder"), 0u) << text;
  EXPECT_NE(text.find("possible"), std::string::npos);
  EXPECT_NE(text.find("orders of traps:"), std::string::npos);
  EXPECT_EQ(text, trace(pattern::layering, {s}, 2)) << "whatever the number of threads";
}

}  // namespace
}  // namespace tiers
