#include "plugin/file_rules.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "plugin/shared_libraries.hpp"
#include "trapline/abi/plugin.h"

namespace trapline::plugin {
namespace {

constexpr std::size_t max_file = 256u << 20;

void add(std::vector<finding>& to, const char* rule, std::string text, bool must = true) {
  to.push_back({rule, must, std::move(text)});
}

// "a, b, c, ..." of names that may be many.
std::string some_of(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < 3; ++i) out += (i == 0 ? "" : ", ") + names[i];
  return out + (names.size() > 3 ? ", ..." : "");
}

std::string plural(std::size_t n, const char* what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); }

std::string versions(std::uint32_t major, std::uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

// F00 and F08.
void read_whole(const std::string& path, std::string& bytes, std::vector<finding>& out) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return add(out, "F00", std::string("cannot be opened: ") + std::strerror(errno));
  struct stat st {};
  ::fstat(fd, &st);
  if (!S_ISREG(st.st_mode)) {
    add(out, "F00", "is not a regular file");
  } else if (static_cast<std::size_t>(st.st_size) > max_file) {
    add(out, "F00", "is larger than 256 MiB");
  } else {
    bytes.resize(static_cast<std::size_t>(st.st_size));
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = ::read(fd, bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      done += static_cast<std::size_t>(n);
    }
    if (done < bytes.size()) {
      add(out, "F00", "cannot be read to its end");
      bytes.clear();
    }
    if ((st.st_mode & 0022) != 0) add(out, "F08", "can be written by others; run: chmod go-w " + path);
    if (st.st_uid != ::geteuid() && st.st_uid != 0)
      add(out, "F08", "belongs to another user; a plugin must belong to the user that runs the engine, or to root");
  }
  ::close(fd);
}

// An entry of another major is no stranger: a file may serve two.
bool is_entry(std::string_view symbol) {
  constexpr std::string_view stem = "trapline_plugin_entry_v";
  const auto digits = symbol.substr(std::min(stem.size(), symbol.size()));
  return symbol.starts_with(stem) && !digits.empty() &&
         digits.find_first_not_of("0123456789") == std::string_view::npos;
}

void check_symbols(const elf_facts& facts, std::vector<finding>& out) {
  if (!std::binary_search(facts.exported.begin(), facts.exported.end(), TRAPLINE_ENTRY_SYMBOL))
    add(out, "F01", "does not export " TRAPLINE_ENTRY_SYMBOL "; define it with TRAPLINE_PLUGIN() or TRAPLINE_EXPORT");
  std::vector<std::string> extra;
  std::copy_if(facts.exported.begin(), facts.exported.end(), std::back_inserter(extra),
               [](const std::string& s) { return !is_entry(s); });
  if (!extra.empty())
    add(out, "F01",
        "exports " + plural(extra.size(), "more symbol") + " (" + some_of(extra) +
            "); link it with the version script of trapline_add_plugin()");
  if (!facts.unique.empty())
    add(out, "F02",
        "has " + plural(facts.unique.size(), "GNU-unique symbol") + " (" + some_of(facts.unique) +
            "), so it could never be unloaded; compile with -fno-gnu-unique and link with the version script of "
            "trapline_add_plugin()");
}

// The sanitizers' runtime comes with the process.
bool is_sanitizers(const std::string& symbol) {
  constexpr std::string_view prefixes[] = {"__asan_", "__lsan_", "__msan_", "__tsan_", "__ubsan_", "__sanitizer_"};
  return std::any_of(std::begin(prefixes), std::end(prefixes), [&](auto prefix) { return symbol.starts_with(prefix); });
}

void check_undefined(const elf_facts& facts, std::vector<finding>& out) {
  std::vector<std::string> wanted;
  std::copy_if(facts.unbound.begin(), facts.unbound.end(), std::back_inserter(wanted),
               [](const std::string& s) { return !is_sanitizers(s); });
  if (wanted.empty()) return;
  const auto found = look_up(facts.needed, wanted);
  if (found.unprovided.empty()) return;
  const std::string what = "uses " + plural(found.unprovided.size(), "symbol") + " (" + some_of(found.unprovided) +
                           ") that no library it needs provides";
  if (found.missing.empty())
    add(out, "F03",
        what +
            "; they would have to come from the host, which offers none. Link the library that has them, with "
            "-Wl,-z,defs to be told at once");
  else add(out, "F03", what + ", unless " + some_of(found.missing) + " does, which is not installed", false);
}

