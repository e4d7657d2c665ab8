#include "plugin/loader.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <regex>

#include "plugin/elf_file.hpp"
#include "plugin/services.hpp"

namespace trapline::plugin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_file = 256u << 20;

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

// The whole file, read once: what is checked is what is copied and loaded.
bool read_file(const std::string& path, std::string& bytes, std::vector<std::string>& problems) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    problems.push_back("cannot open " + path + ": " + std::strerror(errno));
    return false;
  }
  struct stat st {};
  ::fstat(fd, &st);
  const std::size_t before = problems.size();
  if (!S_ISREG(st.st_mode)) problems.push_back(path + " is not a regular file");
  if (static_cast<std::size_t>(st.st_size) > max_file) problems.push_back(path + " is larger than 256 MiB");
  if ((st.st_mode & 0022) != 0) problems.push_back(path + " can be written by others; run: chmod go-w " + path);
  if (st.st_uid != ::geteuid() && st.st_uid != 0)
    problems.push_back(path +
                       " belongs to another user; a plugin must belong to the user that runs the engine, or to root");
  if (problems.size() == before) {
    bytes.resize(static_cast<std::size_t>(st.st_size));
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = ::read(fd, bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      done += static_cast<std::size_t>(n);
    }
    if (done < bytes.size()) problems.push_back("cannot read " + path);
  }
  ::close(fd);
  return problems.size() == before;
}

std::string versions(std::uint32_t major, std::uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

void check_versions(std::uint32_t major, std::uint32_t minor, std::uint32_t needs, std::vector<std::string>& problems) {
  if (major != TRAPLINE_ABI_MAJOR)
    problems.push_back("built for plugin ABI " + versions(major, minor) + ", this host offers " +
                       versions(TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR) + "; rebuild it with this host's headers");
  else if (needs > TRAPLINE_ABI_MINOR)
    problems.push_back("needs a host of at least ABI " + versions(major, needs) + ", this one offers " +
                       versions(TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR) + "; update the host");
}

file_report inspect_bytes(const std::string& path, const std::string& bytes) {
  file_report r;
  r.path = path;
  std::string error;
  const elf_facts facts = read_elf(bytes, error);
  if (!error.empty()) {
    r.problems.push_back(error);
    return r;
  }
  r.sha256 = sha256_hex(bytes);
  if (!facts.note) {
    r.problems.push_back("has no Trapline note, so it is not a Trapline plugin; build it with TRAPLINE_PLUGIN()");
    return r;
  }
  r.id = facts.note->id;
  r.version = facts.note->version;
  r.abi_major = facts.note->abi_major;
  r.abi_minor = facts.note->abi_minor;
  r.min_host_minor = facts.note->min_host_minor;
  check_versions(r.abi_major, r.abi_minor, r.min_host_minor, r.problems);
  bool has_entry = false;
  std::string extra;
  std::size_t extras = 0;
  for (const auto& s : facts.exported) {
    if (s == TRAPLINE_ENTRY_SYMBOL) has_entry = true;
    else if (++extras <= 3) extra += (extra.empty() ? "" : ", ") + s;
  }
  if (!has_entry) r.problems.push_back("does not export " TRAPLINE_ENTRY_SYMBOL);
  if (extras > 0)
    r.problems.push_back("exports " + std::to_string(extras) + " more symbols (" + extra + (extras > 3 ? ", ..." : "") +
                         "); link it with the version script of trapline_add_plugin()");
  if (!facts.unique.empty())
    r.problems.push_back(
        "has " + std::to_string(facts.unique.size()) +
        " GNU-unique symbols, so it could never be unloaded; compile with -fno-gnu-unique and the version script");
  return r;
}

std::string copies_dir(const std::string& run_dir) { return run_dir + "/plugin-copies"; }

// `<instance>.<12 hex digits>.<pid>-<n>.so`, as stage() names its files.
bool is_copy_name(const std::string& name) {
  static const std::regex form("[A-Za-z0-9_-]+\\.[0-9a-f]{12}\\.[0-9]+-[0-9]+\\.so");
  return std::regex_match(name, form);
}

// A directory that only we can write: whoever could change a copy before it is loaded could run code as us.
bool make_own_dir(const std::string& dir, std::vector<std::string>& problems) {
  std::error_code ec;
  fs::create_directories(fs::path(dir).parent_path(), ec);
  ::mkdir(dir.c_str(), 0700);
  struct stat st {};
  if (::lstat(dir.c_str(), &st) != 0 || !S_ISDIR(st.st_mode))
    problems.push_back("cannot make the directory " + dir + ": " + std::strerror(errno));
  else if (st.st_uid != ::geteuid() || (st.st_mode & 0022) != 0)
    problems.push_back(dir +
                       " belongs to another user or can be written by others; remove it or choose another run_dir");
  else return true;
  return false;
}

// Writes the checked bytes to a file of our own with a name that was never used before.
std::string stage(const std::string& bytes, const std::string& instance, const std::string& sha,
                  const std::string& run_dir, std::vector<std::string>& problems) {
  static std::atomic<unsigned> generation{0};
  std::error_code ec;
  const std::string dir = copies_dir(run_dir);
  if (!make_own_dir(dir, problems)) return {};
  const std::string path = fs::absolute(dir, ec).lexically_normal().string() + "/" + instance + "." +
                           sha.substr(0, 12) + "." + std::to_string(::getpid()) + "-" + std::to_string(++generation) +
                           ".so";
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500);
  std::size_t done = 0;
  while (fd >= 0 && done < bytes.size()) {
    const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (fd < 0 || done < bytes.size()) {
    problems.push_back("cannot write the private copy " + path + ": " + std::strerror(error));
    ::unlink(path.c_str());
    return {};
  }
  return path;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int dlopen_flags = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE;  // keep symbols for the sanitizer's reports
#else
constexpr int dlopen_flags = RTLD_NOW | RTLD_LOCAL;
#endif

}  // namespace

image::image(void* handle, const trapline_entry* entry, std::string copy, std::string sha256)
    : handle_(handle), entry_(entry), copy_(std::move(copy)), sha256_(std::move(sha256)) {
  Dl_info where{};
  if (!entry || ::dladdr(entry, &where) == 0) return;
  struct search {
    const void* base;
    image* self;
  } s{where.dli_fbase, this};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* p) {
        const auto* wanted = static_cast<search*>(p);
        if (reinterpret_cast<const void*>(info->dlpi_addr) != wanted->base) return 0;
        for (int k = 0; k < info->dlpi_phnum; ++k) {
          const auto& h = info->dlpi_phdr[k];
          if (h.p_type != PT_LOAD || (h.p_flags & PF_X) == 0) continue;
          wanted->self->code_begin_ = info->dlpi_addr + h.p_vaddr;
          wanted->self->code_end_ = wanted->self->code_begin_ + h.p_memsz;
        }
        return 1;
      },
      &s);
}

