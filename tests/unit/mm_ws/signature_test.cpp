#include "signature.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "backoff.hpp"
#include "crc32.hpp"

namespace trapline::mm_ws {
namespace {

constexpr const char* secret = "22582BD0CFF14C41EDBF1AB98506286D";

TEST(signature, matches_the_known_login_vector) {
  EXPECT_EQ(sign(secret, "1538054050GET/user/verify"), "/4S0C3L8mGdm8894ulf8wfnQ6dqMXO8Iw95zlvMN8Zw=");
}

TEST(signature, matches_the_known_rest_vectors) {
  EXPECT_EQ(sign(secret, "1700000000000GET/api/v2/mix/position/all-position?marginCoin=USDT&productType=USDT-FUTURES"),
            "74WDnckUJOABK16cT3UuRFGPMlJ9YhDQWi68XGRs6RA=");
  EXPECT_EQ(
      sign(
          secret,
          R"(1700000000000POST/api/v2/mix/order/place-order{"symbol":"BTCUSDT","productType":"USDT-FUTURES","marginMode":"crossed","marginCoin":"USDT","size":"0.01","side":"buy","orderType":"market","clientOid":"t-1"})"),
      "9c82hJb25nsTo6Mf5VRgGJjhH/062dmkE/nGluQjF6g=");
}

TEST(signature, login_frame_is_json_whatever_stands_in_the_passphrase) {
  credentials c;
  c.key = "bg_x";
  c.secret = secret;
  c.passphrase = "a\"b\\c\td";
  const auto j = nlohmann::json::parse(login_json(c, 1538054050));
  EXPECT_EQ(j["op"], "login");
  EXPECT_EQ(j["args"][0]["apiKey"], "bg_x");
  EXPECT_EQ(j["args"][0]["passphrase"], "a\"b\\c\td");
  EXPECT_EQ(j["args"][0]["timestamp"], "1538054050");
  EXPECT_EQ(j["args"][0]["sign"], "/4S0C3L8mGdm8894ulf8wfnQ6dqMXO8Iw95zlvMN8Zw=");
}

TEST(signature, wiping_leaves_no_character_behind) {
  std::string s(200, 'x');
  const char* p = s.data();
  wipe(s);
  EXPECT_TRUE(s.empty());
  for (int i = 0; i < 200; ++i) EXPECT_EQ(p[i], 0);
}

TEST(crc32, matches_the_known_vectors) {
  const std::string a = "43231.1:4:43232.8:9:43231:6:43232.9:8";
  EXPECT_EQ(crc32(a.data(), a.size()), 2790465500u);
  EXPECT_EQ(static_cast<std::int32_t>(crc32(a.data(), a.size())), -1504501796);
  const std::string b = "3366.1:7:3366.8:9:3368:8:3372:8";
  EXPECT_EQ(crc32(b.data(), b.size()), 831078360u);
  // Both sides of a real book in turn, 25 levels each, with the checksum that came with it.
  const std::string c =
      "113.37:237.61:113.42:6.40:113.36:465.31:113.43:2.01:113.35:243.30:113.44:6.29:113.34:1600.06:"
      "113.45:15.85:113.33:13.00:113.46:12.12:113.32:167.66:113.47:16.18:113.31:2.74:113.48:5.99:"
      "113.30:70.44:113.49:11.39:113.29:7.99:113.50:77.36:113.28:23.03:113.51:21.54:113.27:35.10:"
      "113.52:94.69:113.26:332.40:113.53:58.26:113.25:68.01:113.54:87.76:113.24:20.77:113.55:2.77:"
      "113.23:35.16:113.56:47.38:113.22:0.66:113.57:160.94:113.21:37.55:113.58:1600.31:113.20:37.67:"
      "113.59:76.72:113.19:592.03:113.60:146.06:113.18:200.00:113.61:124.88:113.17:55.53:113.62:90.10:"
      "113.16:41.61:113.63:15.39:113.15:1397.32:113.64:75.19:113.14:71.09:113.65:38.68:113.13:32.20:"
      "113.66:148.63";
  EXPECT_EQ(static_cast<std::int32_t>(crc32(c.data(), c.size())), -139104234);
  EXPECT_EQ(crc32("", 0), 0u);
}

TEST(backoff, stays_between_half_and_the_whole_of_each_step_and_varies) {
  const std::int64_t row[] = {1, 1, 2, 3, 5, 8, 13, 21, 21, 21};
  backoff a(1), b(2);
  bool differs = false;
  for (int round = 0; round < 1000; ++round)
    for (unsigned n = 0; n < std::size(row); ++n) {
      const auto d = a.delay(n);
      EXPECT_GE(d, row[n] * 500'000'000);
      EXPECT_LE(d, row[n] * 1'000'000'000);
      differs |= d != b.delay(n);
    }
  EXPECT_TRUE(differs);
}

}  // namespace
}  // namespace trapline::mm_ws
