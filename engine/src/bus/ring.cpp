#include "bus/ring.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

namespace trapline::bus {
namespace {

constexpr std::uint64_t no_room = ~std::uint64_t{0};

constexpr std::uint32_t event_size(const trapline_frame& f) noexcept {
  return static_cast<std::uint32_t>(sizeof(trapline_event)) + ((f.payload_size + 7u) & ~7u);
}

constexpr int evict_spins = 2'000;

// Copies of a lag reader: so many bytes at a time while it pins its position.
constexpr std::size_t copy_target = 64 * 1024;

}  // namespace

void ring::free_memory::operator()(std::byte* p) const noexcept { ::munmap(p, bytes); }

ring::ring(std::size_t bytes) : lines_(bytes / line_size), mask_(lines_ - 1) {
  if (!std::has_single_bit(bytes) || bytes < 4u * TRAPLINE_EVENT_MAX)
    throw std::invalid_argument("ring size must be a power of two of at least 256 KiB");
  void* p = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  memory_ = {static_cast<std::byte*>(p), free_memory{bytes}};
  commits_ = std::make_unique<std::atomic<std::uint64_t>[]>(lines_);
}

ring::~ring() = default;

ring::reader& ring::add_reader(overflow policy, sleeper* wake_on_event, std::size_t conflate_bytes) {
  readers_.push_back(std::make_unique<reader>(*this, policy, wake_on_event, conflate_bytes));
  return *readers_.back();
}

std::size_t ring::total_bytes() const noexcept {
  std::size_t sum = lines_ * (line_size + sizeof(std::atomic<std::uint64_t>));
  for (const auto& r : readers_) sum += r->bytes();
  return sum;
}

// Position of what is claimed, or no_room. `end_of` tells where it would end if it began at a position. Room is checked
// before the claim, so a refusal leaves no hole.
template <class End>
std::uint64_t ring::claim(const End& end_of) noexcept {
  std::uint64_t start = tail_.load(std::memory_order_relaxed);
  for (;;) {
    const std::uint64_t end = end_of(start);
    // A gate beyond `end` means that the tail has long moved on: the exchange below fails then.
    const std::uint64_t gate = gate_.load(std::memory_order_acquire);
    if (end > gate && end - gate > lines_ && !make_room(end)) return no_room;
    // Another producer may have taken the room in between; then the tail moved and the loop starts anew.
    // seq_cst: comes before our look at the sleepers' flags, see reader::fall_asleep().
    if (tail_.compare_exchange_weak(start, end, std::memory_order_seq_cst, std::memory_order_relaxed)) return start;
  }
}

template <class End>
std::uint64_t ring::claim(const End& end_of, std::size_t events, const stamp& marks, std::uint64_t& number) noexcept {
  if (!marks.numbers) return claim(end_of);
  std::uint64_t pos = no_room;
  number = marks.numbers->take(marks.on_owner_thread, [&] {
    pos = claim(end_of);
    return pos == no_room ? 0 : events;
  });
  return pos;
}

// Moves lag readers out of the way and refreshes the gate. False: a gate reader needs the room.
bool ring::make_room(std::uint64_t end) noexcept {
  const std::uint64_t limit = end - lines_;  // all positions must reach this
  for (auto& r : readers_)
    if (r->policy_ == overflow::gate && r->position() < limit) return false;  // before anybody loses anything
  std::uint64_t lowest = ~std::uint64_t{0};
  for (auto& r : readers_) {
    if (r->position() < limit && !evict(*r, limit)) return false;
    lowest = std::min(lowest, r->position());
  }
  if (lowest == ~std::uint64_t{0}) lowest = limit;  // no readers
  // Never backwards: positions only grow, but two producers may store in either order.
  std::uint64_t seen = gate_.load(std::memory_order_relaxed);
  while (seen < lowest && !gate_.compare_exchange_weak(seen, lowest, std::memory_order_acq_rel)) {
  }
  return true;
}

// Moves a reader that does not gate to at least `limit`, and an eighth of the ring further so that the next events need
// not evict again. Waits a few microseconds for a reader that is copying. False: it still is (it was preempted).
bool ring::evict(reader& r, std::uint64_t limit) noexcept {
  std::uint64_t pos = 0;
  for (int spins = 0; !r.try_pin(pos); ++spins) {
    if (spins == evict_spins) return false;
    spin_once();
  }
  const std::uint64_t target = pos < limit ? std::max(limit, pos + lines_ / 8) : pos;
  const std::uint64_t lost_before = r.lost_.events;
  while (pos < target && committed(pos)) {
    if (at(pos)->space != pad_space && !(r.conflation_ && r.conflation_->keep(*at(pos)))) {
      if (r.lost_.events++ == 0) r.lost_.from_seq = pos + 1;
      r.lost_.to_seq = pos + 1;
    }
    pos = next(pos);
  }
  std::atomic_ref(*r.lost_total_).fetch_add(r.lost_.events - lost_before, std::memory_order_relaxed);
  if (r.conflation_) std::atomic_ref(*r.conflated_total_).store(r.conflation_->replaced(), std::memory_order_relaxed);
  r.unpin(pos);
  return pos >= limit;
}

inline void ring::write(std::uint64_t pos, const trapline_frame& frame, const stamp& marks,
                        std::uint64_t source_seq) noexcept {
  trapline_event* e = at(pos);
  *e = *frame.event;
  e->size = event_size(frame);
  e->source = marks.source;
  e->seq = pos + 1;
  e->source_seq = source_seq;
  e->cause = marks.cause;
  if (e->ts_recv == 0) e->ts_recv = marks.now;
  if (frame.payload_size == 0) return;
  auto* payload = reinterpret_cast<std::byte*>(e + 1);
  constexpr std::uint64_t zero = 0;
  std::memcpy(reinterpret_cast<std::byte*>(e) + e->size - sizeof zero, &zero, sizeof zero);  // the padding
  std::memcpy(payload, frame.payload, frame.payload_size);
}

trapline_status ring::check(const trapline_frame& f) noexcept {
  if (!f.event || (!f.payload && f.payload_size > 0) || f.event->space == pad_space) return TRAPLINE_E_INVALID;
  return f.payload_size > TRAPLINE_EVENT_MAX - sizeof(trapline_event) ? TRAPLINE_E_LIMIT : TRAPLINE_OK;
}

// Where an event of so many lines ends if it begins at `pos`, or, as it never straddles the ring's end, after it.
std::uint64_t ring::end_of(std::uint64_t pos, std::uint64_t lines) const noexcept {
  return ((pos & mask_) + lines > lines_ ? (pos | mask_) + 1 : pos) + lines;
}

// Fills what was claimed from `pos` on with one event; returns its end.
std::uint64_t ring::put(std::uint64_t pos, const trapline_frame& f, const stamp& marks, std::uint64_t number) noexcept {
  const std::uint64_t lines = lines_for(event_size(f));
  if ((pos & mask_) + lines > lines_) [[unlikely]] {
    trapline_event* pad = at(pos);
    *pad = trapline_event{};
    pad->size = sizeof(trapline_event);
    pad->space = pad_space;
    commit(pos);
    pos = (pos | mask_) + 1;
  }
  write(pos, f, marks, number);
  commit(pos);
  return pos + lines;
}

trapline_status ring::publish(std::span<const trapline_frame> frames, const stamp& marks) noexcept {
  if (frames.size() == 1) [[likely]] {
    const trapline_frame& f = frames.front();
    if (const auto s = check(f); s != TRAPLINE_OK) return s;
    if (closed_.load(std::memory_order_acquire)) return TRAPLINE_E_CLOSED;
    const std::uint64_t lines = lines_for(event_size(f));
    std::uint64_t number = 0;
    const std::uint64_t pos = claim([&](std::uint64_t start) { return end_of(start, lines); }, 1, marks, number);
    if (pos == no_room) return refuse();
    put(pos, f, marks, number);
  } else {
    if (frames.empty() || frames.size() > 1024) return TRAPLINE_E_INVALID;
    std::uint64_t total = 0;
    for (const auto& f : frames) {
      if (const auto s = check(f); s != TRAPLINE_OK) return s;
      total += lines_for(event_size(f));
    }
    if (total > lines_ / 4) return TRAPLINE_E_LIMIT;
    if (closed_.load(std::memory_order_acquire)) return TRAPLINE_E_CLOSED;
    std::uint64_t number = 0;
    std::uint64_t pos = claim(
        [&](std::uint64_t end) {
          for (const auto& f : frames) end = end_of(end, lines_for(event_size(f)));
          return end;
        },
        frames.size(), marks, number);
    if (pos == no_room) return refuse();
    for (const auto& f : frames) pos = put(pos, f, marks, number++);
  }
  // Ordered after the claim, see reader::fall_asleep().
  if (sleeping_.load(std::memory_order_seq_cst) != 0) [[unlikely]]
    wake_sleepers();
  return TRAPLINE_OK;
}

trapline_status ring::refuse() noexcept {
  refused_.fetch_add(1, std::memory_order_relaxed);
  return TRAPLINE_E_AGAIN;
}

void ring::wake_sleepers() noexcept {
  for (auto& r : readers_)
    if (r->sleeper_ && r->sleeper_->asleep.exchange(0, std::memory_order_acq_rel) != 0) r->sleeper_->wake();
}

// ---------------------------------------------------------------- reader

ring::reader::reader(ring& r, overflow policy, sleeper* s, std::size_t conflate_bytes)
    : ring_(r), policy_(policy), sleeper_(s) {
  if (policy_ == overflow::gate) return;
  copy_.resize(copy_target + TRAPLINE_EVENT_MAX);
  if (policy_ != overflow::conflate) return;
  conflate_bytes_ = conflate_bytes;
  conflation_ = std::make_unique<conflation>(conflate_bytes);
}

bool ring::reader::try_pin(std::uint64_t& pos) noexcept {
  std::uint64_t word = word_.load(std::memory_order_acquire);
  if ((word & pinned) != 0) return false;
  if (!word_.compare_exchange_strong(word, word | pinned, std::memory_order_acq_rel)) return false;
  pos = word >> 1;
  return true;
}

bool ring::reader::ready() const noexcept {
  return copy_read_ < copy_used_ || ring_.committed(word_.load(std::memory_order_acquire) >> 1);
}

bool ring::reader::fall_asleep() noexcept {
  if (sleeper_) sleeper_->asleep.store(1, std::memory_order_seq_cst);
  ring_.sleeping_.fetch_add(1, std::memory_order_seq_cst);
  return copy_read_ == copy_used_ &&
         ring_.tail_.load(std::memory_order_seq_cst) == word_.load(std::memory_order_acquire) >> 1;
}

void ring::reader::awake() noexcept {
  ring_.sleeping_.fetch_sub(1, std::memory_order_relaxed);
  if (sleeper_) sleeper_->asleep.store(0, std::memory_order_relaxed);
}

// Copies a run of events out while the position is pinned: plain memory copies, no plugin code.
void ring::reader::refill() {
  copy_used_ = copy_read_ = 0;
  std::uint64_t pos = 0;
  while (!try_pin(pos)) spin_once();
  const bool moved = conflation_ && !conflation_->empty();
  if (moved) copy_used_ = conflation_->take(copy_.data(), copy_.size());
  // What was conflated is older than what is in the ring: it comes first, and all of it.
  while (!moved && copy_used_ < copy_target && ring_.committed(pos)) {
    const trapline_event* e = ring_.at(pos);
    const std::uint64_t after = ring_.next(pos);
    if (e->space != pad_space) {
      std::memcpy(copy_.data() + copy_used_, e, e->size);
      copy_used_ += e->size;
    }
    pos = after;
  }
  const loss fresh = std::exchange(lost_, {});
  unpin(pos);
  // A loss may come without an event behind it yet; it waits for one.
  if (fresh.events == 0) return;
  if (pending_loss_.events == 0) pending_loss_.from_seq = fresh.from_seq;
  pending_loss_.events += fresh.events;
  pending_loss_.to_seq = fresh.to_seq;
}

}  // namespace trapline::bus
