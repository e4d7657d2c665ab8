#include <nlohmann/json.hpp>

#include "rest_world.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::mm_ws::test {
namespace {

using cause = net::http_answer::cause;

struct rest : testing::Test {
  world w;
  rest_venue venue{w};
  options o = rest_options();
  log_limiter log{w};
  std::unique_ptr<rest_client> client;
  struct outcome {
    error_class kind;
    std::int64_t code;
    std::string text, data;
    std::int64_t at;
  };
  std::vector<outcome> outcomes;

  void SetUp() override { client = std::make_unique<rest_client>(o, w, log); }
  void ask(const std::string& path, const std::string& query = "", bool is_private = true) {
    client->call({path, query, is_private, 10}, [this](const rest_answer& a, ondemand::value* data) {
      std::string text;
      if (data) text = std::string(data->raw_json_token());
      outcomes.push_back({a.kind, a.code, a.text, text, w.time});
      return true;
    });
  }
  void run(std::int64_t duration) { w.run_with(*client, duration); }
};

TEST_F(rest, signs_what_it_asks_with_the_known_vector) {
  // ts 1700000000000 of the vector: our clock stands there.
  w.utc_offset = 1'700'000'000'000 * ms - w.time;
  ask("/api/v2/mix/position/all-position", "marginCoin=USDT&productType=USDT-FUTURES");
  run(0);
  ASSERT_EQ(w.rest_asked.size(), 1u);
  const auto& r = w.rest_asked[0].request;
  EXPECT_EQ(r.method, "GET");
  EXPECT_EQ(r.target, "/api/v2/mix/position/all-position?marginCoin=USDT&productType=USDT-FUTURES");
  std::map<std::string, std::string> headers(r.headers.begin(), r.headers.end());
  EXPECT_EQ(headers["ACCESS-SIGN"], "74WDnckUJOABK16cT3UuRFGPMlJ9YhDQWi68XGRs6RA=");
  EXPECT_EQ(headers["ACCESS-TIMESTAMP"], "1700000000000");
  EXPECT_EQ(headers["ACCESS-KEY"], w.key);
  EXPECT_EQ(headers["ACCESS-PASSPHRASE"], w.passphrase);
  EXPECT_FALSE(headers.contains("paptrading"));
}

TEST_F(rest, public_questions_carry_no_credentials) {
  ask("/api/v2/mix/market/contracts", "productType=USDT-FUTURES", false);
  run(0);
  ASSERT_EQ(w.rest_asked.size(), 1u);
  for (const auto& [name, value] : w.rest_asked[0].request.headers) EXPECT_NE(name.rfind("ACCESS", 0), 0u) << name;
}

TEST_F(rest, the_demo_environment_says_so_in_a_header) {
  o.environment = environment::demo;
  ask("/x", "", false);
  run(0);
  const auto& headers = w.rest_asked.at(0).request.headers;
  EXPECT_NE(std::find(headers.begin(), headers.end(), std::pair<std::string, std::string>("paptrading", "1")),
            headers.end());
}

TEST_F(rest, keeps_the_pace_of_each_path) {
  for (int i = 0; i < 20; ++i) ask("/api/v2/mix/position/all-position");
  run(10 * second);
  ASSERT_EQ(outcomes.size(), 20u);
  for (std::size_t i = 0; i < w.rest_asked.size(); ++i) {
    std::size_t within = 0;
    for (std::size_t k = i; k < w.rest_asked.size() && w.rest_asked[k].at < w.rest_asked[i].at + second; ++k) ++within;
    EXPECT_LE(within, 10u);
  }
}

TEST_F(rest, too_many_requests_stops_everything_for_as_long_as_the_venue_says) {
  auto busy = error_answer(429, "Too Many Requests", 429);
  busy.retry_after = 7 * second;
  int asked = 0;
  w.rest = [&](const world::asked&) -> std::optional<net::http_answer> {
    return asked++ == 0 ? busy : json_answer("[]");
  };
  ask("/a");
  ask("/b");
  run(6 * second);
  EXPECT_EQ(asked, 1);
  run(3 * second);
  EXPECT_EQ(asked, 3);
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_EQ(outcomes[0].kind, error_class::none);
}

TEST_F(rest, W22_every_documented_code_has_its_class_and_says_what_to_do) {
  struct row {
    int code;
    error_class kind;
    const char* advice;
  };
  for (const auto& r : {row{40001, error_class::credentials, "credentials.key"},
                        row{40006, error_class::credentials, "credentials.key"},
                        row{40037, error_class::credentials, "credentials.key"},
                        row{40009, error_class::credentials, "credentials.secret"},
                        row{40012, error_class::credentials, "credentials.passphrase"},
                        row{40036, error_class::credentials, "credentials.passphrase"},
                        row{40014, error_class::credentials, "permission"},
                        row{40018, error_class::credentials, "address"},
                        row{40038, error_class::credentials, "address"},
                        row{40005, error_class::clock, "clock"},
                        row{40008, error_class::clock, "clock"},
                        row{40010, error_class::uncertain, ""},
                        row{40725, error_class::uncertain, ""},
                        row{45001, error_class::uncertain, ""},
                        row{40015, error_class::uncertain, ""},
                        row{40808, error_class::uncertain, ""},
                        row{40200, error_class::uncertain, ""},
                        row{429, error_class::busy, ""},
                        row{40017, error_class::request, ""},
                        row{400172, error_class::request, ""},
                        row{40019, error_class::request, ""},
                        row{40020, error_class::request, ""},
                        row{40034, error_class::request, ""},
                        row{40404, error_class::request, ""},
                        row{40084, error_class::classic, "api: v2"},
                        row{40085, error_class::unified, "api: v3"},
                        row{40099, error_class::environment, "environment: demo"},
                        row{40768, error_class::gone, ""},
                        row{40109, error_class::gone, ""},
                        row{43001, error_class::gone, ""},
                        row{45057, error_class::gone, ""},
                        row{25204, error_class::gone, ""},
                        row{43025, error_class::gone, ""},
                        row{30001, error_class::request, ""},
                        row{30003, error_class::request, "endpoint"},
                        row{30011, error_class::credentials, "credentials.key"},
                        row{30012, error_class::credentials, "credentials.passphrase"},
                        row{30014, error_class::clock, "clock"},
                        row{30015, error_class::credentials, "credentials.secret"},
                        row{30033, error_class::upgrade, ""},
                        row{99999, error_class::unknown, ""}}) {
    EXPECT_EQ(find_error(r.code).kind, r.kind) << r.code;
    EXPECT_NE(std::string(find_error(r.code).advice).find(r.advice), std::string::npos) << r.code;
  }
  EXPECT_EQ(find_error(0).kind, error_class::none);
}

TEST_F(rest, W22_an_answer_tells_path_code_and_text_of_the_venue) {
  venue.instead["/x"] = error_answer(40034, "Parameter\\u0000 does not exist");
  ask("/x");
  run(second);
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].kind, error_class::request);
  for (const char* part : {"/x", "40034"})
    EXPECT_NE(outcomes[0].text.find(part), std::string::npos) << outcomes[0].text;
  EXPECT_EQ(w.rest_asked.size(), 1u);
}

