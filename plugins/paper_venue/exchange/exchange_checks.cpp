// What the exchange accepts.
#include <algorithm>
#include <cctype>

#include "exchange.hpp"

namespace trapline::paper_venue {
namespace {

// docs25: letters, digits and -+_# on v2, ./: besides on v3; house and venue ids fit, too.
bool is_client_id(const std::string& id) {
  return id.size() < 50 && std::all_of(id.begin(), id.end(), [](unsigned char c) {
           return std::isalnum(c) || std::string_view("-+_#.:/").find(static_cast<char>(c)) != std::string_view::npos;
         });
}

}  // namespace

const refusal* exchange::check_client_id(const std::string& id, bool reuse) const {
  if (id.empty()) return nullptr;
  if (!is_client_id(id)) return &refusals::bad_parameter;
  const auto it = by_client_id_.find(id);
  if (it == by_client_id_.end()) return nullptr;
  const bool in_use = open_.count(it->second) != 0 || live_plans_.count(it->second) != 0;
  return reuse && !in_use ? nullptr : &refusals::duplicate_client_id;
}

// `lots`: what the order may have; less than asked for where it closes more than there is.
const refusal* exchange::check(const order_request& r, std::int64_t& lots) const {
  const instrument& i = instruments_[r.symbol];
  lots = r.lots;
  if (const auto* no = check_client_id(r.client_id, r.reuse_client_id)) return no;
  if (mode_ == position_mode::hedge ? r.reduce_only : r.closing) return &refusals::wrong_mode;
  if (r.lots < i.min_lots) return &refusals::below_minimum;
  if (r.lots > (r.market ? i.max_market_lots : i.max_lots)) return &refusals::above_maximum;
  if (const auto* no = check_price(r)) return no;
  if (const auto* no = check_presets(r)) return no;
  if (open_.size() >= max_open_orders) return &refusals::too_many_orders;
  if (r.closing || r.reduce_only) return check_close(r, lots);
  return check_margin(r, lots);
}

const refusal* exchange::check_price(const order_request& r) const {
  if (r.market) return nullptr;
  if (r.tick <= 0) return &refusals::bad_parameter;
  const __int128 price = static_cast<__int128>(r.tick) * 100, mark = markets_[r.symbol]->mark_tick();
  if (r.direction == side::buy && price > mark * (100 + price_band_per_100)) return &refusals::price_too_high;
  if (r.direction == side::sell && price < mark * (100 - price_band_per_100)) return &refusals::price_too_low;
  return nullptr;
}

const refusal* exchange::check_presets(const order_request& r) const {
  if (r.take_profit < 0 || r.stop_loss < 0) return &refusals::bad_parameter;
  const auto price = r.market ? markets_[r.symbol]->mark_tick() : r.tick;
  const bool is_long = r.direction == side::buy;
  if (r.take_profit != 0 && is_long != (r.take_profit > price))
    return is_long ? &refusals::long_profit_too_low : &refusals::short_profit_too_high;
  if (r.stop_loss != 0 && is_long != (r.stop_loss < price))
    return is_long ? &refusals::long_stop_too_high : &refusals::short_stop_too_low;
  return nullptr;
}

const refusal* exchange::check_close(const order_request& r, std::int64_t& lots) const {
  const position* p = account_.find(r.symbol, opposite(r.direction));
  if (!p) return &refusals::no_position;
  // A newer reduce-only order takes the place of older ones; in hedge mode orders share what there is.
  const auto free = p->lots - (r.closing ? frozen(*p) : 0);
  if (free <= 0) return &refusals::no_position;
  lots = std::min(lots, free);
  return nullptr;
}

exchange::exposure exchange::opening_orders(std::size_t symbol, side direction) const {
  exposure e;
  for (const auto& [id, o] : open_) {
    if (o->symbol != symbol || o->direction != direction || o->closing || o->reduce_only) continue;
    e.lots += o->remaining();
    e.value += static_cast<__int128>(o->tick) * o->remaining();
  }
  return e;
}

// In one-way mode, what only closes the position needs no margin of its own.
std::int64_t exchange::margin_of(std::size_t symbol, side direction, const exposure& e) const {
  std::int64_t covered = 0;
  if (mode_ == position_mode::one_way)
    if (const position* p = account_.find(symbol, opposite(direction))) covered = p->lots;
  if (e.lots <= covered) return 0;
  return notional(instruments_[symbol], e.value * (e.lots - covered) / e.lots) / account_.leverage(symbol);
}

const refusal* exchange::check_margin(const order_request& r, std::int64_t lots) const {
  const instrument& i = instruments_[r.symbol];
  const auto tick = r.market ? markets_[r.symbol]->book().best(opposite(r.direction)) : r.tick;
  const __int128 value = static_cast<__int128>(tick) * lots;
  if (notional(i, value) < min_notional) return &refusals::below_notional;

  const auto before = opening_orders(r.symbol, r.direction);
  const exposure after{before.lots + lots, before.value + value};
  __int128 held = after.value;
  if (const position* p = account_.find(r.symbol, r.direction)) held += p->cost;
  if (notional(i, held) > max_position_notional) return &refusals::exceeds_position_limit;

  const auto margin = margin_of(r.symbol, r.direction, after) - margin_of(r.symbol, r.direction, before);
  if (margin == 0) return nullptr;
  const auto fee = static_cast<std::int64_t>(static_cast<__int128>(notional(i, value)) * taker_fee_per_10k / 10'000);
  return margin + fee > available() ? &refusals::exceeds_balance : nullptr;
}

// ---------------------------------------------------------------- what is there

std::vector<std::int64_t> exchange::marks() const {
  std::vector<std::int64_t> out;
  for (const auto* m : markets_) out.push_back(m->mark_tick());
  return out;
}

const order* exchange::find(const order_ref& which) const {
  auto id = which.id;
  if (id == 0)
    if (const auto it = by_client_id_.find(which.client_id); it != by_client_id_.end()) id = it->second;
  const auto it = orders_.find(id);
  return it == orders_.end() ? nullptr : &it->second;
}

const plan_order* exchange::find_plan(const order_ref& which) const {
  auto id = which.id;
  if (id == 0)
    if (const auto it = by_client_id_.find(which.client_id); it != by_client_id_.end()) id = it->second;
  const auto it = plans_.find(id);
  return it == plans_.end() ? nullptr : &it->second;
}

std::int64_t exchange::frozen(const position& p) const {
  std::int64_t lots = 0;
  for (const auto& [id, o] : open_)
    if (o->symbol == p.symbol && o->direction == opposite(p.direction) && (o->closing || o->reduce_only))
      lots += o->remaining();
  return lots;
}

std::int64_t exchange::order_margin() const {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < instruments_.size(); ++i)
    for (const side s : {side::buy, side::sell}) sum += margin_of(i, s, opening_orders(i, s));
  return sum;
}

std::int64_t exchange::available() const {
  return std::max<std::int64_t>(0, account_.equity(marks()) - account_.margin_used() - order_margin());
}

}  // namespace trapline::paper_venue
