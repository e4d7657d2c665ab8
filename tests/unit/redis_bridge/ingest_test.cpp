// What arrives on the other bus, and what is announced as lost.
#include "ingest_rig.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

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
    if (i % 5 == 0) server->ask({"SCRIPT", "FLUSH"});
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
  core->on_event(fill("f1"));
  core->on_event(plan("p1", TRAPLINE_PLAN_STOP_LOSS, 85'000));
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
