#include "offline/event_line_writer.hpp"

#include <span>

#include "offline/signal_lines.hpp"
#include "trapline/sdk/decimal.hpp"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::offline {
namespace {

// One line. Texts are names of symbols, venues and words, which need no escaping, but trade ids may.
class line {
 public:
  line(std::string& out, std::string_view type, const trapline_event& e, std::string_view symbol) : out_(out) {
    (out_ += "{\"type\":\"") += type;
    out_ += '"';
    number("ts", e.ts_event != 0 ? e.ts_event : e.ts_recv);
    text("symbol", symbol);
  }
  ~line() { out_ += "}\n"; }
  line(const line&) = delete;
  line& operator=(const line&) = delete;

  void key(std::string_view k) { ((out_ += ",\"") += k) += "\":"; }
  void number(std::string_view k, std::int64_t v) {
    key(k);
    out_ += std::to_string(v);
  }
  void text(std::string_view k, std::string_view v) {
    constexpr char hex[] = "0123456789abcdef";
    key(k);
    out_ += '"';
    for (const char c : v) {
      if (c == '"' || c == '\\') (out_ += '\\') += c;
      else if (static_cast<unsigned char>(c) < 0x20) ((out_ += "\\u00") += hex[c >> 4 & 15]) += hex[c & 15];
      else out_ += c;
    }
    out_ += '"';
  }
  void decimal(std::string_view k, std::int64_t mantissa, int exp) { text(k, sdk::format(mantissa, exp)); }
  void levels(std::string_view k, std::span<const trapline_level> side, const trapline_book& b) {
    key(k);
    out_ += '[';
    for (const auto& l : side) {
      if (&l != side.data()) out_ += ',';
      ((out_ += "[\"") += sdk::format(l.price, b.price_exp)) += "\",\"";
      (out_ += sdk::format(l.size, b.size_exp)) += "\"]";
    }
    out_ += ']';
  }