image::~image() {
  if (handle_) ::dlclose(handle_);
  if (!copy_.empty()) ::unlink(copy_.c_str());
}

std::string find_plugin(const std::string& use, const std::vector<std::string>& dirs) {
  std::error_code ec;
  if (use.find('/') != std::string::npos) return fs::exists(use, ec) ? use : std::string{};
  for (const auto& d : dirs)
    if (const std::string path = d + "/" + use + ".so"; fs::exists(path, ec)) return path;
  return {};
}

file_report inspect(const std::string& path) {
  file_report r;
  r.path = path;
  std::string bytes;
  if (!read_file(path, bytes, r.problems)) return r;
  return inspect_bytes(path, bytes);
}

std::vector<std::string> entry_problems(const trapline_entry* entry) {
  std::vector<std::string> out;
  if (!entry) return {"its entry function returned NULL"};
  if (entry->struct_size < sizeof(trapline_entry))
    return {"its entry says struct_size " + std::to_string(entry->struct_size) + ", too small"};
  check_versions(entry->abi_major, entry->abi_minor, entry->min_host_minor, out);
  const trapline_descriptor* d = entry->descriptor;
  if (!d || d->struct_size < TRAPLINE_DESCRIPTOR_SIZE_MIN) {
    out.push_back("its descriptor is missing or too small");
    return out;
  }
  if (!d->id || !*d->id || !d->version) out.push_back("its descriptor has no id or version");
  if (!entry->create) out.push_back("its create function is NULL");
  if (d->option_count > 0 && (!d->options || d->option_size < sizeof(trapline_option)))
    out.push_back("its option table is missing or its rows are too small");
  for (std::uint32_t i = 0; i < d->required_service_count; ++i)
    if (!offers_service(d->required_services[i]))
      out.push_back(std::string("needs service ") + d->required_services[i] + ", which this host does not offer");
  return out;
}

std::shared_ptr<const image> load(const std::string& path, const std::string& instance, const std::string& run_dir,
                                  std::vector<std::string>& problems) {
  std::string bytes;
  if (!read_file(path, bytes, problems)) return nullptr;
  const file_report report = inspect_bytes(path, bytes);
  if (!report.problems.empty()) {
    for (const auto& p : report.problems) problems.push_back(path + ": " + p);
    return nullptr;
  }
  const std::string copy = stage(bytes, instance, report.sha256, run_dir, problems);
  if (copy.empty()) return nullptr;
  void* handle = ::dlopen(copy.c_str(), dlopen_flags);
  if (!handle) {
    problems.push_back(path + ": cannot be loaded: " + ::dlerror());
    ::unlink(copy.c_str());
    return nullptr;
  }
  const auto fn = reinterpret_cast<trapline_entry_fn>(::dlsym(handle, TRAPLINE_ENTRY_SYMBOL));
  const trapline_entry* entry = fn ? fn() : nullptr;
  auto wrong = entry_problems(entry);
  if (wrong.empty() && (report.id != entry->descriptor->id || report.version != entry->descriptor->version))
    wrong.push_back("its note says " + report.id + " " + report.version + ", its descriptor " + entry->descriptor->id +
                    " " + entry->descriptor->version);
  for (const auto& p : wrong) problems.push_back(path + ": " + p);
  auto out =
      std::make_shared<const image>(handle, entry, copy, report.sha256);  // closes the library again if it is refused
  return wrong.empty() ? out : nullptr;
}

void remove_private_copies(const std::string& run_dir) {
  std::error_code ec;
  for (const auto& f : fs::directory_iterator(copies_dir(run_dir), ec))
    if (f.is_regular_file(ec) && !f.is_symlink(ec) && is_copy_name(f.path().filename().string()))
      fs::remove(f.path(), ec);
}

}  // namespace trapline::plugin
