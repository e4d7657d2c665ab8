#include "plugin_options.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <vector>

namespace trapline::cli {
namespace {

namespace fs = std::filesystem;

// The name that `use` in a configuration gives to the plugin at `path`, if it does.
bool names(const std::string& use, const fs::path& path, const std::string& id) {
  if (use.find('/') == std::string::npos) return use == id || use == path.stem();
  std::error_code ec;
  return fs::equivalent(use, path, ec);
}

}  // namespace

std::optional<config::node> read_plugin_options(const options_source& a, const std::string& path,
                                                const std::string& id) {
  std::ifstream in(a.file);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) {
    std::cerr << "trapline: cannot read " << a.file << '\n';
    return std::nullopt;
  }
  std::vector<config::problem> problems;
  const auto root = config::parse_yaml(text.str(), problems);
  const config::node* found = nullptr;
  if (problems.empty() && root.find("plugins")) {
    std::vector<const config::node::entry*> candidates;
    for (const auto& e : root.find("plugins")->entries) {
      const auto* use = e.value.find("use");
      if (use && names(use->scalar, path, id) && (a.instance.empty() || a.instance == e.key)) candidates.push_back(&e);
    }
    if (candidates.size() != 1) {
      std::string list;
      for (const auto* c : candidates) list += (list.empty() ? "" : ", ") + c->key;
      std::cerr << "trapline: " << a.file
                << (list.empty() ? " has no instance of " + id + (a.instance.empty() ? "" : " named " + a.instance)
                                 : " has several instances of " + id + " (" + list + "); choose one with --instance")
                << '\n';
      return std::nullopt;
    }
    found = candidates.front()->value.find("options");
    if (!found) return config::node{};
  } else if (problems.empty()) {
    found = root.find("options");
    if (!found) problems.push_back({{}, "options", "expected `options:`, or the configuration of an engine"});
  }
  for (const auto& p : problems) std::cerr << p.render(a.file) << '\n';
  return problems.empty() ? std::optional(*found) : std::nullopt;
}

}  // namespace trapline::cli
