#include "trapline/sdk/decimal.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
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

namespace {

// Mantissas of every magnitude, the ends included; RapidCheck's own stay small.
rc::Gen<std::int64_t> any_mantissa() {
  return rc::gen::oneOf(rc::gen::map(rc::gen::tuple(rc::gen::inRange(0, 64), rc::gen::arbitrary<bool>(),
                                                    rc::gen::inRange<std::uint64_t>(0, UINT64_MAX)),
                                     [](const auto& t) {
                                       const auto& [shift, negative, bits] = t;
                                       const auto v = static_cast<std::int64_t>((bits | 1ull << 63) >> shift >> 1);
                                       return negative ? -v : v;
                                     }),
                        rc::gen::element<std::int64_t>(0, 1, -1, INT64_MAX, INT64_MIN, INT64_MIN + 1, 1LL << 53,
                                                       (1LL << 53) + 1, -(1LL << 53) - 1));
}
rc::Gen<sdk::decimal> any_decimal() {
  return rc::gen::map(rc::gen::tuple(any_mantissa(), rc::gen::inRange(-18, 19)), [](const auto& t) {
    return sdk::decimal{std::get<0>(t), static_cast<std::int8_t>(std::get<1>(t))};
  });
}

__int128 power(int exp) {
  __int128 p = 1;
  while (exp-- > 0) p *= 10;
  return p;
}

// Order of two numbers as people compare their digits.
std::strong_ordering by_digits(std::string a, std::string b) {
  const bool below_a = a[0] == '-', below_b = b[0] == '-';
  if (below_a) a.erase(0, 1);
  if (below_b) b.erase(0, 1);
  const auto point = [](const std::string& s) { return std::min(s.find('.'), s.size()); };
  const auto whole = std::max(point(a), point(b));
  a.insert(0, whole - point(a), '0');
  b.insert(0, whole - point(b), '0');
  for (auto* s : {&a, &b}) {
    if (s->find('.') == s->npos) *s += '.';
    s->resize(whole + 1 + 18, '0');
  }
  const auto order = a.compare(b) <=> 0;
  const auto zero = std::string(whole, '0') + '.' + std::string(18, '0');
  if (a == zero && b == zero) return std::strong_ordering::equal;
  if (below_a != below_b) return below_a ? std::strong_ordering::less : std::strong_ordering::greater;
  return below_a ? 0 <=> order : order;
}

}  // namespace

RC_GTEST_PROP(decimal, parse_and_format_are_inverses, ()) {
  const auto exp = *rc::gen::inRange<int>(-18, 1);
  const auto mantissa = *any_mantissa() % 1'000'000'000'000'000'000;
  const std::string text = sdk::format(mantissa, exp);
  const auto back = sdk::parse_decimal(text);
  RC_ASSERT(back);
  RC_ASSERT(back->mantissa == mantissa);
  RC_ASSERT(int{back->exp} == exp);
  RC_ASSERT(sdk::format(*back) == text);
}

RC_GTEST_PROP(decimal, parse_forgets_leading_zeros_alone, ()) {
  const auto digits = [](std::size_t most) {
    return rc::gen::resize(static_cast<int>(most), rc::gen::container<std::string>(rc::gen::inRange('0', ':')));
  };
  const std::string whole = *digits(9), decimals = *digits(9);
  const std::string text = "0" + whole + (decimals.empty() ? "" : "." + decimals);
  const auto d = sdk::parse_decimal(text);
  RC_ASSERT(d);
  std::string canonical = text.substr(std::min(text.find_first_not_of('0'), text.size()));
  if (canonical.empty() || canonical[0] == '.') canonical.insert(0, 1, '0');
  RC_ASSERT(sdk::format(*d) == canonical);
}

RC_GTEST_PROP(decimal, garbage_never_parses, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::elementOf(std::string("0123456789.-+e "))));
  std::size_t i = !text.empty() && text[0] == '-', digits = 0, decimals = 0, significant = 0;
  bool good = true, point = false;
  for (; i < text.size(); ++i) {
    if (text[i] == '.' && !point && digits > 0) {
      point = true;
    } else if (text[i] >= '0' && text[i] <= '9') {
      ++digits;
      decimals += point;
      significant += significant > 0 || text[i] != '0';
    } else {
      good = false;
    }
  }
  good = good && digits > 0 && (!point || decimals > 0) && significant <= 18 && decimals <= 18;
  RC_ASSERT(sdk::parse_decimal(text).has_value() == good);
}

