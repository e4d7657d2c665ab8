#include "bus/ring.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <thread>
#include <vector>

using trapline::bus::overflow;
using trapline::bus::ring;
using trapline::bus::source_counter;

namespace {

constexpr std::size_t small_ring = 256 * 1024;  // 4,096 lines

struct body {
  std::uint64_t value = 0;
  std::uint64_t check = 0;
};

// Publishes one event whose payload is `value` and fill up to `bytes`.
trapline_status put(ring& r, std::uint64_t value, std::uint32_t source = 1, source_counter* numbers = nullptr,
                    bool on_owner = true, std::size_t bytes = sizeof(body)) {
  std::vector<std::uint64_t> payload(std::max(bytes, sizeof(body)) / 8, value);
  trapline_event e{};
  e.type = TRAPLINE_EVENT_TRADE;
  e.topic = 1;
  const trapline_frame f{&e, payload.data(), static_cast<std::uint32_t>(payload.size() * 8), 0};
  return r.publish({&f, 1}, {source, numbers, on_owner, 0, 42});
}

std::uint64_t value_of(const trapline_event* e) { return *reinterpret_cast<const std::uint64_t*>(e + 1); }

}  // namespace

TEST(ring, hands_events_over_in_publishing_order_with_rising_seq) {
  ring r(small_ring);
  auto& reader = r.add_reader(overflow::gate, nullptr);
  source_counter numbers;
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_EQ(put(r, i, 7, &numbers), TRAPLINE_OK);
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const auto* e = reader.peek();
    ASSERT_NE(e, nullptr);
    EXPECT_EQ(value_of(e), i);
    EXPECT_EQ(e->source, 7u);
    EXPECT_EQ(e->source_seq, i + 1);
    EXPECT_EQ(e->ts_recv, 42);
    EXPECT_GT(e->seq, last);
    last = e->seq;
    reader.advance();
  }
  EXPECT_EQ(reader.peek(), nullptr);
}

TEST(ring, answers_again_when_a_gate_reader_is_a_ring_behind_and_goes_on_when_it_moves) {
  ring r(small_ring);
  auto& reader = r.add_reader(overflow::gate, nullptr);
  std::uint64_t n = 0;
  while (put(r, n) == TRAPLINE_OK) ++n;
  EXPECT_EQ(n, small_ring / 128);  // header and payload take two lines
  EXPECT_EQ(r.refused(), 1u);
  ASSERT_NE(reader.peek(), nullptr);
  reader.advance();
  EXPECT_EQ(put(r, n), TRAPLINE_OK);
  EXPECT_EQ(put(r, n + 1), TRAPLINE_E_AGAIN);
}

namespace {

// Takes a number and notes how many threads were inside at once.
struct door {
  std::atomic<int> inside{0}, most{0};
  std::uint64_t pass(const std::function<void()>& meanwhile = [] {}) {
    const int n = ++inside;
    if (n > most) most = n;
    meanwhile();
    --inside;
    return 1;
  }
};

}  // namespace

