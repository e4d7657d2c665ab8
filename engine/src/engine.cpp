#include "trapline/engine.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "engine_impl.hpp"
#include "supervise/crash_report.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"
#include "trapline/version.hpp"

namespace trapline {
namespace {

using supervise::call_limit;
using supervise::steady;

// Sinks first, sources last; the configuration's order within a kind.
int start_rank(const plugin::instance& i) {
  if ((i.flags() & TRAPLINE_PLUGIN_SINK) != 0) return 0;
  return (i.flags() & TRAPLINE_PLUGIN_SOURCE) != 0 ? 2 : 1;
}

}  // namespace

// ---------------------------------------------------------------- starting and stopping

bool engine::impl::start_instance(plugin::instance& i, std::string& error) {
  trapline_error e{};
  const auto result = supervise::start(i, e);
  if (result != supervise::start_result::refused) started.push_back(&i);  // one that hangs may start yet
  if (result == supervise::start_result::running) return true;
  error = rt->redacted(i.name() + ": " + std::string(sdk::view(e.text)));
  if (e.code == TRAPLINE_E_CONFIG) rt->request_stop(stop_kind::bad_config, error);
  return false;
}

// True when no lane has an event left. Instances may publish while handling the last ones, so all must be dry at once.
bool engine::impl::run_dry(steady::time_point deadline) {
  while (steady::now() < deadline) {
    const std::uint64_t before = rt->ring.tail();
    bool all = true;
    for (auto& l : lanes) {
      if (l.given_up) continue;
      auto dry = std::make_shared<std::atomic<bool>>(false);
      if (!l.call([dry, &l] { dry->store(l.dry()); }, call_limit) || !dry->load()) all = false;
    }
    if (all && rt->ring.tail() == before) return true;
    rt->pause();
  }
  return false;
}

// Tells the instances that all of them run now, or that they will be stopped one by one: as a lifecycle event without a
// name. Those that bring events in without being sources wait for the one and end with the other.
void engine::impl::tell_all(std::uint32_t state) {
  trapline_lifecycle l{};
  l.state = state;
  const auto deadline = steady::now() + std::chrono::seconds(1);
  const auto publish = [&] { return rt->publish(TRAPLINE_EVENT_LIFECYCLE, rt->topic_lifecycle, &l, sizeof l); };
  while (publish() == TRAPLINE_E_AGAIN && steady::now() < deadline) rt->pause();
}

bool engine::impl::stop(bool drain, std::string& what) {
  if (!running) return true;
  if (stepping) {
    what += "stop() was called within a callback; use request_stop() there, and stop() when run_once() has returned";
    return false;
  }
  const busy_mark now_stepping(stepping);
  rise();
  running = false;
  if (!control.end(call_limit)) {
    hung = true;
    what += "the control thread waits for a plugin that hangs; ";
  }
  for (const auto& i : instances)
    if (i->state() == TRAPLINE_INSTANCE_RESTARTING) i->give_up("the engine stopped before it was made anew");
  watchdog.reset();
  if (drain) tell_all(TRAPLINE_INSTANCE_DRAINING);
  const auto deadline = steady::now() + std::chrono::nanoseconds(config.drain_timeout);
  bool clean = true, dry = true;
  for (auto i = started.rbegin(); i != started.rend(); ++i) {
    // The bus can only run dry once all sources are silent.
    if ((*i)->lane->given_up) continue;
    if (drain && dry && start_rank(**i) != 2) dry = run_dry(deadline);
    clean = supervise::stop(**i, drain, deadline, what) && clean;
  }
  started.clear();
  if (drain && dry) run_dry(deadline);  // the last words of the instances count, too
  if (!dry) what += "the bus did not run dry in time; ";
  rt->ring.close();
  for (auto& l : lanes)
    if (l.given_up || !l.end(call_limit)) {
      hung = true;
      what += "lane " + l.name() + " hangs (" + l.describe() + "); ";
    }
  if (journal && !journal->end(supervise::start_limit)) {
    hung = true;
    what += "the disk of the journal hangs; ";
  }
  clean = clean && dry && !hung;
  if (clean) {
    std::vector<std::string> names;
    for (const auto& i : instances) names.push_back(i->name());
    crashes->ended_well(names);
  }
  rt->log.info(clean ? "stopped" : "stopped, not cleanly: " + what);
  rt->log.settle(call_limit);
  return clean;
}

// ---------------------------------------------------------------- engine

engine::engine(engine_options options) : impl_(std::make_unique<impl>(*this, std::move(options))) {}

engine::~engine() {
  std::string what;
  impl_->stop(false, what);
  if (impl_->hung) {
    impl_.release();  // its thread still uses all of this
    return;
  }
  // Instances first, while the lanes they point to are there; both before the runtime.
  impl_->control.end(call_limit);
  impl_->trials.clear();
  for (auto i = impl_->instances.rbegin(); i != impl_->instances.rend(); ++i) i->reset();
  impl_->abandoned.clear();
}

void engine::observe(std::string instance, std::vector<std::string> patterns,
                     std::function<void(const trapline_event&)> callback) {
  impl_->observations.push_back({std::move(instance), std::move(patterns), std::move(callback)});
}

std::vector<std::string> engine::load_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  impl_->source_file = path;
  if (!in || !(text << in.rdbuf())) {
    if (in && in.peek() == std::ifstream::traits_type::eof()) return load_text("", path);
    return {path + ": cannot be read: " + std::strerror(errno)};
  }
  return load_text(text.str(), path);
}

