#include "market_data.hpp"

#include <algorithm>
#include <bit>

#include "trapline/abi/system.h"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::mm_ws {
namespace {

// A connection that was silent for so long may have missed the end of a bar.
constexpr std::int64_t one_second = 1'000'000'000;
constexpr std::int64_t long_pause = 3 * one_second;

std::size_t hash(std::string_view channel, std::string_view instrument, std::string_view interval) noexcept {
  std::uint64_t h = 0xcbf29ce484222325u;
  for (const char c : channel) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  for (const char c : instrument) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  for (const char c : interval) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return static_cast<std::size_t>(h ^ (h >> 32));
}

}  // namespace

market_data::market_data(const options& o, outlet& out, log_limiter& log, feed_counters& counters)
    : options_(o),
      dialect_(o.dialect()),
      out_(out),
      log_(log),
      counters_(counters),
      verified_(out.counter("feed_checksums_verified_total", "")),
      ignored_(out.counter("feed_book_ignored_total", "")),
      closed_candles_(out.counter("feed_candles_closed_total", "")),
      missing_candles_(out.counter("feed_candles_missing_total", "")),
      unknown_(out.counter("feed_unknown_stream_total", "")),
      degraded_(out.counter("feed_book_degraded_total", "")),
      clock_check_(out) {
  for (std::uint8_t r = 1; r < invalid_.size(); ++r)
    invalid_[r] = out.counter("feed_book_invalid_total", sdk::cat("reason=\"", sdk::gap_reason_name(r), "\""));
  for (const auto& name : o.symbols) {
    auto sym = std::make_unique<symbol_state>();
    sym->name = name;
    sym->instrument = out.instrument(name);
    sym->trade_topic = out.topic("md.trade.bitget." + name);
    sym->book_topic = out.topic("md.book.bitget." + name);
    sym->ticker_topic = out.topic("md.ticker.bitget." + name);
    sym->candle_topic = out.topic("md.candle.bitget." + name);
    sym->instrument_topic = out.topic("md.instrument.bitget." + name);
    for (const auto& channel : o.channels) {
      stream st;
      st.what = make_subscription(dialect_, channel, name);
      st.symbol = symbols_.size();
      st.interval = candle_interval(channel);
      const auto label = "channel=\"" + channel + "\"";
      st.messages = out.counter("feed_messages_total", label);
      st.rows = out.counter("feed_rows_total", label);
      st.resyncs.reserve(o.max_resyncs);
      streams_.push_back(std::move(st));
    }
    symbols_.push_back(std::move(sym));
  }
  index_.assign(std::bit_ceil(2 * streams_.size() + 1), 0);
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    auto at = hash(streams_[i].what.wire, streams_[i].what.instrument, streams_[i].what.interval) & (index_.size() - 1);
    while (index_[at] != 0) at = (at + 1) & (index_.size() - 1);
    index_[at] = static_cast<std::uint32_t>(i + 1);
  }
  book_payload_.resize(TRAPLINE_EVENT_MAX / sizeof(std::int64_t));
}

std::vector<subscription> market_data::subscriptions() const {
  std::vector<subscription> out;
  for (const auto& st : streams_) out.push_back(st.what);
  return out;
}

std::size_t market_data::find(std::string_view wire, std::string_view instrument,
                              std::string_view interval) const noexcept {
  auto at = hash(wire, instrument, interval) & (index_.size() - 1);
  for (; index_[at] != 0; at = (at + 1) & (index_.size() - 1)) {
    const auto& w = streams_[index_[at] - 1].what;
    if (w.wire == wire && w.instrument == instrument && w.interval == interval) return index_[at] - 1;
  }
  // Rare enough for a search: a book that was replaced by the small one.
  if (wire == dialect_.small_book)
    for (std::size_t i = 0; i < streams_.size(); ++i)
      if (streams_[i].small && streams_[i].what.instrument == instrument) return i;
  return streams_.size();
}

// ---------------------------------------------------------------- frames

bool market_data::decode(const frame_head& head, ondemand::value data) {
  current_ = find(head.channel, head.instrument, head.interval);
  if (current_ == streams_.size()) return true;  // told by take()
  switch (streams_[current_].what.kind) {
    case channel_kind::trade:
      trades_.clear();
      return decode_trades(dialect_, data, trades_);
    case channel_kind::book:
      return decode_book(dialect_, data, book_);
    case channel_kind::candle:
      candles_.clear();
      return decode_candles(dialect_, data, candles_);
    case channel_kind::ticker:
      return decode_ticker(dialect_, data, symbols_[streams_[current_].symbol]->ticker, ticker_);
    default:
      return false;
  }
}

