#include "journal/run_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "journal/format.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::journal {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view segment_prefix = "seg-", segment_suffix = ".tlj";

int error_of(int result) noexcept { return result == 0 ? 0 : errno; }

int write_all(int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return ENOSPC;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

// So that a name survives a power cut, too.
int sync_folder(const std::string& folder) noexcept {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int e = error_of(::fsync(fd));
  ::close(fd);
  return e;
}

struct flock whole_file(short type) noexcept {
  struct flock l {};
  l.l_type = type;
  l.l_whence = SEEK_SET;
  return l;
}

}  // namespace

std::string segment_name(std::uint32_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "seg-%06u.tlj", number);
  return text;
}

std::map<std::uint32_t, std::string> segments_of(const std::string& run_folder) {
  std::map<std::uint32_t, std::string> out;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(run_folder, ec)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(segment_prefix) || !name.ends_with(segment_suffix)) continue;
    std::uint32_t number = 0;
    const char* end = name.data() + name.size() - segment_suffix.size();
    const auto [stop, e] = std::from_chars(name.data() + segment_prefix.size(), end, number);
    if (e == std::errc{} && stop == end && number > 0) out[number] = entry.path();
  }
  if (out.empty()) return out;
  // A listing may miss a name that is given to another file meanwhile, as when a segment is replaced by its compressed
  // form. Numbers follow one another, so it is a neighbour of one that is known, or of one that is found so.
  std::vector<std::uint32_t> known;
  for (const auto& [number, path] : out) known.push_back(number);
  const auto find = [&](std::uint32_t n) {
    const auto path = run_folder + "/" + segment_name(n);
    return n > 0 && !out.contains(n) && fs::exists(path, ec) && out.emplace(n, path).second;
  };
  for (const auto number : known) {
    for (auto n = number; find(n - 1); --n) {
    }
    for (auto n = number; find(n + 1); ++n) {
    }
  }
  // The newest is none yet while it has no header: its engine has only just made it, or was killed before it went on.
  if (const auto newest = std::prev(out.end()); fs::file_size(newest->second, ec) < sizeof(segment_header))
    out.erase(newest);
  return out;
}

std::vector<std::string> runs_of(const std::string& journal_folder) {
  std::vector<std::string> out;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(journal_folder, ec))
    if (fs::exists(entry.path() / manifest_name, ec)) out.push_back(entry.path().filename());
  std::sort(out.begin(), out.end());  // a run id begins with its time
  return out;
}

std::string read_text(const std::string& path, std::string& text) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream all;
  if (!in || (in.peek() != std::ifstream::traits_type::eof() && !(all << in.rdbuf())))
    return sdk::cat(path, ": cannot be read: ", std::strerror(errno));
  text = all.str();
  return {};
}

std::string write_atomically(const std::string& path, std::string_view text) {
  const std::string beside = path + ".new";
  const auto fail = [&](const char* what, int e) {
    ::unlink(beside.c_str());
    return sdk::cat(what, " ", path, ": ", std::strerror(e));
  };
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return fail("cannot create", errno);
  int e = write_all(fd, text);
  if (e == 0) e = error_of(::fsync(fd));
  ::close(fd);
  if (e == 0) e = error_of(::rename(beside.c_str(), path.c_str()));
  if (e == 0) e = sync_folder(fs::path(path).parent_path());
  return e == 0 ? std::string{} : fail("cannot write", e);
}

// ---------------------------------------------------------------- who writes

run_claim::~run_claim() { release(); }

bool run_claim::take(const std::string& run_folder) {
  fd_ = ::open((run_folder + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  struct flock whole = whole_file(F_WRLCK);
  if (fd_ >= 0 && ::fcntl(fd_, F_OFD_SETLK, &whole) == 0) return true;
  release();
  return false;
}

void run_claim::release() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

bool run_claim::is_taken(const std::string& run_folder) {
  const int fd = ::open((run_folder + "/lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  struct flock whole = whole_file(F_WRLCK);  // asks only, so it never stands in a writer's way
  const bool taken = ::fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
  ::close(fd);
  return taken;
}

// ---------------------------------------------------------------- segments

file_store::~file_store() { close(); }

int file_store::create(std::uint32_t number) {
  path_ = folder_ + "/" + segment_name(number);
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  if (fd_ < 0) return errno;
  const int e = sync_folder(folder_);
  if (e != 0) discard();
  return e;
}

int file_store::write(std::string_view bytes) { return write_all(fd_, bytes); }
int file_store::truncate(std::uint64_t size) { return error_of(::ftruncate(fd_, static_cast<off_t>(size))); }
int file_store::sync() { return error_of(::fdatasync(fd_)); }
int file_store::discard() {
  close();
  return error_of(::unlink(path_.c_str()));
}
int file_store::close() { return fd_ < 0 ? 0 : error_of(::close(std::exchange(fd_, -1))); }

}  // namespace trapline::journal
