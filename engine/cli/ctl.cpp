// `trapline ctl`: a request on the control socket, and its answer for people.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "commands.hpp"
#include "control/client.hpp"

namespace trapline::cli {
namespace {

using json = nlohmann::ordered_json;

std::string content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) throw std::runtime_error(file + ": cannot be read");
  return text.str();
}

json request_of(const ctl_arguments& a) {
  json args = json::object();
  if (a.cmd == "verify")
    return {{"cmd", "command"},
            {"args", {{"instance", a.instance.empty() ? "redis" : a.instance}, {"name", "verify"}}}};
  if (!a.instance.empty()) args["instance"] = a.instance;
  if (!a.file.empty())  // the engine may run in another directory
    args["file"] = a.file.find('/') == std::string::npos ? a.file : std::filesystem::absolute(a.file).string();
  if (!a.options_file.empty()) args["options"] = content(a.options_file);
  if (!a.name.empty()) args["name"] = a.name;
  if (!a.args.empty()) {
    args["args"] = json::parse(a.args, nullptr, false);
    if (!args["args"].is_object())
      throw std::invalid_argument("args: expected one JSON object, such as '{\"depth\": 5}'");
  }
  if (!a.option.empty()) args["option"] = a.option, args["value"] = a.value;
  if (!a.reason.empty()) args["reason"] = a.reason;
  if (!a.watch.empty()) args["watch"] = a.watch;
  if (!a.warm_up.empty()) args["warm_up"] = a.warm_up;
  if (a.drop_unknown) args["drop_unknown"] = true;
  if (a.no_state) args["state"] = false;
  if (a.plan) args["plan"] = true;
  return {{"cmd", a.cmd}, {"args", args}};
}

std::string text(const json& j, const char* key) {
  const auto it = j.find(key);
  return it != j.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

void print_status(const json& j) {
  std::printf("%s, version %s, pid %ld, up %.0f s, run_dir %s\n", text(j, "name").c_str(), text(j, "version").c_str(),
              j.value("pid", 0L), j.value("uptime_s", 0.0), text(j, "run_dir").c_str());
  const json none = json::array();
  std::size_t width = 8, plugin_width = 6;
  for (const auto& i : j.value("instances", none)) {
    width = std::max(width, text(i, "name").size());
    plugin_width = std::max(plugin_width, text(i, "plugin").size());
  }
  const auto columns = [&](const std::string& name, const std::string& plugin, const std::string& lane,
                           const std::string& state, const std::string& health, const std::string& rest) {
    std::printf("%-*s  %-*s  %-12s  %-11s  %-8s  %s\n", static_cast<int>(width), name.c_str(),
                static_cast<int>(plugin_width), plugin.c_str(), lane.c_str(), state.c_str(), health.c_str(),
                rest.c_str());
  };
  columns("instance", "plugin", "lane", "state", "health", "");
  for (const auto& i : j.value("instances", none)) {
    std::string rest = text(i, "reason");
    if (i.contains("watched_s"))
      rest = "watched for " + std::to_string(static_cast<int>(i["watched_s"].get<double>() + 1)) + " s more " + rest;
    if (const auto w = text(i, "warmed_up"); !w.empty()) rest += (rest.empty() ? "warmed up: " : "; warmed up: ") + w;
    columns(text(i, "name"), text(i, "plugin"), text(i, "lane"), text(i, "state"), text(i, "health"), rest);
  }
  for (const auto& l : j.value("lanes", none))
    std::printf("lane %-12s %12llu events, %llu lost, %llu bytes behind\n", text(l, "name").c_str(),
                l.value("events", 0ULL), l.value("lost", 0ULL), l.value("lag_bytes", 0ULL));
  if (const auto n = j.value("retired_images", 0); n > 0)
    std::printf("%d replaced plugin images are still in memory\n", n);
}

void print_plugins(const json& j) {
  for (const auto& p : j) {
    std::string commands;
    for (const auto& c : p.value("commands", json::array())) commands += " " + c.get<std::string>();
    std::printf("%s: %s %s from %s\n  sha256 %s\n  commands:%s\n", text(p, "instance").c_str(),
                text(p, "plugin").c_str(), text(p, "version").c_str(), text(p, "use").c_str(),
                text(p, "sha256").c_str(), commands.empty() ? " none" : commands.c_str());
    if (const auto state = text(p, "state"); !state.empty()) std::printf("  state: %s\n", state.c_str());
  }
}

void print_swap(const json& j) {
  std::printf("%s: %s in place of %s after event %llu\n", text(j, "instance").c_str(), text(j, "to").c_str(),
              text(j, "from").c_str(), j.value("last_seq", 0ULL));
  std::printf("the lane paused %.0f us; state: %s\n", j.value("pause_us", 0.0), text(j, "state").c_str());
  if (const auto w = text(j, "warmed_up"); !w.empty()) std::printf("warmed up: %s\n", w.c_str());
  if (const auto n = j.value("warm_up_events", 0ULL); n > 0)
    std::printf("it saw %llu events of the journal in %.2f s; %llu that it said to them were not published\n", n,
                j.value("warm_up_s", 0.0), j.value("warm_up_unheard", 0ULL));
  for (const auto& o : j.value("dropped_options", json::array()))
    std::printf("left out: option %s\n", o.get<std::string>().c_str());
  if (!text(j, "left").empty()) std::printf("the old one: %s\n", text(j, "left").c_str());
  if (!text(j, "retired").empty()) std::printf("the old one's image stays in memory: %s\n", text(j, "retired").c_str());
  if (const double s = j.value("watch_s", 0.0); s > 0)
    std::printf("watched for %.0f s: a fault brings the old one back\n", s);
}

void print(const std::string& cmd, const json& result) {
  if (cmd == "status") print_status(result);
  else if (cmd == "plugins") print_plugins(result);
  else if (cmd == "metrics") std::cout << result.get<std::string>();
  else if (cmd == "swap" || cmd == "set" || cmd == "restart" || (cmd == "reset" && result.contains("last_seq")))
    print_swap(result);
  else if (cmd == "reload") {
    const bool plan = result.value("plan", false);
    const auto steps = result.value("steps", json::array());
    if (steps.empty()) std::cout << "nothing to do: the engine runs what the file says\n";
    for (const auto& s : steps) std::cout << (plan ? "would " : "done: ") << s.get<std::string>() << '\n';
  } else if (cmd == "stop") std::cout << "the engine stops\n";
  else std::cout << result.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}

}  // namespace

int ctl(const ctl_arguments& a) {
  std::string request;
  try {
    request = request_of(a).dump();
  } catch (const json::exception&) {  // a text that is no UTF-8
    std::cerr << "trapline: the arguments are no UTF-8\n";
    return 2;
  } catch (const std::exception& e) {
    std::cerr << "trapline: " << e.what() << '\n';
    return 2;
  }
  const std::string path = a.socket.empty() ? a.run_dir + "/control.sock" : a.socket;
  control::client c;
  std::string error, line;
  if (!c.connect(path, error) || !c.ask(request, line, a.timeout * 1'000'000'000LL, error)) {
    std::cerr << "trapline: " << error << '\n';
    return 1;
  }
  const json j = json::parse(line, nullptr, false);
  const bool ok = j.is_object() && j.value("ok", false);
  if (a.as_json) std::cout << line << '\n';
  else if (ok) print(a.cmd, j["result"]);
  else std::cerr << "trapline: " << (j.is_object() ? text(j, "error") : "the engine's answer makes no sense") << '\n';
  return ok ? 0 : 1;
}

}  // namespace trapline::cli
