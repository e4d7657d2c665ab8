#include "trapline/sdk/options.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sdk = trapline::sdk;

namespace {

enum class color { red, green };

struct retry_settings {
  int most = 0;
  std::int64_t first = 0;
};

struct settings {
  bool on = false;
  std::int64_t window = 0;
  std::uint64_t memory = 0;
  double share = 0;
  std::string url;
  std::optional<std::string> user;
  std::optional<std::int64_t> limit;
  bool has_password = true;
  std::vector<std::string> symbols;
  std::map<std::string, std::string> labels;
  retry_settings retry;
};

constexpr auto table = sdk::option_set<settings>(
    sdk::bind<&settings::on>(sdk::option_bool("on", "true", "switch")),
    sdk::bind<&settings::window>(sdk::option_duration("window", "2ms", "0ms..50ms", "how long")),
    sdk::bind<&settings::memory>(sdk::option_bytes("memory", "1MiB", "64KiB..", "how much")),
    sdk::bind<&settings::share>(sdk::option_float("share", "0.5", "0..1", "part")),
    sdk::bind<&settings::url>(sdk::option_string("url", "x", "where")),
    sdk::bind<&settings::user>(sdk::option_string("user", nullptr, "who")),
    sdk::bind<&settings::limit>(sdk::option_int("limit", nullptr, "..10", "how many")),
    sdk::bind<&settings::has_password>(sdk::option_secret("password", "secret")),
    sdk::bind<&settings::symbols>(sdk::option_list("symbols", "[a]", "a|b", "which")),
    sdk::bind<&settings::labels>(sdk::option_map("labels", "marks")),
    sdk::bind<&settings::retry, &retry_settings::most>(sdk::option_int("retry.most", "8", "1..100", "attempts")),
    sdk::bind<&settings::retry, &retry_settings::first>(sdk::option_duration("retry.first", "1s", nullptr, "wait")),
    sdk::by_hand(sdk::required(sdk::option_enum("color", nullptr, "red|green", "paint"))));

constexpr std::string_view whole =
    R"({"on":true,"window":2000000,"memory":1048576,"share":0.25,"url":"u","user":"me","limit":3,"password":true,)"
    R"("symbols":["a","b"],"labels":{"a.b":"c"},"retry":{"most":9,"first":1000000000},"color":"green"})";

std::string with(std::string_view from, std::string_view to) {
  std::string out(whole);
  const auto at = out.find(from);
  EXPECT_NE(at, out.npos) << from;
  return out.replace(at, from.size(), to);
}

// Path and text of the refusal.
std::pair<std::string, std::string> refusal(std::string_view json) {
  try {
    table.read(json);
  } catch (const sdk::error& e) {
    EXPECT_EQ(e.code(), TRAPLINE_E_CONFIG);
    return {e.path(), e.what()};
  }
  return {"none", ""};
}

}  // namespace

