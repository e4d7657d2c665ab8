#include "account_store.hpp"

#include <algorithm>

#include "trapline/abi/svc/log.h"
#include "trapline/abi/system.h"
#include "trapline/sdk/names.hpp"

namespace trapline::mm_ws {
namespace {

constexpr std::int64_t s = 1'000'000'000;
constexpr std::size_t max_instruments = 1000;
constexpr std::size_t max_plans = 1000;

// The venue also lists contracts whose symbols are not capitals and digits, Chinese ones for instance. A position in
// one must not make all others unknown, so it gets a name made of its bytes, the same in each run.
std::string bus_symbol(std::string_view symbol) {
  if (valid_symbol(symbol)) return std::string(symbol);
  std::uint64_t h = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : symbol) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  std::string out = "X";
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789ABCDEF"[h >> shift & 15];
  return out;
}

std::uint16_t exactness(bool inexact) { return inexact ? TRAPLINE_FLAG_INEXACT : std::uint16_t{0}; }

template <class Payload>
bool same_size(const Payload& a, const Payload& b) {
  return sdk::compare({a.size, a.size_exp}, {b.size, b.size_exp}) == 0;
}

bool waits(const trapline_plan_order& p) {
  return p.status == TRAPLINE_PLAN_STATUS_LIVE || p.status == TRAPLINE_PLAN_STATUS_UNKNOWN;
}

}  // namespace

account_store::account_store(const options& o, outlet& out, log_limiter& log, feed_counters& counters)
    : options_(o),
      out_(out),
      log_(log),
      counters_(counters),
      position_topic_(out.topic("acct.position.bitget")),
      order_topic_(out.topic("acct.order.bitget")),
      fill_topic_(out.topic("acct.fill.bitget")),
      plan_topic_(out.topic("acct.plan_order.bitget")),
      account_topic_(out.topic("acct.account.bitget")),
      late_(out.counter("feed_orders_late_total", "")),
      repeated_(out.counter("feed_orders_repeated_total", "")),
      fills_repeated_(out.counter("feed_fills_repeated_total", "")),
      differences_(out.counter("feed_reconcile_differences_total", "")),
      lists_{{{"positions", 5 * s}, {"orders", 10 * s}, {"plan orders", 10 * s}, {"account", 30 * s}}} {}

// Symbols come up at run time: positions exist in what nobody configured. Rare, so the bus' lock does not matter.
std::uint32_t account_store::instrument_of(std::string_view symbol) {
  for (const auto& [name, id] : instruments_)
    if (name == symbol) return id;
  if (instruments_.size() == max_instruments) return 0;
  const auto bus_name = bus_symbol(symbol);
  if (bus_name != symbol) out_.log(TRAPLINE_LOG_WARN, "the account's symbol " + quoted(symbol, 60) + " is " + bus_name);
  const auto id = out_.instrument(bus_name);
  instruments_.emplace_back(std::string(symbol), id);
  return id;
}

// What was lost must be told before what comes after it: behind a list, a GAP would say that the list is void.
std::uint8_t account_store::publish(list which, const char* what) {
  if (settle() && batch_.publish(out_) == TRAPLINE_OK) {
    known_ = true;
    if (which != no_list && lists_[which].complete) {
      auto& c = lists_[which];
      c.ever = true;
      c.published = out_.mono();
      c.next = c.published + c.period;
    }
    return 0;
  }
  batch_.clear();
  counters_.refused.add();
  log_.warn(trouble::refused_by_bus,
            std::string("the bus is full: a message of ") + what + " was dropped, the account's state is unknown");
  return TRAPLINE_GAP_OVERRUN;
}

void account_store::differs(std::string_view what, std::string_view symbol, const std::string& text) {
  differences_.add();
  log_.warn(trouble::account, sdk::cat("asked by REST, the venue corrects ", what, " of ", symbol, ": ", text));
}

// ---------------------------------------------------------------- positions

bool account_store::hold(const position_row& row, std::int64_t now) {
  const auto id = instrument_of(row.symbol);
  if (id == 0 || positions_.size() == max_instruments) return false;
  positions_.push_back({std::string(row.symbol), id, row.updated_ts, now, row.inexact, row.payload});
  return true;
}

