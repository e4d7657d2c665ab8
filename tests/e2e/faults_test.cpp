// Things that break while the engine runs: it stays up, says so once, recovers, and tells what was lost.
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "stage.hpp"
#include "support/eventually.hpp"

namespace {

using std::chrono::seconds;

// A run of the demo's line with faults scripted into the venue.
class faults : public testing::Test {
 protected:
  std::string config(const std::string& script) {
    return s_.config("demo", {{"speed: 100", "speed: 10\n      faults: { script: [" + script + "] }"}});
  }
  // Runs until `done`, then stops it; the metrics are in the file "metrics".
  void run_until(const std::string& file, const std::function<bool()>& done) {
    auto p = s_.start({"run", file, "--view", "off", "--metrics-file", "metrics"});
    EXPECT_TRUE(test::eventually([&] { return done() || !p.running(); }, seconds(60))) << s_.log();
    EXPECT_TRUE(p.running()) << p.err() << s_.log();
    p.signal(SIGTERM);
    EXPECT_EQ(p.wait(seconds(30)), 0) << p.err() << s_.log();
  }
  // The book's stream holds a gap and, after it, a new snapshot.
  bool healed() {
    bool gap = false;
    for (const auto& e : s_.redis().stream("trapline:v1:{bitget:usdtm:BTCUSDT}:books")) {
      if (gap && e.at("type") == "book_snapshot") return true;
      gap = gap || e.at("type") == "gap";
    }
    return false;
  }

  test::stage s_;
};

}  // namespace

TEST_F(faults, a_dropped_socket_is_reconnected_and_the_book_comes_back) {
  run_until(config("\"2 drop\""), [&] { return s_.times_logged(": LIVE:") >= 4; });
  EXPECT_GE(s_.metric_sum("metrics", "feed_reconnects_total"), 1);
  EXPECT_EQ(s_.metric_sum("metrics", "feed_malformed_total"), 0);
}

TEST_F(faults, a_truncated_frame_is_counted_and_the_feed_goes_on) {
  run_until(config("\"2 truncate\""), [&] { return s_.logged("did not decode and was dropped"); });
  EXPECT_GE(s_.metric_sum("metrics", "feed_malformed_total"), 1);
}

TEST_F(faults, a_wrong_checksum_invalidates_the_book_once_and_a_new_snapshot_heals_it) {
  run_until(config("\"2 wrong_checksum\""), [&] { return healed(); });
  EXPECT_EQ(s_.metric("metrics", "feed_book_invalid_total{instance=\"feed\",reason=\"checksum\"}"), 1);
}

TEST_F(faults, a_sequence_gap_invalidates_the_book_once_and_a_new_snapshot_heals_it) {
  run_until(config("\"2 seq_gap\""), [&] { return healed(); });
  EXPECT_EQ(s_.metric("metrics", "feed_book_invalid_total{instance=\"feed\",reason=\"sequence\"}"), 1);
}

TEST_F(faults, redis_killed_for_five_seconds_costs_nothing_that_is_not_counted) {
  auto p = s_.start({"run", config(""), "--view", "lines", "--metrics-file", "metrics"});
  const std::string trades = "trapline:v1:{bitget:usdtm:BTCUSDT}:trades";
  ASSERT_TRUE(test::eventually([&] { return s_.redis().stream(trades).size() > 100; }, seconds(40))) << s_.log();
  s_.redis().kill();
  const auto killed = std::chrono::steady_clock::now();
  ASSERT_TRUE(test::eventually([&] { return std::chrono::steady_clock::now() - killed > seconds(5); }));
  EXPECT_TRUE(p.running());
  s_.redis().restart();
  const std::size_t before = s_.redis().stream(trades).size();
  ASSERT_TRUE(test::eventually([&] { return s_.redis().stream(trades).size() > before + 100; }, seconds(40)))
      << s_.log();
  p.signal(SIGTERM);
  EXPECT_EQ(p.wait(seconds(30)), 0) << p.err();
  // What came back is in order and dense; what is gone with the old server is announced as a gap with its size.
  std::uint64_t expect = 0;
  for (const auto& e : s_.redis().stream(trades)) {
    if (e.at("type") == "gap") {
      expect = std::stoull(e.at("to_seq")) + 1;
      continue;
    }
    if (expect == 0) expect = std::stoull(e.at("seq"));
    ASSERT_EQ(std::stoull(e.at("seq")), expect++);
  }
  EXPECT_GE(s_.metric_sum("metrics", "redis_reconnects_total"), 1);
  // A reset if something was under way, a plain end if not.
  EXPECT_EQ(s_.times_logged("the server closed the connection; trying again") +
                s_.times_logged("Connection reset by peer; trying again"),
            1u)
      << s_.log();
  EXPECT_LE(s_.times_logged("Connection refused; trying again"), 1u) << s_.log();
  EXPECT_EQ(s_.times_logged("confirmed entries of " + trades), 1u) << s_.log();
}
