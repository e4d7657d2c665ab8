#include "trapline/engine.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

#include "bus/lane.hpp"
#include "config/engine_config.hpp"
#include "observer.hpp"
#include "plugin/instance.hpp"
#include "plugin/loader.hpp"
#include "runtime.hpp"
#include "supervise/crash_book.hpp"
#include "supervise/crash_report.hpp"
#include "supervise/lifecycle.hpp"
#include "supervise/restarter.hpp"
#include "supervise/watchdog.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"
#include "trapline/version.hpp"

namespace trapline {
namespace {

namespace fs = std::filesystem;
using supervise::call_limit;
using supervise::steady;

// Sinks first, sources last; the configuration's order within a kind.
int start_rank(const plugin::instance& i) {
  if ((i.flags() & TRAPLINE_PLUGIN_SINK) != 0) return 0;
  return (i.flags() & TRAPLINE_PLUGIN_SOURCE) != 0 ? 2 : 1;
}

// `path` as seen from the folder of `file`.
std::string beside(const std::string& file, const std::string& path) {
  return (fs::absolute(file).parent_path() / path).lexically_normal().string();
}

// One engine a run directory.
class run_lock {
 public:
  ~run_lock() {
    if (fd_ >= 0) ::close(fd_);
  }
  std::string take(const std::string& dir) {
    std::error_code ec;
    fs::create_directories(dir, ec);
    if (ec) return "cannot create the run directory " + dir + ": " + ec.message();
    const std::string path = dir + "/trapline.lock";
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd_ < 0) return "cannot open " + path + ": " + std::strerror(errno);
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0)
      return "another engine runs with run_dir " + dir + "; stop it, or give this one a run_dir of its own";
    return {};
  }

 private:
  int fd_ = -1;
};

}  // namespace

struct engine::impl {
  struct observation {
    std::string instance;
    std::vector<std::string> patterns;
    observer::callback callback;
  };

  explicit impl(engine_options o) : options(std::move(o)) {}

  engine_options options;
  std::vector<observation> observations;
  config::engine_config config;
  time::system_clock clock;
  run_lock lock;
  std::unique_ptr<runtime> rt;
  std::deque<bus::lane> lanes;
  std::vector<std::unique_ptr<plugin::instance>> instances;  // in the configuration's order
  std::vector<plugin::instance*> started;                    // in the order of starting
  std::unique_ptr<supervise::crash_book> crashes;
  std::vector<instance_status> left_out;
  std::unique_ptr<supervise::watchdog> watchdog;  // while running
  std::unique_ptr<supervise::restarter> restarter;
  bool running = false;
  bool hung = false;  // a lane's thread cannot be ended

  std::vector<std::string> load(const std::string& text, const std::string& file);
  void load_instance(const config::plugin_config& p, std::vector<config::problem>& problems);
  void add_observer(const observation& o);
  void make_lanes(std::vector<config::problem>& problems);
  bool left_out_for_crashes(const config::plugin_config& p, const plugin::image& img,
                            std::vector<config::problem>& problems);
  bool start_instance(plugin::instance& i, std::string& error);
  bool run_dry(steady::time_point deadline);
  bool stop(bool drain, std::string& what);
  bus::lane* lane_named(const std::string& name) {
    const auto it = std::find_if(lanes.begin(), lanes.end(), [&](const auto& l) { return l.name() == name; });
    return it == lanes.end() ? nullptr : &*it;
  }
};

// ---------------------------------------------------------------- loading

std::vector<std::string> engine::impl::load(const std::string& text, const std::string& file) {
  std::vector<config::problem> problems;
  config = config::read_engine_config(text, file, problems);
  if (!options.run_dir.empty()) config.run_dir = options.run_dir;
  if (options.log_to_stderr) {
    config.log.file.clear();
    config.log.level = TRAPLINE_LOG_WARN;
  }
  // Relative to the file that names them, so that it means the same wherever the engine is started.
  for (auto& d : config.plugin_dirs) d = beside(file, d);
  for (auto& p : config.plugins)
    if (p.use.find('/') != std::string::npos) p.use = beside(file, p.use);
  if (!options.plugin_dir.empty()) config.plugin_dirs.push_back(fs::absolute(options.plugin_dir).string());

  // Plugins are looked at even if the engine's part is wrong, so that one run shows everything.
  std::string fatal = lock.take(config.run_dir);
  if (fatal.empty()) plugin::remove_private_copies(config.run_dir);  // of a killed engine; the lock says so
  if (fatal.empty()) try {
      rt = std::make_unique<runtime>(config, clock);
    } catch (const std::exception& e) {
      fatal = e.what();
    }
  if (!fatal.empty()) problems.push_back({{}, {}, fatal});
  if (rt) {
    std::vector<std::string> notes;
    crashes = std::make_unique<supervise::crash_book>(config.run_dir, notes);
    for (const auto& n : notes) rt->log.warn(n);
    for (const auto& p : config.plugins) load_instance(p, problems);
    for (const auto& o : observations) {
      const auto named = [&](const auto& x) { return x.name == o.instance; };
      for (const auto& p : config.plugins)
        if (named(p))
          problems.push_back({p.at, "plugins." + p.name, "this name is taken by the program; choose another"});
      for (const auto& l : config.lanes)
        if (named(l))
          problems.push_back({l.at, "lanes." + l.name, "this name is taken by the program; choose another"});
      add_observer(o);
    }
    if (problems.empty()) make_lanes(problems);
  }
  std::stable_sort(problems.begin(), problems.end(), [](const auto& a, const auto& b) {
    return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
  });
  std::vector<std::string> out;
  for (const auto& p : problems) out.push_back(p.render(file));
  return out;
}

