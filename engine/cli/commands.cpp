#include "commands.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "config/engine_config.hpp"
#include "config/options.hpp"
#include "plugin/loader.hpp"
#include "plugin_texts.hpp"
#include "trapline/abi/version.h"
#include "trapline/engine.hpp"
#include "trapline/version.hpp"

namespace trapline::cli {

namespace fs = std::filesystem;

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
  for (const auto& s : config::section_tables())
    if (use == s.name) {
      std::cout << "section " << s.name << ": " << s.doc << "\n\nOptions:\n";
      for (const auto& o : s.options) std::cout << option_text(o);
      return 0;
    }
  const auto dirs = search_dirs(plugin_dirs);
  const std::string path = plugin::find_plugin(use, dirs);
  if (path.empty()) {
    std::cerr << "trapline: " << plugin::not_found_text(use, dirs) << '\n';
    return 2;
  }
  const scratch_dir scratch;
  std::vector<plugin::finding> findings;
  const auto img = plugin::load(path, "explain", scratch.path(), findings);
  for (const auto& f : findings) std::cerr << (f.must ? "" : "warning: ") << f.text << '\n';
  if (!img) return 2;
  const auto& d = img->descriptor();
  std::cout << d.id << ' ' << d.version << ": " << (d.summary ? d.summary : "") << '\n';
  if (const auto words = joined(flag_words(d.flags)); !words.empty()) std::cout << "(" << words << ")\n";
  std::cout << "\nOptions:\n";
  for (const auto& o : config::read_table(d.options, d.option_count, d.option_size)) std::cout << option_text(o);
  return 0;
}

int plugins(const std::vector<std::string>& plugin_dirs) {
  bool any = false;
  const auto dirs = search_dirs(plugin_dirs);
  for (const auto& dir : dirs) {
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
      if (const auto text = shadowed_text(r, dirs); !text.empty()) std::printf("    warning: %s\n", text.c_str());
    }
  }
  if (!any) std::cerr << "trapline: no plugins found; searched " << plugin::searched_text(dirs) << '\n';
  return any ? 0 : 1;
}

int version() {
  std::cout << "trapline " << version_text << ", plugin ABI " << TRAPLINE_ABI_MAJOR << '.' << TRAPLINE_ABI_MINOR
            << ", built with " << __VERSION__ << '\n';
  return 0;
}

}  // namespace trapline::cli
