#include "journal/format.hpp"

#include <algorithm>

#include "journal/crc32c.hpp"
#include "journal/records.hpp"
#include "trapline/abi/version.h"
#include "trapline/sdk/text.hpp"

namespace trapline::journal {
namespace {

// The line ends show a transfer that took the file for a text.
constexpr char segment_magic[8] = {'T', 'L', 'J', 'R', 'N', 'L', '\r', '\n'};
constexpr char block_magic[4] = {'T', 'L', 'J', 'B'};
constexpr char trailer_magic[8] = {'T', 'L', 'J', '-', 'E', 'N', 'D', '\n'};
constexpr std::uint32_t byte_order = 0x01020304;

template <class Head>
std::uint32_t crc_before(const Head& h, std::uint32_t seed) noexcept {
  return crc32c(&h, sizeof h - sizeof(std::uint32_t), seed);  // the checksum is the last member
}

}  // namespace

block::block(block_kind kind, std::size_t reserve) {
  bytes_.reserve(reserve + sizeof(block_header));
  clear(kind);
}

void block::clear(block_kind kind) noexcept {
  head_ = {};
  head_.kind = kind;
  bytes_.resize(sizeof(block_header));
}

void block::add(const trapline_event& e) {
  const auto* p = reinterpret_cast<const char*>(&e);
  bytes_.insert(bytes_.end(), p, p + e.size);
  if (kind() == block_kind::events) {
    if (empty()) {
      head_.first_seq = e.seq;
      head_.first_ts = head_.last_ts = e.ts_recv;
    }
    head_.last_seq = e.seq;
    head_.first_ts = std::min(head_.first_ts, e.ts_recv);
    head_.last_ts = std::max(head_.last_ts, e.ts_recv);
  }
  ++head_.count;
}

void block::add_index(const std::vector<index_entry>& entries) {
  const auto* p = reinterpret_cast<const char*>(entries.data());
  bytes_.insert(bytes_.end(), p, p + entries.size() * sizeof(index_entry));
  head_.count = static_cast<std::uint32_t>(entries.size());
}

std::string_view block::sealed(std::uint32_t number, std::uint32_t segment_crc) noexcept {
  head_ = make_block_header(entry(0), number, {bytes_.data() + sizeof head_, size()},
                            static_cast<std::uint32_t>(size()), segment_crc);
  std::memcpy(bytes_.data(), &head_, sizeof head_);
  return {bytes_.data(), bytes_.size()};
}

index_entry block::entry(std::uint64_t offset) const noexcept { return entry_of(head_, offset); }

index_entry entry_of(const block_header& h, std::uint64_t offset) noexcept {
  return {offset, h.first_seq, h.last_seq, h.first_ts, h.last_ts, h.count, h.kind, h.flags};
}

block_header make_block_header(const index_entry& e, std::uint32_t number, std::string_view stored,
                               std::uint32_t raw_size, std::uint32_t segment_crc) noexcept {
  block_header h{};
  std::memcpy(h.magic, block_magic, sizeof block_magic);
  h.kind = e.kind;
  h.flags = e.flags;
  h.stored_size = static_cast<std::uint32_t>(stored.size());
  h.raw_size = raw_size;
  h.count = e.count;
  h.payload_crc = crc32c(stored.data(), stored.size());
  h.first_seq = e.first_seq;
  h.last_seq = e.last_seq;
  h.first_ts = e.first_ts;
  h.last_ts = e.last_ts;
  h.number = number;
  h.header_crc = crc_before(h, segment_crc);
  return h;
}

segment_header make_segment_header(std::string_view run_id, std::uint32_t number, std::int64_t created) noexcept {
  segment_header h{};
  std::memcpy(h.magic, segment_magic, sizeof h.magic);
  h.version = format_version;
  h.byte_order = byte_order;
  h.abi_major = TRAPLINE_ABI_MAJOR;
  h.abi_minor = TRAPLINE_ABI_MINOR;
  h.number = number;
  h.created = created;
  sdk::assign(h.run_id, run_id);
  h.crc = crc_before(h, 0);
  return h;
}

trailer make_trailer(std::uint64_t index_offset, std::uint64_t events, std::uint32_t segment_crc) noexcept {
  trailer t{};
  std::memcpy(t.magic, trailer_magic, sizeof t.magic);
  t.index_offset = index_offset;
  t.events = events;
  t.crc = crc_before(t, segment_crc);
  return t;
}

std::string check(const segment_header& h) {
  if (std::memcmp(h.magic, segment_magic, sizeof h.magic) != 0) return "is no segment of a Trapline journal";
  if (h.byte_order != byte_order) return "was written by a machine of the other byte order";
  if (h.version != format_version)
    return sdk::cat("has format version ", h.version, "; this program reads ", format_version);
  if (h.crc != crc_before(h, 0)) return "has a damaged header";
  if (h.abi_major != TRAPLINE_ABI_MAJOR)
    return sdk::cat("holds events of ABI ", h.abi_major, ".", h.abi_minor, "; this program reads ABI ",
                    TRAPLINE_ABI_MAJOR);
  return {};
}

bool sound(const block_header& h, std::uint32_t number, std::uint32_t segment_crc) noexcept {
  return std::memcmp(h.magic, block_magic, sizeof h.magic) == 0 && h.header_crc == crc_before(h, segment_crc) &&
         h.number == number && h.raw_size <= block_limit && h.stored_size <= block_limit &&
         ((h.flags & flag_zstd) != 0 || h.raw_size == h.stored_size);
}

bool sound(const trailer& t, std::uint32_t segment_crc) noexcept {
  return std::memcmp(t.magic, trailer_magic, sizeof t.magic) == 0 && t.crc == crc_before(t, segment_crc);
}

}  // namespace trapline::journal
