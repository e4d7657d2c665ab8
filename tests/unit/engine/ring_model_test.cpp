// The ring against a model that anybody can check by eye: a list of all events, and for each reader a position in it.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <thread>
#include <vector>

#include "bus/ring.hpp"

using trapline::bus::loss;
using trapline::bus::overflow;
using trapline::bus::ring;
using trapline::bus::source_counter;

namespace {

constexpr std::size_t ring_bytes = 256 * 1024;
constexpr std::size_t topics = 3;

struct model_event {
  std::uint64_t id;
  std::uint32_t topic;
  std::size_t words;  // of payload, all equal to the id
};

// One ring, one reader of the policy under test.
class system_under_test {
 public:
  explicit system_under_test(overflow policy) : policy_(policy), reader_(ring_.add_reader(policy, nullptr, 1 << 20)) {}

  void publish(std::size_t count, std::size_t words, std::uint32_t topic) {
    std::vector<trapline_event> heads(count);
    std::vector<std::vector<std::uint64_t>> payloads;
    std::vector<trapline_frame> frames;
    for (std::size_t i = 0; i < count; ++i) {
      heads[i].type = TRAPLINE_EVENT_TRADE;
      heads[i].topic = topic;
      payloads.emplace_back(words, all_.size() + i);
      frames.push_back({&heads[i], payloads[i].data(), static_cast<std::uint32_t>(words * 8), 0});
    }
    const auto s = ring_.publish(frames, {1, &numbers_, true, 7, 42});
    if (s == TRAPLINE_E_AGAIN) {
      RC_ASSERT(policy_ == overflow::gate);  // only a gate refuses,
      std::size_t waiting = 0;
      for (std::uint64_t k = next_; k < all_.size(); ++k) waiting += sizeof(trapline_event) + all_[k].words * 8;
      RC_ASSERT(waiting > ring_bytes / 4);  // and not a ring that has room
      return;
    }
    RC_ASSERT(s == TRAPLINE_OK);
    for (std::size_t i = 0; i < count; ++i) all_.push_back({all_.size(), topic, words});
  }

  void read(std::size_t most) {
    for (std::size_t n = 0; n < most; ++n) {
      const trapline_event* e = reader_.peek();
      if (!e) {
        RC_ASSERT(next_ == all_.size());  // nothing is held back
        return;
      }
      const auto* words = reinterpret_cast<const std::uint64_t*>(e + 1);
      const std::uint64_t id = words[0];
      const loss lost = reader_.take_loss();
      RC_ASSERT(id >= next_ && id < all_.size());
      const std::uint64_t skipped = id - next_;
      if (policy_ == overflow::gate) RC_ASSERT(skipped == 0u && lost.events == 0u);
      if (policy_ == overflow::lag) RC_ASSERT(skipped == lost.events);
      if (policy_ == overflow::conflate) {
        RC_ASSERT(lost.events == 0u);
        // What was skipped has a later one of its kind, or comes never more; and this one says that it stands for
        // others.
        for (std::uint64_t k = next_; k < id; ++k) RC_ASSERT(superseded(k));
        if ((e->flags & TRAPLINE_FLAG_CONFLATED) != 0) RC_ASSERT(dropped_of_[e->topic] > 0u || skipped > 0u);
        skipped_ += skipped;
      }
      const model_event& m = all_[id];
      RC_ASSERT(e->topic == m.topic && e->source_seq == id + 1 && e->cause == 7u && e->ts_recv == 42);
      RC_ASSERT(e->size == sizeof *e + m.words * 8);
      for (std::size_t w = 0; w < m.words; ++w) RC_ASSERT(words[w] == id);
      RC_ASSERT(e->seq > last_seq_);
      last_seq_ = e->seq;
      for (std::uint64_t k = next_; k < id; ++k) ++dropped_of_[all_[k].topic];
      next_ = id + 1;
      reader_.advance();
    }
  }

  // In the end everything is told: read, lost, or conflated.
  void finish() {
    read(all_.size() + 1);
    RC_ASSERT(next_ == all_.size());
    if (policy_ == overflow::conflate) RC_ASSERT(reader_.conflated() == skipped_);
  }

 private:
  bool superseded(std::uint64_t id) const {
    return std::any_of(all_.begin() + static_cast<std::ptrdiff_t>(id) + 1, all_.end(),
                       [&](const model_event& e) { return e.topic == all_[id].topic; });
  }

  ring ring_{ring_bytes};
  overflow policy_;
  ring::reader& reader_;
  source_counter numbers_;
  std::vector<model_event> all_;
  std::uint64_t next_ = 0, last_seq_ = 0, skipped_ = 0;
  std::map<std::uint32_t, std::uint64_t> dropped_of_;
};

// Few long bursts, so that the ring fills and wraps; small and large payloads, so that the end is met at odd places.
void run_against_the_model(overflow policy) {
  system_under_test s(policy);
  const auto steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    if (*rc::gen::weightedElement<bool>({{2, true}, {1, false}})) {
      const auto words = *rc::gen::oneOf(rc::gen::inRange<std::size_t>(1, 20), rc::gen::inRange<std::size_t>(1, 4000));
      const auto topic = *rc::gen::inRange<std::uint32_t>(1, topics + 1);
      const auto count =
          std::min<std::size_t>(*rc::gen::inRange<std::size_t>(1, 200), ring_bytes / 4 / (words * 8 + 128));
      s.publish(std::max<std::size_t>(count, 1), words, topic);
    } else {
      s.read(*rc::gen::inRange<std::size_t>(1, 400));
    }
  }
  s.finish();
}

}  // namespace