TEST_F(rest, passing_failures_are_tried_three_times_with_growing_pauses) {
  for (const auto& answer : {error_answer(45001, "maintenance"), broken_answer(), broken_answer(cause::timeout),
                             [] {
                               net::http_answer r;
                               r.status = 502;
                               r.body = "<html>bad gateway</html>";
                               return r;
                             }(),
                             [] {
                               net::http_answer r;
                               r.status = 200;
                               r.body = R"({"code":"00000","msg":"success","data":)";
                               return r;
                             }()}) {
    w.rest_asked.clear();
    outcomes.clear();
    venue.instead["/x"] = answer;
    ask("/x");
    run(10 * second);
    ASSERT_EQ(w.rest_asked.size(), 3u) << answer.body;
    EXPECT_GE(w.rest_asked[1].at - w.rest_asked[0].at, second);
    EXPECT_GE(w.rest_asked[2].at - w.rest_asked[1].at, 2 * second);
    ASSERT_EQ(outcomes.size(), 1u);
    EXPECT_EQ(outcomes[0].kind, error_class::uncertain);
    EXPECT_FALSE(outcomes[0].text.empty());
  }
}

TEST_F(rest, a_server_that_never_answers_is_given_up) {
  w.rest = nullptr;
  ask("/x");
  run(200 * second);
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].kind, error_class::uncertain);
  EXPECT_EQ(w.rest_asked.size(), 3u);
}

TEST_F(rest, an_expired_timestamp_makes_it_measure_the_clock_and_ask_once_more) {
  venue.clock_error = 12 * second;
  int asked = 0;
  venue.before = [&](const world::asked& a) {
    if (a.path != "/x") return;
    std::map<std::string, std::string> h(a.request.headers.begin(), a.request.headers.end());
    const auto venue_ms = (w.now() + venue.clock_error) / ms;
    const bool right = std::llabs(std::stoll(h["ACCESS-TIMESTAMP"]) - venue_ms) < 2000;
    venue.instead["/x"] = ++asked > 1 && right ? json_answer("[]") : error_answer(40008, "Request timestamp expired");
  };
  ask("/x");
  run(10 * second);
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].kind, error_class::none) << outcomes[0].text;
  EXPECT_EQ(w.asked_for("/api/v2/public/time"), 1u);
  EXPECT_EQ(*w.gauges["feed_clock_offset_ms"], 12'000);
}

