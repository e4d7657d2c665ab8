// What a running engine writes into its journal.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>

#include "engine_fixture.hpp"
#include "journal/reader.hpp"
#include "journal/run_files.hpp"
#include "journal/verify.hpp"
#include "journal_events.hpp"
#include "support/effort.hpp"
#include "support/eventually.hpp"
#include "trapline/sdk/event.hpp"

using nlohmann::json;
using trapline::engine;
namespace journal = trapline::journal;

namespace {

class journals : public engine_fixture {
 protected:
  static std::string under_ticks(int count, const std::string& more = {}) {
    return "lanes: {core: {}}\njournal: {sync: 5ms, segment_size: 1MiB" + more +
           "}\nplugins:\n  ticks: {use: ticks, lane: core, options: {count: " + std::to_string(count) +
           ", burst: 25}}\n  tally: {use: tally, lane: core}\n";
  }
  std::string folder() const { return dir_.path() + "/run/journal"; }
  std::unique_ptr<journal::reader> read() const {
    std::string error;
    auto r = journal::reader::open(folder(), error);
    EXPECT_TRUE(r) << error;
    return r;
  }
  void expect_sound() const {
    const auto v = journal::verify(folder());
    EXPECT_TRUE(v.faults.empty()) << all(v.faults);
    EXPECT_TRUE(v.remarks.empty()) << all(v.remarks);
  }
  static bool ask(engine& e, const std::string& cmd, const json& args, std::string& text) {
    auto answer = std::make_shared<std::promise<std::pair<bool, std::string>>>();
    auto came = answer->get_future();
    if (!e.submit(cmd, args.dump(), [answer](bool ok, std::string t) { answer->set_value({ok, std::move(t)}); }))
      return false;
    if (came.wait_for(std::chrono::seconds(60)) != std::future_status::ready) return false;
    const auto [ok, t] = came.get();
    text = t;
    return ok;
  }
  std::string all_bytes() const {
    std::string out;
    for (const auto& f : std::filesystem::recursive_directory_iterator(folder())) {
      std::string text;
      if (f.is_regular_file() && journal::read_text(f.path(), text).empty()) out += text;
    }
    return out;
  }
};

}  // namespace

TEST_F(journals, hold_every_event_of_the_bus_in_its_order) {
  constexpr int count = test::sanitized ? 12'000 : 20'000;  // several segments
  std::vector<std::string> seen;                            // on a lane of its own, which the ring is large enough for
  engine e(options());
  e.observe("all", {">"}, [&](const trapline_event& ev) {
    if (ev.type == TRAPLINE_EVENT_TRADE) seen.emplace_back(reinterpret_cast<const char*>(&ev), ev.size);
  });
  start(e, under_ticks(count));
  EXPECT_TRUE(
      test::eventually([&] { return e.metric_total("tally_trades_total") >= count; }, std::chrono::seconds(60)));
  stop(e);
  ASSERT_EQ(seen.size(), static_cast<std::size_t>(count));
  const auto r = read();
  auto written = events(*r);
  std::erase_if(written, [](const auto& bytes) {
    return reinterpret_cast<const trapline_event*>(bytes.data())->type != TRAPLINE_EVENT_TRADE;
  });
  EXPECT_TRUE(written == seen);
  EXPECT_EQ(r->about().state, journal::run_state::ended);
  EXPECT_GT(r->size().segments, 1u);
  expect_sound();
}

TEST_F(journals, can_be_read_while_they_are_written) {
  engine e(options());
  start(e, under_ticks(1'000'000));
  ASSERT_TRUE(test::eventually([&] { return std::filesystem::exists(folder()); }));
  const auto r = read();
  EXPECT_TRUE(r->size().written_now);
  std::uint64_t trades = 0;
  EXPECT_TRUE(test::eventually([&] {
    for (journal::item what; (what = r->next()) != journal::item::end;)
      if (what == journal::item::event && r->event().type == TRAPLINE_EVENT_TRADE) {
        EXPECT_EQ(trapline::sdk::payload<trapline_trade>(r->event())->price, static_cast<std::int64_t>(trades));
        ++trades;
      }
    return trades > 1'000;
  }));
  EXPECT_EQ(r->about().state, journal::run_state::running);
  stop(e);
  while (r->next() != journal::item::end) {
  }
  EXPECT_EQ(r->about().state, journal::run_state::ended);
}

