#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "replay/signal_report.hpp"
#include "replay/text.hpp"
#include "time/utc.hpp"
#include "trapline/sdk/host.hpp"
#include "trapline/sdk/text.hpp"

namespace {

using namespace trapline;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t second = 1'000'000'000;
const replay::role traps{3, "traps", "trap_detector 0.1.0"};

replay::event_copy signal(std::uint16_t pattern, std::int64_t ts, double probability, const char* id = "a") {
  struct {
    trapline_event head;
    trapline_signal signal;
    trapline_evidence evidence;
  } e{};
  e.head = sdk::make_event(TRAPLINE_EVENT_SIGNAL, 1, 1, ts, ts);
  e.head.size = sizeof e;
  e.head.seq = 77;
  e.head.cause = 70;
  sdk::assign(e.signal.id, id);
  e.signal.pattern = pattern;
  e.signal.stage = TRAPLINE_STAGE_DETECTED;
  e.signal.probability = probability;
  e.signal.evidence_count = 1;
  sdk::assign(e.evidence.name, "overshoot_sigma");
  e.evidence.value = 2.5;
  return replay::event_copy(e.head);
}

TEST(signal_report, pairs_signals_by_what_they_say_and_when) {
  replay::signal_report r(0, 1'000 * second);
  const auto stop_hunt = TRAPLINE_PATTERN_STOP_HUNT, spoofing = TRAPLINE_PATTERN_SPOOFING;
  r.recorded(traps, *signal(stop_hunt, 10 * second, 0.7));
  r.recorded(traps, *signal(stop_hunt, 20 * second, 0.7));
  r.recorded(traps, *signal(spoofing, 30 * second, 0.7));
  r.recorded(traps, *signal(spoofing, 2'000 * second, 0.7));                 // not in the window
  r.published(traps, *signal(stop_hunt, 10 * second, 0.7, "another name"));  // the same
  r.published(traps, *signal(stop_hunt, 20 * second + 1, 0.8));              // changed
  r.published(traps, *signal(spoofing, 40 * second, 0.7));                   // gone at 30, added at 40
  const auto tables = r.tables([](const void*, std::uint32_t) { return std::string_view("BTCUSDT"); }, nullptr);
  ASSERT_EQ(tables.size(), 1u);
  const auto& all = tables[0].total;
  EXPECT_EQ(all.recorded, 3u);
  EXPECT_EQ(all.replayed, 3u);
  EXPECT_EQ(all.same, 1u);
  EXPECT_EQ(all.changed, 1u);
  EXPECT_EQ(all.gone, 1u);
  EXPECT_EQ(all.added, 1u);
  EXPECT_EQ(tables[0].by_pattern[spoofing].gone, 1u);
  const auto text = render(tables);
  EXPECT_THAT(text, HasSubstr("gone    1970-01-01T00:00:30.000000000Z BTCUSDT spoofing"));
  EXPECT_THAT(text, HasSubstr("now p=0.8000"));
  EXPECT_THAT(text, HasSubstr("added   1970-01-01T00:00:40"));
}

TEST(difference_text, marks_the_fields_that_differ_and_no_others) {
  const replay::difference d{traps, 70, "its payload differs", signal(1, 5 * second, 0.25), signal(1, 5 * second, 0.5)};
  const auto text = replay::render(d, "sig.trap.BTCUSDT", "BTCUSDT");
  EXPECT_THAT(text, HasSubstr("traps (trap_detector 0.1.0, source 3): its payload differs"));
  EXPECT_THAT(text, HasSubstr("recorded as event 77 on sig.trap.BTCUSDT, BTCUSDT"));
  EXPECT_THAT(text, HasSubstr("! probability                   0.25  ->  0.5"));
  EXPECT_THAT(text, HasSubstr("  evidence overshoot_sigma      2.5 (contributes 0)"));
  EXPECT_THAT(text, Not(HasSubstr("! confidence")));
  EXPECT_THAT(text, HasSubstr("cause                         event 70"));
}

TEST(difference_text, shows_bytes_where_no_field_differs) {
  auto a = signal(1, 5 * second, 0.25), b = a;
  const_cast<char*>(reinterpret_cast<const char*>(&*b))[sizeof(trapline_event) + 60] = 'x';  // behind the id's end
  const auto text = replay::render({traps, 70, "its payload differs", a, b}, "t", "");
  EXPECT_THAT(text, HasSubstr("! payload byte 56"));
  EXPECT_THAT(text, Not(HasSubstr("! payload byte 64")));
}

TEST(times, are_read_as_they_are_written) {
  const std::int64_t t = 1'795'430'892'123'456'789;
  EXPECT_EQ(trapline::time::utc_text(t), "2026-11-23T10:48:12.123456789Z");
  EXPECT_EQ(replay::read_time(trapline::time::utc_text(t), 0), t);
  EXPECT_EQ(replay::read_time("2026-11-23T10:48:12Z", 0), t / second * second);
  EXPECT_EQ(replay::read_time("2026-11-23T10:48:12.5Z", 0), t / second * second + second / 2);
  EXPECT_EQ(replay::read_time("2026-11-23 10:48:12", 0), t / second * second);
  EXPECT_EQ(replay::read_time("1795430892123456789", 0), t);
  EXPECT_EQ(replay::read_time("+90s", 10), 10 + 90 * second);
  EXPECT_EQ(trapline::time::utc_text(-1), "1969-12-31T23:59:59.999999999Z");
  for (const char* wrong : {"", "yesterday", "+", "+90", "2026-11-23", "2026-11-23T10:48:12+01:00", "12x"})
    EXPECT_FALSE(replay::read_time(wrong, 0)) << wrong;
}

}  // namespace
