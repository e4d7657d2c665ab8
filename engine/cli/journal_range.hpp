// Which part of a journal a command means.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal.hpp"
#include "journal/reader.hpp"

namespace trapline::cli {

// A seq, or a time.
struct place {
  std::uint64_t seq = 0;
  std::int64_t utc = 0;
  bool is_time = false;
  bool passed_by(const trapline_event& e) const { return is_time ? e.ts_recv > utc : e.seq > seq; }
};
// `12345`, or UTC as 2026-11-23T10:48:00.5 with or without fraction and Z.
std::optional<place> read_place(const std::string& text);

struct journal_range {
  std::optional<place> from, to;
  std::vector<std::string> topics;

  // False: what is wrong has been printed.
  bool read(const journal_arguments& a);
  void begin(journal::reader& r) const;
  bool is_over(const trapline_event& e) const { return to && to->passed_by(e); }
  bool holds(const journal::reader& r, const trapline_event& e) const;
};

// nullptr: why has been printed.
std::unique_ptr<journal::reader> open_journal(const std::string& path);

int cut_journal(const journal_arguments& a);
int journal_to_jsonl(const journal_arguments& a);
int journal_from_jsonl(const journal_arguments& a);

}  // namespace trapline::cli
