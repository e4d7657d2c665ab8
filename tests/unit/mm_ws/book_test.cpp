#include <algorithm>
#include <map>
#include <random>

#include "crc32.hpp"
#include "trapline/sdk/names.hpp"
#include "world.hpp"

namespace trapline::mm_ws::test {
namespace {

options books_of(std::vector<std::string> symbols = {"BTCUSDT"}) {
  auto o = default_options();
  o.symbols = std::move(symbols);
  o.channels = {"books"};
  return o;
}
std::size_t subscribes(const world& w) {
  std::size_t n = 0;
  for (const auto& s : w.sent) n += args_of(s.text, "subscribe").size();
  return n;
}

struct live_book : testing::Test {
  world w;
  std::unique_ptr<feed> f;
  void start(options o = books_of()) {
    be_friendly(w);
    f = std::make_unique<feed>(std::move(o), "feed", w, 1);
    f->start();
    w.run(*f, second);
    ASSERT_EQ(f->public_state(), TRAPLINE_FEED_LIVE);
  }
  void push(std::string text) {
    w.push(std::move(text));
    w.run(*f);
  }
};

TEST_F(live_book, publishes_the_snapshot_and_then_what_changes) {
  start();
  push(book_update(100, 110));
  const auto snapshots = w.of(TRAPLINE_EVENT_BOOK_SNAPSHOT), deltas = w.of(TRAPLINE_EVENT_BOOK_DELTA);
  ASSERT_EQ(snapshots.size(), 1u);
  ASSERT_EQ(deltas.size(), 1u);
  EXPECT_EQ(snapshots[0]->topic, "md.book.bitget.BTCUSDT");
  EXPECT_EQ(snapshots[0]->head.ts_event, 1760000000516 * ms);
  EXPECT_EQ(snapshots[0]->head.ts_recv, w.now() - second);
  const auto& b = snapshots[0]->as<trapline_book>();
  EXPECT_EQ(b.bid_count, 2u);
  EXPECT_EQ(b.ask_count, 2u);
  EXPECT_EQ(b.price_exp, -1);
  EXPECT_EQ(b.size_exp, -4);
  EXPECT_EQ(b.venue_seq, 100u);
  EXPECT_EQ(snapshots[0]->levels()[0].price, 640004);
  EXPECT_EQ(snapshots[0]->levels()[0].size, 27100);
  sdk::book book;
  ASSERT_TRUE(book.apply_snapshot(b, snapshots[0]->levels()));
  ASSERT_TRUE(book.apply_delta(deltas[0]->as<trapline_book>(), deltas[0]->levels()));
  EXPECT_EQ(book.bid(0).size, 30000);
  EXPECT_EQ(book.ask_count(), 2u);
  EXPECT_EQ(book.ask(1).price, 640009);
  EXPECT_EQ(deltas[0]->as<trapline_book>().venue_prev_seq, 100u);
}

TEST_F(live_book, is_invalid_after_a_sequence_gap_until_a_fresh_snapshot) {
  start();
  w.venue = nullptr;
  push(book_update(105, 110));
  auto gaps = w.of(TRAPLINE_EVENT_GAP);
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0]->as<trapline_gap>().channel, TRAPLINE_GAP_BOOK);
  EXPECT_EQ(gaps[0]->as<trapline_gap>().reason, TRAPLINE_GAP_SEQUENCE);
  EXPECT_EQ(gaps[0]->topic, "md.book.bitget.BTCUSDT");
  EXPECT_EQ(f->public_state(), TRAPLINE_FEED_STALE);
  w.run(*f, second);
  ASSERT_GE(w.sent.size(), 3u);
  EXPECT_EQ(args_of(w.sent[w.sent.size() - 2].text, "unsubscribe").size(), 1u);
  EXPECT_EQ(args_of(w.sent.back().text, "subscribe").size(), 1u);
  push(book_update(110, 120));  // still on its way from before
  EXPECT_EQ(w.of(TRAPLINE_EVENT_BOOK_DELTA).size(), 0u);
  push(R"({"event":"subscribe","arg":{"instType":"USDT-FUTURES","channel":"books","instId":"BTCUSDT"}})");
  push(book_snapshot(200));
  push(book_update(200, 210));
  EXPECT_EQ(w.of(TRAPLINE_EVENT_BOOK_SNAPSHOT).size(), 2u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_BOOK_DELTA).size(), 1u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u);
  EXPECT_EQ(f->public_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(w.count("feed_book_invalid_total{reason=\"sequence\"}"), 1u);
}

