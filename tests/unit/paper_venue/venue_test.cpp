#include "venue.hpp"

#include <gtest/gtest.h>

#include <map>

#include "crc32.hpp"
#include "fake_link.hpp"

namespace {

using namespace trapline::paper_venue;
using nlohmann::json;

constexpr std::int64_t start = 1'760'000'000 * second;
const credentials keys{"bg_key", "22582BD0CFF14C41EDBF1AB98506286D", "phrase"};
const std::string sub_books =
    R"({"op":"subscribe","args":[{"instType":"USDT-FUTURES","channel":"books","instId":"BTCUSDT"}]})";

std::string subscribe(const std::string& channel, const std::string& id = R"("instId":"BTCUSDT")",
                      const std::string& type = "USDT-FUTURES", const std::string& op = "subscribe") {
  return R"({"op":")" + op + R"(","args":[{"instType":")" + type + R"(","channel":")" + channel + "\"," + id + "}]}";
}

class venue_test : public testing::Test {
 protected:
  void open_venue() {
    venue_ = std::make_unique<venue>(
        settings_, keys, venue_clock{[this] { return wall_; }, [this] { return wall_; }},
        venue_hooks{nullptr, [this](const std::string& t) { logs_.push_back(t); }, [this] { ++finished_; }}, start);
  }
  fake_link& connect(const std::string& path = "/v2/ws/public") {
    if (!venue_) open_venue();
    links_.push_back(std::make_unique<fake_link>(path));
    venue_->on_open(*links_.back());
    return *links_.back();
  }
  void say(fake_link& l, const std::string& text) {
    wall_ += second / 5;  // within the rate limit
    venue_->on_text(l, text);
  }
  std::string login(const std::string& secret = keys.secret) {
    const auto stamp = std::to_string(wall_ / second);
    return R"({"op":"login","args":[{"apiKey":"bg_key","passphrase":"phrase","timestamp":")" + stamp + R"(","sign":")" +
           hmac_sha256_base64(secret, stamp + "GET/user/verify") + "\"}]}";
  }
  // Market and wall together.
  void run(double seconds) {
    const auto end = wall_ + static_cast<std::int64_t>(seconds * 1e9);
    while (wall_ < end) {
      wall_ += 25'000'000;
      virtual_ += 25'000'000;
      venue_->advance(virtual_);
    }
  }
  json only(fake_link& l) {
    const auto all = l.take();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? json() : all.back();
  }

  settings settings_;
  std::int64_t wall_ = start, virtual_ = start;
  std::unique_ptr<venue> venue_;
  std::vector<std::unique_ptr<fake_link>> links_;
  std::vector<std::string> logs_;
  int finished_ = 0;
};

TEST_F(venue_test, ping_is_answered_with_pong_as_plain_text) {
  auto& l = connect();
  say(l, "ping");
  EXPECT_EQ(l.texts, std::vector<std::string>{"pong"});
}

TEST_F(venue_test, acks_of_one_message_come_first_and_echo_their_arguments_exactly) {
  auto& l = connect();
  run(5);
  say(l, R"({"op":"subscribe","args":[{"channel":"trade","instType":"USDT-FUTURES","instId":"BTCUSDT","x":[1]},)"
         R"({"instType":"usdt-futures","channel":"books","instId":"btcusdt"},)"
         R"({"instType":"USDT-FUTURES","channel":"ticker","instId":"BTCUSDT"},)"
         R"({"instType":"USDT-FUTURES","channel":"candle1m","instId":"BTCUSDT"}]})");
  ASSERT_EQ(l.texts.size(), 8u);
  EXPECT_EQ(l.texts[0],
            R"({"event":"subscribe","arg":{"channel":"trade","instType":"USDT-FUTURES","instId":"BTCUSDT","x":[1]}})");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(json::parse(l.texts[i])["event"], "subscribe");
  EXPECT_NE(l.texts[4].find(R"("arg":{"channel":"trade","instType":"USDT-FUTURES","instId":"BTCUSDT","x":[1]})"),
            std::string::npos);
  const auto all = l.take();
  for (int i = 4; i < 8; ++i) {
    EXPECT_EQ(all[i]["action"], "snapshot");
    EXPECT_EQ(all[i]["arg"], all[i - 4]["arg"]);
    EXPECT_TRUE(all[i]["ts"].is_number_integer());
  }
}

