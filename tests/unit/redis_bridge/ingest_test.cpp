// A bridge that relays, and readers of what it relays, before a real Redis.
#include "ingest.hpp"

#include <algorithm>
#include <cstring>

#include "rig.hpp"
#include "trapline/abi/system.h"
#include "trapline/sdk/event.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

const std::string tag_name = "bitget:usdtm:BTCUSDT";
const std::string key = "trapline:v1:{" + tag_name + "}:relay";

// What an event becomes that has lain on the bus.
using words = std::vector<std::uint64_t>;
const trapline_event& head_of(const words& w) { return *reinterpret_cast<const trapline_event*>(w.data()); }

class fake_bus final : public bus_outlet {
 public:
  std::uint32_t topic(std::string_view name) override { return id(topics, name); }
  std::uint32_t instrument(std::string_view venue, std::string_view symbol) override {
    return id(instruments, std::string(venue) + " " + std::string(symbol));
  }
  trapline_status publish(const trapline_event& e) override {
    if (room == 0) return TRAPLINE_E_AGAIN;
    --room;
    words w(e.size / 8);
    std::memcpy(w.data(), &e, e.size);
    events.push_back(std::move(w));
    return TRAPLINE_OK;
  }
  void barrier(std::uint32_t stream) override { barriers.push_back(stream); }

  const std::string& topic_of(const words& w) const { return topics[head_of(w).topic - 1]; }

  std::vector<std::string> topics, instruments;
  std::vector<words> events;
  std::vector<std::uint32_t> barriers;
  std::size_t room = ~std::size_t{0};

 private:
  static std::uint32_t id(std::vector<std::string>& names, std::string_view name) {
    const auto at = std::find(names.begin(), names.end(), name) - names.begin();
    if (static_cast<std::size_t>(at) == names.size()) names.emplace_back(name);
    return static_cast<std::uint32_t>(at) + 1;
  }
};

class reader {
 public:
  reader(net::loop& l, settings s, std::string boot) : config(std::move(s)) {
    ingest_meters m;
    m.events = sdk::counter(&published);
    m.lost = sdk::counter(&lost);
    m.repeated = sdk::counter(&repeated);
    m.refused = sdk::counter(&refused);
    m.reading = sdk::gauge(&reading);
    core = std::make_unique<ingest>(
        l, config, env, bus, [&](std::string_view) { return m; }, boot, nullptr);
    core->begin();
  }
  // The lane has handled everything.
  void handle() {
    for (const auto b : std::exchange(bus.barriers, {})) core->on_barrier(b);
  }
  std::vector<int> trade_ids() const {
    std::vector<int> out;
    for (const auto& w : bus.events)
      if (head_of(w).type == TRAPLINE_EVENT_TRADE)
        out.push_back(std::stoi(std::string(sdk::view(sdk::payload<trapline_trade>(head_of(w))->trade_id))));
    return out;
  }
  std::vector<trapline_gap> gaps(std::uint8_t channel) const {
    std::vector<trapline_gap> out;
    for (const auto& w : bus.events)
      if (head_of(w).type == TRAPLINE_EVENT_GAP)
        if (const auto* g = sdk::payload<trapline_gap>(head_of(w)); g->channel == channel) out.push_back(*g);
    return out;
  }

  settings config;
  fake_environment env;
  fake_bus bus;
  std::unique_ptr<ingest> core;
  std::uint64_t published = 0, lost = 0, repeated = 0, refused = 0;
  std::int64_t reading = 0;
};

class ingested : public rig {
 protected:
  void SetUp() override {
    rig::SetUp();
    config.relay = true;
    config.maxlen_market = config.maxlen_relay = 1'000'000;
    config.ingest_streams = {tag_name};
    config.ingest_prefix = config.prefix;
    config.ingest_consumer = "one";
    config.ingest_lease = 400 * millisecond;
  }
  std::unique_ptr<reader> read(const std::string& boot, const std::string& consumer = "one") {
    auto s = config;
    s.ingest_consumer = consumer;
    return std::make_unique<reader>(loop, s, boot);
  }
  bool got(reader& r, std::size_t trades) {
    return until([&] {
      r.handle();
      return r.trade_ids().size() >= trades && acknowledged();
    });
  }
  bool acknowledged() {
    const auto groups = server->ask({"XINFO", "GROUPS", key});
    return groups.find("pending,0,") != std::string::npos;
  }
  // Ends as the plugin does.
  bool ended(reader& r) {
    r.core->pause();
    return until([&] {
      r.handle();
      return r.core->settled();
    });
  }
  bool pending(const std::string& n) {
    return until([&] { return server->ask({"XINFO", "GROUPS", key}).find("pending," + n + ",") != std::string::npos; });
  }
};

