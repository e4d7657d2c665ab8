#include "journal/reader.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <variant>

#include "journal/run_files.hpp"
#include "journal/segment.hpp"
#include "journal/tables.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::journal {
namespace {

namespace fs = std::filesystem;

// What happened between two events.
using moment = std::variant<instance_step, command_step>;

std::uint64_t place(const moment& m) {
  return std::visit([](const auto& x) { return x.after_seq; }, m);
}

// The files of one run, wherever they are.
class run_source {
 public:
  virtual ~run_source() = default;
  virtual std::string manifest_bytes(std::string& text) = 0;  // empty: read, else why not
  virtual std::vector<std::uint32_t> segments() = 0;          // numbers, rising
  virtual std::unique_ptr<byte_source> open(std::uint32_t number, std::string& why) = 0;
  virtual std::string name(std::uint32_t number) const = 0;
  virtual bool is_written() const = 0;  // by an engine, now
  virtual std::unique_ptr<run_source> again() const = 0;
};

class folder_source final : public run_source {
 public:
  explicit folder_source(std::string folder, std::uint32_t only) : folder_(std::move(folder)), only_(only) {}
  std::string manifest_bytes(std::string& text) override { return read_text(folder_ + "/" + manifest_name, text); }
  std::vector<std::uint32_t> segments() override {
    std::vector<std::uint32_t> out;
    for (const auto& [number, path] : segments_of(folder_))
      if (only_ == 0 || only_ == number) out.push_back(number);
    return out;
  }
  std::unique_ptr<byte_source> open(std::uint32_t number, std::string& why) override {
    return open_file(name(number), why);
  }
  std::string name(std::uint32_t number) const override { return folder_ + "/" + segment_name(number); }
  bool is_written() const override { return run_claim::is_taken(folder_); }
  std::unique_ptr<run_source> again() const override { return std::make_unique<folder_source>(*this); }

 private:
  std::string folder_;
  std::uint32_t only_;
};

class image_source final : public run_source {
 public:
  explicit image_source(run_image i) : image_(std::move(i)) {}
  std::string manifest_bytes(std::string& text) override {
    text = image_.manifest;
    return {};
  }
  std::vector<std::uint32_t> segments() override {
    std::vector<std::uint32_t> out;
    for (std::uint32_t n = 1; n <= image_.segments.size(); ++n) out.push_back(n);
    return out;
  }
  std::unique_ptr<byte_source> open(std::uint32_t number, std::string&) override {
    return bytes_of(image_.segments[number - 1]);
  }
  std::string name(std::uint32_t number) const override { return segment_name(number); }
  bool is_written() const override { return false; }
  std::unique_ptr<run_source> again() const override { return std::make_unique<image_source>(*this); }

 private:
  run_image image_;
};

// A segment as it was when it was last looked at.
struct part {
  std::uint32_t number = 0;
  bool closed = false;
  std::uint64_t bytes = 0;
  std::vector<index_entry> blocks;
  std::string fault;  // it cannot be read at all
};

}  // namespace

struct reader::impl {
  std::string folder;
  std::unique_ptr<run_source> source;
  manifest about;
  tables names;
  std::vector<part> parts;
  std::vector<std::unique_ptr<moment>> moments;  // by place; those of one place as they happened
  std::size_t next_moment = 0;
  std::set<std::tuple<std::uint32_t, std::uint32_t, phase>> known_steps;
  std::vector<lane_loss> lapses;

  std::size_t part_at = 0, block_at = 0;  // of the block that comes next
  std::unique_ptr<segment> open_segment;
  std::size_t open_part = ~std::size_t{0};
  std::vector<std::byte> raw;  // the block that is read
  std::size_t raw_at = 0;
  std::uint64_t last_seq = 0;                                       // that was handed out
  std::function<bool(std::uint64_t seq, std::int64_t ts)> reached;  // by a seek; empty: it is over
  bool told_end = false;                                            // that the run is not whole

  const trapline_event* event = nullptr;
  const moment* now = nullptr;
  journal::loss lost;

  std::string start(std::unique_ptr<run_source> from) {
    source = std::move(from);
    std::string text;
    if (auto why = source->manifest_bytes(text); !why.empty()) return why;
    try {
      about = read_manifest(text);
    } catch (const std::runtime_error& e) {
      return sdk::cat("the manifest of the journal ", e.what());
    }
    for (const auto number : source->segments()) add_part(number);
    return {};
  }

