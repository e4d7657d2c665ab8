// Tables and the report.
#include "tiers/report.hpp"

#include <gtest/gtest.h>

namespace tiers {
namespace {

constexpr std::int64_t s = planted::second;

std::vector<played> one_game() {
  played g;
  g.settings.of = planted::family::stop_hunt;
  g.truth.end = 3600 * s;
  planted::episode e;
  e.trap = true;
  e.what = "trap";
  e.from = 900 * s, e.onset = 1000 * s, e.end = 1040 * s, e.until = 1100 * s;
  e.levels = {60'000};
  planted::episode decoy = e;
  decoy.trap = false;
  decoy.what = "break_holds";
  decoy.from = 1900 * s, decoy.onset = 2000 * s, decoy.end = 2040 * s, decoy.until = 2100 * s;
  g.truth.episodes = {e, decoy};
  g.prices.assign(3600, 59'990.0f);
  g.contestants.push_back({"trap_detector",
                           {{1030 * s, pattern::stop_hunt, true, 60'000, 0.8}},
                           {{1030 * s, pattern::stop_hunt, true, 0.8f}},
                           {"burst_ratio 9 (+0.80)"}});
  return {g};
}

TEST(table, columns_line_up_and_html_is_escaped) {
  const table t{"a title", "a note", {"x", "wide"}, {{"<1>", "a & b"}, {"22", "±"}}};
  EXPECT_EQ(as_text(t), "a title\n  x    wide\n  <1>  a & b\n  22   ±\n  a note\n\n");
  const auto html = as_html(t);
  EXPECT_NE(html.find("&lt;1&gt;"), std::string::npos);
  EXPECT_NE(html.find("a &amp; b"), std::string::npos);
}

TEST(detection_table, has_the_figures_and_the_base_rate_beside_them) {
  const auto t = detection_table("t", "", one_game(), {pattern::stop_hunt});
  ASSERT_EQ(t.rows.size(), 2u);
  EXPECT_EQ(t.rows[0][2], "1");
  EXPECT_EQ(t.rows[0][3].substr(0, 4), "1.00");
  EXPECT_EQ(t.rows[0][6], "30.0 / 30.0");
  EXPECT_EQ(t.rows[1][1], "base rate: alarm at each");
  EXPECT_EQ(t.rows[1][3], "0.50");
}

TEST(report, stands_alone_and_shows_an_episode_with_its_evidence) {
  const auto games = one_game();
  report r;
  r.heading = "Evaluation";
  r.about = "seeds 1";
  r.tables.push_back(detection_table("t", "", games, {pattern::stop_hunt}));
  r.plots = {reliability_plot(games, pattern::stop_hunt, 1), trade_off_plot(games, pattern::stop_hunt, 1),
             episode_plot(games, pattern::stop_hunt)};
  const auto html = as_html(r);
  EXPECT_NE(html.find("burst_ratio 9 (+0.80)"), std::string::npos);
  EXPECT_NE(html.find("<svg"), std::string::npos);
  // The one address in it is the name of the SVG language.
  for (const char* out : {"src=", "href=", "<script", "@import"}) EXPECT_EQ(html.find(out), std::string::npos) << out;
  EXPECT_EQ(html.find("nan"), std::string::npos);
  EXPECT_EQ(episode_plot(games, pattern::layering), "") << "none was found";
}

}  // namespace
}  // namespace tiers
