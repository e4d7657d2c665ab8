// An engine without threads of its own that keeps a journal: what is on the disk, and when; the clock; the end.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine_fixture.hpp"
#include "journal/reader.hpp"
#include "journal/run_files.hpp"
#include "journal/verify.hpp"
#include "journal_events.hpp"
#include "support/eventually.hpp"
#include "trapline/abi/market.h"
#include "trapline/sdk/event.hpp"

using nlohmann::json;
using trapline::engine;
namespace journal = trapline::journal;

TRAPLINE_STATIC_PLUGIN(static_tally);

namespace {

constexpr std::int64_t millisecond = 1'000'000, second = 1000 * millisecond;

// No file of this process grows beyond `bytes`: to a journal it looks like a full disk.
class small_files {
 public:
  explicit small_files(rlim_t bytes) {
    before_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &was_);
    const rlimit now{bytes, was_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~small_files() {
    ::setrlimit(RLIMIT_FSIZE, &was_);
    ::signal(SIGXFSZ, before_);
  }
  small_files(const small_files&) = delete;
  small_files& operator=(const small_files&) = delete;

 private:
  rlimit was_{};
  void (*before_)(int) = nullptr;
};

class host_driven_journals : public engine_fixture {
 protected:
  // Time stands still unless a test moves it; the journal's threads ask for it, too.
  trapline::engine_options simulated() {
    auto o = options();
    o.host_driven = true;
    o.now = o.mono = [this] { return time_.load(); };
    return o;
  }
  static void settle(engine& e) {
    while (e.run_once().more) {
    }
  }
  void let_pass(engine& e, std::int64_t ns) {
    const std::int64_t end = time_ + ns;
    for (;;) {
      settle(e);
      const auto next = e.next_deadline();
      if (next > end) break;
      time_ = std::max(next, time_.load());
    }
    time_ = end;
    settle(e);
  }
  std::string folder() const { return dir_.path() + "/run/journal"; }
  std::unique_ptr<journal::reader> read(const std::string& path) const {
    std::string error;
    auto r = journal::reader::open(path, error);
    EXPECT_TRUE(r) << error;
    return r;
  }

