#include "replay/casting.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "trapline/sdk/text.hpp"

namespace trapline::replay {
namespace {

using nlohmann::json;

json* at_path(json& root, const std::string& path) {
  json* at = &root;
  for (std::size_t from = 0; from <= path.size();) {
    const auto dot = std::min(path.find('.', from), path.size());
    const auto key = path.substr(from, dot - from);
    if (!at->is_object() || !at->contains(key)) return nullptr;
    at = &(*at)[key];
    from = dot + 1;
  }
  return at;
}

// Whether a value may stand where the other does.
bool alike(const json& a, const json& b) {
  return a.type() == b.type() || a.is_null() || b.is_null() || (a.is_number() && b.is_number());
}

std::string all(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& t : texts) out += (out.empty() ? "" : ", ") + t;
  return out;
}

// Paths of an object's values that are in no table.
void unknown_paths(const json& at, const std::string& below, const std::vector<config::option>& table,
                   std::vector<std::string>& out) {
  for (const auto& [key, value] : at.items()) {
    const std::string path = below + key;
    if (std::any_of(table.begin(), table.end(), [&](const auto& o) { return o.path == path; })) continue;
    const bool inside = std::any_of(table.begin(), table.end(),
                                    [&](const auto& o) { return o.path.compare(0, path.size() + 1, path + ".") == 0; });
    if (inside && value.is_object()) unknown_paths(value, path + ".", table, out);
    else out.push_back(path);
  }
}

}  // namespace

config::checked_options options_for(const plugin::image& img, const std::string& recorded,
                                    const std::vector<std::pair<std::string, std::string>>& given,
                                    std::vector<std::string>& left) {
  const auto& d = img.descriptor();
  auto table = config::read_table(d.options, d.option_count, d.option_size);
  json was = json::parse(recorded.empty() ? "{}" : recorded);
  config::node tree{config::node::kind::map, {}, {}, {}, {}};
  std::vector<config::problem> problems;
  for (const auto& [path, value] : given) {
    const auto read = config::parse_yaml("value: " + value, problems);
    if (const auto* v = read.find("value")) config::set(tree, path, *v);
  }
  for (auto& o : table) o.required = o.required && !at_path(was, o.path);
  auto out = config::check_options(table, &tree, {}, d.id, problems);
  if (!problems.empty()) throw std::runtime_error(problems.front().path + ": " + problems.front().text);
  json now = json::parse(out.json);
  for (const auto& o : table) {
    const bool set_anew = std::any_of(given.begin(), given.end(), [&](const auto& g) { return g.first == o.path; });
    const json* before = set_anew ? nullptr : at_path(was, o.path);
    json* to = at_path(now, o.path);
    if (before && to && alike(*before, *to)) *to = *before;
  }
  unknown_paths(was, {}, table, left);
  out.json = now.dump();
  return out;
}

player::parts casting::operator()(const journal::instance_info& i) {
  const auto replaced = settings_.plugins.find(i.name);
  const auto changed = settings_.options.find(i.name);
  std::shared_ptr<const plugin::image> img;
  if (replaced != settings_.plugins.end()) {
    img = load(plugin::find_plugin(replaced->second, settings_.search_dirs), i.name);
    if (!img) throw std::runtime_error(plugin::not_found_text(replaced->second, settings_.search_dirs));
    if (settings_.verify && img->descriptor().id != i.plugin) {
      warn(sdk::cat(i.name, ": was ", i.plugin, " for a time, which ", replaced->second, " (", img->descriptor().id,
                    ") is not; there the recorded plugin is replayed. Without --verify ", replaced->second,
                    " is replayed throughout"));
      img = nullptr;
    }
  }
  const bool own = !img;
  if (own) img = recorded(i);
  const bool other = !own || changed != settings_.options.end();
  if (img->descriptor().id == i.plugin && changed == settings_.options.end())
    return {std::move(img), {i.options, {}}, other && !settings_.verify};
  std::vector<std::string> left;
  static const std::vector<std::pair<std::string, std::string>> nothing;
  auto options = options_for(*img, i.options, changed == settings_.options.end() ? nothing : changed->second, left);
  if (!left.empty())
    warn(sdk::cat(i.name, ": ", img->descriptor().id, " does not know these recorded options: ", all(left)));
  return {std::move(img), std::move(options), !settings_.verify};
}

std::shared_ptr<const plugin::image> casting::recorded(const journal::instance_info& i) {
  namespace fs = std::filesystem;
  // Found by its name when it was recorded, or by its path.
  const bool by_path = i.use.find('/') != std::string::npos;
  const std::string name = by_path ? fs::path(i.use).filename().string() : i.use + ".so";
  std::vector<std::string> places;
  for (const auto& dir : settings_.plugin_dirs) places.push_back((fs::path(dir) / name).string());
  if (by_path) places.push_back(i.use);
  for (const auto& dir : settings_.search_dirs) places.push_back((fs::path(dir) / name).string());
  std::shared_ptr<const plugin::image> img;
  std::string file;
  for (std::size_t n = 0; !img && n < places.size(); ++n) img = load(file = places[n], i.name);
  if (!img)
    throw std::runtime_error(sdk::cat(i.name, ": its plugin ", i.plugin, " ", i.version, " was ", i.use,
                                      ", and there is no such file any more; say where it is: --plugin-dir DIR, or "
                                      "--plugin ",
                                      i.name, "=FILE"));
  if (!i.sha256.empty() && img->sha256() != i.sha256)
    warn(sdk::cat(i.name, ": ", file, " is not the file that was recorded (sha256 ", img->sha256().substr(0, 12),
                  ", recorded ", i.sha256.substr(0, 12), ")"));
  return img;
}

// nullptr: there is no such file.
std::shared_ptr<const plugin::image> casting::load(const std::string& file, const std::string& instance) {
  std::error_code ec;
  if (file.empty() || !std::filesystem::exists(file, ec)) return nullptr;
  auto& img = images_[file];
  if (img) return img;
  std::vector<plugin::finding> findings;
  img = plugin::load(file, instance, settings_.scratch, findings);
  for (auto& text : plugin::texts(findings, false)) warn(instance + ": " + text);
  if (img) return img;
  throw std::runtime_error(instance + ": " + all(plugin::texts(findings, true)));
}

void casting::warn(std::string text) {
  if (std::find(warnings_.begin(), warnings_.end(), text) == warnings_.end()) warnings_.push_back(std::move(text));
}

}  // namespace trapline::replay
