// What is written comes back; what is damaged is told and costs no more than it must.
#include "journal/tape.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "journal/reader.hpp"
#include "some_events.hpp"

namespace {

using namespace trapline::journal;
using test::all_of;
using test::an_event;
using lines = std::vector<std::string>;

instance_info someone(std::uint32_t id, const std::string& name) {
  instance_info i;
  i.id = id;
  i.name = name;
  return i;
}

instance_step step(phase what, std::uint32_t id, std::uint64_t after) {
  instance_step s;
  s.what = what;
  s.id = id;
  s.after_seq = after;
  return s;
}

TEST(a_tape, gives_back_what_was_put_on_it) {
  tape t;
  EXPECT_EQ(t.topic("md.trade.x"), 1u);
  EXPECT_EQ(t.topic("md.book.x"), 2u);
  EXPECT_EQ(t.topic("md.trade.x"), 1u);
  EXPECT_EQ(t.instrument("bitget", "BTCUSDT"), 1u);
  t.add(someone(1, "feed"));
  const an_event a(1), b(3, 0), c(4, 60'000);
  for (const auto* e : {&a, &b, &c}) t.put(e->get());
  const auto r = t.read();
  EXPECT_EQ(r->topic(2), "md.book.x");
  EXPECT_EQ(r->topic(3), "");
  EXPECT_EQ(r->instrument(1)->symbol, "BTCUSDT");
  EXPECT_EQ(r->instance(1)->name, "feed");
  EXPECT_EQ(r->instance(0), nullptr);
  for (const auto* e : {&a, &b, &c}) {
    ASSERT_EQ(r->next(), item::event);
    EXPECT_EQ(test::bytes_of(r->event()), test::bytes_of(e->get()));
  }
  EXPECT_EQ(r->next(), item::end);
  EXPECT_EQ(r->about().state, run_state::ended);
  EXPECT_EQ(r->about().complete_to, 4u);
}

TEST(a_step, comes_at_its_place_wherever_it_was_written) {
  tape t;
  t.add(someone(1, "a"));
  for (std::uint64_t n = 1; n <= 10; ++n) t.put(an_event(n).get());
  t.put(step(phase::ended, 1, 7));
  t.put(step(phase::started, 1, 0));
  t.add(someone(2, "a"));
  t.put(step(phase::started, 2, 7));
  t.put(step(phase::ended, 2, 10));
  EXPECT_EQ(all_of(*t.read()), (lines{"started 1", "event 1", "event 2", "event 3", "event 4", "event 5", "event 6",
                                      "event 7", "ended 1", "started 2", "event 8", "event 9", "event 10", "ended 2"}));
}

// Segments and blocks of the least size, so that there are many.
tape small() { return tape({}, 400, 2'000); }

TEST(a_reader, goes_to_a_place) {
  auto t = small();
  t.add(someone(1, "a"));
  t.put(step(phase::started, 1, 0));
  for (std::uint64_t n = 1; n <= 100; ++n) t.put(an_event(n * 2).get());
  t.put(step(phase::ended, 1, 150));
  const auto r = t.read();
  ASSERT_TRUE(r->seek_seq(149));
  EXPECT_EQ(r->next(), item::event);
  EXPECT_EQ(r->event().seq, 150u);
  EXPECT_EQ(r->next(), item::step);
  ASSERT_TRUE(r->seek_time(1'000'000 + 20));
  EXPECT_EQ(r->next(), item::event);
  EXPECT_EQ(r->event().seq, 20u);
  EXPECT_FALSE(r->seek_seq(201));
  EXPECT_EQ(r->next(), item::end);
  ASSERT_TRUE(r->seek_seq(0));
  EXPECT_EQ(all_of(*r).size(), 101u);  // the first step is before the first event
  EXPECT_EQ(r->steps().size(), 2u);
}

RC_GTEST_PROP(a_tape, keeps_any_events, ()) {
  const auto sizes = *rc::gen::container<std::vector<std::size_t>>(rc::gen::weightedOneOf<std::size_t>(
      {{9, rc::gen::inRange<std::size_t>(0, 500)}, {1, rc::gen::inRange<std::size_t>(0, 65'400)}}));
  tape t({}, *rc::gen::inRange<std::size_t>(100, 5'000), *rc::gen::inRange<std::uint64_t>(500, 50'000));
  t.topic("a.b");
  std::vector<std::string> in;
  std::uint64_t seq = 0;
  for (const auto size : sizes) {
    const an_event e(seq += *rc::gen::inRange(1, 9), size, *rc::gen::inRange(1, 1'000'000));
    t.put(e.get());
    in.push_back(test::bytes_of(e.get()));
  }
  const auto r = t.read();
  for (const auto& bytes : in) {
    RC_ASSERT(r->next() == item::event);
    RC_ASSERT(test::bytes_of(r->event()) == bytes);
  }
  RC_ASSERT(r->next() == item::end);
}

// Whatever happens to the bytes, what is handed out was written, in order, and all of it before the damage.
RC_GTEST_PROP(damage, costs_no_more_than_what_stands_behind_it, ()) {
  tape t({}, *rc::gen::inRange<std::size_t>(100, 2'000), *rc::gen::inRange<std::uint64_t>(2'000, 20'000));
  t.topic("a.b");
  const std::uint64_t count = *rc::gen::inRange<std::uint64_t>(1, 200);
  for (std::uint64_t n = 1; n <= count; ++n) t.put(an_event(n, *rc::gen::inRange<std::size_t>(0, 200)).get());
  auto image = t.finish();
  const bool closed = *rc::gen::arbitrary<bool>();
  auto& last = image.segments.back();
  const std::string whole_run = [&] {
    std::string all;
    for (const auto& s : image.segments) all += s;
    return all;
  }();
  const auto which = *rc::gen::inRange<std::size_t>(0, image.segments.size());
  const auto at = *rc::gen::inRange<std::size_t>(0, image.segments[which].size());
  if (closed) image.segments[which][at] = static_cast<char>(image.segments[which][at] ^ (1 << *rc::gen::inRange(0, 8)));
  else last.resize(*rc::gen::inRange<std::size_t>(0, last.size()));

  std::string error;
  const auto r = reader::open(std::move(image), error);
  RC_ASSERT(r != nullptr);
  std::uint64_t before = 0, events = 0;
  bool told = false;
  for (item what; (what = r->next()) != item::end;) {
    if (what == item::loss) told = true;
    if (what != item::event) continue;
    ++events;
    RC_ASSERT(r->event().seq > before);
    RC_ASSERT(whole_run.find(test::bytes_of(r->event())) != std::string::npos);
    before = r->event().seq;
  }
  // Behind a cut there is nothing; a flipped bit is told if it cost an event in the middle.
  RC_ASSERT(events == before || told);
}

}  // namespace
