// A real recording through a real TLS socket, the bus and into Redis.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "stage.hpp"
#include "trapline/sdk/decimal.hpp"

namespace {

struct trade {
  std::string ms, price, size, side;
};

// The same value; "0.5" and "0.50" are.
bool same(const std::string& a, const std::string& b) {
  const auto x = trapline::sdk::parse_decimal(a), y = trapline::sdk::parse_decimal(b);
  return x && y && trapline::sdk::compare(*x, *y) == 0;
}

// The trades of the recording as the venue sent them, oldest first a message, for one symbol.
std::vector<trade> recorded_trades(const std::string& plain_file, const std::string& symbol) {
  std::istringstream in(test::read_file(plain_file));
  std::vector<trade> out;
  for (std::string line; std::getline(in, line);) {
    const auto at = line.find(": {");
    if (at == std::string::npos || line.find(" <- ") != std::string::npos) continue;
    const auto j = nlohmann::json::parse(line.substr(at + 2), nullptr, false);
    if (j.is_discarded() || !j.contains("data") || j["arg"]["channel"] != "trade" || j["arg"]["instId"] != symbol)
      continue;
    std::vector<trade> rows;
    for (const auto& r : j["data"]) rows.push_back({r[0], r[1], r[2], r[3]});
    out.insert(out.end(), rows.rbegin(), rows.rend());
  }
  return out;
}

}  // namespace

TEST(replay, of_a_real_capture_gives_the_same_exact_counts_three_times) {
  const std::string data = test::data_dir();
  if (data.empty())
    GTEST_SKIP() << "no recordings: set TRAPLINE_DATA_DIR to the folder that holds bitget/mix_v1_20220407.ws.xz";
  const std::string capture = data + "/bitget/mix_v1_20220407.ws.xz";
  test::stage s;
  ASSERT_EQ(test::run({"sh", "-c", "xz -dc '" + capture + "' > plain.ws"}, s.dir()).code, 0);
  const std::string config = s.config("replay", {{"file: capture.ws.xz", "file: " + capture}});
  for (int i = 0; i < 3; ++i) {
    s.redis().ask({"FLUSHALL"});
    const auto r = s.run({"run", config, "--view", "lines", "--metrics-file", "metrics"});
    ASSERT_EQ(r.code, 0) << r.err << s.log();
    EXPECT_EQ(s.metric("metrics", "feed_messages_total{instance=\"feed\",channel=\"books\"}"), 194);
    EXPECT_EQ(s.metric_sum("metrics", "feed_checksums_verified_total"), 194);
    EXPECT_EQ(s.metric("metrics", "feed_rows_total{instance=\"feed\",channel=\"trade\"}"), 125);
    EXPECT_EQ(s.metric("metrics", "feed_rows_total{instance=\"feed\",channel=\"ticker\"}"), 217);
    EXPECT_EQ(s.metric("metrics", "feed_rows_total{instance=\"feed\",channel=\"candle1m\"}"), 2025);
    EXPECT_EQ(s.metric_sum("metrics", "feed_malformed_total"), 0);
    for (const char* reason : {"checksum", "crossed", "malformed", "overrun", "sequence"})
      EXPECT_EQ(
          s.metric("metrics", std::string("feed_book_invalid_total{instance=\"feed\",reason=\"") + reason + "\"}"), 0)
          << reason;
    std::size_t trades = 0, tickers = 0, books = 0;
    for (const std::string symbol : {"DASHUSDT", "UNIUSDT"}) {
      const std::string stream = "trapline:v1:{bitget:usdtm:" + symbol + "}:";
      const auto expected = recorded_trades(s.dir() + "/plain.ws", symbol);
      const auto stored = s.redis().stream(stream + "trades");
      ASSERT_EQ(stored.size(), expected.size()) << symbol;
      for (std::size_t k = 0; k < stored.size(); ++k) {
        const auto& e = stored[k];
        EXPECT_EQ(std::to_string(std::stoll(e.at("ts")) / 1'000'000), expected[k].ms);
        EXPECT_TRUE(same(e.at("price"), expected[k].price)) << e.at("price") << " is not " << expected[k].price;
        EXPECT_TRUE(same(e.at("size"), expected[k].size)) << e.at("size") << " is not " << expected[k].size;
        EXPECT_EQ(e.at("side"), expected[k].side);
        EXPECT_EQ(e.at("seq"), std::to_string(k + 1));
      }
      trades += stored.size();
      tickers += static_cast<std::size_t>(std::stoll(s.redis().ask({"XLEN", stream + "tickers"})));
      for (const auto& e : s.redis().stream(stream + "books")) books += e.at("type") != "gap";  // one ends the run
    }
    EXPECT_EQ(trades, 125u);
    EXPECT_EQ(tickers, 217u);
    EXPECT_EQ(books, 194u);
  }
}
