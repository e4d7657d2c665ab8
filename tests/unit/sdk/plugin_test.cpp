// The boundary between a host and a plugin: the order of calls, threads, exceptions, which event goes where.
#include "trapline/sdk/plugin.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include <functional>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "fake_host.hpp"

namespace sdk = trapline::sdk;
using trapline::test::fake_host;

namespace {

// Writes down its calls, and does at each what the test wants.
struct script {
  std::vector<std::string> calls;
  std::function<void(std::string_view)> at = [](std::string_view) {};
  trapline_status drained = TRAPLINE_OK;

  void call(std::string_view name) {
    calls.emplace_back(name);
    at(name);
  }
};

template <sdk::checking Level>
class scripted : public sdk::plugin<scripted<Level>, Level> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = "scripted", .version = "1", .summary = "for tests"};
  explicit scripted(const trapline_host* h) : sdk::plugin<scripted, Level>(h) {}
  ~scripted() noexcept(false) {
    if (s) s->call("~");
  }

  void configure(std::string_view) { s->call("configure"); }
  void start() { s->call("start"); }
  void on(const trapline_event&, const trapline_trade&) { s->call("trade"); }
  void on(const trapline_event&, const trapline_book&) { s->call("book"); }
  trapline_status drain() {
    s->call("drain");
    return s->drained;
  }
  void stop() { s->call("stop"); }
  void poll(std::int64_t) { s->call("poll"); }
  void wake() { s->call("wake"); }

  script* s = nullptr;
};

// One instance and the calls of a host.
template <sdk::checking Level = sdk::checking::full>
struct rig {
  using tested = scripted<Level>;
  fake_host host;
  script did;
  const trapline_plugin* p = nullptr;
  trapline_error error{};

  rig() {
    error.struct_size = sizeof error;
    EXPECT_EQ(tested::entry()->create(host.table(), &p, &error), TRAPLINE_OK);
    tested::of(p).s = &did;
  }
  ~rig() {
    if (!p) return;
    did.at = [](std::string_view) {};
    p->destroy(p);
  }

  trapline_status configure() { return p->configure(p, sdk::str("{}"), &error); }
  trapline_status start() { return p->start(p, &error); }
  void event(std::uint16_t type, std::uint32_t payload = 64, std::uint16_t space = 0) {
    alignas(8) char bytes[sizeof(trapline_event) + 256] = {};
    auto& e = *reinterpret_cast<trapline_event*>(bytes);
    e.size = static_cast<std::uint32_t>(sizeof(trapline_event)) + payload;
    e.type = type;
    e.space = space;
    const trapline_event* one = &e;
    p->on_events(p, &one, 1);
  }
  const trapline_driver* driver() {
    return static_cast<const trapline_driver*>(p->get_extension(p, TRAPLINE_EXTENSION_DRIVER));
  }
  void run() {
    ASSERT_EQ(configure(), TRAPLINE_OK);
    ASSERT_EQ(start(), TRAPLINE_OK);
  }
  void destroy() {
    p->destroy(p);
    p = nullptr;
  }
  std::string_view text() const { return sdk::view(error.text); }
};

using calls = std::vector<std::string>;

}  // namespace

TEST(plugin, sees_the_calls_of_a_lawful_host_in_their_order) {
  rig r;
  r.run();
  r.event(TRAPLINE_EVENT_TRADE);
  r.driver()->poll(r.p, 0);
  r.did.drained = TRAPLINE_E_AGAIN;
  EXPECT_EQ(r.p->drain(r.p), TRAPLINE_E_AGAIN);
  r.event(TRAPLINE_EVENT_TRADE);
  r.did.drained = TRAPLINE_OK;
  EXPECT_EQ(r.p->drain(r.p), TRAPLINE_OK);
  r.p->stop(r.p);
  r.destroy();
  EXPECT_EQ(r.did.calls, (calls{"configure", "start", "trade", "poll", "drain", "trade", "drain", "stop", "~"}));
  EXPECT_TRUE(r.host.faults.empty());
  EXPECT_EQ(r.host.log(), "");
}