TEST(source_counter, an_owner_that_was_preempted_before_its_flag_does_not_free_the_lock_of_another) {
  source_counter numbers;
  door d;
  std::atomic<bool> other_inside{false};
  std::uint64_t others = 0;
  std::thread other;
  const auto first = numbers.take(
      true, [&] { return d.pass(); },
      [&] {
        other = std::thread([&] {
          others = numbers.take(false, [&] {
            return d.pass([&] {
              other_inside = true;
              const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
              while (d.inside < 2 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
            });
          });
        });
        while (!other_inside) std::this_thread::yield();
      });
  other.join();
  EXPECT_EQ(d.most, 1);
  EXPECT_EQ(others, 1u);
  EXPECT_EQ(first, 2u);
}

TEST(source_counter, another_thread_waits_for_an_owner_that_is_inside) {
  source_counter numbers;
  door d;
  std::uint64_t others = 0;
  std::thread other;
  const auto first = numbers.take(true, [&] {
    return d.pass([&] {
      other = std::thread([&] { others = numbers.take(false, [&] { return d.pass(); }); });
      const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
      while (d.inside < 2 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    });
  });
  other.join();
  EXPECT_EQ(d.most, 1);
  EXPECT_EQ(first, 1u);
  EXPECT_EQ(others, 2u);
}

TEST(ring, never_lets_an_event_straddle_its_end) {
  ring r(small_ring);
  auto& reader = r.add_reader(overflow::gate, nullptr);
  std::uint64_t written = 0, read = 0;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::size_t bytes = 16 + (i * 7919) % 5000 / 8 * 8;
    while (put(r, i, 1, nullptr, true, bytes) == TRAPLINE_E_AGAIN) {
      const auto* e = reader.peek();
      ASSERT_NE(e, nullptr);
      ASSERT_EQ(value_of(e), read++);
      const auto* words = reinterpret_cast<const std::uint64_t*>(e + 1);
      ASSERT_EQ(words[(e->size - sizeof *e) / 8 - 1], read - 1);
      reader.advance();
    }
    ++written;
  }
  while (const auto* e = reader.peek()) {
    ASSERT_EQ(value_of(e), read++);
    reader.advance();
  }
  EXPECT_EQ(read, written);
}

TEST(ring, publishes_a_batch_whole_or_not_at_all) {
  ring r(small_ring);
  auto& reader = r.add_reader(overflow::gate, nullptr);
  trapline_event e{};
  e.topic = 1;
  const std::uint64_t payload[2] = {1, 1};
  std::vector<trapline_frame> batch(500, trapline_frame{&e, payload, sizeof payload, 0});
  int batches = 0;
  while (r.publish(batch, {}) == TRAPLINE_OK) ++batches;
  EXPECT_EQ(batches, 4);
  int events = 0;
  for (; reader.peek(); reader.advance()) ++events;
  EXPECT_EQ(events, 2000);
}

TEST(ring, refuses_what_is_too_large_or_malformed) {
  ring r(small_ring);
  r.add_reader(overflow::gate, nullptr);
  std::vector<char> big(TRAPLINE_EVENT_MAX);
  trapline_event e{};
  const trapline_frame too_large{&e, big.data(), static_cast<std::uint32_t>(big.size()), 0};
  EXPECT_EQ(r.publish({&too_large, 1}, {}), TRAPLINE_E_LIMIT);
  const trapline_frame no_event{nullptr, big.data(), 8, 0};
  EXPECT_EQ(r.publish({&no_event, 1}, {}), TRAPLINE_E_INVALID);
  const trapline_frame no_payload{&e, nullptr, 8, 0};
  EXPECT_EQ(r.publish({&no_payload, 1}, {}), TRAPLINE_E_INVALID);
  EXPECT_EQ(r.publish({}, {}), TRAPLINE_E_INVALID);
  e.space = 0xffff;  // would look like the filling at the ring's end
  const trapline_frame reserved{&e, big.data(), 8, 0};
  EXPECT_EQ(r.publish({&reserved, 1}, {}), TRAPLINE_E_INVALID);
  r.close();
  EXPECT_EQ(put(r, 1), TRAPLINE_E_CLOSED);
}

TEST(ring, moves_a_lag_reader_on_and_tells_it_exactly_what_it_lost) {
  ring r(small_ring);
  auto& reader = r.add_reader(overflow::lag, nullptr);
  constexpr std::uint64_t total = 10'000;
  for (std::uint64_t i = 0; i < total; ++i) ASSERT_EQ(put(r, i), TRAPLINE_OK);
  std::uint64_t seen = 0, lost = 0, expect = 0;
  while (const auto* e = reader.peek()) {
    const auto l = reader.take_loss();
    lost += l.events;
    expect += l.events;
    ASSERT_EQ(value_of(e), expect++);
    ++seen;
    reader.advance();
  }
  EXPECT_GT(lost, 0u);
  EXPECT_EQ(seen + lost, total);
}

TEST(ring, takes_nothing_from_a_lag_reader_for_an_event_that_it_refuses) {
  ring r(small_ring);
  auto& lag = r.add_reader(overflow::lag, nullptr);
  r.add_reader(overflow::gate, nullptr);
  std::uint64_t n = 0;
  while (put(r, n) == TRAPLINE_OK) ++n;
  std::uint64_t seen = 0;
  for (; lag.peek(); lag.advance()) {
    EXPECT_EQ(lag.take_loss().events, 0u);
    ++seen;
  }
  EXPECT_EQ(seen, n);
}

TEST(ring, is_gated_by_the_slowest_gate_reader_only) {
  ring r(small_ring);
  auto& fast = r.add_reader(overflow::gate, nullptr);
  r.add_reader(overflow::lag, nullptr);
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    ASSERT_EQ(put(r, i), TRAPLINE_OK);
    ASSERT_NE(fast.peek(), nullptr);
    fast.advance();
  }
}

// Many producers, one gate reader and one lag reader, a ring that laps a hundred times.
TEST(ring, loses_and_repeats_nothing_under_concurrent_producers) {
  ring r(small_ring);
  auto& gate = r.add_reader(overflow::gate, nullptr);
  auto& lag = r.add_reader(overflow::lag, nullptr);
  constexpr std::uint64_t producers = 3, each = 60'000;
  std::vector<std::thread> threads;
  source_counter numbers[producers + 1];
  for (std::uint64_t p = 1; p <= producers; ++p)
    threads.emplace_back([&, p] {
      for (std::uint64_t i = 0; i < each; ++i)
        while (put(r, i, static_cast<std::uint32_t>(p), &numbers[p]) == TRAPLINE_E_AGAIN) std::this_thread::yield();
    });
  std::atomic<bool> done{false};
  std::uint64_t lag_seen = 0, lag_lost = 0;
  std::thread lag_thread([&] {
    while (true) {
      const bool last = done.load();
      while (const auto* e = lag.peek()) {
        lag_lost += lag.take_loss().events;
        ++lag_seen;
        EXPECT_EQ(e->size, 80u);
        lag.advance();
      }
      if (last) return;
      std::this_thread::yield();
    }
  });
  std::map<std::uint32_t, std::uint64_t> next;
  std::uint64_t seen = 0, last_seq = 0;
  while (seen < producers * each) {
    const auto* e = gate.peek();
    if (!e) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_GT(e->seq, last_seq);
    last_seq = e->seq;
    ASSERT_EQ(value_of(e), next[e->source]);
    ASSERT_EQ(e->source_seq, ++next[e->source]);
    gate.advance();
    ++seen;
  }
  for (auto& t : threads) t.join();
  done = true;
  lag_thread.join();
  EXPECT_EQ(lag_seen + lag_lost, producers * each);
}
