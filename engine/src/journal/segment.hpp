// Reads one segment. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "journal/format.hpp"

namespace trapline::journal {

class byte_source {
 public:
  virtual ~byte_source() = default;
  virtual std::uint64_t size() = 0;
  // Bytes read; fewer than asked for at the end, or after an error.
  virtual std::size_t read(std::uint64_t at, void* to, std::size_t n) = 0;
  // errno of the latest read that failed; 0: none has. What was not read may be as good as ever.
  virtual int error() const { return 0; }
};
std::unique_ptr<byte_source> open_file(const std::string& path, std::string& why);  // nullptr: `why` not
std::unique_ptr<byte_source> bytes_of(const std::string& bytes);                    // borrowed

class segment {
 public:
  // Reads the header and finds the blocks: by the index if there is one, else from block to block. nullptr: `why` not.
  static std::unique_ptr<segment> open(std::unique_ptr<byte_source> from, std::string& why);

  const segment_header& head() const noexcept { return head_; }
  bool closed() const noexcept { return closed_; }
  // Of events and records, in order.
  const std::vector<index_entry>& blocks() const noexcept { return blocks_; }
  // Where the last sound block ends; what follows is not part of the journal.
  std::uint64_t good_end() const noexcept { return good_end_; }
  std::uint64_t size() { return from_->size(); }
  int error() const { return from_->error(); }  // as the source's

  // Finds blocks that were written since. True: there are new ones, or it has been closed.
  bool extend();
  // The bytes of block `n`, uncompressed, checked: checksum, every frame whole, seqs rising and as the index has them.
  // False: `why` not, without the file's name.
  bool load(std::size_t n, std::vector<std::byte>& raw, std::string& why);
  // Frames of a loaded block: visit(const trapline_event&) for each.
  template <class F>
  static void for_each(const std::vector<std::byte>& raw, F&& visit) {
    for (std::size_t at = 0; at < raw.size();) {
      const auto& e = *reinterpret_cast<const trapline_event*>(raw.data() + at);
      at += e.size;
      visit(e);
    }
  }

 private:
  explicit segment(std::unique_ptr<byte_source> from) : from_(std::move(from)) {}
  bool read_index();
  template <class T>
  bool read(std::uint64_t at, T& to) {
    return from_->read(at, &to, sizeof to) == sizeof to;
  }

  std::unique_ptr<byte_source> from_;
  segment_header head_{};
  std::vector<index_entry> blocks_;
  std::uint64_t good_end_ = 0;
  bool closed_ = false;
  std::vector<char> stored_;  // scratch of load()
};

}  // namespace trapline::journal
