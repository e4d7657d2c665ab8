#include "entries.hpp"

#include "documents.hpp"
#include "json_writer.hpp"
#include "trapline/abi/account.h"
#include "trapline/abi/market.h"
#include "trapline/abi/signal.h"
#include "trapline/abi/system.h"
#include "trapline/sdk/decimal.hpp"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

constexpr std::string_view product = "usdtm";

// Cuts the first token off a dotted name.
std::string_view token(std::string_view& rest) {
  const auto dot = rest.find('.');
  const auto t = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  return t;
}

std::string levels_json(std::span<const trapline_level> levels, int price_exp, int size_exp) {
  std::string out = "[";
  out.reserve(levels.size() * 28 + 2);
  for (const auto& l : levels) {
    if (out.size() > 1) out += ',';
    out += "[\"";
    sdk::format_to(out, l.price, price_exp);
    out += "\",\"";
    sdk::format_to(out, l.size, size_exp);
    out += "\"]";
  }
  out += ']';
  return out;
}

std::string rows_json(std::span<const trapline_matrix_row> rows) {
  std::string out = "[";
  for (const auto& r : rows) {
    if (out.size() > 1) out += ',';
    out += sdk::cat("{\"pattern\":\"", sdk::pattern_name(r.pattern), "\",\"direction\":\"",
                    sdk::direction_name(r.direction), "\",\"stage\":\"", sdk::stage_name(r.stage),
                    "\",\"probability\":", r.probability, ",\"intensity\":", r.intensity, "}");
  }
  out += ']';
  return out;
}

void add_real(field_list& f, std::string_view name, double v) { f.add(name, sdk::cat(v)); }

void add(field_list& f, const trapline_event&, const trapline_trade& t) {
  f.resp.reserve(192);
  f.add_decimal("price", t.price, t.price_exp);
  f.add_decimal("size", t.size, t.size_exp);
  f.add("side", sdk::side_name(t.aggressor_side));
  f.add("id", sdk::view(t.trade_id));
}

void add(field_list& f, const trapline_event& e, const trapline_book& b) {
  const auto levels = sdk::levels(e, b);
  f.resp.reserve(levels.size() * 30 + 192);
  f.add("venue_seq", static_cast<std::int64_t>(b.venue_seq));
  f.add("prev_seq", static_cast<std::int64_t>(b.venue_prev_seq));
  f.add("bids", levels_json(levels.first(levels.empty() ? 0 : b.bid_count), b.price_exp, b.size_exp));
  f.add("asks", levels_json(levels.subspan(levels.empty() ? 0 : b.bid_count), b.price_exp, b.size_exp));
}

void add(field_list& f, const trapline_event&, const trapline_ticker& t) {
  const auto member = [&](std::uint32_t bit, const char* name, std::int64_t v, int exp) {
    if (t.present & bit) f.add_decimal(name, v, exp);
  };
  member(TRAPLINE_TICKER_LAST, "last", t.last, t.price_exp);
  member(TRAPLINE_TICKER_BID, "bid", t.bid, t.price_exp);
  member(TRAPLINE_TICKER_BID, "bid_size", t.bid_size, t.size_exp);
  member(TRAPLINE_TICKER_ASK, "ask", t.ask, t.price_exp);
  member(TRAPLINE_TICKER_ASK, "ask_size", t.ask_size, t.size_exp);
  member(TRAPLINE_TICKER_MARK, "mark", t.mark, t.price_exp);
  member(TRAPLINE_TICKER_INDEX, "index", t.index, t.price_exp);
  member(TRAPLINE_TICKER_FUNDING_RATE, "funding_rate", t.funding_rate, t.funding_exp);
  member(TRAPLINE_TICKER_NEXT_FUNDING, "next_funding_ts", t.next_funding_ts, 0);
  member(TRAPLINE_TICKER_OPEN_INTEREST, "open_interest", t.open_interest, t.size_exp);
  member(TRAPLINE_TICKER_HIGH_24H, "high_24h", t.high_24h, t.price_exp);
  member(TRAPLINE_TICKER_LOW_24H, "low_24h", t.low_24h, t.price_exp);
  member(TRAPLINE_TICKER_VOLUME_24H, "volume_24h", t.volume_24h, t.size_exp);
}

void add(field_list& f, const trapline_event&, const trapline_candle& c) {
  f.add("interval_ns", c.interval_ns);
  f.add("start", c.start_ts);
  f.add_decimal("open", c.open, c.price_exp);
  f.add_decimal("high", c.high, c.price_exp);
  f.add_decimal("low", c.low, c.price_exp);
  f.add_decimal("close", c.close, c.price_exp);
  f.add_decimal("volume", c.volume, c.size_exp);
  f.add("closed", c.closed ? "true" : "false");
}

