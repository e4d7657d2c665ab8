// engine.h: what it refuses and how, and that it can do what engine.hpp can.
#include "trapline/engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/scarce_memory.hpp"
#include "support/temp_dir.hpp"
#include "trapline/abi/market.h"

TRAPLINE_STATIC_PLUGIN(static_tally);

namespace {

trapline_str text(const std::string& s) { return {s.data(), s.size()}; }

class engine_c : public testing::Test {
 protected:
  ~engine_c() override { trapline_engine_destroy(engine_); }

  trapline_engine_options options(std::uint32_t flags = TRAPLINE_ENGINE_HOST_DRIVEN) {
    trapline_engine_options o{};
    o.struct_size = sizeof o;
    o.flags = flags;
    o.plugin_dir = TRAPLINE_BUILD_DIR "/tests/modules";
    o.run_dir = run_dir_.c_str();
    o.context = this;
    o.log = [](void* self, std::int32_t, trapline_str who, trapline_str line) {
      static_cast<engine_c*>(self)->log_ +=
          std::string(who.ptr, who.len) + ": " + std::string(line.ptr, line.len) + "\n";
    };
    o.now = o.mono = [](void* self) { return static_cast<engine_c*>(self)->time_; };
    return o;
  }
  void create() {
    const auto o = options();
    ASSERT_EQ(trapline_engine_create(&o, &engine_, error()), TRAPLINE_OK) << said();
  }
  void load(const std::string& plugins) {
    ASSERT_EQ(trapline_engine_load_text(engine_, text(plugins), "test.yaml", error()), TRAPLINE_OK) << said();
  }
  void start(const std::string& plugins) {
    if (!engine_) create();
    load(plugins);
    ASSERT_EQ(trapline_engine_start(engine_, error()), TRAPLINE_OK) << said();
  }
  trapline_status run() {
    trapline_status s = TRAPLINE_E_AGAIN;
    while (s == TRAPLINE_E_AGAIN) s = trapline_engine_run_once(engine_, 0, 0, nullptr, error());
    return s;
  }
  trapline_buf* error() { return &error_; }
  std::string said() const { return room_; }

  test::temp_dir dir_;
  std::string run_dir_ = dir_.path() + "/run";
  std::string log_;
  std::int64_t time_ = 1'700'000'000'000'000'000;
  trapline_engine* engine_ = nullptr;
  char room_[2048] = {};
  trapline_buf error_{room_, sizeof room_, 0};
};

template <class Ask>
std::string text_of(Ask ask) {
  trapline_buf b{nullptr, 0, 0};
  EXPECT_EQ(ask(&b), TRAPLINE_E_LIMIT);
  std::string out(b.len, '\0');
  b = {out.data(), out.size(), 0};
  EXPECT_EQ(ask(&b), TRAPLINE_OK);
  return out.substr(0, b.len);
}

}  // namespace

