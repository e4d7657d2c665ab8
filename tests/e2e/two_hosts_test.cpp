// A feed host and a detector host, joined by Redis.
//
// TRAPLINE_KILLS: how often the tests kill each of them (default 3; 50 take half a minute).
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <set>
#include <sstream>

#include "stage.hpp"
#include "support/effort.hpp"
#include "support/eventually.hpp"
#include "trapline/abi/event.h"
#include "trapline/abi/system.h"

namespace {

using test::eventually;
using test::sanitized;

constexpr const char* market_speed = sanitized ? "40" : "200";
const std::string symbol = "trapline:v1:{bitget:usdtm:BTCUSDT}:";
const std::string relay = symbol + "relay";

int kills() {
  const char* set = std::getenv("TRAPLINE_KILLS");
  return set ? std::atoi(set) : sanitized ? 2 : 3;
}

struct line {
  char what = 0;
  std::uint64_t a = 0, b = 0;  // trade: id, flags; gap: channel, lost
};

class two_hosts : public testing::Test {
 protected:
  std::string engine(const std::string& name) {
    return "engine: {name: " + name + ", run_dir: ./run/" + name + ", log: {file: ./run/" + name +
           "/log}, plugin_dirs: [" TRAPLINE_BUILD_DIR "/tests/modules]}\n";
  }
  std::string venue_yaml() {
    return std::string(
               "  venue: {use: paper_venue, lane: venue, options: {dir: ./venue, symbols: [BTCUSDT], seed: 7, ") +
           "speed: " + market_speed + "}}\n";
  }
  std::string feed_yaml() {
    return "  feed: {use: mm_ws, lane: core, options: {environment: paper, api: v2, symbols: [BTCUSDT], channels: "
           "[trade, books, ticker, candle1m], endpoint: {file: ./venue/endpoint.json}}}\n"
           "  redis: {use: redis_bridge, lane: io, options: {url: \"" +
           s.redis().url() +
           "\", stream: {maxlen: {market: 10000000}}, relay: {enabled: true, maxlen: 10000000, state_every: 200ms}}}\n";
  }
  void write_configs() {
    const std::string lanes = "lanes: {venue: {}, core: {overflow: gate}, io: {overflow: lag}}\nplugins:\n";
    test::write_file(s.dir() + "/venue.yaml", engine("venue-host") + lanes + venue_yaml());
    test::write_file(s.dir() + "/feed.yaml", engine("feed-host") + lanes + feed_yaml());
    test::write_file(s.dir() + "/detector.yaml",
                     engine("detector-host") + lanes + "  redis: {use: redis_bridge, lane: core, options: {url: \"" +
                         s.redis().url() +
                         "\", publish: {groups: [traps]}, ingest: {streams: [\"bitget:usdtm:BTCUSDT\", feed]}}}\n" +
                         "  traps: {use: trap_detector, lane: core}\n" +
                         "  lines: {use: event_log, lane: core, options: {file: ./events}}\n");
  }
  std::unique_ptr<test::process> start(const std::string& name) {
    return std::make_unique<test::process>(
        name, std::vector<std::string>{test::program, "run", name + ".yaml", "--view", "off", "--no-safe-start"},
        s.dir());
  }
  static void kill(std::unique_ptr<test::process>& p) {
    p->signal(SIGKILL);
    p->wait();
    p.reset();
  }
  static void end(std::unique_ptr<test::process>& p) {
    // One that has hardly begun does not wait for signals yet: it would just die of it. (What it waits for is not shown
    // as blocked meanwhile; that it ignores SIGPIPE, which it says last, is.)
    EXPECT_TRUE(test::eventually([&] {
      const auto status = test::read_file("/proc/" + std::to_string(p->pid()) + "/status");
      const auto ignored = status.find("SigIgn:\t");
      return ignored != status.npos && (std::stoull(status.substr(ignored + 8), nullptr, 16) >> (SIGPIPE - 1) & 1) != 0;
    }));
    p->signal(SIGTERM);
    EXPECT_EQ(p->wait(), 0) << p->err();
    p.reset();
  }
  std::vector<line> lines() const {
    std::istringstream in(test::read_file(s.dir() + "/events"));
    std::vector<line> out;
    for (std::string text; std::getline(in, text);) {
      line l;
      std::istringstream(text) >> l.what >> l.a >> l.b;
      out.push_back(l);
    }
    return out;
  }
  std::size_t size_of_events() const { return test::read_file(s.dir() + "/events").size(); }
  bool all_read() {
    const auto groups = s.redis().ask({"XINFO", "GROUPS", relay});
    return groups.find("pending,0,") != std::string::npos && groups.find("lag,0]") != std::string::npos;
  }
  // Trades of the recording, history left out.
  static bool is_new_trade(const line& l) { return l.what == 'T' && (l.b & TRAPLINE_FLAG_HISTORY) == 0; }