TEST_F(venue_test, the_trade_snapshot_is_newest_first_and_updates_follow_without_a_hole) {
  auto& l = connect();
  run(20);
  say(l, subscribe("trade"));
  auto all = l.take();
  ASSERT_EQ(all.size(), 2u);
  const auto& rows = all[1]["data"];
  ASSERT_GT(rows.size(), 20u);
  std::uint64_t newest = std::stoull(rows[0]["tradeId"].get<std::string>());
  for (std::size_t i = 1; i < rows.size(); ++i)
    EXPECT_EQ(std::stoull(rows[i]["tradeId"].get<std::string>()), newest - i);
  for (const auto* key : {"ts", "price", "size", "side", "tradeId"}) EXPECT_TRUE(rows[0][key].is_string()) << key;
  run(20);
  for (const auto& m : l.take()) {
    EXPECT_EQ(m["action"], "update");
    for (auto t = m["data"].rbegin(); t != m["data"].rend(); ++t)
      EXPECT_EQ(std::stoull((*t)["tradeId"].get<std::string>()), ++newest);
  }
}

// A client's book, kept from the wire alone.
struct client_book {
  std::map<std::string, std::string> sides[2];
  static bool lower(const std::string& a, const std::string& b) { return std::stod(a) < std::stod(b); }
  std::map<std::string, std::string, decltype(&lower)> bids{&lower}, asks{&lower};
  std::int64_t seq = 0;
  int deletions = 0;

  void apply(const json& m) {
    const auto& d = m["data"][0];
    if (m["action"] == "snapshot") {
      bids.clear();
      asks.clear();
      EXPECT_EQ(d["pseq"], 0);
    } else {
      EXPECT_EQ(d["pseq"].get<std::int64_t>(), seq);
      EXPECT_GT(d["seq"].get<std::int64_t>(), seq);
    }
    seq = d["seq"];
    take(bids, d["bids"]);
    take(asks, d["asks"]);
    ASSERT_FALSE(bids.empty() || asks.empty());
    EXPECT_LT(std::stod(bids.rbegin()->first), std::stod(asks.begin()->first)) << "crossed";
  }
  template <class Side>
  void take(Side& s, const json& levels) {
    for (const auto& l : levels) {
      const std::string price = l[0], size = l[1];
      if (size == "0") {
        ++deletions;
        EXPECT_EQ(s.erase(price), 1u) << "deletion of a level that the client does not have";
      } else {
        s[price] = size;
      }
    }
  }
  std::int32_t checksum() const {
    std::string text;
    auto b = bids.rbegin();
    auto a = asks.begin();
    const auto put = [&](const auto& l) { text += (text.empty() ? "" : ":") + l.first + ":" + l.second; };
    for (int i = 0; i < 25; ++i) {
      if (b != bids.rend()) put(*b++);
      if (a != asks.end()) put(*a++);
    }
    return static_cast<std::int32_t>(crc32(text));
  }
};

TEST_F(venue_test, a_client_can_keep_the_book_by_sequence_and_checksum_through_all_episodes) {
  settings_.episodes.kinds = {episode_kind::stop_hunt, episode_kind::fake_pump, episode_kind::spoofing};
  settings_.episodes.after = 10 * second;
  settings_.episodes.interval = 10 * second;
  settings_.ping_timeout = 1'000'000 * second;
  auto& l = connect();
  run(1);
  say(l, sub_books);
  client_book book;
  int updates = 0;
  for (int k = 0; k < 120; ++k) {
    run(10);
    for (const auto& m : l.take()) {
      if (m.contains("event")) continue;
      book.apply(m);
      ++updates;
      ASSERT_EQ(m["data"][0]["checksum"].get<std::int32_t>(), book.checksum()) << "update " << updates;
      EXPECT_TRUE(m["data"][0]["ts"].is_string());
      // Beyond 2^53: a client that reads it as a double shows itself.
      EXPECT_GT(book.seq, std::int64_t{1} << 53);
    }
  }
  EXPECT_GT(updates, 7000);
  EXPECT_GT(book.deletions, 1000);
}

