#include "offline/signal_lines.hpp"

#include <charconv>
#include <cmath>
#include <span>

#include "trapline/abi/signal.h"
#include "trapline/sdk/decimal.hpp"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::offline {
namespace {

void put_text(std::string& out, std::string_view s) {
  constexpr char hex[] = "0123456789abcdef";
  out += '"';
  for (const char c : s) {
    if (c == '"' || c == '\\') (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20) ((out += "\\u00") += hex[c >> 4 & 15]) += hex[c & 15];
    else out += c;
  }
  out += '"';
}
void put_number(std::string& out, double v) {
  if (!std::isfinite(v)) {
    out += "null";
    return;
  }
  char text[32];
  out.append(text, std::to_chars(text, text + sizeof text, v).ptr);
}
void put_number(std::string& out, std::int64_t v) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, v).ptr);
}

}  // namespace

bool append_signal(std::string& out, const trapline_event& e, std::string_view symbol) {
  if (e.space != 0 || e.type != TRAPLINE_EVENT_SIGNAL) return false;
  const auto* s = sdk::payload<trapline_signal>(e);
  if (!s || e.size < sizeof e + sizeof *s + std::uint64_t{s->evidence_count} * sizeof(trapline_evidence)) return false;
  const std::span evidence(reinterpret_cast<const trapline_evidence*>(s + 1), s->evidence_count);

  const auto text = [&](std::string_view key, std::string_view value) {
    ((out += ",\"") += key) += "\":";
    put_text(out, value);
  };
  const auto number = [&](std::string_view key, auto value) {
    ((out += ",\"") += key) += "\":";
    put_number(out, value);
  };
  out += "{\"type\":\"signal\"";
  number("ts", e.ts_event);
  text("symbol", symbol);
  text("detector", sdk::view(s->detector));
  text("id", sdk::view(s->id));
  text("pattern", sdk::pattern_name(s->pattern));
  text("direction", sdk::direction_name(s->direction));
  text("stage", sdk::stage_name(s->stage));
  number("probability", s->probability);
  number("confidence", s->confidence);
  number("intensity", s->intensity);
  text("severity", sdk::severity_name(s->severity));
  if (s->has_level) text("level", sdk::format(s->level, s->price_exp));
  number("onset_ts", s->onset_ts);
  const auto items = [&](const char* key, double trapline_evidence::*member) {
    ((out += ",\"") += key) += "\":{";
    bool first = true;
    for (const auto& item : evidence) {
      if (!first) out += ',';
      first = false;
      put_text(out, sdk::view(item.name));
      out += ':';
      put_number(out, item.*member);
    }
    out += '}';
  };
  items("evidence", &trapline_evidence::value);
  items("contributions", &trapline_evidence::contribution);
  text("observability", sdk::observability_name(s->observability));
  out += "}\n";
  return true;
}

}  // namespace trapline::offline
