#include "offline/event_lines.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>

#include "trapline/sdk/decimal.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::offline {
namespace {

namespace dom = simdjson::dom;

// What is wrong with a line; caught in parse(). Only wrong lines pay for it.
struct wrong {
  std::string text;
};
template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  throw wrong{sdk::cat(parts...)};
}

std::optional<dom::element> find(const dom::object& o, std::string_view key) {
  dom::element e;
  if (o.at_key(key).get(e) != simdjson::SUCCESS) return std::nullopt;
  return e;
}
dom::element need(const dom::object& o, std::string_view key) {
  const auto e = find(o, key);
  if (!e) refuse("lacks `", key, "`");
  return *e;
}

std::string_view as_text(const dom::element& e, std::string_view key) {
  std::string_view s;
  if (e.get(s) != simdjson::SUCCESS) refuse("`", key, "` must be a string");
  return s;
}
std::int64_t as_whole(const dom::element& e, std::string_view key) {
  std::int64_t n = 0;
  if (e.get(n) != simdjson::SUCCESS || n < 0) refuse("`", key, "` must be a whole number, 0 or more");
  return n;
}
sdk::decimal as_decimal(const dom::element& e, std::string_view key) {
  std::string_view s;
  if (e.get(s) != simdjson::SUCCESS) refuse("`", key, "` must be a string that holds a decimal number, not a number");
  const auto d = sdk::parse_decimal(s);
  if (!d) refuse("`", key, "`: '", s, "' is not a decimal number of at most 18 digits");
  return *d;
}
sdk::decimal positive(const dom::element& e, std::string_view key) {
  const auto d = as_decimal(e, key);
  if (d.mantissa <= 0) refuse("`", key, "` must be above 0");
  return d;
}
sdk::decimal not_negative(const dom::element& e, std::string_view key) {
  const auto d = as_decimal(e, key);
  if (d.mantissa < 0) refuse("`", key, "` must not be negative");
  return d;
}
std::int64_t at_exp(sdk::decimal d, int exp, std::string_view key) {
  const auto m = sdk::rescale(d, exp);
  if (!m) refuse("`", key, "` does not fit into 64 bits beside the other numbers of the line");
  return *m;
}
std::int8_t finest(std::initializer_list<sdk::decimal> all) {
  std::int8_t exp = 0;
  for (const auto& d : all) exp = std::min(exp, d.exp);
  return exp;
}

std::uint8_t side_of(const dom::object& o) {
  const auto s = as_text(need(o, "side"), "side");
  if (s == "buy") return TRAPLINE_SIDE_BUY;
  if (s == "sell") return TRAPLINE_SIDE_SELL;
  refuse("`side` must be `buy` or `sell`, found '", s, "'");
}