TEST_F(journals, tell_of_a_swap_with_its_place_its_options_and_its_state) {
  engine e(options());
  start(e, under_ticks(1'000'000) + "  x: {use: audit_a, lane: core, options: {depth: 7}}\n");
  std::string text;
  ASSERT_TRUE(ask(e, "swap", {{"instance", "x"}, {"file", TRAPLINE_BUILD_DIR "/tests/modules/audit_b.so"}}, text))
      << text;
  const auto answer = json::parse(text);
  ASSERT_TRUE(ask(e, "debug", {{"instance", "x"}}, text)) << text;
  stop(e);

  const auto r = read();
  std::vector<const journal::instance_step*> of_x;
  for (const auto* s : r->steps())
    if (r->instance(s->id)->name == "x") of_x.push_back(s);
  ASSERT_EQ(of_x.size(), 6u);  // started; the other one in its place; the old one drains and ends; the new one, too
  const auto& first = *of_x[0];
  const auto& second = *of_x[1];
  EXPECT_EQ(first.what, journal::phase::started);
  EXPECT_FALSE(first.state);
  EXPECT_EQ(first.order, 2u);  // behind ticks and tally
  EXPECT_EQ(second.what, journal::phase::started);
  EXPECT_EQ(second.after_seq, answer["last_seq"]);
  EXPECT_EQ(second.in_place_of, first.id);
  EXPECT_EQ(second.order, 2u);
  ASSERT_TRUE(second.state);
  EXPECT_EQ("carried over, " + std::to_string(second.state->bytes.size()) + " bytes", answer["state"]);
  EXPECT_NE(first.id, second.id);
  const auto *a = r->instance(first.id), *b = r->instance(second.id);
  EXPECT_EQ(a->plugin, "audit_a");
  EXPECT_EQ(b->plugin, "audit_b");
  EXPECT_EQ(json::parse(b->options)["depth"], 7);
  EXPECT_EQ(a->sha256.size(), 64u);
  EXPECT_NE(a->sha256, b->sha256);
  EXPECT_EQ(of_x[2]->id, first.id);
  EXPECT_EQ(of_x[2]->what, journal::phase::draining);
  EXPECT_EQ(of_x[3]->what, journal::phase::ended);
  EXPECT_EQ(of_x[3]->how, "stopped");
  // In the stream they stand where they belong.
  std::uint64_t before = 0;
  int commands = 0;
  for (journal::item what; (what = r->next()) != journal::item::end;) {
    if (what == journal::item::event) before = r->event().seq;
    if (what == journal::item::step) {
      EXPECT_GE(r->step().after_seq, before);
    }
    if (what != journal::item::command) continue;
    ++commands;
    EXPECT_EQ(r->command().name, "debug");
    EXPECT_EQ(r->command().id, second.id);
    EXPECT_EQ(r->command().args, "{}");
  }
  EXPECT_EQ(commands, 1);
}

TEST_F(journals, tell_each_life_of_an_instance_that_is_made_anew) {
  engine e(options());
  start(e,
        "lanes: {core: {}}\njournal: {}\nplugins:\n  x: {use: frail, lane: core, on_fault: restart, restart_backoff: "
        "1ms}\n");
  ASSERT_TRUE(test::eventually([&] { return e.metric_total("instance_restarts_total") >= 1; }));
  stop(e);
  const auto r = read();
  std::vector<std::string> lives;
  for (const auto* s : r->steps())
    if (s->what != journal::phase::draining)
      lives.push_back((s->what == journal::phase::started ? "started " : s->how + " ") + std::to_string(s->life));
  EXPECT_EQ(lives, (std::vector<std::string>{"started 1", "faulted 1", "started 2", "stopped 2"}));
}

