// What the feed notices by itself: silence, age, gaps, bursts of reconnects.
#include "rest_world.hpp"
#include "support/effort.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::mm_ws::test {
namespace {

std::string ticker(const std::string& symbol, std::int64_t ts = 1760000000039) {
  return R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"ticker","instId":")" + symbol +
         R"("},"data":[{"instId":")" + symbol + R"(","lastPr":"64000.5","markPrice":"64000.1","ts":")" +
         std::to_string(ts) + R"("}],"ts":)" + std::to_string(ts) + "}";
}

// Ten symbols whose books, and tickers if asked for, move every 100 ms.
struct moving_market {
  world w;
  std::vector<std::string> symbols;
  std::map<std::string, std::int64_t> seq;
  std::set<std::string> silent;           // "books BTC0USDT"
  std::set<std::string> silent_for_good;  // not even a fresh subscription helps
  std::map<std::string, int> subscribed;
  std::unique_ptr<feed> f;
  std::vector<std::string> channels;
  std::vector<std::pair<std::int64_t, std::uint8_t>> states;

  explicit moving_market(std::vector<std::string> which) : channels(std::move(which)) {
    for (int i = 0; i < 10; ++i) symbols.push_back("BTC" + std::to_string(i) + "USDT");
    w.venue = [this](std::size_t c, const std::string& text) {
      if (text == "ping") return w.push("pong", c);
      for (const auto& arg : args_of(text, "unsubscribe")) w.push(R"({"event":"unsubscribe","arg":)" + arg + "}", c);
      for (const auto& arg : args_of(text, "subscribe")) {
        const auto channel = value(arg, "channel"), symbol = value(arg, "instId");
        ++subscribed[channel + " " + symbol];
        w.push(R"({"event":"subscribe","arg":)" + arg + "}", c);
        if (!silent_for_good.contains(channel + " " + symbol)) {
          silent.erase(channel + " " + symbol);
          if (channel == "books") w.push(book_snapshot(seq[symbol] = 100 + seq[symbol], symbol), c);
        }
      }
    };
    auto o = default_options();
    o.symbols = symbols;
    o.channels = channels;
    f = std::make_unique<feed>(o, "feed", w, 1);
    f->start();
  }
  static std::string value(const std::string& arg, const std::string& key) {
    const auto at = arg.find("\"" + key + "\":\"") + key.size() + 4;
    return arg.substr(at, arg.find('"', at) - at);
  }
  void run(std::int64_t duration) {
    for (const auto end = w.time + duration; w.time < end;) {
      for (const auto& symbol : symbols)
        for (const auto& channel : channels) {
          if (silent.contains(channel + " " + symbol) || silent_for_good.contains(channel + " " + symbol)) continue;
          if (!w.last()) continue;
          if (channel == "ticker") w.push(ticker(symbol));
          if (channel == "books" && seq[symbol] > 0) {
            w.push(book_update(seq[symbol], seq[symbol] + 1, symbol));
            ++seq[symbol];
          }
        }
      w.run(*f, 100 * ms);
      states.emplace_back(w.time, f->public_state());
    }
  }
};

TEST(liveness, W1_the_silence_of_one_book_among_ten_is_noticed_and_only_that_book_subscribed_anew) {
  for (const auto& channels : {std::vector<std::string>{"books", "ticker"}, std::vector<std::string>{"books"}}) {
    moving_market m(channels);
    m.run(20 * second);
    ASSERT_EQ(m.f->public_state(), TRAPLINE_FEED_LIVE);
    const auto before = m.subscribed;
    m.w.events.clear();
    m.silent.insert("books BTC9USDT");
    const auto since = m.w.time;
    m.run(45 * second);
    std::int64_t stale_at = 0;
    for (const auto* e : m.w.of(TRAPLINE_EVENT_FEED_STATUS)) {
      const auto& s = e->as<trapline_feed_status>();
      if (stale_at == 0 && s.state == TRAPLINE_FEED_STALE) stale_at = e->head.ts_recv - m.w.utc_offset;
    }
    ASSERT_NE(stale_at, 0);
    EXPECT_LE(stale_at - since, 31 * second);
    EXPECT_EQ(m.f->public_state(), TRAPLINE_FEED_LIVE);
    EXPECT_EQ(m.w.connects.size(), 1u);
    for (const auto& [key, n] : m.subscribed) EXPECT_EQ(n - before.at(key), key == "books BTC9USDT" ? 1 : 0) << key;
    // Only that book was void for consumers.
    ASSERT_EQ(m.w.of(TRAPLINE_EVENT_GAP).size(), 1u);
    EXPECT_EQ(m.w.instruments[m.w.of(TRAPLINE_EVENT_GAP)[0]->head.instrument - 1], "BTC9USDT");
  }
}

