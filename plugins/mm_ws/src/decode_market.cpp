#include "decode_market.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace trapline::mm_ws {
namespace {

constexpr auto ok = simdjson::SUCCESS;
// More rows than any venue sends in one frame; what is longer is refused whole.
constexpr std::size_t max_rows = 20'000;

// `text`: the number as it stands on the wire.
bool read_decimal(ondemand::value v, sdk::decimal& out, std::string_view& text) {
  ondemand::raw_json_string raw;
  if (v.get_raw_json_string().get(raw) == ok) {
    const char* const end = scan_padded_decimal(raw.raw(), out);
    if (!end || *end != '"') return false;
    text = {raw.raw(), static_cast<std::size_t>(end - raw.raw())};
    return true;
  }
  if (!scalar(v, text)) return false;
  const auto d = to_decimal(text);
  if (d) out = *d;
  return d.has_value();
}

bool read_decimal(ondemand::value v, sdk::decimal& out) {
  std::string_view text;
  return read_decimal(v, out, text);
}

bool read_side(std::string_view text, std::uint8_t& out) {
  out = text == "buy" || text == "BUY" || text == "Buy"      ? TRAPLINE_SIDE_BUY
        : text == "sell" || text == "SELL" || text == "Sell" ? TRAPLINE_SIDE_SELL
                                                             : TRAPLINE_SIDE_UNKNOWN;
  return out != TRAPLINE_SIDE_UNKNOWN;
}

bool set_trade_field(field f, ondemand::value v, trade_row& row) {
  std::string_view text;
  switch (f) {
    case field::price:
      return read_decimal(v, row.price);
    case field::size:
      return read_decimal(v, row.size);
    case field::side:
      return scalar(v, text) && read_side(text, row.side);
    case field::id:
      return scalar(v, row.id) && row.id.size() < sizeof(trapline_trade::trade_id);
    case field::ts:
      if (const auto t = scalar(v, text) ? to_time(text) : std::nullopt) {
        row.ts = *t;
        return true;
      }
      return false;
    default:
      return true;
  }
}

// `[price, size]` of a book.
bool read_level(ondemand::value v, book_level& out) {
  ondemand::array pair;
  if (v.get_array().get(pair) != ok) return false;
  std::string_view text[2];
  sdk::decimal number[2];
  std::size_t n = 0;
  for (auto element : pair) {
    ondemand::value e;
    if (std::move(element).get(e) != ok) return false;
    if (n == 2) continue;  // further columns would be news to us, and harmless
    if (!read_decimal(e, number[n], text[n])) return false;
    ++n;
  }
  const auto a = text[0].size(), b = text[1].size();
  if (n < 2 || a + 1 + b > sizeof out.text) return false;
  out.price = number[0].mantissa;
  out.price_exp = number[0].exp;
  out.size = number[1].mantissa;
  out.size_exp = number[1].exp;
  out.text_size = static_cast<std::uint8_t>(a + 1 + b);
  // A fixed number of bytes is copied by three instructions, any number by a call. What is too much is overwritten by
  // the second text, or lies behind `text_size`; both texts have the frame's padding behind them.
  constexpr std::size_t most = 22;
  static_assert(most + 1 + most == sizeof out.text);
  if (a <= most && b <= most) [[likely]] {
    std::memcpy(out.text, text[0].data(), most);
    out.text[a] = ':';
    std::memcpy(out.text + a + 1, text[1].data(), most);
  } else {
    std::memcpy(out.text, text[0].data(), a);
    out.text[a] = ':';
    std::memcpy(out.text + a + 1, text[1].data(), b);
  }
  return true;
}

bool read_levels(ondemand::value v, std::vector<book_level>& out) {
  ondemand::array levels;
  if (v.get_array().get(levels) != ok) return false;
  for (auto element : levels) {
    ondemand::value e;
    if (std::move(element).get(e) != ok || out.size() == max_rows) return false;
    if (!read_level(e, out.emplace_back())) return false;
  }
  return true;
}

// Calls f(value) for each element of the array `data`.
template <class F>
bool each(ondemand::value data, F&& f) {
  ondemand::array rows;
  if (data.get_array().get(rows) != ok) return false;
  std::size_t n = 0;
  for (auto element : rows) {
    ondemand::value row;
    if (std::move(element).get(row) != ok || ++n > max_rows || !f(row)) return false;
  }
  return true;
}

// Calls f(field, value) for each member that `names` knows.
template <class F>
bool each_field(ondemand::value row, field_finder& names, F&& f) {
  ondemand::object object;
  if (row.get_object().get(object) != ok) return false;
  for (auto member : object) {
    ondemand::field m;
    if (std::move(member).get(m) != ok) return false;
    const auto id = names.find(key_text(m.key()));
    if (id != field::none && !f(id, m.value())) return false;
  }
  return true;
}

}  // namespace

