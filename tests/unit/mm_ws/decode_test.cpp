#include <rapidcheck.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "decode_market.hpp"
#include "frame.hpp"
#include "support/effort.hpp"
#include "trapline/sdk/decimal.hpp"
#include "world.hpp"

namespace trapline::mm_ws::test {
namespace {

std::optional<sdk::decimal> scan(std::string text) {
  text += '"';
  const std::string_view view(text.data(), text.size() - 1);
  return to_decimal(view);
}

TEST(decimals, are_exact_for_a_million_random_texts) {
  std::uint64_t state = 42;
  const auto random = [&](std::uint64_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % n;
  };
  for (int i = 0; i < ::test::effort(1'000'000); ++i) {
    const auto whole = 1 + random(7), decimals = random(12);
    std::string text = random(4) == 0 ? "-" : "";
    text += static_cast<char>('1' + random(9));
    for (std::size_t k = 1; k < whole; ++k) text += static_cast<char>('0' + random(10));
    if (decimals > 0) text += '.';
    for (std::size_t k = 0; k < decimals; ++k) text += static_cast<char>('0' + random(10));
    const auto d = scan(text);
    if (whole + decimals > 18) continue;
    ASSERT_TRUE(d) << text;
    ASSERT_EQ(sdk::format(*d), text);
  }
}

TEST(decimals, agree_with_the_sdk_wherever_both_read_a_text) {
  EXPECT_TRUE(rc::check("same value", [] {
    const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("0123456789.-e")));
    const auto ours = scan(text);
    const auto theirs = sdk::parse_decimal(text);
    if (theirs && theirs->exp >= finest_exp) {
      RC_ASSERT(ours.has_value());
      const bool same = sdk::compare(*ours, *theirs) == 0;
      RC_ASSERT(same);
    }
  }));
}

TEST(decimals, odd_texts_are_refused_or_read_right) {
  for (const char* bad : {"",
                          "-",
                          ".",
                          "1.",
                          ".5",
                          "1..2",
                          "1.2.3",
                          "+1",
                          " 1",
                          "1 ",
                          "0x10",
                          "nan",
                          "inf",
                          "1e",
                          "1e+",
                          "1234567890123456789",
                          "0.0000000000001",
                          "1e30",
                          "99999999999999999999999999",
                          "1,5"})
    EXPECT_FALSE(scan(bad)) << bad;
  EXPECT_EQ(scan("1e-8")->mantissa, 1);
  EXPECT_EQ(scan("1e-8")->exp, -8);
  EXPECT_EQ(scan("1.5E3")->mantissa, 1500);
  EXPECT_EQ(scan("66000.000000000")->exp, -9);
  EXPECT_EQ(scan("0.000000000000000000")->mantissa, 0);
  EXPECT_EQ(scan("1.5000000000000000")->mantissa, 1500000000000);
}

TEST(times, are_milliseconds_within_reason) {
  EXPECT_EQ(to_time("1760000000123"), 1760000000123 * ms);
  for (const char* bad : {"", "-1", "1.5", "9999999999999999", "abc"}) EXPECT_FALSE(to_time(bad)) << bad;
}

TEST(integers, keep_all_64_bits) {
  EXPECT_EQ(to_int("1304314508780744705"), 1304314508780744705);
  EXPECT_EQ(to_int("-1364204849"), -1364204849);
  EXPECT_EQ(to_int("9223372036854775807"), INT64_MAX);
  EXPECT_FALSE(to_int("9223372036854775808"));
  EXPECT_FALSE(to_int("1e5"));
}

// Every order of the keys of a frame gives the same events.
TEST(frames, mean_the_same_in_whatever_order_their_keys_stand) {
  const nlohmann::ordered_json frame = nlohmann::ordered_json::parse(book_snapshot(100));
  std::vector<std::string> keys, inner;
  for (const auto& [k, v] : frame.items()) keys.push_back(k);
  for (const auto& [k, v] : frame["data"][0].items()) inner.push_back(k);
  std::sort(keys.begin(), keys.end());
  std::sort(inner.begin(), inner.end());
  std::vector<std::int64_t> expected;
  int tried = 0;
  do {
    do {
      nlohmann::ordered_json data, f;
      for (const auto& k : inner) data[k] = frame["data"][0][k];
      for (const auto& k : keys) f[k] = k == "data" ? nlohmann::ordered_json::array({data}) : frame[k];
      world w;
      auto o = default_options();
      o.channels = {"books"};
      feed fd(o, "feed", w, 1);
      fd.start();
      w.run(fd, second);
      w.push(f.dump());
      w.run(fd);
      const auto s = w.of(TRAPLINE_EVENT_BOOK_SNAPSHOT);
      ASSERT_EQ(s.size(), 1u) << f.dump();
      if (expected.empty()) expected = s[0]->bytes;
      ASSERT_EQ(s[0]->bytes, expected);
      ++tried;
    } while (std::next_permutation(inner.begin(), inner.end()));
  } while (std::next_permutation(keys.begin(), keys.end()));
  EXPECT_EQ(tried, 24 * 120);
}

TEST(frames, may_quote_sequence_numbers_and_leave_prices_unquoted) {
  world w;
  auto o = default_options();
  o.channels = {"books"};
  feed f(o, "feed", w, 1);
  f.start();
  w.run(f, second);
  w.push(
      R"({"ts":"1760000000517","data":[{"seq":"1304314508780744705","pseq":"0","asks":[[64000.5,8.76]],"bids":[[64000.4,"2.7100",3]],"ts":1760000000516,"news":{"a":[1]}}],"arg":{"channel":"books","instId":"BTCUSDT","instType":"usdt-futures"},"action":"snapshot","more":null})");
  w.run(f);
  const auto s = w.of(TRAPLINE_EVENT_BOOK_SNAPSHOT);
  ASSERT_EQ(s.size(), 1u);
  EXPECT_EQ(s[0]->as<trapline_book>().venue_seq, 1304314508780744705u);
  EXPECT_EQ(s[0]->levels()[1].price, 640005);
}

}  // namespace
}  // namespace trapline::mm_ws::test