TEST(plugin, may_be_destroyed_before_it_was_configured_or_started) {
  rig a, b;
  ASSERT_EQ(b.configure(), TRAPLINE_OK);
  a.destroy();
  b.destroy();
  EXPECT_EQ(a.did.calls, (calls{"~"}));
  EXPECT_EQ(b.did.calls, (calls{"configure", "~"}));
}

TEST(plugin, refuses_to_start_before_it_is_configured) {
  rig<sdk::checking::fast> r;
  EXPECT_EQ(r.start(), TRAPLINE_E_STATE);
  EXPECT_EQ(r.text(), "host misbehaving: start() in state created");
  EXPECT_TRUE(r.did.calls.empty());
}

TEST(plugin, refuses_to_be_configured_or_started_twice) {
  rig<sdk::checking::fast> r;
  r.run();
  EXPECT_EQ(r.configure(), TRAPLINE_E_STATE);
  EXPECT_EQ(r.start(), TRAPLINE_E_STATE);
  EXPECT_EQ(r.did.calls, (calls{"configure", "start"}));
}

TEST(plugin, gets_no_events_before_start_or_after_stop) {
  rig<sdk::checking::fast> r;
  ASSERT_EQ(r.configure(), TRAPLINE_OK);
  r.event(TRAPLINE_EVENT_TRADE);
  ASSERT_EQ(r.start(), TRAPLINE_OK);
  r.p->stop(r.p);
  r.event(TRAPLINE_EVENT_TRADE);
  EXPECT_EQ(r.driver()->poll(r.p, 0), TRAPLINE_E_STATE);
  EXPECT_EQ(r.p->drain(r.p), TRAPLINE_E_STATE);
  EXPECT_EQ(r.did.calls, (calls{"configure", "start", "stop"}));
}

TEST(plugin, is_not_stopped_twice_or_without_a_start) {
  rig<sdk::checking::fast> r;
  ASSERT_EQ(r.configure(), TRAPLINE_OK);
  r.p->stop(r.p);
  ASSERT_EQ(r.start(), TRAPLINE_OK);
  r.p->stop(r.p);
  r.p->stop(r.p);
  EXPECT_EQ(r.did.calls, (calls{"configure", "start", "stop"}));
}

TEST(plugin, gets_nothing_more_after_its_start_has_failed) {
  rig<sdk::checking::fast> r;
  r.did.at = [](std::string_view name) {
    if (name == "start") throw sdk::error(TRAPLINE_E_IO, "url", "nobody answers");
  };
  ASSERT_EQ(r.configure(), TRAPLINE_OK);
  EXPECT_EQ(r.start(), TRAPLINE_E_IO);
  EXPECT_EQ(r.error.code, TRAPLINE_E_IO);
  EXPECT_EQ(sdk::view(r.error.path), "url");
  EXPECT_EQ(r.text(), "nobody answers");
  r.event(TRAPLINE_EVENT_TRADE);
  r.p->stop(r.p);
  r.destroy();
  EXPECT_EQ(r.did.calls, (calls{"configure", "start", "~"}));
}

TEST(plugin, tells_a_misbehaving_host_once_for_each_function) {
  rig<sdk::checking::fast> r;
  ASSERT_EQ(r.configure(), TRAPLINE_OK);
  for (int i = 0; i < 5; ++i) r.event(TRAPLINE_EVENT_TRADE);
  r.p->stop(r.p);
  EXPECT_EQ(r.host.log(),
            "host misbehaving: on_events() in state configured\nhost misbehaving: stop() in state configured\n");
}

TEST(plugin, is_stopped_first_if_the_host_destroys_it_while_it_runs) {
  rig<sdk::checking::fast> r;
  r.run();
  r.destroy();
  EXPECT_EQ(r.did.calls, (calls{"configure", "start", "stop", "~"}));
  EXPECT_EQ(r.host.log(), "host misbehaving: destroy() in state running\n");
}

TEST(plugin, checked_in_full_refuses_a_foreign_thread) {
  rig r;
  r.run();
  std::thread([&] {
    r.event(TRAPLINE_EVENT_TRADE);
    EXPECT_EQ(r.p->drain(r.p), TRAPLINE_E_STATE);
  }).join();
  EXPECT_EQ(r.did.calls, (calls{"configure", "start"}));
  EXPECT_NE(r.host.log().find("on_events() not on the thread of start()"), std::string_view::npos);
}

