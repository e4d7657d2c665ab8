#include "trapline/sdk/json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace sdk = trapline::sdk;
using kind = sdk::json_value::kind;

namespace {

bool refused(std::string_view text) {
  try {
    sdk::parse_json(text);
  } catch (const sdk::error& e) {
    EXPECT_EQ(e.code(), TRAPLINE_E_CONFIG);
    EXPECT_NE(std::string_view(e.what()).find("byte"), std::string_view::npos);
    return true;
  }
  return false;
}

std::string text_of(std::string_view json) { return sdk::parse_json(json).text; }

}  // namespace

TEST(json, reads_every_kind_of_value) {
  const auto v = sdk::parse_json(R"( {"n":null,"t":true,"f":false,"i":-7,"r":2.5e1,"s":"x","l":[1,[]],"o":{}} )");
  ASSERT_EQ(v.type, kind::object);
  EXPECT_EQ(v.find("n")->type, kind::null);
  EXPECT_TRUE(v.find("t")->truth);
  EXPECT_FALSE(v.find("f")->truth);
  EXPECT_EQ(v.find("f")->type, kind::boolean);
  EXPECT_EQ(v.find("i")->integer, -7);
  EXPECT_EQ(v.find("i")->real, -7.0);
  EXPECT_EQ(v.find("r")->type, kind::real);
  EXPECT_EQ(v.find("r")->real, 25.0);
  EXPECT_EQ(v.find("s")->text, "x");
  EXPECT_EQ(v.find("l")->items.size(), 2u);
  EXPECT_EQ(v.find("o")->type, kind::object);
  EXPECT_EQ(v.find("absent"), nullptr);
}

TEST(json, whole_numbers_are_integers_as_far_as_int64_goes) {
  EXPECT_EQ(sdk::parse_json("9223372036854775807").integer, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(sdk::parse_json("-9223372036854775808").integer, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(sdk::parse_json("9223372036854775808").type, kind::real);
  EXPECT_EQ(sdk::parse_json("9223372036854775808").real, 0x1p63);
  EXPECT_EQ(sdk::parse_json("1.0").type, kind::real);
}

TEST(json, escapes_become_the_characters_they_stand_for) {
  EXPECT_EQ(text_of(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(text_of(R"("\u0041\u00e9\u20ac\ud83d\ude00")"), "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(text_of(R"("\u0000")"), std::string(1, '\0'));
  EXPECT_EQ(text_of("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
}

TEST(json, what_is_not_json_is_refused) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "}",
                                      "[",
                                      "[1",
                                      "[1,",
                                      "[1,]",
                                      "[,1]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{1:1}",
                                      "{\"a\":1 \"b\":2}",
                                      "nul",
                                      "tru",
                                      "True",
                                      "NaN",
                                      "nan",
                                      "Infinity",
                                      "-Infinity",
                                      "inf",
                                      "+1",
                                      "01",
                                      "-",
                                      "-a",
                                      "1.",
                                      ".5",
                                      "1.e5",
                                      "1e",
                                      "1e+",
                                      "0x10",
                                      "1 2",
                                      "{} {}",
                                      "'a'",
                                      "\"a",
                                      "\"\\x\"",
                                      "\"\\",
                                      "\"\\u12\"",
                                      "\"\\u12g4\"",
                                      "\"\\u-123\"",
                                      "\"\\ud800\"",
                                      "\"\\udc00\"",
                                      "\"\\ud800\\u0041\"",
                                      "\"\n\"",
                                      "/* */ 1",
                                      "1e999",
                                      "-1e999",
                                      "{\"a\":1,\"a\":2}"})
    EXPECT_TRUE(refused(text)) << text;
}

TEST(json, bytes_that_are_not_utf8_are_refused) {
  for (const std::string bytes : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x80\x80", "\xed\xa0\x80",
                                  "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82"})
    EXPECT_TRUE(refused("\"" + bytes + "\""));
}

TEST(json, nesting_is_bounded) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_FALSE(refused(nested(32)));
  EXPECT_TRUE(refused(nested(34)));
  EXPECT_TRUE(refused(std::string(1'000'000, '[')));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_TRUE(refused(objects));
}

TEST(json, every_truncation_of_a_document_is_refused) {
  const std::string_view whole = R"({"a":{"b":[true,null,"x\u20acy",-1.5e3]},"c":"d"})";
  ASSERT_FALSE(refused(whole));
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_TRUE(refused(whole.substr(0, n))) << n;
}

RC_GTEST_PROP(json, any_bytes_are_read_or_refused, ()) {
  const auto bytes = *rc::gen::container<std::string>(rc::gen::oneOf(
      rc::gen::arbitrary<char>(), rc::gen::elementOf(std::string("{}[]\",:\\u0123456789.eE+-truefalsn \xc3\xa9"))));
  try {
    sdk::parse_json(bytes);
  } catch (const sdk::error&) {
  }
}

TEST(json, a_changed_byte_of_a_document_never_breaks_the_reader) {
  const std::string whole = R"({"url":"unix:/r","n":null,"b":true,"i":-12,"r":1.25e-3,"l":["a","b"],"m":{"k":"v"}})";
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (int c = 0; c < 256; ++c) {
      std::string text = whole;
      text[i] = static_cast<char>(c);
      try {
        sdk::parse_json(text);
      } catch (const sdk::error&) {
      }
    }
}
