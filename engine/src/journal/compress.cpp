#include "journal/compress.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "journal/run_files.hpp"
#include "journal/segment.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::journal {
namespace {

constexpr int level = 3;  // a third of the size at several hundred MB/s; more level gains little on numbers

struct free_context {
  void operator()(ZSTD_CCtx* c) const noexcept { ZSTD_freeCCtx(c); }
};

// An output that is gone unless it is finished.
class replacement {
 public:
  explicit replacement(const std::string& path) : path_(path), beside_(path + ".new") {
    fd_ = ::open(beside_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd_ < 0) error_ = errno;
    else if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) error_ = errno;
    else if (owned_ = is_there(); owned_ && ::ftruncate(fd_, 0) != 0) error_ = errno;
  }
  ~replacement() {
    if (owned_ && !done_) ::unlink(beside_.c_str());
    if (fd_ >= 0) ::close(fd_);
  }
  // Another engine of the same journal folder is at it, or has just done it.
  bool is_taken() const noexcept { return fd_ >= 0 && !owned_ && (error_ == 0 || error_ == EWOULDBLOCK); }
  void write(const void* bytes, std::size_t n) {
    const auto* p = static_cast<const char*>(bytes);
    while (error_ == 0 && n > 0) {
      const ssize_t w = ::write(fd_, p, n);
      if (w < 0 && errno == EINTR) continue;
      if (w <= 0) {
        error_ = w < 0 ? errno : ENOSPC;
        return;
      }
      p += w;
      n -= static_cast<std::size_t>(w);
      at_ += static_cast<std::uint64_t>(w);
    }
  }
  std::uint64_t at() const noexcept { return at_; }
  std::string finish() {
    if (error_ == 0 && !is_there()) {  // removed with its segment, by another engine of the same folder
      owned_ = false;
      return {};
    }
    struct stat st {};
    if (error_ == 0 && ::stat(path_.c_str(), &st) == 0) {
      const timespec times[2] = {st.st_atim, st.st_mtim};
      ::futimens(fd_, times);
    }
    if (error_ == 0 && (::fsync(fd_) != 0 || ::rename(beside_.c_str(), path_.c_str()) != 0)) error_ = errno;
    done_ = error_ == 0;
    return done_ ? std::string{} : sdk::cat(beside_, ": ", std::strerror(error_));
  }

 private:
  // Who had the lock before may have given the name away.
  bool is_there() const noexcept {
    struct stat mine {
    }, there{};
    return ::fstat(fd_, &mine) == 0 && ::stat(beside_.c_str(), &there) == 0 && mine.st_ino == there.st_ino &&
           mine.st_dev == there.st_dev;
  }

  std::string path_, beside_;
  bool owned_ = false;
  int fd_ = -1, error_ = 0;
  std::uint64_t at_ = 0;
  bool done_ = false;
};

}  // namespace

std::string compress(const std::string& path, const std::function<bool()>& leave) {
  std::string why;
  auto bytes = open_file(path, why);
  const auto s = bytes ? segment::open(std::move(bytes), why) : nullptr;
  if (!s) return sdk::cat(path, ": ", why);
  if (!s->closed()) return {};
  const auto& blocks = s->blocks();
  // One that is compressed already, or has what only a later version can read.
  if (std::any_of(blocks.begin(), blocks.end(), [](const auto& b) {
        return (b.flags & flag_zstd) != 0 || (b.kind != block_kind::events && b.kind != block_kind::records);
      }))
    return {};

  const std::unique_ptr<ZSTD_CCtx, free_context> context(ZSTD_createCCtx());
  if (!context) return sdk::cat(path, ": out of memory");
  replacement out(path);
  if (out.is_taken()) return {};
  out.write(&s->head(), sizeof(segment_header));
  std::vector<index_entry> index;
  std::vector<std::byte> raw;
  std::vector<char> packed;
  std::uint64_t events = 0;
  for (std::size_t n = 0; n < blocks.size(); ++n) {
    if (leave()) return {};
    if (!s->load(n, raw, why)) return sdk::cat(path, ": ", why, "; it is left as it is");
    packed.resize(ZSTD_compressBound(raw.size()));
    const std::size_t size =
        ZSTD_compressCCtx(context.get(), packed.data(), packed.size(), raw.data(), raw.size(), level);
    if (ZSTD_isError(size)) return sdk::cat(path, ": ", ZSTD_getErrorName(size));
    auto entry = blocks[n];
    entry.offset = out.at();
    entry.flags |= flag_zstd;
    const auto head = make_block_header(entry, static_cast<std::uint32_t>(n + 1), {packed.data(), size},
                                        static_cast<std::uint32_t>(raw.size()), s->head().crc);
    out.write(&head, sizeof head);
    out.write(packed.data(), size);
    index.push_back(entry);
    if (entry.kind == block_kind::events) events += entry.count;
  }
  block end(block_kind::index);
  end.add_index(index);
  const std::uint64_t index_at = out.at();
  const auto sealed = end.sealed(static_cast<std::uint32_t>(index.size() + 1), s->head().crc);
  out.write(sealed.data(), sealed.size());
  const auto t = make_trailer(index_at, events, s->head().crc);
  out.write(&t, sizeof t);
  return out.finish();
}

}  // namespace trapline::journal
