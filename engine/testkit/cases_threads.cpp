// T: threads; B: back-pressure.
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "cases.hpp"
#include "process_facts.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::testkit {
namespace {

constexpr std::int64_t second = 1'000'000'000;

// Runs `f` on a thread of its own and hands on how it ended.
template <class F>
void on_lane_thread(F&& f) {
  std::optional<failed> bad;
  std::optional<skipped> skip_;
  std::thread lane([&] {
    try {
      f();
    } catch (const failed& e) {
      bad = e;
    } catch (const skipped& e) {
      skip_ = e;
    }
  });
  lane.join();
  if (bad) throw *bad;
  if (skip_) throw *skip_;
}

// control and lane on two threads, as in the engine; the driver is woken from a third all the while.
void right_threads(bench& b) {
  const std::size_t threads = thread_count();
  rig r(b);
  r.configured();
  std::size_t left_after_stop = 0;
  on_lane_thread([&] {
    r.host.bind_lane();
    expect_ok(r.plugin.start(), "start()");
    std::atomic<bool> over{false};
    std::thread waker([&] {
      while (!over) {
        r.plugin.wake();
        std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
    });
    const auto end = [&] {
      over = true;
      waker.join();
    };
    try {
      event_source source(r.host, b.settings().seed);
      if (source.any()) r.feed(source, 2'000);
      r.idle(50, second / 10, 2'000'000);
    } catch (...) {
      end();
      throw;
    }
    end();
    expect_ok(r.plugin.stop(), "stop()");
    left_after_stop = threads_fall_to(threads + 1, 200) ? 0 : thread_count() - threads - 1;
  });
  r.host.bind_lane();  // destroy() is for the control thread, this one
  // What a thread that was left behind does, it does now.
  std::this_thread::sleep_for(std::chrono::milliseconds(left_after_stop > 0 ? 100 : 20));
  expect_ok(r.plugin.destroy(), "destroy()");
  if (left_after_stop > 0)
    fail(sdk::cat(left_after_stop, " threads of the plugin go on after stop(), which must join them all"));
  for (const auto rule : {breach::wrong_thread, breach::call_after_stop})
    if (const auto found = r.host.breaches(rule); !found.empty()) fail(first_of(found));
}

// The bus closes while the plugin's own threads publish as fast as they can.
void stop_in_a_storm(bench& b) {
  const std::size_t threads = thread_count();
  for (int n = 0; n < 20; ++n) {
    rig r(b);
    r.started();
    event_source source(r.host, b.settings().seed + static_cast<std::uint64_t>(n));
    if (source.any()) r.feed(source, 500, 100);
    r.idle(2, second, 500'000);
    r.host.answer_publish(n % 2 == 0 ? TRAPLINE_E_CLOSED : TRAPLINE_E_AGAIN);
    const auto begin = std::chrono::steady_clock::now();
    expect_ok(r.plugin.stop(), "stop()");
    if (std::chrono::steady_clock::now() - begin > std::chrono::seconds(5)) fail("stop() took more than 5 s");
    if (!threads_fall_to(threads, 1000)) fail("threads of the plugin go on after stop(), which must join them all");
    expect_ok(r.plugin.destroy(), "destroy()");
  }
}

// How the heap grows over a stretch of events with the bus answering `answer`, after a warm-up with it.
std::int64_t growth_of_heap(bench& b, trapline_status answer, std::uint64_t& attempts) {
  fake_host_options options;
  options.keep_published = false;
  options.keep_calls = 0;
  rig r(b, options);
  r.started();
  event_source source(r.host, b.settings().seed);
  const std::uint64_t half = b.event_count(0.1);
  const auto stretch = [&] {
    if (source.any()) r.feed(source, half);
    r.idle(300, second, 0);
  };
  stretch();
  r.host.answer_publish(answer);
  const auto attempts_before = r.host.publish_attempts();
  stretch();
  const auto before = static_cast<std::int64_t>(heap_in_use());
  stretch();
  stretch();
  const auto after = static_cast<std::int64_t>(heap_in_use());
  attempts = r.host.publish_attempts() - attempts_before;
  r.host.answer_publish(TRAPLINE_OK);
  stretch();
  r.expect_no_fault("about a bus that is full for a long time, or when it was free again");
  r.stop_and_destroy();
  return after - before;
}

void full_bus(bench& b) {
  std::uint64_t attempts = 0;
  const auto when_free = growth_of_heap(b, TRAPLINE_OK, attempts);
  const auto when_full = growth_of_heap(b, TRAPLINE_E_AGAIN, attempts);
  b.note("publish_attempts", static_cast<double>(attempts));
  b.note("heap_growth_free_bytes", static_cast<double>(when_free));
  b.note("heap_growth_full_bytes", static_cast<double>(when_full));
  if (attempts == 0) skip("it publishes nothing here that could be refused");
  // What it keeps of the events themselves is there in both runs.
  if (!sanitized && when_full - std::max<std::int64_t>(when_free, 0) > (4 << 20))
    fail(sdk::cat("while the bus is full its memory grows: by ", when_full, " bytes, against ", when_free,
                  " with a free bus; bound what it holds back, and count what it drops"));
}

}  // namespace

std::span<const test_case> thread_cases() {
  static constexpr test_case cases[] = {
      {"T01", level::must, "It keeps the thread marks, and nothing of it goes on after stop()", "L02", right_threads},
      {"T03", level::must, "stop() ends it even while the bus refuses everything", "T01", stop_in_a_storm},
      {"B01", level::must, "A bus that is full for minutes does no harm and does not fill the memory", "V06", full_bus,
       true},
  };
  return cases;
}

}  // namespace trapline::testkit
