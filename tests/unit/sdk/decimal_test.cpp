#include "trapline/sdk/decimal.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <string>

namespace sdk = trapline::sdk;

TEST(decimal, parse_keeps_the_digits_and_trailing_zeros_of_the_text) {
  const auto d = sdk::parse_decimal("0.5000");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->mantissa, 5000);
  EXPECT_EQ(d->exp, -4);
}

TEST(decimal, parse_refuses_everything_that_is_not_a_plain_decimal) {
  for (const char* text : {"", "-", ".", "1.", ".5", "+1", "1e5", " 1", "1 ", "1.2.3", "0x10", "nan", "inf", "1,5",
                           "1234567890123456789", "0.1234567890123456789"})
    EXPECT_FALSE(sdk::parse_decimal(text)) << text;
}

TEST(decimal, format_never_uses_an_exponent) {
  EXPECT_EQ(sdk::format(5, 2), "500");
  EXPECT_EQ(sdk::format(0, 3), "0");
  EXPECT_EQ(sdk::format(1, -8), "0.00000001");
  EXPECT_EQ(sdk::format(-12345, -2), "-123.45");
  EXPECT_EQ(sdk::format(std::numeric_limits<std::int64_t>::min(), 0), "-9223372036854775808");
}

TEST(decimal, parse_and_format_are_inverses) {
  rc::check([] {
    const auto exp = *rc::gen::inRange<int>(-18, 1);
    const auto mantissa = *rc::gen::inRange<std::int64_t>(-999'999'999'999'999'999, 999'999'999'999'999'999);
    const std::string text = sdk::format(mantissa, exp);
    const auto back = sdk::parse_decimal(text);
    RC_ASSERT(back);
    RC_ASSERT(back->mantissa == mantissa);
    RC_ASSERT(back->exp == exp);
    RC_ASSERT(sdk::format(*back) == text);
  });
}

TEST(decimal, rescale_is_exact_or_refused) {
  rc::check([] {
    const auto mantissa = *rc::gen::arbitrary<std::int64_t>();
    const auto from = *rc::gen::inRange<int>(-18, 19), to = *rc::gen::inRange<int>(-18, 19);
    if (const auto out = sdk::rescale(mantissa, from, to)) {
      const auto back = sdk::rescale(*out, to, from);
      RC_ASSERT(back.has_value());
      RC_ASSERT(*back == mantissa);
    }
  });
}

TEST(decimal, compare_orders_by_value_whatever_the_exponent) {
  EXPECT_EQ(sdk::compare({1, 0}, {1000, -3}), std::strong_ordering::equal);
  EXPECT_EQ(sdk::compare({1, 18}, {1, -18}), std::strong_ordering::greater);
  EXPECT_EQ(sdk::compare({-1, 18}, {1, -18}), std::strong_ordering::less);
  rc::check([] {
    const auto a = *rc::gen::inRange<std::int64_t>(-1'000'000, 1'000'000),
               b = *rc::gen::inRange<std::int64_t>(-1'000'000, 1'000'000);
    const auto shift = *rc::gen::inRange<int>(0, 9);
    const sdk::decimal scaled{b * sdk::pow10_table[static_cast<std::size_t>(shift)], static_cast<std::int8_t>(-shift)};
    RC_ASSERT(sdk::compare({a, 0}, scaled) == (a <=> b));
  });
}

TEST(decimal, to_double_is_the_nearest_double) {
  EXPECT_EQ(sdk::to_double(1, -1), 0.1);
  EXPECT_EQ(sdk::to_double(640005, -1), 64000.5);
  EXPECT_TRUE(std::isnan(sdk::to_double(1, 30)));
}
