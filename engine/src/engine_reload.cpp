// A changed configuration file, applied as the smallest set of steps. All new instances are made and configured before
// the first step is taken, so that what cannot work changes nothing.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "engine_impl.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline {
namespace {

using config::plugin_config;

struct step {
  enum class kind { remove, swap, add, adopt } what;
  plugin_config to;
  std::string text;
  std::unique_ptr<plugin::instance> fresh = nullptr;
};

const plugin_config* named(const std::vector<plugin_config>& all, const std::string& name) {
  const auto it = std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.name == name; });
  return it == all.end() ? nullptr : &*it;
}

bool same_secrets(const config::checked_options& a, const config::checked_options& b) {
  return std::equal(a.secrets.begin(), a.secrets.end(), b.secrets.begin(), b.secrets.end(), [](auto& x, auto& y) {
    return x.first == y.first && x.second.kind == y.second.kind && x.second.name == y.second.name;
  });
}

bool same_supervision(const config::supervision& a, const config::supervision& b) {
  return a.on_fault == b.on_fault && a.budget == b.budget && a.restart_backoff == b.restart_backoff &&
         a.max_restarts == b.max_restarts;
}

// Whether what the configuration names is, byte for byte, what the instance was made of.
bool is_file_of(const plugin::instance& i, const plugin_config& p, const std::vector<std::string>& dirs) {
  const std::string file = plugin::find_plugin(p.use, dirs);
  if (file.empty()) return false;
  std::string bytes;
  const auto report = plugin::inspect(file, bytes, p.sha256);
  return report.may_be_loaded() && report.sha256 == i.sha256();
}

// What only a new engine can have.
void needs_restart(const config::engine_config& now, const config::engine_config& next,
                   std::vector<config::problem>& problems) {
  const auto check = [&](bool same, config::position at, const std::string& path) {
    if (!same) problems.push_back({at, path, "has changed; this needs a restart of the engine"});
  };
  check(now.name == next.name, {}, "engine.name");
  check(now.run_dir == next.run_dir, {}, "engine.run_dir");
  check(now.ring_bytes == next.ring_bytes, {}, "engine.ring_size");
  check(now.journal == next.journal, {}, "journal");
  check(now.hang_limit == next.hang_limit, {}, "engine.hang_limit");
  check(now.log.level == next.log.level && now.log.format == next.log.format && now.log.file == next.log.file, {},
        "engine.log");
  for (const auto& l : next.lanes) {
    const auto was = std::find_if(now.lanes.begin(), now.lanes.end(), [&](const auto& x) { return x.name == l.name; });
    if (was != now.lanes.end())
      check(was->wait == l.wait && was->overflow == l.overflow && was->conflate_bytes == l.conflate_bytes, l.at,
            "lanes." + l.name);
  }
}

}  // namespace

