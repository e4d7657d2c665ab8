// Frames of public channels: envelope, then the decoder of the channel, in each dialect. Input: a character `1`, `2` or
// `3` for the dialect, then one frame.
#include "decode_market.hpp"
#include "frame.hpp"
#include "fuzz.hpp"
#include "trapline/net/websocket.hpp"

namespace trapline::fuzz {

using namespace trapline::mm_ws;

namespace {

struct rows {
  std::vector<trade_row> trades;
  std::vector<candle_row> candles;
  std::vector<contract_row> contracts;
  book_message book;
  ticker_row ticker;
  scale ticker_scale;
};

bool is_price(const sdk::decimal& d) { return d.mantissa > 0 && d.exp <= 0 && d.exp >= finest_exp; }

// By the venue's name of the channel; an unknown one is read as contracts, which only REST has.
bool decode(const dialect& d, const frame_head& head, ondemand::value data, rows& out) {
  for (const char* channel : {"trade", "books", "ticker", "candle1m"}) {
    const auto s = make_subscription(d, channel, "BTCUSDT");
    if (s.wire != head.channel) continue;
    switch (s.kind) {
      case channel_kind::trade:
        return decode_trades(d, data, out.trades);
      case channel_kind::book:
        return decode_book(d, data, out.book);
      case channel_kind::ticker:
        return decode_ticker(d, data, out.ticker_scale, out.ticker);
      default:
        return decode_candles(d, data, out.candles);
    }
  }
  return decode_contracts(d, data, out.contracts);
}

}  // namespace

void mm_ws_market(std::string_view input) {
  const char which = take_char(input);
  const auto& d = dialect_of(which == '1' ? "v1" : which == '3' ? "v3" : "v2");
  const padded_copy frame(input, net::simdjson_padding);
  frame_reader reader(d);
  rows out;
  bool called = false, good = false;
  auto head = reader.read(frame.text(), [&](const frame_head& h, ondemand::value data) {
    require(!called, "data is handed over once");
    called = true;
    return good = decode(d, h, data, out);
  });
  require((head.kind == frame_kind::data) <= (called && good), "a data frame is one whose data was well formed");
  for (const auto part : {head.channel, head.instrument, head.interval, head.message, head.op})
    require(frame.holds(part) || part == "default", "views lie in the frame");
  require(head.ts >= 0, "times are not negative");
  if (head.kind == frame_kind::malformed) {
    reader.guess(frame.text(), head);
    require(frame.holds(head.channel) && (frame.holds(head.instrument) || head.instrument == "default"),
            "guesses lie in the frame");
  }
  if (!good) return;
  for (const auto& t : out.trades) {
    require(t.ts > 0 && is_price(t.price) && is_price(t.size), "a trade has time, price and size");
    require(t.side == TRAPLINE_SIDE_BUY || t.side == TRAPLINE_SIDE_SELL, "a trade has a side");
    require(frame.holds(t.id) && t.id.size() < sizeof(trapline_trade::trade_id), "a trade's id fits");
  }
  std::int64_t before = 0;
  for (const auto& c : out.candles) {
    require(c.start > before && is_price(c.low) && c.volume.mantissa >= 0, "bars rise in time and have prices");
    before = c.start;
  }
  for (const auto& c : out.contracts)
    require(frame.holds(c.symbol) && is_price(c.tick) && is_price(c.lot), "a contract has steps");
  for (const auto* side : {&out.book.bids, &out.book.asks})
    for (const auto& l : *side) {
      require(l.price_exp <= 0 && l.price_exp >= finest_exp && l.size_exp <= 0 && l.size_exp >= finest_exp,
              "exponents of levels are in range");
      require(l.text_size > 2 && l.text_size <= sizeof l.text, "the text of a level fits");
    }
  require(out.book.seq >= 0 && out.book.prev_seq >= 0 && out.book.ts >= 0, "numbers of a book are not negative");
  require(out.ticker.payload.price_exp == out.ticker_scale.price_exp &&
              out.ticker.payload.size_exp == out.ticker_scale.size_exp,
          "a ticker stands in its scale");
}

}  // namespace trapline::fuzz
