// L: the ways through an instance's life.
#include <dlfcn.h>

#include <algorithm>
#include <chrono>

#include "cases.hpp"
#include "process_facts.hpp"
#include "trapline/abi/svc/bus.h"
#include "trapline/abi/svc/clock.h"
#include "trapline/abi/svc/health.h"
#include "trapline/abi/svc/log.h"
#include "trapline/abi/svc/metrics.h"
#include "trapline/abi/svc/secret.h"
#include "trapline/abi/svc/timer.h"
#include "trapline/sdk/text.hpp"

namespace trapline::testkit {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::int64_t second = 1'000'000'000;

void feed_some(rig& r, bench& b, std::uint64_t count) {
  event_source source(r.host, b.settings().seed);
  if (source.any()) r.feed(source, count);
}

void legal_path(bench& b) {
  rig r(b);
  r.started();
  feed_some(r, b, 500);
  r.idle(20, second / 10, 1'000'000);
  r.expect_no_fault("on the ordinary path, with legal events");
  r.stop_and_destroy();
  r.expect_no_fault("while it stopped");
}

void stop_anywhere(bench& b) {
  {
    rig r(b);
    r.started().stop_and_destroy();
  }
  {
    rig r(b);
    r.started();
    feed_some(r, b, 300);
    r.stop_and_destroy();
  }
  {
    rig r(b);
    r.started().idle(5, second, 1'000'000);
    r.stop_and_destroy();
  }
  {
    rig r(b);
    r.started();
    feed_some(r, b, 300);
    r.plugin.drain();  // once, whatever it says
    r.stop_and_destroy();
    r.expect_no_fault("when it was stopped while it drained");
  }
}

void destroy_unstarted(bench& b) {
  {
    rig r(b);
    r.created();
    expect_ok(r.plugin.destroy(), "destroy() after create()");
  }
  {
    rig r(b);
    r.configured();
    expect_ok(r.plugin.destroy(), "destroy() after configure()");
  }
}

// One host that refuses something. Whatever the plugin makes of it, it says so with a text and leaves nothing behind.
void try_refusal(bench& b, const char* what, fake_host_options options, const scripted_answers& answers) {
  const std::size_t threads = thread_count();
  rig r(b, std::move(options));
  r.host.answers = answers;
  for (const auto& path : b.secret_paths()) r.host.set_secret(path, bench::canary(path));
  r.created();
  const auto judge = [&](const outcome& o, const char* function) {
    if (o.threw) fail(sdk::cat(function, " let an exception out where ", what, ": ", o.text));
    if (!o.ok() && o.text.empty()) fail(sdk::cat(function, " failed without an error text where ", what));
    return o.ok();
  };
  const bool running = judge(r.plugin.configure(b.options_json()), "configure()") && judge(r.plugin.start(), "start()");
  if (running) {
    feed_some(r, b, 100);
    r.idle(3, second / 10, 0);
    expect_ok(r.plugin.stop(), "stop()");
  }
  expect_ok(r.plugin.destroy(), "destroy()");
  if (!running && !threads_fall_to(threads, 1000))
    fail(sdk::cat("threads go on after destroy() where ", what, "; a start() that fails must end what it began"));
}

void failing_host(bench& b) {
  scripted_answers a;
  const auto with = [&](auto member, trapline_status s) {
    a = {};
    a.*member = s;
    return a;
  };
  try_refusal(b, "bus.topic() answers LIMIT", {}, with(&scripted_answers::topic, TRAPLINE_E_LIMIT));
  try_refusal(b, "bus.instrument() answers LIMIT", {}, with(&scripted_answers::instrument, TRAPLINE_E_LIMIT));
  try_refusal(b, "bus.subscribe() answers INVALID", {}, with(&scripted_answers::subscribe, TRAPLINE_E_INVALID));
  try_refusal(b, "timer.set() answers LIMIT", {}, with(&scripted_answers::timer, TRAPLINE_E_LIMIT));
  try_refusal(b, "secret.get() answers IO", {}, with(&scripted_answers::secret, TRAPLINE_E_IO));
  a = {};
  a.no_metrics = true;
  try_refusal(b, "the metrics are NULL", {}, a);
  const auto& d = b.descriptor();
  for (const char* service :
       {TRAPLINE_SERVICE_BUS, TRAPLINE_SERVICE_LOG, TRAPLINE_SERVICE_CLOCK, TRAPLINE_SERVICE_TIMER,
        TRAPLINE_SERVICE_METRICS, TRAPLINE_SERVICE_HEALTH, TRAPLINE_SERVICE_SECRET}) {
    const bool required = std::any_of(d.required_services, d.required_services + d.required_service_count,
                                      [&](const char* id) { return std::string_view(id) == service; });
    if (required) continue;  // a host without it never gets as far as create()
    fake_host_options o;
    o.withheld = {service};
    try_refusal(b, sdk::cat("the host lacks ", service).c_str(), o, {});
  }
}

void drain_ends(bench& b) {
  rig r(b);
  r.started();
  feed_some(r, b, 500);
  r.idle(5, second / 10, 1'000'000);
  const auto begin = clock::now();
  r.drain();
  b.note("drain_ms", std::chrono::duration<double, std::milli>(clock::now() - begin).count());
  r.stop_and_destroy();
}

// A library that is opened and closed again, without the private copy that plugin::load() makes of it.
class opened {
 public:
  explicit opened(const std::string& path) : handle_(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (!handle_) fail(sdk::cat("it cannot be loaded: ", ::dlerror()));
  }
  ~opened() { ::dlclose(handle_); }
  opened(const opened&) = delete;
  opened& operator=(const opened&) = delete;
  const trapline_entry& entry() const {
    return *reinterpret_cast<trapline_entry_fn>(::dlsym(handle_, TRAPLINE_ENTRY_SYMBOL))();
  }

