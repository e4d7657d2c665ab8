#include "plugin/shared_libraries.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <system_error>

#include "plugin/elf_file.hpp"

namespace trapline::plugin {
namespace {

// Empty if it is not there, or no file: a damaged plugin may need a library without a name, which is a directory.
std::string bytes_of(const std::string& path) {
  std::error_code ec;
  if (!std::filesystem::is_regular_file(path, ec)) return {};
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Name -> paths, from /etc/ld.so.cache in the form that glibc >= 2.2 writes (sysdeps/generic/dl-cache.h): after the
// magic a count, then rows of {flags, key, value, ...}, where key and value are offsets of texts from the magic's first
// byte. An unknown form reads as empty.
std::multimap<std::string, std::string> read_cache() {
  static constexpr std::string_view magic = "glibc-ld.so.cache1.1";
  static constexpr std::size_t head_size = 48, row_size = 24;
  std::multimap<std::string, std::string> out;
  const std::string all = bytes_of("/etc/ld.so.cache");
  const auto start = all.find(magic);
  if (start == std::string::npos) return out;
  const std::string_view cache = std::string_view(all).substr(start);
  const auto number = [&](std::size_t at) {
    std::uint32_t n = 0;
    if (at + sizeof n <= cache.size()) std::memcpy(&n, cache.data() + at, sizeof n);
    return n;
  };
  const auto text = [&](std::uint32_t at) {
    return at < cache.size() ? std::string(cache.substr(at, cache.find('\0', at) - at)) : std::string{};
  };
  for (std::uint32_t i = 0, n = number(magic.size()); i < n; ++i) {
    const std::size_t row = head_size + std::size_t{i} * row_size;
    if (row + row_size > cache.size()) break;
    out.emplace(text(number(row + 4)), text(number(row + 8)));
  }
  return out;
}

std::vector<std::string> directories() {
  std::vector<std::string> out;
  if (const char* list = std::getenv("LD_LIBRARY_PATH")) {
    std::stringstream dirs(list);
    for (std::string d; std::getline(dirs, d, ':');)
      if (!d.empty()) out.push_back(d);
  }
#if defined(__x86_64__)
  out.insert(out.end(), {"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu"});
#elif defined(__aarch64__)
  out.insert(out.end(), {"/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu"});
#endif
  out.insert(out.end(), {"/lib64", "/usr/lib64", "/lib", "/usr/lib"});
  return out;
}

}  // namespace

library_lookup look_up(const std::vector<std::string>& needed, const std::vector<std::string>& symbols) {
  library_lookup out;
  const auto cache = read_cache();
  const auto dirs = directories();
  std::set<std::string> open(symbols.begin(), symbols.end()), seen(needed.begin(), needed.end());
  for (std::deque<std::string> queue(needed.begin(), needed.end()); !queue.empty() && !open.empty();
       queue.pop_front()) {
    const std::string name = queue.front();
    std::vector<std::string> paths;
    if (name.find('/') != std::string::npos) paths.push_back(name);
    for (const auto& d : dirs) paths.push_back(d + "/" + name);
    for (auto [at, end] = cache.equal_range(name); at != end; ++at) paths.push_back(at->second);
    bool found = false;
    for (const auto& p : paths) {
      std::string error = "empty";
      const std::string bytes = bytes_of(p);
      const elf_facts facts = bytes.empty() ? elf_facts{} : read_elf(bytes, error);
      if (!error.empty()) continue;  // absent, or another machine's
      for (const auto& s : facts.exported) open.erase(s);
      for (const auto& n : facts.needed)
        if (seen.insert(n).second) queue.push_back(n);
      found = true;
      break;
    }
    if (!found) out.missing.push_back(name);
  }
  out.unprovided.assign(open.begin(), open.end());
  return out;
}

}  // namespace trapline::plugin
