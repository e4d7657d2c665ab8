// A journal from anywhere. Input: what follows the header of a segment. It is read as it is, and once more with all
// checksums made right, so that what lies behind them is reached, too.
#include "journal/reader.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "fuzz.hpp"
#include "journal/crc32c.hpp"
#include "journal/format.hpp"

namespace trapline::fuzz {
namespace {

using namespace trapline::journal;

void mend(std::string& segment, std::uint32_t segment_crc) {
  std::uint32_t number = 0;
  for (std::size_t at = sizeof(segment_header); segment.size() - at >= sizeof(block_header);) {
    block_header h;
    std::memcpy(&h, segment.data() + at, sizeof h);
    const auto room = static_cast<std::uint32_t>(segment.size() - at - sizeof h);
    h.stored_size = std::min(h.stored_size, room);
    h.raw_size = (h.flags & flag_zstd) != 0 ? std::min(h.raw_size, 1u << 20) : h.stored_size;
    const std::string_view stored(segment.data() + at + sizeof h, h.stored_size);
    const auto sound = make_block_header({0, h.first_seq, h.last_seq, h.first_ts, h.last_ts, h.count, h.kind, h.flags},
                                         ++number, stored, h.raw_size, segment_crc);
    std::memcpy(segment.data() + at, &sound, sizeof sound);
    at += sizeof h + h.stored_size;
  }
}

void read_all(std::string segment) {
  run_image image;
  image.manifest =
      R"({"format":1,"abi":{"major":0,"minor":1},"run_id":"fuzz","engine":"","program":"","build_id":"","clock_anchor":{)"
      R"("utc_ns":0,"mono_ns":0},"left_out":[],"state":"running","reason":"","complete_to":0,"lost_events":0,)"
      R"("config":null,"config_sha256":""})";
  image.segments.push_back(std::move(segment));
  std::string error;
  const auto r = reader::open(std::move(image), error);
  require(r != nullptr, "a sound manifest opens a journal whose segments are damaged");
  std::uint64_t last = 0;
  for (item what; (what = r->next()) != item::end;) {
    if (what == item::step) require(r->step().what <= phase::ended, "a step has a kind");
    if (what != item::event) continue;
    const auto& e = r->event();
    require(e.seq > last, "events are in order");
    require(e.size >= sizeof e && e.size <= TRAPLINE_EVENT_MAX && e.space != record_space, "an event is whole");
    last = e.seq;
    r->topic(e.topic);
    r->instrument(e.instrument);
    r->instance(e.source);
  }
  if (last != 0) {
    require(r->seek_seq(last), "what was read is found again");
    item what = r->next();
    while (what == item::step || what == item::command || what == item::loss) what = r->next();
    require(what == item::event && r->event().seq >= last, "and in its place");
  }
}

}  // namespace

void journal_reader(std::string_view input) {
  const auto head = make_segment_header("fuzz", 1, 0);
  std::string segment(reinterpret_cast<const char*>(&head), sizeof head);
  segment += input;
  read_all(segment);
  mend(segment, head.crc);
  read_all(std::move(segment));
}

}  // namespace trapline::fuzz
