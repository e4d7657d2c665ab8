#include "world.hpp"

namespace trapline::mm_ws::test {
namespace {

options private_only() {
  auto o = default_options();
  o.channels = {};
  o.private_channels = {"positions", "orders", "account"};
  return o;
}
options public_only(std::vector<std::string> channels = {"books", "ticker"}) {
  auto o = default_options();
  o.channels = std::move(channels);
  return o;
}
std::size_t count_frames(const world& w, const std::string& op) {
  std::size_t n = 0;
  for (const auto& s : w.sent) n += s.text.find("{\"op\":\"" + op + "\"") == 0;
  return n;
}

TEST(session, private_channels_are_subscribed_only_after_the_login_was_acknowledged) {
  world w;
  feed f(private_only(), "feed", w, 1);
  f.start();
  w.run(f, 5 * second);
  ASSERT_EQ(count_frames(w, "login"), 1u);
  EXPECT_EQ(count_frames(w, "subscribe"), 0u);
  EXPECT_EQ(f.private_state(), TRAPLINE_FEED_AUTHENTICATING);
  w.push(R"({"event":"login","code":0})");
  w.run(f, second);
  ASSERT_EQ(count_frames(w, "subscribe"), 1u);
  const auto args = args_of(w.sent.back().text, "subscribe");
  ASSERT_EQ(args.size(), 3u);
  EXPECT_EQ(args[0], R"({"instType":"USDT-FUTURES","channel":"positions","instId":"default"})");
  EXPECT_EQ(args[2], R"({"instType":"USDT-FUTURES","channel":"account","coin":"default"})");
}

TEST(session, a_login_answer_counts_whether_its_code_is_a_number_or_text) {
  for (const char* answer : {R"({"event":"login","code":0})", R"({"event":"login","code":"0","msg":""})",
                             R"({"code":0,"connId":"x","event":"login"})"}) {
    world w;
    feed f(private_only(), "feed", w, 1);
    f.start();
    w.run(f);
    w.push(answer);
    w.run(f, second);
    EXPECT_EQ(f.private_state(), TRAPLINE_FEED_SUBSCRIBING) << answer;
  }
}

TEST(session, every_login_carries_a_fresh_timestamp_in_seconds) {
  world w;
  be_friendly(w);
  feed f(private_only(), "feed", w, 1);
  f.start();
  w.run(f, second);
  const auto first = w.now() / second;
  w.drop();
  w.run(f, 100 * second);
  std::vector<std::int64_t> stamps;
  for (const auto& s : w.sent)
    if (const auto at = s.text.find("\"timestamp\":\""); at != s.text.npos)
      stamps.push_back(std::stoll(s.text.substr(at + 13)));
  ASSERT_EQ(stamps.size(), 2u);
  EXPECT_LE(std::abs(stamps[0] - first), 2);
  EXPECT_GT(stamps[1], stamps[0]);
}

TEST(session, a_rejected_login_is_tried_once_more_and_then_never_again) {
  for (const int code : {30005, 30011, 30012, 30013, 30014, 30015}) {
    world w;
    w.venue = [&](std::size_t c, const std::string& text) {
      if (text.find("login") != text.npos)
        w.push(R"({"event":"error","code":)" + std::to_string(code) + R"(,"msg":"Invalid"})", c);
    };
    feed f(private_only(), "feed", w, 1);
    f.start();
    w.run(f, 24 * 3600 * second);
    EXPECT_EQ(count_frames(w, "login"), 2u) << code;
    EXPECT_EQ(f.private_state(), TRAPLINE_FEED_FAILED);
    const auto status = w.of(TRAPLINE_EVENT_FEED_STATUS);
    EXPECT_EQ(status.back()->as<trapline_feed_status>().code, TRAPLINE_FEED_CODE_AUTH_FAILED);
    EXPECT_EQ(w.healths.back().first, std::uint32_t{TRAPLINE_HEALTH_FAILED});
  }
}

TEST(session, no_secret_is_ever_logged_or_published) {
  world w;
  w.venue = [&](std::size_t c, const std::string& text) {
    if (text.find("login") != text.npos) w.push(R"({"event":"error","code":30015,"msg":"Invalid sign"})", c);
  };
  feed f(private_only(), "feed", w, 1);
  f.start();
  w.run(f, 600 * second);
  std::string all;
  for (const auto& l : w.logs) all += l.text + "\n";
  for (const auto& h : w.healths) all += h.second + "\n";
  for (const auto* e : w.of(TRAPLINE_EVENT_FEED_STATUS)) all += std::string(e->as<trapline_feed_status>().text) + "\n";
  ASSERT_NE(all.find("30015"), all.npos);
  for (const auto& secret : {w.key, w.secret, w.passphrase})
    for (std::size_t i = 0; i + 6 <= secret.size(); ++i) EXPECT_EQ(all.find(secret.substr(i, 6)), all.npos) << secret;
}

TEST(session, a_login_that_is_not_answered_breaks_the_connection_after_the_ack_timeout) {
  world w;
  w.venue = [&](std::size_t c, const std::string& text) {
    if (text == "ping") w.push("pong", c);
  };
  feed f(private_only(), "feed", w, 1);
  f.start();
  w.run(f, 14 * second);
  EXPECT_EQ(f.private_state(), TRAPLINE_FEED_AUTHENTICATING);
  w.run(f, 2 * second);
  EXPECT_EQ(w.connects.size(), 2u);
}

TEST(session, is_live_when_all_is_acknowledged_and_the_book_has_its_snapshot) {
  world w;
  feed f(public_only(), "feed", w, 1);
  f.start();
  w.run(f, second);
  w.push(R"({"event":"subscribe","arg":{"instType":"USDT-FUTURES","channel":"books","instId":"BTCUSDT"}})");
  w.push(R"({"event":"subscribe","arg":{"instType":"USDT-FUTURES","channel":"ticker","instId":"BTCUSDT"}})");
  w.run(f);
  EXPECT_EQ(f.public_state(), TRAPLINE_FEED_SUBSCRIBING);
  w.push(book_snapshot(5));
  w.run(f);
  EXPECT_EQ(f.public_state(), TRAPLINE_FEED_LIVE);
}

TEST(session, a_lost_acknowledgement_is_asked_for_once_more_and_then_reported) {
  world w;
  std::map<std::string, int> asked;
  w.venue = [&](std::size_t c, const std::string& text) {
    if (text == "ping") w.push("pong", c);
    for (const auto& arg : args_of(text, "subscribe")) {
      ++asked[arg];
      if (arg.find("ticker") == arg.npos) w.push(R"({"event":"subscribe","arg":)" + arg + "}", c);
    }
  };
  feed f(public_only({"trade", "ticker"}), "feed", w, 1);
  f.start();
  w.run(f, 120 * second);
  EXPECT_EQ(asked[R"({"instType":"USDT-FUTURES","channel":"ticker","instId":"BTCUSDT"})"], 2);
  EXPECT_EQ(asked[R"({"instType":"USDT-FUTURES","channel":"trade","instId":"BTCUSDT"})"], 1);
  EXPECT_EQ(w.connects.size(), 1u);
  EXPECT_EQ(f.public_state(), TRAPLINE_FEED_SUBSCRIBING);
  EXPECT_EQ(w.healths.back().first, std::uint32_t{TRAPLINE_HEALTH_DEGRADED});
  EXPECT_NE(w.healths.back().second.find("ticker of BTCUSDT"), std::string::npos);
}

TEST(session, a_refused_subscription_is_reported_and_not_repeated) {
  world w;
  w.venue = [&](std::size_t c, const std::string& text) {
    if (text == "ping") w.push("pong", c);
    for (const auto& arg : args_of(text, "subscribe"))
      w.push(R"({"event":"error","arg":)" + arg + R"(,"code":30001,"msg":"Symbol not exists","op":"subscribe"})", c);
  };
  feed f(public_only({"ticker"}), "feed", w, 1);
  f.start();
  w.run(f, 300 * second);
  EXPECT_EQ(count_frames(w, "subscribe"), 1u);
  EXPECT_EQ(w.connects.size(), 1u);
  EXPECT_NE(w.healths.back().second.find("30001"), std::string::npos);
}

TEST(session, subscriptions_go_out_in_frames_of_at_most_50_args_and_4096_bytes_and_8_messages_a_second) {
  world w;
  be_friendly(w);
  auto o = public_only({"trade", "ticker", "books", "candle1m"});
  o.symbols.clear();
  for (int i = 0; i < 100; ++i) o.symbols.push_back("SYM" + std::to_string(i) + "USDT");
  feed f(o, "feed", w, 1);
  f.start();
  w.run(f, 120 * second);
  EXPECT_EQ(f.public_state(), TRAPLINE_FEED_LIVE);
  std::set<std::string> args;
  for (std::size_t i = 0; i < w.sent.size(); ++i) {
    const auto& s = w.sent[i];
    const auto a = args_of(s.text, "subscribe");
    args.insert(a.begin(), a.end());
    EXPECT_LE(a.size(), 50u);
    EXPECT_LE(s.text.size(), 4096u);
    std::size_t within = 0;
    for (std::size_t k = i; k < w.sent.size() && w.sent[k].at < s.at + second; ++k)
      within += w.sent[k].connection == s.connection;
    EXPECT_LE(within, 8u);
  }
  EXPECT_EQ(args.size(), 400u);
}

TEST(session, comes_back_after_1_1_2_3_5_8_13_21_seconds_times_a_half_to_one_and_then_probes) {
  world w;
  w.accept_at_once = false;
  w.venue = nullptr;
  feed f(public_only(), "feed", w, 7);
  f.start();
  w.run(f);
  const std::int64_t row[] = {1, 1, 2, 3, 5, 8, 13, 21};
  for (const auto step : row) {
    const auto before = w.time;
    w.drop({net::close_info::cause::refused, 0, "connection refused"});
    w.run(f);
    const auto n = w.connects.size();
    while (w.connects.size() == n && w.time < before + 60 * second) w.run(f, 10 * ms);
    const auto waited = w.connects.back() - before;
    EXPECT_GE(waited, step * second / 2) << step;
    EXPECT_LE(waited, step * second + 20 * ms) << step;
  }
  w.drop();
  w.run(f);
  EXPECT_EQ(f.public_state(), TRAPLINE_FEED_FAILED);
  EXPECT_EQ(w.connects.size(), 9u);
  w.run(f, 299 * second);
  EXPECT_EQ(w.connects.size(), 9u);
  w.run(f, 2 * second);
  EXPECT_EQ(w.connects.size(), 10u);
}

TEST(session, stops_the_engine_when_attempts_are_used_up_if_told_so) {
  world w;
  w.accept_at_once = false;
  auto o = public_only();
  o.probe_when_exhausted = false;
  o.max_attempts = 2;
  feed f(o, "feed", w, 7);
  f.start();
  w.run(f);
  for (int i = 0; i < 3; ++i) {
    w.drop({net::close_info::cause::refused, 0, "connection refused"});
    w.run(f, 5 * second);
  }
  ASSERT_EQ(w.stop_reasons.size(), 1u);
  EXPECT_NE(w.stop_reasons[0].find("connection refused"), std::string::npos);
  w.run(f, 3600 * second);
  EXPECT_EQ(w.connects.size(), 3u);
}

TEST(session, a_refused_certificate_before_the_first_connection_is_a_wrong_configuration_and_not_tried_again) {
  world w;
  w.accept_at_once = false;
  w.venue = nullptr;
  feed f(public_only(), "feed", w, 7);
  f.start();
  w.run(f);
  w.drop({net::close_info::cause::certificate, 0, "expected localhost, the certificate offers venue.example"});
  w.run(f, 3600 * second);
  EXPECT_EQ(f.public_state(), TRAPLINE_FEED_FAILED);
  EXPECT_EQ(w.connects.size(), 1u);
  ASSERT_EQ(w.misconfigurations.size(), 1u);
  EXPECT_NE(w.misconfigurations[0].find("venue.example"), std::string::npos);
}

TEST(session, a_venue_that_accepts_and_closes_at_once_for_an_hour_sees_few_attempts) {
  world w;
  be_friendly(w);
  auto friendly = w.venue;
  w.venue = [&](std::size_t c, const std::string& text) {
    friendly(c, text);
    w.drop({net::close_info::cause::closed, 1001, "going away"}, c);
  };
  feed f(public_only(), "feed", w, 3);
  f.start();
  w.run(f, 3600 * second);
  EXPECT_LE(w.connects.size(), 25u);  // 9, then one every 5 minutes
  EXPECT_GE(w.connects.size(), 15u);
}

TEST(session, a_connection_that_lasted_starts_the_waiting_times_anew) {
  world w;
  be_friendly(w);
  feed f(public_only(), "feed", w, 3);
  f.start();
  for (int i = 0; i < 30; ++i) {
    w.run(f, 90 * second);
    ASSERT_EQ(f.public_state(), TRAPLINE_FEED_LIVE) << i;
    w.drop();
    w.run(f, 1100 * ms);
  }
  EXPECT_EQ(w.connects.size(), 31u);
}

TEST(session, reconnects_at_once_when_the_venue_announces_a_restart_but_not_again_and_again) {
  world w;
  be_friendly(w);
  feed f(public_only(), "feed", w, 3);
  f.start();
  w.run(f, second);
  w.push(
      R"({"event":"error","code":30033,"msg":"Service upgrade in progress. Connection reset imminent. Please reconnect."})");
  w.run(f, 100 * ms);
  EXPECT_EQ(w.connects.size(), 2u);
  EXPECT_EQ(f.public_state(), TRAPLINE_FEED_LIVE);
  w.push(R"({"event":"error","code":30033,"msg":"Service upgrade"})");
  w.run(f, 100 * ms);
  EXPECT_EQ(w.connects.size(), 2u);
  EXPECT_EQ(f.public_state(), TRAPLINE_FEED_BACKOFF);
}

TEST(session, an_idle_connection_is_pinged_and_never_mistaken_for_dead) {
  world w;
  be_friendly(w);
  feed f(private_only(), "feed", w, 3);
  f.start();
  w.run(f, 600 * second);
  std::size_t pings = 0;
  for (const auto& s : w.sent) pings += s.text == "ping";
  EXPECT_GE(pings, 28u);
  EXPECT_EQ(w.connects.size(), 1u);
  for (const auto& l : w.logs) EXPECT_LE(l.level, TRAPLINE_LOG_INFO) << l.text;
}

TEST(session, a_half_open_connection_is_cut_when_dead_after_has_passed) {
  world w;
  be_friendly(w);
  feed f(public_only(), "feed", w, 3);
  f.start();
  w.run(f, second);
  ASSERT_EQ(f.public_state(), TRAPLINE_FEED_LIVE);
  w.venue = nullptr;
  w.run(f, 36 * second);
  EXPECT_EQ(w.connections[0], nullptr);
  bool told = false;
  for (const auto& l : w.logs) told |= l.text.find("no frame for 35 s") != std::string::npos;
  EXPECT_TRUE(told);
}

TEST(session, pings_keep_their_place_while_many_subscriptions_wait) {
  world w;
  be_friendly(w);
  auto o = public_only({"ticker"});
  o.ping_interval = second;
  o.dead_after = 5 * second;
  for (int i = 0; i < 900; ++i) o.symbols.push_back("S" + std::to_string(i));
  feed f(o, "feed", w, 3);
  f.start();
  w.run(f, 10 * second);
  std::size_t pings = 0;
  for (const auto& s : w.sent) pings += s.text == "ping";
  EXPECT_GE(pings, 8u);
}

TEST(session, waits_its_turn_when_a_ping_is_due_before_it_may_send) {
  world w;
  be_friendly(w);
  feed f(public_only(), "feed", w, 3);
  f.start();
  w.run(f, 19'500 * ms);
  w.push(R"({"event":"error","code":30006,"msg":"Too many requests"})");
  w.run(f, 2 * second);
  std::size_t pings = 0;
  for (const auto& s : w.sent) pings += s.text == "ping";
  EXPECT_EQ(pings, 1u);
}

TEST(session, an_error_about_the_unsubscribing_half_of_a_fresh_subscription_is_not_about_the_other) {
  world w;
  be_friendly(w);
  feed f(public_only({"books"}), "feed", w, 3);
  f.start();
  w.run(f, second);
  const std::string arg = R"({"instType":"USDT-FUTURES","channel":"books","instId":"BTCUSDT"})";
  w.venue = nullptr;
  w.push(book_update(105, 110));
  w.run(f, second);
  w.push(R"({"event":"error","arg":)" + arg + R"(,"code":30001,"msg":"not subscribed","op":"unsubscribe"})");
  w.push(R"({"event":"subscribe","arg":)" + arg + "}");
  w.push(book_snapshot(200));
  w.run(f);
  EXPECT_EQ(f.public_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(w.healths.empty() ? 0 : w.healths.back().first, std::uint32_t{TRAPLINE_HEALTH_OK});
}

TEST(session, a_thousand_connect_and_break_cycles_leave_nothing_behind) {
  world w;
  be_friendly(w);
  auto o = public_only();
  o.max_attempts = 1000;
  feed f(o, "feed", w, 3);
  f.start();
  for (int i = 0; i < 1000; ++i) {
    w.run(f, 22 * second);
    w.drop();
    w.run(f);
  }
  std::size_t open = 0;
  for (const auto* c : w.connections) open += c != nullptr;
  EXPECT_LE(open, 1u);
}

}  // namespace
}  // namespace trapline::mm_ws::test