TEST(plugin, may_be_woken_on_any_thread) {
  rig r;
  r.run();
  std::thread([&] { r.driver()->wake(r.p); }).join();
  EXPECT_EQ(r.did.calls, (calls{"configure", "start", "wake"}));
  EXPECT_EQ(r.host.log(), "");
}

TEST(plugin, checked_in_full_is_never_entered_twice_at_once) {
  rig r;
  r.run();
  r.did.at = [&](std::string_view name) {
    if (name == "trade") r.event(TRAPLINE_EVENT_TRADE);
    if (name == "trade") r.p->destroy(r.p);
  };
  r.event(TRAPLINE_EVENT_TRADE);
  EXPECT_EQ(r.did.calls, (calls{"configure", "start", "trade"}));
  r.did.at = [](std::string_view) {};
  r.event(TRAPLINE_EVENT_TRADE);  // the lock is free again
  EXPECT_EQ(r.did.calls.back(), "trade");
  EXPECT_EQ(r.did.calls.size(), 4u);
}

TEST(plugin, unchecked_leaves_the_order_to_the_host) {
  rig<sdk::checking::none> r;
  r.event(TRAPLINE_EVENT_TRADE);
  EXPECT_EQ(r.did.calls, (calls{"trade"}));
}

TEST(plugin, lets_no_exception_out_of_any_call) {
  for (const std::string_view thrower : {"configure", "start", "trade", "poll", "wake", "drain", "stop", "~"}) {
    for (const int kind : {0, 1, 2, 3}) {
      rig r;
      r.did.at = [&](std::string_view name) {
        if (name != thrower) return;
        if (kind == 0) throw std::runtime_error("broken");
        if (kind == 1) throw std::bad_alloc();
        if (kind == 2) throw sdk::error(TRAPLINE_OK, "", "an error that calls itself a success");
        throw 5;
      };
      const auto expected = kind == 1 ? TRAPLINE_E_NOMEM : TRAPLINE_E_FAILED;
      const bool configured = r.configure() == TRAPLINE_OK;
      EXPECT_EQ(configured, thrower != "configure");
      const bool started = configured && r.start() == TRAPLINE_OK;
      EXPECT_EQ(started, configured && thrower != "start");
      if (!started) {
        EXPECT_EQ(r.error.code, expected);
      } else {
        r.event(TRAPLINE_EVENT_TRADE);
        EXPECT_EQ(r.driver()->poll(r.p, 0), TRAPLINE_OK);
        r.driver()->wake(r.p);
        EXPECT_EQ(r.p->drain(r.p), TRAPLINE_OK);
        r.p->stop(r.p);
      }
      r.destroy();
      // Told by the error, or, as wake() may not call the host, not at all.
      const bool no_fault = thrower == "configure" || thrower == "start" || thrower == "wake";
      EXPECT_EQ(r.host.faults, no_fault ? std::vector<trapline_status>{} : std::vector{expected}) << thrower;
    }
  }
}

namespace {

struct thrower : sdk::plugin<thrower> {
  static constexpr auto info = sdk::plugin_info{.id = "thrower", .version = "1", .summary = "for tests"};
  explicit thrower(const trapline_host* h) : plugin(h) { throw std::runtime_error("no"); }
};

}  // namespace

TEST(plugin, an_instance_that_cannot_be_made_is_an_error_of_create) {
  fake_host host;
  const trapline_plugin* p = nullptr;
  trapline_error e{};
  EXPECT_EQ(thrower::entry()->create(host.table(), &p, &e), TRAPLINE_E_FAILED);
  EXPECT_EQ(sdk::view(e.text), "no");
  EXPECT_EQ(p, nullptr);
  EXPECT_EQ(thrower::entry()->create(nullptr, &p, nullptr), TRAPLINE_E_INVALID);
}