void add(field_list& f, const trapline_event&, const trapline_feed_status& s) {
  f.add("state", sdk::feed_state_name(s.state));
  f.add("previous_state", sdk::feed_state_name(s.previous_state));
  f.add("endpoint", s.endpoint == TRAPLINE_ENDPOINT_PRIVATE ? "private" : "public");
  f.add("code", s.code);
  f.add("attempt", s.attempt);
  f.add("subscriptions_wanted", s.subscriptions_wanted);
  f.add("subscriptions_acked", s.subscriptions_acked);
  f.add("last_message_ts", s.last_message_ts);
  f.add("messages", static_cast<std::int64_t>(s.messages));
  f.add("malformed", static_cast<std::int64_t>(s.malformed));
  f.add("gaps", static_cast<std::int64_t>(s.gaps));
  f.add("resyncs", static_cast<std::int64_t>(s.resyncs));
  f.add("reconnects", static_cast<std::int64_t>(s.reconnects));
  f.add("refused", static_cast<std::int64_t>(s.refused));
  f.add("duplicates", static_cast<std::int64_t>(s.duplicates));
  f.add("text", sdk::view(s.text));
}

void add(field_list& f, const trapline_event& e, const trapline_trap_matrix& m) {
  f.add("detector", sdk::view(m.detector));
  add_real(f, "probability", m.probability);
  add_real(f, "intensity", m.intensity);
  add_real(f, "confidence", m.confidence);
  f.add("pattern", sdk::pattern_name(m.pattern));
  f.add("direction", sdk::direction_name(m.direction));
  f.add("severity", sdk::severity_name(m.severity));
  if (m.has_level) f.add_decimal("level", m.level, m.price_exp);
  f.add("warming", m.warming ? "true" : "false");
  f.add("rows", rows_json(sdk::rows(e, m)));
}

// Whether the event belongs to a complete list.
void add_list(field_list& f, const trapline_event& e) {
  f.add("list",
        (e.flags & TRAPLINE_FLAG_SNAPSHOT) ? (e.flags & TRAPLINE_FLAG_LAST_IN_BATCH) ? "last" : "part" : "change");
}

void add(field_list& f, const trapline_event& e, const trapline_position& p) {
  add_list(f, e);
  f.add("side", sdk::position_side_name(p.side));
  if (p.side == TRAPLINE_POSITION_NONE) return;  // "the list is complete and empty"
  f.add("position_id", sdk::view(p.position_id));
  f.add("position_mode", sdk::position_mode_name(p.position_mode));
  f.add("margin_mode", sdk::margin_mode_name(p.margin_mode));
  f.add_decimal("size", p.size, p.size_exp);
  f.add_decimal("available", p.available, p.size_exp);
  f.add_decimal("entry_price", p.entry_price, p.price_exp);
  f.add_decimal("leverage", p.leverage, p.leverage_exp);
  const auto member = [&](std::uint32_t bit, const char* name, std::int64_t v, int exp) {
    if (p.present & bit) f.add_decimal(name, v, exp);
  };
  member(TRAPLINE_POSITION_HAS_MARK, "mark_price", p.mark_price, p.price_exp);
  member(TRAPLINE_POSITION_HAS_LIQUIDATION, "liquidation_price", p.liquidation_price, p.price_exp);
  member(TRAPLINE_POSITION_HAS_UNREALISED_PNL, "unrealised_pnl", p.unrealised_pnl, p.money_exp);
  member(TRAPLINE_POSITION_HAS_REALISED_PNL, "realised_pnl", p.realised_pnl, p.money_exp);
  member(TRAPLINE_POSITION_HAS_MARGIN, "margin", p.margin, p.money_exp);
  member(TRAPLINE_POSITION_HAS_MARK_PNL, "mark_pnl", p.mark_pnl, p.mark_pnl_exp);
  f.add("margin_coin", sdk::view(p.margin_coin));
  f.add("created_ts", p.created_ts);
}