std::uint8_t account_store::push_positions(std::span<const position_row> rows, bool complete, seen when) {
  const auto now = out_.mono();
  if (complete) {
    positions_.clear();
    positions_pushed_ = now;
    lists_[positions].complete = true;
  }
  for (const auto& row : rows) {
    if (!complete) {
      const auto same = [&](const held_position& p) {
        return p.symbol == row.symbol && p.payload.side == row.payload.side;
      };
      const auto at = std::find_if(positions_.begin(), positions_.end(), same);
      if (at != positions_.end()) {
        if (row.updated_ts != 0 && row.updated_ts < at->updated) {
          late_.add();
          continue;
        }
        positions_.erase(at);
      }
      if (row.ended) continue;
    }
    // A list that lacks one position says that it is closed.
    if (!hold(row, now)) {
      counters_.malformed.add();
      return TRAPLINE_GAP_MALFORMED;
    }
  }
  return lists_[positions].complete ? publish_positions(when) : 0;
}

std::uint8_t account_store::list_positions(std::span<const position_row> rows, std::int64_t asked_at, seen when) {
  if (lists_[positions].complete && positions_pushed_ > asked_at) return publish_positions(when);
  const bool was_known = known_ && lists_[positions].complete;
  std::vector<held_position> before = std::exchange(positions_, {});
  const auto find = [](std::vector<held_position>& in, std::string_view symbol, std::uint8_t side) {
    return std::find_if(in.begin(), in.end(),
                        [&](const held_position& p) { return p.symbol == symbol && p.payload.side == side; });
  };
  for (const auto& row : rows) {
    const auto old = find(before, row.symbol, row.payload.side);
    if (old != before.end() && old->touched > asked_at) {
      positions_.push_back(std::move(*old));
      before.erase(old);
      continue;
    }
    const bool differing = old == before.end() ? !row.ended : row.ended || !same_size(old->payload, row.payload);
    if (was_known && differing)
      differs(
          "the position", row.symbol,
          sdk::cat(sdk::position_side_name(row.payload.side), " ", sdk::format(row.payload.size, row.payload.size_exp),
                   old == before.end() ? ", known: none"
                                       : ", known: " + sdk::format(old->payload.size, old->payload.size_exp)));
    if (old != before.end()) before.erase(old);
    if (row.ended) continue;
    if (!hold(row, out_.mono())) {
      counters_.malformed.add();
      return TRAPLINE_GAP_MALFORMED;
    }
  }
  for (auto& p : before) {
    if (p.touched > asked_at) positions_.push_back(std::move(p));  // opened after the question
    else if (was_known && p.payload.size != 0) differs("the position", p.symbol, "it is closed");
  }
  lists_[positions].complete = true;
  return publish_positions(when);
}

// (mark - entry) * size. Exact, or not at all.
void account_store::reckon(held_position& p) const {
  auto& q = p.payload;
  if (const auto mark = marks_ ? marks_(p.symbol) : std::nullopt) {
    const auto exp = std::min(q.price_exp, mark->exp);
    const auto m = sdk::rescale(*mark, exp), entry = sdk::rescale(q.entry_price, q.price_exp, exp),
               liquidation = sdk::rescale(q.liquidation_price, q.price_exp, exp);
    if (m && entry && liquidation) {
      q.mark_price = *m;
      q.entry_price = *entry;
      q.liquidation_price = *liquidation;
      q.price_exp = exp;
      q.present |= TRAPLINE_POSITION_HAS_MARK;
    }
  }
  q.present &= ~TRAPLINE_POSITION_HAS_MARK_PNL;
  if (!(q.present & TRAPLINE_POSITION_HAS_MARK) || q.size == 0) return;
  const auto move = q.side == TRAPLINE_POSITION_SHORT ? q.entry_price - q.mark_price : q.mark_price - q.entry_price;
  int exp = q.price_exp + q.size_exp;
  auto pnl = static_cast<__int128>(move) * q.size;
  while (exp < 0 && pnl % 10 == 0 && (pnl != 0 || exp < -8)) pnl /= 10, ++exp;
  if (pnl > INT64_MAX || pnl < INT64_MIN || exp < -sdk::max_decimal_exp) return;
  q.mark_pnl = static_cast<std::int64_t>(pnl);
  q.mark_pnl_exp = static_cast<std::int8_t>(exp);
  q.present |= TRAPLINE_POSITION_HAS_MARK_PNL;
}

std::uint8_t account_store::publish_positions(seen when) {
  batch_.clear();
  if (positions_.empty())
    batch_.add(
        sdk::make_event(TRAPLINE_EVENT_POSITION, position_topic_, 0, when.ts, when.received, TRAPLINE_FLAG_SNAPSHOT),
        trapline_position{});
  for (auto& p : positions_) {
    reckon(p);
    batch_.add(
        sdk::make_event(TRAPLINE_EVENT_POSITION, position_topic_, p.instrument, p.updated != 0 ? p.updated : when.ts,
                        when.received, static_cast<std::uint16_t>(TRAPLINE_FLAG_SNAPSHOT | exactness(p.inexact))),
        p.payload);
  }
  return publish(positions, "positions");
}