std::vector<std::string> engine::load_text(const std::string& text, const std::string& name) {
  return impl_->load(text, name);
}

bool engine::start(std::string& error) {
  impl& m = *impl_;
  if (!std::exchange(m.ready, false)) {
    error = "there is nothing to start: no configuration was loaded without a problem, or it was started before";
    return false;
  }
  m.rt->log.info(sdk::cat("trapline ", version_text, " starts '", m.config.name, "': ", m.instances.size(),
                          " instances on ", m.lanes.size(), " lanes, bus ", m.rt->ring.bytes() >> 20,
                          " MiB, with cursors and copies ", (m.rt->ring.total_bytes() + (1u << 20) - 1) >> 20,
                          " MiB, log queue ", m.config.log.queue_lines, " lines"));
  if (m.options.control_socket)
    if (const auto why = m.control.listen(m.config.run_dir + "/control.sock"); !why.empty())
      m.rt->log.warn("no control socket: " + why);
  m.started_at = m.clock.mono();
  if (error = m.start_journal(); !error.empty()) {
    m.rt->request_stop(stop_kind::journal, error);
    m.rt->log.error(error);
    return false;
  }
  if (!m.rt->steps)
    for (auto& l : m.lanes) l.run();
  m.running = true;
  for (const auto& i : m.left_out) {
    trapline_lifecycle l{};
    sdk::assign(l.instance, i.name);
    sdk::assign(l.plugin, i.plugin);
    l.state = TRAPLINE_INSTANCE_LEFT_OUT;
    l.code = TRAPLINE_E_FAILED;
    sdk::assign(l.text, i.reason);
    m.rt->publish(TRAPLINE_EVENT_LIFECYCLE, m.rt->topic_lifecycle, l);
  }
  std::vector<plugin::instance*> order;
  for (const auto& i : m.instances) order.push_back(i.get());
  std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return start_rank(*a) < start_rank(*b); });
  for (auto* i : order) {
    if (const busy_mark now_stepping(m.stepping); m.start_instance(*i, error)) {
      m.rt->log.info(sdk::cat(i->name(), " (", i->plugin_id(), ") runs on lane ", i->lane->name()));
      continue;
    }
    m.rt->log.error(error);
    std::string ignored;
    m.stop(false, ignored);
    return false;
  }
  {
    const busy_mark now_stepping(m.stepping);
    m.tell_all(TRAPLINE_INSTANCE_RUNNING);
  }
  m.watchdog = std::make_unique<supervise::watchdog>(*m.rt, m.lanes, m.config.hang_limit);
  m.restarter = std::make_unique<supervise::restarter>(*m.rt);
  auto handle = [&m](control::request r) { m.handle(std::move(r)); };
  auto tick = [&m] { return m.tick(); };
  if (m.rt->steps) m.control.run_by_visits(std::move(handle), std::move(tick));
  else m.control.run(std::move(handle), std::move(tick));
  m.rt->log.pump();
  return true;
}

bool engine::submit(std::string cmd, std::string args, std::function<void(bool, std::string)> done) {
  return impl_->control.submit(
      {std::move(cmd), std::move(args), "the program",
       [done = std::move(done)](control::answer a) { done(a.status == TRAPLINE_OK, std::move(a.text)); }});
}

bool engine::stop(bool drain, std::string& what) { return impl_->stop(drain, what); }

bool engine::running() const { return impl_->running; }
void engine::request_stop(std::string_view reason) {
  if (impl_->rt) impl_->rt->request_stop(stop_kind::requested, reason);
}
stop_cause engine::stop_requested() const {
  return impl_->rt ? static_cast<stop_cause>(impl_->rt->stop_requested()) : stop_cause::none;
}
std::string engine::stop_reason() const { return impl_->rt ? impl_->rt->stop_reason() : std::string{}; }