TEST_F(ingested, events_are_bit_for_bit_those_that_the_other_bus_had) {
  connect();
  auto r = read("boot-r");
  const trapline_level levels[3] = {{586'000, 1}, {585'999, 7}, {586'001, 2}};
  trapline_book book{};
  book.venue_seq = 9;
  book.bid_count = 2;
  book.ask_count = 1;
  book.price_exp = -1;
  book.size_exp = -3;
  trapline_ticker ticker{};
  ticker.present = TRAPLINE_TICKER_FUNDING_RATE;
  ticker.funding_exp = -9;
  ticker.funding_rate = -12'345;
  trapline_candle candle{};
  candle.closed = 1;
  candle.open = candle.high = candle.low = candle.close = 586'000;
  std::vector<event> events = {
      trade(1),
      event(TRAPLINE_EVENT_BOOK_SNAPSHOT, topic_book, book, complete, event::default_ts + 1, 1, levels, sizeof levels),
      event(TRAPLINE_EVENT_TICKER, topic_ticker, ticker, TRAPLINE_FLAG_INEXACT),
      event(TRAPLINE_EVENT_CANDLE, topic_candle, candle, TRAPLINE_FLAG_HISTORY),
      gap(TRAPLINE_GAP_TRADE, 3, topic_trade, 1),
      trade(2)};
  for (auto& e : events) core->on_event(e);
  ASSERT_TRUE(got(*r, 2));
  ASSERT_EQ(r->bus.events.size(), events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const trapline_event& before = events[i];
    auto after = head_of(r->bus.events[i]);
    EXPECT_EQ(r->bus.topic_of(r->bus.events[i]), env.topics[before.topic]);
    EXPECT_EQ(r->bus.instruments.at(after.instrument - 1), "bitget BTCUSDT");
    after.topic = before.topic;
    after.instrument = before.instrument;
    EXPECT_EQ(std::memcmp(&after, &before, sizeof after), 0) << i;
    EXPECT_EQ(std::memcmp(r->bus.events[i].data() + 8, &before + 1, before.size - sizeof before), 0) << i;
  }
}

TEST_F(ingested, the_status_of_a_feed_comes_by_its_own_stream) {
  config.ingest_streams = {"feed"};
  connect();
  auto r = read("boot-r");
  core->on_event(feed_status(TRAPLINE_FEED_LIVE));
  trades(1, 3);
  ASSERT_TRUE(until([&] { return r->bus.events.size() == 1; }));
  EXPECT_EQ(r->bus.topic_of(r->bus.events[0]), "feed.status.feed");
  EXPECT_EQ(head_of(r->bus.events[0]).instrument, 0u);
}

TEST_F(ingested, nothing_is_acknowledged_before_the_lane_has_handled_it) {
  connect();
  auto r = read("boot-r");
  trades(1, 5);
  ASSERT_TRUE(until([&] { return r->trade_ids().size() == 5; }));
  EXPECT_NE(server->ask({"XPENDING", key, "detectors"}).find("[5,"), std::string::npos);
  r->handle();
  EXPECT_TRUE(pending("0"));
}

TEST_F(ingested, a_full_bus_stops_the_reading_and_nothing_is_lost) {
  connect();
  auto r = read("boot-r");
  r->bus.room = 7;
  trades(1, 1'000);
  ASSERT_TRUE(settled());
  ASSERT_TRUE(until([&] { return r->bus.room == 0; }));
  const auto lease = [&] { return std::stoll(server->ask({"HGET", key + ":detectors", "until_ms"})); };
  const auto before = lease();
  EXPECT_TRUE(until([&] { return lease() > before + config.ingest_lease / millisecond; }))
      << "while it waits it keeps it";
  EXPECT_EQ(r->trade_ids().size(), 7u);
  r->bus.room = 5'000;
  ASSERT_TRUE(got(*r, 1'000));
  EXPECT_EQ(r->trade_ids(), range(1, 1'000));
  EXPECT_EQ(r->gaps(TRAPLINE_GAP_TRADE).size(), 0u);
}

TEST_F(ingested, broken_connections_repeat_nothing_and_lose_nothing) {
  connect();
  auto r = read("boot-r");
  for (int i = 0; i < 20; ++i) {
    trades(100 * i + 1, 100 * i + 100);
    const auto some = i % 2 == 1 ? 100u * static_cast<unsigned>(i) + 50u : 0u;
    ASSERT_TRUE(until([&] {
      r->handle();
      return r->trade_ids().size() >= some;
    }));
    server->ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    r->handle();
  }
  ASSERT_TRUE(got(*r, 2'000));
  EXPECT_EQ(r->trade_ids(), range(1, 2'000));
  EXPECT_EQ(r->gaps(TRAPLINE_GAP_TRADE).size(), 0u);
}

TEST_F(ingested, a_redis_that_lost_everything_costs_what_nobody_had_read) {
  connect();
  auto r = read("boot-r");
  trades(1, 100);
  ASSERT_TRUE(got(*r, 100));
  r->bus.room = 0;
  trades(101, 150);
  ASSERT_TRUE(settled());
  server->kill();
  server->restart();
  trades(151, 200);
  ASSERT_TRUE(settled());
  r->bus.room = 1'000;
  ASSERT_TRUE(until([&] {
    r->handle();
    return !r->trade_ids().empty() && r->trade_ids().back() == 200;
  }));
  const auto ids = r->trade_ids();
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end()) << "once";
  std::uint64_t lost = 0;
  for (const auto& g : r->gaps(TRAPLINE_GAP_TRADE)) lost += g.lost;
  EXPECT_EQ(ids.size() + lost, 200u);
}

TEST_F(ingested, a_stream_trimmed_past_the_reader_is_a_gap_with_the_right_count) {
  connect();
  auto first = read("boot-1");
  trades(1, 10);
  ASSERT_TRUE(got(*first, 10));
  ASSERT_TRUE(ended(*first));
  first.reset();
  trades(11, 100);
  ASSERT_TRUE(settled());
  server->ask({"XTRIM", key, "MAXLEN", "=", "20"});
  auto r = read("boot-2");
  ASSERT_TRUE(got(*r, 20));
  EXPECT_EQ(r->trade_ids(), range(81, 100));
  const auto gaps = r->gaps(TRAPLINE_GAP_TRADE);
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0].lost, 70u);
  EXPECT_EQ(head_of(r->bus.events[0]).type, TRAPLINE_EVENT_GAP) << "in its place";
  EXPECT_EQ(r->gaps(TRAPLINE_GAP_BOOK).size(), 0u);
  EXPECT_EQ(r->lost, 70u);
}

TEST_F(ingested, a_writer_whose_spool_overflowed_is_a_gap_with_the_right_count) {
  config.spool_commands = 300;
  connect();
  auto r = read("boot-r");
  trades(1, 10);
  ASSERT_TRUE(got(*r, 10));
  server->pause();
  trades(11, 20'000);
  server->resume();
  ASSERT_TRUE(settled());
  trades(20'001, 20'001);
  ASSERT_TRUE(until([&] {
    r->handle();
    return r->trade_ids().back() == 20'001;
  }));
  std::uint64_t lost = 0;
  for (const auto& g : r->gaps(TRAPLINE_GAP_TRADE)) lost += g.lost;
  EXPECT_GT(lost, 0u);
  EXPECT_EQ(r->trade_ids().size() + lost, 20'001u);
}

TEST_F(ingested, a_writer_that_was_lapped_or_started_anew_is_a_gap_of_unknown_size) {
  connect();
  auto r = read("boot-r");
  trades(1, 3);
  core->on_event(gap(TRAPLINE_GAP_BUS, 17, 0));
  trades(4, 4);
  ASSERT_TRUE(got(*r, 4));
  ASSERT_EQ(r->gaps(TRAPLINE_GAP_TRADE).size(), 1u);
  EXPECT_EQ(r->gaps(TRAPLINE_GAP_TRADE)[0].lost, 0u);
  EXPECT_EQ(r->gaps(TRAPLINE_GAP_BOOK).size(), 1u);
  EXPECT_EQ(r->gaps(TRAPLINE_GAP_BUS).size(), 0u) << "that would speak of this host's bus";
  core = std::make_unique<bridge>(loop, config, env, meters{}, "boot-b");
  core->start();
  trades(5, 5);
  ASSERT_TRUE(got(*r, 5));
  EXPECT_EQ(r->gaps(TRAPLINE_GAP_TRADE).size(), 2u);
}

TEST_F(ingested, an_orderly_end_leaves_no_gap_and_no_wait) {
  config.ingest_lease = 60 * second;
  connect();
  for (int i = 0; i < 5; ++i) {
    auto r = read("boot-" + std::to_string(i), "host-" + std::to_string(i));
    trades(10 * i + 1, 10 * i + 10);
    ASSERT_TRUE(until([&] { return r->reading == 1 && !r->bus.events.empty(); }));
    ASSERT_TRUE(ended(*r));
    trades(1'000 * i + 1'001, 1'000 * i + 1'001);
    const auto ids = r->trade_ids();
    r.reset();
    auto next = read("next-" + std::to_string(i), "next-host-" + std::to_string(i));
    ASSERT_TRUE(until([&] {
      next->handle();
      const auto more = next->trade_ids();
      return !more.empty() && more.back() == 1'000 * i + 1'001;
    }));
    EXPECT_EQ(next->gaps(TRAPLINE_GAP_TRADE).size(), 0u);
    EXPECT_EQ(ids.size() + next->trade_ids().size(), 11u);
    ASSERT_TRUE(ended(*next));
  }
}

TEST_F(ingested, another_host_stands_by_and_takes_over_when_the_lease_has_run_out) {
  connect();
  auto first = read("boot-1", "host-1");
  ASSERT_TRUE(until([&] { return first->reading == 1; }));
  auto second = read("boot-2", "host-2");
  ASSERT_TRUE(until([&] { return second->env.logged("stands by") == 1; }));
  trades(1, 5);
  ASSERT_TRUE(got(*first, 5));
  trades(6, 9);
  ASSERT_TRUE(until([&] { return first->trade_ids().size() == 9; }));  // not handled: it dies over these
  EXPECT_TRUE(second->bus.events.empty());
  first.reset();
  trades(10, 12);
  ASSERT_TRUE(got(*second, 3));
  EXPECT_EQ(second->trade_ids(), range(10, 12));
  ASSERT_EQ(second->gaps(TRAPLINE_GAP_TRADE).size(), 1u);
  EXPECT_EQ(second->gaps(TRAPLINE_GAP_TRADE)[0].lost, 4u);
}

TEST_F(ingested, what_a_dead_reader_left_is_passed_on_if_so_configured) {
  config.ingest_repeat = true;
  connect();
  auto first = read("boot-1", "host-1");
  trades(1, 9);
  ASSERT_TRUE(until([&] { return first->trade_ids().size() == 9; }));
  first.reset();
  auto second = read("boot-2", "host-2");
  ASSERT_TRUE(got(*second, 9));
  EXPECT_EQ(second->trade_ids(), range(1, 9));
}

TEST_F(ingested, what_a_dead_reader_left_is_announced_also_if_nothing_comes_behind_it) {
  connect();
  auto first = read("boot-1");
  trades(1, 5);
  ASSERT_TRUE(got(*first, 5));
  trades(6, 9);
  ASSERT_TRUE(until([&] { return first->trade_ids().size() == 9; }));
  first.reset();
  auto second = read("boot-2");
  ASSERT_TRUE(until([&] {
    second->handle();
    return second->gaps(TRAPLINE_GAP_TRADE).size() == 1;
  }));
  EXPECT_EQ(second->gaps(TRAPLINE_GAP_TRADE)[0].lost, 4u);
  trades(10, 10);
  ASSERT_TRUE(got(*second, 1));
  EXPECT_EQ(second->gaps(TRAPLINE_GAP_TRADE).size(), 1u);
}

TEST_F(ingested, a_reader_that_lost_its_lease_passes_nothing_on_twice_and_stands_by) {
  connect();
  auto first = read("boot-1", "host-1");
  trades(1, 5);
  ASSERT_TRUE(got(*first, 5));
  // As if it had been stopped for longer than its lease: another has come.
  server->ask({"HSET", key + ":detectors", "token", "boot-2", "consumer", "host-2", "until_ms", "99999999999999"});
  trades(6, 9);
  ASSERT_TRUE(until([&] { return first->env.logged("taken over by 'host-2'") == 1; }));
  ASSERT_TRUE(until([&] { return first->env.logged("stands by") == 1; }));
  EXPECT_EQ(first->reading, 0);
  EXPECT_EQ(first->trade_ids(), range(1, 5));
}

TEST_F(ingested, of_two_processes_with_one_name_the_older_one_reads_no_more_and_says_so) {
  connect();
  auto first = read("boot-1");
  ASSERT_TRUE(until([&] { return first->reading == 1; }));
  auto second = read("boot-2");
  ASSERT_TRUE(until([&] { return second->reading == 1; })) << "a restarted process need not wait for its own lease";
  ASSERT_TRUE(until([&] { return first->env.health_state == TRAPLINE_HEALTH_FAILED; }));
  EXPECT_NE(first->env.health_text.find("ingest.consumer"), std::string::npos);
  trades(1, 5);
  ASSERT_TRUE(got(*second, 5));
  EXPECT_TRUE(first->bus.events.empty());
}

TEST_F(ingested, a_late_reader_gets_the_instrument_and_the_book_and_one_that_has_them_does_not) {
  config.relay_state_every = 0;
  env.topics.push_back("md.instrument.bitget.BTCUSDT");
  connect();
  auto first = read("boot-1");
  trapline_instrument info{};
  info.tick = 1;
  info.price_exp = -1;
  core->on_event(event(TRAPLINE_EVENT_INSTRUMENT, static_cast<std::uint32_t>(env.topics.size() - 1), info));
  trapline_book book{};
  book.bid_count = book.ask_count = 1;
  book.venue_seq = 1;
  const trapline_level levels[2] = {{586'000, 1}, {586'001, 2}};
  core->on_event(
      event(TRAPLINE_EVENT_BOOK_SNAPSHOT, topic_book, book, complete, event::default_ts, 1, levels, sizeof levels));
  book.venue_prev_seq = 1;
  book.venue_seq = 2;
  const trapline_level change[2] = {{585'990, 5}, {586'001, 9}};
  core->on_event(event(TRAPLINE_EVENT_BOOK_DELTA, topic_book, book, TRAPLINE_FLAG_LAST_IN_BATCH, event::default_ts + 1,
                       1, change, sizeof change));
  trades(1, 1);
  ASSERT_TRUE(got(*first, 1));
  EXPECT_EQ(first->bus.events.size(), 4u) << "instrument, snapshot, change, trade";
  ASSERT_TRUE(ended(*first));
  first.reset();
  server->ask({"XTRIM", key, "MAXLEN", "=", "3"});  // the trade, and the state behind it
  config.ingest_group = "others";
  auto late = read("boot-2");
  ASSERT_TRUE(until([&] { return late->bus.events.size() == 3; }));
  EXPECT_EQ(sdk::payload<trapline_instrument>(head_of(late->bus.events[1]))->price_exp, -1);
  const auto& e = head_of(late->bus.events[2]);
  ASSERT_EQ(e.type, TRAPLINE_EVENT_BOOK_SNAPSHOT);
  const auto& b = *sdk::payload<trapline_book>(e);
  EXPECT_EQ(b.venue_seq, 2u);
  const auto found = sdk::levels(e, b);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].price, 586'000);
  EXPECT_EQ(found[1].price, 585'990);
  EXPECT_EQ(found[2].size, 9);
}

TEST_F(ingested, entries_that_are_not_of_a_relay_are_left_out_and_counted) {
  connect();
  trades(1, 1);
  ASSERT_TRUE(settled());
  const std::string event_bytes = server->stream(key).at(0).at("event");
  const auto add = [&](const std::string& topic, const std::string& count, const std::string& bytes) {
    server->ask({"XADD", key, "*", "type", "event", "seq", "2", "boot_id", "boot-a", "ts", "1", "topic", topic, "count",
                 count, "event", bytes});
  };
  const std::string topic = "md.trade.bitget.BTCUSDT";
  server->ask({"XADD", key, "*", "hello", "world"});
  add(topic, "2:0", "");
  add(topic, "2:0", event_bytes.substr(0, 64));
  add(topic, "2:0", event_bytes + "12345678");
  add(topic, "two", event_bytes);
  add("md.trade.bitget.ETHUSDT", "2:0", event_bytes);
  add("acct.position.bitget", "2:0", event_bytes);
  add("", "2:0", event_bytes);
  add("md.trade.bitget.BTC USDT", "2:0", event_bytes);
  server->ask({"XADD", key, "*", "type", "event", "seq", "1", "boot_id", "boot-r", "ts", "1", "topic", topic, "count",
               "1:0", "event", event_bytes});  // of the reader's own bridge
  auto r = read("boot-r");
  trades(2, 2);
  ASSERT_TRUE(got(*r, 2));
  EXPECT_EQ(r->trade_ids(), range(1, 2));
  EXPECT_EQ(r->refused, 10u);
  EXPECT_EQ(r->bus.topics, (std::vector<std::string>{topic, "md.book.bitget.BTCUSDT"})) << "no names are made for them";
}

TEST_F(ingested, damaged_events_are_never_passed_on_with_counts_that_are_not_theirs) {
  trapline_book book{};
  book.bid_count = 2;
  book.ask_count = 1;
  const trapline_level levels[3] = {{3, 1}, {2, 1}, {4, 1}};
  auto e = event(TRAPLINE_EVENT_BOOK_SNAPSHOT, topic_book, book, complete, event::default_ts, 1, levels, sizeof levels);
  const std::string good(reinterpret_cast<const char*>(&e.head()), e.head().size);
  ASSERT_TRUE(sound_event(good));
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(sound_event(std::string_view(good).substr(0, n))) << n;
  for (const std::size_t at : {0u, 4u, 6u, 80u, 84u}) {  // size, space, type, and the counts of levels
    auto bad = good;
    bad[at] = static_cast<char>(bad[at] + 37);
    EXPECT_FALSE(sound_event(bad)) << at;
  }
}

TEST_F(ingested, what_is_ingested_is_told_to_who_wants_it) {
  connect();
  std::size_t told = 0;
  fake_bus bus;
  auto s = config;
  ingest core_of_reader(
      loop, s, env, bus, [](std::string_view) { return ingest_meters{}; }, "boot-r",
      [&](const trapline_event& e) { told += e.type == TRAPLINE_EVENT_TRADE; });
  core_of_reader.begin();
  trades(1, 3);
  EXPECT_TRUE(until([&] { return told == 3; }));
}

TEST_F(ingested, groups_that_are_not_configured_are_not_written) {
  config.write_status = config.write_market = config.write_account = false;
  env.fixed_now = event::default_ts;
  connect();
  core->on_event(feed_status(TRAPLINE_FEED_LIVE));
  core->on_event(position(sample_position()));
  core->on_event(order("o1"));
  core->on_event(account("USDT", complete));
  trades(1, 3);
  core->on_event(matrix(0.81));
  core->on_event(test::signal());
  ASSERT_TRUE(until([&] { return server->ask({"EXISTS", "mm_trap_probability"}) == "1"; }));
  ASSERT_TRUE(settled());
  auto keys = server->ask({"KEYS", "*"});
  for (const auto* name :
       {"mm_trap_probability", "current_trap_probability", "trap_probability_history",
        "trapline:v1:{bitget:usdtm:BTCUSDT}:signals", "trapline:v1:{bitget:usdtm:BTCUSDT}:matrix", "trapline:v1:index",
        "trapline:v1:{bitget:usdtm:BTCUSDT}:relay", "trapline:v1:{feed}:relay"}) {
    const auto at = keys.find(name);
    ASSERT_NE(at, std::string::npos) << name << keys;
    keys.erase(at, std::strlen(name));
  }
  EXPECT_EQ(keys.find_first_not_of("[],"), std::string::npos) << keys;
}

}  // namespace
}  // namespace trapline::redis_bridge
