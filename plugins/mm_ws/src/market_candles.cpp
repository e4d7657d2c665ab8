// Candles: each bar as it runs, and once as closed; what a lost connection left out is asked for.
#include <algorithm>
#include <utility>

#include "market_data.hpp"
#include "trapline/abi/svc/log.h"

namespace trapline::mm_ws {

void market_data::add_candle(const stream& st, const candle_row& row, bool closed, std::uint16_t flags,
                             const frame_head& head, std::int64_t received) {
  const auto& sym = *symbols_[st.symbol];
  trapline_candle p{};
  p.interval_ns = st.interval;
  p.start_ts = row.start;
  p.price_exp = sym.candle.price_exp;
  p.size_exp = sym.candle.size_exp;
  p.closed = closed;
  // take_candles() has seen that they fit.
  p.open = sdk::rescale(row.open, p.price_exp).value_or(0);
  p.high = sdk::rescale(row.high, p.price_exp).value_or(0);
  p.low = sdk::rescale(row.low, p.price_exp).value_or(0);
  p.close = sdk::rescale(row.close, p.price_exp).value_or(0);
  p.volume = sdk::rescale(row.volume, p.size_exp).value_or(0);
  // A closed bar is known from its end on. v1 has no time of its own for the running one.
  const auto ts = closed ? row.start + st.interval : head.ts != 0 ? head.ts : row.start;
  batch_.add(sdk::make_event(TRAPLINE_EVENT_CANDLE, sym.candle_topic, sym.instrument, ts, received, flags), p);
}

void market_data::take_candles(std::size_t i, const frame_head& head, std::int64_t received) {
  auto& st = streams_[i];
  const bool first = st.since_ack == 0;
  count_message(i, candles_.size());
  if (st.refetching) {
    // The answer holds the running bar, too; but if it was given before this, not the bar's end.
    st.doubtful = true;
    return;
  }
  if (!candles_.empty() && st.bars.has_running() && candles_.back().start == st.bars.previous().start &&
      sdk::compare(candles_.back().volume, st.bars.previous().volume) > 0)
    volume_grew(*symbols_[st.symbol], st.last_at);
  if (first && ask_for_missing(i)) return;
  // A row tells the whole bar, so that one of the running bar ends all doubt about it.
  if (std::exchange(st.doubtful, false) && ask_for_doubtful(i)) return;
  take_rows(i, head, received);
}

// After a (re)connect: bars between the last one that was closed and the first one that came, or those wanted at the
// start. True: they are asked for, and all of them will be taken from the answer.
bool market_data::ask_for_missing(std::size_t i) {
  auto& st = streams_[i];
  if (candles_.empty()) return false;
  const auto closed = st.bars.closed_start();
  const auto first = candles_.front().start, last = candles_.back().start;
  std::int64_t missing = 0;
  if (closed >= 0) missing = (first - closed) / st.interval - 1;
  else missing = static_cast<std::int64_t>(options_.backfill) - (last - first) / st.interval;
  if (missing <= 0) return false;
  const auto wanted =
      closed >= 0 ? (last - closed) / st.interval + 1 : static_cast<std::int64_t>(options_.backfill) + 1;
  if (history_ && history_(i, static_cast<unsigned>(std::clamp<std::int64_t>(wanted, 1, 1000)))) {
    st.refetching = true;
    return true;
  }
  if (closed >= 0) lose_bars(i, missing);
  return false;
}

// Messages were lost, or all of them for a while, and the next bar has begun since: what is known of the one before it
// may not be its end. True: it is asked for, and taken from the answer.
bool market_data::ask_for_doubtful(std::size_t i) {
  auto& st = streams_[i];
  if (candles_.empty() || !st.bars.has_running() || candles_.front().start <= st.bars.previous().start) return false;
  const auto wanted = (candles_.back().start - st.bars.previous().start) / st.interval + 1;
  if (history_ && history_(i, static_cast<unsigned>(std::clamp<std::int64_t>(wanted, 1, 1000)))) {
    st.refetching = true;
    return true;
  }
  lose_bars(i, 1);
  return false;
}

void market_data::doubt_bars(const session& link) {
  for (auto& st : streams_)
    if (st.link == &link) st.doubtful = true;
}

// What the running bar ended with is not known, so it is not said to be closed.
void market_data::lose_bars(std::size_t i, std::int64_t n) {
  auto& st = streams_[i];
  st.bars.forget_running();
  missing_candles_.add(static_cast<std::uint64_t>(n));
  out_.log(TRAPLINE_LOG_WARN,
           st.what.channel + " of " + st.what.instrument + ": " + std::to_string(n) + " bars are missing");
}

void market_data::put_candles(std::size_t i, std::span<const candle_row> rows) {
  auto& st = streams_[i];
  if (!std::exchange(st.refetching, false)) return;
  const auto closed = st.bars.closed_start();
  if (rows.empty()) return closed >= 0 ? lose_bars(i, 1) : void();
  // A thousand bars are all that one answer holds.
  if (const auto hole = closed < 0 ? 0 : (rows.front().start - closed) / st.interval - 1; hole > 0) lose_bars(i, hole);
  candles_.assign(rows.begin(), rows.end());
  batch_.clear();
  frame_head head;
  head.snapshot = true;
  take_rows(i, head, out_.now());
}

void market_data::take_rows(std::size_t i, const frame_head& head, std::int64_t received) {
  auto& st = streams_[i];
  auto& sym = *symbols_[st.symbol];
  scale finer = sym.candle;
  for (const auto& c : candles_) {
    for (const auto exp : {c.open.exp, c.high.exp, c.low.exp, c.close.exp}) finer.see_price(exp);
    finer.see_size(c.volume.exp);
  }
  const auto fits = [&](const candle_row& c) {
    for (const auto& d : {c.open, c.high, c.low, c.close})
      if (!sdk::rescale(d, finer.price_exp)) return false;
    return sdk::rescale(c.volume, finer.size_exp).has_value();
  };
  if (!std::all_of(candles_.begin(), candles_.end(), fits)) return counters_.malformed.add();
  sym.candle = finer;
  auto told = st.bars;  // as far as the bus took them
  std::uint64_t closed = 0;
  const auto flush = [&](bool last) {
    // What was refused comes with the next message: a bar must not be lost between running and closed.
    if (!publish(i, last)) {
      st.bars.restore(told, candles_);
      return false;
    }
    closed_candles_.add(closed);
    closed = 0;
    told = st.bars;
    return true;
  };
  for (std::size_t k = 0; k < candles_.size(); ++k) {
    const bool last = k + 1 == candles_.size();
    if (batch_.size() + 2 > batch::capacity && !flush(false)) return;
    const auto previous = st.bars.previous();
    const auto step = st.bars.next(candles_[k], last);
    const std::uint16_t history = head.snapshot && !last ? TRAPLINE_FLAG_HISTORY : 0;
    if (step.closes_previous) {
      ++closed;
      add_candle(st, previous, true, 0, head, received);
    }
    if (step.row != candle_track::what::repeated)
      add_candle(st, candles_[k], step.row == candle_track::what::closed, history, head, received);
  }
  flush(true);
}

}  // namespace trapline::mm_ws
