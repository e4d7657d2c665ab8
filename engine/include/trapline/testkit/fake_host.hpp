// A host for one instance, for tests: every service of the ABI, a clock and a back-pressure that the test scripts, and
// a record of what the plugin did, with the rules that it broke.
//
//   testkit::fake_host host;
//   testkit::guest plugin(*my_plugin::entry(), host);
//   plugin.create(); plugin.configure(json); plugin.start();
//   plugin.deliver(event);
//   EXPECT_EQ(host.published().size(), 1u);
//
// The functions that the plugin calls may be called from any thread; those that the test calls, from the test's thread
// while no call into the plugin is under way, unless they say otherwise.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trapline/abi/plugin.h"

namespace trapline::testkit {

// Where the instance is in its life.
enum class stage { none, create, configure, configured, start, running, drain, stop, stopped, destroy, gone };
std::string_view stage_name(stage s);

// A rule of the ABI that the plugin broke.
enum class breach {
  call_in_create,   // create() must not call the host
  wrong_thread,     // a [lane] function on another thread, or before start()
  call_after_stop,  // a call between the end of stop() and destroy(), or after destroy()
  bad_publish,      // an unknown topic, a payload that does not fit its type, ...
  bad_argument,     // NULL where a pointer is needed, an invalid name or pattern
  fault_reported,   // report_fault(): legal, and a failure in most tests
};
struct breach_record {
  breach rule;
  std::string text;
};

// One call of the plugin.
struct call_record {
  const char* function;  // "bus.publish"
  stage when;
  bool on_lane;  // on the thread that bind_lane() named
  std::string text;
  trapline_status result;
};

struct log_line {
  int level;
  std::string text;
};

// As the plugin gave it, before the bus stamped anything; `head.size` is set.
struct published_event {
  trapline_event head;
  std::vector<std::byte> payload;
};

// What the host answers; OK = does its work.
struct scripted_answers {
  trapline_status topic = TRAPLINE_OK, instrument = TRAPLINE_OK, subscribe = TRAPLINE_OK, timer = TRAPLINE_OK,
                  secret = TRAPLINE_OK;
  bool no_metrics = false;  // counter(), gauge() and histogram() return NULL
};

struct fake_host_options {
  std::string instance = "guest";
  // Minor of the ABI that the host offers. Members that came later are absent: beyond `struct_size`, and a wild pointer
  // for who reads them all the same.
  std::uint32_t abi_minor = TRAPLINE_ABI_MINOR;
  std::vector<std::string> withheld;                    // services that get_service() does not know
  bool keep_published = true;                           // false: only counted and hashed
  std::size_t keep_calls = 10'000;                      // records beyond are counted only
  std::int64_t start_time = 1'767'225'600'000'000'000;  // UTC ns; 2026-01-01
  std::int64_t start_mono = 1'000'000'000;              // ns
};

class fake_host {
 public:
  explicit fake_host(fake_host_options options = {});
  ~fake_host();
  fake_host(const fake_host&) = delete;
  fake_host& operator=(const fake_host&) = delete;

  const trapline_host* table() const noexcept;

  // --- script
  scripted_answers answers;
  // Answer of publish(), from any thread and at any time. OK = it takes the events.
  void answer_publish(trapline_status s) noexcept;
  // The value of a secret option; a path without one is NOT_FOUND.
  void set_secret(std::string path, std::string value);
  // UTC ns; the monotonic clock moves on by the same distance, never back.
  void set_now(std::int64_t ns) noexcept;
  void advance(std::int64_t ns) noexcept { set_now(now() + ns); }
  std::int64_t now() const noexcept;

  // --- names, as on the bus; 0 if the name is not valid
  std::uint32_t topic(std::string_view name);
  std::uint32_t instrument(std::string_view venue, std::string_view symbol);
  std::string_view topic_name(std::uint32_t id) const;

  // --- what the plugin did; a copy, from any thread
  std::vector<std::pair<std::string, std::uint64_t>> subscriptions() const;  // pattern, type mask
  bool wants(std::uint32_t topic, std::uint16_t space, std::uint16_t type) const;
  std::vector<call_record> calls() const;
  std::uint64_t call_count() const noexcept;  // of all functions
  std::vector<log_line> log() const;
  std::vector<breach_record> breaches() const;
  std::vector<breach_record> breaches(breach rule) const;
  const std::vector<published_event>& published() const;  // not while other threads publish
  std::uint64_t publish_attempts() const noexcept;
  std::uint64_t published_count() const noexcept;
  std::uint64_t published_hash() const noexcept;  // of headers as given and payloads, in order
  // Every text and byte that left the plugin through the host, for a search for what must not.
  std::string everything_said() const;
  std::uint64_t counter_total(std::string_view name) const;

  // True while this thread is inside a function of a fake host: what the host allocates is not the plugin's.
  static bool serving() noexcept;

  // --- for the guest
  void enter(stage s) noexcept;
  stage at() const noexcept;
  void bind_lane() noexcept;                   // this thread is the lane from now on
  void freeze(std::int64_t ts_recv) noexcept;  // an event is being handled: the lane's now() stands still
  void thaw() noexcept;
  // The next timer that is due at now(), as an event; false: none.
  bool take_due_timer(std::vector<std::byte>& event);
  std::int64_t next_timer() const noexcept;  // UTC ns, INT64_MAX = none

  struct impl;

 private:
  std::unique_ptr<impl> impl_;
};

}  // namespace trapline::testkit