TEST_F(live_book, first_update_after_the_snapshot_may_begin_before_it) {
  start();
  push(book_update(90, 110));  // pseq <= snapshot seq <= seq
  ASSERT_EQ(w.of(TRAPLINE_EVENT_BOOK_DELTA).size(), 1u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_BOOK_DELTA)[0]->as<trapline_book>().venue_prev_seq, 100u)
      << "the state that it changed";
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 0u);
}

TEST_F(live_book, updates_from_before_the_snapshot_and_repetitions_are_ignored) {
  start();
  push(book_update(80, 90));
  push(book_update(100, 110));
  push(book_update(100, 110));
  push(book_update(110, 120));
  EXPECT_EQ(w.of(TRAPLINE_EVENT_BOOK_DELTA).size(), 2u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 0u);
  EXPECT_EQ(w.count("feed_book_ignored_total"), 2u);
}

TEST_F(live_book, numbering_that_starts_anew_asks_for_a_snapshot) {
  start();
  push(book_update(100, 110));
  push(book_update(0, 5));
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u);
}

TEST_F(live_book, a_crossed_book_is_never_published) {
  start();
  push(
      R"({"action":"update","arg":{"instType":"USDT-FUTURES","channel":"books","instId":"BTCUSDT"},"data":[{"asks":[],"bids":[["64000.5","1"]],"seq":110,"pseq":100,"ts":"1760000000666"}],"ts":1760000000667})");
  EXPECT_EQ(w.of(TRAPLINE_EVENT_BOOK_DELTA).size(), 0u);
  ASSERT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP)[0]->as<trapline_gap>().reason, TRAPLINE_GAP_CROSSED);
}

