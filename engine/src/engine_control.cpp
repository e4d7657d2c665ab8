// What the operator plane is asked for: one table of commands, and what the control thread does between them.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>

#include "engine_impl.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"
#include "trapline/version.hpp"

namespace trapline {
namespace {

using json = nlohmann::ordered_json;
using control::answer;

constexpr std::int64_t millisecond = 1'000'000;

std::string dump(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }

struct command {
  const char* name;
  std::vector<const char*> args;  // the first is required, unless it ends in '?'
};

// docs/control.md tells what each does.
const std::vector<command>& commands() {
  static const std::vector<command> table = {
      {"status", {}},
      {"plugins", {}},
      {"metrics", {}},
      {"stop", {"reason?"}},
      {"debug", {"instance"}},
      {"reset", {"instance"}},
      {"resubscribe", {"instance"}},
      {"command", {"instance", "name", "args?"}},
      {"swap", {"instance", "file", "options?", "drop_unknown?", "state?", "watch?", "warm_up?"}},
      {"set", {"instance", "option", "value?", "watch?", "warm_up?"}},
      {"restart", {"instance", "state?"}},
      {"reload", {"plan?"}},
  };
  return table;
}

// Empty, or what is wrong with a request.
std::string check(const command& c, const json& args) {
  std::vector<std::string> known;
  for (const char* a : c.args) {
    std::string name = a;
    const bool optional = name.back() == '?';
    if (optional) name.pop_back();
    if (!optional && (!args.contains(name) || !args[name].is_string()))
      return sdk::cat(c.name, " needs the text argument '", name, "'");
    known.push_back(std::move(name));
  }
  for (const auto& [key, value] : args.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      return sdk::cat(c.name, " takes no argument '", key, "'");
  return {};
}

// For the log: without what may be meant to be a secret.
std::string told(json args) {
  for (const char* key : {"options", "value", "args"})
    if (args.contains(key)) args[key] = "...";
  return dump(args);
}

template <class T>
T argument(const json& args, const char* key, T otherwise) {
  const auto it = args.find(key);
  return it == args.end() ? otherwise : it->get<T>();
}

// Empty, or what is wrong.
std::string read_watch(const json& args, std::int64_t& watch) {
  if (!args.contains("watch")) return {};
  const auto text = args["watch"].get<std::string>();
  const auto ns = config::parse_duration(text);
  if (!ns || *ns < 0 || *ns > 3'600'000 * millisecond)
    return "watch: expected a duration of at most 1h, such as 30s; found '" + text + "'";
  watch = *ns;
  return {};
}

// Empty, or what is wrong.
std::string read_warm_up(const json& args, std::int64_t& warm_up, bool& asked) {
  if (!args.contains("warm_up")) return {};
  const auto text = args["warm_up"].get<std::string>();
  const auto ns = config::parse_duration(text);
  if (!ns || *ns < 0 || *ns > 30 * 86'400 * (1'000 * millisecond))
    return "warm_up: expected a duration of at most 30d, such as 10m; found '" + text + "'";
  warm_up = *ns;
  asked = *ns > 0;
  return {};
}

}  // namespace

plugin::instance* engine::impl::find(const std::string& name) const {
  const auto it = std::find_if(instances.begin(), instances.end(), [&](const auto& i) { return i->name() == name; });
  return it == instances.end() ? nullptr : it->get();
}

config::plugin_config* engine::impl::config_of(const std::string& name) {
  const auto it =
      std::find_if(config.plugins.begin(), config.plugins.end(), [&](const auto& p) { return p.name == name; });
  return it == config.plugins.end() ? nullptr : &*it;
}

std::string engine::impl::unknown(const std::string& name) const {
  if (is_own(name)) return "'" + name + "' is the program's own, no plugin";
  if (find(name)) return {};
  for (const auto& l : left_out)
    if (l.name == name) return "'" + name + "' is left out: " + l.reason;
  std::vector<std::string> names;
  for (const auto& i : instances) names.push_back(i->name());
  const auto near = config::nearest(name, names);
  return "there is no instance '" + name + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?");
}

void engine::impl::handle(control::request r) {
  const auto refuse = [&](trapline_status s, std::string text) { r.done({s, std::move(text)}); };
  if (control.ending()) return refuse(TRAPLINE_E_CLOSED, "the engine is stopping");
  const auto c = std::find_if(commands().begin(), commands().end(), [&](const command& x) { return x.name == r.cmd; });
  if (c == commands().end()) {
    std::string all;
    for (const auto& x : commands()) all += (all.empty() ? "" : ", ") + std::string(x.name);
    return refuse(TRAPLINE_E_NOT_FOUND, "there is no command '" + r.cmd + "'; known are " + all);
  }
  const json args = json::parse(r.args.empty() ? "{}" : r.args, nullptr, false);
  if (!args.is_object()) return refuse(TRAPLINE_E_INVALID, "the arguments are no JSON object");
  if (auto wrong = check(*c, args); !wrong.empty()) return refuse(TRAPLINE_E_INVALID, std::move(wrong));
  const auto instance = argument<std::string>(args, "instance", {});
  if (!instance.empty())
    if (auto why = unknown(instance); !why.empty()) return refuse(TRAPLINE_E_NOT_FOUND, std::move(why));
  if (r.cmd != "status" && r.cmd != "plugins" && r.cmd != "metrics" && r.cmd != "debug")
    rt->log.info(sdk::cat(r.from, " asks for ", r.cmd, " ", told(args)));
  try {
    if (r.cmd == "status") return r.done({TRAPLINE_OK, status_json()});
    if (r.cmd == "plugins") return r.done({TRAPLINE_OK, plugins_json()});
    if (r.cmd == "metrics") return r.done({TRAPLINE_OK, dump(owner->metrics_text())});
    if (r.cmd == "stop") {
      r.done({TRAPLINE_OK, "null"});
      return rt->request_stop(stop_kind::requested, argument<std::string>(args, "reason", "asked by " + r.from));
    }
    if (r.cmd == "command")
      return ask(instance, args["name"], args.contains("args") ? dump(args["args"]) : "{}", std::move(r));
    const bool anew = r.cmd == "restart" || (r.cmd == "reset" && !takes(instance, "reset"));
    if (r.cmd == "swap" || r.cmd == "set" || anew) {
      auto order = order_of(*config_of(instance));
      order.carry_state = argument(args, "state", !anew);
      if (anew) order.watch = order.warm_up = 0;
      std::string why;
      std::vector<std::string> dropped;
      if (r.cmd == "swap") why = read_swap(r.args, order, dropped);
      if (r.cmd == "set") why = read_set(r.args, order);
      if (why.empty() && (r.cmd == "set" || r.cmd == "reset")) why = load_unchanged(order);
      swap_report report;
      if (why.empty()) why = swap(order, report);
      if (!why.empty()) return refuse(TRAPLINE_E_FAILED, std::move(why));
      return r.done({TRAPLINE_OK, dump({{"instance", instance},
                                        {"from", report.from},
                                        {"to", report.to},
                                        {"last_seq", report.exchange.last_seq},
                                        {"pause_us", static_cast<double>(report.exchange.pause) / 1000},
                                        {"state", report.exchange.state},
                                        {"warmed_up", report.warmed_up},
                                        {"warm_up_events", report.exchange.warm_events},
                                        {"warm_up_unheard", report.exchange.unheard},
                                        {"warm_up_s", static_cast<double>(report.warming.took) / 1e9},
                                        {"dropped_options", dropped},
                                        {"drained", report.exchange.drained && report.left.empty()},
                                        {"left", report.left},
                                        {"retired", report.retired},
                                        {"watch_s", static_cast<double>(order.watch) / 1e9}})});
    }
    if (r.cmd == "reload") {
      const bool plan = argument(args, "plan", false);
      std::vector<std::string> steps;
      const auto why = reload(plan, steps);
      if (!why.empty()) return refuse(TRAPLINE_E_FAILED, why);
      return r.done({TRAPLINE_OK, dump({{"plan", plan}, {"steps", steps}})});
    }
    // debug, reset, resubscribe
    json rest = args;
    rest.erase("instance");
    const std::string name = r.cmd;
    ask(instance, name, dump(rest), std::move(r));
  } catch (const json::exception& e) {
    refuse(TRAPLINE_E_INVALID, sdk::cat(r.cmd, ": an argument has the wrong type: ", e.what()));
  } catch (const std::exception& e) {
    refuse(TRAPLINE_E_FAILED, e.what());
  }
}

// Empty, or what is wrong. Takes the arguments of `swap` into the order.
std::string engine::impl::read_swap(const std::string& text, swap_order& order, std::vector<std::string>& dropped) {
  const json args = json::parse(text);
  order.to.use = args["file"];
  if (order.to.use.find('/') != std::string::npos) order.to.use = std::filesystem::absolute(order.to.use);
  if (auto wrong = read_watch(args, order.watch); !wrong.empty()) return wrong;
  if (auto wrong = read_warm_up(args, order.warm_up, order.warm_up_asked); !wrong.empty()) return wrong;
  std::vector<config::problem> problems;
  if (args.contains("options")) {
    order.to.options = config::parse_yaml(args["options"].get<std::string>(), problems);
    if (!problems.empty()) return "options: " + problems.front().text;
    if (const auto* inner = order.to.options.find("options")) order.to.options = config::node(*inner);
    return {};
  }
  // The options of now, which another plugin need not know.
  order.image = load_image(order.to, problems);
  if (!order.image) return {};  // the swap tells why
  const auto& d = order.image->descriptor();
  dropped = config::drop_unknown(config::read_table(d.options, d.option_count, d.option_size), order.to.options);
  if (dropped.empty() || argument(args, "drop_unknown", false)) return {};
  std::string names;
  for (const auto& n : dropped) names += (names.empty() ? "" : ", ") + n;
  return sdk::cat(d.id, " does not know the option", dropped.size() == 1 ? " " : "s ", names, " that '", order.to.name,
                  "' has now; say what it is to have (--options FILE), or leave them out (--drop-unknown)");
}

// Empty, or what is wrong. Takes the arguments of `set` into the order.
std::string engine::impl::read_set(const std::string& text, swap_order& order) {
  const json args = json::parse(text);
  if (!args.contains("value")) return "set needs the argument 'value'";
  if (auto wrong = read_watch(args, order.watch); !wrong.empty()) return wrong;
  if (auto wrong = read_warm_up(args, order.warm_up, order.warm_up_asked); !wrong.empty()) return wrong;
  const auto& value = args["value"];
  std::vector<config::problem> problems;
  const auto read =
      config::parse_yaml("value: " + (value.is_string() ? value.get<std::string>() : dump(value)), problems);
  const auto* found = read.find("value");
  if (!problems.empty() || !found || read.entries.size() != 1)
    return "value: expected one YAML value, such as 0.7 or [a, b]";
  config::set(order.to.options, args["option"].get<std::string>(), *found);
  return {};
}

// Empty, or why not. The plugin that runs already, once more: what changes is only what was asked for.
std::string engine::impl::load_unchanged(swap_order& order) {
  std::vector<config::problem> problems;
  order.image = load_image(order.to, problems);
  if (!order.image) return {};  // the swap tells why
  if (order.image->sha256() == find(order.to.name)->sha256()) return {};
  return sdk::cat("the file of ", order.image->descriptor().id,
                  " is not the one that runs; `restart` takes the new one");
}

bool engine::impl::takes(const std::string& instance, const std::string& name) const {
  const auto* c = find(instance)->commands();
  return c && std::any_of(c->names, c->names + c->name_count, [&](const char* n) { return n && name == n; });
}

// The answer comes from the lane; if the lane does not come to it in time, tick() answers.
void engine::impl::ask(const std::string& instance, const std::string& name, const std::string& args,
                       control::request r) {
  plugin::instance& i = *find(instance);
  if (!takes(instance, name)) {
    const auto* c = i.commands();
    std::string all;
    for (std::uint32_t n = 0; c && n < c->name_count; ++n) all += (n ? ", " : "") + std::string(c->names[n]);
    return r.done({TRAPLINE_E_NOT_FOUND,
                   sdk::cat(i.plugin_id(), " has no command '", name, "'; it has ", all.empty() ? "none" : all)});
  }
  auto answered = std::make_shared<std::atomic<bool>>(false);
  pending.push_back({answered, r.done, clock.mono() + supervise::call_limit, i.lane->name()});
  i.lane->post([this, lane = i.lane, id = i.id(), life = i.life(), name, args, answered, done = std::move(r.done)] {
    auto* who = lane->find(id);
    answer a{TRAPLINE_E_STATE, "it does not run"};
    if (who && who->life() == life && who->receives()) {
      lane->enter(who);
      const std::uint64_t after = lane->last_seq();
      const std::int64_t at = clock.now();
      a.status = who->command(name, args, a.text);
      lane->enter(nullptr);
      if (rt->lives) {
        const bool withheld = args != "{}";  // what an operator writes there may be a secret, as for the log
        rt->lives->put(journal::command_step{id, life, after, at, name, withheld ? "" : args, withheld, a.status});
      }
    }
    if (!answered->exchange(true)) done(std::move(a));
  });
}

std::int64_t engine::impl::tick() {
  const std::int64_t mono = clock.mono();
  bool busy = false;
  for (const auto& i : instances) {
    const auto* c = config_of(i->name());
    if (!c || c->supervision.on_fault != config::fault_policy::restart) continue;
    busy = true;
    restarter->look_at(*i, c->supervision);
  }
  std::vector<trial> over;
  for (std::size_t n = 0; n < trials.size();) {
    busy = true;
    if (!trials[n].who->faulted() && mono < trials[n].until) {
      ++n;
      continue;
    }
    over.push_back(std::move(trials[n]));
    trials.erase(trials.begin() + static_cast<std::ptrdiff_t>(n));
  }
  for (auto& t : over)
    if (t.who->faulted()) roll_back(std::move(t));
    else end_trial(t);
  for (auto& p : pending) {
    busy = true;
    if (mono >= p.until && !p.answered->exchange(true))
      p.done({TRAPLINE_E_TIMEOUT, "lane " + p.lane + " did not come to it within 5 s"});
  }
  std::erase_if(pending, [](const asked& p) { return p.answered->load(); });
  return busy ? 10 * millisecond : control::thread::never;
}

std::string engine::impl::status_json() const {
  json j;
  j["name"] = config.name;
  j["pid"] = ::getpid();
  j["version"] = version_text;
  j["run_dir"] = config.run_dir;
  j["uptime_s"] = static_cast<double>(clock.mono() - started_at) / 1e9;
  j["bus"] = {{"bytes", rt->ring.bytes()}, {"refused", rt->ring.refused()}};
  if (journal) {
    const auto s = journal->now();
    j["journal"] = {{"run", s.folder},          {"state", s.state}, {"segment", s.segment},
                    {"events", s.events},       {"bytes", s.bytes}, {"written_seq", s.written_seq},
                    {"lag_bytes", s.lag_bytes}, {"lost", s.lost},   {"reason", rt->redacted(s.reason)}};
  }
  j["retired_images"] = retired;
  j["lanes"] = json::array();
  for (const auto& l : owner->lanes())
    j["lanes"].push_back({{"name", l.name}, {"events", l.events}, {"lag_bytes", l.lag_bytes}, {"lost", l.lost}});
  j["instances"] = json::array();
  for (const auto& s : owner->instances()) {
    json i = {{"name", s.name},   {"plugin", s.plugin}, {"lane", s.lane},
              {"state", s.state}, {"health", s.health}, {"reason", s.reason}};
    if (const auto* at = find(s.name)) i["source"] = at->id();
    if (const auto w = warmed_up.find(s.name); w != warmed_up.end() && !w->second.empty()) i["warmed_up"] = w->second;
    for (const auto& t : trials)
      if (t.who->name() == s.name)
        i["watched_s"] = static_cast<double>(std::max<std::int64_t>(t.until - clock.mono(), 0)) / 1e9;
    j["instances"].push_back(std::move(i));
  }
  return dump(j);
}

std::string engine::impl::plugins_json() const {
  json out = json::array();
  for (const auto& i : instances) {
    if (is_own(i->name())) continue;
    const auto& d = i->img()->descriptor();
    json names = json::array();
    for (std::uint32_t n = 0; i->commands() && n < i->commands()->name_count; ++n)
      names.push_back(i->commands()->names[n]);
    const auto c =
        std::find_if(config.plugins.begin(), config.plugins.end(), [&](const auto& p) { return p.name == i->name(); });
    out.push_back({{"instance", i->name()},
                   {"plugin", d.id},
                   {"version", d.version},
                   {"use", c == config.plugins.end() ? "" : c->use},
                   {"sha256", i->sha256()},
                   {"commands", names},
                   {"state", i->states() ? json(i->states()->format) : json(nullptr)}});
  }
  return dump(out);
}

}  // namespace trapline