void check_note(const elf_facts& facts, file_report& r) {
  if (facts.bad_note) {
    add(r.findings, "F04",
        "has a Trapline note that cannot be read (size, magic or an unterminated text); build it with "
        "TRAPLINE_PLUGIN() or TRAPLINE_PLUGIN_NOTE_ABI()");
  } else if (facts.notes.empty()) {
    add(r.findings, "F04",
        "has no Trapline note, so it is not a Trapline plugin; build it with TRAPLINE_PLUGIN() or, in C, with "
        "TRAPLINE_PLUGIN_NOTE_ABI()");
  }
  if (facts.notes.empty()) return;
  const auto ours = [](const trapline_note& n) { return n.abi_major == TRAPLINE_ABI_MAJOR; };
  if (std::count_if(facts.notes.begin(), facts.notes.end(), ours) > 1)
    add(r.findings, "F04", "has more than one Trapline note for this ABI major; keep one");
  const auto match = std::find_if(facts.notes.begin(), facts.notes.end(), ours);
  const trapline_note& note = match == facts.notes.end() ? facts.notes.front() : *match;
  r.id = note.id;
  r.version = note.version;
  r.abi_major = note.abi_major;
  r.abi_minor = note.abi_minor;
  r.min_host_minor = note.min_host_minor;
}

void check_linking(const elf_facts& facts, std::vector<finding>& out) {
  if (!facts.bind_now || !facts.relro) {
    const std::string flags = std::string(facts.bind_now ? "" : " -Wl,-z,now") + (facts.relro ? "" : " -Wl,-z,relro");
    add(out, "F05", "is not linked with" + flags + ", so its table of functions stays writable; add" + flags, false);
  }
  std::vector<std::string> moving, fixed;
  for (const auto& p : facts.run_paths)
    (p.starts_with('/') ? fixed : moving).push_back(p.empty() ? "(empty: the current directory)" : p);
  if (!moving.empty())
    add(out, "F06",
        "has the run path " + some_of(moving) +
            ", which means another directory once the host has made its private copy; link without -rpath (CMake: "
            "SKIP_BUILD_RPATH)");
  if (!fixed.empty())
    add(out, "F06",
        "has the run path " + some_of(fixed) +
            ", so its libraries come from there whatever is installed; link without -rpath (CMake: SKIP_BUILD_RPATH)",
        false);
  for (const auto& n : facts.needed)
    if (n.starts_with("libspdlog."))
      add(out, "F07",
          "links " + n +
              ", whose registry host and plugin would share, so that the host crashes after the plugin is unloaded; "
              "log "
              "through trapline.log/1, or use the header-only spdlog for a library that insists");
}

}  // namespace

std::string sha256_hex(const std::string& bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int n = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &n, EVP_sha256(), nullptr);
  std::string out;
  for (unsigned int i = 0; i < n; ++i) {
    out += "0123456789abcdef"[digest[i] >> 4];
    out += "0123456789abcdef"[digest[i] & 15];
  }
  return out;
}

bool file_report::may_be_loaded() const {
  return std::none_of(findings.begin(), findings.end(), [](const finding& f) { return f.must; });
}

std::vector<std::string> file_report::problems() const { return texts(findings, true); }

std::vector<std::string> texts(const std::vector<finding>& findings, bool must) {
  std::vector<std::string> out;
  for (const auto& f : findings)
    if (f.must == must) out.push_back(f.text);
  return out;
}

void check_abi(std::uint32_t major, std::uint32_t minor, std::uint32_t min_host_minor, std::vector<finding>& findings) {
  const std::string offered = versions(TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR);
  if (major != TRAPLINE_ABI_MAJOR)
    add(findings, "F09",
        "built for plugin ABI " + versions(major, minor) + ", this host offers " + offered +
            "; rebuild it with this host's headers");
  else if (min_host_minor > TRAPLINE_ABI_MINOR)
    add(findings, "F09",
        "needs a host of at least ABI " + versions(major, min_host_minor) + ", this one offers " + offered +
            "; update the host");
}

file_report inspect(const std::string& path, std::string& bytes, const std::string& sha256) {
  file_report r;
  r.path = path;
  bytes.clear();
  read_whole(path, bytes, r.findings);
  if (std::any_of(r.findings.begin(), r.findings.end(), [](const auto& f) { return f.rule == "F00"; })) return r;
  r.sha256 = sha256_hex(bytes);
  std::string error;
  r.facts = read_elf(bytes, error);
  if (!error.empty()) {
    add(r.findings, "F00", error);
  } else {
    check_note(r.facts, r);
    // Without a note it is just some library; its other faults are nobody's concern.
    if (!r.facts.notes.empty() || r.facts.bad_note) {
      check_symbols(r.facts, r.findings);
      check_undefined(r.facts, r.findings);
      check_linking(r.facts, r.findings);
      if (!r.facts.notes.empty()) check_abi(r.abi_major, r.abi_minor, r.min_host_minor, r.findings);
    }
  }
  if (!sha256.empty() && sha256 != r.sha256)
    add(r.findings, "F10",
        "its sha256 is " + r.sha256 + ", the configuration demands " + sha256 +
            "; it is not the file that was pinned. If it should be, put its new sha256 into the configuration");
  std::stable_sort(r.findings.begin(), r.findings.end(),
                   [](const finding& a, const finding& b) { return a.rule < b.rule; });
  return r;
}

file_report inspect(const std::string& path) {
  std::string bytes;
  return inspect(path, bytes);
}

}  // namespace trapline::plugin