TEST(options, each_value_arrives_in_its_member) {
  const auto s = table.read(whole);
  EXPECT_TRUE(s.on);
  EXPECT_EQ(s.window, 2'000'000);
  EXPECT_EQ(s.memory, 1'048'576u);
  EXPECT_EQ(s.share, 0.25);
  EXPECT_EQ(s.url, "u");
  EXPECT_EQ(s.user, "me");
  EXPECT_EQ(s.limit, 3);
  EXPECT_TRUE(s.has_password);
  EXPECT_EQ(s.symbols, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(s.labels, (std::map<std::string, std::string>{{"a.b", "c"}}));
  EXPECT_EQ(s.retry.most, 9);
  EXPECT_EQ(s.retry.first, 1'000'000'000);
}

TEST(options, what_may_be_left_out_is_null) {
  const auto s =
      table.read(with(R"("user":"me","limit":3,"password":true)", R"("user":null,"limit":null,"password":null)"));
  EXPECT_FALSE(s.user);
  EXPECT_FALSE(s.limit);
  const sdk::options o(with(R"("password":true)", R"("password":null)"));
  EXPECT_FALSE(o.has("password"));
  EXPECT_TRUE(o.has("url"));
}

TEST(options, what_may_not_be_left_out_is_refused_as_null_or_missing) {
  EXPECT_EQ(refusal(with("\"u\"", "null")).first, "url");
  EXPECT_EQ(refusal(with("\"green\"", "null")).first, "color");
  EXPECT_EQ(refusal(with(R"("on":true,)", "")).first, "on");
  EXPECT_EQ(refusal(with(R"("most":9,)", "")).first, "retry.most");
  EXPECT_EQ(refusal("{}").first, "on");
}

TEST(options, every_option_refuses_a_wrong_type_under_its_path) {
  const std::pair<std::string_view, std::string_view> values[] = {{"\"on\":true", "on"},
                                                                  {"\"window\":2000000", "window"},
                                                                  {"\"memory\":1048576", "memory"},
                                                                  {"\"share\":0.25", "share"},
                                                                  {"\"url\":\"u\"", "url"},
                                                                  {"\"user\":\"me\"", "user"},
                                                                  {"\"limit\":3", "limit"},
                                                                  {"\"password\":true", "password"},
                                                                  {"\"symbols\":[\"a\",\"b\"]", "symbols"},
                                                                  {"\"color\":\"green\"", "color"},
                                                                  {"\"labels\":{\"a.b\":\"c\"}", "labels"}};
  for (const auto& [member, path] : values)
    for (const std::string_view wrong : {"[1]", "{\"x\":1}", "1e300"}) {
      if (path == "share" && wrong == "1e300") continue;  // a number, and out of range
      EXPECT_EQ(refusal(with(member, sdk::cat("\"", path, "\":", wrong))).first, path) << wrong;
    }
  EXPECT_EQ(refusal(with(R"({"most":9,"first":1000000000})", "5")).first, "retry.most");
}

TEST(options, a_refusal_says_what_was_expected_and_found) {
  EXPECT_EQ(refusal(with("\"limit\":3", "\"limit\":\"3\"")).second, "expected a whole number, found '3'");
  EXPECT_EQ(refusal(with("\"limit\":3", "\"limit\":2.5")).second, "expected a whole number, found 2.5");
  EXPECT_EQ(refusal(with("\"on\":true", "\"on\":null")).second, "expected true or false, found null");
  EXPECT_EQ(refusal(with("\"green\"", "\"blue\"")).second, "allowed is red|green, found 'blue'");
  const auto text = refusal(with("\"green\"", "\"" + std::string(39, 'x') + "\xc3\xa9\xc3\xa9\"")).second;
  EXPECT_NE(text.find(std::string(39, 'x') + "...'"), text.npos) << "cut between two characters: " << text;
}

TEST(options, ranges_are_checked_in_the_unit_of_the_option) {
  EXPECT_EQ(refusal(with("2000000", "50000000")).first, "none");
  EXPECT_EQ(refusal(with("2000000", "50000001")).first, "window");
  EXPECT_EQ(refusal(with("2000000", "-1")).first, "window");
  EXPECT_EQ(refusal(with("1048576", "65536")).first, "none");
  EXPECT_EQ(refusal(with("1048576", "65535")).first, "memory");
  EXPECT_EQ(refusal(with("0.25", "1")).first, "none");
  EXPECT_EQ(refusal(with("0.25", "1.01")).first, "share");
  EXPECT_EQ(refusal(with("\"limit\":3", "\"limit\":-9223372036854775808")).first, "none");
  EXPECT_EQ(refusal(with("\"limit\":3", "\"limit\":11")).first, "limit");
  EXPECT_EQ(refusal(with("\"limit\":3", "\"limit\":99999999999999999999")).first, "limit");
  EXPECT_EQ(refusal(with("\"b\"]", "\"c\"]")).first, "symbols");
}

TEST(options, what_no_row_speaks_of_is_refused) {
  EXPECT_EQ(refusal(with("\"on\":true", "\"on\":true,\"of\":1")).first, "of");
  EXPECT_EQ(refusal(with("\"most\":9", "\"most\":9,\"least\":1")).first, "retry.least");
  EXPECT_EQ(refusal(with("\"on\":true", "\"on\":true,\"\":1")).second, "unknown option");
}

TEST(options, a_text_that_is_no_object_is_refused) {
  for (const auto* json : {"", "[]", "5", "null", "{", "{\"a\":NaN}"}) EXPECT_EQ(refusal(json).first, "") << json;
}

TEST(options, words_map_to_the_values_beside_them) {
  const auto read = [](std::string_view json) {
    return sdk::options(json).one_of<color>("c.d", {{"red", color::red}, {"green", color::green}});
  };
  EXPECT_EQ(read(R"({"c":{"d":"green"}})"), color::green);
  try {
    read(R"({"c":{"d":"blue"}})");
    FAIL();
  } catch (const sdk::error& e) {
    EXPECT_EQ(e.path(), "c.d");
    EXPECT_STREQ(e.what(), "allowed is red, green, found 'blue'");
  }
}

TEST(options, an_integer_must_fit_where_it_goes) {
  const sdk::options o(R"({"a":300,"b":-1,"c":4294967296})");
  EXPECT_THROW(o.get<std::uint8_t>("a"), sdk::error);
  EXPECT_THROW(o.get<std::uint64_t>("b"), sdk::error);
  EXPECT_THROW(o.get<int>("c"), sdk::error);
  EXPECT_EQ(o.get<std::int64_t>("c"), 4294967296);
}

TEST(options, the_rows_are_the_option_table_of_the_plugin) {
  EXPECT_EQ(table.end() - table.begin(), 13);
  EXPECT_STREQ(table.rows[1].path, "window");
  EXPECT_EQ(table.rows[12].flags, TRAPLINE_OPTION_REQUIRED);
}