std::string engine::impl::reload(bool plan_only, std::vector<std::string>& texts) {
  if (source_file.empty()) return "the configuration was not read from a file";
  std::ifstream in(source_file, std::ios::binary);
  std::stringstream text;
  if (!in || !(text << in.rdbuf())) return source_file + ": cannot be read";
  if (auto why = no_more_images(); !why.empty()) return why;
  std::vector<config::problem> problems;
  const auto read = config::read_engine_config(text.str(), source_file, problems);
  auto next = read;
  resolve_paths(next);
  needs_restart(as_read, read, problems);

  // The new instances look for plugins where the new file says.
  const auto old_dirs = std::exchange(config.plugin_dirs, next.plugin_dirs);
  std::vector<step> steps;
  const auto own = [&](const std::string& name) { return is_own(name); };
  const auto make = [&](const plugin_config& p, std::shared_ptr<const plugin::image> img, config::checked_options given,
                        step::kind what, std::string said) {
    if (auto fresh = make_instance(p, std::move(img), std::move(given), problems))
      steps.push_back({what, p, std::move(said), std::move(fresh)});
  };
  for (const auto& p : config.plugins)
    if (const auto* q = named(next.plugins, p.name); !own(p.name) && find(p.name) && (!q || q->lane != p.lane))
      steps.push_back({step::kind::remove, p, q ? "remove " + p.name + " from lane " + p.lane : "remove " + p.name});
  for (const auto& p : next.plugins) {
    if (own(p.name))
      problems.push_back({p.at, "plugins." + p.name, "this name is taken by the program; choose another"});
    if (p.use.empty() || own(p.name)) continue;
    if (!lane_named(p.lane)) {
      problems.push_back({p.at, "plugins." + p.name + ".lane",
                          "lane '" + p.lane + "' does not run; lanes are made when the engine starts. Give the " +
                              "instance one that does, or restart the engine"});
      continue;
    }
    const plugin_config* was = named(config.plugins, p.name);
    const plugin::instance* now = find(p.name);
    const bool from_file = !attached_plugin(p.use);
    auto img = now && from_file && is_file_of(*now, p, config.plugin_dirs) ? now->img() : load_image(p, problems);
    if (!img) continue;
    const std::size_t before = problems.size();
    auto given = checked(p, *img, problems);
    if (problems.size() > before) continue;
    if (!now && options.safe_start && crashes->leave_out(p.name, img->sha256())) continue;  // stays left out
    const std::string id = sdk::cat(img->descriptor().id, " ", img->descriptor().version);
    if (!was || !now || was->lane != p.lane) {
      make(p, std::move(img), std::move(given), step::kind::add,
           sdk::cat("add ", p.name, ": ", id, " on lane ", p.lane));
    } else if (img->sha256() != now->sha256()) {
      make(p, std::move(img), std::move(given), step::kind::swap,
           sdk::cat("swap ", p.name, ": ", now->plugin_id(), " -> ", id));
    } else if (given.json != now->options().json || !same_secrets(given, now->options())) {
      make(p, std::move(img), std::move(given), step::kind::swap, sdk::cat("swap ", p.name, ": new options"));
    } else if (!same_supervision(was->supervision, p.supervision)) {
      steps.push_back({step::kind::adopt, p, "change " + p.name + ": what is done about faults"});
    } else if (was->warm_up != p.warm_up) {
      steps.push_back({step::kind::adopt, p, "change " + p.name + ": how a successor is warmed up"});
    }
  }
  // A lane has one driver.
  for (const auto& s : steps) {
    if (!s.fresh || !s.fresh->driver()) continue;
    for (const auto& p : next.plugins) {
      if (p.name == s.to.name || p.lane != s.to.lane) continue;
      const auto other =
          std::find_if(steps.begin(), steps.end(), [&](const auto& x) { return x.fresh && x.to.name == p.name; });
      const auto* there = other != steps.end() ? other->fresh.get() : find(p.name);
      if (there && there->driver())
        problems.push_back({s.to.at, "plugins." + s.to.name + ".lane",
                            "lane '" + p.lane + "' already has a driver, '" + p.name + "'; a lane can have one"});
    }
  }
  if (!problems.empty() || plan_only) config.plugin_dirs = old_dirs;
  if (!problems.empty()) {
    std::string why;
    for (const auto& p : problems) why += (why.empty() ? "" : "\n") + p.render(source_file);
    return why + "\nnothing has changed";
  }
  // Sources go first and come last, as when an engine stops and starts.
  const auto rank = [&](const step& s) {
    const auto* i = s.fresh ? s.fresh.get() : find(s.to.name);
    const bool source = i && (i->flags() & TRAPLINE_PLUGIN_SOURCE) != 0;
    return std::pair(s.what, s.what == step::kind::remove ? !source : source);
  };
  std::stable_sort(steps.begin(), steps.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  for (const auto& s : steps) texts.push_back(s.text);
  if (plan_only) return {};

  for (std::size_t n = 0; n < steps.size(); ++n) {
    auto& s = steps[n];
    std::string why;
    switch (s.what) {
      case step::kind::remove:
        why = remove(s.to.name);
        break;
      case step::kind::add:
        why = add(std::move(s.fresh), s.to);
        break;
      case step::kind::swap: {
        swap_report report;
        why = swap(order_of(s.to), std::move(s.fresh), report);
        break;
      }
      case step::kind::adopt: {
        find(s.to.name)->supervise(s.to.supervision);
        const std::lock_guard guard(table_mutex);
        *config_of(s.to.name) = s.to;
        break;
      }
    }
    if (!why.empty())
      return sdk::cat("step ", n + 1, " of ", steps.size(), " (", s.text, ") failed: ", why, "; the ", n,
                      " before it are done, those after it are not");
    rt->log.info("reload: " + s.text);
  }
  config.drain_timeout = next.drain_timeout;
  as_read = read;
  return {};
}

std::string engine::impl::add(std::unique_ptr<plugin::instance> fresh, const config::plugin_config& p) {
  plugin::instance& i = *fresh;
  bus::lane& lane = *lane_named(p.lane);
  if (!lane.reserve(i)) return "its lane has no room for another instance";
  auto attached = std::make_shared<std::atomic<bool>>(false);
  // It is called last on its lane until the engine starts anew, and then where the file has it.
  if (!lane.call(
          [&lane, &i, attached] {
            lane.attach(i, bus::lane::max_instances);
            *attached = true;
          },
          supervise::call_limit)) {
    abandoned.push_back(std::move(fresh));
    return "lane " + p.lane + " did not come to it within 5 s";
  }
  i.set_muted(false);
  trapline_error error{};
  const auto result = supervise::start(i, error);
  if (result != supervise::start_result::running) {
    const std::string why = rt->redacted(sdk::view(error.text));
    if (result == supervise::start_result::hangs ||
        !lane.call([&lane, &i] { lane.detach(i); }, supervise::call_limit)) {
      abandoned.push_back(std::move(fresh));
      return why;
    }
    lane.release(i);
    watchdog->settle();
    return why;
  }
  const std::lock_guard guard(table_mutex);
  started.push_back(&i);
  instances.push_back(std::move(fresh));
  if (auto* was = config_of(p.name)) *was = p;
  else config.plugins.push_back(p);
  std::erase_if(left_out, [&](const auto& l) { return l.name == p.name; });
  return {};
}

std::string engine::impl::remove(const std::string& name) {
  plugin::instance& i = *find(name);
  const auto deadline = supervise::steady::now() + std::chrono::nanoseconds(config.drain_timeout);
  std::string what;
  supervise::stop(i, true, deadline, what, &control.ending_flag());
  bus::lane& lane = *i.lane;
  const bool gone =
      what.find("hangs") == std::string::npos && lane.call([&lane, &i] { lane.detach(i); }, supervise::call_limit);
  restarter->forget(i);
  std::unique_ptr<plugin::instance> out;
  std::shared_ptr<const plugin::image> img = i.img();
  {
    const std::lock_guard guard(table_mutex);
    std::erase(started, &i);
    const auto at = std::find_if(instances.begin(), instances.end(), [&](const auto& x) { return x.get() == &i; });
    out = std::move(*at);
    instances.erase(at);
    std::erase_if(config.plugins, [&](const auto& p) { return p.name == name; });
  }
  std::shared_ptr<const plugin::image> before;
  std::erase_if(trials, [&](trial& t) {
    if (t.who != &i) return false;
    before = std::move(t.image);
    return true;
  });
  if (!gone) {
    abandoned.push_back(std::move(out));
    return name + " hangs; it is left behind";
  }
  lane.release(i);
  watchdog->settle();
  out.reset();
  let_go(std::move(img), name);
  if (before) let_go(std::move(before), name);
  if (!what.empty()) rt->log.warn(name + ": removed, " + what);
  return {};
}

}  // namespace trapline