RC_GTEST_PROP(ring_model, a_gate_reader_gets_every_event_in_order, ()) { run_against_the_model(overflow::gate); }
RC_GTEST_PROP(ring_model, a_lag_reader_gets_what_it_was_not_told_to_have_lost, ()) {
  run_against_the_model(overflow::lag);
}
RC_GTEST_PROP(ring_model, a_conflate_reader_gets_the_latest_of_each_kind, ()) {
  run_against_the_model(overflow::conflate);
}

// A ring that laps hundreds of times, several threads of one source, one reader of each policy, the slow ones slow.
TEST(ring_stress, every_policy_keeps_its_word_under_many_producers_and_slow_readers) {
  ring r(ring_bytes);
  auto& gate = r.add_reader(overflow::gate, nullptr);
  auto& lag = r.add_reader(overflow::lag, nullptr);
  auto& conflate = r.add_reader(overflow::conflate, nullptr, 1 << 20);
  constexpr std::uint64_t producers = 4, each = 30'000, total = producers * each;
  source_counter numbers;  // one source for all threads: its numbers must follow the order of the bus
  std::atomic<bool> done{false};

  std::vector<std::thread> threads;
  for (std::uint64_t p = 0; p < producers; ++p)
    threads.emplace_back([&, p] {
      std::uint64_t payload[2] = {0, p};
      trapline_event head{};
      head.type = TRAPLINE_EVENT_TRADE;
      head.topic = static_cast<std::uint32_t>(p + 1);
      const trapline_frame f{&head, payload, sizeof payload, 0};
      for (; payload[0] < each; ++payload[0])
        while (r.publish({&f, 1}, {1, &numbers, p == 0, 0, 1}) == TRAPLINE_E_AGAIN) std::this_thread::yield();
    });

  std::uint64_t lag_seen = 0, lag_lost = 0;
  std::thread lag_thread([&] {
    for (bool last = false; !last;) {
      last = done.load();
      while (const auto* e = lag.peek()) {
        lag_lost += lag.take_loss().events;
        if (++lag_seen % 1000 == 0) std::this_thread::yield();
        EXPECT_EQ(e->size, 80u);
        lag.advance();
      }
    }
  });
  std::uint64_t conflate_seen = 0;
  std::map<std::uint32_t, std::uint64_t> newest;
  std::thread conflate_thread([&] {
    std::uint64_t seq = 0;
    for (bool last = false; !last;) {
      last = done.load();
      while (const auto* e = conflate.peek()) {
        EXPECT_GT(e->seq, seq);
        seq = e->seq;
        newest[e->topic] = *reinterpret_cast<const std::uint64_t*>(e + 1);
        EXPECT_EQ(conflate.take_loss().events, 0u);
        if (++conflate_seen % 100 == 0) std::this_thread::yield();
        conflate.advance();
      }
    }
  });

  std::map<std::uint32_t, std::uint64_t> next;
  for (std::uint64_t seen = 0; seen < total;) {
    const auto* e = gate.peek();
    if (!e) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(e->source_seq, ++seen);
    ASSERT_EQ(*reinterpret_cast<const std::uint64_t*>(e + 1), next[e->topic]++);
    gate.advance();
  }
  for (auto& t : threads) t.join();
  done = true;
  lag_thread.join();
  conflate_thread.join();
  EXPECT_EQ(lag_seen + lag_lost, total);
  EXPECT_EQ(conflate_seen + conflate.conflated(), total);
  for (std::uint32_t t = 1; t <= producers; ++t) EXPECT_EQ(newest[t], each - 1) << t;
}

// The owner takes numbers by plain stores while others, all at once, become sharers.
TEST(source_counter, numbers_stay_dense_while_the_owner_and_several_others_take_them) {
  for (int round = 0; round < 200; ++round) {
    source_counter c;
    constexpr std::uint64_t each = 300;
    std::atomic<int> ready{0};
    std::vector<std::vector<std::uint64_t>> got(4);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < got.size(); ++t)
      threads.emplace_back([&, t] {
        ++ready;
        while (ready < 4) std::this_thread::yield();
        for (std::uint64_t i = 0; i < each; ++i) got[t].push_back(c.take(t == 0, [] { return 1; }));
      });
    for (auto& t : threads) t.join();
    std::vector<std::uint64_t> all;
    for (const auto& g : got) all.insert(all.end(), g.begin(), g.end());
    std::sort(all.begin(), all.end());
    for (std::uint64_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], i + 1);
  }
}