TEST_F(venue_test, a_new_subscriber_joins_the_same_sequence) {
  auto& a = connect();
  run(1);
  say(a, sub_books);
  run(3.07);
  auto& b = connect();
  say(b, sub_books);
  client_book first, second_book;
  for (const auto& m : a.take())
    if (m.contains("action")) first.apply(m);
  for (const auto& m : b.take())
    if (m.contains("action")) second_book.apply(m);
  EXPECT_EQ(first.seq, second_book.seq);
  run(2);
  for (const auto& m : b.take()) second_book.apply(m);
  for (const auto& m : a.take()) first.apply(m);
  EXPECT_EQ(first.checksum(), second_book.checksum());
}

TEST_F(venue_test, a_repeated_subscription_is_acked_again_and_gets_a_fresh_snapshot_but_no_double_pushes) {
  auto& l = connect();
  say(l, sub_books);
  say(l, sub_books);
  const auto all = l.take();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[3]["action"], "snapshot");
  run(0.15);
  EXPECT_EQ(l.texts.size(), 1u);
}

TEST_F(venue_test, unsubscribe_is_acked_and_ends_the_pushes) {
  auto& l = connect();
  say(l, subscribe("ticker"));
  say(l, subscribe("ticker", R"("instId":"BTCUSDT")", "USDT-FUTURES", "unsubscribe"));
  EXPECT_EQ(json::parse(l.texts.back())["event"], "unsubscribe");
  l.texts.clear();
  run(5);
  EXPECT_TRUE(l.texts.empty());
}

