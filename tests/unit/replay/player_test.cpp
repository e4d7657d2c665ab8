#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "studio.hpp"

namespace {

using test::film;
using test::scene;
using test::verdict;
using testing::ElementsAre;
using testing::HasSubstr;
namespace journal = trapline::journal;
namespace replay = trapline::replay;
using journal::phase;

void trades(scene& s, int n) {
  for (int i = 0; i < n; ++i) s.trade(100 + i);
}

TEST(replaying, an_instance_says_the_same_again) {
  scene s;
  s.begin(2);
  trades(s, 30);
  s.end(2);
  const auto tape = film(s);
  for (int n = 0; n < 2; ++n) {
    const verdict v(tape);
    EXPECT_TRUE(v.identical) << testing::PrintToString(v.texts);
    EXPECT_TRUE(v.complete);
    EXPECT_EQ(v.same, 10u);
  }
}

TEST(replaying, an_instance_gets_events_from_its_place_in_the_order_on) {
  scene s;
  trades(s, 5);
  s.begin(2);
  trades(s, 6);
  s.end(2);
  trades(s, 5);
  EXPECT_EQ(verdict(film(s)).same, 2u);
}

TEST(replaying, what_one_hears_of_another_is_what_was_recorded) {
  scene s;
  s.begin(2);
  s.begin(6);
  trades(s, 9);
  s.end(6);
  s.end(2);
  const verdict v(film(s, 2));
  EXPECT_TRUE(v.identical) << testing::PrintToString(v.texts);
  EXPECT_EQ(v.same, 10u) << "each counts three times and hears the other twice: the third time it has ended";
}

TEST(replaying, timers_come_as_recorded) {
  scene s;
  s.begin(2);
  const auto due = s.time() + 1'000;
  trades(s, 4);
  s.expiry(2, 1, 7, due);
  trades(s, 4);
  s.expiry(2, 1, 7, due + 3'000);  // two were skipped
  s.end(2);
  const verdict v(film(s));
  EXPECT_TRUE(v.identical) << testing::PrintToString(v.texts);
  EXPECT_EQ(v.same, 4u);
}

TEST(replaying, an_expiry_of_a_timer_that_is_not_set_is_a_difference) {
  for (const auto& [number, cookie, due_in, text] :
       {std::tuple{2u, 7u, 1'000, "has not set such a timer"}, std::tuple{1u, 8u, 1'000, "has set it otherwise"},
        std::tuple{1u, 7u, 1'001, "has set it otherwise"}}) {
    scene s;
    s.begin(2);
    const auto due = s.time() + due_in;
    trades(s, 4);
    s.expiry(2, number, cookie, due);
    s.end(2);
    const verdict v(film(s));
    EXPECT_FALSE(v.identical);
    EXPECT_THAT(v.texts, ElementsAre(HasSubstr(text)));
  }
}

std::shared_ptr<const journal::carried_state> count_of(std::uint64_t n) {
  auto out = std::make_shared<journal::carried_state>();
  out->format = "test/count";
  out->version = 1;
  out->bytes.assign(reinterpret_cast<const char*>(&n), sizeof n);
  return out;
}

TEST(replaying, a_successor_begins_with_what_it_was_given_and_where) {
  scene s;
  s.begin(2);
  trades(s, 4);
  s.step(phase::started, 3, 1, 2, count_of(4));
  s.end(2);
  trades(s, 2);  // the sixth is a third one
  s.step(phase::started, 4, 1, 3);
  s.end(3);
  trades(s, 2);  // of a count that began anew
  s.end(4);
  const verdict v(film(s, 2));
  EXPECT_TRUE(v.identical) << testing::PrintToString(v.texts);
  EXPECT_EQ(v.same, 3u) << "two counts, and the third heard what the second said last";
}

TEST(replaying, another_state_than_the_recorded_one_is_a_difference) {
  scene s;
  s.begin(2);
  trades(s, 4);
  s.step(phase::started, 3, 1, 2, count_of(5));
  s.end(2);
  trades(s, 2);
  s.end(3);
  const verdict v(film(s));
  EXPECT_THAT(v.texts, ElementsAre(HasSubstr("8 bytes recorded, 8 in the replay, the first difference at byte 0")));
}

TEST(replaying, a_fault_and_a_restart_come_again) {
  scene s;
  s.begin(2);
  trades(s, 4);
  s.trade(666);
  s.step(phase::ended, 2, 1, 0, nullptr, "faulted");
  trades(s, 3);
  s.step(phase::started, 2, 2);
  trades(s, 4);
  s.end(2);
  const verdict v(film(s));
  EXPECT_TRUE(v.identical) << testing::PrintToString(v.texts);
  EXPECT_EQ(v.same, 2u);
  EXPECT_TRUE(v.notes.empty());
}

TEST(replaying, a_fault_of_the_replay_alone_is_a_difference_and_one_of_the_recording_alone_is_told) {
  scene s;
  s.begin(2);
  s.trade(666);
  s.end(2);
  EXPECT_THAT(verdict(film(s)).texts, ElementsAre(HasSubstr("cannot bear this price")));
  scene t;
  t.begin(2);
  trades(t, 3);
  t.end(2, "faulted");
  const verdict v(film(t));
  EXPECT_TRUE(v.identical);
  EXPECT_THAT(v.notes, ElementsAre(HasSubstr("does not in the replay")));
}

TEST(replaying, what_is_said_while_draining_is_compared) {
  scene s;
  s.begin(2);
  trades(s, 4);
  s.step(phase::draining, 2);
  s.end(2);
  const verdict v(film(s));
  EXPECT_TRUE(v.identical) << testing::PrintToString(v.texts);
  EXPECT_EQ(v.same, 2u);
}

TEST(replaying, what_a_lane_was_lapped_by_does_not_come_and_is_announced) {
  scene s;
  s.begin(2);
  trades(s, 2);
  trades(s, 3);
  s.lapse(3);
  trades(s, 2);
  s.end(2);
  const auto tape = film(s);
  test::listener l;
  test::play(*test::open(tape), l);
  std::vector<std::uint64_t> numbers;
  for (const auto& [cause, events] : l.said)
    for (const auto& e : events) {
      std::uint64_t n = 0;
      std::memcpy(&n, &*e + 1, sizeof n);
      numbers.push_back(n);
      if (n > 2'000'000) {
        EXPECT_EQ(cause, 401u) << "the last that was lost";
      }
    }
  EXPECT_THAT(numbers, ElementsAre(2'000'003, 3)) << "the gap, and then the third trade";
  const verdict v(tape);
  EXPECT_TRUE(v.identical) << testing::PrintToString(v.texts);
  EXPECT_EQ(v.same, 2u);
}

TEST(replaying, nothing_is_compared_of_who_began_before_the_recording_does) {
  scene s(5'001);
  s.begin(2);
  trades(s, 6);
  s.begin(6);
  trades(s, 3);
  s.end(6);
  s.end(2);
  const verdict v(film(s, 2));
  EXPECT_TRUE(v.identical) << testing::PrintToString(v.texts);
  EXPECT_FALSE(v.complete);
  EXPECT_THAT(v.notes, ElementsAre(HasSubstr("lost its beginning")));
  EXPECT_GT(v.same, 0u) << "the second began later";
}

TEST(replaying, nothing_is_compared_after_a_lane_has_conflated) {
  scene s;
  s.begin(2);
  trades(s, 6);
  s.lapse(1, true);
  trades(s, 6);
  s.end(2);
  const verdict v(film(s));
  EXPECT_TRUE(v.identical);
  EXPECT_FALSE(v.complete);
  EXPECT_THAT(v.notes, ElementsAre(HasSubstr("conflated")));
}

TEST(replaying, another_plugin_plays_throughout_and_its_timers_are_due_by_the_events_time) {
  scene s;
  s.begin(2);
  const auto begin = s.time();
  trades(s, 4);
  s.step(phase::started, 3, 1, 2);
  s.end(2);
  trades(s, 2);
  s.pass(2'000);  // two periods of its timer, which nobody recorded, and one before
  trades(s, 3);
  s.end(3);
  test::listener l;
  test::play(*test::open(film(s, 2)), l, [](const journal::instance_info& i) {
    auto p = test::counter_parts(i);
    p.another = true;
    return p;
  });
  std::vector<std::uint64_t> counts;
  std::size_t timers = 0;
  for (const auto& [cause, events] : l.said)
    for (const auto& e : events) {
      std::uint64_t n = 0;
      std::memcpy(&n, &*e + 1, sizeof n);
      if (n < 1'000'000) counts.push_back(n);
      else ++timers;
    }
  EXPECT_THAT(counts, ElementsAre(3, 6, 9)) << "one count through the swap, deaf to what the recorded ones said";
  EXPECT_EQ(timers, static_cast<std::size_t>((s.time() - begin) / 1'000));
}

// ---------------------------------------------------------------- differences

// As the counter, but wrong from the given count on.
template <int From, bool Silent>
class wrong_counter : public trapline::sdk::plugin<wrong_counter<From, Silent>> {
  using base = trapline::sdk::plugin<wrong_counter<From, Silent>>;

 public:
  static constexpr auto info = trapline::sdk::plugin_info{
      .id = "counter", .version = "1.0.1", .summary = "counts", .flags = TRAPLINE_PLUGIN_DETERMINISTIC};
  explicit wrong_counter(const trapline_host* h) : base(h) {}
  void start() {
    out_ = this->host().topic("sig.count");
    this->host().subscribe("md.trade.>");
  }
  void on(const trapline_event& e, const trapline_trade&) {
    ++count_;
    if (count_ % 3 != 0 && count_ != From) return;
    if (Silent && count_ == From) return;
    trapline_event out = trapline::sdk::make_event(TRAPLINE_EVENT_SIGNAL, out_, 0, e.ts_event, 0);
    out.space = 9;
    this->host().publish(out, count_ + (count_ == From && From % 3 == 0 ? 100u : 0u));
  }

 private:
  std::uint32_t out_ = 0;
  std::uint64_t count_ = 0;
};

template <class Plugin>
replay::player::parts parts_of(const journal::instance_info&) {
  return {std::make_shared<const trapline::plugin::image>(Plugin::entry()), {"{}", {}}, false};
}

TEST(replaying, a_changed_a_missing_and_an_additional_event_are_told_apart) {
  scene s;
  s.begin(2);
  trades(s, 12);
  s.end(2);
  const auto tape = film(s);
  const verdict changed(tape, parts_of<wrong_counter<6, false>>), gone(tape, parts_of<wrong_counter<6, true>>),
      added(tape, parts_of<wrong_counter<4, false>>);
  EXPECT_THAT(changed.texts, ElementsAre("count: its payload differs"));
  EXPECT_EQ(changed.same, 1u);
  EXPECT_THAT(gone.texts, ElementsAre("count: the replay does not publish this event"));
  EXPECT_THAT(added.texts, ElementsAre("count: the replay publishes an event that is not recorded"));
}

TEST(replaying, the_end_of_a_cut_recording_is_not_held_against_the_replay) {
  scene s;
  s.begin(2);
  trades(s, 12);
  journal::tape t;
  s.write(t, {});
  const verdict cut(t.finish(journal::run_state::recovered));
  EXPECT_TRUE(cut.identical) << "nobody knows what came after the last event";
  EXPECT_EQ(cut.unjudged, 4u);
  journal::tape u;
  s.write(u, {});
  EXPECT_FALSE(verdict(u.finish()).identical) << "the run ended, and said nothing";
}

}  // namespace
