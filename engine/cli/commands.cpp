#include "commands.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "config/options.hpp"
#include "plugin/loader.hpp"
#include "trapline/abi/version.h"
#include "trapline/engine.hpp"
#include "trapline/version.hpp"

namespace trapline::cli {
namespace {

namespace fs = std::filesystem;

// A directory that goes away again, for loading plugins without touching anybody's run directory.
class scratch_dir {
 public:
  scratch_dir() {
    std::string pattern = (fs::temp_directory_path() / "trapline-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
      throw std::runtime_error("cannot make a temporary directory in " + fs::temp_directory_path().string());
    path_ = pattern;
  }
  ~scratch_dir() {
    std::error_code ec;
    fs::remove_all(path_, ec);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::vector<std::string> search_dirs(const std::vector<std::string>& more) {
  std::vector<std::string> dirs = more;
  dirs.push_back(builtin_plugin_dir());
  return dirs;
}

std::string flag_words(std::uint32_t flags) {
  std::string out;
  const auto word = [&](std::uint32_t bit, const char* w) {
    if ((flags & bit) != 0) out += (out.empty() ? "" : ", ") + std::string(w);
  };
  word(TRAPLINE_PLUGIN_SOURCE, "source");
  word(TRAPLINE_PLUGIN_SINK, "sink");
  word(TRAPLINE_PLUGIN_DETERMINISTIC, "deterministic");
  word(TRAPLINE_PLUGIN_BOUNDED, "bounded callbacks");
  return out;
}

}  // namespace

std::string builtin_plugin_dir() {
  std::error_code ec;
  const fs::path bin = fs::read_symlink("/proc/self/exe", ec).parent_path();
  for (const char* relative : {"../lib/trapline/plugins", "../plugins"})
    if (const fs::path p = (bin / relative).lexically_normal(); fs::is_directory(p, ec)) return p.string();
  return (bin / "../lib/trapline/plugins").lexically_normal().string();
}

int check(const std::string& config) {
  const scratch_dir dir;
  engine e({builtin_plugin_dir(), dir.path(), true});
  e.observe(view_name, {"md.>"}, [](const trapline_event&) {});  // as `run` does, so that both refuse the same
  const auto problems = e.load_file(config);
  for (const auto& p : problems) std::cerr << p << '\n';
  if (problems.empty()) {
    std::cout << config << ": fine, " << e.instances().size() - 1 << " instances on " << e.lanes().size() - 1
              << " lanes\n";
    return 0;
  }
  std::cerr << config << ": " << problems.size() << (problems.size() == 1 ? " problem" : " problems") << '\n';
  return 2;
}

int explain(const std::string& use, const std::vector<std::string>& plugin_dirs) {
  const auto dirs = search_dirs(plugin_dirs);
  const std::string path = plugin::find_plugin(use, dirs);
  if (path.empty()) {
    std::cerr << "trapline: there is no plugin '" << use << "'; `trapline plugins` lists what there is\n";
    return 2;
  }
  const scratch_dir scratch;
  std::vector<plugin::finding> findings;
  const auto img = plugin::load(path, "explain", scratch.path(), findings);
  for (const auto& f : findings) std::cerr << f.text << '\n';
  if (!img) return 2;
  const auto& d = img->descriptor();
  std::cout << d.id << ' ' << d.version << ": " << (d.summary ? d.summary : "") << '\n';
  if (const auto words = flag_words(d.flags); !words.empty()) std::cout << "(" << words << ")\n";
  std::cout << "\nOptions:\n";
  for (const auto& o : config::read_table(d.options, d.option_count, d.option_size)) {
    std::cout << "  " << o.path << "  (" << config::type_name(o.type);
    if (o.allowed) std::cout << ": " << *o.allowed;
    std::cout << (o.required        ? "; required"
                  : o.default_value ? "; default " + (o.default_value->empty() ? "empty" : *o.default_value)
                                    : "; optional")
              << ")\n      " << o.doc << '\n';
  }
  return 0;
}

int plugins(const std::vector<std::string>& plugin_dirs) {
  bool any = false;
  for (const auto& dir : search_dirs(plugin_dirs)) {
    std::error_code ec;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(dir, ec))
      if (entry.path().extension() == ".so") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& f : files) {
      any = true;
      const auto r = plugin::inspect(f.string());
      if (!r.id.empty())
        std::printf("%-22s %-10s ABI %u.%u  %s\n", r.id.c_str(), r.version.c_str(), r.abi_major, r.abi_minor,
                    f.c_str());
      else std::printf("%-22s %-10s           %s\n", "(refused)", "", f.c_str());
      for (const auto& p : r.findings) std::printf("    %s%s\n", p.must ? "" : "warning: ", p.text.c_str());
    }
  }
  if (!any) std::cerr << "trapline: no plugins found\n";
  return any ? 0 : 1;
}

int version() {
  std::cout << "trapline " << version_text << ", plugin ABI " << TRAPLINE_ABI_MAJOR << '.' << TRAPLINE_ABI_MINOR
            << ", built with " << __VERSION__ << '\n';
  return 0;
}

}  // namespace trapline::cli
