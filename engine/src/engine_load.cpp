// From a configuration's text to instances that are ready to start.
#include <algorithm>
#include <filesystem>
#include <sstream>

#include "engine_impl.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline {
namespace {

namespace fs = std::filesystem;

// `path` as seen from the folder of `file`.
std::string beside(const std::string& file, const std::string& path) {
  return (fs::absolute(file).parent_path() / path).lexically_normal().string();
}

}  // namespace

// Relative to the file that names them, so that it means the same wherever the engine is started.
void engine::impl::resolve_paths(config::engine_config& c) const {
  for (auto& d : c.plugin_dirs) d = beside(c.file, d);
  for (auto& p : c.plugins)
    if (p.use.find('/') != std::string::npos) p.use = beside(c.file, p.use);
  if (!options.plugin_dir.empty()) c.plugin_dirs.push_back(fs::absolute(options.plugin_dir).string());
}

std::vector<std::string> engine::impl::load(const std::string& text, const std::string& file) {
  if (std::exchange(loaded, true)) return {"an engine loads one configuration; make another engine for another one"};
  std::vector<config::problem> problems;
  config = as_read = config::read_engine_config(text, file, problems);
  if (!options.run_dir.empty()) config.run_dir = options.run_dir;
  if (options.log_sink) config.log.file.clear();
  config.log.sink = options.log_sink;
  config.log.own_thread = !options.host_driven;
  if (options.log_to_stderr) {
    config.log.file.clear();
    config.log.level = TRAPLINE_LOG_WARN;
  }
  resolve_paths(config);
  std::vector<config::problem> told_already;
  source_tree = config::parse_yaml(text, told_already);

  // Plugins are looked at even if the engine's part is wrong, so that one run shows everything.
  std::string fatal = lock.take(config.run_dir);
  if (fatal.empty()) plugin::remove_private_copies(config.run_dir);  // of a killed engine; the lock says so
  if (fatal.empty()) try {
      rt = std::make_unique<runtime>(config, *clock_owner);
    } catch (const std::exception& e) {
      fatal = e.what();
    }
  if (!fatal.empty()) problems.push_back({{}, {}, fatal});
  if (rt) {
    rt->control = &control;
    if (options.host_driven) rt->steps = this;
    make_journal();
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
  if (rt) rt->log.pump();
  ready = out.empty();
  return out;
}

void engine::impl::load_instance(const config::plugin_config& p, std::vector<config::problem>& problems) {
  if (p.use.empty()) return;  // reported already
  // Asked before any code of the file runs: what crashes when it is loaded is to be left out, too.
  auto img = load_image(p, problems, [&](const std::string& plugin, const std::string& sha256) {
    return !left_out_for_crashes(p, plugin, sha256, problems);
  });
  if (!img) return;
  const std::size_t before = problems.size();
  auto given = checked(p, *img, problems);
  if (problems.size() > before) return;
  if (auto i = make_instance(p, std::move(img), std::move(given), problems)) instances.push_back(std::move(i));
}

std::shared_ptr<const plugin::image> engine::impl::load_image(const config::plugin_config& p,
                                                              std::vector<config::problem>& problems,
                                                              const admission& admit) {
  const std::string path = "plugins." + p.name;
  std::vector<plugin::finding> findings;
  const auto files = plugin::find_plugins(p.use, config.plugin_dirs);
  if (const auto* own = attached_plugin(p.use)) {
    if (!files.empty())
      rt->log.warn(sdk::cat(p.name, ": uses the plugin that is part of this program, not ", files[0]));
    if (p.sha256.empty()) {
      auto img = std::make_shared<const plugin::image>(own);
      return admit && !admit(img->descriptor().id, img->sha256()) ? nullptr : img;
    }
    problems.push_back({p.use_at, path + ".sha256", "'" + p.use + "' is part of this program, no file; leave it out"});
    return nullptr;
  }
  if (files.empty()) {
    problems.push_back({p.use_at, path + ".use", plugin::not_found_text(p.use, config.plugin_dirs)});
    return nullptr;
  }
  auto img =
      plugin::load(files.front(), p.name, config.run_dir, findings, p.sha256, [&](const plugin::file_report& file) {
        if (admit && !admit(file.id, file.sha256)) return false;
        loading.begin(p.name, file.id, file.sha256);
        return true;
      });
  loading.end();
  for (auto& text : plugin::texts(findings, true)) problems.push_back({p.use_at, path + ".use", std::move(text)});
  for (const auto& text : plugin::texts(findings, false)) rt->log.warn(p.name + ": " + text);
  for (std::size_t n = 1; n < files.size(); ++n)
    rt->log.warn(sdk::cat(p.name, ": uses ", files[0], "; ", files[n], " has the same name and is not used"));
  return img;
}

config::checked_options engine::impl::checked(const config::plugin_config& p, const plugin::image& img,
                                              std::vector<config::problem>& problems) {
  const auto& d = img.descriptor();
  const auto table = config::read_table(d.options, d.option_count, d.option_size);
  return config::check_options(table, p.options.type == config::node::kind::null ? nullptr : &p.options, p.at,
                               "plugins." + p.name + ".options", problems);
}

std::unique_ptr<plugin::instance> engine::impl::make_instance(const config::plugin_config& p,
                                                              std::shared_ptr<const plugin::image> img,
                                                              config::checked_options given,
                                                              std::vector<config::problem>& problems) {
  auto i = std::make_unique<plugin::instance>(*rt, ++last_id, p.name, std::move(img), std::move(given));
  i->supervise(p.supervision);
  i->set_muted(running);  // nothing is known of it before it takes its place
  trapline_error error{};
  if (i->create(error) && i->configure(error)) {
    tell_journal(*i, p);
    return i;
  }
  const std::string option(sdk::view(error.path));
  config::position at = p.at;
  const config::node* n = &p.options;
  std::stringstream words(option);
  for (std::string word; n && std::getline(words, word, '.');)
    if ((n = n->find(word))) at = n->at;
  problems.push_back(
      {at, "plugins." + p.name + (option.empty() ? "" : ".options." + option), rt->redacted(sdk::view(error.text))});
  return nullptr;
}

// Whether safe start leaves it out; told in the log, in instances() and, if the engine must not run without it, as a
// problem.
bool engine::impl::left_out_for_crashes(const config::plugin_config& p, const std::string& plugin,
                                        const std::string& sha256, std::vector<config::problem>& problems) {
  if (!options.safe_start || !crashes->leave_out(p.name, sha256)) return false;
  const std::string why = "it crashed the engine twice in a row, see " + crashes->last_record(p.name) +
                          "; replace its plugin, or run with --no-safe-start";
  if (p.supervision.on_fault == config::fault_policy::stop_engine)
    problems.push_back(
        {p.at, "plugins." + p.name, why + " (on_fault: stop_engine: the engine does not run without it)"});
  rt->log.error(p.name + " is left out: " + why);
  left_out.push_back({p.name, plugin, p.lane, std::string(sdk::instance_state_name(TRAPLINE_INSTANCE_LEFT_OUT)),
                      std::string(sdk::health_name(TRAPLINE_HEALTH_FAILED)), why});
  return true;
}

void engine::impl::add_observer(const observation& o) {
  config.lanes.push_back({o.instance, {}, config::wait_strategy::park, bus::overflow::lag, {}});
  config::plugin_config p;
  p.name = p.lane = o.instance;
  config.plugins.push_back(p);
  auto i = std::make_unique<plugin::instance>(*rt, ++last_id, o.instance,
                                              std::make_shared<const plugin::image>(observer::entry()),
                                              config::checked_options{"{}", {}});
  trapline_error error{};
  if (!i->create(error) || !i->configure(error)) throw std::bad_alloc();  // it has no other way to fail
  observer::of(i->table()).set(o.patterns, o.callback);
  tell_journal(*i, p);
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

}  // namespace trapline