TEST_F(engine_c, events_go_in_and_come_out_by_the_callers_clock) {
  create();
  struct seen {
    std::uint64_t events = 0;
    std::int64_t price = 0, at = 0;
    std::uint32_t source = 0;
  } watch;
  const char* patterns[] = {"host.>", "test.>"};
  ASSERT_EQ(trapline_engine_attach(engine_, trapline_entry_of_static_tally, error()), TRAPLINE_OK) << said();
  ASSERT_EQ(trapline_engine_subscribe(
                engine_, "watch", patterns, 2,
                [](void* context, const trapline_event* e) {
                  auto& s = *static_cast<seen*>(context);
                  ++s.events;
                  s.price = reinterpret_cast<const trapline_trade*>(e + 1)->price;
                  s.at = e->ts_recv;
                  s.source = e->source;
                },
                &watch, error()),
            TRAPLINE_OK)
      << said();
  start("plugins:\n  tally: {use: tally}\n  ticks: {use: ticks, options: {count: 5, burst: 5}}\n");
  EXPECT_EQ(run(), TRAPLINE_OK);
  EXPECT_EQ(watch.events, 5u);

  std::uint32_t topic = 0, instrument = 0;
  ASSERT_EQ(trapline_engine_topic(engine_, text("host.trade"), &topic), TRAPLINE_OK);
  ASSERT_EQ(trapline_engine_instrument(engine_, text("bitget"), text("BTCUSDT"), &instrument), TRAPLINE_OK);
  trapline_event e{};
  e.type = TRAPLINE_EVENT_TRADE;
  e.topic = topic;
  e.instrument = instrument;
  trapline_trade t{};
  t.price = 42;
  const trapline_frame f{&e, &t, sizeof t, 0};
  EXPECT_EQ(trapline_engine_publish(engine_, &f, 1), TRAPLINE_OK);
  time_ += 1'000;
  EXPECT_EQ(run(), TRAPLINE_OK);
  EXPECT_EQ(watch.events, 6u);
  EXPECT_EQ(watch.price, 42);
  EXPECT_EQ(watch.at, time_ - 1'000);
  EXPECT_EQ(watch.source, TRAPLINE_PROGRAM_SOURCE);

  trapline_str name{}, venue{};
  EXPECT_EQ(trapline_engine_topic_name(engine_, topic, &name), TRAPLINE_OK);
  EXPECT_EQ(std::string(name.ptr, name.len), "host.trade");
  EXPECT_EQ(trapline_engine_instrument_name(engine_, instrument, &venue, &name), TRAPLINE_OK);
  EXPECT_EQ(std::string(venue.ptr, venue.len) + std::string(name.ptr, name.len), "bitgetBTCUSDT");
  EXPECT_NE(text_of([&](auto* b) { return trapline_engine_health_json(engine_, b); }).find("\"health\":\"ok\""),
            std::string::npos);
  EXPECT_NE(text_of([&](auto* b) { return trapline_engine_metrics_text(engine_, b); }).find("tally_trades_total"),
            std::string::npos);

  std::int64_t due = 0;
  EXPECT_EQ(trapline_engine_next_deadline(engine_, &due), TRAPLINE_OK);
  EXPECT_GT(due, time_);
  EXPECT_LE(due, time_ + 1'000'000);

  std::optional<std::string> status;
  EXPECT_EQ(trapline_engine_submit(
                engine_, text("status"), {},
                [](void* to, trapline_status s, trapline_str answer) {
                  if (s == TRAPLINE_OK)
                    *static_cast<std::optional<std::string>*>(to) = std::string(answer.ptr, answer.len);
                },
                &status),
            TRAPLINE_OK);
  EXPECT_EQ(run(), TRAPLINE_OK);
  EXPECT_NE(status.value_or("").find("\"instances\""), std::string::npos);

  std::int32_t cause = -1;
  EXPECT_EQ(trapline_engine_stop_requested(engine_, &cause, nullptr), TRAPLINE_OK);
  EXPECT_EQ(cause, TRAPLINE_STOP_NONE);
  EXPECT_EQ(trapline_engine_request_stop(engine_, text("enough")), TRAPLINE_OK);
  EXPECT_EQ(text_of([&](auto* b) { return trapline_engine_stop_requested(engine_, &cause, b); }), "enough");
  EXPECT_EQ(cause, TRAPLINE_STOP_REQUESTED);
  EXPECT_EQ(trapline_engine_stop(engine_, 1, error()), TRAPLINE_OK) << said();
  EXPECT_EQ(trapline_engine_stop(engine_, 1, error()), TRAPLINE_OK) << "stopped it is";
  EXPECT_EQ(trapline_engine_publish(engine_, &f, 1), TRAPLINE_E_CLOSED);
  EXPECT_EQ(trapline_engine_submit(
                engine_, text("status"), {}, [](void*, trapline_status, trapline_str) {}, nullptr),
            TRAPLINE_E_CLOSED);
  EXPECT_NE(log_.find("engine: stopped\n"), std::string::npos) << log_;
}

TEST_F(engine_c, wrong_options_are_refused_and_say_why) {
  auto o = options();
  o.struct_size = sizeof o - 1;
  EXPECT_EQ(trapline_engine_create(&o, &engine_, error()), TRAPLINE_E_INVALID);
  EXPECT_NE(said().find("too small; write sizeof(trapline_engine_options)"), std::string::npos) << said();
  EXPECT_EQ(engine_, nullptr);
  o = options();
  o.struct_size = sizeof o + 64;  // of a later revision: what this engine does not know is not read
  EXPECT_EQ(trapline_engine_create(&o, &engine_, error()), TRAPLINE_OK);
  EXPECT_EQ(said(), "");
  trapline_engine_destroy(engine_);
  o = options(0x80000000u);
  EXPECT_EQ(trapline_engine_create(&o, &engine_, error()), TRAPLINE_E_INVALID);
  o = options();
  o.poll_interval = -1;
  EXPECT_EQ(trapline_engine_create(&o, &engine_, error()), TRAPLINE_E_INVALID);
  EXPECT_EQ(trapline_engine_create(&o, nullptr, nullptr), TRAPLINE_E_INVALID);
  EXPECT_EQ(trapline_engine_create(nullptr, &engine_, nullptr), TRAPLINE_OK) << "the defaults";
  trapline_engine_destroy(nullptr);
}

TEST_F(engine_c, null_is_refused_everywhere) {
  const auto on_event = [](void*, const trapline_event*) {};
  const auto on_answer = [](void*, trapline_status, trapline_str) {};
  const char* patterns[] = {"a.>", nullptr};
  std::uint32_t id = 0;
  std::int64_t at = 0;
  std::int32_t cause = 0;
  trapline_str name{};
  constexpr auto invalid = TRAPLINE_E_INVALID;
  EXPECT_EQ(trapline_engine_attach(nullptr, trapline_entry_of_static_tally, nullptr), invalid);
  EXPECT_EQ(trapline_engine_subscribe(nullptr, "w", patterns, 1, on_event, nullptr, nullptr), invalid);
  EXPECT_EQ(trapline_engine_load_file(nullptr, "x", nullptr), invalid);
  EXPECT_EQ(trapline_engine_load_text(nullptr, {}, "x", nullptr), invalid);
  EXPECT_EQ(trapline_engine_start(nullptr, nullptr), invalid);
  EXPECT_EQ(trapline_engine_run_once(nullptr, 0, 0, nullptr, nullptr), invalid);
  EXPECT_EQ(trapline_engine_next_deadline(nullptr, &at), invalid);
  EXPECT_EQ(trapline_engine_stop(nullptr, 1, nullptr), invalid);
  EXPECT_EQ(trapline_engine_request_stop(nullptr, {}), invalid);
  EXPECT_EQ(trapline_engine_stop_requested(nullptr, &cause, nullptr), invalid);
  EXPECT_EQ(trapline_engine_topic(nullptr, text("a"), &id), invalid);
  EXPECT_EQ(trapline_engine_instrument(nullptr, text("a"), text("b"), &id), invalid);
  EXPECT_EQ(trapline_engine_topic_name(nullptr, 1, &name), invalid);
  EXPECT_EQ(trapline_engine_instrument_name(nullptr, 1, &name, &name), invalid);
  EXPECT_EQ(trapline_engine_publish(nullptr, nullptr, 1), invalid);
  EXPECT_EQ(trapline_engine_submit(nullptr, text("status"), {}, on_answer, nullptr), invalid);
  EXPECT_EQ(trapline_engine_health_json(nullptr, error()), invalid);
  EXPECT_EQ(trapline_engine_metrics_text(nullptr, error()), invalid);
  EXPECT_EQ(trapline_engine_record_crash(nullptr, 11, nullptr, 0), nullptr);

  create();
  EXPECT_EQ(trapline_engine_attach(engine_, nullptr, error()), invalid);
  EXPECT_EQ(said(), "an argument is NULL");
  EXPECT_EQ(trapline_engine_attach(
                engine_, []() -> const trapline_entry* { return nullptr; }, error()),
            invalid);
  EXPECT_EQ(trapline_engine_subscribe(engine_, nullptr, patterns, 1, on_event, nullptr, error()), invalid);
  EXPECT_EQ(trapline_engine_subscribe(engine_, "w", nullptr, 1, on_event, nullptr, error()), invalid);
  EXPECT_EQ(trapline_engine_subscribe(engine_, "w", patterns, 2, on_event, nullptr, error()), invalid);
  EXPECT_EQ(trapline_engine_subscribe(engine_, "w", patterns, 0, on_event, nullptr, error()), invalid);
  EXPECT_EQ(trapline_engine_subscribe(engine_, "w", patterns, 1, nullptr, nullptr, error()), invalid);
  patterns[0] = "a.>.b";
  EXPECT_EQ(trapline_engine_subscribe(engine_, "w", patterns, 1, on_event, nullptr, error()), invalid);
  EXPECT_NE(said().find("'a.>.b'"), std::string::npos) << said();
  EXPECT_EQ(trapline_engine_load_file(engine_, nullptr, error()), invalid);
  EXPECT_EQ(trapline_engine_load_text(engine_, {nullptr, 4}, "x", error()), invalid);
  EXPECT_EQ(trapline_engine_load_text(engine_, {}, nullptr, error()), invalid);
  start("plugins: {tally: {use: tally}}");
  EXPECT_EQ(trapline_engine_run_once(engine_, 0, -1, nullptr, error()), invalid);
  EXPECT_EQ(trapline_engine_next_deadline(engine_, nullptr), invalid);
  EXPECT_EQ(trapline_engine_request_stop(engine_, {nullptr, 4}), invalid);
  EXPECT_EQ(trapline_engine_stop_requested(engine_, nullptr, nullptr), invalid);
  EXPECT_EQ(trapline_engine_topic(engine_, text("a"), nullptr), invalid);
  EXPECT_EQ(trapline_engine_topic(engine_, text("a b"), &id), invalid);
  EXPECT_EQ(trapline_engine_topic(engine_, {nullptr, 3}, &id), invalid);
  EXPECT_EQ(trapline_engine_instrument(engine_, text("a"), text("b"), nullptr), invalid);
  EXPECT_EQ(trapline_engine_topic_name(engine_, 1, nullptr), invalid);
  EXPECT_EQ(trapline_engine_topic_name(engine_, 60'000, &name), TRAPLINE_E_NOT_FOUND);
  EXPECT_EQ(trapline_engine_instrument_name(engine_, 60'000, &name, nullptr), TRAPLINE_E_NOT_FOUND);
  EXPECT_EQ(trapline_engine_publish(engine_, nullptr, 1), invalid);
  EXPECT_EQ(trapline_engine_submit(engine_, {}, {}, on_answer, nullptr), invalid);
  EXPECT_EQ(trapline_engine_submit(engine_, text("status"), {}, nullptr, nullptr), invalid);
  EXPECT_EQ(trapline_engine_health_json(engine_, nullptr), invalid);
}

TEST_F(engine_c, calls_in_the_wrong_order_are_refused_and_change_nothing) {
  create();
  constexpr auto state = TRAPLINE_E_STATE;
  std::uint32_t id = 0;
  std::int64_t at = 0;
  std::int32_t cause = 0;
  char byte = 0;
  trapline_buf b{&byte, 1, 0};
  EXPECT_EQ(trapline_engine_start(engine_, error()), state);
  EXPECT_EQ(said(), "the engine has no configuration yet");
  EXPECT_EQ(trapline_engine_run_once(engine_, 0, 0, nullptr, error()), state);
  EXPECT_EQ(trapline_engine_stop(engine_, 1, error()), state);
  EXPECT_EQ(trapline_engine_next_deadline(engine_, &at), state);
  EXPECT_EQ(trapline_engine_topic(engine_, text("a"), &id), state);
  EXPECT_EQ(trapline_engine_health_json(engine_, &b), state);
  EXPECT_EQ(trapline_engine_metrics_text(engine_, &b), state);
  EXPECT_EQ(trapline_engine_request_stop(engine_, text("x")), state);
  EXPECT_EQ(trapline_engine_stop_requested(engine_, &cause, nullptr), state);
  load("plugins: {tally: {use: tally}}");
  EXPECT_EQ(trapline_engine_load_text(engine_, text("plugins: {}"), "again", error()), state);
  EXPECT_EQ(trapline_engine_attach(engine_, trapline_entry_of_static_tally, error()), state);
  EXPECT_EQ(said(), "the engine is loaded, and has not been started");
  EXPECT_EQ(trapline_engine_run_once(engine_, 0, 0, nullptr, error()), state);
  EXPECT_EQ(trapline_engine_start(engine_, error()), TRAPLINE_OK);
  EXPECT_EQ(trapline_engine_start(engine_, error()), state);
  EXPECT_EQ(said(), "the engine runs already");
  EXPECT_EQ(trapline_engine_stop(engine_, 0, error()), TRAPLINE_OK);
  EXPECT_EQ(trapline_engine_start(engine_, error()), state);
  EXPECT_EQ(trapline_engine_run_once(engine_, 0, 0, nullptr, error()), state);
}

TEST_F(engine_c, within_its_callbacks_an_engine_is_neither_stepped_nor_stopped) {
  create();
  struct attempt {
    trapline_engine* e;
    trapline_status step, stop;
  } made{engine_, 0, 0};
  const char* pattern = "test.>";
  ASSERT_EQ(trapline_engine_subscribe(
                engine_, "watch", &pattern, 1,
                [](void* context, const trapline_event*) {
                  auto& a = *static_cast<attempt*>(context);
                  a.step = trapline_engine_run_once(a.e, 0, 0, nullptr, nullptr);
                  a.stop = trapline_engine_stop(a.e, 0, nullptr);
                },
                &made, error()),
            TRAPLINE_OK);
  start("plugins: {ticks: {use: ticks, options: {count: 1}}}");
  EXPECT_EQ(run(), TRAPLINE_OK);
  EXPECT_EQ(made.step, TRAPLINE_E_STATE);
  EXPECT_EQ(made.stop, TRAPLINE_E_STATE);
  EXPECT_EQ(run(), TRAPLINE_OK) << "it runs on";
}

TEST_F(engine_c, a_refused_configuration_tells_all_its_problems) {
  create();
  EXPECT_EQ(trapline_engine_load_text(engine_,
                                      text("engine: {log: {level: loud}}\nplugins:\n  a: {use: no_such_plugin}\n"
                                           "  c: {use: ticks, options: {cuont: 5}}\n"),
                                      "test.yaml", error()),
            TRAPLINE_E_CONFIG);
  EXPECT_NE(said().find("test.yaml:1:23: engine.log.level"), std::string::npos) << said();
  EXPECT_NE(said().find("\ntest.yaml:3:12: plugins.a.use: there is no plugin"), std::string::npos) << said();
  EXPECT_NE(said().find("\ntest.yaml:4:29: plugins.c.options.cuont: unknown option"), std::string::npos) << said();
  EXPECT_EQ(trapline_engine_start(engine_, error()), TRAPLINE_E_STATE);
  EXPECT_EQ(said(), "the configuration was refused; make another engine");
}

TEST_F(engine_c, a_text_that_does_not_fit_is_cut_within_no_character_and_ends_with_nul) {
  create();
  char small[10];
  std::fill(std::begin(small), std::end(small), 'x');
  trapline_buf b{small, sizeof small, 0};
  EXPECT_EQ(trapline_engine_load_file(engine_, "/nowhere/\xc3\xa4\xc3\xb6", &b), TRAPLINE_E_CONFIG);
  EXPECT_STREQ(small, "/nowhere/");  // the 10th byte would begin a character
  EXPECT_GT(b.len, sizeof small);
  b = {nullptr, 0, 0};
  EXPECT_EQ(trapline_engine_start(engine_, &b), TRAPLINE_E_STATE);
  EXPECT_GT(b.len, 0u);
}

TEST_F(engine_c, an_instance_that_does_not_start_is_told) {
  create();
  load("plugins: {bad: {use: fails_to_start}}");
  EXPECT_EQ(trapline_engine_start(engine_, error()), TRAPLINE_E_FAILED);
  EXPECT_EQ(said(), "bad: the port is taken");
  EXPECT_EQ(trapline_engine_stop(engine_, 1, error()), TRAPLINE_OK) << "everything is stopped already";
}

TEST_F(engine_c, lack_of_memory_is_an_answer_and_not_an_exception) {
  const auto o = options();
  long good = 0;
  for (;; ++good) {
    trapline_status s = TRAPLINE_OK;
    {
      const test::scarce_memory now(good);
      s = trapline_engine_create(&o, &engine_, nullptr);
    }
    if (s == TRAPLINE_OK) break;
    ASSERT_EQ(s, TRAPLINE_E_NOMEM) << good;
    ASSERT_EQ(engine_, nullptr);
    ASSERT_LT(good, 1'000);
  }
  EXPECT_GT(good, 1);
  start("plugins: {tally: {use: tally}}");
  EXPECT_EQ(run(), TRAPLINE_OK);
  std::vector<char> room(100'000);
  trapline_buf b{room.data(), room.size(), 0};
  std::uint32_t id = 0;
  const std::string name = "a.name.longer.than.a.short.string", command = "a command longer than a short string";
  {
    const test::scarce_memory now(0);
    EXPECT_EQ(trapline_engine_topic(engine_, text(name), &id), TRAPLINE_E_NOMEM);
    EXPECT_EQ(trapline_engine_health_json(engine_, &b), TRAPLINE_E_NOMEM);
    EXPECT_EQ(trapline_engine_metrics_text(engine_, &b), TRAPLINE_E_NOMEM);
    EXPECT_EQ(trapline_engine_submit(
                  engine_, text(command), {}, [](void*, trapline_status, trapline_str) {}, nullptr),
              TRAPLINE_E_NOMEM);
  }
  EXPECT_EQ(trapline_engine_health_json(engine_, &b), TRAPLINE_OK);
}

TEST_F(engine_c, what_is_asked_for_while_it_starts_waits_until_it_has_started) {
  struct asked {
    trapline_engine* engine = nullptr;
    bool starts = false, answered = false;
    trapline_status submit = 1, run_once = 1;
  } it;
  auto o = options();
  o.now = o.mono = nullptr;
  o.context = &it;
  o.log = [](void* context, std::int32_t, trapline_str, trapline_str) {
    auto& a = *static_cast<asked*>(context);
    if (!std::exchange(a.starts, false)) return;
    a.run_once = trapline_engine_run_once(a.engine, 0, 0, nullptr, nullptr);
    a.submit = trapline_engine_submit(
        a.engine, text("status"), {nullptr, 0},
        [](void* to, trapline_status s, trapline_str) { static_cast<asked*>(to)->answered = s == TRAPLINE_OK; },
        context);
  };
  ASSERT_EQ(trapline_engine_create(&o, &it.engine, error()), TRAPLINE_OK) << said();
  engine_ = it.engine;
  load("plugins: {tally: {use: tally}}\n");
  it.starts = true;
  ASSERT_EQ(trapline_engine_start(engine_, error()), TRAPLINE_OK) << said();
  EXPECT_FALSE(it.starts) << "a line was logged";
  EXPECT_EQ(it.submit, TRAPLINE_OK);
  EXPECT_EQ(it.run_once, TRAPLINE_E_STATE);
  EXPECT_FALSE(it.answered);
  EXPECT_EQ(run(), TRAPLINE_OK);
  EXPECT_TRUE(it.answered);
  trapline_engine_destroy(std::exchange(engine_, nullptr));
}
