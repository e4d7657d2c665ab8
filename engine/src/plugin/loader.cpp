#include "plugin/loader.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <regex>

#include "config/options.hpp"
#include "plugin/services.hpp"

namespace trapline::plugin {
namespace {

namespace fs = std::filesystem;

void add(std::vector<finding>& to, const char* rule, std::string text) { to.push_back({rule, true, std::move(text)}); }

std::string copies_dir(const std::string& run_dir) { return run_dir + "/plugin-copies"; }

// `<instance>.<12 hex digits>.<pid>-<n>.so`, as stage() names its files.
bool is_copy_name(const std::string& name) {
  static const std::regex form("[A-Za-z0-9_-]+\\.[0-9a-f]{12}\\.[0-9]+-[0-9]+\\.so");
  return std::regex_match(name, form);
}

// A directory that only we can write: whoever could change a copy before it is loaded could run code as us.
bool make_own_dir(const std::string& dir, std::vector<finding>& findings) {
  std::error_code ec;
  fs::create_directories(fs::path(dir).parent_path(), ec);
  ::mkdir(dir.c_str(), 0700);
  struct stat st {};
  if (::lstat(dir.c_str(), &st) != 0 || !S_ISDIR(st.st_mode))
    add(findings, "F11", "cannot make the directory " + dir + ": " + std::strerror(errno));
  else if (st.st_uid != ::geteuid() || (st.st_mode & 0022) != 0)
    add(findings, "F11",
        dir + " belongs to another user or can be written by others; remove it or choose another run_dir");
  else return true;
  return false;
}

// Writes the checked bytes to a file of our own with a name that was never used before.
std::string stage(const std::string& bytes, const std::string& instance, const std::string& sha,
                  const std::string& run_dir, std::vector<finding>& findings) {
  static std::atomic<unsigned> generation{0};
  std::error_code ec;
  const std::string dir = copies_dir(run_dir);
  if (!make_own_dir(dir, findings)) return {};
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
    add(findings, "F11", "cannot write the private copy " + path + ": " + std::strerror(error));
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

std::vector<std::string> find_plugins(const std::string& use, const std::vector<std::string>& dirs) {
  std::error_code ec;
  std::vector<std::string> out;
  if (use.find('/') != std::string::npos) {
    if (fs::exists(use, ec)) out.push_back(use);
    return out;
  }
  for (const auto& d : dirs)
    if (std::string path = d + "/" + use + ".so"; fs::exists(path, ec)) out.push_back(std::move(path));
  return out;
}

std::string find_plugin(const std::string& use, const std::vector<std::string>& dirs) {
  const auto all = find_plugins(use, dirs);
  return all.empty() ? std::string{} : all.front();
}

std::string searched_text(const std::vector<std::string>& dirs) {
  std::string out;
  for (const auto& d : dirs) out += (out.empty() ? "" : ", ") + d;
  return out.empty() ? "nowhere (no plugin_dirs)" : out;
}

std::string not_found_text(const std::string& use, const std::vector<std::string>& dirs) {
  if (use.find('/') != std::string::npos) return "there is no file " + use;
  return "there is no plugin '" + use + "'; searched " + searched_text(dirs) +
         ". `trapline plugins` lists what there is; a file is named by a path with a slash, such as ./" + use + ".so";
}

// The first revisions' sizes are the least that is accepted; what lies past the writer's struct_size is not read.
std::vector<finding> entry_findings(const trapline_entry* entry) {
  std::vector<finding> out;
  if (!entry) {
    add(out, "E01", "its entry function returned NULL; return the address of a static trapline_entry");
    return out;
  }
  if (!TRAPLINE_HAS(trapline_entry, entry, create)) {
    add(out, "E01",
        "its entry says struct_size " + std::to_string(entry->struct_size) +
            ", too small; write sizeof(trapline_entry)");
    return out;
  }
  check_abi(entry->abi_major, entry->abi_minor, entry->min_host_minor, out);
  if (!out.empty()) return out;  // of another major nothing else may be read
  if (!entry->create) add(out, "E01", "its create function is NULL");
  const trapline_descriptor* d = entry->descriptor;
  if (!d || d->struct_size < TRAPLINE_DESCRIPTOR_SIZE_MIN) {
    add(out, "E01", "its descriptor is missing or its struct_size too small; write sizeof(trapline_descriptor)");
    return out;
  }
  if (!d->id || !*d->id || !d->version || !*d->version) add(out, "E01", "its descriptor has no id or no version");
  if (d->option_count > 0 && (!d->options || d->option_size < TRAPLINE_SIZE_UP_TO(trapline_option, doc)))
    add(out, "E02",
        "its option table is missing or its rows are too small; write option_size = sizeof(trapline_option)");
  else
    for (const auto& f : config::table_faults(config::read_table(d->options, d->option_count, d->option_size)))
      add(out, "E02", "plugin bug: " + f);
  if (d->required_service_count > 0 && !d->required_services)
    add(out, "E01", "its list of required services is missing");
  else
    for (std::uint32_t i = 0; i < d->required_service_count; ++i)
      if (const char* id = d->required_services[i]; !id) add(out, "E01", "a required service is NULL");
      else if (!offers_service(id))
        add(out, "E05", std::string("needs service ") + id + ", which this host does not offer; update the host");
  return out;
}

namespace {

// The second half of F04.
void compare(const file_report& note, const trapline_entry& entry, std::vector<finding>& out) {
  const auto& d = *entry.descriptor;
  const auto say = [](const std::string& id, const std::string& version, std::uint32_t major, std::uint32_t minor,
                      std::uint32_t needs) {
    return id + " " + version + " of ABI " + std::to_string(major) + "." + std::to_string(minor) + ", needs minor " +
           std::to_string(needs);
  };
  const std::string a = say(note.id, note.version, note.abi_major, note.abi_minor, note.min_host_minor);
  const std::string b = say(d.id, d.version, entry.abi_major, entry.abi_minor, entry.min_host_minor);
  if (a != b) add(out, "F04", "its note says " + a + "; its entry says " + b + "; make them equal");
}

}  // namespace

std::shared_ptr<const image> load(const std::string& path, const std::string& instance, const std::string& run_dir,
                                  std::vector<finding>& findings, const std::string& sha256,
                                  const std::function<bool(const file_report&)>& admit) {
  std::string bytes;
  file_report report = inspect(path, bytes, sha256);
  auto& found = report.findings;
  std::shared_ptr<const image> out;
  if (report.may_be_loaded() && (!admit || admit(report))) {
    if (const std::string copy = stage(bytes, instance, report.sha256, run_dir, found); !copy.empty()) {
      if (void* handle = ::dlopen(copy.c_str(), dlopen_flags)) {
        const auto fn = reinterpret_cast<trapline_entry_fn>(::dlsym(handle, TRAPLINE_ENTRY_SYMBOL));
        const trapline_entry* entry = fn ? fn() : nullptr;
        const auto wrong = entry_findings(entry);
        found.insert(found.end(), wrong.begin(), wrong.end());
        if (wrong.empty()) compare(report, *entry, found);
        out = std::make_shared<const image>(handle, entry, copy,
                                            report.sha256);  // closes the library again if it is refused
      } else {
        add(found, "F11", std::string("cannot be loaded: ") + ::dlerror());
        ::unlink(copy.c_str());
      }
    }
  }
  if (!report.may_be_loaded()) out.reset();
  for (auto& f : found) findings.push_back({f.rule, f.must, path + ": " + f.text});
  return out;
}

bool keeps_images() noexcept { return (dlopen_flags & RTLD_NODELETE) != 0; }

std::string unload(std::shared_ptr<const image> img) {
  if (!img || img.use_count() > 1 || img->copy().empty()) return {};
  std::string copy = img->copy();
  img.reset();
  struct search {
    const std::string& name;
    bool found = false;
  } s{copy};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* p) {
        auto& wanted = *static_cast<search*>(p);
        wanted.found = wanted.found || wanted.name == info->dlpi_name;
        return wanted.found ? 1 : 0;
      },
      &s);
  if (!s.found) return {};
  if (keeps_images()) return "builds with a sanitizer keep plugins mapped for its reports";
  return "still mapped after dlclose(): a thread_local with a destructor, a thread of its own that still runs, or a "
         "library that does not let go";
}

void remove_private_copies(const std::string& run_dir) {
  std::error_code ec;
  for (const auto& f : fs::directory_iterator(copies_dir(run_dir), ec))
    if (f.is_regular_file(ec) && !f.is_symlink(ec) && is_copy_name(f.path().filename().string()))
      fs::remove(f.path(), ec);
}

}  // namespace trapline::plugin
