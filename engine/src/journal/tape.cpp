#include "journal/tape.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

#include "journal/run_writer.hpp"
#include "trapline/abi/version.h"

namespace trapline::journal {
namespace {

class memory_store final : public segment_store {
 public:
  explicit memory_store(std::vector<std::string>& to) : to_(to) {}
  int create(std::uint32_t) override {
    to_.emplace_back();
    return 0;
  }
  int write(std::string_view bytes) override {
    to_.back() += bytes;
    return 0;
  }
  int truncate(std::uint64_t size) override {
    to_.back().resize(size);
    return 0;
  }
  int sync() override { return 0; }
  int close() override { return 0; }
  int discard() override {
    to_.pop_back();
    return 0;
  }

 private:
  std::vector<std::string>& to_;
};

manifest complete(manifest m) {
  m.abi_major = TRAPLINE_ABI_MAJOR;
  m.abi_minor = TRAPLINE_ABI_MINOR;
  if (m.run_id.empty()) m.run_id = "tape";
  return m;
}

}  // namespace

struct tape::impl {
  impl(manifest m, std::size_t block_bytes, std::uint64_t segment)
      : about(complete(std::move(m))),
        most(block_bytes),
        store(image.segments),
        writer(store, {.run_id = about.run_id, .segment_bytes = segment}) {}

  void flush() {
    writer.put(events);
    events.clear(block_kind::events);
  }
  void put(record r) {
    flush();
    writer.put(std::vector<record>{std::move(r)});
  }

  manifest about;
  std::size_t most;
  run_image image;
  memory_store store;
  run_writer writer;
  block events;
  std::map<std::string, std::uint32_t, std::less<>> topics;
  std::map<std::pair<std::string, std::string>, std::uint32_t> instruments;
};

tape::tape(manifest about, std::size_t block_bytes, std::uint64_t segment)
    : impl_(std::make_unique<impl>(std::move(about), block_bytes, segment)) {}
tape::~tape() = default;

std::uint32_t tape::topic(std::string_view name) {
  const auto id = static_cast<std::uint32_t>(impl_->topics.size() + 1);
  const auto [at, fresh] = impl_->topics.emplace(name, id);
  if (fresh) impl_->put(topic_names{id, {std::string(name)}});
  return at->second;
}

std::uint32_t tape::instrument(std::string_view venue, std::string_view symbol) {
  const auto id = static_cast<std::uint32_t>(impl_->instruments.size() + 1);
  const auto [at, fresh] = impl_->instruments.emplace(std::pair{std::string(venue), std::string(symbol)}, id);
  if (fresh) impl_->put(instrument_names{id, {{std::string(venue), std::string(symbol)}}});
  return at->second;
}

void tape::add(const instance_info& i) { impl_->put(i); }
void tape::put(const instance_step& s) { impl_->put(s); }
void tape::put(const command_step& c) { impl_->put(c); }
void tape::put(const lane_loss& l) { impl_->put(l); }

void tape::put(const trapline_event& e) {
  if (!impl_->events.empty() && impl_->events.size() + e.size > impl_->most) impl_->flush();
  impl_->events.add(e);
}

run_image tape::finish(run_state state) {
  impl_->flush();
  impl_->about.complete_to = impl_->writer.last_seq();
  impl_->writer.finish();
  impl_->about.state = state;
  impl_->image.manifest = manifest_text(impl_->about);
  return std::move(impl_->image);
}

std::unique_ptr<reader> tape::read() {
  std::string error;
  auto r = reader::open(finish(), error);
  if (!r) throw std::logic_error(error);
  return r;
}

}  // namespace trapline::journal
