#include "replay/text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "config/options.hpp"
#include "time/utc.hpp"
#include "trapline/sdk/decimal.hpp"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::replay {
namespace {

using fields = std::vector<std::pair<std::string, std::string>>;

// Shortest text that reads back as the same number.
std::string exact(double v) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, v).ptr};
}

void signal_fields(const trapline_event& e, const trapline_signal& s, fields& out) {
  out.emplace_back("id", sdk::view(s.id));
  out.emplace_back("detector", sdk::view(s.detector));
  out.emplace_back("pattern", sdk::pattern_name(s.pattern));
  out.emplace_back("direction", sdk::direction_name(s.direction));
  out.emplace_back("stage", sdk::stage_name(s.stage));
  out.emplace_back("severity", sdk::severity_name(s.severity));
  out.emplace_back("observability", sdk::observability_name(s.observability));
  out.emplace_back("probability", exact(s.probability));
  out.emplace_back("confidence", exact(s.confidence));
  out.emplace_back("intensity", exact(s.intensity));
  if (s.has_level != 0) out.emplace_back("level", sdk::format(s.level, s.price_exp));
  out.emplace_back("onset_ts", time::utc_text(s.onset_ts));
  const std::size_t room = (e.size - sizeof e - sizeof s) / sizeof(trapline_evidence);
  for (const auto& item :
       std::span(reinterpret_cast<const trapline_evidence*>(&s + 1), std::min<std::size_t>(s.evidence_count, room)))
    out.emplace_back(sdk::cat("evidence ", sdk::view(item.name)),
                     sdk::cat(exact(item.value), " (contributes ", exact(item.contribution), ")"));
}

void matrix_fields(const trapline_event& e, const trapline_trap_matrix& m, fields& out) {
  out.emplace_back("detector", sdk::view(m.detector));
  out.emplace_back("probability", exact(m.probability));
  out.emplace_back("intensity", exact(m.intensity));
  out.emplace_back("confidence", exact(m.confidence));
  if (m.has_level != 0) out.emplace_back("level", sdk::format(m.level, m.price_exp));
  out.emplace_back("pattern", sdk::pattern_name(m.pattern));
  out.emplace_back("direction", sdk::direction_name(m.direction));
  out.emplace_back("severity", sdk::severity_name(m.severity));
  out.emplace_back("warming", std::to_string(m.warming));
  const std::size_t room = (e.size - sizeof e - sizeof m) / sizeof(trapline_matrix_row);
  for (const auto& r :
       std::span(reinterpret_cast<const trapline_matrix_row*>(&m + 1), std::min<std::size_t>(m.row_count, room)))
    out.emplace_back(sdk::cat("row ", sdk::pattern_name(r.pattern)),
                     sdk::cat(sdk::direction_name(r.direction), " ", sdk::stage_name(r.stage), " ",
                              exact(r.probability), " ", exact(r.intensity)));
}

// Eight bytes a line: what a plugin's own types mean, only the plugin knows. Also behind payloads that are known, for
// what their text does not show.
void byte_fields(const trapline_event& e, fields& out) {
  const auto* p = reinterpret_cast<const unsigned char*>(&e + 1);
  for (std::size_t at = 0; at + sizeof e < e.size; at += 8) {
    char text[17];
    for (std::size_t n = 0; n < 8; ++n) std::snprintf(text + 2 * n, 3, "%02x", p[at + n]);
    out.emplace_back(sdk::cat("payload byte ", at), text);
  }
}

fields fields_of(const trapline_event& e) {
  fields out;
  if (e.space == 0 && e.type == TRAPLINE_EVENT_SIGNAL) {
    if (const auto* s = sdk::payload<trapline_signal>(e)) signal_fields(e, *s, out);
  } else if (e.space == 0 && e.type == TRAPLINE_EVENT_TRAP_MATRIX) {
    if (const auto* m = sdk::payload<trapline_trap_matrix>(e)) matrix_fields(e, *m, out);
  }
  return out;
}

fields header_of(const trapline_event& e) {
  fields out;
  out.emplace_back("type",
                   e.space == 0 ? std::string(sdk::event_name(e.type)) : sdk::cat(e.type, " of space ", e.space));
  out.emplace_back("flags", std::to_string(e.flags));
  out.emplace_back("source_seq", std::to_string(e.source_seq));
  out.emplace_back("cause", e.cause == 0 ? "outside events" : sdk::cat("event ", e.cause));
  out.emplace_back("ts_event", time::utc_text(e.ts_event));
  if (e.cause != 0) out.emplace_back("ts_recv", time::utc_text(e.ts_recv));
  return out;
}

// One row a field, in the recording's order, those that only the replay has behind. `!`: it differs.
void put_rows(std::string& out, const fields& was, const fields& is, bool both) {
  const auto value = [](const fields& f, const std::string& name) -> const std::string* {
    const auto at = std::find_if(f.begin(), f.end(), [&](const auto& x) { return x.first == name; });
    return at == f.end() ? nullptr : &at->second;
  };
  const auto row = [&](const std::string& name, const std::string* a, const std::string* b) {
    const bool differs = both && (!a || !b || *a != *b);
    std::string line = sdk::cat(differs ? "  ! " : "    ", name);
    line.resize(std::max<std::size_t>(line.size() + 1, 34), ' ');
    if (differs) line += sdk::cat(a ? *a : "-", "  ->  ", b ? *b : "-");
    else line += a ? *a : *b;
    out += line + "\n";
  };
  for (const auto& [name, v] : was) row(name, &v, value(is, name));
  for (const auto& [name, v] : is)
    if (!value(was, name)) row(name, nullptr, &v);
}

}  // namespace

std::optional<std::int64_t> read_time(std::string_view text, std::int64_t begin) {
  if (text.starts_with('+')) {
    const auto d = config::parse_duration(text.substr(1));
    return d ? std::optional(begin + *d) : std::nullopt;
  }
  std::int64_t ns = 0;
  const auto [rest, ec] = std::from_chars(text.data(), text.data() + text.size(), ns);
  if (ec == std::errc{} && rest == text.data() + text.size() && !text.empty()) return ns;
  return time::read_utc(std::string(text));
}

std::string render(const difference& d, std::string_view topic, std::string_view symbol) {
  std::string out = sdk::cat(d.who.name, " (", d.who.plugin, ", source ", d.who.id, "): ", d.text, "\n");
  const bool both = d.recorded && d.replayed;
  const event_copy* any = d.recorded ? &*d.recorded : d.replayed ? &*d.replayed : nullptr;
  if (!any) return out + sdk::cat("  at event ", d.seq, "\n");
  if (d.recorded) out += sdk::cat("  recorded as event ", (*d.recorded)->seq, " on ", topic);
  else out += sdk::cat("  in the replay only, on ", topic);
  out += sdk::cat(symbol.empty() ? "" : ", ", symbol, both ? "; ! recorded -> replayed" : "", "\n");
  static const fields none;
  put_rows(out, d.recorded ? header_of(**d.recorded) : none, d.replayed ? header_of(**d.replayed) : none, both);
  const fields was = d.recorded ? fields_of(**d.recorded) : none, is = d.replayed ? fields_of(**d.replayed) : none;
  put_rows(out, was, is, both);
  // Bytes, where no field shows the difference.
  if ((was.empty() && is.empty()) || (both && was == is && header_of(**d.recorded) == header_of(**d.replayed))) {
    fields a, b;
    if (d.recorded) byte_fields(**d.recorded, a);
    if (d.replayed) byte_fields(**d.replayed, b);
    put_rows(out, a, b, both);
  }
  return out;
}

}  // namespace trapline::replay
