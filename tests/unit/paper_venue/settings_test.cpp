#include "settings.hpp"

#include <gtest/gtest.h>

#include "options_json.hpp"

namespace {

using namespace trapline::paper_venue;

std::string refused_path(const nlohmann::json& j) {
  try {
    parse_settings(j.dump());
  } catch (const setting_error& e) {
    return e.path;
  }
  return "accepted";
}

TEST(settings, the_defaults_are_accepted) {
  const auto s = parse_settings(default_options().dump());
  EXPECT_EQ(s.symbols, std::vector<std::string>{"BTCUSDT"});
  EXPECT_EQ(s.episodes.kinds.size(), 6u);
  EXPECT_EQ(s.episodes.after, 300 * second);
  EXPECT_FALSE(s.replay);
}

TEST(settings, only_loopback_is_listened_on) {
  auto j = default_options();
  for (const char* bad : {"0.0.0.0", "192.168.1.5", "127.evil", "", "::"}) {
    j["listen"]["address"] = bad;
    EXPECT_EQ(refused_path(j), "listen.address") << bad;
  }
  for (const char* good : {"127.0.0.1", "127.0.0.53", "::1"}) {
    j["listen"]["address"] = good;
    EXPECT_EQ(refused_path(j), "accepted") << good;
  }
}

TEST(settings, the_account_and_the_limits_are_as_configured) {
  auto j = default_options();
  j["account"]["type"] = "unified";
  j["account"]["positions"] = "hedge";
  j["limits"]["rest"] = false;
  j["limits"]["subscriptions_per_hour"] = 7;
  j["limits"]["lifetime"] = 60'000'000'000;
  j["faults"]["per_minute"] = 2.5;
  const auto s = parse_settings(j.dump());
  EXPECT_TRUE(s.unified);
  EXPECT_EQ(s.mode, position_mode::hedge);
  EXPECT_FALSE(s.rest_limits);
  EXPECT_EQ(s.subscriptions_per_hour, 7);
  EXPECT_EQ(s.lifetime, 60 * second);
  EXPECT_EQ(s.faults_per_minute, 2.5);
}

TEST(settings, a_value_that_does_not_fit_names_its_option) {
  auto j = default_options();
  j["source"] = "replay";
  EXPECT_EQ(refused_path(j), "replay.file");
  j = default_options();
  j["faults"]["script"] = {"5 explode"};
  EXPECT_EQ(refused_path(j), "faults.script");
  j = default_options();
  j["symbols"] = {"BTCUSDT", "BTCUSDT"};
  EXPECT_EQ(refused_path(j), "symbols");
  j["symbols"] = {"btc-usdt"};
  EXPECT_EQ(refused_path(j), "symbols");
  j["symbols"] = nlohmann::json::array();
  EXPECT_EQ(refused_path(j), "symbols");
}

}  // namespace