 private:
  void* handle_;
};

struct holdings {
  std::int64_t files, heap, resident;
  static holdings now() {
    return {static_cast<std::int64_t>(open_files().size()), static_cast<std::int64_t>(heap_in_use()),
            static_cast<std::int64_t>(resident_bytes())};
  }
};

// One life, from load to unload. `options` are ready, since the plugin is not loaded when they are needed.
void one_cycle(const std::string& path, const std::string& options, const std::vector<std::string>& secrets,
               std::size_t threads, bench& b) {
  const opened library(path);
  fake_host host;
  for (const auto& p : secrets) host.set_secret(p, bench::canary(p));
  guest g(library.entry(), host, b.where());
  expect_ok(g.create(), "create()");
  expect_ok(g.configure(options), "configure()");
  expect_ok(g.start(), "start()");
  event_source source(host, b.settings().seed);
  if (source.any())
    for (int n = 0; n < 100; ++n) g.deliver(source.next());
  g.fire_timers();
  g.poll(0);
  g.drain();
  expect_ok(g.stop(), "stop()");
  expect_ok(g.destroy(), "destroy()");
  if (!threads_fall_to(threads, 1000)) fail("a thread of the plugin goes on after destroy(); stop() must join all");
}

void cycles(bench& b) {
  constexpr int warm = 30, stretch = 35, most_stretches = 10;
  // On a bench of its own, which lets go of its copy of the library before the cycles begin.
  std::string options;
  std::vector<std::string> secrets;
  {
    bench first(b.settings(), b.report(), b.where());
    options = first.options_json();
    secrets = first.secret_paths();
  }
  const std::size_t threads = thread_count();
  const auto live = [&](int times) {
    for (; times > 0; --times) {
      one_cycle(b.settings().path, options, secrets, threads, b);
      if (!sanitized && is_mapped(b.settings().path))
        fail(
            "the library stays mapped after its unload: a unique symbol, a thread_local with a destructor, a thread, "
            "or "
            "NODELETE keeps it; build it with trapline_add_plugin()");
    }
  };
  live(warm);
  // What each life leaves behind makes every stretch grow. What malloc and other libraries keep for later ends some
  // time.
  std::string grew;
  for (int n = 0; n < most_stretches; ++n) {
    const auto before = holdings::now();
    live(stretch);
    const auto after = holdings::now();
    grew.clear();
    if (after.files > before.files) grew = sdk::cat(after.files - before.files, " more files are open");
    if (!sanitized && after.heap - before.heap > 16 * 1024)
      grew = sdk::cat("the heap grew by ", after.heap - before.heap, " bytes");
    if (!sanitized && after.resident - before.resident > (4 << 20))
      grew = sdk::cat("resident memory grew by ", after.resident - before.resident, " bytes");
    if (n > 0 && grew.empty()) return b.note("lives", warm + (n + 1) * stretch);
  }
  fail(sdk::cat(grew, " in the last of ", most_stretches, " times ", stretch, " lives, and so on before"));
}

// A call on one instance must never reach the host of the other.
void two_running(bench& b) {
  rig one(b), two(b);
  one.created();
  two.created();
  const auto calls_before = two.host.call_count();
  const auto quiet = [&](const char* what) {
    if (two.host.call_count() != calls_before)
      fail(sdk::cat(what, " of the first instance called the host of the second; keep all state in plugin_data"));
  };
  for (const auto& p : b.secret_paths()) {
    one.host.set_secret(p, bench::canary(p));
    two.host.set_secret(p, bench::canary(p));
  }
  one.configured_with(b.options_json());
  const auto started = one.plugin.start();
  quiet("start()");
  expect_ok(started, "start() of the first of two instances");
  feed_some(one, b, 300);
  one.idle(3, second, 1'000'000);
  quiet("work");
  one.stop_and_destroy();
  quiet("the end");
  const auto calls_of_one = one.host.call_count();
  two.configured_with(b.options_json());
  expect_ok(two.plugin.start(), "start() of the second instance, once the first is gone,");
  feed_some(two, b, 300);
  two.stop_and_destroy();
  if (one.host.call_count() != calls_of_one) fail("the second instance called the host of the first, which is gone");
}

}  // namespace

std::span<const test_case> lifecycle_cases() {
  static constexpr test_case cases[] = {
      {"L01", level::must, "It configures, starts, takes events, stops and is destroyed", "C01", legal_path},
      {"L03", level::must, "It can be destroyed without having been started", "C01", destroy_unstarted},
      {"L05", level::must, "drain() comes to its end within 5 s, and each call within 1 s", "L01", drain_ends},
      {"L02", level::must, "It can be stopped at any point of its life", "L01 L05", stop_anywhere},
      {"L04", level::must, "It copes with a host that refuses, and a failing start() leaves nothing behind", "L01",
       failing_host},
      {"L06", level::must, "A hundred lives and more, from load to unload, leave nothing behind", "L02 T01", cycles,
       true},
      {"L07", level::must, "Two running instances share no state", "L01 T01", two_running},
  };
  return cases;
}

}  // namespace trapline::testkit