bool decode_trades(const dialect& d, ondemand::value data, std::vector<trade_row>& out) {
  field_finder names(d.trade);
  return each(data, [&](ondemand::value row) {
    auto& t = out.emplace_back();
    ondemand::json_type type{};
    if (row.type().get(type) != ok) return false;
    if (type == ondemand::json_type::array) {
      std::size_t column = 0;
      const bool good = each(row, [&](ondemand::value v) {
        return column >= d.trade_columns.size() || set_trade_field(d.trade_columns[column++], v, t);
      });
      if (!good || column < d.trade_columns.size()) return false;
    } else if (!each_field(row, names, [&](field f, ondemand::value v) { return set_trade_field(f, v, t); })) {
      return false;
    }
    return t.ts > 0 && t.price.mantissa > 0 && t.size.mantissa > 0 && t.side != TRAPLINE_SIDE_UNKNOWN;
  });
}

bool decode_book(const dialect& d, ondemand::value data, book_message& out) {
  field_finder names(d.book);
  out.clear();
  bool bids = false, asks = false;
  std::size_t rows = 0;
  const auto integer = [](ondemand::value v, std::int64_t& to, bool& has) {
    std::string_view text;
    if (!scalar(v, text)) return false;
    if (text.empty()) return true;
    const auto i = to_int(text);
    if (i) to = *i;
    has = i.has_value();
    return has;
  };
  const bool good = each(data, [&](ondemand::value row) {
    if (++rows > 1) return false;  // two states in one frame: never seen, and no rule how they would join
    return each_field(row, names, [&](field f, ondemand::value v) {
      std::string_view text;
      std::int64_t sum = 0;
      switch (f) {
        case field::bids:
          return bids = read_levels(v, out.bids);
        case field::asks:
          return asks = read_levels(v, out.asks);
        case field::seq:
          return integer(v, out.seq, out.has_seq) && out.seq >= 0;
        case field::prev_seq:
          return integer(v, out.prev_seq, out.has_prev_seq) && out.prev_seq >= 0;
        case field::checksum:
          if (!integer(v, sum, out.has_checksum) || sum < INT32_MIN || sum > UINT32_MAX) return false;
          out.checksum = static_cast<std::int32_t>(sum);
          return true;
        case field::ts:
          if (const auto t = scalar(v, text) ? to_time(text) : std::nullopt) {
            out.ts = *t;
            return true;
          }
          return false;
        default:
          return true;
      }
    });
  });
  return good && rows == 1 && bids && asks;
}

bool decode_candles(const dialect& d, ondemand::value data, std::vector<candle_row>& out) {
  field_finder names(d.candle);
  const auto set = [](candle_row& c, std::size_t i, ondemand::value v) {
    sdk::decimal* const numbers[] = {nullptr, &c.open, &c.high, &c.low, &c.close, &c.volume};
    if (i >= std::size(numbers)) return true;  // quote volumes
    if (i > 0) return read_decimal(v, *numbers[i]);
    std::string_view text;
    const auto t = scalar(v, text) ? to_time(text) : std::nullopt;
    if (t) c.start = *t;
    return t.has_value();
  };
  constexpr field columns[] = {field::ts, field::open, field::high, field::low, field::close, field::volume};
  return each(data, [&](ondemand::value row) {
    auto& c = out.emplace_back();
    ondemand::json_type type{};
    if (row.type().get(type) != ok) return false;
    std::size_t column = 0;
    const bool good =
        type == ondemand::json_type::array
            ? each(row, [&](ondemand::value v) { return set(c, column++, v); })
            : each_field(row, names, [&](field f, ondemand::value v) {
                ++column;
                return set(c, static_cast<std::size_t>(std::find(columns, std::end(columns), f) - columns), v);
              });
    const bool rising = out.size() < 2 || out[out.size() - 2].start < c.start;
    return good && rising && column >= std::size(columns) && c.start > 0 && c.low.mantissa > 0 &&
           c.volume.mantissa >= 0 && sdk::compare(c.low, c.high) <= 0;
  });
}

