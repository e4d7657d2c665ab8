// What the venue pushes: the simulation's events as rows of the subscribed channels.
#include <algorithm>

#include "venue.hpp"
#include "wire_private.hpp"

namespace trapline::paper_venue {
namespace {

constexpr std::size_t candle_history = 1000;
constexpr std::int64_t period = 5 * second;  // v3 repeats positions and account

}  // namespace

void venue::push(session& s, const subscription& sub, wire::action a, std::string_view data) {
  send(s, wire::push(sub.arg.speaks, a, sub.arg.echo, data, simulation_->now()),
       is_private(sub.what.what) ? frame_kind::private_data : frame_kind::data);
}

void venue::send_initial(session& s, const subscription& sub) {
  const auto d = sub.arg.speaks;
  const auto& e = simulation_->the_exchange();
  const auto symbol = sub.what.symbol.value_or(0);
  const instrument& i = simulation_->instruments()[symbol];
  std::string data;
  switch (sub.what.what) {
    case channel::trade:
      data = wire::trade_rows(d, i, simulation_->recent_trades(symbol));
      if (data.empty()) return;
      break;
    case channel::books: {
      const auto& feed = simulation_->feed_of(symbol);
      data = sub.what.levels == 0 ? wire::book_snapshot(d, i, feed, settings_.checksum, simulation_->now())
                                  : wire::book_top(d, i, feed, sub.what.levels, simulation_->now());
      break;
    }
    case channel::ticker:
      data = wire::ticker(d, i, simulation_->market_of(symbol));
      break;
    case channel::candle:
      data = candles(sub, candle_history);
      break;
    case channel::positions:
      data = wire::position_rows(d, e, sub.what.symbol);
      break;
    case channel::account:
      data = wire::account_row(d, e);
      break;
    case channel::equity:
      data = wire::equity_row(e);
      break;
    case channel::orders:  // Bitget gives no list of open orders here
    case channel::fill:
    case channel::plans:
    case channel::history:
    case channel::quiet:
      return;
  }
  push(s, sub, wire::action::snapshot, data);
}

std::string venue::candles(const subscription& sub, std::size_t count) const {
  const auto symbol = *sub.what.symbol;
  const auto& c = *sub.what.interval;
  return wire::candle_rows(sub.arg.speaks, simulation_->instruments()[symbol],
                           simulation_->market_of(symbol).minute_bars().joined(c.minutes, c.offset_minutes, count));
}

template <class Each>
void venue::for_each_subscription(channel what, std::optional<std::size_t> symbol, Each each) {
  for (auto& s : sessions_) {
    if (s->closing) continue;
    for (auto& sub : s->subscriptions)
      if (sub.what.what == what && !sub.muted && (!sub.what.symbol || !symbol || sub.what.symbol == symbol))
        each(*s, sub);
  }
}

// `make` is called once for each dialect that somebody speaks.
template <class Make>
void venue::push_to_all(channel what, std::optional<std::size_t> symbol, wire::action a, Make make) {
  std::array<std::optional<std::string>, dialects> data;
  for_each_subscription(what, symbol, [&](session& s, const subscription& sub) {
    auto& mine = data[static_cast<std::size_t>(sub.arg.speaks)];
    if (!mine) mine = make(sub.arg.speaks);
    push(s, sub, a, *mine);
  });
}

void venue::on_episode(std::size_t symbol, const episode_truth& truth) {
  if (hooks_.episode) hooks_.episode(symbol, truth);
}

void venue::on_trades(std::size_t symbol, const std::vector<trade>& trades) {
  const auto& i = simulation_->instruments()[symbol];
  std::array<std::optional<std::string>, dialects> rows;
  for_each_subscription(channel::trade, symbol, [&](session& s, const subscription& sub) {
    const auto d = sub.arg.speaks;
    if (d == dialect::v1) {  // one trade a message
      for (const auto& t : trades) push(s, sub, wire::action::update, wire::trade_row(d, i, t));
      return;
    }
    auto& mine = rows[static_cast<std::size_t>(d)];
    if (!mine) mine = wire::trade_rows(d, i, {trades.begin(), trades.end()});
    push(s, sub, wire::action::update, *mine);
  });
}

void venue::on_book(std::size_t symbol) {
  const auto& i = simulation_->instruments()[symbol];
  const auto& feed = simulation_->feed_of(symbol);
  std::array<std::optional<std::string>, dialects> changes;
  bool skipped = false, falsified = false;
  for_each_subscription(channel::books, symbol, [&](session& s, const subscription& sub) {
    const auto d = sub.arg.speaks;
    if (sub.what.levels != 0)
      return push(s, sub, wire::action::snapshot, wire::book_top(d, i, feed, sub.what.levels, simulation_->now()));
    skipped = skipped || skip_next_book_;
    if (skip_next_book_) return;
    auto& mine = changes[static_cast<std::size_t>(d)];
    if (!mine) mine = wire::book_update(d, i, feed, settings_.checksum, falsify_next_, simulation_->now());
    falsified = falsified || falsify_next_;
    push(s, sub, wire::action::update, *mine);
  });
  if (skipped) skip_next_book_ = false;
  if (falsified) falsify_next_ = false;
}

void venue::on_ticker(std::size_t symbol) {
  push_to_all(channel::ticker, symbol, wire::action::snapshot, [&](dialect d) {
    return wire::ticker(d, simulation_->instruments()[symbol], simulation_->market_of(symbol));
  });
}

void venue::on_candle(std::size_t symbol, bool closed) {
  const auto minute = simulation_->market_of(symbol).minute_bars().all().back().start / bars::interval;
  for_each_subscription(channel::candle, symbol, [&](session& s, const subscription& sub) {
    const auto& c = *sub.what.interval;
    const bool ended = closed && (minute - c.offset_minutes) % c.minutes == 0;
    push(s, sub, wire::action::update, candles(sub, ended ? 2 : 1));
  });
}

void venue::push_positions() {
  for_each_subscription(channel::positions, std::nullopt, [&](session& s, const subscription& sub) {
    push(s, sub, wire::action::snapshot,
         wire::position_rows(sub.arg.speaks, simulation_->the_exchange(), sub.what.symbol));
  });
}

void venue::on_order(const order& o) {
  const auto& e = simulation_->the_exchange();
  push_to_all(channel::orders, o.symbol, wire::action::snapshot, [&](dialect d) { return wire::order_row(d, e, o); });
  const bool traded = o.last && o.status != order_status::canceled;
  // v3 tells positions when they change, v1 and v2 whenever an order does.
  for_each_subscription(channel::positions, std::nullopt, [&](session& s, const subscription& sub) {
    if (sub.arg.speaks == dialect::v3) {
      if (!traded) return;
      const auto rows = wire::position_rows(dialect::v3, e, o.symbol);
      if (!rows.empty()) push(s, sub, wire::action::snapshot, rows);
      return;
    }
    push(s, sub, wire::action::snapshot, wire::position_rows(sub.arg.speaks, e, sub.what.symbol));
  });
  if (!traded) return;
  push_to_all(channel::account, std::nullopt, wire::action::snapshot,
              [&](dialect d) { return wire::account_row(d, e); });
  push_to_all(channel::equity, std::nullopt, wire::action::snapshot, [&](dialect) { return wire::equity_row(e); });
}

void venue::on_execution(const execution& x) {
  push_to_all(channel::fill, x.symbol, wire::action::snapshot,
              [&](dialect d) { return wire::fill_row(d, simulation_->the_exchange(), x); });
}

void venue::on_plan(const plan_order& p) {
  push_to_all(channel::plans, p.symbol, wire::action::snapshot,
              [&](dialect d) { return wire::plan_row(d, simulation_->the_exchange(), p); });
}

void venue::on_position_closed(const position& p) {
  const auto& e = simulation_->the_exchange();
  push_to_all(channel::history, p.symbol, wire::action::snapshot, [&](dialect d) { return wire::closed_row(d, e, p); });
  for_each_subscription(channel::positions, p.symbol, [&](session& s, const subscription& sub) {
    if (sub.arg.speaks == dialect::v3) push(s, sub, wire::action::snapshot, wire::closed_row(dialect::v3, e, p));
  });
}

void venue::on_funding(std::size_t) {
  push_positions();
  push_to_all(channel::account, std::nullopt, wire::action::snapshot,
              [&](dialect d) { return wire::account_row(d, simulation_->the_exchange()); });
}

void venue::push_periodically(std::int64_t mono) {
  if (!simulation_ || mono < next_periodic_) return;
  next_periodic_ = mono + period;
  const auto& e = simulation_->the_exchange();
  for (const auto what : {channel::positions, channel::account})
    for_each_subscription(what, std::nullopt, [&](session& s, const subscription& sub) {
      if (sub.arg.speaks != dialect::v3) return;
      push(s, sub, wire::action::snapshot,
           what == channel::account ? wire::account_row(dialect::v3, e)
                                    : wire::position_rows(dialect::v3, e, sub.what.symbol));
    });
}

}  // namespace trapline::paper_venue