  test::stage s;
};

std::vector<std::string> field(test::stage& s, const std::string& key, const std::string& name) {
  std::vector<std::string> out;
  for (const auto& e : s.redis().stream(key)) out.push_back(e.contains(name) ? e.at(name) : e.at("type"));
  return out;
}

}  // namespace

TEST_F(two_hosts, configurations_are_checked_and_wrong_options_refused_with_their_place) {
  for (const auto* name : {"two-hosts", "two-hosts-feed"}) {
    const auto r = s.run({"check", TRAPLINE_SOURCE_DIR "/configs/" + std::string(name) + ".yaml"});
    EXPECT_EQ(r.code, 0) << r.err;
  }
  const std::string streams = "streams: [\"bitget:usdtm:BTCUSDT\", feed]";
  for (const auto& [wrong, word] : std::vector<std::pair<std::string, std::string>>{
           {"streams: [\"{bitget}\"]", "ingest.streams[0]"},
           {"streams: [feed, feed]", "twice"},
           {"streams: [feed]\n        group: \"a b\"\n        unfinished: gap", "ingest.group"},
           {"stream: [feed]", "streams"},
           {"streams: [feed]\n        unfinished: guess", "repeat"},
           {"streams: [feed]\n        lease: 10ms", "lease"}}) {
    auto replace = test::changes{{streams, wrong}};
    if (wrong.find("group:") != std::string::npos) replace.emplace("group: detectors", "from: new");
    const auto r = s.run({"check", s.config("two-hosts", replace)});
    EXPECT_EQ(r.code, 2) << wrong << r.out;
    EXPECT_NE((r.out + r.err).find(word), std::string::npos) << r.out << r.err;
    EXPECT_NE((r.out + r.err).find("two-hosts-under-test.yaml:"), std::string::npos) << r.out << r.err;
  }
  for (const auto& [wrong, word] : std::vector<std::pair<std::string, std::string>>{
           {"publish: { groups: [status, trades] }", "market"},
           {"publish: { groups: [status] }\n      profile: omega", "publish.groups"},
           {"publish: { groups: [market] }\n      ingest: { streams: [feed], republish: true }", "ingest.republish"}}) {
    const auto r =
        s.run({"check", s.config("two-hosts-feed", {{"publish: { groups: [status, market, account] }", wrong}})});
    EXPECT_EQ(r.code, 2) << wrong << r.out;
    EXPECT_NE((r.out + r.err).find(word), std::string::npos) << r.out << r.err;
  }
}

// The feed host runs a detector of its own: what the other one finds must be the same, word for word.
TEST_F(two_hosts, find_the_same_signals_as_one_host) {
  const std::string traps =
      "traps: { use: trap_detector, lane: core, options: { warmup: 5m, report_every: 15s } }\n\n  ";
  const auto feed = s.config("two-hosts-feed", {{"feed:", traps + "feed:"},
                                                {"publish: { groups: [status, market, account] }",
                                                 "publish: { groups: [status, market, account, traps] }"},
                                                {"maxlen: 100000", "maxlen: 10000000"},
                                                {"speed: 100", sanitized ? "speed: 40" : "speed: 100"}});
  const auto detector =
      s.config("two-hosts",
               {{"publish: { groups: [traps] }", "publish: { groups: [traps] }\n      stream: { prefix: \"other\" }"},
                {"group: detectors", "group: detectors\n        prefix: \"trapline:v1\""}});
  const std::string there = "other:{bitget:usdtm:BTCUSDT}:";
  test::process other("detector", {test::program, "run", detector, "--view", "off"}, s.dir());
  const auto r = s.run({"run", feed, "--view", "off", "--seconds", sanitized ? "24" : "10"});
  ASSERT_EQ(r.code, 0) << r.err;
  ASSERT_TRUE(eventually([&] { return all_read(); }, std::chrono::seconds(60)))
      << s.redis().ask({"XINFO", "GROUPS", relay});
  other.signal(SIGTERM);
  EXPECT_EQ(other.wait(), 0) << other.err();

  const auto expected = field(s, symbol + "signals", "json");
  EXPECT_GT(expected.size(), 3u);
  EXPECT_EQ(field(s, there + "signals", "json"), expected);
  for (const auto* name : {"probability", "intensity", "confidence", "rows", "warming", "ts"})
    EXPECT_EQ(field(s, there + "matrix", name), field(s, symbol + "matrix", name)) << name;
  EXPECT_EQ(s.redis().ask({"EXISTS", there + "trades"}), "0") << "what is ingested is not written again";
}