TEST_F(venue_test, the_ticker_has_the_fields_and_types_of_the_wire_every_300_ms) {
  auto& l = connect();
  run(1);
  say(l, subscribe("ticker"));
  l.texts.clear();
  run(3);
  const auto all = l.take();
  EXPECT_EQ(all.size(), 10u);
  const auto& d = all[0]["data"][0];
  for (const auto* key :
       {"instId",        "lastPr",     "bidPr",       "askPr",       "bidSz",           "askSz",         "open24h",
        "high24h",       "low24h",     "change24h",   "fundingRate", "nextFundingTime", "markPrice",     "indexPrice",
        "holdingAmount", "baseVolume", "quoteVolume", "openUtc",     "symbol",          "deliveryPrice", "ts"})
    EXPECT_TRUE(d.contains(key) && d[key].is_string()) << key;
  EXPECT_EQ(d["symbolType"], 1);
  EXPECT_NEAR(std::stod(d["markPrice"].get<std::string>()), std::stod(d["lastPr"].get<std::string>()), 50);
  EXPECT_NEAR(std::stod(d["holdingAmount"].get<std::string>()), 18'000, 500);
  EXPECT_GE(std::stod(d["high24h"].get<std::string>()), std::stod(d["lastPr"].get<std::string>()));
  EXPECT_EQ(std::stoll(d["nextFundingTime"].get<std::string>()) % (8 * 3600 * 1000), 0);
}

TEST_F(venue_test, candles_begin_with_a_thousand_bars_and_a_bar_ends_when_the_next_begins) {
  settings_.ping_timeout = 1000 * second;
  auto& l = connect();
  run(1);
  say(l, subscribe("candle1m"));
  auto rows = l.take()[1]["data"];
  ASSERT_EQ(rows.size(), 1000u);
  EXPECT_EQ(rows[0].size(), 8u);
  std::int64_t last = std::stoll(rows[999][0].get<std::string>());
  EXPECT_EQ(std::stoll(rows[0][0].get<std::string>()), last - 999 * 60'000);
  run(125);
  int new_bars = 0;
  for (const auto& m : l.take()) {
    EXPECT_EQ(m["action"], "update");
    for (const auto& r : m["data"]) {
      const auto begin = std::stoll(r[0].get<std::string>());
      EXPECT_TRUE(begin == last || begin == last + 60'000);
      new_bars += begin > last;
      last = begin;
    }
  }
  EXPECT_GE(new_bars, 2);
}

TEST_F(venue_test, v1_speaks_its_own_format_with_the_instrument_type_in_lower_case) {
  auto& l = connect("/mix/v1/stream");
  run(10);
  const auto id = R"("instId":"BTCUSDT")";
  for (const char* channel : {"books", "trade", "ticker", "candle1m"}) say(l, subscribe(channel, id, "MC"));
  auto all = l.take();
  ASSERT_EQ(all.size(), 8u);
  for (const auto& m : all) {
    EXPECT_EQ(m["arg"]["instType"], "mc");
    EXPECT_FALSE(m.contains("ts"));
  }
  const auto& book = all[1]["data"][0];
  EXPECT_EQ(book.size(), 4u);
  EXPECT_TRUE(book["checksum"].is_number_integer());
  EXPECT_FALSE(book.contains("seq"));
  EXPECT_EQ(all[3]["data"][0].size(), 4u);
  EXPECT_TRUE(all[3]["data"][0].is_array());
  EXPECT_TRUE(all[5]["data"][0]["systemTime"].is_number());
  EXPECT_TRUE(all[5]["data"][0]["bestBid"].is_string());
  EXPECT_EQ(all[7]["data"][0].size(), 6u);
  run(10);
  for (const auto& m : l.take())
    if (m["arg"]["channel"] == "trade") {
      EXPECT_EQ(m["data"].size(), 1u);
    }
}

TEST_F(venue_test, errors_carry_their_codes_and_leave_the_connection_open) {
  auto& l = connect("/v2/ws/private");
  const auto code = [&](const std::string& text) {
    say(l, text);
    const auto m = only(l);
    EXPECT_EQ(m["event"], "error");
    EXPECT_TRUE(m["code"].is_number());
    return m["code"].get<int>();
  };
  EXPECT_EQ(code(subscribe("books", R"("instId":"NOPEUSDT")")), 30001);
  EXPECT_EQ(code(subscribe("bananas")), 30001);
  EXPECT_EQ(code(subscribe("books", R"("instId":"BTCUSDT")", "SPOT")), 30001);
  EXPECT_EQ(code("{nonsense"), 30002);
  EXPECT_EQ(code(R"({"op":"da\"nce","args":[]})"), 30003);
  EXPECT_EQ(code(subscribe("positions", R"("instId":"default")")), 30004);
  EXPECT_EQ(code(R"({"op":"subscribe","args":7})"), 30016);
  EXPECT_EQ(l.close_code, 0);
  say(l, sub_books);
  EXPECT_EQ(l.take()[0]["event"], "subscribe");
}

TEST_F(venue_test, an_error_names_the_argument_and_the_good_ones_of_the_message_still_count) {
  auto& l = connect();
  say(l, R"({"op":"subscribe","args":[{"instType":"USDT-FUTURES","channel":"ticker","instId":"NOPEUSDT"},)"
         R"({"instType":"USDT-FUTURES","channel":"ticker","instId":"BTCUSDT"}]})");
  const auto all = l.take();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0]["code"], 30001);
  EXPECT_EQ(all[0]["arg"]["instId"], "NOPEUSDT");
  EXPECT_EQ(all[0]["op"], "subscribe");
  EXPECT_EQ(all[1]["event"], "subscribe");
}

TEST_F(venue_test, a_good_login_is_acked_with_a_number_and_opens_the_private_channels) {
  auto& l = connect("/v2/ws/private");
  say(l, login());
  const auto ack = only(l);
  EXPECT_EQ(ack["event"], "login");
  EXPECT_TRUE(ack["code"].is_number());
  EXPECT_EQ(ack["code"], 0);
  EXPECT_FALSE(ack.contains("id"));
  say(l, subscribe("positions", R"("instId":"default")"));
  auto all = l.take();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1]["data"], json::array()) << "flat is an empty list";
  say(l, subscribe("account", R"("coin":"default")"));
  all = l.take();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1]["arg"]["coin"], "default");
  EXPECT_EQ(all[1]["data"][0]["equity"], "10000.00000000");
  say(l, subscribe("orders", R"("instId":"default")"));
  EXPECT_EQ(l.take().size(), 1u) << "no list of open orders";
  say(l, subscribe("positions", R"("instId":"BTCUSDT")"));
  EXPECT_EQ(only(l)["code"], 30001);
}

TEST_F(venue_test, a_bad_login_is_told_and_the_connection_closed) {
  auto& l = connect("/v2/ws/private");
  say(l, login("wrong secret"));
  EXPECT_EQ(only(l)["code"], 30015);
  EXPECT_NE(l.close_code, 0);
  auto& late = connect("/v2/ws/private");
  const auto text = login();
  wall_ += 40 * second;
  say(late, text);
  EXPECT_EQ(only(late)["code"], 30014);
  EXPECT_NE(late.close_code, 0);
}