// ---------------------------------------------------------------- orders and fills

void account_store::add_order(const order_table::entry& e, std::uint16_t flags, seen when) {
  batch_.add(sdk::make_event(TRAPLINE_EVENT_ORDER, order_topic_, e.instrument, e.updated != 0 ? e.updated : when.ts,
                             when.received, flags),
             e.order);
}

bool account_store::add_fill(const fill_row& row, std::uint16_t flags, seen when) {
  const auto id = instrument_of(row.symbol);
  if (id == 0 || batch_.full()) return false;
  batch_.add(sdk::make_event(TRAPLINE_EVENT_FILL, fill_topic_, id, row.updated_ts != 0 ? row.updated_ts : when.ts,
                             when.received, static_cast<std::uint16_t>(flags | exactness(row.inexact))),
             row.payload);
  return true;
}

std::uint8_t account_store::push_orders(std::span<const order_row> rows, std::span<const fill_row> fills, seen when) {
  batch_.clear();
  std::vector<const order_row*> news;
  for (const auto& row : rows) {
    const auto verdict = orders_.judge(row);
    if (verdict == order_table::verdict::late) late_.add();
    if (verdict == order_table::verdict::repeated) repeated_.add();
    if (verdict != order_table::verdict::news) continue;
    const auto id = instrument_of(row.symbol);
    if (id == 0 || batch_.full()) {
      counters_.malformed.add();
      return TRAPLINE_GAP_MALFORMED;
    }
    add_order({{}, id, row.payload, row.updated_ts}, exactness(row.inexact), when);
    news.push_back(&row);
  }
  // A late push may still be the only one that tells of its fill.
  std::vector<const fill_row*> new_fills;
  for (const auto& f : fills) {
    const auto id = sdk::view(f.payload.trade_id);
    const bool twice = std::any_of(new_fills.begin(), new_fills.end(),
                                   [&](const fill_row* n) { return sdk::view(n->payload.trade_id) == id; });
    if (twice || fills_.knows(id)) {
      fills_repeated_.add();
      continue;
    }
    if (!add_fill(f, 0, when)) {
      counters_.malformed.add();
      return TRAPLINE_GAP_MALFORMED;
    }
    new_fills.push_back(&f);
  }
  if (batch_.size() == 0) return 0;
  if (const auto failed = publish(no_list, "orders")) return failed;
  const auto now = out_.mono();
  for (const auto* f : new_fills) fills_.remember(sdk::view(f->payload.trade_id), f->updated_ts);
  for (const auto* row : news)
    if (!orders_.take(*row, instrument_of(row->symbol), now)) {
      log_.warn(trouble::account, "more open orders than the venue allows: the list is not complete");
      return TRAPLINE_GAP_MALFORMED;
    }
  return 0;
}

std::uint8_t account_store::push_fills(std::span<const fill_row> rows, bool history, seen when) {
  batch_.clear();
  std::vector<const fill_row*> news;
  for (const auto& row : rows) {
    const auto id = sdk::view(row.payload.trade_id);
    const bool twice =
        std::any_of(news.begin(), news.end(), [&](const fill_row* n) { return sdk::view(n->payload.trade_id) == id; });
    if (twice || fills_.knows(id)) {
      fills_repeated_.add();
      continue;
    }
    if (!add_fill(row, history ? TRAPLINE_FLAG_HISTORY : std::uint16_t{0}, when)) {
      counters_.malformed.add();
      return TRAPLINE_GAP_MALFORMED;
    }
    news.push_back(&row);
  }
  if (news.empty()) return 0;
  if (const auto failed = publish(no_list, "fills")) return failed;
  for (const auto* row : news) fills_.remember(sdk::view(row->payload.trade_id), row->updated_ts);
  return 0;
}