  void add_part(std::uint32_t number) {
    if (!parts.empty() && number > parts.back().number + 1)
      parts.push_back({parts.back().number + 1, true, 0, {}, "is missing"});
    part p;
    p.number = number;
    auto s = open(number, p.fault);
    parts.push_back(std::move(p));
    if (s) look_at(parts.back(), *s, 0);
  }

  std::unique_ptr<segment> open(std::uint32_t number, std::string& why) {
    auto bytes = source->open(number, why);
    auto s = bytes ? segment::open(std::move(bytes), why) : nullptr;
    if (!s || s->head().number == number) return s;
    why = sdk::cat("says that it is segment ", s->head().number);
    return nullptr;
  }

  // Takes the blocks from `from` on into the account, and the records in them.
  void look_at(part& p, segment& s, std::size_t from) {
    p.closed = s.closed();
    p.bytes = s.size();
    p.blocks = s.blocks();
    std::vector<std::byte> bytes;
    std::string why;
    for (std::size_t n = from; n < p.blocks.size(); ++n)
      if (p.blocks[n].kind == block_kind::records && s.load(n, bytes, why))
        segment::for_each(bytes, [&](auto& e) { take(e); });
  }

  void take(const trapline_event& frame) {
    std::optional<record> r;
    try {
      r = decode(frame);
    } catch (const std::runtime_error&) {
      return;  // a checksum covers it, so a program wrote it so; `verify` tells
    }
    if (!r) return;
    if (const auto* t = std::get_if<topic_names>(&*r)) names.take(*t);
    if (const auto* t = std::get_if<instrument_names>(&*r)) names.take(*t);
    if (const auto* i = std::get_if<instance_info>(&*r); i && !names.instance(i->id)) names.take(*i);
    // Segments repeat at their beginning who runs.
    if (auto* s = std::get_if<instance_step>(&*r); s && known_steps.emplace(s->id, s->life, s->what).second)
      add_moment(std::move(*s));
    if (auto* c = std::get_if<command_step>(&*r)) add_moment(std::move(*c));
    if (auto* l = std::get_if<lane_loss>(&*r)) lapses.push_back(std::move(*l));
  }

  void add_moment(moment m) {
    const auto at = std::upper_bound(moments.begin() + static_cast<std::ptrdiff_t>(next_moment), moments.end(),
                                     place(m), [](std::uint64_t seq, const auto& x) { return seq < place(*x); });
    moments.insert(at, std::make_unique<moment>(std::move(m)));
  }

  // ---- reading on

  // The block that comes next is in `raw`. False: there is none.
  enum class found { block, loss, nothing };
  found next_block() {
    for (; part_at < parts.size(); ++part_at, block_at = 0) {
      part& p = parts[part_at];
      if (!p.fault.empty()) {
        if (part_at + 1 == parts.size() && !over()) return found::nothing;  // its engine has only just made it
        lost = {last_seq + 1, first_seq_after(part_at), sdk::cat(source->name(p.number), " ", p.fault)};
        if (lost.to_seq != 0 && lost.to_seq < lost.from_seq) continue;  // all that was in it has been told
        last_seq = std::max(last_seq, lost.to_seq);
        ++part_at;
        block_at = 0;
        return found::loss;
      }
      while (block_at < p.blocks.size() && p.blocks[block_at].kind != block_kind::events) ++block_at;
      if (block_at == p.blocks.size()) {
        if (part_at + 1 == parts.size()) return found::nothing;  // it may grow
        continue;
      }
      std::string why;
      if (open_part != part_at) {
        open_segment = open(p.number, why);
        open_part = open_segment ? part_at : ~std::size_t{0};
      }
      const std::size_t n = block_at;
      const index_entry entry = p.blocks[n];
      if (open_segment && n < open_segment->blocks().size() && open_segment->load(n, raw, why)) {
        ++block_at;
        if (entry.first_seq > last_seq) {
          raw_at = 0;
          return found::block;
        }
        why = "repeats events";
        raw.clear();
      } else if (torn_tail(n)) {
        return found::nothing;
      } else {
        ++block_at;
      }
      lost = {std::max(entry.first_seq, last_seq + 1), entry.last_seq, sdk::cat(source->name(p.number), ": ", why)};
      return found::loss;
    }
    return found::nothing;
  }

  // The last block of a segment that nobody closed: it was being written when its engine was killed.
  bool torn_tail(std::size_t n) const {
    return part_at + 1 == parts.size() && !parts[part_at].closed && n + 1 == parts[part_at].blocks.size();
  }

