// What a person may look at: the last messages and errors, a recording, the PnL.
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "rest_world.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::mm_ws::test {
namespace {

std::string read(const std::string& file) {
  std::ostringstream out;
  out << std::ifstream(file).rdbuf();
  return out.str();
}

// In clear, base64 and hex, whole or in pieces of six characters.
void expect_no_secret(const world& w, const std::string& text) {
  const auto hex = [](const std::string& s) {
    std::string out;
    for (const char c : s) {
      constexpr char digits[] = "0123456789abcdef";
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[c & 15];
    }
    return out;
  };
  for (const auto& secret : {w.key, w.secret, w.passphrase})
    for (const auto& form : {secret, hex(secret)})
      for (std::size_t i = 0; i + 6 <= form.size(); ++i) EXPECT_EQ(text.find(form.substr(i, 6)), text.npos) << form;
}

TEST(debug, W17_neither_state_nor_recording_nor_log_holds_a_secret) {
  const auto file = testing::TempDir() + "mm_ws_record_" + std::to_string(::getpid());
  std::remove(file.c_str());
  world w;
  rest_venue venue{w};
  auto o = rest_options();
  o.channels = {"ticker"};
  o.record_file = file;
  o.record_limit = 1 << 20;
  {
    feed f(o, "feed", w, 1);
    f.start();
    w.run(f, 60 * second);
    w.push(R"({"event":"error","code":30015,"msg":"Invalid sign"})", 1);
    w.run(f, 60 * second);
    const auto j = nlohmann::json::parse(f.debug_json());
    EXPECT_EQ(j["connections"].size(), 2u);
    EXPECT_EQ(j["connections"][0]["state"], "LIVE");
    EXPECT_GT(j["last_update"].get<std::int64_t>(), 0);
    EXPECT_FALSE(j["messages"].empty());
    EXPECT_NE(j["errors"].dump().find("30015"), std::string::npos);
    expect_no_secret(w, f.debug_json());
  }
  const auto text = read(file);
  ASSERT_NE(text.find("\"login\""), text.npos);
  expect_no_secret(w, text);
  std::string all;
  for (const auto& l : w.logs) all += l.text + "\n";
  for (const auto& h : w.healths) all += h.second + "\n";
  for (const auto& e : w.events) all.append(reinterpret_cast<const char*>(e.bytes.data()), e.bytes.size() * 8);
  expect_no_secret(w, all);
  std::remove(file.c_str());
}

TEST(debug, an_operator_may_have_everything_subscribed_anew) {
  world w;
  be_friendly(w);
  auto o = default_options();
  o.channels = {"ticker"};
  feed f(o, "feed", w, 1);
  EXPECT_EQ(f.resubscribe(), 0u);  // nothing is connected yet
  f.start();
  w.run(f, 10 * second);
  ASSERT_EQ(f.public_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(f.resubscribe(), 1u);
  w.run(f, 10 * second);
  EXPECT_EQ(f.public_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(w.connects.size(), 2u);
}

TEST(debug, a_recording_has_the_format_of_captures) {
  const auto file = testing::TempDir() + "mm_ws_record_format_" + std::to_string(::getpid());
  std::remove(file.c_str());
  world w;
  be_friendly(w);
  auto o = default_options();
  o.channels = {"ticker"};
  o.record_file = file;
  o.record_limit = 1 << 20;
  {
    feed f(o, "feed", w, 1);
    f.start();
    w.run(f, 21 * second);
  }
  std::istringstream lines(read(file));
  std::vector<std::string> found;
  for (std::string line; std::getline(lines, line);) found.push_back(line);
  const std::string url = o.endpoint_public;
  ASSERT_EQ(found.size(), 5u);
  EXPECT_EQ(found[0], url + " <-> 1760001000.000000");
  EXPECT_EQ(
      found[1],
      url +
          R"( <- 1760001000.000000: {"op":"subscribe","args":[{"instType":"USDT-FUTURES","channel":"ticker","instId":"BTCUSDT"}]})");
  EXPECT_EQ(
      found[2],
      R"(1760001000.000000: {"event":"subscribe","arg":{"instType":"USDT-FUTURES","channel":"ticker","instId":"BTCUSDT"}})");
  EXPECT_EQ(found[3], url + " <- 1760001020.000000: ping");
  EXPECT_EQ(found[4], "1760001020.000000: pong");
  std::remove(file.c_str());
}

TEST(debug, a_recording_ends_at_its_limit_and_says_so_and_the_feed_goes_on) {
  const auto file = testing::TempDir() + "mm_ws_record_limit_" + std::to_string(::getpid());
  std::remove(file.c_str());
  world w;
  be_friendly(w);
  auto o = default_options();
  o.record_file = file;
  o.record_limit = 300;
  feed f(o, "feed", w, 1);
  f.start();
  w.run(f, 60 * second);
  EXPECT_LE(read(file).size(), 300u);
  EXPECT_EQ(f.public_state(), TRAPLINE_FEED_LIVE);
  std::size_t told = 0;
  for (const auto& l : w.logs) told += l.text.find("limit") != l.text.npos;
  EXPECT_EQ(told, 1u);
  std::remove(file.c_str());
}

TEST(debug, the_last_messages_are_bounded_in_number_and_length) {
  debug_ring ring(3);
  for (int i = 0; i < 5; ++i) ring.add(i, std::string(10'000, static_cast<char>('a' + i)));
  std::string seen;
  ring.each([&](const debug_ring::entry& e) {
    EXPECT_EQ(e.text.size(), debug_ring::longest);
    seen += e.text[0];
  });
  EXPECT_EQ(seen, "cde");
}

TEST(debug, the_pnl_is_reckoned_exactly_from_the_latest_mark_price) {
  world w;
  rest_venue venue{w};
  venue.positions = {
      R"({"symbol":"BTCUSDT","holdSide":"long","total":"0.013","openPriceAvg":"64000.5","unrealizedPL":"-0.004","markPrice":"64000.2"})",
      R"({"symbol":"ETHUSDT","holdSide":"short","total":"1.5","openPriceAvg":"3000","markPrice":"3000.01"})",
      R"({"symbol":"XUSDT","holdSide":"short","total":"1.5","openPriceAvg":"3000"})"};
  auto o = rest_options();
  o.channels = {"ticker"};
  feed f(o, "feed", w, 1);
  f.start();
  w.run(f, 3 * second);
  w.push(
      R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"ticker","instId":"BTCUSDT"},"data":[{"instId":"BTCUSDT","lastPr":"64010","markPrice":"64010.25","ts":"1760000000039"}],"ts":1760000000039})",
      0);
  w.run(f, 6 * second);
  std::map<std::string, std::string> pnl;
  for (const auto* e : w.of(TRAPLINE_EVENT_POSITION)) {
    const auto& p = e->as<trapline_position>();
    pnl[w.instruments[e->head.instrument - 1]] =
        p.present & TRAPLINE_POSITION_HAS_MARK_PNL ? sdk::format(p.mark_pnl, p.mark_pnl_exp) : "unknown";
  }
  EXPECT_EQ(pnl["BTCUSDT"], "0.12675");  // (64010.25 - 64000.5) * 0.013
  EXPECT_EQ(pnl["ETHUSDT"], "-0.015");
  EXPECT_EQ(pnl["XUSDT"], "unknown");
  // The venue's own figure stands beside it as it was told.
  const auto* last = w.of(TRAPLINE_EVENT_POSITION)[w.of(TRAPLINE_EVENT_POSITION).size() - 3];
  EXPECT_EQ(sdk::format(last->as<trapline_position>().unrealised_pnl, last->as<trapline_position>().money_exp),
            "-0.004");
}

}  // namespace
}  // namespace trapline::mm_ws::test