std::uint8_t account_store::list_orders(std::span<const order_row> rows, std::int64_t asked_at, seen when,
                                        std::vector<std::pair<std::string, std::string>>& missing) {
  const bool was_known = known_ && lists_[open_orders].complete;
  const auto now = out_.mono();
  for (const auto& row : rows) {
    const auto known = orders_.open().find(sdk::view(row.payload.order_id));
    const bool there = known != orders_.open().end();
    if (there && known->second.touched > asked_at) continue;
    if (orders_.judge(row) != order_table::verdict::news) continue;
    if (was_known && !(there && known->second.uncertain))
      differs("an order", row.symbol, there ? "its state differs" : "it was not known");
    const auto id = instrument_of(row.symbol);
    if (id == 0 || !orders_.take(row, id, now)) {
      counters_.malformed.add();
      return TRAPLINE_GAP_MALFORMED;
    }
  }
  for (auto& [id, e] : orders_.open()) {
    const auto listed =
        std::any_of(rows.begin(), rows.end(), [&](const order_row& r) { return sdk::view(r.payload.order_id) == id; });
    if (listed) e.uncertain = false;
    else if (e.touched <= asked_at) missing.emplace_back(e.symbol, id);
  }
  if (was_known && !missing.empty()) differs("orders", missing.front().first, "one or more are not open any more");
  lists_[open_orders].complete = missing.empty();
  return missing.empty() ? publish_orders(when) : 0;
}

std::uint8_t account_store::forget_order(const std::string& id, seen when) {
  const auto known = orders_.open().find(id);
  if (known == orders_.open().end()) return 0;
  auto gone = known->second;
  gone.order.status = TRAPLINE_ORDER_UNKNOWN;
  batch_.clear();
  add_order(gone, 0, when);
  const auto failed = publish(no_list, "orders");
  if (!failed) orders_.forget(id);
  return failed;
}

std::uint8_t account_store::publish_orders(seen when) {
  batch_.clear();
  if (orders_.open().empty())
    batch_.add(sdk::make_event(TRAPLINE_EVENT_ORDER, order_topic_, 0, when.ts, when.received, TRAPLINE_FLAG_SNAPSHOT),
               trapline_order{});
  for (const auto& [id, e] : orders_.open()) {
    if (batch_.full()) {
      counters_.malformed.add();
      return TRAPLINE_GAP_MALFORMED;
    }
    add_order(e, TRAPLINE_FLAG_SNAPSHOT, when);
  }
  return publish(open_orders, "orders");
}

// ---------------------------------------------------------------- plan orders, coins

std::uint8_t account_store::push_plans(std::span<const plan_row> rows, seen when) {
  batch_.clear();
  const auto now = out_.mono();
  std::vector<const plan_row*> news;
  for (const auto& row : rows) {
    const auto known = plans_.find({std::string(sdk::view(row.payload.plan_id)), row.payload.kind});
    if (known != plans_.end() && row.updated_ts != 0 && row.updated_ts < known->second.updated) {
      late_.add();
      continue;
    }
    const auto id = instrument_of(row.symbol);
    if (id == 0 || batch_.full()) {
      counters_.malformed.add();
      return TRAPLINE_GAP_MALFORMED;
    }
    batch_.add(sdk::make_event(TRAPLINE_EVENT_PLAN_ORDER, plan_topic_, id,
                               row.updated_ts != 0 ? row.updated_ts : when.ts, when.received, exactness(row.inexact)),
               row.payload);
    news.push_back(&row);
  }
  if (news.empty()) return 0;
  if (const auto failed = publish(no_list, "plan orders")) return failed;
  for (const auto* row : news) {
    const auto key = std::pair(std::string(sdk::view(row->payload.plan_id)), row->payload.kind);
    if (!waits(row->payload)) plans_.erase(key);
    else if (plans_.size() < max_plans || plans_.contains(key))
      plans_[key] = {
          std::string(row->symbol), instrument_of(row->symbol), row->updated_ts, now, row->inexact, row->payload};
    else return TRAPLINE_GAP_MALFORMED;
  }
  return 0;
}

std::uint8_t account_store::list_plans(std::span<const plan_row> rows, std::int64_t asked_at, seen when) {
  const bool was_known = known_ && lists_[plans].complete;
  const auto now = out_.mono();
  auto before = std::exchange(plans_, {});
  for (const auto& row : rows) {
    const auto key = std::pair(std::string(sdk::view(row.payload.plan_id)), row.payload.kind);
    const auto old = before.find(key);
    if (old != before.end() && old->second.touched > asked_at) continue;
    if (old == before.end() && was_known) differs("a plan order", row.symbol, "it was not known");
    if (old != before.end()) before.erase(old);
    const auto id = instrument_of(row.symbol);
    if (id == 0 || plans_.size() >= max_plans) {
      counters_.malformed.add();
      return TRAPLINE_GAP_MALFORMED;
    }
    plans_[key] = {std::string(row.symbol), id, row.updated_ts, now, row.inexact, row.payload};
  }
  for (auto& [key, p] : before) {
    if (p.touched > asked_at) plans_.emplace(key, std::move(p));
    else if (was_known) differs("a plan order", p.symbol, "it does not wait any more");
  }
  lists_[plans].complete = true;
  return publish_plans(when);
}