// The trades of the feed host's own stream are what there was; it is not killed here.
TEST_F(two_hosts, a_detector_host_that_is_killed_misses_no_trade_unannounced_and_sees_none_twice) {
  write_configs();
  std::mt19937 random(20261123);
  auto venue = start("venue");
  auto feed = start("feed");
  for (int i = 0; i < kills(); ++i) {
    auto detector = start("detector");
    const auto more = size_of_events() + random() % 8'000;
    ASSERT_TRUE(eventually([&] { return size_of_events() > more; }, std::chrono::seconds(60))) << detector->err();
    kill(detector);
  }
  auto detector = start("detector");
  end(feed);
  end(venue);
  ASSERT_TRUE(eventually([&] { return all_read(); })) << s.redis().ask({"XINFO", "GROUPS", relay});
  end(detector);

  std::vector<std::uint64_t> truth;
  for (const auto& e : s.redis().stream(symbol + "trades"))
    if (e.at("type") == "trade" && !e.contains("history")) truth.push_back(std::stoull(e.at("id")));
  std::set<std::uint64_t> seen;
  std::uint64_t last = 0, owed = 0, announced = 0, gaps = 0;
  std::size_t at = 0, both = 0;  // at: of the trade in `truth` that is due next
  for (const auto& l : lines()) {
    if (l.what == 'G' && l.a == TRAPLINE_GAP_TRADE) {
      ++gaps;
      owed += l.b;
      if (l.b == 0) ADD_FAILURE() << "the count is known";
    }
    if (!is_new_trade(l)) continue;
    ASSERT_TRUE(seen.insert(l.a).second) << l.a << " came twice";
    ASSERT_GT(l.a, last);
    last = l.a;
    const auto here = static_cast<std::size_t>(std::find(truth.begin(), truth.end(), l.a) - truth.begin());
    ASSERT_LT(here, truth.size()) << l.a;
    // A trade that was handled right before the kill may be among those announced as lost; none may be missing.
    ASSERT_LE(here - at, owed) << "missing before " << l.a << " without a gap";
    both += owed - (here - at);
    announced += owed;
    owed = 0;
    at = here + 1;
  }
  EXPECT_LE(truth.size() - at, owed) << "missing at the end";
  announced += owed;
  EXPECT_EQ(seen.size() + announced - both - (owed - (truth.size() - at)), truth.size());
  EXPECT_LE(gaps, static_cast<std::uint64_t>(kills())) << "one gap a kill at most";
  RecordProperty("trades", std::to_string(truth.size()));
  std::printf("%d kills: %zu trades, %zu seen once, %llu announced as lost in %llu gaps, %zu of them handled\n",
              kills(), truth.size(), seen.size(), static_cast<unsigned long long>(announced),
              static_cast<unsigned long long>(gaps), both);
}

// The venue goes on; its trades are numbered without holes.
TEST_F(two_hosts, a_feed_host_that_is_killed_leaves_announced_gaps_and_no_trade_twice) {
  write_configs();
  std::mt19937 random(20261124);
  auto venue = start("venue");
  auto detector = start("detector");
  std::unique_ptr<test::process> feed;
  for (int i = 0; i <= kills(); ++i) {
    if (feed) kill(feed);
    feed = start("feed");
    const auto more = size_of_events() + random() % 8'000;
    ASSERT_TRUE(eventually([&] { return size_of_events() > more; }, std::chrono::seconds(60)))
        << feed->err() << test::read_file(s.dir() + "/run/feed-host/log");
  }
  end(feed);
  ASSERT_TRUE(eventually([&] { return all_read(); })) << s.redis().ask({"XINFO", "GROUPS", relay});
  end(detector);
  end(venue);

  std::uint64_t last = 0, gaps = 0, missing = 0, seen = 0;
  bool announced = false;
  for (const auto& l : lines()) {
    if (l.what == 'G' && l.a == TRAPLINE_GAP_TRADE) {
      announced = true;
      ++gaps;
    }
    if (!is_new_trade(l)) continue;
    ++seen;
    if (last != 0) {
      ASSERT_GT(l.a, last) << "again, or out of order";
      if (l.a != last + 1) {
        ASSERT_TRUE(announced) << last << " to " << l.a << " without a gap";
        missing += l.a - last - 1;
      }
    }
    last = l.a;
    announced = false;
  }
  EXPECT_GT(seen, 0u);
  std::printf("%d kills: %llu trades seen once, %llu inside %llu announced gaps\n", kills(),
              static_cast<unsigned long long>(seen), static_cast<unsigned long long>(missing),
              static_cast<unsigned long long>(gaps));
}
