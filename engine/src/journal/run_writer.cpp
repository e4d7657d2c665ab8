#include "journal/run_writer.hpp"

#include <utility>

namespace trapline::journal {
namespace {

constexpr std::size_t most_records = block_limit / 16;  // bytes, of a block that has more than one

}  // namespace

run_writer::run_writer(segment_store& store, settings s) : store_(store), settings_(std::move(s)) {}

void run_writer::note(const record& r) {
  if (const auto* t = std::get_if<topic_names>(&r)) tables_.take(*t);
  if (const auto* t = std::get_if<instrument_names>(&r)) tables_.take(*t);
  if (const auto* i = std::get_if<instance_info>(&r)) {
    tables_.take(*i);
    told_.insert(i->id);
  }
  if (const auto* s = std::get_if<instance_step>(&r)) {
    if (s->what == phase::started) {
      auto kept = *s;
      if (kept.state)  // up to 64 MiB: told once
        kept.state =
            std::make_shared<const carried_state>(carried_state{s->state->format, s->state->version, {}, true});
      lives_.running[s->id] = std::move(kept);
      lives_.ended.erase(s->id);
    } else if (s->what == phase::ended) {
      lives_.running.erase(s->id);
      lives_.ended[s->id] = number_;
    }
  }
}

// What makes a segment readable from its own start. An instance that ended is told once more, for what it published
// last may come after its end.
std::vector<record> run_writer::opening() const {
  auto out = tables_.names();
  for (const auto& [id, info] : tables_.instances()) {
    const auto ended = lives_.ended.find(id);
    if (ended == lives_.ended.end() || ended->second + 1 >= number_) out.push_back(info);
  }
  for (const auto& [id, step] : lives_.running) out.push_back(step);
  return out;
}

int run_writer::open_segment() {
  ++number_;
  if (const int e = store_.create(number_)) return e;
  index_.clear();
  told_.clear();
  segment_size_ = segment_events_ = 0;
  const auto head = make_segment_header(settings_.run_id, number_, settings_.now());
  segment_crc_ = head.crc;
  if (const int e = append({reinterpret_cast<const char*>(&head), sizeof head})) {
    store_.discard();  // a file without a header would only look like damage
    return e;
  }
  open_ = true;
  sealed_ = false;
  const auto records = opening();
  int e = 0;
  if (!records.empty()) {
    block b(block_kind::records);
    for (const auto& r : records) {
      if ((e = add(b, r)) != 0) return e;
      if (const auto* i = std::get_if<instance_info>(&r)) told_.insert(i->id);
    }
    e = append(b);
  }
  opening_size_ = segment_size_;
  return e;
}

int run_writer::append(std::string_view bytes) {
  if (const int e = store_.write(bytes)) {
    store_.truncate(segment_size_);  // if that fails, too, the reader still finds the end of what is good
    return e;
  }
  segment_size_ += bytes.size();
  bytes_ += bytes.size();
  dirty_ = true;
  return 0;
}

int run_writer::append(block& b) {
  const std::uint64_t offset = segment_size_;
  if (const int e = append(b.sealed(static_cast<std::uint32_t>(index_.size() + 1), segment_crc_))) return e;
  index_.push_back(b.entry(offset));
  return 0;
}

// One that is large, for it carries a state, has a block to itself: no block may be larger than block_limit.
int run_writer::add(block& b, const record& r) {
  const auto frame = encode(r);
  int e = 0;
  if (!b.empty() && b.size() + frame.size() > most_records) {
    e = append(b);
    b.clear(block_kind::records);
  }
  b.add(*reinterpret_cast<const trapline_event*>(frame.data()));
  return e;
}

int run_writer::put(block& events) {
  if (events.empty()) return 0;
  // A segment whose opening alone is over the size still takes one block.
  if (open_ && segment_size_ + events.size() > settings_.segment_bytes && segment_size_ > opening_size_)
    if (const int e = close_segment()) return e;
  if (!open_)
    if (const int e = open_segment()) return e;
  if (const int e = append(events)) return e;
  segment_events_ += events.count();
  events_ += events.count();
  last_seq_ = events.last_seq();
  return 0;
}

int run_writer::put(const std::vector<record>& records) {
  if (records.empty()) return 0;
  if (!open_)
    if (const int e = open_segment()) return e;
  block b(block_kind::records);
  for (const auto& r : records) {
    const auto* s = std::get_if<instance_step>(&r);
    if (s && !told_.contains(s->id))  // it began anew after the segments had forgotten it
      if (const auto* i = tables_.instance(s->id)) {
        if (const int e = add(b, *i)) return e;
        told_.insert(s->id);
      }
    note(r);
    if (const int e = add(b, r)) return e;
  }
  return b.empty() ? 0 : append(b);
}

int run_writer::sync() {
  if (!dirty_ || !open_) return 0;
  if (const int e = store_.sync()) {
    sync_failed_ = true;
    return e;
  }
  dirty_ = false;
  synced_seq_ = last_seq_;
  return 0;
}

int run_writer::close_segment() {
  if (!sealed_)
    if (const int e = seal()) return e;
  if (const int e = sync()) return e;
  open_ = false;
  if (const int e = store_.close()) return e;
  settings_.closed(number_);
  return 0;
}

int run_writer::seal() {
  block b(block_kind::index);
  b.add_index(index_);
  const std::uint64_t index_at = segment_size_;
  if (const int e = append(b.sealed(static_cast<std::uint32_t>(index_.size() + 1), segment_crc_))) return e;
  const auto t = make_trailer(index_at, segment_events_, segment_crc_);
  if (const int e = append({reinterpret_cast<const char*>(&t), sizeof t})) {
    store_.truncate(index_at);  // an index without its trailer would only look like damage
    segment_size_ = index_at;
    return e;
  }
  sealed_ = true;
  return 0;
}

int run_writer::finish() { return open_ ? close_segment() : 0; }

}  // namespace trapline::journal
