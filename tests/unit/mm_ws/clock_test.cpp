// Logins are signed with the venue's time, which is asked for: what happens when it, or our own clock, is wrong.
#include "rest_world.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::mm_ws::test {
namespace {

struct venue_clock : testing::Test {
  world w;
  rest_venue venue{w};
  std::unique_ptr<feed> f;

  void start() {
    f = std::make_unique<feed>(rest_options(), "feed", w, 1);
    f->start();
  }
};

TEST_F(venue_clock, one_bad_look_at_the_clock_does_not_stop_the_checks_for_good) {
  start();
  w.run(*f, 5 * second);
  bool bad = true;
  w.rest = [&, good = w.rest](const world::asked& a) -> std::optional<net::http_answer> {
    if (!bad) return good(a);
    return a.path == "/api/v2/public/time" ? broken_answer() : error_answer(40008, "Request timestamp expired");
  };
  w.run(*f, 50 * second);
  bad = false;
  w.run(*f, 200 * second);
  EXPECT_EQ(f->private_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(w.healths.back().first, std::uint32_t{TRAPLINE_HEALTH_OK});
}

TEST_F(venue_clock, W8_a_clock_that_is_20_seconds_off_is_refused_in_plain_words_before_the_venue_sees_a_login) {
  for (const auto off : {-60, -25, 25, 60}) {
    world fresh;
    rest_venue v{fresh};
    v.clock_error = off * second;
    feed g(rest_options(), "feed", fresh, 1);
    g.start();
    fresh.run(g, 5 * second);
    EXPECT_EQ(g.private_state(), TRAPLINE_FEED_FAILED);
    for (const auto& s : fresh.sent) EXPECT_EQ(s.text.find("login"), std::string::npos);
    EXPECT_NE(fresh.healths.back().second.find(sdk::cat(std::abs(off), " s ", off > 0 ? "behind" : "ahead")),
              std::string::npos)
        << fresh.healths.back().second;
    // The clock is put right: the next probe gets in.
    v.clock_error = 0;
    fresh.run(g, 310 * second);
    EXPECT_EQ(g.private_state(), TRAPLINE_FEED_LIVE);
  }
}

TEST_F(venue_clock, W8_a_login_after_the_clock_jumped_is_right_the_first_time) {
  for (const auto off : {-5, 5, 15}) {
    world fresh;
    rest_venue v{fresh};
    std::vector<std::int64_t> errors;
    const auto friendly = fresh.venue;
    fresh.venue = [&](std::size_t c, const std::string& text) {
      if (const auto at = text.find("\"timestamp\":\""); at != text.npos)
        errors.push_back(std::stoll(text.substr(at + 13)) - (fresh.now() + v.clock_error) / second);
      friendly(c, text);
    };
    feed g(rest_options(), "feed", fresh, 1);
    g.start();
    fresh.run(g, 600 * second);
    v.clock_error = off * second;
    fresh.drop();
    fresh.run(g, 10 * second);
    ASSERT_EQ(errors.size(), 2u);
    for (const auto e : errors) EXPECT_LE(std::abs(e), 1);
    EXPECT_EQ(g.private_state(), TRAPLINE_FEED_LIVE);
  }
}

TEST_F(venue_clock, a_login_does_not_wait_forever_for_the_venues_time) {
  w.rest = nullptr;
  start();
  w.run(*f, 6 * second);
  std::size_t logins = 0;
  for (const auto& s : w.sent) logins += s.text.find("login") != s.text.npos;
  EXPECT_EQ(logins, 1u);
}

}  // namespace
}  // namespace trapline::mm_ws::test
