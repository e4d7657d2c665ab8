#include "account_witness.hpp"

#include <algorithm>
#include <charconv>

#include "trapline/sdk/decimal.hpp"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::sim {
namespace {

using sdk::cat;

std::uint64_t number(std::string_view text) {
  std::uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

bool terminal(std::uint8_t status) { return status == TRAPLINE_ORDER_FILLED || status == TRAPLINE_ORDER_CANCELED; }

std::uint8_t kind_of(const paper_venue::plan_order& p) {
  using enum paper_venue::plan_kind;
  switch (p.kind) {
    case trigger:
      return TRAPLINE_PLAN_TRIGGER;
    case take_profit:
      return TRAPLINE_PLAN_TAKE_PROFIT;
    case stop_loss:
      return TRAPLINE_PLAN_STOP_LOSS;
    case position_take_profit:
      return TRAPLINE_PLAN_POSITION_TAKE_PROFIT;
    case position_stop_loss:
      break;
  }
  return TRAPLINE_PLAN_POSITION_STOP_LOSS;
}

}  // namespace

account_witness::account_witness(const truth& t, findings& f, std::function<std::size_t(std::uint32_t)> symbol_of,
                                 std::int64_t stale)
    : truth_(t), findings_(f), symbol_of_(std::move(symbol_of)), stale_(stale) {}

void account_witness::forget(std::int64_t market_time) {
  started_ = market_time;
  positions_.clear();
  open_.clear();
  ended_.clear();
  plans_.clear();
  fills_.clear();
  positions_known_ = orders_known_ = plans_known_ = order_list_open_ = plan_list_open_ = false;
}

void account_witness::on_event(const trapline_event& e, std::int64_t now) {
  now_ = now;
  trapline_position room;
  switch (e.type) {
    case TRAPLINE_EVENT_POSITION:
      return on_position(e, *sdk::payload<trapline_position>(e, room));
    case TRAPLINE_EVENT_ORDER:
      return on_order(e, *sdk::payload<trapline_order>(e));
    case TRAPLINE_EVENT_FILL:
      return on_fill(e, *sdk::payload<trapline_fill>(e));
    case TRAPLINE_EVENT_PLAN_ORDER:
      return on_plan(e, *sdk::payload<trapline_plan_order>(e));
    case TRAPLINE_EVENT_GAP:
      if (sdk::payload<trapline_gap>(e)->channel == TRAPLINE_GAP_PRIVATE)
        positions_known_ = orders_known_ = plans_known_ = false;
      return;
    default:
      return;
  }
}

// ---------------------------------------------------------------- positions

void account_witness::on_position(const trapline_event& e, const trapline_position& p) {
  if (!(e.flags & TRAPLINE_FLAG_SNAPSHOT)) return blame("a position that is no part of a list");
  if (p.side != TRAPLINE_POSITION_NONE) {
    const auto symbol = symbol_of_(e.instrument);
    const auto lots = sdk::rescale(p.size, p.size_exp, truth_.instrument(symbol).size_exp);
    if (!lots) return blame("a position of a part of a lot");
    if (!arriving_positions_.emplace(position_key{symbol, p.side}, *lots).second) blame("a position twice in one list");
    const auto mode =
        truth_.exchange().mode() == paper_venue::position_mode::hedge ? TRAPLINE_MODE_HEDGE : TRAPLINE_MODE_ONE_WAY;
    if (p.position_mode != mode) blame(cat("a position in mode ", int{p.position_mode}, " of an account in ", mode));
  }
  if (!(e.flags & TRAPLINE_FLAG_LAST_IN_BATCH)) return;
  for (const auto& [key, lots] : positions_)
    if (positions_known_ && lots != 0 && !arriving_positions_.contains(key)) ++flats_;
  positions_ = std::exchange(arriving_positions_, {});
  positions_known_ = true;
  check_positions();
}

// Absence says flat: that, too, must have been so.
void account_witness::check_positions() {
  for (std::size_t s = 0; s < truth_.venue().the_simulation()->instruments().size(); ++s)
    for (const auto side : {TRAPLINE_POSITION_LONG, TRAPLINE_POSITION_SHORT}) {
      const auto at = positions_.find({s, static_cast<std::uint8_t>(side)});
      const auto lots = at == positions_.end() ? 0 : at->second;
      const auto direction = side == TRAPLINE_POSITION_LONG ? paper_venue::side::buy : paper_venue::side::sell;
      if (!truth_.held(s, direction, lots, now_ - stale_))
        blame(cat("a position of ", lots, " lots (side ", side, ") that the account had not within ",
                  stale_ / 1'000'000'000, " s"));
    }
}

// ---------------------------------------------------------------- orders

void account_witness::on_order(const trapline_event& e, const trapline_order& o) {
  const bool listed = (e.flags & TRAPLINE_FLAG_SNAPSHOT) != 0;
  if (listed && !std::exchange(order_list_open_, true)) arriving_orders_.clear();
  if (o.status != TRAPLINE_ORDER_NONE) {
    const std::string id(sdk::view(o.order_id));
    const auto symbol = symbol_of_(e.instrument);
    const auto filled = sdk::rescale(o.filled_size, o.size_exp, truth_.instrument(symbol).size_exp);
    const auto* real = truth_.exchange().find({number(id), {}});
    const known_order now{o.status, filled.value_or(-1)};
    if (!filled) blame(cat("order ", id, ": a part of a lot is filled"));
    else if (real && *filled > real->filled) blame(cat("order ", id, ": more is filled than at the venue"));
    if (real && terminal(o.status) &&
        (real->open() || (real->status == paper_venue::order_status::filled) != (o.status == TRAPLINE_ORDER_FILLED)))
      blame(cat("order ", id, " is said to be over with status ", int{o.status}, ", which it is not"));
    if (const auto over = ended_.find(id); over != ended_.end())
      blame(cat("order ", id, " with status ", int{o.status}, " after it was over"));
    if (const auto before = open_.find(id); before != open_.end() && now.filled < before->second.filled)
      blame(cat("order ", id, ": the filled size went from ", before->second.filled, " to ", now.filled));
    if (o.status == TRAPLINE_ORDER_UNKNOWN) ++uncertain_;
    if (listed) arriving_orders_[id] = now;
    else if (terminal(o.status)) {
      open_.erase(id);
      ended_[id] = now;
      if (ended_.size() > 5000) ended_.erase(ended_.begin());
    } else {
      open_[id] = now;
    }
  }
  if (!listed || !(e.flags & TRAPLINE_FLAG_LAST_IN_BATCH)) return;
  order_list_open_ = false;
  open_ = std::exchange(arriving_orders_, {});
  orders_known_ = true;
}

// ---------------------------------------------------------------- fills

void account_witness::on_fill(const trapline_event& e, const trapline_fill& f) {
  const truth::execution_key key{number(sdk::view(f.trade_id)), number(sdk::view(f.order_id))};
  const auto at = truth_.executions().find(key);
  if (at == truth_.executions().end()) return blame(cat("fill ", key.first, ", which the venue never had"));
  if (!fills_.insert(key).second) return blame(cat("fill ", key.first, " twice"));
  const auto& real = at->second;
  const auto& i = truth_.instrument(real.symbol);
  const auto side = f.side == TRAPLINE_SIDE_BUY ? paper_venue::side::buy : paper_venue::side::sell;
  if (symbol_of_(e.instrument) != real.symbol || side != real.direction ||
      sdk::rescale(f.price, f.price_exp, i.price_exp) != real.tick ||
      sdk::rescale(f.size, f.size_exp, i.size_exp) != real.lots ||
      sdk::compare({f.fee, f.money_exp}, {-real.fee, paper_venue::money_exp}) != 0)
    blame(cat("fill ", key.first, " is not as it was: side ", int{f.side}, ", fee ", sdk::format(f.fee, f.money_exp),
              " for ", sdk::format(-real.fee, paper_venue::money_exp)));
}

// ---------------------------------------------------------------- plan orders

void account_witness::on_plan(const trapline_event& e, const trapline_plan_order& p) {
  const bool listed = (e.flags & TRAPLINE_FLAG_SNAPSHOT) != 0;
  if (listed && !std::exchange(plan_list_open_, true)) arriving_plans_.clear();
  if (p.kind != TRAPLINE_PLAN_NONE) {
    const std::pair key{std::string(sdk::view(p.plan_id)), p.kind};
    const bool waits = p.status == TRAPLINE_PLAN_STATUS_LIVE || p.status == TRAPLINE_PLAN_STATUS_UNKNOWN;
    if (listed) arriving_plans_.insert(key);
    else if (waits) plans_.insert(key);
    else plans_.erase(key);
  }
  if (!listed || !(e.flags & TRAPLINE_FLAG_LAST_IN_BATCH)) return;
  plan_list_open_ = false;
  plans_ = std::exchange(arriving_plans_, {});
  plans_known_ = true;
}

// ---------------------------------------------------------------- all of it

std::string account_witness::difference() const {
  const auto& ex = truth_.exchange();
  if (!positions_known_ || !orders_known_ || !plans_known_) return "not everything is known";
  std::map<position_key, std::int64_t> held;
  for (const auto& p : ex.the_account().positions())
    held[{p.symbol, p.direction == paper_venue::side::buy ? TRAPLINE_POSITION_LONG : TRAPLINE_POSITION_SHORT}] = p.lots;
  auto mine = positions_;
  std::erase_if(mine, [](const auto& p) { return p.second == 0; });
  if (mine != held) return cat("positions differ: ", mine.size(), " here, ", held.size(), " at the venue");
  std::size_t open = 0;
  for (const auto& [id, o] : ex.orders()) {
    if (!o.open()) continue;
    ++open;
    const auto at = open_.find(std::to_string(id));
    if (at == open_.end()) return cat("order ", id, " is open and not known");
    const auto status =
        o.status == paper_venue::order_status::live ? TRAPLINE_ORDER_LIVE : TRAPLINE_ORDER_PARTIALLY_FILLED;
    if (at->second.status != status || at->second.filled != o.filled)
      return cat("order ", id, " has status ", status, " and ", o.filled,
                 " lots filled; known: ", int{at->second.status}, " and ", at->second.filled);
  }
  if (open != open_.size()) return cat(open_.size(), " orders are known as open, ", open, " are");
  std::set<std::pair<std::string, std::uint8_t>> plans;
  for (const auto& [id, p] : ex.plans())
    if (p.status == paper_venue::plan_status::live) plans.insert({std::to_string(id), kind_of(p)});
  if (plans != plans_) return cat(plans_.size(), " plan orders are known, ", plans.size(), " wait");
  for (const auto& [key, x] : truth_.executions())
    if (x.ts >= started_ && !fills_.contains(key)) return cat("fill ", key.first, " was never told");
  return {};
}

}  // namespace trapline::sim