  std::atomic<std::int64_t> time_{1'700'000'000 * second};
};

}  // namespace

TEST_F(host_driven_journals, hold_every_event_and_are_the_same_each_time) {
  std::vector<std::string> first;
  for (const std::string name : {"one", "two"}) {
    time_ = 1'700'000'000 * second;
    auto o = simulated();
    o.run_dir = dir_.path() + "/" + name;
    std::vector<std::string> seen;
    engine e(o);
    e.observe("all", {">"},
              [&](const trapline_event& ev) { seen.emplace_back(reinterpret_cast<const char*>(&ev), ev.size); });
    start(e, "journal: {}\nplugins:\n  ticks: {use: ticks, options: {count: 700, burst: 7}}\n  tally: {use: tally}\n");
    let_pass(e, second);
    std::string text;
    e.submit("swap", json{{"instance", "tally"}, {"file", TRAPLINE_BUILD_DIR "/tests/modules/tally.so"}}.dump(),
             [&](bool ok, std::string answer) { text = (ok ? "ok " : "not ") + answer; });
    let_pass(e, second);
    EXPECT_EQ(text.substr(0, 3), "ok ") << text;
    stop(e);
    const auto path = o.run_dir + "/journal";
    const auto r = read(path);
    EXPECT_EQ(r->about().state, journal::run_state::ended);
    EXPECT_EQ(r->about().anchor_utc, 1'700'000'000 * second);
    auto written = events(*r);
    // What is said while the observer is not there, and timers of others, only the journal hears.
    ASSERT_GE(seen.size(), 700u);
    auto at = written.begin();
    for (const auto& event : seen) {
      at = std::find(at, written.end(), event);
      ASSERT_NE(at, written.end());
      ++at;
    }
    const auto v = journal::verify(path);
    EXPECT_TRUE(v.faults.empty()) << all(v.faults);
    if (first.empty()) first = std::move(written);
    else EXPECT_TRUE(first == written);
  }
}

TEST_F(host_driven_journals, name_no_file_for_what_is_part_of_the_program) {
  engine e(simulated());
  e.attach(trapline_entry_of_static_tally);
  start(e, "journal: {}\nplugins:\n  own: {use: tally}\n  ticks: {use: ticks, options: {count: 5, burst: 5}}\n");
  stop(e);
  const auto r = read(folder());
  for (const auto* i : r->instances()) {
    EXPECT_EQ(i->use, i->name == "own" ? "" : "ticks");
    EXPECT_EQ(i->sha256.size(), i->name == "own" ? 0u : 64u);
  }
}

// The host's clock stands still meanwhile, and the lanes are stepped by the swap itself.
TEST_F(host_driven_journals, warm_a_successor_up_with_every_event_once) {
  engine e(simulated());
  start(e,
        "journal: {}\nlanes: {core: {}}\nplugins:\n"
        "  ticks: {use: ticks, lane: core, options: {count: 4000, burst: 10}}\n  x: {use: audit_a, lane: core}\n");
  const auto ask = [&](const char* cmd, const json& args) {
    std::string answer;
    bool came = false, done = false;
    const auto on_answer = [&](bool ok, std::string text) { came = true, done = ok, answer = std::move(text); };
    EXPECT_TRUE(e.submit(cmd, args.dump(), on_answer));
    for (int n = 0; n < 100 && !came; ++n) settle(e);
    EXPECT_TRUE(done) << answer;
    return json::parse(answer, nullptr, false);
  };
  let_pass(e, 100 * millisecond);
  const std::string digest = std::string(TRAPLINE_BUILD_DIR) + "/tests/modules/digest.so";
  const auto swapped = ask("swap", {{"instance", "x"}, {"file", digest}, {"warm_up", "1h"}});
  EXPECT_EQ(swapped["warm_up_events"], e.metric_total("audit_seen_total"));
  let_pass(e, 400 * millisecond);
  const auto seen = ask("debug", {{"instance", "x"}});
  EXPECT_EQ(seen["first"], 0);
  EXPECT_EQ(seen["seen"], 4000);
  EXPECT_EQ(seen["disorder"], 0);
  stop(e);
}

TEST_F(host_driven_journals, are_on_the_disk_in_time_while_the_hosts_clock_stands_still) {
  engine e(simulated());
  start(e, "journal: {sync: 5ms}\nplugins: {tally: {use: tally}}\n");
  ASSERT_EQ(publish(e, e.topic_id("host.trade"), 42), TRAPLINE_OK);
  settle(e);
  const auto r = read(folder());
  bool found = false;
  EXPECT_TRUE(test::eventually([&] {
    for (journal::item what; (what = r->next()) != journal::item::end;)
      if (what == journal::item::event && r->event().type == TRAPLINE_EVENT_TRADE) found = true;
    return found;
  }));
  stop(e);
}

TEST_F(host_driven_journals, of_runs_that_begin_at_the_same_time_stand_in_folders_of_their_own) {
  for (int n = 0; n < 3; ++n) {
    time_ = 1'700'000'000 * second;
    engine e(simulated());
    start(e, "journal: {}\nplugins: {tally: {use: tally}}\n");
    stop(e);
  }
  EXPECT_EQ(journal::runs_of(folder()).size(), 3u);
}

TEST_F(host_driven_journals, are_kept_by_the_machines_clock_whatever_the_hosts_says) {
  {
    engine e(options());
    start(e, "journal: {}\nplugins: {tally: {use: tally}}\n");
    stop(e);
  }
  const auto real = journal::runs_of(folder());
  ASSERT_EQ(real.size(), 1u);
  time_ = 4'000'000'000 * second;  // the year 2096
  {
    engine e(simulated());
    start(e, "journal: {keep_age: 1h}\nplugins: {ticks: {use: ticks, options: {count: 10, burst: 10}}}\n");
    let_pass(e, second);
    // Retention has looked when its thread has gone.
    stop(e);
  }
  EXPECT_EQ(journal::runs_of(folder()).size(), 2u);
  EXPECT_EQ(journal::segments_of(folder() + "/" + real[0]).size(), 1u);
}

TEST_F(host_driven_journals, that_cannot_be_written_any_more_wake_the_host_and_halt_the_engine) {
  std::atomic<int> wakes{0};
  auto o = simulated();
  o.wake = [&] { ++wakes; };
  engine e(o);
  start(e, "journal: {sync: 5ms}\nplugins: {tally: {use: tally}}\n");
  const auto topic = e.topic_id("host.trade");
  settle(e);
  wakes = 0;
  std::uint64_t published = 0;
  {
    const small_files full(150'000);
    for (int n = 0; n < 4'000; ++n)
      if (publish(e, topic, n) == TRAPLINE_OK) ++published;
    // As a host does: asleep until it is woken, and nobody publishes any more.
    EXPECT_TRUE(test::eventually([&] {
      if (wakes.exchange(0) > 0) settle(e);
      return e.stop_requested() != trapline::stop_cause::none && wakes == 0;
    }));
    EXPECT_EQ(e.stop_requested(), trapline::stop_cause::journal);
    EXPECT_EQ(json::parse(e.health_json())["stop"], "journal");
    EXPECT_NE(e.stop_reason().find("File too large"), std::string::npos) << e.stop_reason();
    std::string what;
    e.stop(true, what);
  }
  ASSERT_EQ(published, 4'000u);
  const auto r = read(folder());
  EXPECT_EQ(r->about().state, journal::run_state::halted);
  std::uint64_t trades = 0, lost = 0;
  for (journal::item what; (what = r->next()) != journal::item::end;) {
    if (what == journal::item::event && r->event().type == TRAPLINE_EVENT_TRADE) ++trades;
    lost += what == journal::item::loss;
  }
  EXPECT_LT(trades, published);
  EXPECT_EQ(lost, 1u);
  // Every event is either there or counted, those included that waited for the disk.
  EXPECT_GE(trades + r->about().lost_events, published);
  EXPECT_EQ(r->about().lost_events, e.metric_total("journal_lost_events_total"));
  const auto v = journal::verify(folder());
  EXPECT_TRUE(v.faults.empty()) << all(v.faults);
}

TEST_F(host_driven_journals, that_cannot_be_begun_leave_nothing_behind_and_say_why) {
  {
    engine e(simulated());
    ASSERT_TRUE(e.load_text(engine_section() + "journal: {}\nplugins: {tally: {use: tally}}\n", "t.yaml").empty());
    const small_files full(64 << 10);  // less than what is kept in reserve
    std::string error;
    EXPECT_FALSE(e.start(error));
    EXPECT_NE(error.find("File too large"), std::string::npos) << error;
    EXPECT_EQ(json::parse(e.health_json())["stop"], "journal");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder()));
  // A way that leads nowhere is named with the reason that it was refused for.
  engine e(simulated());
  ASSERT_TRUE(
      e.load_text(engine_section() + "journal: {dir: /proc/self/fdinfo}\nplugins: {tally: {use: tally}}\n", "t.yaml")
          .empty());
  std::string error;
  EXPECT_FALSE(e.start(error));
  EXPECT_NE(error.find("cannot create /proc/self/fdinfo/"), std::string::npos) << error;
}