bool decode_contracts(const dialect& d, ondemand::value data, std::vector<contract_row>& out) {
  field_finder names(d.instrument);
  return each(data, [&](ondemand::value row) {
    contract_row c;
    sdk::decimal step;
    std::int64_t places = 0;
    const bool good = each_field(row, names, [&](field f, ondemand::value v) {
      std::string_view text;
      if (!scalar(v, text)) return false;
      const auto number = to_decimal(text);
      if (f == field::symbol) c.symbol = text;
      else if (f == field::tick && number) c.tick = *number;
      else if (f == field::lot && number) c.lot = *number;
      else if (f == field::tick_step && number) step = *number;
      else if (f == field::price_places) places = to_int(text).value_or(-1);
      return true;
    });
    // v2: tick = priceEndStep * 10^-pricePlace.
    if (c.tick.mantissa == 0 && places >= 0 && places <= -finest_exp && step.exp == 0)
      c.tick = {step.mantissa, static_cast<std::int8_t>(-places)};
    if (good && !c.symbol.empty() && c.tick.mantissa > 0 && c.lot.mantissa > 0) out.push_back(c);
    return good;
  });
}

bool decode_ticker(const dialect& d, ondemand::value data, scale& s, ticker_row& out) {
  struct slot {
    std::uint32_t bit;
    std::int64_t trapline_ticker::*member;
    bool is_size;
  };
  const auto slot_of = [](field f) -> slot {
    switch (f) {
      case field::last:
        return {TRAPLINE_TICKER_LAST, &trapline_ticker::last, false};
      case field::bid:
        return {TRAPLINE_TICKER_BID, &trapline_ticker::bid, false};
      case field::ask:
        return {TRAPLINE_TICKER_ASK, &trapline_ticker::ask, false};
      case field::mark:
        return {TRAPLINE_TICKER_MARK, &trapline_ticker::mark, false};
      case field::index:
        return {TRAPLINE_TICKER_INDEX, &trapline_ticker::index, false};
      case field::high:
        return {TRAPLINE_TICKER_HIGH_24H, &trapline_ticker::high_24h, false};
      case field::low:
        return {TRAPLINE_TICKER_LOW_24H, &trapline_ticker::low_24h, false};
      case field::bid_size:
        return {0, &trapline_ticker::bid_size, true};
      case field::ask_size:
        return {0, &trapline_ticker::ask_size, true};
      case field::open_interest:
        return {TRAPLINE_TICKER_OPEN_INTEREST, &trapline_ticker::open_interest, true};
      case field::volume:
        return {TRAPLINE_TICKER_VOLUME_24H, &trapline_ticker::volume_24h, true};
      default:
        return {0, nullptr, false};
    }
  };
  struct value {
    slot to;
    sdk::decimal number;
  };
  std::array<value, 16> values;
  std::size_t count = 0, rows = 0;
  field_finder names(d.ticker);
  const bool good = each(data, [&](ondemand::value row) {
    ++rows;
    out = {};
    count = 0;
    return each_field(row, names, [&](field f, ondemand::value v) {
      std::string_view text;
      if (!scalar(v, text)) return false;
      if (text.empty() || f == field::symbol) return true;  // no value
      if (f == field::ts || f == field::next_funding) {
        const auto t = to_time(text);
        if (!t) return false;
        (f == field::ts ? out.ts : out.payload.next_funding_ts) = *t;
        if (f == field::next_funding && *t > 0) out.payload.present |= TRAPLINE_TICKER_NEXT_FUNDING;
        return true;
      }
      const auto number = to_decimal(text);
      if (!number) return false;
      if (f == field::funding_rate) {
        out.payload.funding_rate = number->mantissa;
        out.payload.funding_exp = number->exp;
        out.payload.present |= TRAPLINE_TICKER_FUNDING_RATE;
        return true;
      }
      const auto to = slot_of(f);
      if (!to.member || count == values.size()) return true;
      values[count++] = {to, *number};
      return number->mantissa >= 0;
    });
  });
  if (!good || rows == 0) return false;
  scale finer = s;
  for (std::size_t i = 0; i < count; ++i)
    values[i].to.is_size ? finer.see_size(values[i].number.exp) : finer.see_price(values[i].number.exp);
  for (std::size_t i = 0; i < count; ++i) {
    const auto m = sdk::rescale(values[i].number, values[i].to.is_size ? finer.size_exp : finer.price_exp);
    if (!m) return false;
    out.payload.*values[i].to.member = *m;
    out.payload.present |= values[i].to.bit;
  }
  out.payload.price_exp = finer.price_exp;
  out.payload.size_exp = finer.size_exp;
  s = finer;
  return true;
}

}  // namespace trapline::mm_ws
