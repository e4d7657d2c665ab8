// An engine without threads of its own, driven by run_once(): its order, its clock, its commands, its end.
#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <vector>

#include "engine_fixture.hpp"
#include "trapline/abi/market.h"
#include "trapline/sdk/event.hpp"

using nlohmann::json;
using trapline::engine;

TRAPLINE_STATIC_PLUGIN(static_tally);

namespace {

constexpr const char* modules = TRAPLINE_BUILD_DIR "/tests/modules/";
constexpr std::int64_t millisecond = 1'000'000, second = 1000 * millisecond;

std::size_t threads_of_this_process() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

trapline_trade trade_at(std::int64_t price) {
  trapline_trade t{};
  t.price = price;
  return t;
}

struct reply {
  bool ok = false;
  std::string text;
  json value() const { return json::parse(text, nullptr, false); }
};

class host_driven : public engine_fixture {
 protected:
  // Time stands still unless a test moves it.
  trapline::engine_options simulated() {
    auto o = options();
    o.host_driven = true;
    o.now = o.mono = [this] { return time_; };
    return o;
  }
  trapline::engine_options real() const {
    auto o = options();
    o.host_driven = true;
    return o;
  }
  // Handles all that there is now.
  static std::uint64_t settle(engine& e) {
    std::uint64_t n = 0;
    for (;;) {
      const auto r = e.run_once();
      n += r.events;
      if (!r.more) return n;
    }
  }
  // From one deadline to the next until `end`.
  void let_pass(engine& e, std::int64_t ns) {
    const std::int64_t end = time_ + ns;
    for (;;) {
      settle(e);
      const auto next = e.next_deadline();
      if (next > end) break;
      time_ = std::max(next, time_);
    }
    time_ = end;
    settle(e);
  }
  reply ask(engine& e, const std::string& cmd, const json& args = json::object()) {
    std::optional<reply> answer;
    EXPECT_TRUE(e.submit(cmd, args.dump(), [&](bool ok, std::string text) { answer = {ok, std::move(text)}; }));
    for (int n = 0; n < 1000 && !answer; ++n) settle(e);
    return answer.value_or(reply{false, "no answer"});
  }
  bool in_real_time(engine& e, const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition() && std::chrono::steady_clock::now() < end) e.run_once();
    return condition();
  }
  std::int64_t time_ = 1'700'000'000 * second;
};

}  // namespace

TEST_F(host_driven, no_thread_is_ever_created) {
  const auto before = threads_of_this_process();
  engine e(simulated());
  int seen = 0;
  e.observe("watch", {"test.>"}, [&](const trapline_event&) { seen += threads_of_this_process() == before; });
  start(e, "plugins:\n  ticks: {use: ticks, options: {count: 100, burst: 10}}\n  tally: {use: tally}\n");
  EXPECT_EQ(threads_of_this_process(), before);
  let_pass(e, 20 * millisecond);
  const auto swapped = ask(e, "swap", {{"instance", "tally"}, {"file", modules + std::string("tally.so")}});
  EXPECT_TRUE(swapped.ok) << swapped.text;
  EXPECT_EQ(threads_of_this_process(), before);
  stop(e);
  EXPECT_EQ(seen, 100);
  EXPECT_EQ(e.metric_total("tally_trades_total"), 100u);
}