  // seq before the first one behind part `n`; 0: unknown
  std::uint64_t first_seq_after(std::size_t n) const {
    for (++n; n < parts.size(); ++n)
      for (const auto& b : parts[n].blocks)
        if (b.kind == block_kind::events) return b.first_seq - 1;
    return 0;
  }

  // What has been written since. True: there is something new.
  bool refresh() {
    std::string text;
    if (about.state != run_state::running) return false;
    const bool was_written = source->is_written();  // first: what it wrote before it ended is found then
    const auto numbers =
        source->segments();  // before the last part is looked at: if there is a newer one, it is complete
    bool more = false;
    if (!parts.empty() && !parts.back().closed) {
      part& p = parts.back();
      std::string why;
      auto s = open(p.number, why);
      const std::size_t before = p.blocks.size();
      if (s && (s->blocks().size() > before || s->closed())) {
        p.fault.clear();
        look_at(p, *s, before);
        open_part = ~std::size_t{0};
        more = true;
      } else if (!s && p.fault.empty() && !numbers.empty() && numbers.back() > p.number) {
        p.fault = sdk::cat("was removed before it was read to its end: ", why);
        more = true;
      }
    }
    for (const auto number : numbers)
      if (parts.empty() || number > parts.back().number) {
        add_part(number);
        more = true;
      }
    if (!more && !was_written && source->manifest_bytes(text).empty()) try {
        about = read_manifest(text);
      } catch (const std::runtime_error&) {
      }
    return more;
  }

  bool over() const { return about.state != run_state::running || !source->is_written(); }

  item hand_out_moment() {
    now = moments[next_moment++].get();
    return std::holds_alternative<instance_step>(*now) ? item::step : item::command;
  }

  item next() {
    event = nullptr;
    now = nullptr;
    for (;;) {
      if (raw_at < raw.size()) {
        const auto& e = *reinterpret_cast<const trapline_event*>(raw.data() + raw_at);
        if (reached) {
          if (!reached(e.seq, e.ts_recv)) {
            raw_at += e.size;
            continue;
          }
          reached = nullptr;
        }
        if (next_moment < moments.size() && place(*moments[next_moment]) < e.seq) return hand_out_moment();
        raw_at += e.size;
        event = &e;
        last_seq = e.seq;
        return item::event;
      }
      switch (next_block()) {
        case found::block:
          continue;
        case found::loss:
          return item::loss;
        case found::nothing:
          break;
      }
      if (refresh()) continue;
      // What belongs behind events that are not there yet waits for them.
      if (next_moment < moments.size() && (over() || place(*moments[next_moment]) <= last_seq))
        return hand_out_moment();
      if ((about.state == run_state::degraded || about.state == run_state::halted) && !std::exchange(told_end, true)) {
        lost = {std::max(about.complete_to, last_seq) + 1, 0, about.reason};
        return item::loss;
      }
      return item::end;
    }
  }

  bool seek(std::function<bool(std::uint64_t seq, std::int64_t ts)> to) {
    raw.clear();
    raw_at = 0;
    last_seq = 0;
    told_end = false;
    next_moment = moments.size();
    reached = std::move(to);
    for (part_at = 0; part_at < parts.size(); ++part_at)
      for (block_at = 0; block_at < parts[part_at].blocks.size(); ++block_at) {
        const auto& b = parts[part_at].blocks[block_at];
        if (b.kind != block_kind::events || !reached(b.last_seq, b.last_ts)) continue;
        const auto here = std::pair(part_at, block_at);
        std::uint64_t seq = b.first_seq;
        if (next_block() == found::block) {
          for (std::size_t at = 0; at < raw.size();) {
            const auto& e = *reinterpret_cast<const trapline_event*>(raw.data() + at);
            if (reached(seq = e.seq, e.ts_recv)) break;
            at += e.size;
          }
        } else {
          std::tie(part_at, block_at) = here;  // next() tells of the loss
        }
        next_moment = static_cast<std::size_t>(
            std::partition_point(moments.begin(), moments.end(), [&](const auto& m) { return place(*m) < seq; }) -
            moments.begin());
        return true;
      }
    part_at = parts.empty() ? 0 : parts.size() - 1;
    block_at = parts.empty() ? 0 : parts.back().blocks.size();
    return false;
  }
};

