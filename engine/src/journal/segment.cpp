#include "journal/segment.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "journal/crc32c.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::journal {
namespace {

class file_source final : public byte_source {
 public:
  explicit file_source(int fd) : fd_(fd) {}
  ~file_source() override { ::close(fd_); }
  std::uint64_t size() override {
    struct stat st {};
    return ::fstat(fd_, &st) == 0 ? static_cast<std::uint64_t>(st.st_size) : 0;
  }
  std::size_t read(std::uint64_t at, void* to, std::size_t n) override {
    std::size_t done = 0;
    while (done < n) {
      const ssize_t r = ::pread(fd_, static_cast<char*>(to) + done, n - done, static_cast<off_t>(at + done));
      if (r < 0 && errno == EINTR) continue;
      if (r < 0) error_ = errno;
      if (r <= 0) break;
      done += static_cast<std::size_t>(r);
    }
    return done;
  }
  int error() const override { return error_; }

 private:
  int fd_, error_ = 0;
};

class memory_source final : public byte_source {
 public:
  explicit memory_source(const std::string& bytes) : bytes_(bytes) {}
  std::uint64_t size() override { return bytes_.size(); }
  std::size_t read(std::uint64_t at, void* to, std::size_t n) override {
    if (n == 0 || at >= bytes_.size()) return 0;
    n = std::min<std::size_t>(n, bytes_.size() - at);
    std::memcpy(to, bytes_.data() + at, n);
    return n;
  }

 private:
  const std::string& bytes_;
};

// Whether the bytes are whole frames that fit the block's own account of them. Empty: they are.
std::string fault_of(const std::vector<std::byte>& raw, const block_header& h) {
  std::uint64_t last = 0;
  std::uint32_t count = 0;
  for (std::size_t at = 0; at < raw.size(); ++count) {
    trapline_event e;
    if (raw.size() - at < sizeof e) return "ends in the middle of an event";
    std::memcpy(&e, raw.data() + at, sizeof e);
    if (e.size < sizeof e || e.size % 8 != 0 || e.size > raw.size() - at) return "holds an event of a wrong size";
    const bool is_record = e.space == record_space;
    if (is_record != (h.kind == block_kind::records)) return "holds what does not belong there";
    if (!is_record) {
      if (e.size > TRAPLINE_EVENT_MAX) return "holds an event of a wrong size";
      if (e.seq <= last || e.seq < h.first_seq || e.seq > h.last_seq || e.ts_recv < h.first_ts || e.ts_recv > h.last_ts)
        return sdk::cat("holds event ", e.seq, " in a wrong place");
      if (count == 0 && e.seq != h.first_seq) return sdk::cat("begins with event ", e.seq, ", not ", h.first_seq);
      last = e.seq;
    }
    at += e.size;
  }
  if (count != h.count) return sdk::cat("holds ", count, " events, not ", h.count);
  if (h.kind == block_kind::events && last != h.last_seq)
    return sdk::cat("ends with event ", last, ", not ", h.last_seq);
  return {};
}

}  // namespace

std::unique_ptr<byte_source> open_file(const std::string& path, std::string& why) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd >= 0) return std::make_unique<file_source>(fd);
  why = sdk::cat("cannot be opened: ", std::strerror(errno));
  return nullptr;
}

std::unique_ptr<byte_source> bytes_of(const std::string& bytes) { return std::make_unique<memory_source>(bytes); }

std::unique_ptr<segment> segment::open(std::unique_ptr<byte_source> from, std::string& why) {
  std::unique_ptr<segment> s(new segment(std::move(from)));
  if (!s->read(0, s->head_)) {
    why = s->error() != 0 ? sdk::cat("cannot be read: ", std::strerror(s->error()))
                          : "is shorter than the header of a segment";
    return nullptr;
  }
  why = check(s->head_);
  if (!why.empty()) return nullptr;
  s->good_end_ = sizeof(segment_header);
  if (!s->read_index()) s->extend();
  return s;
}

// The index stands at the end, behind it the trailer. If anything about them is not right, the blocks are looked for
// instead.
bool segment::read_index() {
  trailer t;
  block_header h;
  const std::uint64_t total = size();
  if (total < sizeof(segment_header) + sizeof h + sizeof t || !read(total - sizeof t, t) || !sound(t, head_.crc))
    return false;
  if (t.index_offset > total || !read(t.index_offset, h) || !sound(h, h.number, head_.crc)) return false;
  if (h.kind != block_kind::index || h.flags != 0 || h.raw_size != h.count * sizeof(index_entry) ||
      t.index_offset + sizeof h + h.stored_size + sizeof t != total || h.number != h.count + 1)
    return false;
  std::vector<index_entry> entries(h.count);
  if (from_->read(t.index_offset + sizeof h, entries.data(), h.raw_size) != h.raw_size ||
      crc32c(entries.data(), h.raw_size) != h.payload_crc)
    return false;
  std::uint64_t before = sizeof(segment_header);
  for (const auto& e : entries) {
    if (e.offset < before || e.offset >= t.index_offset) return false;
    before = e.offset + sizeof h;
  }
  blocks_ = std::move(entries);
  good_end_ = total;
  return closed_ = true;
}

bool segment::extend() {
  if (closed_) return false;
  const std::size_t before = blocks_.size();
  const std::uint64_t total = size();
  block_header h;
  while (total - std::min(total, good_end_) >= sizeof h && read(good_end_, h) &&
         sound(h, static_cast<std::uint32_t>(blocks_.size() + 1), head_.crc)) {
    if (total - good_end_ - sizeof h < h.stored_size) break;
    if (h.kind == block_kind::index) {
      closed_ = read_index();
      break;
    }
    blocks_.push_back(entry_of(h, good_end_));
    good_end_ += sizeof h + h.stored_size;
  }
  return closed_ || blocks_.size() > before;
}

bool segment::load(std::size_t n, std::vector<std::byte>& raw, std::string& why) {
  const index_entry& entry = blocks_.at(n);
  const auto bad = [&](std::string_view what) {
    raw.clear();
    why = sdk::cat("block ", n + 1, " at byte ", entry.offset, " ", what);
    return false;
  };
  block_header h;
  if (!read(entry.offset, h) || !sound(h, static_cast<std::uint32_t>(n + 1), head_.crc)) return bad("is damaged");
  if (entry_of(h, entry.offset) != entry) return bad("is not what the index says");
  const std::uint64_t at = entry.offset + sizeof h;
  const bool compressed = (h.flags & flag_zstd) != 0;
  if (size() < at + h.stored_size) return bad("ends too early");
  raw.resize(h.raw_size);
  if (compressed) stored_.resize(h.stored_size);
  void* to = compressed ? static_cast<void*>(stored_.data()) : raw.data();
  if (from_->read(at, to, h.stored_size) != h.stored_size)
    return bad(sdk::cat("cannot be read: ", error() != 0 ? std::strerror(error()) : "it became shorter"));
  if (crc32c(to, h.stored_size) != h.payload_crc) return bad("has a wrong checksum");
  if (compressed && ZSTD_decompress(raw.data(), raw.size(), stored_.data(), stored_.size()) != raw.size())
    return bad("does not decompress");
  if (h.kind != block_kind::events && h.kind != block_kind::records) {  // of a later format
    raw.clear();
    return true;
  }
  if (const auto fault = fault_of(raw, h); !fault.empty()) return bad(fault);
  return true;
}

}  // namespace trapline::journal