TEST(liveness, W1_a_stream_that_stays_silent_after_a_fresh_subscription_costs_its_connection) {
  for (const char* channel : {"ticker", "books"}) {
    moving_market m({"books", "ticker"});
    m.run(20 * second);
    m.silent_for_good.insert(std::string(channel) + " BTC3USDT");
    m.run(80 * second);
    EXPECT_EQ(m.w.connects.size(), 2u) << channel;
    m.silent_for_good.clear();
  }
}

TEST(liveness, W2_a_private_connection_on_which_nothing_happens_for_ten_minutes_is_left_alone) {
  world w;
  rest_venue venue{w};
  feed f(rest_options(), "feed", w, 1);
  f.start();
  w.run(f, 600 * second);
  std::size_t pings = 0;
  for (const auto& s : w.sent) pings += s.text == "ping";
  EXPECT_GE(pings, 20u);
  EXPECT_EQ(w.connects.size(), 1u);
  EXPECT_EQ(f.private_state(), TRAPLINE_FEED_LIVE);
  for (const auto& l : w.logs) EXPECT_LT(l.level, TRAPLINE_LOG_WARN) << l.text;
}

TEST(liveness, W3_a_half_open_connection_is_cut_and_replaced_within_40_seconds_and_its_socket_is_gone) {
  world w;
  be_friendly(w);
  auto o = default_options();
  o.channels = {"ticker"};
  feed f(o, "feed", w, 1);
  f.start();
  w.run(f, second);
  ASSERT_EQ(f.public_state(), TRAPLINE_FEED_LIVE);
  const auto friendly = w.venue;
  w.venue = [&](std::size_t c, const std::string& text) {
    if (c > 0) friendly(c, text);  // the first connection swallows everything
  };
  w.run(f, 40 * second);
  EXPECT_EQ(w.connections[0], nullptr);
  EXPECT_EQ(w.connects.size(), 2u);
  EXPECT_EQ(f.public_state(), TRAPLINE_FEED_LIVE);
}