TEST_F(live_book, resyncs_are_bounded_and_with_no_small_book_either_it_stays_invalid_and_the_others_untouched) {
  start(books_of({"BTCUSDT", "ETHUSDT"}));
  const auto before = subscribes(w);
  std::int64_t eth = 100;
  for (int i = 0; i < 60; ++i) {  // one corrupt message a minute for an hour
    push(book_update(105, 110));
    push(book_update(eth, eth + 1, "ETHUSDT"));
    ++eth;
    w.run(*f, 60 * second);
  }
  EXPECT_EQ(subscribes(w) - before, 7u);  // three, then the small book, and that three times again
  EXPECT_EQ(w.healths.back().first, std::uint32_t{TRAPLINE_HEALTH_DEGRADED});
  EXPECT_NE(w.healths.back().second.find("BTCUSDT"), std::string::npos);
  std::size_t eth_deltas = 0, eth_gaps = 0;
  for (const auto* e : w.of(TRAPLINE_EVENT_BOOK_DELTA)) eth_deltas += e->topic == "md.book.bitget.ETHUSDT";
  for (const auto* e : w.of(TRAPLINE_EVENT_GAP)) eth_gaps += e->topic == "md.book.bitget.ETHUSDT";
  EXPECT_EQ(eth_deltas, 60u);
  EXPECT_EQ(eth_gaps, 0u);
  EXPECT_EQ(w.connects.size(), 1u);
  EXPECT_EQ(f->public_state(), TRAPLINE_FEED_STALE);
  // The next connection tries again.
  w.drop();
  w.run(*f, 2 * second);
  EXPECT_EQ(f->public_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(w.healths.back().first, std::uint32_t{TRAPLINE_HEALTH_OK});
}

TEST_F(live_book, a_lost_connection_invalidates_each_book_once) {
  start(books_of({"BTCUSDT", "ETHUSDT"}));
  w.venue = nullptr;
  w.accept_at_once = false;
  w.drop();
  w.run(*f, 5 * second);
  for (int i = 0; i < 5; ++i) {
    w.drop();
    w.run(*f, 10 * second);
  }
  const auto gaps = w.of(TRAPLINE_EVENT_GAP);
  ASSERT_EQ(gaps.size(), 2u);
  EXPECT_EQ(gaps[0]->as<trapline_gap>().reason, TRAPLINE_GAP_DISCONNECT);
}

TEST_F(live_book, a_full_bus_drops_whole_messages_and_the_loss_is_told_before_what_follows) {
  start();
  w.bus_full = true;
  push(book_update(100, 110));
  push(book_update(110, 120));
  w.run(*f, second);
  w.bus_full = false;
  w.events.clear();
  w.run(*f, second);
  std::vector<std::uint16_t> order;
  for (const auto& e : w.events)
    if (e.topic == "md.book.bitget.BTCUSDT") order.push_back(e.head.type);
  EXPECT_EQ(order, (std::vector<std::uint16_t>{TRAPLINE_EVENT_GAP, TRAPLINE_EVENT_BOOK_SNAPSHOT}));
  EXPECT_GE(w.count("feed_refused_total"), 1u);
  EXPECT_EQ(f->public_state(), TRAPLINE_FEED_LIVE);
}

TEST_F(live_book, a_full_bus_for_an_hour_does_not_use_up_the_resyncs) {
  start();
  for (int i = 0; i < 20; ++i) {
    w.bus_full = true;
    push(book_snapshot(100));
    w.run(*f, 10 * second);
    w.bus_full = false;
    w.run(*f, 2 * second);
    ASSERT_EQ(f->public_state(), TRAPLINE_FEED_LIVE) << i;
  }
}

TEST_F(live_book, a_late_acknowledgement_of_a_resync_costs_no_second_one) {
  start();
  w.venue = [&](std::size_t c, const std::string& text) {
    if (text == "ping") w.push("pong", c);
  };
  for (int i = 1; i <= 3; ++i) {
    w.run(*f, 20 * second);  // the old acknowledgement is older than ack_timeout
    push(book_update(105, 110));
    w.run(*f, 5 * second);
    EXPECT_EQ(w.count("feed_resyncs_total"), static_cast<std::uint64_t>(i));
    push(R"({"event":"subscribe","arg":{"instType":"USDT-FUTURES","channel":"books","instId":"BTCUSDT"}})");
    push(book_snapshot(100));
    ASSERT_EQ(f->public_state(), TRAPLINE_FEED_LIVE) << i;
  }
}

TEST_F(live_book, a_late_acknowledgement_after_a_full_bus_is_not_charged) {
  start();
  w.venue = [&](std::size_t c, const std::string& text) {
    if (text == "ping") w.push("pong", c);
  };
  for (int i = 0; i < 6; ++i) {
    w.run(*f, 20 * second);
    w.bus_full = true;
    push(book_update(100, 110));
    w.bus_full = false;
    w.run(*f, 5 * second);
    EXPECT_EQ(w.count("feed_resyncs_total"), static_cast<std::uint64_t>(i + 1));
    push(R"({"event":"subscribe","arg":{"instType":"USDT-FUTURES","channel":"books","instId":"BTCUSDT"}})");
    push(book_snapshot(100));
    ASSERT_EQ(f->public_state(), TRAPLINE_FEED_LIVE) << i;
  }
}

TEST_F(live_book, bad_messages_while_a_snapshot_is_on_its_way_cost_no_resync) {
  start();
  w.venue = nullptr;
  push(book_update(105, 110));
  for (int i = 0; i < 5; ++i) {
    push(
        R"({"action":"update","arg":{"instType":"USDT-FUTURES","channel":"books","instId":"BTCUSDT"},"data":[{"asks":5}]})");
    w.run(*f, second);
  }
  EXPECT_EQ(w.count("feed_resyncs_total"), 1u);
}

TEST_F(live_book, a_frame_that_may_be_about_anything_voids_a_book_that_cannot_find_out_by_itself) {
  start();
  push("{broken");
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 0u);  // its sequence numbers would show the loss
  push(
      R"({"action":"update","arg":{"instType":"USDT-FUTURES","channel":"books","instId":"BTCUSDT"},"data":[{"asks":[["64000.9","1.2000"]],"bids":[],"ts":"1760000000666"}],"ts":1760000000667})");
  ASSERT_EQ(w.of(TRAPLINE_EVENT_BOOK_DELTA).size(), 1u);
  push("{broken");
  ASSERT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP)[0]->as<trapline_gap>().reason, TRAPLINE_GAP_MALFORMED);
  w.run(*f, second);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_BOOK_SNAPSHOT).size(), 2u);
}

TEST_F(live_book, is_invalid_when_its_subscription_is_not_served) {
  w.venue = [&](std::size_t c, const std::string& text) {
    if (text == "ping") w.push("pong", c);
  };
  f = std::make_unique<feed>(books_of(), "feed", w, 1);
  f->start();
  w.run(*f, second);
  push(book_snapshot(100));
  w.run(*f, 40 * second);
  const auto gaps = w.of(TRAPLINE_EVENT_GAP);
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0]->topic, "md.book.bitget.BTCUSDT");
  push(book_update(100, 110));
  EXPECT_EQ(w.of(TRAPLINE_EVENT_BOOK_DELTA).size(), 0u);
}