void add(field_list& f, const trapline_event& e, const trapline_order& o) {
  add_list(f, e);
  f.add("status", sdk::order_status_name(o.status));
  if (o.status == TRAPLINE_ORDER_NONE) return;
  f.add("order_id", sdk::view(o.order_id));
  f.add("client_order_id", sdk::view(o.client_order_id));
  f.add("side", sdk::side_name(o.side));
  f.add("position_side", sdk::position_side_name(o.position_side));
  f.add("order_type", sdk::order_type_name(o.order_type));
  f.add("reduce_only", o.reduce_only ? "true" : "false");
  f.add_decimal("price", o.price, o.price_exp);
  f.add_decimal("size", o.size, o.size_exp);
  f.add_decimal("filled_size", o.filled_size, o.size_exp);
  f.add_decimal("average_price", o.average_price, o.price_exp);
  if (!sdk::view(o.last_trade_id).empty()) {
    f.add("last_trade_id", sdk::view(o.last_trade_id));
    f.add_decimal("last_price", o.last_price, o.price_exp);
    f.add_decimal("last_size", o.last_size, o.size_exp);
    f.add_decimal("last_fee", o.last_fee, o.money_exp);
  }
  f.add("created_ts", o.created_ts);
}

void add(field_list& f, const trapline_event&, const trapline_fill& t) {
  f.add("trade_id", sdk::view(t.trade_id));
  f.add("order_id", sdk::view(t.order_id));
  f.add("client_order_id", sdk::view(t.client_order_id));
  f.add("side", sdk::side_name(t.side));
  f.add("position_side", sdk::position_side_name(t.position_side));
  f.add("liquidity", sdk::liquidity_name(t.liquidity));
  f.add_decimal("price", t.price, t.price_exp);
  f.add_decimal("size", t.size, t.size_exp);
  f.add_decimal("fee", t.fee, t.money_exp);
  f.add("fee_coin", sdk::view(t.fee_coin));
  f.add_decimal("realised_pnl", t.realised_pnl, t.money_exp);
}

void add(field_list& f, const trapline_event& e, const trapline_plan_order& p) {
  add_list(f, e);
  f.add("kind", sdk::plan_kind_name(p.kind));
  if (p.kind == TRAPLINE_PLAN_NONE) return;
  f.add("plan_id", sdk::view(p.plan_id));
  f.add("client_order_id", sdk::view(p.client_order_id));
  f.add("status", sdk::plan_status_name(p.status));
  f.add("side", sdk::side_name(p.side));
  f.add("position_side", sdk::position_side_name(p.position_side));
  f.add("order_type", sdk::order_type_name(p.order_type));
  f.add("trigger_by", sdk::trigger_by_name(p.trigger_by));
  f.add_decimal("trigger_price", p.trigger_price, p.price_exp);
  f.add_decimal("price", p.price, p.price_exp);
  f.add_decimal("size", p.size, p.size_exp);
  f.add("created_ts", p.created_ts);
}

void add(field_list& f, const trapline_event& e, const trapline_account& a) {
  add_list(f, e);
  f.add("margin_coin", sdk::view(a.margin_coin));
  const auto member = [&](std::uint32_t bit, const char* name, std::int64_t v) {
    if (a.present & bit) f.add_decimal(name, v, a.money_exp);
  };
  member(TRAPLINE_ACCOUNT_HAS_AVAILABLE, "available", a.available);
  member(TRAPLINE_ACCOUNT_HAS_FROZEN, "frozen", a.frozen);
  member(TRAPLINE_ACCOUNT_HAS_EQUITY, "equity", a.equity);
  member(TRAPLINE_ACCOUNT_HAS_UNREALISED_PNL, "unrealised_pnl", a.unrealised_pnl);
}

void add(field_list& f, const trapline_event&, const trapline_gap& g) {
  f.add("reason", sdk::gap_reason_name(g.reason));
  f.add("channel", sdk::gap_channel_name(g.channel));
  f.add("lost", static_cast<std::int64_t>(g.lost));  // 0 = unknown number; of channel `bus`: over all topics
  f.add(g.channel == TRAPLINE_GAP_BUS ? "from_bus_seq" : "from_venue_seq", static_cast<std::int64_t>(g.from_seq));
  f.add(g.channel == TRAPLINE_GAP_BUS ? "to_bus_seq" : "to_venue_seq", static_cast<std::int64_t>(g.to_seq));
}

template <class Payload>
bool fill(entry& out, const trapline_event& e) {
  Payload room;
  const auto* p = sdk::payload(e, room);
  if (p) add(out.fields, e, *p);
  return p != nullptr;
}

}  // namespace

