#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "document_parts.hpp"
#include "omega.hpp"
#include "resp.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

json_writer& put_price(json_writer& w, std::string_view name, std::optional<sdk::decimal> price) {
  number_or_null(w, name, price);
  return w;
}

// What every form of an alarm has.
void alarm_fields(json_writer& w, const trap_record& r) {
  w.key("id").string(r.id);
  w.key("type").string(r.type);
  w.key("confidence").real(r.confidence);
  w.key("probability").real(r.probability);
  put_price(w, "price", r.price);
  w.key("price_change").real(r.change);
}

}  // namespace

std::string recent_trap_document(const trap_record& r) {
  json_writer w;
  w.object();
  alarm_fields(w, r);
  w.key("timeframe").string("tick");  // no bars enter the order-flow patterns
  w.key("detected_by").string(r.detector);
  w.key("timestamp").string(iso_time(r.ts));
  return w.take();
}

// One reader subtracts the timestamp from the present: epoch seconds as a number.
std::string latest_trap_document(const trap_record& r) {
  json_writer w;
  w.object();
  alarm_fields(w, r);
  w.key("timeframe").string("tick");
  w.key("detected_by").string(r.detector);
  w.key("timestamp").raw(epoch_seconds(r.ts)).end_object();
  return w.take();
}

std::string queued_trap_document(const trap_record& r) {
  json_writer w;
  w.object();
  w.key("type").string(r.type);
  w.key("confidence").real(r.confidence);
  // The consumer computes with it: null would end its batch.
  w.key("price").raw(r.price ? sdk::format(*r.price) : "0");
  w.key("timestamp").string(iso_time(r.ts));
  w.key("price_change").real(r.change);
  w.key("detected_by").string(r.detector);
  w.key("id").string(r.id).end_object();
  return w.take();
}

std::string trap_hash_commands(const trap_record& r, std::string_view key) {
  const std::time_t seconds = r.ts / second;
  std::tm t{};
  gmtime_r(&seconds, &t);
  char time[32];
  std::strftime(time, sizeof time, "%Y-%m-%d %H:%M:%S", &t);
  std::string out;
  append_command(out, {"HSET", key, "type", r.type, "confidence", sdk::cat(r.confidence), "price",
                       r.price ? sdk::format(*r.price) : "0", "change", sdk::cat(r.change), "timestamp", time});
  append_command(out, {"EXPIRE", key, "86400"});
  return out;
}

std::string trader_position_document(const document_context& c, std::uint8_t side) {
  const auto& list = c.known.positions();
  const auto it = std::find_if(list.items.begin(), list.items.end(), [&](const position_view& x) {
    return x.p.side == side && c.env.symbol(x.instrument).starts_with("BTC");
  });
  const auto* x = it == list.items.end() ? nullptr : &*it;
  json_writer w;
  w.object();
  w.key("direction").string(side == TRAPLINE_POSITION_LONG ? "LONG" : "SHORT");
  w.key("state").string(state_word(c, list.state));
  // "none" only if that is known: a lost position must not look closed.
  w.key("status").string(x ? "open" : list.state == list_state::complete ? "none" : "unknown");
  if (!x) {
    for (const auto* name : {"id", "symbol", "entry_price", "entry_time", "current_price", "leverage", "stop_loss"})
      w.key(name).null();
    const bool flat = list.state == list_state::complete;
    for (const auto* name : {"size", "unrealized_pnl", "pnl_percent"}) {
      w.key(name);
      flat ? w.integer(0) : w.null();
    }
    w.key("take_profits").array().end_array();
  } else {
    const auto mark = mark_of(c, *x);
    const auto pnl = mark ? pnl_of(*x, *mark) : std::nullopt;
    const double margin = margin_of(*x), size = sdk::to_double(x->p.size, x->p.size_exp);
    w.key("id").string(position_id(c, *x));
    w.key("symbol").string(unified_symbol(c.env.symbol(x->instrument)));
    w.key("entry_price").decimal(x->p.entry_price, x->p.price_exp);
    w.key("entry_time");
    x->p.created_ts > 0 ? w.string(iso_time(x->p.created_ts)) : w.null();
    number_or_null(w, "current_price", mark);
    w.key("size").decimal(x->p.size, x->p.size_exp);
    w.key("leverage").decimal(x->p.leverage, x->p.leverage_exp);
    number_or_null(w, "unrealized_pnl", pnl);
    w.key("pnl_percent").real(pnl && margin > 0 ? sdk::to_double(*pnl) / margin * 100 : unknown_number);
    w.key("take_profits").array();
    for (const auto& t : targets_of(c, *x)) {
      const double part = t.size ? sdk::to_double(*t.size) : size;
      w.object().key("percentage").real(size > 0 ? part / size * 100 : unknown_number);
      w.key("price").decimal(t.price.mantissa, t.price.exp).end_object();
    }
    w.end_array();
    const auto stops = stops_of(c, *x);
    number_or_null(w, "stop_loss", stops.empty() ? std::nullopt : std::optional(stops.front().price));
  }
  w.key("source").string("trapline");
  w.key("timestamp").string(iso_time(list.updated != 0 ? list.updated : c.now));
  say_if_stopped(w, c);
  w.end_object();
  return w.take();
}