void engine::impl::load_instance(const config::plugin_config& p, std::vector<config::problem>& problems) {
  const std::string path = "plugins." + p.name;
  if (p.use.empty()) return;  // reported already
  std::shared_ptr<const plugin::image> img;
  std::vector<plugin::finding> findings;
  const auto files = plugin::find_plugins(p.use, config.plugin_dirs);
  if (files.empty()) {
    problems.push_back({p.use_at, path + ".use", plugin::not_found_text(p.use, config.plugin_dirs)});
    return;
  }
  img = plugin::load(files.front(), p.name, config.run_dir, findings, p.sha256);
  for (auto& text : plugin::texts(findings, true)) problems.push_back({p.use_at, path + ".use", std::move(text)});
  for (const auto& text : plugin::texts(findings, false)) rt->log.warn(p.name + ": " + text);
  for (std::size_t n = 1; n < files.size(); ++n)
    rt->log.warn(sdk::cat(p.name, ": uses ", files[0], "; ", files[n], " has the same name and is not used"));
  if (!img) return;

  const auto& d = img->descriptor();
  const auto table = config::read_table(d.options, d.option_count, d.option_size);
  const std::size_t before = problems.size();
  auto checked = config::check_options(table, p.options.type == config::node::kind::null ? nullptr : &p.options, p.at,
                                       path + ".options", problems);
  if (problems.size() > before) return;

  if (left_out_for_crashes(p, *img, problems)) return;
  auto i = std::make_unique<plugin::instance>(*rt, static_cast<std::uint32_t>(instances.size() + 1), p.name, img,
                                              std::move(checked));
  i->supervision = p.supervision;
  trapline_error error{};
  if (!i->create(error) || !i->configure(error)) {
    const std::string option(sdk::view(error.path));
    config::position at = p.at;
    const config::node* n = &p.options;
    std::stringstream words(option);
    for (std::string word; n && std::getline(words, word, '.');)
      if ((n = n->find(word))) at = n->at;
    problems.push_back({at, path + (option.empty() ? "" : ".options." + option), rt->redacted(sdk::view(error.text))});
    return;
  }
  instances.push_back(std::move(i));
}

// Whether safe start leaves it out; told in the log, in instances() and, if the engine must not run without it, as a
// problem.
bool engine::impl::left_out_for_crashes(const config::plugin_config& p, const plugin::image& img,
                                        std::vector<config::problem>& problems) {
  if (!options.safe_start || !crashes->leave_out(p.name, img.sha256())) return false;
  const std::string why = "it crashed the engine twice in a row, see " + crashes->last_record(p.name) +
                          "; replace its plugin, or run with --no-safe-start";
  if (p.supervision.on_fault == config::fault_policy::stop_engine)
    problems.push_back(
        {p.at, "plugins." + p.name, why + " (on_fault: stop_engine: the engine does not run without it)"});
  rt->log.error(p.name + " is left out: " + why);
  left_out.push_back({p.name, std::string(img.descriptor().id), p.lane,
                      std::string(sdk::instance_state_name(TRAPLINE_INSTANCE_LEFT_OUT)),
                      std::string(sdk::health_name(TRAPLINE_HEALTH_FAILED)), why});
  return true;
}

void engine::impl::add_observer(const observation& o) {
  config.lanes.push_back({o.instance, {}, config::wait_strategy::park, bus::overflow::lag, {}});
  config::plugin_config p;
  p.name = p.lane = o.instance;
  config.plugins.push_back(std::move(p));
  auto i = std::make_unique<plugin::instance>(*rt, static_cast<std::uint32_t>(instances.size() + 1), o.instance,
                                              std::make_shared<const plugin::image>(observer::entry()),
                                              config::checked_options{"{}", {}});
  trapline_error error{};
  if (!i->create(error) || !i->configure(error)) throw std::bad_alloc();  // it has no other way to fail
  observer::of(i->table()).set(o.patterns, o.callback);
  instances.push_back(std::move(i));
}