TEST_F(live_book, no_snapshot_after_the_acknowledgement_is_asked_for_again) {
  w.venue = [&](std::size_t c, const std::string& text) {
    if (text == "ping") w.push("pong", c);
    for (const auto& arg : args_of(text, "subscribe")) w.push(R"({"event":"subscribe","arg":)" + arg + "}", c);
  };
  f = std::make_unique<feed>(books_of(), "feed", w, 1);
  f->start();
  w.run(*f, 20 * second);
  EXPECT_EQ(subscribes(w), 2u);
}

TEST_F(live_book, a_silent_book_of_a_moving_symbol_is_subscribed_anew_once_without_reconnecting) {
  auto o = books_of();
  o.channels = {"books", "trade"};
  start(o);
  w.venue = [&](std::size_t c, const std::string& text) {
    if (text == "ping") w.push("pong", c);
  };
  const auto before = subscribes(w);
  for (int i = 0; i < 70; ++i) {
    push(
        R"({"action":"update","arg":{"instType":"USDT-FUTURES","channel":"trade","instId":"BTCUSDT"},"data":[{"ts":"1760000000565","price":"64000.5","size":"0.0010","side":"buy","tradeId":")" +
        std::to_string(5000 + i) + R"("}],"ts":1760000000589})");
    w.run(*f, second);
    if (i == 32) {
      EXPECT_EQ(f->public_state(), TRAPLINE_FEED_STALE);
    }
  }
  EXPECT_LE(subscribes(w) - before, 2u);  // once, and once more for the answer that did not come
  EXPECT_EQ(w.connects.size(), 1u);
  ASSERT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u);  // what it missed in the meantime is unknown
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP)[0]->topic, "md.book.bitget.BTCUSDT");
  push(book_update(100, 110));
  EXPECT_EQ(w.of(TRAPLINE_EVENT_BOOK_DELTA).size(), 0u);
}

