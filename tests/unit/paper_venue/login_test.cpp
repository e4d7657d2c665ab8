#include "login.hpp"

#include <gtest/gtest.h>

#include "protocol.hpp"

namespace {

using namespace trapline::paper_venue;

const credentials keys{"bg_key", "22582BD0CFF14C41EDBF1AB98506286D", "phrase"};
constexpr std::int64_t stamp = 1538054050;

login_request good() {
  return {keys.key, keys.passphrase, std::to_string(stamp), "/4S0C3L8mGdm8894ulf8wfnQ6dqMXO8Iw95zlvMN8Zw="};
}

// Vector of the protocol reference.
TEST(login, the_published_signature_is_accepted) { EXPECT_EQ(check_login(good(), keys, stamp * 1000), 0); }

TEST(login, the_timestamp_may_be_milliseconds) {
  login_request r = good();
  r.timestamp = std::to_string(stamp * 1000);
  r.sign = hmac_sha256_base64(keys.secret, r.timestamp + "GET/user/verify");
  EXPECT_EQ(check_login(r, keys, stamp * 1000), 0);
}

TEST(login, each_fault_has_its_own_code) {
  auto r = good();
  r.key = "other";
  EXPECT_EQ(check_login(r, keys, stamp * 1000), 30011);
  r = good();
  r.passphrase = "Phrase";
  EXPECT_EQ(check_login(r, keys, stamp * 1000), 30012);
  for (const char* t : {"", "yesterday", "-1", "15380540x0"}) {
    r = good();
    r.timestamp = t;
    EXPECT_EQ(check_login(r, keys, stamp * 1000), 30013) << t;
  }
  r = good();
  r.sign[0] = 'X';
  EXPECT_EQ(check_login(r, keys, stamp * 1000), 30015);
}

TEST(login, expires_thirty_seconds_away_in_either_direction) {
  EXPECT_EQ(check_login(good(), keys, stamp * 1000 + 30'000), 0);
  EXPECT_EQ(check_login(good(), keys, stamp * 1000 - 30'000), 0);
  EXPECT_EQ(check_login(good(), keys, stamp * 1000 + 30'001), 30014);
  EXPECT_EQ(check_login(good(), keys, stamp * 1000 - 30'001), 30014);
}

TEST(login, random_credentials_differ) {
  EXPECT_EQ(random_text(32).size(), 32u);
  EXPECT_NE(random_text(32), random_text(32));
}

TEST(protocol, a_login_timestamp_may_be_a_number) {
  const auto r = parse_request(
      R"({"op":"login","args":[{"apiKey":"k","passphrase":"p","timestamp":1538054050,"sign":"s"}]})", false);
  EXPECT_EQ(r.what, request::kind::login);
  EXPECT_EQ(r.login.timestamp, "1538054050");
}

TEST(protocol, an_argument_is_echoed_with_all_its_members_in_order) {
  const char* arg = R"({"instType":"USDT-FUTURES","zeta":1,"channel":"ticker","instId":"btcusdt"})";
  const auto text = R"({"op":"subscribe","args":[)" + std::string(arg) + R"(],"id":7})";
  const auto v2 = parse_request(text, false);
  ASSERT_EQ(v2.topics.size(), 1u);
  EXPECT_EQ(v2.topics[0].echo, arg);
  EXPECT_EQ(v2.topics[0].inst_id, "BTCUSDT");
  EXPECT_EQ(v2.topics[0].inst_type, "usdt-futures");
  const auto v1 =
      parse_request(R"({"op":"subscribe","args":[{"instType":"MC","channel":"books","instId":"DASHUSDT"}]})", true);
  EXPECT_EQ(v1.topics[0].echo, R"({"instType":"mc","channel":"books","instId":"DASHUSDT"})");
}

TEST(protocol, nonsense_is_sorted_by_what_is_wrong_with_it) {
  const auto kind = [](const char* text) { return parse_request(text, false).what; };
  EXPECT_EQ(kind("ping"), request::kind::ping);
  EXPECT_EQ(kind("{"), request::kind::not_json);
  EXPECT_EQ(kind("[]"), request::kind::not_json);
  EXPECT_EQ(kind("{}"), request::kind::not_json);
  EXPECT_EQ(kind(R"({"op":"dance"})"), request::kind::unknown_op);
  EXPECT_EQ(kind(R"({"op":"subscribe"})"), request::kind::bad_args);
  EXPECT_EQ(kind(R"({"op":"subscribe","args":[]})"), request::kind::bad_args);
  EXPECT_EQ(kind(R"({"op":"subscribe","args":["books"]})"), request::kind::bad_args);
  EXPECT_EQ(kind(R"({"op":"subscribe","args":[{"channel":"books"}]})"), request::kind::bad_args);
  EXPECT_EQ(kind(R"({"op":"login","args":[1]})"), request::kind::bad_args);
}

}  // namespace