void market_data::take(session& from, const frame_head& head, std::int64_t received) {
  if (current_ == streams_.size()) {
    unknown_.add();
    log_.warn(trouble::unknown_stream, "data that was not subscribed: channel " + quoted(head.channel, 40) + " of " +
                                           quoted(head.instrument, 40));
    return;
  }
  if (!accept(from, current_, head)) return;
  if (from.pause_before() >= long_pause) doubt_bars(from);
  clock_check_.see(head.ts, received + clock_offset_, streams_[current_].newest_ts);
  batch_.clear();
  switch (streams_[current_].what.kind) {
    case channel_kind::trade:
      return take_trades(current_, head, received);
    case channel_kind::book:
      return take_book(current_, head, received);
    case channel_kind::candle:
      return take_candles(current_, head, received);
    case channel_kind::ticker:
      return take_ticker(current_, head, received);
    default:
      return;
  }
}

void market_data::on_malformed(session& from, const frame_head& head) {
  const auto known = find(head.channel, head.instrument, head.interval);
  if (known < streams_.size()) {
    if (streams_[known].link != &from) return;  // the connection that counts lost nothing
    const auto kind = streams_[known].what.kind;
    if (kind == channel_kind::book && !streams_[known].given_up) invalidate_book(known, TRAPLINE_GAP_MALFORMED);
    if (kind == channel_kind::trade) tell_gap(known, TRAPLINE_GAP_MALFORMED, 0);
    if (kind == channel_kind::candle) streams_[known].doubtful = true;
    return;
  }
  // It may have been about anything. A book with sequence numbers or checksums finds out by itself.
  doubt_bars(from);
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    auto& st = streams_[i];
    if (st.link != &from) continue;
    const auto& book = symbols_[st.symbol]->book;
    if (st.what.kind == channel_kind::trade && !st.after_gap) tell_gap(i, TRAPLINE_GAP_MALFORMED, 0);
    if (st.what.kind == channel_kind::book && book.valid() && !book.vouched())
      invalidate_book(i, TRAPLINE_GAP_MALFORMED);
  }
}

void market_data::count_message(std::size_t i, std::size_t rows) {
  auto& st = streams_[i];
  auto& sym = *symbols_[st.symbol];
  counters_.messages.add();
  st.messages.add();
  st.rows.add(rows);
  const auto now = st.link->last_inbound();
  if (st.since_ack % 1024 == 1023) st.longest_pause /= 2;  // habits change with the hour
  if (st.since_ack++ > 0 && !st.silent) st.longest_pause = std::max(st.longest_pause, now - st.last_at);
  st.last_at = now;
  st.symbol_mark = ++sym.messages;
  if (st.silent) {
    st.silent = false;
    if (st.what.kind != channel_kind::book) set_ready(i, true);
  }
}

// Both come in their own time, so that the growth by one trade may be told several times, and a little after it.
void market_data::volume_grew(symbol_state& sym, std::int64_t now) {
  if (now - sym.traded_at < 2 * one_second || now - sym.volume_grew_at < one_second) return;
  sym.volume_grew_at = now;
  ++sym.seconds_untold;
}

void market_data::announce(symbol_state& sym, std::int64_t received) {
  scale finest = sym.market;
  if (sym.tick.mantissa > 0) finest.see_price(sym.tick.exp);
  if (sym.lot.mantissa > 0) finest.see_size(sym.lot.exp);
  if (sym.is_announced && sym.announced == finest) return;
  trapline_instrument p{};
  sdk::assign(p.symbol, sym.name);
  sdk::assign(p.venue, "bitget");
  p.price_exp = finest.price_exp;
  p.size_exp = finest.size_exp;
  p.tick = sdk::rescale(sym.tick, p.price_exp).value_or(0);
  p.lot = sdk::rescale(sym.lot, p.size_exp).value_or(0);
  const auto e = sdk::make_event(TRAPLINE_EVENT_INSTRUMENT, sym.instrument_topic, sym.instrument, 0, received);
  const trapline_frame f{&e, &p, sizeof p, 0};
  if (out_.publish(&f, 1) != TRAPLINE_OK) return;  // comes with the next message
  sym.is_announced = true;
  sym.announced = finest;
}

std::optional<sdk::decimal> market_data::mark_of(std::string_view symbol) const {
  for (const auto& s : symbols_)
    if (s->name == symbol) return s->mark;
  return std::nullopt;
}