// A size that is followed by a unit: s, m, h, d, w.
std::int64_t interval_ns(std::string_view text) {
  const auto d = text.empty() ? std::nullopt : sdk::parse_decimal(text.substr(0, text.size() - 1));
  std::int64_t unit = 0;
  if (d) switch (text.back()) {
      case 's':
        unit = 1;
        break;
      case 'm':
        unit = 60;
        break;
      case 'h':
      case 'H':
        unit = 3600;
        break;
      case 'd':
      case 'D':
        unit = 86'400;
        break;
      case 'w':
      case 'W':
        unit = 7 * 86'400;
        break;
      default:
        break;
    }
  if (unit == 0 || d->exp != 0 || d->mantissa < 1 || d->mantissa > 10'000)
    refuse("`interval` must be like 1m, 15m, 4h, 1d, found '", text, "'");
  return d->mantissa * unit * 1'000'000'000;
}

void read_instrument(const dom::object& o, line_event& out) {
  out.venue = as_text(need(o, "venue"), "venue");
  auto& i = out.instrument = {};
  if (out.symbol.size() >= sizeof i.symbol) refuse("`symbol` is longer than 23 bytes");
  if (out.venue.empty() || out.venue.size() >= sizeof i.venue) refuse("`venue` must have 1 to 15 bytes");
  const auto tick = positive(need(o, "tick"), "tick"), lot = positive(need(o, "lot"), "lot");
  sdk::assign(i.symbol, out.symbol);
  sdk::assign(i.venue, out.venue);
  i.tick = tick.mantissa, i.price_exp = tick.exp;
  i.lot = lot.mantissa, i.size_exp = lot.exp;
}

void read_trade(const dom::object& o, line_event& out) {
  auto& t = out.trade = {};
  const auto price = positive(need(o, "price"), "price"), size = positive(need(o, "size"), "size");
  t.price = price.mantissa, t.price_exp = price.exp;
  t.size = size.mantissa, t.size_exp = size.exp;
  t.aggressor_side = side_of(o);
  if (const auto id = find(o, "id")) sdk::assign(t.trade_id, as_text(*id, "id"));  // not every venue gives one
}

struct read_level {
  sdk::decimal price, size;
};

void read_side(const dom::object& o, std::string_view key, bool snapshot, std::vector<read_level>& out) {
  dom::array list;
  if (need(o, key).get(list) != simdjson::SUCCESS) refuse("`", key, "` must be a list of [price, size]");
  out.clear();
  for (const dom::element e : list) {
    dom::array pair;
    if (e.get(pair) != simdjson::SUCCESS || pair.size() != 2) refuse("`", key, "` must be a list of [price, size]");
    const read_level l{positive(pair.at(0), key), not_negative(pair.at(1), key)};
    if (snapshot && l.size.mantissa == 0) refuse("`", key, "` of a snapshot has a level of size 0");
    out.push_back(l);
  }
}

// The ABI wants a snapshot's levels from the touch outwards; files have them in any order.
void sort_outwards(std::vector<read_level>& side, bool bids) {
  const auto nearer = [bids](const read_level& a, const read_level& b) {
    const auto c = sdk::compare(a.price, b.price);
    return bids ? c > 0 : c < 0;
  };
  if (!std::is_sorted(side.begin(), side.end(), nearer)) std::stable_sort(side.begin(), side.end(), nearer);
}

void read_book(const dom::object& o, line_event& out, std::array<std::vector<read_level>, 2>& sides) {
  auto& b = out.book = {};
  const auto action = as_text(need(o, "action"), "action");
  out.snapshot = action == "snapshot";
  if (!out.snapshot && action != "delta") refuse("`action` must be `snapshot` or `delta`, found '", action, "'");
  if (const auto seq = find(o, "seq")) b.venue_seq = static_cast<std::uint64_t>(as_whole(*seq, "seq"));
  if (const auto prev = find(o, "prev_seq")) b.venue_prev_seq = static_cast<std::uint64_t>(as_whole(*prev, "prev_seq"));
  read_side(o, "bids", out.snapshot, sides[0]);
  read_side(o, "asks", out.snapshot, sides[1]);
  if (out.snapshot)
    for (int s : {0, 1}) {
      auto& side = sides[static_cast<std::size_t>(s)];
      sort_outwards(side, s == 0);
      // Far beyond what any detector keeps; the levels at the touch stay.
      if (side.size() > TRAPLINE_BOOK_MAX_LEVELS / 2) side.resize(TRAPLINE_BOOK_MAX_LEVELS / 2);
    }
  if (sides[0].size() + sides[1].size() > TRAPLINE_BOOK_MAX_LEVELS)
    refuse("a delta of more than ", TRAPLINE_BOOK_MAX_LEVELS, " levels");
  for (const auto& side : sides)
    for (const auto& l : side) {
      b.price_exp = std::min(b.price_exp, l.price.exp);
      b.size_exp = std::min(b.size_exp, l.size.exp);
    }
  b.bid_count = static_cast<std::uint32_t>(sides[0].size());
  b.ask_count = static_cast<std::uint32_t>(sides[1].size());
  out.levels.clear();
  for (const auto& side : sides)
    for (const auto& l : side)
      out.levels.push_back({at_exp(l.price, b.price_exp, "price"), at_exp(l.size, b.size_exp, "size")});
}

void read_quote(const dom::object& o, line_event& out) {
  const auto bid = positive(need(o, "bid"), "bid"), ask = positive(need(o, "ask"), "ask");
  const auto bid_size = not_negative(need(o, "bid_size"), "bid_size");
  const auto ask_size = not_negative(need(o, "ask_size"), "ask_size");
  auto& t = out.ticker = {};
  t.present = TRAPLINE_TICKER_BID | TRAPLINE_TICKER_ASK;
  t.price_exp = finest({bid, ask});
  t.size_exp = finest({bid_size, ask_size});
  t.bid = at_exp(bid, t.price_exp, "bid"), t.ask = at_exp(ask, t.price_exp, "ask");
  t.bid_size = at_exp(bid_size, t.size_exp, "bid_size"), t.ask_size = at_exp(ask_size, t.size_exp, "ask_size");
}

void read_ticker(const dom::object& o, line_event& out) {
  auto& t = out.ticker = {};
  sdk::decimal price[3];
  constexpr std::string_view price_key[] = {"last", "mark", "index"};
  constexpr std::uint32_t price_bit[] = {TRAPLINE_TICKER_LAST, TRAPLINE_TICKER_MARK, TRAPLINE_TICKER_INDEX};
  std::int64_t* const to[] = {&t.last, &t.mark, &t.index};
  for (std::size_t i = 0; i < 3; ++i)
    if (const auto e = find(o, price_key[i])) {
      price[i] = positive(*e, price_key[i]);
      t.present |= price_bit[i];
    }
  t.price_exp = finest({price[0], price[1], price[2]});
  for (std::size_t i = 0; i < 3; ++i) *to[i] = at_exp(price[i], t.price_exp, price_key[i]);
  if (const auto e = find(o, "funding_rate")) {
    const auto d = as_decimal(*e, "funding_rate");
    t.funding_rate = d.mantissa, t.funding_exp = d.exp;
    t.present |= TRAPLINE_TICKER_FUNDING_RATE;
  }
  if (const auto e = find(o, "open_interest")) {
    const auto d = not_negative(*e, "open_interest");
    t.open_interest = d.mantissa, t.size_exp = d.exp;
    t.present |= TRAPLINE_TICKER_OPEN_INTEREST;
  }
}

void read_candle(const dom::object& o, line_event& out) {
  auto& c = out.candle = {};
  c.interval_ns = interval_ns(as_text(need(o, "interval"), "interval"));
  c.start_ts = as_whole(need(o, "start"), "start");
  const auto open = positive(need(o, "open"), "open"), high = positive(need(o, "high"), "high"),
             low = positive(need(o, "low"), "low"), close = positive(need(o, "close"), "close");
  const auto volume = not_negative(need(o, "volume"), "volume");
  bool closed = false;
  if (need(o, "closed").get(closed) != simdjson::SUCCESS) refuse("`closed` must be true or false");
  c.closed = closed;
  c.price_exp = finest({open, high, low, close});
  c.open = at_exp(open, c.price_exp, "open"), c.high = at_exp(high, c.price_exp, "high");
  c.low = at_exp(low, c.price_exp, "low"), c.close = at_exp(close, c.price_exp, "close");
  c.volume = volume.mantissa, c.size_exp = volume.exp;
  if (c.low > std::min(c.open, c.close) || c.high < std::max(c.open, c.close))
    refuse("`low` and `high` do not enclose `open` and `close`");
}

void read_gap(const dom::object& o, line_event& out) {
  auto& g = out.gap = {};
  const auto channel = as_text(need(o, "channel"), "channel");
  if (channel == "book") g.channel = TRAPLINE_GAP_BOOK;
  else if (channel == "trade") g.channel = TRAPLINE_GAP_TRADE;
  else if (channel == "bus") g.channel = TRAPLINE_GAP_BUS;
  else refuse("`channel` must be book, trade or bus, found '", channel, "'");
}

constexpr std::string_view type_names[] = {"instrument", "trade",  "book",        "quote",
                                           "ticker",     "candle", "liquidation", "gap"};

}  // namespace