TEST_F(journals, never_hold_a_secret) {
  constexpr const char* canary = "canary-4711-Sesame!";
  ::setenv("TRAPLINE_TEST_CANARY", canary, 1);
  const std::string in_url = "redis://user:open-the-door@127.0.0.1:1/0";
  engine e(options());
  // One as a secret, which the plugin even logs; one where none should stand.
  start(e,
        under_ticks(100) + "  sink: {use: tally, options: {key: env:TRAPLINE_TEST_CANARY}}\n  x: {use: audit_a}\n  # " +
            canary + "\n",
        "name: \"" + in_url + "\"");
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("tally_trades_total") >= 100; }));
  std::string text;
  EXPECT_TRUE(
      ask(e, "command", {{"instance", "x"}, {"name", "debug"}, {"args", {{"password", "kept-to-myself"}}}}, text))
      << text;
  stop(e);
  EXPECT_NE(log().find("the key is ***"), std::string::npos);
  const auto bytes = all_bytes();
  EXPECT_EQ(bytes.find(canary), std::string::npos);
  EXPECT_EQ(bytes.find("open-the-door"), std::string::npos);
  EXPECT_EQ(bytes.find("kept-to-myself"), std::string::npos);
  EXPECT_NE(bytes.find("redis://user:***@127.0.0.1"), std::string::npos);  // the rest is there
  EXPECT_NE(bytes.find("env:TRAPLINE_TEST_CANARY"), std::string::npos);
  ::unsetenv("TRAPLINE_TEST_CANARY");
}

TEST_F(journals, leave_out_what_they_are_told_to) {
  engine e(options());
  start(e, under_ticks(1'000, ", leave_out: [\"test.>\"]"));
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("tally_trades_total") >= 1'000; }));
  stop(e);
  const auto r = read();
  EXPECT_EQ(r->about().left_out, std::vector<std::string>{"test.>"});
  for (const auto& bytes : events(*r))
    EXPECT_NE(reinterpret_cast<const trapline_event*>(bytes.data())->type, TRAPLINE_EVENT_TRADE);
}

TEST_F(journals, of_two_runs_stand_in_two_folders) {
  for (int n = 0; n < 2; ++n) {
    engine e(options());
    start(e, under_ticks(100));
    stop(e);
  }
  EXPECT_EQ(journal::runs_of(folder()).size(), 2u);
}

TEST_F(journals, that_cannot_be_made_stop_the_start_or_are_done_without) {
  std::ofstream(dir_.path() + "/file") << "x";
  const std::string where = ", dir: " + dir_.path() + "/file";
  {
    engine e(options());
    ASSERT_TRUE(e.load_text(engine_section() + under_ticks(100, where), "test.yaml").empty());
    std::string error;
    EXPECT_FALSE(e.start(error));
    EXPECT_NE(error.find("the journal cannot be written (on_full: halt): cannot create"), std::string::npos) << error;
    EXPECT_EQ(e.stop_requested(), trapline::stop_cause::journal);
  }
  engine e(options());
  start(e, under_ticks(100, where + ", on_full: degrade"));
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("tally_trades_total") >= 100; }));
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("journal_degraded") == 1; }));
  EXPECT_NE(e.health_json().find("\"health\":\"degraded\""), std::string::npos) << e.health_json();
  EXPECT_NE(e.health_json().find("\"journal\":\"cannot create"), std::string::npos) << e.health_json();
  stop(e);
}

TEST_F(journals, are_checked_like_the_rest_of_the_configuration) {
  engine e(options());
  const auto problems = e.load_text(
      "engine: {}\njournal: {on_full: explode, segmnet_size: 1MiB, keep_age: soon, leave_out: [\"a..b\"]}\nplugins: "
      "{t: {use: "
      "ticks}}\n",
      "t.yaml");
  const auto text = all(problems);
  EXPECT_NE(text.find("journal.on_full"), std::string::npos) << text;
  EXPECT_NE(text.find("did you mean 'segment_size'?"), std::string::npos) << text;
  EXPECT_NE(text.find("journal.keep_age"), std::string::npos) << text;
  EXPECT_NE(text.find("'a..b' is no topic pattern"), std::string::npos) << text;
}
