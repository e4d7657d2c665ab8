#include "journal/recovery.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "journal/records_codec.hpp"
#include "journal/run_files.hpp"
#include "journal/segment.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::journal {
namespace {

struct tail {
  std::uint64_t last_seq = 0;
  std::string text;        // what was found and done, each beginning with "; "
  std::string unreadable;  // not empty: nothing was done, for what cannot be read may be there all the same
};

// Checks every block of the last segment, for a power cut may have spoilt any that was not synced, and cuts off what
// stands behind the last good one. A bad one before it costs no more than itself.
tail mend(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename();
  tail out;
  std::string why;
  auto bytes = open_file(path, why);
  const auto unreadable = [&](std::string_view said) {
    out.unreadable = sdk::cat(name, " ", said);
    return out;
  };
  if (!bytes) return unreadable(why);
  const std::uint64_t total = bytes->size();
  if (segment_header head; bytes->read(0, &head, sizeof head) < sizeof head && bytes->error() != 0)
    return unreadable(sdk::cat("cannot be read: ", std::strerror(bytes->error())));
  auto s = segment::open(std::move(bytes), why);
  if (!s) {
    out.text = sdk::cat("; ", name, " ", why);
    return out;
  }
  std::vector<std::byte> raw;
  std::uint64_t good = sizeof(segment_header);
  std::string faults;  // of bad blocks that good ones may follow
  for (std::size_t n = 0; n < s->blocks().size(); ++n) {
    const auto& b = s->blocks()[n];
    if (!s->load(n, raw, why)) {
      faults += sdk::cat("; ", name, ": ", why);
      continue;
    }
    good = n + 1 < s->blocks().size() ? s->blocks()[n + 1].offset : s->good_end();
    out.text += std::exchange(faults, {});
    if (b.kind == block_kind::events) out.last_seq = b.last_seq;
  }
  if (s->error() != 0) return unreadable(sdk::cat("cannot be read: ", std::strerror(s->error())));
  if (faults.empty()) good = s->good_end();
  if (total == good) return out;
  out.text += ::truncate(path.c_str(), static_cast<off_t>(good)) == 0
                  ? sdk::cat("; ", total - good, " bytes of a torn block were cut off ", name)
                  : sdk::cat("; ", name, " cannot be cut: ", std::strerror(errno));
  return out;
}

std::uint64_t last_seq_of(const std::string& path) {
  std::string why;
  auto bytes = open_file(path, why);
  auto s = bytes ? segment::open(std::move(bytes), why) : nullptr;
  std::uint64_t last = 0;
  if (s)
    for (const auto& b : s->blocks()) last = std::max(last, b.last_seq);
  return last;
}

}  // namespace

std::string recover(const std::string& folder) {
  const std::string path = folder + "/" + manifest_name;
  manifest m;
  const auto look = [&]() -> std::string {
    std::string text;
    if (auto why = read_text(path, text); !why.empty()) return why;
    try {
      m = read_manifest(text);
    } catch (const std::runtime_error& e) {
      return sdk::cat(path, ": ", e.what(), "; left as it is");
    }
    return {};
  };
  if (auto why = look(); !why.empty()) return why;
  if (m.state != run_state::running || run_claim::is_taken(folder)) return {};
  run_claim claim;
  if (!claim.take(folder)) return sdk::cat(folder, ": cannot be claimed for recovery");
  if (auto why = look(); !why.empty()) return why;
  if (m.state != run_state::running) return {};  // it ended, or was recovered, between the two looks
  const auto segments = segments_of(folder);
  // The next one may have been made, but has no header.
  const auto next = folder + "/" + segment_name(segments.empty() ? 1 : segments.rbegin()->first + 1);
  if (std::error_code ec; std::filesystem::file_size(next, ec) < sizeof(segment_header)) ::unlink(next.c_str());
  std::string what = "its engine was killed";
  for (auto s = segments.rbegin(); s != segments.rend(); ++s) {
    if (s != segments.rbegin()) {
      m.complete_to = last_seq_of(s->second);
    } else {
      const tail t = mend(s->second);
      if (!t.unreadable.empty()) return sdk::cat(folder, ": ", t.unreadable, "; left as it is");
      m.complete_to = t.last_seq;
      what += t.text;
    }
    if (m.complete_to != 0) break;
  }
  m.state = run_state::recovered;
  m.reason = sdk::cat(what, "; all events up to ", m.complete_to,
                      " are there, of later ones at most one sync interval is lost");
  ::unlink((folder + "/reserve").c_str());
  if (auto why = write_atomically(path, manifest_text(m)); !why.empty()) return why;
  return sdk::cat(folder, ": ", m.reason);
}

std::vector<std::string> recover_all(const std::string& journal_folder) {
  std::vector<std::string> out;
  for (const auto& run : runs_of(journal_folder))
    if (auto text = recover(journal_folder + "/" + run); !text.empty()) out.push_back(std::move(text));
  return out;
}

}  // namespace trapline::journal
