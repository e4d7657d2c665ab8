#include <algorithm>
#include <cmath>

#include "document_parts.hpp"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

// Words that the dashboards know for the change between two reports.
std::string_view trend_word(double change) {
  const double size = std::abs(change);
  if (size < 0.02) return "stable";
  if (size < 0.05) return change > 0 ? "slightly_increasing" : "slightly_decreasing";
  if (size < 0.15) return change > 0 ? "increasing" : "decreasing";
  return change > 0 ? "rapidly_increasing" : "rapidly_decreasing";
}

// Highest probability of a pattern over its directions.
double pattern_probability(const matrix_view& m, std::uint16_t pattern) {
  double p = 0;
  for (const auto& r : m.rows)
    if (r.pattern == pattern) p = std::max(p, r.probability);
  return p;
}

// One name per row: the pattern alone is not unique where a detector watches both directions.
std::string row_name(const trapline_matrix_row& r) {
  return r.direction == TRAPLINE_DIRECTION_UNKNOWN
             ? std::string(sdk::pattern_name(r.pattern))
             : sdk::cat(sdk::pattern_name(r.pattern), "_", sdk::direction_name(r.direction));
}

std::string_view pattern_word(const trapline_trap_matrix& m) {
  return m.pattern == TRAPLINE_PATTERN_UNKNOWN ? std::string_view("UNKNOWN") : sdk::pattern_name(m.pattern);
}

}  // namespace

std::string trap_document(const document_context& c, const matrix_view& m) {
  json_writer w;
  w.object();
  w.key("probability").real(m.head.probability);
  w.key("intensity").real(m.head.intensity);
  w.key("pattern_type").string(pattern_word(m.head));  // the seed's and omega's common name
  w.key("direction").string(sdk::direction_name(m.head.direction));
  w.key(field_severity.plain).string(sdk::severity_name(m.head.severity));
  if (c.words == vocabulary::seed)
    w.key(field_severity.seed).string(seed_word(severity_words, sdk::severity_name(m.head.severity)));
  w.key("confidence").real(m.head.confidence);
  w.key("level");
  m.head.has_level ? w.decimal(m.head.level, m.head.price_exp) : w.null();
  w.key("warming").boolean(m.head.warming != 0);
  w.key("symbol").string(c.env.symbol(m.instrument));
  w.key("detector").string(sdk::view(m.head.detector));
  w.key("source").string("trapline");
  w.key("timestamp").string(iso_time(m.ts));
  say_if_stopped(w, c);
  w.end_object();
  return w.take();
}

std::string trap_probability_document(const document_context& c, const matrix_view& m) {
  const double change = m.has_previous ? m.head.probability - m.previous_probability : 0.0;
  const bool trap = m.head.pattern != TRAPLINE_PATTERN_UNKNOWN;
  json_writer w;
  w.object();
  w.key("probability").real(m.head.probability);
  for (const auto* name : {"trap_type", "type"}) {
    w.key(name);
    trap ? w.string(sdk::pattern_name(m.head.pattern)) : w.null();
  }
  w.key("confidence").real(m.head.confidence);
  w.key("trend").string(trend_word(change));
  w.key("change").real(change);
  w.key("components").object();
  for (const auto& r : m.rows) w.key(row_name(r)).real(r.probability);
  w.end_object();
  w.key("component_details").object();
  for (const auto& r : m.rows) {
    w.key(row_name(r)).object();
    w.key("value").real(r.probability);
    w.key("description")
        .string(sdk::cat(sdk::stage_name(r.stage), ", intensity ", std::round(r.intensity * 100) / 100));
    w.end_object();
  }
  w.end_object();
  w.key("bull_trap_probability").real(pattern_probability(m, TRAPLINE_PATTERN_BULL_TRAP));
  w.key("bear_trap_probability").real(pattern_probability(m, TRAPLINE_PATTERN_BEAR_TRAP));
  w.key("message");
  if (m.head.warming) w.string("not enough data yet");
  else if (trap)
    w.string(sdk::cat("consistent with ", sdk::pattern_name(m.head.pattern), " (", sdk::severity_name(m.head.severity),
                      ")"));
  else w.string("no pattern in progress");
  w.key("symbol").string(c.env.symbol(m.instrument));
  w.key("source").string(sdk::view(m.head.detector));
  w.key("timestamp").string(iso_time(m.ts));
  say_if_stopped(w, c);
  w.end_object();
  return w.take();
}

std::string btc_price_document(const document_context& c, const quote_view& q) {
  json_writer w;
  w.object().key("price").decimal(q.last->mantissa, q.last->exp);
  w.key("timestamp").string(iso_time(q.last_ts));
  say_if_stopped(w, c);
  w.end_object();
  return w.take();
}

std::string price_message(const quote_view& q) {
  json_writer w;
  w.object().key("price").decimal(q.last->mantissa, q.last->exp);
  w.key("timestamp").string(iso_time(q.last_ts));
  w.key("volume");
  q.volume_24h ? w.decimal(q.volume_24h->mantissa, q.volume_24h->exp) : w.null();
  w.end_object();
  return w.take();
}

std::string market_data_message(const document_context& c, std::uint32_t instrument, const quote_view& q,
                                std::optional<sdk::decimal> previous) {
  std::string symbol(c.env.symbol(instrument));
  for (char& ch : symbol)
    if (ch >= 'A' && ch <= 'Z') ch = static_cast<char>(ch - 'A' + 'a');
  json_writer w;
  w.object().key("symbol").string(symbol);
  w.key("price").decimal(q.last->mantissa, q.last->exp);
  w.key("change").real(previous ? sdk::to_double(*q.last) - sdk::to_double(*previous) : 0.0);
  w.key("volume");
  q.volume_24h ? w.decimal(q.volume_24h->mantissa, q.volume_24h->exp) : w.null();
  w.key("timestamp").raw(epoch_seconds(q.last_ts)).end_object();
  return w.take();
}

std::string signal_document(const trapline_event& e, const trapline_signal& s, std::string_view symbol) {
  json_writer w;
  w.object();
  w.key("type").string("signal");
  w.key("ts").integer(e.ts_event);
  w.key("symbol").string(symbol);
  w.key("detector").string(sdk::view(s.detector));
  w.key("id").string(sdk::view(s.id));
  w.key("pattern").string(sdk::pattern_name(s.pattern));
  w.key("direction").string(sdk::direction_name(s.direction));
  w.key("stage").string(sdk::stage_name(s.stage));
  w.key("probability").real(s.probability);
  w.key("confidence").real(s.confidence);
  w.key("intensity").real(s.intensity);
  w.key("severity").string(sdk::severity_name(s.severity));
  if (s.has_level) w.key("level").decimal_string(s.level, s.price_exp);
  w.key("onset_ts").integer(s.onset_ts);
  w.key("evidence").object();
  for (const auto& x : sdk::evidence(e, s)) w.key(sdk::view(x.name)).real(x.value);
  w.end_object();
  // What each item added to the log-odds of the probability.
  w.key("contributions").object();
  for (const auto& x : sdk::evidence(e, s)) w.key(sdk::view(x.name)).real(x.contribution);
  w.end_object();
  w.key("observability").string(sdk::observability_name(s.observability));
  w.end_object();
  return w.take();
}

}  // namespace trapline::redis_bridge
