#include "plugin_texts.hpp"

#include <filesystem>

#include "trapline/abi/event.h"
#include "trapline/sdk/names.hpp"

namespace trapline::cli {

namespace fs = std::filesystem;

std::string builtin_plugin_dir() {
  std::error_code ec;
  const fs::path bin = fs::read_symlink("/proc/self/exe", ec).parent_path();
  for (const char* relative : {"../lib/trapline/plugins", "../plugins"})
    if (const fs::path p = (bin / relative).lexically_normal(); fs::is_directory(p, ec)) return p.string();
  return (bin / "../lib/trapline/plugins").lexically_normal().string();
}

std::vector<std::string> search_dirs(const std::vector<std::string>& more) {
  std::vector<std::string> dirs;
  for (const auto& d : more) dirs.push_back(fs::absolute(d).lexically_normal().string());
  dirs.push_back(builtin_plugin_dir());
  return dirs;
}

std::string shadowed_text(const plugin::file_report& r, const std::vector<std::string>& dirs) {
  if (r.id.empty()) return {};
  const std::string winner = plugin::find_plugin(r.id, dirs);
  std::error_code ec;
  if (winner.empty())
    return "`use: " + r.id + "` does not find it, since no searched directory has a " + r.id + ".so; use its path";
  if (fs::equivalent(winner, r.path, ec)) return {};
  return "`use: " + r.id + "` takes " + winner +
         ", which has the same id and is found first; to get this file use its path";
}

std::vector<std::string> flag_words(std::uint32_t flags) {
  std::vector<std::string> out;
  const auto word = [&](std::uint32_t bit, const char* w) {
    if ((flags & bit) != 0) out.push_back(w);
  };
  word(TRAPLINE_PLUGIN_SOURCE, "source");
  word(TRAPLINE_PLUGIN_SINK, "sink");
  word(TRAPLINE_PLUGIN_DETERMINISTIC, "deterministic");
  word(TRAPLINE_PLUGIN_BOUNDED, "bounded callbacks");
  return out;
}

std::vector<std::string> event_type_words(std::uint64_t mask) {
  if (mask == TRAPLINE_TYPE_ALL) return {"all"};
  std::vector<std::string> out;
  for (std::uint16_t type = 0; type < 64; ++type) {
    if ((mask & TRAPLINE_TYPE_BIT(type)) == 0) continue;
    const auto name = sdk::event_name(type);
    out.push_back(name == "unknown" ? "type " + std::to_string(type) : std::string(name));
  }
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : ", ") + w;
  return out;
}

std::string option_text(const config::option& o) {
  std::string out = "  " + o.path + "  (" + std::string(config::type_name(o.type));
  if (o.allowed) out += ": " + *o.allowed;
  out += o.required        ? "; required"
         : o.default_value ? "; default " + (o.default_value->empty() ? "empty" : *o.default_value)
                           : "; optional";
  return out + ")\n      " + o.doc + "\n";
}

}  // namespace trapline::cli
