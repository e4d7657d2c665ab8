// The bytes of a segment file. docs/journal.md tells the same for people.
//
//   segment_header
//   block_header, bytes      as often as needed. Kinds: events (ring bytes, one event behind the other); records
//   ...                      (frames of the same shape with space 0xffff, see records_codec.hpp); index (index_entry
//   block_header, index      of every block before it), which is the last
//   trailer
//
// A segment that was not closed has no index and no trailer. Little-endian throughout. Every block begins where the one
// before ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "trapline/abi/event.h"

namespace trapline::journal {

struct segment_header {
  char magic[8];
  std::uint32_t version;     // format_version
  std::uint32_t byte_order;  // 0x01020304
  std::uint16_t abi_major, abi_minor;
  std::uint32_t number;  // of the segment in its run, from 1
  std::int64_t created;  // UTC ns
  char run_id[64];       // NUL-padded
  std::uint8_t reserved[28];
  std::uint32_t crc;  // of what stands before it
};
static_assert(sizeof(segment_header) == 128);

enum class block_kind : std::uint16_t { events = 1, records = 2, index = 3 };
inline constexpr std::uint16_t flag_zstd = 1;  // the bytes are one zstd frame

struct block_header {
  char magic[4];
  block_kind kind;
  std::uint16_t flags;
  std::uint32_t stored_size;          // of the bytes that follow
  std::uint32_t raw_size;             // the same uncompressed
  std::uint32_t count;                // events, records or entries
  std::uint32_t payload_crc;          // of the bytes that follow, as stored
  std::uint64_t first_seq, last_seq;  // of its events, 0 if it has none
  std::int64_t first_ts, last_ts;     // least and greatest ts_recv of its events
  std::uint32_t number;               // of the block in its segment, from 1
  std::uint32_t header_crc;           // of what stands before it, seeded with the segment header's: not another file's
};
static_assert(sizeof(block_header) == 64);

struct index_entry {
  std::uint64_t offset;  // of the block's header in the file
  std::uint64_t first_seq, last_seq;
  std::int64_t first_ts, last_ts;
  std::uint32_t count;
  block_kind kind;
  std::uint16_t flags;
  bool operator==(const index_entry&) const = default;
};
static_assert(sizeof(index_entry) == 48);

struct trailer {
  char magic[8];
  std::uint64_t index_offset;  // of the index block's header
  std::uint64_t events;        // in the whole segment
  std::uint32_t reserved;
  std::uint32_t crc;  // of what stands before it, seeded with the segment header's
};
static_assert(sizeof(trailer) == 32);

inline constexpr std::size_t block_target = 256 << 10;                // bytes of events after which a block ends
inline constexpr std::size_t block_limit = (64u << 20) + (4u << 20);  // no block is larger; a state may be 64 MiB

// Of the frames of journal records; no event on the bus has it.
inline constexpr std::uint16_t record_space = 0xffff;

// A block on its way to a file: room for the header, then the bytes.
class block {
 public:
  explicit block(block_kind kind = block_kind::events, std::size_t reserve = 0);

  void clear(block_kind kind) noexcept;
  // A frame: an event, or a record in the shape of one. Copies e.size bytes.
  void add(const trapline_event& e);
  void add_index(const std::vector<index_entry>& entries);

  block_kind kind() const noexcept { return head_.kind; }
  bool empty() const noexcept { return head_.count == 0; }
  std::uint32_t count() const noexcept { return head_.count; }
  std::uint64_t first_seq() const noexcept { return head_.first_seq; }
  std::uint64_t last_seq() const noexcept { return head_.last_seq; }
  std::size_t size() const noexcept { return bytes_.size() - sizeof(block_header); }  // without the header

  // Header and bytes as they go into the file, where the block is the `number`-th of the segment with that header crc.
  std::string_view sealed(std::uint32_t number, std::uint32_t segment_crc) noexcept;
  // What the index says of it.
  index_entry entry(std::uint64_t offset) const noexcept;

 private:
  std::vector<char> bytes_;
  block_header head_{};
};

// Of a block whose bytes are `stored` in the file and were `raw_size` before; the rest is as `entry` says.
block_header make_block_header(const index_entry& entry, std::uint32_t number, std::string_view stored,
                               std::uint32_t raw_size, std::uint32_t segment_crc) noexcept;
segment_header make_segment_header(std::string_view run_id, std::uint32_t number, std::int64_t created) noexcept;
trailer make_trailer(std::uint64_t index_offset, std::uint64_t events, std::uint32_t segment_crc) noexcept;

// Empty: sound. Otherwise what is wrong, for people.
std::string check(const segment_header& h);
bool sound(const block_header& h, std::uint32_t number, std::uint32_t segment_crc) noexcept;
bool sound(const trailer& t, std::uint32_t segment_crc) noexcept;
index_entry entry_of(const block_header& h, std::uint64_t offset) noexcept;

}  // namespace trapline::journal