const char* engine::record_crash(int signal, void* const* frames, int count) const noexcept {
  if (!impl_->rt || !impl_->crashes || impl_->crashes->record_fd() < 0) return nullptr;
  supervise::crash_scene scene;
  scene.signal = signal;
  const auto blame = [&scene](const plugin::instance* i, const char* why) {
    if (!i) return;
    scene.instance = i->name();
    scene.plugin = i->plugin_id();
    scene.sha256 = i->sha256();
    scene.how_known = why;
  };
  if (const auto* l = static_cast<const bus::lane*>(this_lane.lane)) {
    std::uint64_t call = 0;
    scene.lane = l->name().c_str();
    blame(l->running(call), "its callback was called last on its lane");
    if (!scene.instance.empty()) scene.event_seq = l->activity().seq.load(std::memory_order_relaxed);
  } else if (const auto& loading = impl_->loading; loading.is_of_this_thread()) {
    scene.instance = loading.instance();
    scene.plugin = loading.plugin();
    scene.sha256 = loading.sha256();
    scene.how_known = "its file was being loaded, in a static constructor or its entry function";
  } else {
    blame(impl_->rt->being_made.load(std::memory_order_acquire), "it was in create() or configure()");
  }
  for (int n = 0; scene.instance.empty() && n < count; ++n)
    for (const auto& l : impl_->lanes)
      for (std::size_t place = 1; place <= bus::lane::max_instances; ++place)
        if (const auto* i = l.at(place); i && i->has_code(frames[n]))
          blame(i, "its code is on the stack of a thread of its own");
  supervise::write_report(impl_->crashes->record_fd(), scene, frames, count);
  return impl_->crashes->record_path().c_str();
}

std::string_view engine::topic(std::uint32_t id) const {
  return impl_->rt ? impl_->rt->names.topic_name(id) : std::string_view{};
}
std::string_view engine::symbol(std::uint32_t instrument) const {
  return impl_->rt ? impl_->rt->names.instrument_name(instrument).second : std::string_view{};
}
std::string_view engine::venue(std::uint32_t instrument) const {
  return impl_->rt ? impl_->rt->names.instrument_name(instrument).first : std::string_view{};
}
std::string engine::name() const { return impl_->config.name; }
std::string engine::run_dir() const { return impl_->config.run_dir; }
std::string engine::log_file() const { return impl_->config.log.file; }

std::vector<lane_status> engine::lanes() const {
  std::vector<lane_status> out;
  for (const auto& l : impl_->lanes)
    out.push_back({l.name(), l.events(), l.lag() * bus::line_size,
                   impl_->rt->metrics.value("engine", "lane_lost_events_total", "lane=\"" + l.name() + "\"")});
  return out;
}

bool engine::lanes_move() {
  impl& m = *impl_;
  if (!m.running) return false;
  const bool asked = !m.came_by.empty();
  while (m.came_by.size() < m.lanes.size()) m.came_by.push_back(std::make_shared<std::atomic<bool>>());
  for (std::size_t n = 0; asked && n < m.lanes.size(); ++n)
    if (!m.lanes[n].given_up && !*m.came_by[n]) return false;
  for (std::size_t n = 0; n < m.lanes.size(); ++n) {
    if (m.lanes[n].given_up) continue;
    *m.came_by[n] = false;
    m.lanes[n].post([here = m.came_by[n]] { *here = true; });
  }
  return asked;
}

std::vector<instance_status> engine::instances() const {
  std::vector<instance_status> out;
  const std::lock_guard lock(impl_->table_mutex);
  for (const auto& i : impl_->instances)
    out.push_back({i->name(), std::string(i->plugin_id()), i->lane ? i->lane->name() : "",
                   std::string(sdk::instance_state_name(i->state())), std::string(sdk::health_name(i->health())),
                   i->reason()});
  out.insert(out.end(), impl_->left_out.begin(), impl_->left_out.end());
  return out;
}

std::string engine::metrics_text() const {
  if (!impl_->rt) return {};
  auto& m = impl_->rt->metrics;
  const auto set = [&](const char* name, const std::string& labels, std::uint64_t v) {
    if (auto* word = m.gauge("engine", name, labels))
      std::atomic_ref(*word).store(static_cast<std::int64_t>(v), std::memory_order_relaxed);
  };
  for (const auto& l : lanes()) {
    set("lane_events", "lane=\"" + l.name + "\"", l.events);
    set("lane_lag_bytes", "lane=\"" + l.name + "\"", l.lag_bytes);
  }
  set("bus_refused_publishes", {}, bus_refusals());
  set("log_dropped_lines", {}, impl_->rt->log.dropped());
  return m.text();
}
std::uint64_t engine::metric_total(std::string_view name) const {
  return impl_->rt ? impl_->rt->metrics.total(name) : 0;
}
std::uint64_t engine::bus_bytes() const { return impl_->rt ? impl_->rt->ring.bytes() : 0; }
std::uint64_t engine::bus_refusals() const { return impl_->rt ? impl_->rt->ring.refused() : 0; }

}  // namespace trapline