RC_GTEST_PROP(decimal, rescale_is_exact_or_refused, ()) {
  const auto mantissa = *any_mantissa();
  const auto from = *rc::gen::inRange<int>(-18, 19), to = *rc::gen::inRange<int>(-18, 19);
  const auto out = sdk::rescale(mantissa, from, to);
  if (out)
    RC_ASSERT(sdk::compare({mantissa, static_cast<std::int8_t>(from)}, {*out, static_cast<std::int8_t>(to)}) ==
              std::strong_ordering::equal);
  const int shift = from - to;
  if (mantissa == 0 || shift < -18 || shift > 18) return;
  const bool exact = shift >= 0 ? mantissa * power(shift) == static_cast<std::int64_t>(mantissa * power(shift))
                                : mantissa % power(-shift) == 0;
  RC_ASSERT(out.has_value() == exact);
}

TEST(decimal, compare_orders_by_value_whatever_the_exponent) {
  EXPECT_EQ(sdk::compare({1, 0}, {1000, -3}), std::strong_ordering::equal);
  EXPECT_EQ(sdk::compare({1, 18}, {1, -18}), std::strong_ordering::greater);
  EXPECT_EQ(sdk::compare({-1, 18}, {1, -18}), std::strong_ordering::less);
  EXPECT_EQ(sdk::compare({0, 127}, {0, -128}), std::strong_ordering::equal);
  EXPECT_EQ(sdk::compare({1, 127}, {INT64_MAX, -128}), std::strong_ordering::greater);
  EXPECT_EQ(sdk::compare({INT64_MIN, 127}, {INT64_MIN, -128}), std::strong_ordering::less);
}

RC_GTEST_PROP(decimal, compare_agrees_with_exact_arithmetic, ()) {
  const auto a = *any_decimal(), b = *any_decimal();
  RC_ASSERT(sdk::compare(a, b) == by_digits(sdk::format(a), sdk::format(b)));
  const int low = std::min(a.exp, b.exp);
  if (a.exp - low > 18 || b.exp - low > 18) return;  // 2^63 * 10^18 < 2^123
  RC_ASSERT(sdk::compare(a, b) == (a.mantissa * power(a.exp - low) <=> b.mantissa * power(b.exp - low)));
}

RC_GTEST_PROP(decimal, compare_finds_equal_values_equal, ()) {
  const auto mantissa = *any_mantissa() / 1'000'000'000;
  const auto shift = *rc::gen::inRange<int>(0, 10);
  const auto scaled = static_cast<std::int64_t>(mantissa * power(shift));
  RC_ASSERT(sdk::compare({mantissa, 3}, {scaled, static_cast<std::int8_t>(3 - shift)}) == std::strong_ordering::equal);
}

TEST(decimal, to_double_refuses_what_no_payload_holds) {
  EXPECT_TRUE(std::isnan(sdk::to_double(1, 30)));
  EXPECT_TRUE(std::isnan(sdk::to_double(1, -19)));
}

RC_GTEST_PROP(decimal, to_double_is_what_strtod_reads, ()) {
  const auto d = *any_decimal();
  const std::string text = sdk::format(d);
  RC_ASSERT(sdk::to_double(d) == std::strtod(text.c_str(), nullptr));
}

// Where the fixed-point quotient has the fewest bits to spare, so that what it cuts off decides most often.
RC_GTEST_PROP(decimal, to_double_is_what_strtod_reads_just_beyond_the_exact_range, ()) {
  const auto first = *rc::gen::inRange<std::int64_t>(1LL << 53, 1LL << 55);
  for (std::int64_t m = first; m < first + 100; ++m) {
    const std::string text = sdk::format(m, -18);
    RC_ASSERT(sdk::to_double(m, -18) == std::strtod(text.c_str(), nullptr));
  }
}

TEST(decimal, to_double_rounds_ties_to_even) {
  constexpr std::int64_t two53 = 1LL << 53;
  EXPECT_EQ(sdk::to_double(two53 + 1, 0), 0x1p53);
  EXPECT_EQ(sdk::to_double(two53 + 3, 0), 0x1.0000000000002p53);
  EXPECT_EQ(sdk::to_double(-(two53 + 1), 0), -0x1p53);
  EXPECT_EQ(sdk::to_double(INT64_MIN, 0), -0x1p63);
  static_assert(sdk::to_double(1, -1) == 0.1);
  static_assert(sdk::to_double(9'007'199'254'740'993, -3) == 9'007'199'254'740.993);
}

TEST(decimal, format_has_room_for_every_exponent) {
  for (int exp = -128; exp < 128; ++exp)
    for (const std::int64_t m : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, INT64_MAX}) {
      char text[sdk::max_decimal_text];
      const auto n = static_cast<std::size_t>(sdk::format_to(text, m, static_cast<std::int8_t>(exp)) - text);
      ASSERT_LE(n, sizeof text);
      EXPECT_EQ(std::string(text, n), sdk::format(m, exp));
      EXPECT_NEAR(std::strtod(std::string(text, n).c_str(), nullptr), static_cast<double>(m) * std::pow(10.0, exp),
                  std::abs(static_cast<double>(m)) * std::pow(10.0, exp) * 1e-14);
    }
  EXPECT_EQ(sdk::format(1, 128), "nan");
}