TEST_F(live_book, a_quiet_symbol_raises_no_alarm) {
  start();
  w.run(*f, 3600 * second);
  EXPECT_EQ(f->public_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(w.connects.size(), 1u);
}

// ---------------------------------------------------------------- the book itself

book_level level(std::int64_t price, std::int64_t size, std::string text) {
  book_level l;
  l.price = price;
  l.size = size;
  l.text_size = static_cast<std::uint8_t>(text.size());
  std::copy(text.begin(), text.end(), l.text);
  return l;
}
book_level plain(std::int64_t price, std::int64_t size) {
  return level(price, size, std::to_string(price) + ":" + std::to_string(size));
}

TEST(venue_book, checksum_is_that_of_the_documentation) {
  venue_book b;
  book_message m;
  scale s;
  m.bids = {level(43231, 4, "43231.1:4"), level(43230, 6, "43231:6")};
  m.asks = {level(43232, 9, "43232.8:9"), level(43233, 8, "43232.9:8")};
  m.has_checksum = true;
  m.checksum = -1504501796;
  EXPECT_EQ(b.apply_snapshot(m, s), venue_book::verdict::applied);
  EXPECT_TRUE(b.checked());
  m.clear();
  m.bids = {level(43231, 5, "43231.1:5")};
  m.has_checksum = true;
  m.checksum = 1;
  EXPECT_EQ(b.apply_update(m, s), venue_book::verdict::checksum);
  EXPECT_FALSE(b.valid());
}

TEST(venue_book, a_checksum_of_zero_is_not_one) {
  venue_book b;
  book_message m;
  scale s;
  m.bids = {plain(1, 1)};
  m.has_checksum = true;
  EXPECT_EQ(b.apply_snapshot(m, s), venue_book::verdict::applied);
  EXPECT_FALSE(b.checked());
}

TEST(venue_book, deleting_an_absent_level_is_a_fault_only_if_nothing_else_vouches_for_the_book) {
  const auto with = [](bool seq) {
    venue_book b;
    book_message m;
    scale s;
    m.bids = {plain(10, 1)};
    m.asks = {plain(20, 1)};
    m.has_seq = seq;
    m.seq = 5;
    EXPECT_EQ(b.apply_snapshot(m, s), venue_book::verdict::applied);
    m.clear();
    m.bids = {plain(9, 0)};
    m.has_seq = m.has_prev_seq = seq;
    m.seq = 6;
    m.prev_seq = 5;
    return b.apply_update(m, s);
  };
  EXPECT_EQ(with(false), venue_book::verdict::sequence);
  EXPECT_EQ(with(true), venue_book::verdict::applied);
}

TEST(venue_book, a_finer_price_rescales_what_is_there) {
  venue_book b;
  book_message m;
  scale s;
  m.bids = {plain(10, 1)};
  m.asks = {plain(20, 1)};
  ASSERT_EQ(b.apply_snapshot(m, s), venue_book::verdict::applied);
  m.clear();
  auto l = level(1055, 7, "10.55:7");
  l.price_exp = -2;
  m.bids = {l};
  ASSERT_EQ(b.apply_update(m, s), venue_book::verdict::applied);
  EXPECT_EQ(s.price_exp, -2);
  EXPECT_EQ(b.bids().best().price, 1055);
  EXPECT_EQ(b.bids().best(1).price, 1000);
  EXPECT_EQ(b.asks().best().price, 2000);
}

TEST(venue_book, equals_a_simple_map_under_random_updates_in_any_order) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    venue_book b;
    scale s;
    std::map<std::int64_t, std::int64_t> bids, asks;
    book_message m;
    for (int i = 0; i < 60; ++i) {
      bids[1000 - 1 - 2 * i] = i + 1;
      asks[1000 + 1 + 2 * i] = i + 1;
    }
    for (auto& [p, q] : bids) m.bids.push_back(plain(p, q));
    for (auto& [p, q] : asks) m.asks.push_back(plain(p, q));
    std::shuffle(m.bids.begin(), m.bids.end(), random);
    m.has_seq = true;
    m.seq = 100;
    ASSERT_EQ(b.apply_snapshot(m, s), venue_book::verdict::applied);
    for (int step = 1; step <= 40; ++step) {
      m.clear();
      const auto change = [&](std::map<std::int64_t, std::int64_t>& side, std::vector<book_level>& out,
                              std::int64_t low, std::int64_t high) {
        for (std::size_t n = random() % 30; n > 0; --n) {
          const auto price = low + static_cast<std::int64_t>(random() % static_cast<unsigned>(high - low));
          const std::int64_t size = random() % 3 == 0 ? 0 : 1 + random() % 100;
          out.push_back(plain(price, size));
          if (size == 0) side.erase(price);
          else side[price] = size;
        }
      };
      change(bids, m.bids, 850, 1000);
      change(asks, m.asks, 1000, 1150);
      if (bids.empty() || asks.empty() || bids.rbegin()->first >= asks.begin()->first) break;
      m.has_seq = m.has_prev_seq = true;
      m.prev_seq = 99 + step;
      m.seq = 100 + step;
      ASSERT_EQ(b.apply_update(m, s), venue_book::verdict::applied);
      ASSERT_EQ(b.bids().size(), bids.size());
      ASSERT_EQ(b.asks().size(), asks.size());
      std::size_t i = bids.size();
      for (auto& [p, q] : bids) {
        ASSERT_EQ(b.bids().best(--i).price, p);
        ASSERT_EQ(b.bids().best(i).size, q);
      }
      for (auto& [p, q] : asks) {
        ASSERT_EQ(b.asks().best(i).price, p);
        ASSERT_EQ(b.asks().best(i++).size, q);
      }
    }
  }
}

TEST(venue_book, a_deeper_book_than_it_keeps_is_cut_at_the_far_end) {
  venue_book b;
  book_message m;
  scale s;
  const std::int64_t n = venue_book::max_levels + 100;
  for (std::int64_t i = 0; i < n; ++i) m.bids.push_back(plain(100000 - i, 1));
  m.asks = {plain(100001, 1)};
  ASSERT_EQ(b.apply_snapshot(m, s), venue_book::verdict::applied);
  EXPECT_EQ(b.bids().size(), venue_book::max_levels);
  EXPECT_EQ(b.bids().best().price, 100000);
  m.clear();
  m.bids = {plain(100000 - n + 1, 0)};  // was left out: deleting it is no fault
  EXPECT_EQ(b.apply_update(m, s), venue_book::verdict::applied);
}

}  // namespace
}  // namespace trapline::mm_ws::test