struct event_parser::state {
  dom::parser parser;
  std::array<std::vector<read_level>, 2> sides;
};

event_parser::event_parser() : state_(std::make_unique<state>()) {}
event_parser::~event_parser() = default;
std::size_t event_parser::padding() noexcept { return simdjson::SIMDJSON_PADDING; }

const std::string& event_parser::parse(std::string_view line, line_event& out) {
  error_.clear();
  try {
    dom::element root;
    if (const auto e = state_->parser.parse(line.data(), line.size(), false).get(root); e != simdjson::SUCCESS)
      refuse("not JSON: ", simdjson::error_message(e));
    dom::object o;
    if (root.get(o) != simdjson::SUCCESS) refuse("expected one object a line");
    const auto type = as_text(need(o, "type"), "type");
    const auto known = std::find(std::begin(type_names), std::end(type_names), type);
    if (known == std::end(type_names)) refuse("unknown `type` '", type, "'");
    out.type = static_cast<line_type>(known - std::begin(type_names));
    out.symbol = as_text(need(o, "symbol"), "symbol");
    out.ts = 0;
    if (const auto ts = find(o, "ts")) out.ts = as_whole(*ts, "ts");
    else if (out.type != line_type::instrument) refuse("lacks `ts`");
    if (out.ts == 0 && out.type != line_type::instrument) refuse("`ts` must be above 0");
    switch (out.type) {
      case line_type::instrument:
        read_instrument(o, out);
        break;
      case line_type::trade:
        read_trade(o, out);
        break;
      case line_type::book:
        read_book(o, out, state_->sides);
        break;
      case line_type::quote:
        read_quote(o, out);
        break;
      case line_type::ticker:
        read_ticker(o, out);
        break;
      case line_type::candle:
        read_candle(o, out);
        break;
      case line_type::liquidation:
        side_of(o);
        positive(need(o, "price"), "price");
        positive(need(o, "size"), "size");
        break;
      case line_type::gap:
        read_gap(o, out);
        break;
    }
  } catch (const wrong& w) {
    error_ = w.text;
  }
  return error_;
}

}  // namespace trapline::offline
