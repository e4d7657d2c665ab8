#include <gtest/gtest.h>

#include "client_book.hpp"
#include "venue_fixture.hpp"

namespace {

using namespace trapline::paper_venue;
using nlohmann::json;

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

TEST_F(venue_test, without_the_checksum_option_v2_books_carry_sequence_numbers_only) {
  settings_.checksum = false;
  auto& l = connect();
  say(l, sub_books);
  const auto m = l.take()[1];
  EXPECT_FALSE(m["data"][0].contains("checksum"));
  EXPECT_TRUE(m["data"][0].contains("seq"));
}

}  // namespace