// Nothing was refused.
void engine::impl::make_lanes(std::vector<config::problem>& problems) {
  for (const auto& l : config.lanes) lanes.emplace_back(*rt, l);
  for (const auto& p : config.plugins) {
    const auto at =
        std::find_if(instances.begin(), instances.end(), [&](const auto& x) { return x->name() == p.name; });
    if (at == instances.end()) continue;  // left out
    plugin::instance& i = **at;
    bus::lane* l = lane_named(p.lane);
    for (const auto& other : instances)
      if (other->lane == l && other->driver() && i.driver())
        problems.push_back({p.at, "plugins." + p.name + ".lane",
                            "lane '" + p.lane + "' already has a driver, '" + other->name() +
                                "'; a lane can have one. Give '" + p.name + "' another lane"});
    l->add(i);
  }
}

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
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

bool engine::impl::stop(bool drain, std::string& what) {
  if (!running) return true;
  running = false;
  if (restarter && !restarter->end(call_limit)) {
    hung = true;
    what += "a plugin hangs while it is made anew; ";
  }
  watchdog.reset();
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
      what += "lane " + l.name() + " hangs; ";
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

engine::engine(engine_options options) : impl_(std::make_unique<impl>(std::move(options))) {}

engine::~engine() {
  std::string what;
  impl_->stop(false, what);
  if (impl_->hung) {
    impl_.release();  // its thread still uses all of this
    return;
  }
  // Instances first, while the lanes they point to are there; both before the runtime.
  for (auto i = impl_->instances.rbegin(); i != impl_->instances.rend(); ++i) i->reset();
}

void engine::observe(std::string instance, std::vector<std::string> patterns,
                     std::function<void(const trapline_event&)> callback) {
  impl_->observations.push_back({std::move(instance), std::move(patterns), std::move(callback)});
}

std::vector<std::string> engine::load_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
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
  m.rt->log.info(sdk::cat("trapline ", version_text, " starts '", m.config.name, "': ", m.instances.size(),
                          " instances on ", m.lanes.size(), " lanes, bus ", m.rt->ring.bytes() >> 20,
                          " MiB, with cursors and copies ", (m.rt->ring.total_bytes() + (1u << 20) - 1) >> 20,
                          " MiB, log queue ", m.config.log.queue_lines, " lines"));
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
    if (m.start_instance(*i, error)) {
      m.rt->log.info(sdk::cat(i->name(), " (", i->plugin_id(), ") runs on lane ", i->lane->name()));
      continue;
    }
    m.rt->log.error(error);
    std::string ignored;
    m.stop(false, ignored);
    return false;
  }
  m.watchdog = std::make_unique<supervise::watchdog>(*m.rt, m.lanes, m.instances, m.config.hang_limit);
  m.restarter = std::make_unique<supervise::restarter>(*m.rt, m.instances);
  return true;
}

bool engine::stop(bool drain, std::string& what) { return impl_->stop(drain, what); }

void engine::request_stop(std::string_view reason) { impl_->rt->request_stop(stop_kind::requested, reason); }
stop_cause engine::stop_requested() const { return static_cast<stop_cause>(impl_->rt->stop_requested()); }
std::string engine::stop_reason() const { return impl_->rt->stop_reason(); }

const char* engine::record_crash(int signal, void* const* frames, int count) const noexcept {
  if (!impl_->rt || !impl_->crashes || impl_->crashes->record_fd() < 0) return nullptr;
  supervise::crash_scene scene;
  scene.signal = signal;
  if (const auto* l = static_cast<const bus::lane*>(this_lane.lane)) {
    std::uint64_t call = 0;
    scene.lane = l->name().c_str();
    scene.instance = l->running(call);
    scene.how_known = "its callback was called last on its lane";
    if (scene.instance) scene.event_seq = l->activity().seq.load(std::memory_order_relaxed);
  } else if ((scene.instance = impl_->rt->being_made.load(std::memory_order_acquire))) {
    scene.how_known = "it was in create() or configure()";
  }
  for (int n = 0; !scene.instance && n < count; ++n)
    for (const auto& i : impl_->instances)
      if (i->has_code(frames[n])) {
        scene.instance = i.get();
        scene.how_known = "its code is on the stack of a thread of its own";
        break;
      }
  supervise::write_report(impl_->crashes->record_fd(), scene, frames, count);
  return impl_->crashes->record_path().c_str();
}

std::string_view engine::topic(std::uint32_t id) const { return impl_->rt->names.topic_name(id); }
std::string_view engine::symbol(std::uint32_t instrument) const {
  return impl_->rt->names.instrument_name(instrument).second;
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

std::vector<instance_status> engine::instances() const {
  std::vector<instance_status> out;
  for (const auto& i : impl_->instances)
    out.push_back({i->name(), std::string(i->plugin_id()), i->lane ? i->lane->name() : "",
                   std::string(sdk::instance_state_name(i->state())), std::string(sdk::health_name(i->health())),
                   i->reason()});
  out.insert(out.end(), impl_->left_out.begin(), impl_->left_out.end());
  return out;
}

std::string engine::metrics_text() const {
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
std::uint64_t engine::metric_total(std::string_view name) const { return impl_->rt->metrics.total(name); }
std::uint64_t engine::bus_bytes() const { return impl_->rt->ring.bytes(); }
std::uint64_t engine::bus_refusals() const { return impl_->rt->ring.refused(); }

}  // namespace trapline
