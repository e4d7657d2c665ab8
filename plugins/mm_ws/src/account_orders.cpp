// The store's orders, fills, plan orders and coins.
#include <algorithm>

#include "account_store.hpp"
#include "rest_lists.hpp"
#include "trapline/abi/system.h"
#include "trapline/sdk/names.hpp"

namespace trapline::mm_ws {
namespace {

constexpr std::size_t max_plans = 1000;

bool waits(const trapline_plan_order& p) {
  return p.status == TRAPLINE_PLAN_STATUS_LIVE || p.status == TRAPLINE_PLAN_STATUS_UNKNOWN;
}

}  // namespace

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
  std::vector<new_fill> new_fills;
  if (!add_new_fills(fills, 0, when, new_fills)) return TRAPLINE_GAP_MALFORMED;
  if (batch_.size() == 0) return 0;
  if (const auto failed = publish(no_list, "orders")) return failed;
  const auto now = out_.mono();
  for (const auto& f : new_fills) fills_.remember(f.key, f.ts);
  for (const auto* row : news)
    if (!orders_.take(*row, instrument_of(row->symbol), now)) {
      log_.warn(trouble::account, "more open orders than the venue allows: the list is not complete");
      return TRAPLINE_GAP_MALFORMED;
    }
  return 0;
}

bool account_store::add_new_fills(std::span<const fill_row> rows, std::int64_t history_before, seen when,
                                  std::vector<new_fill>& news) {
  for (const auto& row : rows) {
    auto key = execution_key(sdk::view(row.payload.trade_id), sdk::view(row.payload.order_id));
    const bool twice = std::any_of(news.begin(), news.end(), [&](const new_fill& n) { return n.key == key; });
    if (twice || fills_.knows(key)) {
      fills_repeated_.add();
      continue;
    }
    const bool history = row.updated_ts != 0 && row.updated_ts < history_before;
    if (!add_fill(row, history ? TRAPLINE_FLAG_HISTORY : std::uint16_t{0}, when)) {
      counters_.malformed.add();
      return false;
    }
    news.push_back({std::move(key), row.updated_ts});
  }
  return true;
}

std::uint8_t account_store::push_fills(std::span<const fill_row> rows, std::int64_t history_before, seen when) {
  batch_.clear();
  std::vector<new_fill> news;
  if (!add_new_fills(rows, history_before, when, news)) return TRAPLINE_GAP_MALFORMED;
  if (news.empty()) return 0;
  if (const auto failed = publish(no_list, "fills")) return failed;
  for (const auto& f : news) fills_.remember(f.key, f.ts);
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
  for (auto& known : orders_.open()) {
    const auto& id = known.first;
    auto& e = known.second;
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
    const ended_memory::key key(sdk::view(row.payload.plan_id), row.payload.kind);
    const auto known = plans_.find(key);
    if ((known != plans_.end() && row.updated_ts != 0 && row.updated_ts < known->second.updated) ||
        ended_plans_.overtook(key, row.updated_ts)) {
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
    if (!waits(row->payload)) {
      plans_.erase(key);
      ended_plans_.remember(key, now, row->updated_ts);
      continue;
    }
    ended_plans_.forget(key);
    if (plans_.size() < max_plans || plans_.contains(key))
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
    if ((old != before.end() && old->second.touched > asked_at) || ended_plans_.since(key, asked_at)) continue;
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
    if (p.touched > asked_at || !lists_plan_kind(options_.dialect(), key.second)) plans_.emplace(key, std::move(p));
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
  if (is_old(accounts, when)) return 0;
  accounts_pushed_ = out_.mono();
  return hold_accounts(rows, when);
}

std::uint8_t account_store::list_accounts(std::span<const account_row> rows, std::int64_t asked_at, seen when) {
  return lists_[accounts].complete && accounts_pushed_ > asked_at ? publish_accounts(when) : hold_accounts(rows, when);
}

std::uint8_t account_store::hold_accounts(std::span<const account_row> rows, seen when) {
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

}  // namespace trapline::mm_ws