TEST_F(venue_test, the_public_address_knows_no_login) {
  auto& l = connect("/v2/ws/public");
  say(l, login());
  EXPECT_EQ(l.texts, std::vector<std::string>{R"({"event":"error","code":30003,"msg":"INVALID op:login"})"});
  EXPECT_EQ(l.close_code, 0);
}

TEST_F(venue_test, the_house_trader_gives_the_private_channels_live_orders_then_fills_and_complete_positions) {
  settings_.ping_timeout = 100'000 * second;
  auto& l = connect("/v2/ws/private");
  say(l, login());
  say(l, subscribe("orders", R"("instId":"default")"));
  say(l, subscribe("positions", R"("coin":"default")"));
  say(l, subscribe("account", R"("coin":"default")"));
  l.texts.clear();
  std::map<std::string, std::string> status;
  std::size_t positions = 0;
  bool was_long = false, was_short = false, was_flat = false;
  int filled = 0, canceled = 0, makers = 0, accounts = 0;
  double fees = 0, profit = 0, equity = 0;
  for (int k = 0; k < 360; ++k) {
    run(10);
    for (const auto& m : l.take()) {
      const auto& rows = m["data"];
      if (m["arg"]["channel"] == "positions") {
        positions = rows.size();
        was_flat = was_flat || (rows.empty() && filled > 0);
        for (const auto& p : rows) (p["holdSide"] == "long" ? was_long : was_short) = true;
      } else if (m["arg"]["channel"] == "account") {
        ++accounts;
        equity = std::stod(rows[0]["equity"].get<std::string>());
      } else {
        const auto& o = rows[0];
        auto& s = status[o["orderId"]];
        if (s.empty()) {
          EXPECT_EQ(o["status"], "live");
        }
        EXPECT_NE(s, "filled") << "an order went on after its end";
        s = o["status"];
        if (o.contains("fillFee")) {
          if (s != "canceled") fees -= std::stod(o["fillFee"].get<std::string>());
          makers += o["tradeScope"] == "M";
        }
        if (s == "filled") {
          ++filled;
          profit += std::stod(o["totalProfits"].get<std::string>());
        }
        canceled += s == "canceled";
      }
    }
  }
  EXPECT_GT(filled, 20);
  EXPECT_GT(makers, 0);
  EXPECT_GT(accounts, 20);
  EXPECT_TRUE(was_long && was_short && was_flat);
  EXPECT_LE(positions, 1u);
  if (positions == 0 && canceled == 0) {
    EXPECT_NEAR(equity, 10'000 + profit - fees, 1e-6);
  }
  EXPECT_NEAR(equity, 10'000, 500);
}

TEST_F(venue_test, the_eleventh_message_within_a_second_costs_the_connection) {
  auto& l = connect();
  for (int i = 0; i < 10; ++i) venue_->on_text(l, "ping");
  EXPECT_EQ(l.texts.size(), 10u);
  venue_->on_text(l, "ping");
  EXPECT_EQ(json::parse(l.texts.back())["code"], 30007);
  EXPECT_NE(l.close_code, 0);
}

TEST_F(venue_test, ten_messages_each_second_are_allowed_for_ever) {
  auto& l = connect();
  for (int i = 0; i < 100; ++i) {
    wall_ += second / 10;
    venue_->on_text(l, "ping");
  }
  EXPECT_EQ(l.close_code, 0);
}

TEST_F(venue_test, a_v2_client_without_pings_is_closed_after_the_timeout_and_a_v1_client_is_not) {
  auto& v2 = connect();
  auto& pinging = connect();
  auto& v1 = connect("/mix/v1/stream");
  for (int i = 0; i < 5; ++i) {
    run(28);
    say(pinging, "ping");
  }
  EXPECT_NE(v2.close_code, 0);
  EXPECT_EQ(pinging.close_code, 0);
  EXPECT_EQ(v1.close_code, 0);
}

TEST_F(venue_test, a_client_that_does_not_read_is_cut_off_instead_of_growing_memory) {
  auto& l = connect();
  say(l, sub_books);
  l.backlog = venue::most_buffered + 1;
  run(1);
  EXPECT_EQ(l.close_code, 1008);
  EXPECT_EQ(venue_->counts().slow_clients, 1u);
}

TEST_F(venue_test, faults_happen_when_the_script_says_and_each_is_logged_once) {
  settings_.faults =
      parse_faults({"1 seq_gap", "2 wrong_checksum", "3 truncate", "4 silence ticker", "5 notice_30033 1"});
  auto& l = connect();
  run(10);  // the script's clock begins with the first subscription
  say(l, sub_books);
  say(l, subscribe("ticker"));
  int gaps = 0, bad_sums = 0, torn = 0, notices = 0, tickers = 0;
  std::int64_t seq = 0;
  client_book book;
  for (int k = 0; k < 40; ++k) {
    run(0.2);
    for (const auto& text : std::exchange(l.texts, {})) {
      const auto m = json::parse(text, nullptr, false);
      if (m.is_discarded()) {
        ++torn;
        seq = 0;
        continue;
      }
      notices += m.contains("code") && m["code"] == 30033;
      if (!m.contains("arg") || m.contains("event")) continue;
      tickers += m["arg"]["channel"] == "ticker" && k >= 25;
      if (m["arg"]["channel"] != "books") continue;
      const auto& d = m["data"][0];
      gaps += m["action"] == "update" && seq != 0 && d["pseq"] != seq;
      seq = d["seq"];
      book.seq = d["pseq"];
      if (m["action"] == "update" && gaps > 0) continue;  // its book is broken from here on
      book.apply(m);
      bad_sums += d["checksum"] != book.checksum();
    }
  }
  EXPECT_EQ(gaps, 1);
  EXPECT_EQ(bad_sums, 0);
  EXPECT_EQ(torn, 1);
  EXPECT_EQ(notices, 1);
  EXPECT_EQ(tickers, 0);
  EXPECT_TRUE(l.aborted);
  EXPECT_EQ(logs_.size(), 5u);
  EXPECT_EQ(venue_->counts().faults, 5u);
}

TEST_F(venue_test, a_falsified_checksum_is_wrong_once) {
  settings_.faults = parse_faults({"1 wrong_checksum"});
  auto& l = connect();
  say(l, sub_books);
  client_book book;
  int wrong = 0, right = 0;
  for (int k = 0; k < 20; ++k) {
    run(0.2);
    for (const auto& m : l.take()) {
      if (m.contains("event")) continue;
      book.apply(m);
      (m["data"][0]["checksum"] == book.checksum() ? right : wrong)++;
    }
  }
  EXPECT_EQ(wrong, 1);
  EXPECT_GT(right, 15);
}

TEST_F(venue_test, a_refused_login_and_a_drop_come_from_the_script_too) {
  settings_.faults = parse_faults({"0 login_refused", "1 drop"});
  auto& l = connect("/v2/ws/private");
  say(l, sub_books);
  run(0.1);
  say(l, login());
  EXPECT_EQ(json::parse(l.texts.back())["code"], 30005);
  EXPECT_NE(l.close_code, 0);
  auto& second_try = connect("/v2/ws/private");
  say(second_try, login());
  EXPECT_EQ(json::parse(second_try.texts.back())["code"], 0);
  EXPECT_FALSE(second_try.aborted);
  run(2);
  EXPECT_TRUE(second_try.aborted);
}

TEST_F(venue_test, without_the_checksum_option_v2_books_carry_sequence_numbers_only) {
  settings_.checksum = false;
  auto& l = connect();
  say(l, sub_books);
  const auto m = l.take()[1];
  EXPECT_FALSE(m["data"][0].contains("checksum"));
  EXPECT_TRUE(m["data"][0].contains("seq"));
}

TEST_F(venue_test, every_symbol_has_a_market_of_its_own) {
  settings_.symbols = {"BTCUSDT", "ETHUSDT"};
  auto& l = connect();
  run(5);
  say(l, subscribe("trade"));
  say(l, subscribe("trade", R"("instId":"ETHUSDT")"));
  const auto all = l.take();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_NE(all[1]["data"], all[3]["data"]);
  EXPECT_EQ(all[3]["arg"]["instId"], "ETHUSDT");
}

}  // namespace