destination destination_of(std::string_view prefix, std::string_view topic, std::string_view venue) {
  auto rest = topic;
  const auto first = token(rest), second = token(rest);
  const auto tagged = [&](std::string_view v, std::string_view symbol, std::string_view suffix,
                          family kind) -> destination {
    return symbol.empty() ? destination{sdk::cat(prefix, ":{", v, ":", product, "}:", suffix), kind}
                          : destination{sdk::cat(prefix, ":{", v, ":", product, ":", symbol, "}:", suffix), kind};
  };
  if (first == "md") {
    const auto v = token(rest);
    if (second == "trade") return tagged(v, rest, "trades", family::trades);
    if (second == "book") return tagged(v, rest, "books", family::books);
    if (second == "ticker") return tagged(v, rest, "tickers", family::tickers);
    if (second == "candle") return tagged(v, rest, "candles", family::candles);
  } else if (first == "sig") {
    const auto v = venue.empty() ? std::string_view("bitget") : venue;
    if (second == "trap") return tagged(v, rest, "signals", family::signals);
    if (second == "matrix") return tagged(v, rest, "matrix", family::matrix);
  } else if (first == "acct") {
    if (second == "position") return tagged(rest, {}, "positions", family::positions);
    if (second == "order") return tagged(rest, {}, "orders", family::orders);
    if (second == "fill") return tagged(rest, {}, "fills", family::fills);
    if (second == "plan_order") return tagged(rest, {}, "plan_orders", family::plan_orders);
    if (second == "account") return tagged(rest, {}, "account", family::account);
  } else if (first == "feed" && second == "status") {
    return {sdk::cat(prefix, ":{", rest, "}:status"), family::status};
  }
  return {};
}

entry make_entry(const trapline_event& e, std::string_view symbol) {
  entry out;
  out.ts = e.ts_event != 0 ? e.ts_event : e.ts_recv;
  bool known = false;
  switch (e.type) {
    case TRAPLINE_EVENT_TRADE:
      known = fill<trapline_trade>(out, e);
      break;
    case TRAPLINE_EVENT_BOOK_SNAPSHOT:
    case TRAPLINE_EVENT_BOOK_DELTA:
      known = fill<trapline_book>(out, e);
      break;
    case TRAPLINE_EVENT_TICKER:
      known = fill<trapline_ticker>(out, e);
      break;
    case TRAPLINE_EVENT_CANDLE:
      known = fill<trapline_candle>(out, e);
      break;
    case TRAPLINE_EVENT_FEED_STATUS:
      known = fill<trapline_feed_status>(out, e);
      break;
    case TRAPLINE_EVENT_TRAP_MATRIX:
      known = fill<trapline_trap_matrix>(out, e);
      break;
    case TRAPLINE_EVENT_POSITION:
      known = fill<trapline_position>(out, e);
      break;
    case TRAPLINE_EVENT_ORDER:
      known = fill<trapline_order>(out, e);
      break;
    case TRAPLINE_EVENT_FILL:
      known = fill<trapline_fill>(out, e);
      break;
    case TRAPLINE_EVENT_PLAN_ORDER:
      known = fill<trapline_plan_order>(out, e);
      break;
    case TRAPLINE_EVENT_ACCOUNT:
      known = fill<trapline_account>(out, e);
      break;
    case TRAPLINE_EVENT_SIGNAL:
      if (const auto* s = sdk::payload<trapline_signal>(e)) {
        out.fields.add("json", signal_document(e, *s, symbol));
        known = true;
      }
      break;
    case TRAPLINE_EVENT_GAP:
      if (const auto* g = sdk::payload<trapline_gap>(e)) {
        known = fill<trapline_gap>(out, e);
        out.gap = true;
        out.covers = g->lost;
      }
      break;
    default:
      break;
  }
  if (!known) return out;
  out.type = sdk::event_name(e.type);
  if (!symbol.empty()) out.fields.add("symbol", symbol);
  if (e.ts_recv != 0) out.fields.add("ts_recv", e.ts_recv);
  if (e.flags & TRAPLINE_FLAG_HISTORY) out.fields.add("history", "true");
  if (e.flags & TRAPLINE_FLAG_AFTER_GAP) out.fields.add("after_gap", "true");
  return out;
}

entry make_list_gap(const trapline_event& e, const trapline_gap& g) {
  entry out;
  out.ts = e.ts_event != 0 ? e.ts_event : e.ts_recv;
  out.gap = true;
  out.covers = g.lost;
  json_writer w;
  w.object().key("type").string("gap").key("reason").string(sdk::gap_reason_name(g.reason));
  w.key("channel").string(sdk::gap_channel_name(g.channel));
  w.key("lost").integer(static_cast<std::int64_t>(g.lost));  // 0 = unknown number; of channel `bus`: over all topics
  w.key("first_ts").integer(out.ts).key("last_ts").integer(out.ts);
  out.json = w.take();
  return out;
}

}  // namespace trapline::redis_bridge