void market_data::put_contract(const contract_row& c) {
  for (auto& s : symbols_) {
    if (s->name != c.symbol) continue;
    const bool news = sdk::compare(s->tick, c.tick) != 0 || sdk::compare(s->lot, c.lot) != 0;
    s->tick = c.tick;
    s->lot = c.lot;
    if (news) s->is_announced = false;
    announce(*s, out_.now());
  }
}

bool market_data::publish(std::size_t i, bool last) {
  if (batch_.publish(out_, last) == TRAPLINE_OK) return true;
  counters_.refused.add();
  log_.warn(trouble::refused_by_bus, "the bus is full: a message of " + streams_[i].what.channel + " of " +
                                         streams_[i].what.instrument + " was dropped");
  return false;
}

// ---------------------------------------------------------------- trades, tickers, candles

void market_data::take_trades(std::size_t i, const frame_head& head, std::int64_t received) {
  auto& st = streams_[i];
  auto& sym = *symbols_[st.symbol];
  count_message(i, trades_.size());
  sym.traded_at = st.last_at;
  sym.seconds_untold = 0;
  const bool history = st.history_pending && head.snapshot;
  if (history) st.history_pending = false;
  // The venue sends the newest first; consumers get them as they happened.
  if (trades_.size() > 1 && trades_.front().ts >= trades_.back().ts) std::reverse(trades_.begin(), trades_.end());
  scale finer = sym.market;
  for (const auto& t : trades_) {
    finer.see_price(t.price.exp);
    finer.see_size(t.size.exp);
  }
  for (const auto& t : trades_)
    if (!sdk::rescale(t.price, finer.price_exp) || !sdk::rescale(t.size, finer.size_exp)) {
      counters_.malformed.add();
      return tell_gap(i, TRAPLINE_GAP_MALFORMED, trades_.size());
    }
  sym.market = finer;
  announce(sym, received);

  const bool overlap = history && st.acks > 1;
  if (overlap) sym.trades.begin_overlap();
  std::uint64_t known = 0, lost = 0;
  std::uint16_t flags = history ? TRAPLINE_FLAG_HISTORY : 0;
  for (const auto& t : trades_) {
    const auto key = trade_memory::key_of(t);
    const bool by_id = !t.id.empty();  // asked of each row: a broken one says nothing about the others
    if (by_id ? sym.trades.seen_before(key) : overlap && sym.trades.overlaps(key)) {
      ++known;
      continue;
    }
    if (!by_id) sym.trades.remember(key);
    trapline_trade p{};
    p.price = *sdk::rescale(t.price, finer.price_exp);
    p.size = *sdk::rescale(t.size, finer.size_exp);
    p.price_exp = finer.price_exp;
    p.size_exp = finer.size_exp;
    p.aggressor_side = t.side;
    sdk::assign(p.trade_id, t.id);
    // Trades between two subscriptions are lost unless the venue's recent ones reach back to the last known one.
    const bool first_after_gap = st.after_gap && known == 0;
    st.after_gap = false;
    batch_.add(sdk::make_event(TRAPLINE_EVENT_TRADE, sym.trade_topic, sym.instrument, t.ts, received,
                               static_cast<std::uint16_t>(flags | (first_after_gap ? TRAPLINE_FLAG_AFTER_GAP : 0))),
               p);
    if (batch_.full()) {
      const auto n = batch_.size();
      if (!publish(i, false)) lost += n;
    }
  }
  counters_.duplicates.add(known);
  const auto n = batch_.size();
  if (n > 0 && !publish(i)) lost += n;
  if (lost > 0) tell_gap(i, TRAPLINE_GAP_OVERRUN, lost);
}

void market_data::take_ticker(std::size_t i, const frame_head& head, std::int64_t received) {
  auto& sym = *symbols_[streams_[i].symbol];
  count_message(i, 1);
  if (ticker_.payload.present & TRAPLINE_TICKER_MARK) sym.mark = {ticker_.payload.mark, ticker_.payload.price_exp};
  if (ticker_.payload.present & TRAPLINE_TICKER_VOLUME_24H) {
    const sdk::decimal volume{ticker_.payload.volume_24h, ticker_.payload.size_exp};
    // It shrinks by itself as the trades of yesterday leave it.
    if (sym.volume && sdk::compare(volume, *sym.volume) > 0) volume_grew(sym, streams_[i].last_at);
    sym.volume = volume;
  }
  const auto ts = ticker_.ts != 0 ? ticker_.ts : head.ts;
  batch_.add(sdk::make_event(TRAPLINE_EVENT_TICKER, sym.ticker_topic, sym.instrument, ts, received), ticker_.payload);
  publish(i);
}

}  // namespace trapline::mm_ws
