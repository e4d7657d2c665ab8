#include "journal/verify.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "journal/reader.hpp"
#include "journal/records_codec.hpp"
#include "journal/run_files.hpp"
#include "journal/segment.hpp"
#include "journal/tables.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::journal {
namespace {

struct checker {
  verdict out;
  tables names;
  std::uint64_t nameless = 0;

  void fault(const std::string& where, std::string_view what) { out.faults.push_back(sdk::cat(where, ": ", what)); }

  void check_record(const std::string& where, const trapline_event& e) {
    ++out.records;
    try {
      const auto r = decode(e);
      if (!r) return;
      bool sound = true;
      if (const auto* t = std::get_if<topic_names>(&*r)) sound = names.take(*t);
      if (const auto* t = std::get_if<instrument_names>(&*r)) sound = names.take(*t);
      if (const auto* i = std::get_if<instance_info>(&*r)) sound = names.take(*i);
      if (!sound) fault(where, "a record gives names to ids that no bus has");
    } catch (const std::runtime_error& x) {
      fault(where, x.what());
    }
  }

  void check_event(const std::string& where, const trapline_event& e) {
    if (out.events++ == 0) out.first_seq = e.seq;
    if (e.seq <= out.last_seq) fault(where, sdk::cat("event ", e.seq, " comes after ", out.last_seq));
    out.last_seq = std::max(out.last_seq, e.seq);
    if (names.topic(e.topic).empty() || (e.instrument != 0 && !names.instrument(e.instrument))) ++nameless;
  }

  void check_segment(const std::string& path, std::uint32_t number, const manifest& m, bool last) {
    ++out.segments;
    const std::string file = std::filesystem::path(path).filename();
    std::string why;
    auto bytes = open_file(path, why);
    const bool may_be_torn = last && m.state == run_state::running;
    auto s = bytes ? segment::open(std::move(bytes), why) : nullptr;
    if (!s) return fault(file, why);
    out.bytes += s->size();
    if (s->head().number != number) fault(file, sdk::cat("says that it is segment ", s->head().number));
    if (sdk::view(s->head().run_id) != m.run_id)
      fault(file, sdk::cat("belongs to run ", sdk::view(s->head().run_id), ", not ", m.run_id));
    std::vector<std::byte> raw;
    for (std::size_t n = 0; n < s->blocks().size(); ++n) {
      ++out.blocks;
      if (!s->load(n, raw, why)) {
        fault(file, why);
        continue;
      }
      const bool records = s->blocks()[n].kind == block_kind::records;
      segment::for_each(raw, [&](const trapline_event& e) { records ? check_record(file, e) : check_event(file, e); });
    }
    if (const auto total = s->size(); !s->closed() && total > s->good_end()) {
      const auto text = sdk::cat(total - s->good_end(), " bytes behind byte ", s->good_end(), " are no block");
      if (may_be_torn)
        out.remarks.push_back(
            sdk::cat(file, ": ", text, ": the end of a run that is being written, or whose engine was killed"));
      else fault(file, text);
    }
    if (!s->closed() && !last) fault(file, "was never closed, though another one follows");
    if (!s->closed() && last && m.state == run_state::ended) fault(file, "was never closed, though the run has ended");
  }
};

}  // namespace

verdict verify(const std::string& path) {
  checker c;
  std::string error;
  const auto r = reader::open(path, error);
  if (!r) {
    c.out.opened = false;
    c.out.faults.push_back(error);
    return std::move(c.out);
  }
  const manifest& m = r->about();
  const auto segments = segments_of(r->folder());
  std::uint32_t expected = segments.empty() ? 0 : segments.begin()->first;
  for (const auto& [number, file] : segments) {
    if (number != expected) c.fault(segment_name(expected), "is missing");
    expected = number + 1;
    c.check_segment(file, number, m, number == segments.rbegin()->first);
  }
  if (c.nameless > 0) c.fault(r->folder(), sdk::cat(c.nameless, " events are of topics or instruments without a name"));
  // After a sync that failed there may be more than is sure to be there.
  const bool cut_short = m.state == run_state::degraded || m.state == run_state::halted;
  if (m.state != run_state::running && (cut_short ? m.complete_to > c.out.last_seq : m.complete_to != c.out.last_seq))
    c.fault(manifest_name, sdk::cat("says that the last event is ", m.complete_to, "; it is ", c.out.last_seq));
  if (m.state != run_state::ended && m.state != run_state::running)
    c.out.remarks.push_back(sdk::cat("the run is ", name_of(m.state), ": ", m.reason));
  return std::move(c.out);
}

}  // namespace trapline::journal