TEST_F(rest, refused_credentials_are_tried_once_more_and_then_once_a_probe_interval_until_they_are_accepted) {
  venue.instead["/x"] = error_answer(40012, "apikey/password is incorrect");
  for (int i = 0; i < 5; ++i) ask("/x");
  run(100 * second);
  ASSERT_EQ(outcomes.size(), 5u);
  for (const auto& a : outcomes) EXPECT_EQ(a.kind, error_class::credentials);
  EXPECT_EQ(w.asked_for("/x"), 2u);
  EXPECT_NE(client->refused().find("40012"), std::string::npos);
  // A person changes something at the venue, which nobody tells us.
  run(o.probe_interval);
  for (int i = 0; i < 5; ++i) ask("/x");
  run(100 * second);
  EXPECT_EQ(w.asked_for("/x"), 3u);
  venue.instead["/x"] = json_answer("[]");
  run(o.probe_interval);
  for (int i = 0; i < 5; ++i) ask("/x");
  run(100 * second);
  ASSERT_EQ(outcomes.size(), 15u);
  for (std::size_t i = 10; i < 15; ++i) EXPECT_EQ(outcomes[i].kind, error_class::none);
  EXPECT_TRUE(client->refused().empty());
}

TEST_F(rest, a_refused_timestamp_does_not_outlast_its_cause) {
  venue.instead["/x"] = error_answer(40008, "Request timestamp expired");
  venue.instead["/api/v2/public/time"] = broken_answer();
  ask("/x");
  run(100 * second);
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].kind, error_class::clock);
  venue.instead.clear();
  venue.instead["/x"] = json_answer("[]");
  ask("/x");
  run(10 * second);
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_EQ(outcomes[1].kind, error_class::none);
}

TEST_F(rest, each_of_more_questions_than_can_wait_is_answered_once) {
  std::vector<int> answers(1100, 0);
  int busy = 0;
  for (auto& n : answers)
    client->call({"/x", "", false, 1000}, [&](const rest_answer& a, ondemand::value*) {
      ++n;
      busy += a.kind == error_class::busy;
      return true;
    });
  EXPECT_EQ(std::count(answers.begin(), answers.end(), 0), 1100);  // never from inside the call
  run(0);
  EXPECT_EQ(busy, 100);
  venue.instead["/x"] = json_answer("[]");
  run(100 * second);
  EXPECT_EQ(std::count(answers.begin(), answers.end(), 1), 1100);
  EXPECT_EQ(busy, 100);
}

TEST_F(rest, W17_no_secret_stands_in_any_log_line_or_outcome) {
  for (const auto& answer : {error_answer(40009, "sign signature error"), broken_answer(), error_answer(40034)}) {
    venue.instead["/x"] = answer;
    ask("/x");
    run(100 * second);
  }
  std::string all;
  for (const auto& l : w.logs) all += l.text + "\n";
  for (const auto& a : outcomes) all += a.text + "\n";
  for (const auto& secret : {w.key, w.secret, w.passphrase})
    for (std::size_t i = 0; i + 6 <= secret.size(); ++i) EXPECT_EQ(all.find(secret.substr(i, 6)), all.npos) << secret;
}

TEST_F(rest, W8_the_clock_is_measured_warned_about_and_corrected) {
  bool known = false;
  client->measure_clock([&](bool k) { known = k; });
  run(0);
  EXPECT_TRUE(known);
  EXPECT_EQ(client->clock().offset() / ms, 0);
  EXPECT_TRUE(w.logs.empty());
  venue.clock_error = -3 * second;
  client->measure_clock([&](bool k) { known = k; });
  run(second);
  EXPECT_NEAR(static_cast<double>(client->clock().corrected(100 * second)), 97e9, 2e6);
  ASSERT_EQ(w.logs.size(), 1u);
  EXPECT_NE(w.logs[0].text.find(" ms ahead of"), std::string::npos) << w.logs[0].text;
  // Half a second is left alone: the measurement is hardly better.
  venue.clock_error = 500 * ms;
  client->measure_clock([&](bool k) { known = k; });
  run(second);
  EXPECT_EQ(client->clock().corrected(100 * second), 100 * second);
}

TEST_F(rest, a_slow_answer_says_nothing_about_the_clock) {
  venue_clock c;
  EXPECT_FALSE(c.measure(0, 6 * second, 6 * second, 3 * second));
  EXPECT_FALSE(c.measure(0, 100 * second, second, 50 * second));  // our clock was set meanwhile
  EXPECT_FALSE(c.known());
  EXPECT_TRUE(c.measure(0, second, second, second / 2 + 21 * second));
  EXPECT_TRUE(c.refused());
}

TEST(contracts_by_rest, tick_and_lot_are_announced) {
  world w;
  rest_venue venue{w};
  auto o = default_options();
  o.endpoint_rest = "https://localhost:1";
  o.channels = {"ticker"};
  feed f(o, "feed", w, 1);
  f.start();
  w.run(f, 5 * second);
  const auto i = w.of(TRAPLINE_EVENT_INSTRUMENT);
  ASSERT_EQ(i.size(), 1u);
  const auto& p = i[0]->as<trapline_instrument>();
  EXPECT_EQ(sdk::format(p.tick, p.price_exp), "0.5");
  EXPECT_EQ(sdk::format(p.lot, p.size_exp), "0.0001");
}

}  // namespace
}  // namespace trapline::mm_ws::test
