// D: same in, same out; H: the hot path; O: older hosts.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string_view>

#include "cases.hpp"
#include "changed_events.hpp"
#include "import_hooks.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::testkit {
namespace {

void only_deterministic(bench& b) {
  if (!b.is(TRAPLINE_PLUGIN_DETERMINISTIC)) skip("it does not declare itself deterministic");
}

struct output {
  std::uint64_t hash = 0, events = 0;
  bool operator==(const output&) const = default;
};

output run_once(bench& b, std::size_t batch, std::int64_t start_mono = fake_host_options{}.start_mono) {
  fake_host_options options;
  options.keep_published = false;
  options.start_mono = start_mono;
  rig r(b, options);
  auto source = source_for(r.started(), b.settings().seed);
  r.feed(source, b.event_count(0.2), batch);
  const output out{r.host.published_hash(), r.host.published_count()};
  r.stop_and_destroy();
  return out;
}

void same_twice(bench& b) {
  only_deterministic(b);
  const auto first = run_once(b, 1);
  // Another heap, another monotonic clock, a later wall clock: none of it may be seen in what comes out.
  std::vector<std::unique_ptr<char[]>> ballast;
  for (std::size_t n = 1; n < 500; ++n) ballast.push_back(std::make_unique<char[]>(n * 24));
  const auto second = run_once(b, 1, 777'777'777'777);
  b.note("published", static_cast<double>(first.events));
  if (first.events != second.events)
    fail(sdk::cat("the same events gave ", first.events, " events the first time and ", second.events, " the second"));
  if (first != second)
    fail(sdk::cat("the same events gave ", first.events, " events both times, but with other bytes"));
}

void same_in_batches(bench& b) {
  only_deterministic(b);
  const auto single = run_once(b, 1);
  for (const std::size_t batch : {std::size_t{7}, std::size_t{1000}})
    if (const auto other = run_once(b, batch); other != single)
      fail(sdk::cat("on_events() with ", batch, " events at a time gave another output (", other.events,
                    " events) than with one at a time (", single.events,
                    "); take the time from the event, not from the clock, and finish each event before the next"));
}

void same_when_longer(bench& b) {
  only_deterministic(b);
  const auto run = [&](bool tomorrow) {
    fake_host_options options;
    options.keep_published = false;
    rig r(b, options);
    auto source = source_for(r.started(), b.settings().seed);
    event_buffer buffer;
    for (std::uint64_t n = b.event_count(0.05); n > 0; --n) {
      auto& e = buffer.copy(source.next());
      if (tomorrow) lengthen(e);
      expect_ok(r.plugin.deliver(e), "on_events()");
    }
    const output out{r.host.published_hash(), r.host.published_count()};
    r.stop_and_destroy();
    return out;
  };
  if (run(false) != run(true))
    fail("its output is another when payloads are longer than known; read only the members that it knows");
}

void no_clock(bench& b) {
  only_deterministic(b);
  static constexpr std::string_view forbidden[] = {
      "clock_gettime", "gettimeofday", "time",      "ftime",      "clock",    "timespec_get", "rand",
      "rand_r",        "srand",        "random",    "srandom",    "random_r", "drand48",      "lrand48",
      "mrand48",       "arc4random",   "getrandom", "getentropy", "__rdtsc",  "RAND_bytes"};
  static constexpr std::string_view forbidden_parts[] = {"6chrono3_V212system_clock3nowEv",
                                                         "6chrono3_V212steady_clock3nowEv", "13random_device"};
  std::string found;
  for (const auto& name : imports_of(&b.entry())) {
    const bool bad = std::find(std::begin(forbidden), std::end(forbidden), name) != std::end(forbidden) ||
                     std::any_of(std::begin(forbidden_parts), std::end(forbidden_parts),
                                 [&](std::string_view part) { return name.find(part) != std::string::npos; });
    if (bad && found.find(name) == std::string::npos) found += (found.empty() ? "" : ", ") + name;
  }
  if (!found.empty())
    fail(sdk::cat("it declares itself deterministic and imports ", found,
                  "; take times from the events, or drop TRAPLINE_PLUGIN_DETERMINISTIC"));
}

void no_allocation(bench& b) {
  if (!b.is(TRAPLINE_PLUGIN_BOUNDED)) skip("it does not declare its callbacks bounded");
  if (sanitized) skip("a sanitizer has its own malloc");
  fake_host_options options;
  options.keep_published = false;
  options.keep_calls = 0;
  rig r(b, options);
  auto source = source_for(r.started(), b.settings().seed);
  const std::uint64_t count = b.event_count(0.1);
  r.feed(source, count);
  if (!count_allocations()) skip("no library imports malloc from another");
  std::uint64_t events_with = 0;
  const auto before = allocations();
  for (std::uint64_t n = 0; n < count; ++n) {
    const auto& e = source.next();
    const trapline_event* one = &e;
    const auto so_far = allocations();
    r.host.set_now(e.ts_recv);
    r.host.freeze(e.ts_recv);
    set_counting(true);
    r.plugin.table()->on_events(r.plugin.table(), &one, 1);
    set_counting(false);
    r.host.thaw();
    if (allocations() != so_far) ++events_with;
  }
  const auto total = allocations() - before;
  b.note("allocations_per_event", static_cast<double>(total) / static_cast<double>(count));
  r.stop_and_destroy();
  if (total > 0)
    fail(sdk::cat(events_with, " of ", count, " events allocate memory, ", total,
                  " times in all, after as many events of warm-up; reserve it before"));
}

void event_times(bench& b) {
  fake_host_options options;
  options.keep_published = false;
  options.keep_calls = 0;
  rig r(b, options);
  auto source = source_for(r.started(), b.settings().seed);
  const std::uint64_t count = b.event_count(0.1);
  r.feed(source, count);
  std::vector<double> times;
  times.reserve(count);
  for (std::uint64_t n = 0; n < count; ++n) {
    const auto& e = source.next();
    const auto begin = std::chrono::steady_clock::now();
    r.plugin.deliver(e);
    times.push_back(std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count());
  }
  r.stop_and_destroy();
  std::sort(times.begin(), times.end());
  b.note("p50_ns", times[times.size() / 2]);
  b.note("p99_ns", times[times.size() * 99 / 100]);
  b.note("max_ns", times.back());
}

// Each released minor below ours: its host offers less, and what it does not offer must not be touched.
void older_hosts(bench& b) {
  const auto needs = b.entry().min_host_minor;
  if (needs >= TRAPLINE_ABI_MINOR) skip(sdk::cat("it needs a host of minor ", needs, ", the newest"));
  for (std::uint32_t minor = needs; minor < TRAPLINE_ABI_MINOR; ++minor) {
    fake_host_options options;
    options.abi_minor = minor;
    rig r(b, options);
    r.started();
    event_source source(r.host, b.settings().seed);
    if (source.any()) r.feed(source, 2'000);
    r.idle(20, 1'000'000'000, 1'000'000);
    r.drain();
    r.expect_no_fault("on an older host");
    r.stop_and_destroy();
  }
}

}  // namespace

std::span<const test_case> determinism_cases() {
  static constexpr test_case cases[] = {
      {"D01", level::must, "The same events twice give the same bytes", "V06", same_twice, true},
      {"D02", level::must, "Batches of 1, 7 and 1000 events give the same bytes", "D01", same_in_batches, true},
      {"D03", level::must, "A deterministic plugin imports no clock and no source of random numbers", "E01", no_clock},
      {"D04", level::must, "Payloads that are longer than known give the same bytes", "D01 V02", same_when_longer,
       true},
      {"H01", level::should, "on_events() allocates no memory once it is warm", "V06", no_allocation, true},
      {"H02", level::info, "Time per event", "V06", event_times, true},
      {"O01", level::must, "It runs on hosts of every older minor that it accepts", "L02", older_hosts},
  };
  return cases;
}

}  // namespace trapline::testkit
