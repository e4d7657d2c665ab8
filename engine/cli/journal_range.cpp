#include "journal_range.hpp"

#include <algorithm>
#include <charconv>
#include <iostream>

#include "bus/names.hpp"
#include "time/utc.hpp"

namespace trapline::cli {

std::unique_ptr<journal::reader> open_journal(const std::string& path) {
  std::string error;
  auto r = journal::reader::open(path, error);
  if (!r) std::cerr << "trapline: " << error << '\n';
  return r;
}

std::optional<place> read_place(const std::string& text) {
  place p;
  const char* end = text.data() + text.size();
  if (const auto [stop, e] = std::from_chars(text.data(), end, p.seq); e == std::errc{} && stop == end) return p;
  const auto utc = time::read_utc(text);
  if (!utc) return std::nullopt;
  p.is_time = true;
  p.utc = *utc;
  return p;
}

bool journal_range::read(const journal_arguments& a) {
  const auto one = [](const std::string& text, const char* name, std::optional<place>& out) {
    if (text.empty() || (out = read_place(text))) return true;
    std::cerr << "trapline: " << name << ": expected a seq or a UTC time such as 2026-11-23T10:48:00.5; found '" << text
              << "'\n";
    return false;
  };
  for (const auto& t : a.topics)
    if (!bus::valid_pattern(t)) {
      std::cerr << "trapline: --topic: '" << t << "' is no topic pattern, such as md.trade.> or md.*.bitget.BTCUSDT\n";
      return false;
    }
  topics = a.topics;
  return one(a.from, "--from", from) && one(a.to, "--to", to);
}

void journal_range::begin(journal::reader& r) const {
  if (from && from->is_time) r.seek_time(from->utc);
  else if (from) r.seek_seq(from->seq);
}

bool journal_range::holds(const journal::reader& r, const trapline_event& e) const {
  return topics.empty() ||
         std::any_of(topics.begin(), topics.end(), [&](const auto& p) { return bus::matches(p, r.topic(e.topic)); });
}

}  // namespace trapline::cli