TEST_F(host_driven, timers_go_by_the_hosts_clock_alone) {
  engine e(simulated());
  std::vector<std::int64_t> at;
  e.observe("watch", {"test.>"}, [&](const trapline_event& ev) { at.push_back(ev.ts_recv - 1'700'000'000 * second); });
  start(e, "plugins:\n  ticks: {use: ticks, options: {count: 50, burst: 10}}\n");
  settle(e);
  const auto first = at.size();  // the timer of time 0 was due at once
  EXPECT_EQ(first, 10u);
  for (int n = 0; n < 100; ++n) settle(e);
  EXPECT_EQ(at.size(), first) << "time stands still";
  EXPECT_EQ(e.next_deadline(), time_ + millisecond);
  let_pass(e, second);
  ASSERT_EQ(at.size(), 50u);
  for (std::size_t n = 0; n < at.size(); ++n) EXPECT_EQ(at[n], static_cast<std::int64_t>(n / 10) * millisecond) << n;
  stop(e);
}

TEST_F(host_driven, the_same_calls_give_the_same_order_of_everything) {
  struct seen {
    std::string topic;
    std::uint64_t seq, cause, source_seq;
    std::int64_t ts_recv;
    bool operator==(const seen&) const = default;
  };
  const auto run = [&] {
    std::vector<seen> all;
    time_ = 1'700'000'000 * second;
    engine e(simulated());
    e.observe("watch", {">"}, [&](const trapline_event& ev) {
      all.push_back({std::string(e.topic(ev.topic)), ev.seq, ev.cause, ev.source_seq, ev.ts_recv});
    });
    start(e,
          "lanes: {a: {}, b: {overflow: lag}}\nplugins:\n"
          "  ticks: {use: ticks, lane: a, options: {count: 700, burst: 7}}\n"
          "  bad: {use: throws, lane: b}\n  tally: {use: tally, lane: b}\n");
    let_pass(e, second);
    stop(e);
    return all;
  };
  const auto once = run();
  EXPECT_GE(once.size(), 700u);
  EXPECT_TRUE(once == run());
}

TEST_F(host_driven, a_limit_ends_a_call_and_says_that_there_is_more) {
  engine e(simulated());
  start(e, "lanes: {core: {}}\nplugins:\n  tally: {use: tally, lane: core}\n");
  settle(e);
  trapline_event ev{};
  ev.type = TRAPLINE_EVENT_TRADE;
  ev.topic = e.topic_id("test.host");
  for (int n = 0; n < 1000; ++n) ASSERT_EQ(e.publish(ev, trade_at(n)), TRAPLINE_OK);
  const auto some = e.run_once({.max_events = 10});
  EXPECT_EQ(some.events, 10u);
  EXPECT_TRUE(some.more);
  EXPECT_LE(e.next_deadline(), time_);
  const auto brief = e.run_once({.max_ns = 1});  // looked at after some hundred events
  EXPECT_GT(brief.events, 0u);
  EXPECT_LT(brief.events, 990u);
  EXPECT_TRUE(brief.more);
  EXPECT_EQ(settle(e), 990u - brief.events);
  EXPECT_EQ(e.next_deadline(), engine::never);
  EXPECT_EQ(e.metric_total("tally_trades_total"), 1000u);
  EXPECT_EQ(e.metric_total("tally_disorder_total"), 0u);
  stop(e);
}

TEST_F(host_driven, a_full_bus_answers_again_until_the_lane_that_gates_it_goes_on) {
  engine e(simulated());
  start(e, "plugins: {tally: {use: tally}}\n", "ring_size: 256KiB");
  trapline_event ev{};
  ev.type = TRAPLINE_EVENT_TRADE;
  ev.topic = e.topic_id("test.trade");
  std::uint64_t taken = 0;
  while (e.publish(ev, trade_at(static_cast<std::int64_t>(taken))) == TRAPLINE_OK) ++taken;
  EXPECT_GT(taken, 1000u);
  EXPECT_EQ(e.publish(ev, trade_at(0)), TRAPLINE_E_AGAIN);
  EXPECT_EQ(e.bus_refusals(), 2u);
  settle(e);
  EXPECT_EQ(e.publish(ev, trade_at(static_cast<std::int64_t>(taken))), TRAPLINE_OK);
  settle(e);
  EXPECT_EQ(e.metric_total("tally_trades_total"), taken + 1);
  EXPECT_EQ(e.metric_total("tally_disorder_total"), 0u);
  stop(e);
}

TEST_F(host_driven, a_swap_loses_nothing_and_its_watch_window_goes_by_the_hosts_clock) {
  engine e(simulated());
  start(e,
        "lanes: {core: {}}\nplugins:\n  ticks: {use: ticks, lane: core, options: {count: 4000, burst: 10}}\n"
        "  x: {use: audit_a, lane: core}\n");
  let_pass(e, 100 * millisecond);
  const auto r =
      ask(e, "swap", {{"instance", "x"}, {"file", modules + std::string("audit_b.so")}, {"drop_unknown", true}});
  ASSERT_TRUE(r.ok) << r.text;
  EXPECT_EQ(r.value()["state"].get<std::string>().rfind("carried over", 0), 0u) << r.text;
  let_pass(e, 300 * millisecond);
  EXPECT_EQ(e.metric_total("audit_seen_total"), 4000u);
  EXPECT_EQ(e.metric_total("audit_sum_total"), 3999u * 4000u / 2);
  EXPECT_EQ(e.metric_total("audit_disorder_total"), 0u);
  const auto watched = [&] { return ask(e, "status").value()["instances"][1].contains("watched_s"); };
  EXPECT_TRUE(watched());
  let_pass(e, 31 * second);
  EXPECT_FALSE(watched());
  stop(e);
}

TEST_F(host_driven, one_that_faults_in_its_watch_window_gives_way_to_the_one_before) {
  engine e(simulated());
  start(e,
        "lanes: {core: {}}\nplugins:\n  ticks: {use: ticks, lane: core, options: {count: 1000, burst: 1}}\n"
        "  x: {use: tally, lane: core}\n");
  let_pass(e, 10 * millisecond);
  const auto r =
      ask(e, "swap", {{"instance", "x"}, {"file", modules + std::string("throws.so")}, {"drop_unknown", true}});
  ASSERT_TRUE(r.ok) << r.text;
  let_pass(e, second);
  EXPECT_EQ(instance(e, "x").plugin, "tally");
  EXPECT_EQ(instance(e, "x").state, "running");
  EXPECT_EQ(e.metric_total("instance_rollbacks_total"), 1u);
  stop(e);
}

TEST_F(host_driven, a_fault_is_followed_by_a_restart_after_its_pause) {
  engine e(simulated());
  start(e,
        "plugins:\n  ticks: {use: ticks, options: {count: 100000, burst: 1}}\n"
        "  bad: {use: throws, on_fault: restart, restart_backoff: 2s}\n");
  let_pass(e, second);
  EXPECT_EQ(state_of(e, "bad"), "restarting");
  EXPECT_EQ(e.metric_total("instance_restarts_total"), 0u);
  let_pass(e, 1500 * millisecond);
  EXPECT_EQ(e.metric_total("instance_restarts_total"), 1u);
  stop(e);
}

TEST_F(host_driven, a_changed_file_is_reloaded) {
  const std::string path = dir_.path() + "/live.yaml";
  const auto write = [&](const std::string& plugins) { std::ofstream(path) << engine_section() << plugins; };
  write("lanes: {core: {}}\nplugins: {ticks: {use: ticks, lane: core}}\n");
  engine e(simulated());
  ASSERT_TRUE(e.load_file(path).empty());
  std::string error;
  ASSERT_TRUE(e.start(error)) << error;
  write("lanes: {core: {}}\nplugins: {ticks: {use: ticks, lane: core}, tally: {use: tally, lane: core}}\n");
  const auto r = ask(e, "reload");
  EXPECT_TRUE(r.ok) << r.text;
  EXPECT_EQ(state_of(e, "tally"), "running");
  let_pass(e, second);
  EXPECT_GT(e.metric_total("tally_trades_total"), 0u);
  stop(e);
}

TEST_F(host_driven, a_drained_stop_delivers_what_was_published) {
  engine e(simulated());
  std::uint64_t published = 0;
  e.observe("watch", {"test.>"}, [&](const trapline_event& ev) { published = ev.source_seq; });
  start(e, "plugins:\n  tally: {use: tally}\n  ticks: {use: ticks, options: {count: 100000, burst: 1000}}\n");
  settle(e);
  time_ += millisecond;
  e.run_once({.max_events = 3});  // the timer's event, on each of the lanes
  EXPECT_LE(e.metric_total("tally_trades_total"), 1000u);
  stop(e);
  EXPECT_GE(published, 1000u);
  EXPECT_EQ(e.metric_total("tally_trades_total"), published);
  EXPECT_EQ(e.run_once().events, 0u) << "nothing runs any more";
  EXPECT_EQ(e.next_deadline(), engine::never);
}

TEST_F(host_driven, a_callback_can_neither_step_nor_stop_the_engine_it_is_called_by) {
  engine e(simulated());
  std::string stepping, stopping;
  e.observe("watch", {"test.>"}, [&](const trapline_event&) {
    try {
      e.run_once();
    } catch (const std::logic_error& x) {
      stepping = x.what();
    }
    EXPECT_FALSE(e.stop(false, stopping));
  });
  start(e, "plugins:\n  ticks: {use: ticks, options: {count: 1}}\n");
  let_pass(e, 5 * millisecond);
  EXPECT_NE(stepping.find("within a callback"), std::string::npos);
  EXPECT_NE(stopping.find("use request_stop()"), std::string::npos);
  EXPECT_EQ(state_of(e, "ticks"), "running");
  stop(e);
}

TEST_F(host_driven, an_engine_with_threads_is_not_stepped) {
  engine e(options());
  start(e, "plugins: {tally: {use: tally}}\n");
  EXPECT_THROW(e.run_once(), std::logic_error);
  stop(e);
}

TEST_F(host_driven, the_host_is_woken_once_for_events_and_commands_that_come_between_calls) {
  auto o = simulated();
  int woken = 0;
  o.wake = [&] { ++woken; };
  engine e(std::move(o));
  start(e, "plugins:\n  tally: {use: tally}\n  other: {use: tally}\n");
  settle(e);
  woken = 0;
  trapline_event ev{};
  ev.type = TRAPLINE_EVENT_TRADE;
  ev.topic = e.topic_id("test.host");
  for (int n = 0; n < 5; ++n) ASSERT_EQ(e.publish(ev, trade_at(n)), TRAPLINE_OK);
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(settle(e), 10u);
  EXPECT_EQ(woken, 1) << "what happens within a call wakes nobody";
  bool answered = false;
  EXPECT_TRUE(e.submit("status", "", [&](bool ok, const std::string&) { answered = ok; }));
  EXPECT_EQ(woken, 2);
  settle(e);
  EXPECT_TRUE(answered);
  stop(e);
}

TEST_F(host_driven, a_command_that_waits_when_the_engine_stops_is_refused) {
  engine e(simulated());
  start(e, "plugins: {tally: {use: tally}}\n");
  std::string why;
  EXPECT_TRUE(e.submit("status", "", [&](bool ok, std::string text) { why = ok ? "done" : std::move(text); }));
  stop(e);
  EXPECT_EQ(why, "the engine is stopping");
  EXPECT_FALSE(e.submit("status", "", [](bool, const std::string&) {}));
}

TEST_F(host_driven, drivers_with_sockets_of_their_own_share_the_one_thread) {
  engine e({.plugin_dir = TRAPLINE_BUILD_DIR "/plugins", .run_dir = dir_.path() + "/run", .host_driven = true});
  std::uint64_t trades = 0;
  bool here = true;
  const auto self = ::pthread_self();
  e.observe("watch", {"md.trade.>"}, [&](const trapline_event& ev) {
    trades += ev.type == TRAPLINE_EVENT_TRADE;
    here = here && ::pthread_equal(::pthread_self(), self) != 0;
  });
  const std::string endpoint = dir_.path() + "/venue";
  start(e,
        "lanes: {venue: {}, core: {}}\nplugins:\n"
        "  venue: {use: paper_venue, lane: venue, options: {dir: " +
            endpoint +
            ", speed: 20}}\n"
            "  feed: {use: mm_ws, lane: core, options: {environment: paper, symbols: [BTCUSDT], channels: [trade],"
            " endpoint: {file: " +
            endpoint + "/endpoint.json}}}\n");
  EXPECT_TRUE(in_real_time(e, [&] { return trades >= 20; })) << log();
  EXPECT_TRUE(here);
  stop(e);
}

TEST_F(host_driven, the_log_goes_to_the_host_on_its_thread_without_secrets) {
  ::setenv("TRAPLINE_TEST_KEY", "canary-9f8e7d6c5b4a", 1);
  struct line {
    int level;
    std::string who, text;
  };
  std::vector<line> lines;
  const auto here = ::pthread_self();
  {
    auto o = simulated();
    o.log_sink = [&](int level, std::string_view who, std::string_view text) {
      EXPECT_TRUE(::pthread_equal(::pthread_self(), here));
      lines.push_back({level, std::string(who), std::string(text)});
      throw std::runtime_error("the host's own trouble");
    };
    engine e(std::move(o));
    start(e, "plugins: {tally: {use: tally, options: {key: env:TRAPLINE_TEST_KEY}}}");
    settle(e);
    stop(e);
  }
  ::unsetenv("TRAPLINE_TEST_KEY");
  const auto said = [&](int level, const std::string& who, const std::string& text) {
    return std::count_if(lines.begin(), lines.end(), [&](const line& l) {
      return l.level == level && l.who == who && l.text.find(text) != std::string::npos;
    });
  };
  EXPECT_EQ(said(TRAPLINE_LOG_WARN, "tally", "the key is ***"), 1);
  EXPECT_EQ(said(TRAPLINE_LOG_INFO, "engine", "stopped"), 1);
  for (const auto& l : lines) EXPECT_EQ(l.text.find("canary"), std::string::npos) << l.text;
  EXPECT_FALSE(std::filesystem::exists(dir_.path() + "/log")) << "no file beside the sink";
}

TEST_F(host_driven, a_linked_plugin_wins_over_a_file_and_is_swapped_like_one) {
  auto o = simulated();
  std::string warnings;
  o.log_sink = [&](int level, std::string_view, std::string_view text) {
    if (level >= TRAPLINE_LOG_WARN) warnings += std::string(text) + "\n";
  };
  engine e(std::move(o));
  e.attach(trapline_entry_of_static_tally);
  EXPECT_THROW(e.attach(trapline_entry_of_static_tally), std::invalid_argument);
  EXPECT_THROW(e.attach([]() -> const trapline_entry* { return nullptr; }), std::invalid_argument);
  EXPECT_THROW(e.attach(nullptr), std::invalid_argument);
  start(e,
        "lanes: {core: {}}\nplugins:\n  ticks: {use: ticks, lane: core, options: {count: 100, burst: 10}}\n"
        "  x: {use: tally, lane: core}\n  y: {use: tally, lane: core}\n");
  EXPECT_NE(warnings.find("x: uses the plugin that is part of this program, not " + std::string(modules) + "tally.so"),
            std::string::npos)
      << warnings;
  let_pass(e, 50 * millisecond);
  EXPECT_EQ(e.metric_total("tally_trades_total"), 200u);
  const auto there =
      ask(e, "swap", {{"instance", "x"}, {"file", modules + std::string("audit_b.so")}, {"drop_unknown", true}});
  EXPECT_TRUE(there.ok) << there.text;
  const auto back = ask(e, "swap", {{"instance", "x"}, {"file", "tally"}, {"drop_unknown", true}});
  EXPECT_TRUE(back.ok) << back.text;
  const auto plugins = ask(e, "plugins").value();
  EXPECT_EQ(plugins[1]["sha256"], "part of the program: tally 1.0.0");
  stop(e);
}

TEST_F(host_driven, a_linked_plugin_has_no_file_to_pin) {
  engine e(simulated());
  e.attach(trapline_entry_of_static_tally);
  const auto p = e.load_text("plugins: {x: {use: tally, sha256: " + std::string(64, 'a') + "}}", "t");
  ASSERT_EQ(p.size(), 1u) << all(p);
  EXPECT_NE(p[0].find("'tally' is part of this program, no file"), std::string::npos) << p[0];
}

TEST_F(host_driven, two_engines_on_one_thread_know_nothing_of_each_other) {
  const auto make = [&](const std::string& name) {
    auto o = simulated();
    o.run_dir = dir_.path() + "/" + name;
    return std::make_unique<engine>(std::move(o));
  };
  auto a = make("a"), b = make("b");
  std::uint64_t cause = ~0ull, price = 0;
  std::uint32_t topic_in_b = 0;
  // What one sees, its host tells the other: from outside, so without a cause.
  a->observe("watch", {"test.>"}, [&](const trapline_event& ev) {
    trapline_event out{};
    out.type = ev.type;
    out.topic = topic_in_b;
    EXPECT_EQ(b->publish(out, *trapline::sdk::payload<trapline_trade>(ev)), TRAPLINE_OK);
  });
  b->observe("watch", {"relayed.>"}, [&](const trapline_event& ev) {
    cause = ev.cause;
    price = static_cast<std::uint64_t>(trapline::sdk::payload<trapline_trade>(ev)->price);
    EXPECT_EQ(ev.source, engine::program_source);
  });
  start(*a, "plugins: {ticks: {use: ticks, options: {count: 30, burst: 10}}}\n");
  start(*b, "plugins: {tally: {use: tally}}\n");
  topic_in_b = b->topic_id("relayed.trade");
  for (int n = 0; n < 10; ++n, time_ += millisecond) {
    settle(*a);
    settle(*b);
  }
  EXPECT_EQ(price, 29u);
  EXPECT_EQ(cause, 0u);
  EXPECT_EQ(b->metric_total("tally_trades_total"), 0u);  // it subscribes to test.> of its own engine
  stop(*a);
  EXPECT_EQ(state_of(*b, "tally"), "running");
  EXPECT_EQ(json::parse(b->health_json())["health"], "ok");
  stop(*b);
}