TEST(liveness, W4_a_late_login_and_a_dropped_acknowledgement_end_in_the_wanted_subscriptions_and_no_early_one) {
  world w;
  std::set<std::string> active;
  bool logged_in = false, dropped = false, early = false;
  std::int64_t login_at = 0;
  w.venue = [&](std::size_t c, const std::string& text) {
    if (text == "ping") return w.push("pong", c);
    if (text.find("\"op\":\"login\"") != text.npos) {
      login_at = w.time;
      return;
    }
    for (const auto& arg : args_of(text, "subscribe")) {
      early |= !logged_in;
      if (!logged_in) {
        w.push(R"({"event":"error","code":30004,"msg":"User not logged in"})", c);
        continue;
      }
      if (arg.find("orders\"") != arg.npos && !std::exchange(dropped, true)) continue;
      active.insert(arg);
      w.push(R"({"event":"subscribe","arg":)" + arg + "}", c);
    }
  };
  auto o = default_options();
  o.channels = {};
  o.private_channels = {"positions", "orders", "fills", "plan_orders", "account"};
  feed f(o, "feed", w, 1);
  f.start();
  w.run(f, 5 * second);
  EXPECT_EQ(w.time - login_at, 5 * second);
  logged_in = true;
  w.push(R"({"event":"login","code":0})");
  w.run(f, 60 * second);
  EXPECT_FALSE(early);
  EXPECT_EQ(active.size(), 5u);
  EXPECT_EQ(f.private_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(w.connects.size(), 1u);
  for (std::size_t i = 0; i < w.sent.size(); ++i) {
    std::size_t within = 0;
    for (std::size_t k = i; k < w.sent.size() && w.sent[k].at < w.sent[i].at + second; ++k) ++within;
    EXPECT_LE(within, 10u);
  }
}

TEST(liveness, W9_ten_feeds_together_stay_within_one_budget_of_connects) {
  world w;
  w.venue = [&](std::size_t c, const std::string&) { w.drop({net::close_info::cause::closed, 1001, "going away"}, c); };
  std::vector<std::unique_ptr<feed>> feeds;
  auto o = default_options();
  o.max_attempts = 1000;  // a feed that never gives up
  for (int i = 0; i < 10; ++i) {
    feeds.push_back(std::make_unique<feed>(o, "feed", w, static_cast<std::uint64_t>(i)));
    feeds.back()->start();
  }
  for (int i = 0; i < 36'000; ++i)
    for (auto& f : feeds) w.run(*f, 10 * ms);
  ASSERT_GT(w.connects.size(), 300u);
  for (std::size_t i = 0; i + 60 < w.connects.size(); ++i)
    ASSERT_GE(w.connects[i + 60] - w.connects[i], 300 * second) << "61 connects within 5 minutes";
}

TEST(liveness, W9_a_feed_that_is_started_again_at_once_waits_before_its_first_connect) {
  world w;
  be_friendly(w);
  {
    feed first(default_options(), "feed", w, 1);
    first.start();
    w.run(first, second);
    first.stop();
  }
  ASSERT_EQ(w.connects.size(), 1u);
  feed second_run(default_options(), "feed", w, 2);
  second_run.start();
  w.run(second_run);
  EXPECT_EQ(w.connects.size(), 1u);
  w.run(second_run, 1100 * ms);
  EXPECT_EQ(w.connects.size(), 2u);
}

TEST(liveness, W10_thirty_days_of_rotations_leave_no_gap_and_tell_no_fill_twice) {
  world w;
  rest_venue venue{w};
  auto o = rest_options();
  o.channels = {"trade", "books"};
  feed f(o, "feed", w, 1);
  f.start();
  w.run(f, 10 * second);
  w.events.clear();
  std::int64_t seq = 100;
  constexpr std::size_t days = ::test::effort(30);
  int fills = 0;
  std::size_t hour = 0;
  for (; hour < days * 24; ++hour) {
    w.events.erase(std::remove_if(w.events.begin(), w.events.end(),
                                  [](const published& p) {
                                    return p.head.type != TRAPLINE_EVENT_GAP && p.head.type != TRAPLINE_EVENT_FILL;
                                  }),
                   w.events.end());
    w.rest_asked.clear();
    w.sent.clear();
    // A fill is pushed on every private connection there is.
    ++fills;
    const auto push = sdk::cat(
        R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"fill","instId":"default"},"data":[)",
        R"({"symbol":"BTCUSDT","tradeId":")", fills,
        R"(","orderId":"7","price":"1","baseVolume":"1","side":"buy","posMode":"one_way_mode","cTime":")",
        1760000000000 + fills, R"("}],"ts":1760000000000})");
    for (std::size_t c = 0; c < w.connections.size(); ++c)
      if (w.connections[c] && w.connections[c]->options.url.find("private") != std::string::npos) w.push(push, c);
    w.run(f, 3600 * second);
    for (std::size_t c = 0; c < w.connections.size(); ++c)
      if (w.connections[c] && w.connections[c]->options.url.find("public") != std::string::npos) {
        w.push(book_update(seq, seq + 1), c);
      }
    w.run(f);
    // Each new connection begins with a snapshot of 100.
    seq = 100;
    for (std::size_t c = 0; c < w.connections.size(); ++c)
      if (w.connections[c] && w.connections[c]->options.url.find("public") != std::string::npos)
        w.push(book_snapshot(seq), c);
    w.run(f);
  }
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 0u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_FILL).size(), static_cast<std::size_t>(fills));
  // 30 days at 23 h: 31 rotations of each of the two connections.
  constexpr std::size_t rotations = 2 * (days * 24 / 23);
  EXPECT_EQ(w.count("feed_rotations_total"), rotations);
  EXPECT_EQ(w.connects.size(), 2 + rotations);
  EXPECT_EQ(f.public_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(f.private_state(), TRAPLINE_FEED_LIVE);
  std::size_t open = 0;
  for (const auto* c : w.connections) open += c != nullptr;
  EXPECT_EQ(open, 2u);
}

