#include "bench.hpp"

#include <algorithm>
#include <chrono>

#include "trapline/sdk/text.hpp"

namespace trapline::testkit {

void fail(std::string text) { throw failed{std::move(text)}; }
void skip(std::string reason) { throw skipped{std::move(reason)}; }

void expect_ok(const outcome& o, const char* function) {
  if (o.threw) fail(sdk::cat("an exception left ", function, ", which no host has to survive: ", o.text));
  if (!o.ok()) fail(sdk::cat(function, " failed: ", o.describe()));
}

std::string first_of(const std::vector<breach_record>& all) {
  return sdk::cat(all.size() == 1 ? "" : sdk::cat(all.size(), " times, first: "), all.front().text);
}

const std::vector<plugin::finding>& bench::load_findings() {
  if (!loaded_) {
    loaded_ = true;
    where_->store("the load");
    image_ = plugin::load(settings_.path, "validate", ".", findings_);
    where_->store(nullptr);
  }
  return findings_;
}

const trapline_entry& bench::entry() {
  load_findings();
  if (!image_) skip("the plugin cannot be loaded");
  return image_->entry();
}

std::vector<config::option> bench::option_table() {
  const auto& d = descriptor();
  return config::read_table(d.options, d.option_count, d.option_size);
}

config::checked_options bench::options(std::vector<std::string>& problems) {
  std::vector<config::problem> found;
  const auto& given = settings_.options;
  auto out = config::check_options(option_table(), given.from_file ? &given.options : nullptr, {}, "", found);
  for (const auto& p : found) problems.push_back(given.from_file ? p.render(given.file) : p.path + ": " + p.text);
  return out;
}

const std::string& bench::options_json() {
  if (!json_.empty()) return json_;
  std::vector<std::string> problems;
  auto checked = options(problems);
  if (!problems.empty()) skip("no options to run with (see C01)");
  return json_ = checked.json;
}

std::vector<std::string> bench::secret_paths() {
  std::vector<std::string> ignored, out;
  for (const auto& [path, from] : options(ignored).secrets) out.push_back(path);
  return out;
}

std::uint64_t bench::event_count(double share) const {
  const double n = static_cast<double>(settings_.events) * share * (sanitized ? 0.05 : 1);
  return std::max<std::uint64_t>(static_cast<std::uint64_t>(n), 200);
}

rig::rig(bench& b, fake_host_options options)
    : host(*new fake_host(std::move(options))), plugin(b.entry(), host, b.where()), bench_(b) {}

rig& rig::created() {
  expect_ok(plugin.create(), "create()");
  return *this;
}

rig& rig::configured_with(const std::string& json) {
  expect_ok(plugin.configure(json), "configure()");
  return *this;
}

rig& rig::configured() {
  const auto& json = bench_.options_json();
  for (const auto& path : bench_.secret_paths()) host.set_secret(path, bench::canary(path));
  return created().configured_with(json);
}

rig& rig::started() {
  configured();
  expect_ok(plugin.start(), "start()");
  return *this;
}

void rig::feed(event_source& source, std::uint64_t count, std::size_t batch) {
  // A batch is copied: the source makes one event at a time.
  std::vector<std::vector<std::uint64_t>> bytes(batch);
  std::vector<const trapline_event*> events(batch);
  for (std::uint64_t done = 0; done < count;) {
    const std::size_t n = std::min<std::uint64_t>(batch, count - done);
    if (n == 1) {
      expect_ok(plugin.deliver(source.next()), "on_events()");
    } else {
      for (std::size_t i = 0; i < n; ++i) {
        const auto& e = source.next();
        bytes[i].resize(e.size / sizeof(std::uint64_t));
        std::copy_n(reinterpret_cast<const std::uint64_t*>(&e), bytes[i].size(), bytes[i].begin());
        events[i] = reinterpret_cast<const trapline_event*>(bytes[i].data());
      }
      expect_ok(plugin.deliver({events.data(), n}), "on_events()");
    }
    const bool pause = (done & ~std::uint64_t{255}) != ((done + n) & ~std::uint64_t{255});
    done += n;
    if (!pause) continue;
    plugin.fire_timers();
    if (plugin.has_driver()) expect_ok(plugin.poll(0), "poll()");
  }
}

void rig::idle(int steps, std::int64_t step_ns, std::int64_t poll_ns) {
  for (int i = 0; i < steps; ++i) {
    host.advance(step_ns);
    plugin.fire_timers();
    if (plugin.has_driver()) expect_ok(plugin.poll(poll_ns), "poll()");
  }
}

void rig::drain() {
  using clock = std::chrono::steady_clock;
  const auto begin = clock::now();
  for (;;) {
    const auto one = clock::now();
    const auto o = plugin.drain();
    if (o.threw) fail("drain() let an exception out: " + o.text);
    if (clock::now() - one > std::chrono::seconds(1)) fail("one call of drain() took more than a second; answer AGAIN");
    if (o.status == TRAPLINE_OK) return;
    if (o.status != TRAPLINE_E_AGAIN)
      fail(sdk::cat("drain() answered status ", o.status, "; it may answer OK or AGAIN"));
    if (clock::now() - begin > std::chrono::seconds(5)) fail("drain() still answers AGAIN after 5 s");
    idle(1, 10'000'000, 1'000'000);
  }
}

void rig::stop_and_destroy() {
  expect_ok(plugin.stop(), "stop()");
  expect_ok(plugin.destroy(), "destroy()");
}

void rig::expect_no_fault(const char* during) {
  if (const auto f = host.breaches(breach::fault_reported); !f.empty())
    fail(sdk::cat("the plugin reported a fault ", during, ": ", first_of(f)));
}

event_source source_for(rig& r, std::uint64_t seed) {
  event_source s(r.host, seed);
  if (!s.any()) skip("the plugin subscribes to no events");
  return s;
}

}  // namespace trapline::testkit