TEST(plugin, offers_the_driver_by_its_id_alone) {
  rig r;
  EXPECT_NE(r.driver(), nullptr);
  EXPECT_EQ(r.p->get_extension(r.p, "trapline.state/1"), nullptr);
  EXPECT_EQ(r.p->get_extension(r.p, nullptr), nullptr);
}

TEST(plugin, gets_each_event_by_its_payload_and_drops_what_is_too_short_or_of_another_space) {
  rig r;
  r.run();
  r.event(TRAPLINE_EVENT_BOOK_SNAPSHOT);
  r.event(TRAPLINE_EVENT_BOOK_DELTA);
  r.event(TRAPLINE_EVENT_TRADE, 56);
  r.event(TRAPLINE_EVENT_TRADE, 64, 7);
  r.event(TRAPLINE_EVENT_CANDLE);
  r.event(999);
  EXPECT_EQ(r.did.calls, (calls{"configure", "start", "book", "book"}));
}

namespace {

// Takes all there is.
struct omnivore : sdk::plugin<omnivore> {
  static constexpr auto info = sdk::plugin_info{.id = "omnivore", .version = "1", .summary = "for tests"};
  explicit omnivore(const trapline_host* h) : plugin(h) {}
  template <class Payload>
  void on(const trapline_event& e, const Payload&) {
    typed.push_back(e.type);
  }
  void on_other(const trapline_event& e) { other.push_back(e.type); }
  std::vector<std::uint16_t> typed, other;
};

}  // namespace

TEST(plugin, every_core_event_type_has_its_payload) {
  fake_host host;
  const trapline_plugin* p = nullptr;
  trapline_error error{};
  ASSERT_EQ(omnivore::entry()->create(host.table(), &p, &error), TRAPLINE_OK);
  ASSERT_EQ(p->configure(p, sdk::str("{}"), &error), TRAPLINE_OK);
  ASSERT_EQ(p->start(p, &error), TRAPLINE_OK);
  const std::vector<std::uint16_t> types = {1, 10, 12, 13, 14, 16, 20, 30, 31, 32, 40, 41, 42, 43, 50, 51, 52, 53, 54};
  alignas(8) char bytes[sizeof(trapline_event) + 256] = {};
  auto& e = *reinterpret_cast<trapline_event*>(bytes);
  e.size = sizeof bytes;
  const trapline_event* one = &e;
  for (std::uint16_t t = 0; t < 70; ++t) {
    e.type = t;
    p->on_events(p, &one, 1);
  }
  EXPECT_EQ(omnivore::of(p).typed, types);
  EXPECT_EQ(omnivore::of(p).other.size(), 70 - types.size());
  p->stop(p);
  p->destroy(p);
}

TEST(event, a_payload_of_an_earlier_revision_reads_as_zero_where_it_ends) {
  struct {
    trapline_event head{};
    char bytes[sizeof(trapline_position)];
  } e;
  std::memset(e.bytes, 0x55, sizeof e.bytes);
  trapline_position room;
  e.head.size = sizeof(trapline_event) + 152;  // as of ABI 0.0
  const auto* old = sdk::payload(e.head, room);
  ASSERT_EQ(old, &room);
  EXPECT_EQ(old->margin_coin[15], 0x55);
  EXPECT_EQ(old->mark_pnl, 0);
  EXPECT_EQ(old->mark_pnl_exp, 0);
  e.head.size = sizeof(trapline_event) + sizeof(trapline_position);
  EXPECT_EQ(static_cast<const void*>(sdk::payload(e.head, room)), e.bytes);
  e.head.size = sizeof(trapline_event) + 144;
  EXPECT_EQ(sdk::payload(e.head, room), nullptr);
}

TEST(plugin, tells_which_types_it_consumes) {
  const auto bit = [](int t) { return TRAPLINE_TYPE_BIT(t); };
  EXPECT_EQ(scripted<sdk::checking::fast>::entry()->descriptor->consumes,
            bit(TRAPLINE_EVENT_TRADE) | bit(TRAPLINE_EVENT_BOOK_SNAPSHOT) | bit(TRAPLINE_EVENT_BOOK_DELTA));
  EXPECT_EQ(omnivore::entry()->descriptor->consumes, TRAPLINE_TYPE_ALL);
}
