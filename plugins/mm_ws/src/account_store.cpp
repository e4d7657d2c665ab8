#include "account_store.hpp"

#include <algorithm>

#include "rest_lists.hpp"
#include "trapline/abi/svc/log.h"
#include "trapline/abi/system.h"
#include "trapline/sdk/names.hpp"

namespace trapline::mm_ws {
namespace {

constexpr std::int64_t s = 1'000'000'000;
constexpr std::size_t max_instruments = 1000;

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

template <class Payload>
bool same_size(const Payload& a, const Payload& b) {
  return sdk::compare({a.size, a.size_exp}, {b.size, b.size_exp}) == 0;
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
      lists_late_(out.counter("feed_lists_late_total", "")),
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

// While one connection replaces another, both push lists, and those of one may come later.
bool account_store::is_old(list which, seen when) {
  auto& newest = lists_[which].newest;
  // A step back that is longer than any way through the net is the venue's clock that was set.
  if (when.ts != 0 && when.ts < newest && newest - when.ts < 60 * s) {
    lists_late_.add();
    return true;
  }
  if (when.ts != 0) newest = when.ts;
  return false;
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
    if (is_old(positions, when)) return 0;
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
      const ended_memory::key key(row.symbol, row.payload.side);
      if ((at != positions_.end() && row.updated_ts != 0 && row.updated_ts < at->updated) ||
          ended_positions_.overtook(key, row.updated_ts)) {
        late_.add();
        continue;
      }
      if (at != positions_.end()) positions_.erase(at);
      if (row.ended) {
        ended_positions_.remember(key, now, row.updated_ts);
        continue;
      }
      ended_positions_.forget(key);
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
    if (ended_positions_.since({std::string(row.symbol), row.payload.side}, asked_at)) continue;
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

// ---------------------------------------------------------------- losses, age

void account_store::lose(std::uint8_t reason) {
  known_ = false;
  for (auto& c : lists_) {
    c.complete = false;
    c.newest = 0;
  }
  // Nobody will say what became of these meanwhile.
  for (auto& [key, p] : plans_)
    if (!lists_plan_kind(options_.dialect(), key.second)) p.payload.status = TRAPLINE_PLAN_STATUS_UNKNOWN;
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