std::uint8_t account_store::publish_plans(seen when) {
  batch_.clear();
  if (plans_.empty())
    batch_.add(
        sdk::make_event(TRAPLINE_EVENT_PLAN_ORDER, plan_topic_, 0, when.ts, when.received, TRAPLINE_FLAG_SNAPSHOT),
        trapline_plan_order{});
  for (const auto& [key, p] : plans_)
    batch_.add(
        sdk::make_event(TRAPLINE_EVENT_PLAN_ORDER, plan_topic_, p.instrument, p.updated != 0 ? p.updated : when.ts,
                        when.received, static_cast<std::uint16_t>(TRAPLINE_FLAG_SNAPSHOT | exactness(p.inexact))),
        p.payload);
  return publish(plans, "plan orders");
}

std::uint8_t account_store::push_accounts(std::span<const account_row> rows, seen when) {
  accounts_.clear();
  for (const auto& row : rows) accounts_[std::string(sdk::view(row.payload.margin_coin))] = {row.inexact, row.payload};
  lists_[accounts].complete = true;
  return publish_accounts(when);
}

std::uint8_t account_store::publish_accounts(seen when) {
  batch_.clear();
  for (const auto& [coin, a] : accounts_) {
    if (batch_.full()) break;
    batch_.add(sdk::make_event(TRAPLINE_EVENT_ACCOUNT, account_topic_, 0, when.ts, when.received,
                               static_cast<std::uint16_t>(TRAPLINE_FLAG_SNAPSHOT | exactness(a.inexact))),
               a.payload);
  }
  return publish(accounts, "account");
}

// ---------------------------------------------------------------- losses, age

void account_store::lose(std::uint8_t reason) {
  known_ = false;
  for (auto& c : lists_) c.complete = false;
  if (!gap_pending_) gap_reason_ = reason;
  gap_pending_ = true;
  uncertain_pending_ = true;
  counters_.gaps.add();
  settle();
}

bool account_store::settle() {
  if (gap_pending_) {
    trapline_gap p{};
    p.channel = TRAPLINE_GAP_PRIVATE;
    p.reason = gap_reason_;
    const auto e = sdk::make_event(TRAPLINE_EVENT_GAP, position_topic_, 0, 0, out_.now(), TRAPLINE_FLAG_LAST_IN_BATCH);
    const trapline_frame f{&e, &p, sizeof p, 0};
    gap_pending_ = out_.publish(&f, 1) != TRAPLINE_OK;
  }
  return !gap_pending_ && (!uncertain_pending_ || tell_uncertain_orders());
}

// Order by order, as the caller's batch may be waiting.
bool account_store::tell_uncertain_orders() {
  for (auto& [id, e] : orders_.open()) {
    if (e.uncertain) continue;
    auto p = e.order;
    p.status = TRAPLINE_ORDER_UNKNOWN;
    const auto event =
        sdk::make_event(TRAPLINE_EVENT_ORDER, order_topic_, e.instrument, 0, out_.now(), TRAPLINE_FLAG_LAST_IN_BATCH);
    const trapline_frame f{&event, &p, sizeof p, 0};
    if (out_.publish(&f, 1) != TRAPLINE_OK) return false;
    e.uncertain = true;
  }
  uncertain_pending_ = false;
  return true;
}

std::int64_t account_store::deadline() const {
  auto due = INT64_MAX;
  for (const auto& c : lists_)
    if (c.complete && c.ever) due = std::min(due, c.next);
  return due;
}

void account_store::advance() {
  const auto now = out_.mono();
  const seen when{0, out_.now()};
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    auto& c = lists_[i];
    if (!c.complete || !c.ever || now < c.next) continue;
    const auto failed = i == positions     ? publish_positions(when)
                        : i == open_orders ? publish_orders(when)
                        : i == plans       ? publish_plans(when)
                                           : publish_accounts(when);
    // Nothing was lost: it is only old news that waits. Soon again.
    if (failed) c.next = now + s / 10;
  }
}

std::string account_store::stale() const {
  const auto now = out_.mono();
  for (const auto& c : lists_)
    if (c.ever && now - c.published > 3 * c.period)
      return sdk::cat(c.name, " were last known ", (now - c.published) / s, " s ago");
  return {};
}

}  // namespace trapline::mm_ws