std::string book_summary_document(const document_context& c, const sdk::book& b) {
  const auto side = [&](std::size_t levels, auto level) {
    double wall = 0, total = 0;
    for (std::size_t i = 0; i < levels; ++i) {
      const double size = sdk::to_double(level(i).size, static_cast<std::int8_t>(b.size_exp()));
      wall = std::max(wall, size);
      total += size;
    }
    return std::pair(wall, total);
  };
  const auto bids = side(b.bid_count(), [&](std::size_t i) { return b.bid(i); });
  const auto asks = side(b.ask_count(), [&](std::size_t i) { return b.ask(i); });
  const auto rounded = [](double v) { return std::round(v * 1e8) / 1e8; };  // the sum of exact sizes, without its dust
  json_writer w;
  w.object();
  w.key("largest_bid_wall").real(bids.first);
  w.key("largest_ask_wall").real(asks.first);
  w.key("total_bids").real(rounded(bids.second));
  w.key("total_asks").real(rounded(asks.second));
  w.key("levels").integer(static_cast<std::int64_t>(b.bid_count() + b.ask_count()));
  w.key("timestamp").string(iso_time(c.now)).end_object();
  return w.take();
}

std::string high_low_document(const document_context& c, double high, double low) {
  json_writer w;
  w.object().key("high").real(high).key("low").real(low);
  w.key("timestamp").string(iso_time(c.now)).end_object();
  return w.take();
}

std::string_view regime_of(const std::deque<double>& closes) {
  if (closes.size() < 10) return "unknown";
  double walked = 0;
  for (std::size_t i = 1; i < closes.size(); ++i) walked += std::abs(closes[i] - closes[i - 1]);
  const double went = closes.back() - closes.front();
  if (walked > 0 && std::abs(went) >= 0.4 * walked) return went > 0 ? "bullish_trend" : "bearish_trend";
  const auto [low, high] = std::minmax_element(closes.begin(), closes.end());
  return *high - *low >= 0.02 * *low ? "high_volatility" : "sideways";
}

std::string regime_document(const document_context& c, const std::deque<double>& closes) {
  json_writer w;
  w.object().key("regime").string(regime_of(closes));
  w.key("minutes").integer(static_cast<std::int64_t>(closes.size()));
  w.key("timestamp").string(iso_time(c.now)).end_object();
  return w.take();
}

std::string trap_metrics_document(const document_context& c, std::uint64_t alarms, std::uint64_t confirmed,
                                  double probability_sum) {
  const double n = static_cast<double>(alarms);
  json_writer w;
  w.object();
  w.key("total_traps").integer(static_cast<std::int64_t>(alarms));
  // How many alarms the market confirmed; null, not an invented number, before the first.
  w.key("success_rate").real(alarms > 0 ? static_cast<double>(confirmed) / n : unknown_number);
  w.key("average_probability").real(alarms > 0 ? probability_sum / n : unknown_number);
  w.key("source").string("trapline");
  w.key("timestamp").string(iso_time(c.now)).end_object();
  return w.take();
}

std::string trap_detections_document(const std::deque<trap_record>& alarms) {
  json_writer w;
  w.array();
  for (const auto& r : alarms) {
    w.object();
    alarm_fields(w, r);
    w.key("timestamp").string(iso_time(r.ts)).end_object();
  }
  w.end_array();
  return w.take();
}

std::string trap_timeline_document(const std::deque<trap_stage>& stages) {
  json_writer w;
  w.array();
  for (const auto& s : stages) {
    w.object().key("timestamp").string(iso_time(s.ts));
    w.key("type").string(s.type);
    w.key("stage").string(s.stage);
    w.key("probability").real(s.probability);
    w.key("id").string(s.id).end_object();
  }
  w.end_array();
  return w.take();
}

}  // namespace trapline::redis_bridge