 private:
  std::string& out_;
};

std::string interval_text(std::int64_t ns) {
  struct unit {
    std::int64_t ns;
    char letter;
  };
  constexpr std::int64_t second = 1'000'000'000;
  for (const auto& u : {unit{604'800 * second, 'w'}, unit{86'400 * second, 'd'}, unit{3'600 * second, 'h'},
                        unit{60 * second, 'm'}, unit{second, 's'}})
    if (ns > 0 && ns % u.ns == 0) return std::to_string(ns / u.ns) + u.letter;
  return {};
}

bool append_book(std::string& out, const trapline_event& e, std::string_view symbol) {
  const auto* b = sdk::payload<trapline_book>(e);
  if (!b) return false;
  const auto count = std::uint64_t{b->bid_count} + b->ask_count;
  const auto levels = sdk::tail<trapline_level, trapline_book>(e, count);
  if (levels.size() != count) return false;
  line l(out, "book", e, symbol);
  l.text("action", e.type == TRAPLINE_EVENT_BOOK_SNAPSHOT ? "snapshot" : "delta");
  if (b->venue_seq != 0) l.number("seq", static_cast<std::int64_t>(b->venue_seq));
  if (b->venue_prev_seq != 0) l.number("prev_seq", static_cast<std::int64_t>(b->venue_prev_seq));
  l.levels("bids", levels.first(b->bid_count), *b);
  l.levels("asks", levels.subspan(b->bid_count), *b);
  return true;
}

bool append_ticker(std::string& out, const trapline_event& e, std::string_view symbol) {
  const auto* t = sdk::payload<trapline_ticker>(e);
  if (!t) return false;
  constexpr std::uint32_t of_ticker = TRAPLINE_TICKER_LAST | TRAPLINE_TICKER_MARK | TRAPLINE_TICKER_INDEX |
                                      TRAPLINE_TICKER_FUNDING_RATE | TRAPLINE_TICKER_OPEN_INTEREST;
  constexpr std::uint32_t of_quote = TRAPLINE_TICKER_BID | TRAPLINE_TICKER_ASK;
  const bool quote = (t->present & of_quote) == of_quote;
  if ((t->present & of_ticker) != 0 || !quote) {
    line l(out, "ticker", e, symbol);
    const auto price = [&](std::uint32_t bit, const char* key, std::int64_t v) {
      if ((t->present & bit) != 0) l.decimal(key, v, t->price_exp);
    };
    price(TRAPLINE_TICKER_LAST, "last", t->last);
    price(TRAPLINE_TICKER_MARK, "mark", t->mark);
    price(TRAPLINE_TICKER_INDEX, "index", t->index);
    if ((t->present & TRAPLINE_TICKER_FUNDING_RATE) != 0) l.decimal("funding_rate", t->funding_rate, t->funding_exp);
    if ((t->present & TRAPLINE_TICKER_OPEN_INTEREST) != 0) l.decimal("open_interest", t->open_interest, t->size_exp);
  }
  if (quote) {
    line l(out, "quote", e, symbol);
    l.decimal("bid", t->bid, t->price_exp);
    l.decimal("bid_size", t->bid_size, t->size_exp);
    l.decimal("ask", t->ask, t->price_exp);
    l.decimal("ask_size", t->ask_size, t->size_exp);
  }
  return true;
}

bool append_candle(std::string& out, const trapline_event& e, std::string_view symbol) {
  const auto* c = sdk::payload<trapline_candle>(e);
  const auto interval = c ? interval_text(c->interval_ns) : std::string{};
  if (interval.empty()) return false;
  line l(out, "candle", e, symbol);
  l.text("interval", interval);
  l.number("start", c->start_ts);
  l.decimal("open", c->open, c->price_exp);
  l.decimal("high", c->high, c->price_exp);
  l.decimal("low", c->low, c->price_exp);
  l.decimal("close", c->close, c->price_exp);
  l.decimal("volume", c->volume, c->size_exp);
  l.key("closed");
  out += c->closed != 0 ? "true" : "false";
  return true;
}

bool append_instrument(std::string& out, const trapline_event& e, std::string_view venue, std::string_view symbol) {
  const auto* i = sdk::payload<trapline_instrument>(e);
  if (!i || i->tick <= 0 || i->lot <= 0) return false;
  line l(out, "instrument", e, symbol);
  l.text("venue", venue);
  l.decimal("tick", i->tick, i->price_exp);
  l.decimal("lot", i->lot, i->size_exp);
  return true;
}

bool append_trade(std::string& out, const trapline_event& e, std::string_view symbol) {
  const auto* t = sdk::payload<trapline_trade>(e);
  if (!t || (t->aggressor_side != TRAPLINE_SIDE_BUY && t->aggressor_side != TRAPLINE_SIDE_SELL)) return false;
  line l(out, "trade", e, symbol);
  l.decimal("price", t->price, t->price_exp);
  l.decimal("size", t->size, t->size_exp);
  l.text("side", sdk::side_name(t->aggressor_side));
  if (t->trade_id[0] != 0) l.text("id", sdk::view(t->trade_id));
  return true;
}

bool append_gap(std::string& out, const trapline_event& e, std::string_view symbol) {
  const auto* g = sdk::payload<trapline_gap>(e);
  if (!g || g->channel > TRAPLINE_GAP_TRADE) return false;
  line l(out, "gap", e, symbol);
  l.text("channel", sdk::gap_channel_name(g->channel));
  return true;
}

}  // namespace

bool append_event(std::string& out, const trapline_event& e, std::string_view venue, std::string_view symbol) {
  if (e.space != 0 || symbol.empty()) return false;
  switch (e.type) {
    case TRAPLINE_EVENT_INSTRUMENT:
      return append_instrument(out, e, venue, symbol);
    case TRAPLINE_EVENT_TRADE:
      return append_trade(out, e, symbol);
    case TRAPLINE_EVENT_BOOK_SNAPSHOT:
    case TRAPLINE_EVENT_BOOK_DELTA:
      return append_book(out, e, symbol);
    case TRAPLINE_EVENT_TICKER:
      return append_ticker(out, e, symbol);
    case TRAPLINE_EVENT_CANDLE:
      return append_candle(out, e, symbol);
    case TRAPLINE_EVENT_GAP:
      return append_gap(out, e, symbol);
    case TRAPLINE_EVENT_SIGNAL:
      return append_signal(out, e, symbol);
    default:
      return false;
  }
}

}  // namespace trapline::offline