reader::reader(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
reader::~reader() = default;

std::unique_ptr<reader> reader::open(const std::string& path, std::string& error) {
  std::error_code ec;
  std::string folder = path;
  std::uint32_t only = 0;
  if (fs::is_regular_file(path, ec)) {
    folder = fs::path(path).parent_path();
    if (folder.empty()) folder = ".";
    for (const auto& [number, file] : segments_of(folder))
      if (fs::path(file).filename() == fs::path(path).filename()) only = number;
    if (only == 0) {
      error = path + ": is no segment of a journal; expected a run folder, a journal folder or a file seg-000001.tlj";
      return nullptr;
    }
  } else if (!fs::is_directory(path, ec)) {
    error = path + ": there is no such folder";
    return nullptr;
  } else if (!fs::exists(fs::path(path) / manifest_name, ec)) {
    const auto runs = runs_of(path);
    if (runs.empty()) {
      error = sdk::cat(path, ": holds no journal: no ", manifest_name, " in it, nor in a folder of it");
      return nullptr;
    }
    folder = path + "/" + runs.back();
  }
  auto i = std::make_unique<impl>();
  i->folder = folder;
  error = i->start(std::make_unique<folder_source>(folder, only));
  if (error.empty()) return std::unique_ptr<reader>(new reader(std::move(i)));
  if (!error.starts_with(folder)) error = folder + ": " + error;
  return nullptr;
}

std::unique_ptr<reader> reader::open(run_image image, std::string& error) {
  auto i = std::make_unique<impl>();
  error = i->start(std::make_unique<image_source>(std::move(image)));
  return error.empty() ? std::unique_ptr<reader>(new reader(std::move(i))) : nullptr;
}

std::unique_ptr<reader> reader::again(std::string& error) const {
  auto i = std::make_unique<impl>();
  i->folder = impl_->folder;
  error = i->start(impl_->source->again());
  return error.empty() ? std::unique_ptr<reader>(new reader(std::move(i))) : nullptr;
}

const std::string& reader::folder() const noexcept { return impl_->folder; }
const manifest& reader::about() const noexcept { return impl_->about; }
item reader::next() { return impl_->next(); }
const trapline_event& reader::event() const noexcept { return *impl_->event; }
const instance_step& reader::step() const noexcept { return std::get<instance_step>(*impl_->now); }
const command_step& reader::command() const noexcept { return std::get<command_step>(*impl_->now); }
const journal::loss& reader::lost() const noexcept { return impl_->lost; }

std::uint32_t reader::topic_count() const noexcept { return impl_->names.topic_count(); }
std::uint32_t reader::instrument_count() const noexcept { return impl_->names.instrument_count(); }
std::string_view reader::topic(std::uint32_t id) const noexcept { return impl_->names.topic(id); }
const instrument_name* reader::instrument(std::uint32_t id) const noexcept { return impl_->names.instrument(id); }
const instance_info* reader::instance(std::uint32_t id) const noexcept { return impl_->names.instance(id); }

std::vector<const instance_info*> reader::instances() const {
  std::vector<const instance_info*> out;
  for (const auto& [id, info] : impl_->names.instances()) out.push_back(&info);
  return out;
}

std::vector<const instance_step*> reader::steps() const {
  std::vector<const instance_step*> out;
  for (const auto& m : impl_->moments)
    if (const auto* s = std::get_if<instance_step>(m.get())) out.push_back(s);
  return out;
}

const std::vector<lane_loss>& reader::lane_losses() const noexcept { return impl_->lapses; }

reader::extent reader::size() const {
  extent out;
  out.segments = impl_->parts.size();
  out.written_now = impl_->source->is_written();
  for (const auto& p : impl_->parts) {
    out.bytes += p.bytes;
    for (const auto& b : p.blocks) {
      if (b.kind != block_kind::events) continue;
      if (out.events == 0) out.first_seq = b.first_seq, out.first_ts = b.first_ts, out.last_ts = b.last_ts;
      out.events += b.count;
      out.last_seq = std::max(out.last_seq, b.last_seq);
      out.first_ts = std::min(out.first_ts, b.first_ts);
      out.last_ts = std::max(out.last_ts, b.last_ts);
    }
  }
  return out;
}

bool reader::seek_seq(std::uint64_t seq) {
  return impl_->seek([seq](std::uint64_t s, std::int64_t) { return s >= seq; });
}
bool reader::seek_time(std::int64_t utc_ns) {
  return impl_->seek([utc_ns](std::uint64_t, std::int64_t t) { return t >= utc_ns; });
}

}  // namespace trapline::journal
