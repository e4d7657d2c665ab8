#include "market_witness.hpp"

#include <algorithm>
#include <charconv>

#include "trapline/sdk/text.hpp"

namespace trapline::sim {
namespace {

// The first `n` levels of a side of the feed's book are the venue's, price by price and size by size.
template <class At>
bool same_levels(const std::vector<level>& real, std::size_t n, const paper_venue::instrument& i, const sdk::book& b,
                 At at) {
  if (real.size() < n) return false;
  for (std::size_t k = 0; k < n; ++k) {
    const auto price = sdk::rescale(at(k).price, b.price_exp(), i.price_exp);
    const auto size = sdk::rescale(at(k).size, b.size_exp(), i.size_exp);
    if (price != real[k].price || size != real[k].size) return false;
  }
  return true;
}

}  // namespace

market_witness::market_witness(const truth& t, findings& f, bool every_trade)
    : truth_(t), findings_(f), every_trade_(every_trade) {
  symbols_.resize(t.venue().the_simulation()->instruments().size());
}

void market_witness::forget() {
  for (auto& s : symbols_) {
    const auto gaps = s.gaps;
    s = state();
    s.gaps = gaps;
  }
}

void market_witness::watch_every_trade(bool on) {
  every_trade_ = on;
  for (auto& s : symbols_) s.last_place = 0;
}

void market_witness::blame(std::size_t symbol, const std::string& what) {
  findings_.add(now_, truth_.instrument(symbol).symbol + ": " + what);
}

void market_witness::on_event(const trapline_event& e, std::size_t symbol, std::int64_t now) {
  now_ = now;
  auto& s = symbols_[symbol];
  switch (e.type) {
    case TRAPLINE_EVENT_BOOK_SNAPSHOT:
    case TRAPLINE_EVENT_BOOK_DELTA:
      return check_book(e, *sdk::payload<trapline_book>(e), symbol);
    case TRAPLINE_EVENT_TRADE:
      return check_trade(e, *sdk::payload<trapline_trade>(e), symbol);
    case TRAPLINE_EVENT_CANDLE:
      return check_bar(*sdk::payload<trapline_candle>(e), symbol);
    case TRAPLINE_EVENT_GAP: {
      const auto& g = *sdk::payload<trapline_gap>(e);
      if (g.channel == TRAPLINE_GAP_TRADE) s.last_place = 0;
      if (g.channel != TRAPLINE_GAP_BOOK) return;
      s.book.apply(g);
      ++s.gaps;
      ++counts_.gaps;
      if (s.invalid_since < 0) s.invalid_since = now;
      return;
    }
    default:
      return;
  }
}

void market_witness::check_book(const trapline_event& e, const trapline_book& b, std::size_t symbol) {
  auto& s = symbols_[symbol];
  ++counts_.books;
  if (!s.book.apply(e, b)) return blame(symbol, "a published book event does not join, or crosses the book");
  if (s.invalid_since >= 0) {
    counts_.longest_gap = std::max(counts_.longest_gap, now_ - s.invalid_since);
    s.invalid_since = -1;
  }
  const auto* real = truth_.book(symbol, s.book.venue_seq());
  if (!real) return blame(symbol, sdk::cat("a book with number ", s.book.venue_seq(), ", which the venue never had"));
  const auto bids = s.book.bid_count(), asks = s.book.ask_count();
  const auto small = [](std::size_t n) { return n == 15 || n == 50; };
  const bool whole = bids == real->bids.size() && asks == real->asks.size();
  if (!whole) {
    // Only the best levels, as the small channel tells them.
    if (e.type != TRAPLINE_EVENT_BOOK_SNAPSHOT || (!small(bids) && bids != real->bids.size()) ||
        (!small(asks) && asks != real->asks.size()))
      return blame(symbol, sdk::cat("a book of ", bids, " and ", asks, " levels where the venue has ",
                                    real->bids.size(), " and ", real->asks.size()));
    ++counts_.partial;
  }
  const auto& i = truth_.instrument(symbol);
  if (!same_levels(real->bids, bids, i, s.book, [&](std::size_t k) { return s.book.bid(k); }) ||
      !same_levels(real->asks, asks, i, s.book, [&](std::size_t k) { return s.book.ask(k); }))
    blame(symbol, sdk::cat("the book with number ", s.book.venue_seq(), " is not the venue's"));
}

void market_witness::check_trade(const trapline_event& e, const trapline_trade& t, std::size_t symbol) {
  auto& s = symbols_[symbol];
  ++counts_.trades;
  const auto text = sdk::view(t.trade_id);
  std::uint64_t id = 0, place = 0;
  std::from_chars(text.data(), text.data() + text.size(), id);
  // A character of it, or of its name, was changed on its way. Ids are the venue's own; no client can know.
  if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return;
  const auto* real = truth_.trade(symbol, id, place);
  if (!real) return blame(symbol, sdk::cat("trade ", text, ", which the venue never had"));
  if (!s.published.insert(id).second) return blame(symbol, sdk::cat("trade ", id, " twice"));
  while (s.published.size() > 20'000) s.published.erase(s.published.begin());
  const auto& i = truth_.instrument(symbol);
  const auto taker = t.aggressor_side == TRAPLINE_SIDE_BUY ? paper_venue::side::buy : paper_venue::side::sell;
  if (sdk::rescale(t.price, t.price_exp, i.price_exp) != real->tick ||
      sdk::rescale(t.size, t.size_exp, i.size_exp) != real->lots || taker != real->taker)
    blame(symbol, sdk::cat("trade ", id, " is not as it was"));
  if (e.flags & TRAPLINE_FLAG_AFTER_GAP) s.last_place = 0;
  if (every_trade_ && s.last_place != 0 && place != s.last_place + 1)
    blame(symbol, sdk::cat("trade ", id, " is number ", place, " after ", s.last_place, ", without a GAP"));
  s.last_place = place;
}

// A bar that is said to be closed is the venue's whole bar, and comes once.
void market_witness::check_bar(const trapline_candle& c, std::size_t symbol) {
  if (!c.closed || c.interval_ns != paper_venue::bars::interval) return;
  auto& s = symbols_[symbol];
  ++counts_.bars;
  if (c.start_ts <= s.last_bar) blame(symbol, sdk::cat("the bar of ", c.start_ts, " closed twice, or out of order"));
  s.last_bar = std::max(s.last_bar, c.start_ts);
  const auto& all = truth_.venue().the_simulation()->market_of(symbol).minute_bars().all();
  const auto at = std::lower_bound(all.begin(), all.end(), c.start_ts,
                                   [](const paper_venue::bar& b, std::int64_t start) { return b.start < start; });
  if (at == all.end() || at->start != c.start_ts) {
    if (all.front().start < c.start_ts) blame(symbol, sdk::cat("a bar of ", c.start_ts, " that the venue never had"));
    return;
  }
  if (at + 1 == all.end()) return blame(symbol, sdk::cat("the bar of ", c.start_ts, " is said to be closed and runs"));
  const auto& i = truth_.instrument(symbol);
  const auto is = [&](std::int64_t value, std::int64_t tick) {
    return sdk::rescale(value, c.price_exp, i.price_exp) == tick;
  };
  if (!is(c.open, at->open) || !is(c.high, at->high) || !is(c.low, at->low) || !is(c.close, at->close) ||
      sdk::rescale(c.volume, c.size_exp, i.size_exp) != at->lots)
    blame(symbol, sdk::cat("the closed bar of ", c.start_ts, " is not the venue's"));
}

}  // namespace trapline::sim