TEST(liveness, W10_a_connection_that_is_to_take_over_and_fails_changes_nothing) {
  world w;
  be_friendly(w);
  auto o = default_options();
  o.rotate_after = 3600 * second;
  feed f(o, "feed", w, 1);
  f.start();
  w.run(f, 3590 * second);
  ASSERT_EQ(f.public_state(), TRAPLINE_FEED_LIVE);
  w.events.clear();
  w.accept_at_once = false;
  w.run(f, 300 * second);
  EXPECT_EQ(w.connects.size(), 2u);
  EXPECT_EQ(f.public_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 0u);
  w.accept_at_once = true;
  w.run(f, 120 * second);
  EXPECT_EQ(w.count("feed_rotations_total"), 1u);
}

TEST(liveness, W11_ten_thousand_failed_connects_leave_nothing_behind) {
  world w;
  rest_venue venue{w};
  auto o = rest_options();
  o.channels = {"books"};
  o.max_attempts = 1'000'000;
  feed f(o, "feed", w, 3);
  f.start();
  for (int i = 0; i < ::test::effort(10'000); ++i) {
    w.run(f, 12 * second);
    for (std::size_t c = w.connections.size() - std::min<std::size_t>(w.connections.size(), 4);
         c < w.connections.size(); ++c)
      if (w.connections[c]) w.drop({net::close_info::cause::lost, 0, "cut"}, c);
    w.run(f);
    w.events.clear();
    w.sent.clear();
    w.rest_asked.clear();
    w.logs.clear();
  }
  std::size_t open = 0;
  for (const auto* c : w.connections) open += c != nullptr;
  EXPECT_LE(open, 2u);
  EXPECT_LE(f.debug_json().size(), 200'000u);
}

TEST(liveness, W6_a_book_with_every_300th_update_lost_is_never_served_wrong_and_whole_again_within_2_seconds) {
  world w;
  be_friendly(w, 1000);
  auto o = default_options();
  o.channels = {"books"};
  o.max_resyncs = 1000;
  feed f(o, "feed", w, 1);
  f.start();
  w.run(f, second);
  std::int64_t seq = 1000, invalid_since = 0, longest = 0;
  for (int n = 1; n < 6000; ++n) {
    ++seq;
    if (n % 300 != 0) w.push(book_update(seq - 1, seq));
    const auto before = w.events.size();
    w.run(f, 150 * ms);
    for (std::size_t i = before; i < w.events.size(); ++i) {
      const auto& e = w.events[i];
      if (e.head.type == TRAPLINE_EVENT_GAP) invalid_since = e.head.ts_recv;
      if (e.head.type == TRAPLINE_EVENT_BOOK_DELTA) {
        EXPECT_EQ(invalid_since, 0) << "a delta of a void book";
      }
      if (e.head.type == TRAPLINE_EVENT_BOOK_SNAPSHOT) {
        if (invalid_since != 0) longest = std::max(longest, e.head.ts_recv - invalid_since);
        invalid_since = 0;
        seq = 1000;
      }
    }
  }
  EXPECT_GE(w.of(TRAPLINE_EVENT_GAP).size(), 19u);
  EXPECT_LE(longest, 2 * second);
}

TEST(liveness, W7_a_book_that_cannot_be_kept_right_is_reduced_to_few_levels_said_to_be_and_others_untouched) {
  world w;
  be_friendly(w);
  const auto friendly = w.venue;
  std::size_t asked = 0;
  const auto small = [](std::int64_t seq) {
    return R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"books15","instId":"BTCUSDT"},"data":[{"asks":[["64000.5","8.7"]],"bids":[["64000.4","2.7"]],"checksum":0,"seq":)" +
           std::to_string(seq) + R"(,"ts":"1760000000516"}],"ts":1760000000517})";
  };
  w.venue = [&](std::size_t c, const std::string& text) {
    for (const auto& arg : args_of(text, "subscribe")) asked += arg.find("BTCUSDT") != arg.npos;
    friendly(c, text);
    if (text.find("\"op\":\"subscribe\"") != text.npos && text.find("books15") != text.npos) w.push(small(7), c);
  };
  auto o = default_options();
  o.symbols = {"BTCUSDT", "ETHUSDT"};
  o.channels = {"books"};
  feed f(o, "feed", w, 1);
  f.start();
  w.run(f, second);
  asked = 0;
  std::string told;
  for (int minute = 0; minute < 60; ++minute) {
    // A checksum that is wrong.
    w.push(
        R"({"action":"update","arg":{"instType":"USDT-FUTURES","channel":"books","instId":"BTCUSDT"},"data":[{"asks":[],"bids":[["64000.4","3"]],"checksum":1,"seq":101,"pseq":100,"ts":"1760000000666"}],"ts":1760000000667})");
    w.run(f, 60 * second);
    for (const auto& h : w.healths) told = h.second;
  }
  EXPECT_LE(asked, 10u);
  EXPECT_EQ(w.count("feed_book_degraded_total"), 1u);
  EXPECT_NE(told.find("only its 15 best levels"), std::string::npos) << told;
  EXPECT_EQ(f.public_state(), TRAPLINE_FEED_LIVE);
  for (const auto* e : w.of(TRAPLINE_EVENT_GAP)) EXPECT_EQ(w.instruments[e->head.instrument - 1], "BTCUSDT");
  // The small book goes on as snapshots, older ones are dropped, and the next connection starts with the whole one.
  w.events.clear();
  w.push(small(9));
  w.push(small(8));
  w.run(f);
  ASSERT_EQ(w.of(TRAPLINE_EVENT_BOOK_SNAPSHOT).size(), 1u);
  w.drop();
  w.run(f, 5 * second);
  EXPECT_EQ(f.public_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(w.healths.back().second, "ok");
}

TEST(liveness, timestamps_that_cannot_be_right_are_counted_and_their_data_published) {
  world w;
  be_friendly(w);
  auto o = default_options();
  o.channels = {"ticker"};
  feed f(o, "feed", w, 1);
  f.start();
  w.run(f, second);
  const auto now = w.now() / ms;
  for (const auto ts : {now, now + 1, now - 11'000, now + 3'000}) w.push(ticker("BTCUSDT", ts));
  w.run(f);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_TICKER).size(), 4u);
  EXPECT_EQ(w.count("feed_timestamps_total{kind=\"late\"}"), 1u);
  EXPECT_EQ(w.count("feed_timestamps_total{kind=\"future\"}"), 1u);
  EXPECT_EQ(w.count("feed_timestamps_total{kind=\"backward\"}"), 1u);
}

TEST(liveness, the_venues_budget_file_is_shared_and_outlives_its_users) {
  const auto file = testing::TempDir() + "mm_ws_budget_" + std::to_string(::getpid());
  std::remove(file.c_str());
  connect_budget a, b;
  std::int64_t last = 0, now = 1'760'000'000 * second;
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(take_shared_slot(file, a, now + i, last), 0);
    EXPECT_EQ(take_shared_slot(file, b, now + i, last), 0);
  }
  connect_budget after_a_restart;
  EXPECT_EQ(take_shared_slot(file, after_a_restart, now + second, last), now + connect_budget::window);
  EXPECT_EQ(last, now + 29);
  EXPECT_EQ(take_shared_slot(file, after_a_restart, now + connect_budget::window, last), 0);
  // A file that cannot be used leaves each to itself.
  EXPECT_EQ(take_shared_slot("/proc/no/such/file", after_a_restart, now, last), 0);
  std::remove(file.c_str());
}

}  // namespace
}  // namespace trapline::mm_ws::test
