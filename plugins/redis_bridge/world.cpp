#include "world.hpp"

#include <algorithm>

#include "trapline/sdk/event.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

// Open orders beyond this number are forgotten, oldest first: no account of the venue may hold as many.
constexpr std::size_t max_orders = 5'000;

bool same_key(const position_view& a, const position_view& b) {
  return a.instrument == b.instrument && a.p.side == b.p.side;
}

const position_view* find(const std::vector<position_view>& in, const position_view& what) {
  const auto it = std::find_if(in.begin(), in.end(), [&](const auto& x) { return same_key(x, what); });
  return it == in.end() ? nullptr : &*it;
}

bool open_order(const trapline_order& o) {
  return o.status == TRAPLINE_ORDER_LIVE || o.status == TRAPLINE_ORDER_PARTIALLY_FILLED ||
         o.status == TRAPLINE_ORDER_UNKNOWN;
}

// Puts one event of a bracketed list where it belongs. True: a list has just become complete.
template <class Item>
bool collect(account_list<Item>& list, const trapline_event& e, bool none, Item item) {
  if (list.discarding) {
    list.discarding = (e.flags & TRAPLINE_FLAG_LAST_IN_BATCH) == 0;
    return false;
  }
  if (!list.receiving) list.incoming.clear();
  list.receiving = true;
  if (!none) list.incoming.push_back(std::move(item));
  if ((e.flags & TRAPLINE_FLAG_LAST_IN_BATCH) == 0) return false;
  list.items = std::move(list.incoming);
  list.incoming.clear();
  list.receiving = false;
  list.state = list_state::complete;
  list.updated = e.ts_recv;
  return true;
}

// The bus loses event by event: what comes next may be the rest of a list, which would look complete without its
// beginning. A feed announces its own losses between whole lists.
template <class Item>
void suspect(account_list<Item>& list, bool on_bus) {
  if (list.state == list_state::complete) list.state = list_state::suspect;
  list.discarding |= on_bus || list.receiving;
  list.receiving = false;
}

}  // namespace

touched world::apply(const trapline_event& e) {
  if (e.space != 0) return {};
  const auto hand = [&](auto member, auto* p) { return p ? (this->*member)(e, *p) : touched{}; };
  trapline_position position;
  switch (e.type) {
    case TRAPLINE_EVENT_TRADE:
      return hand(&world::on_trade, sdk::payload<trapline_trade>(e));
    case TRAPLINE_EVENT_TICKER:
      return hand(&world::on_ticker, sdk::payload<trapline_ticker>(e));
    case TRAPLINE_EVENT_FEED_STATUS:
      return hand(&world::on_status, sdk::payload<trapline_feed_status>(e));
    case TRAPLINE_EVENT_TRAP_MATRIX:
      return hand(&world::on_matrix, sdk::payload<trapline_trap_matrix>(e));
    case TRAPLINE_EVENT_POSITION:
      return hand(&world::on_position, sdk::payload(e, position));
    case TRAPLINE_EVENT_ORDER:
      return hand(&world::on_order, sdk::payload<trapline_order>(e));
    case TRAPLINE_EVENT_PLAN_ORDER:
      return hand(&world::on_plan, sdk::payload<trapline_plan_order>(e));
    case TRAPLINE_EVENT_ACCOUNT:
      return hand(&world::on_account, sdk::payload<trapline_account>(e));
    case TRAPLINE_EVENT_GAP:
      return hand(&world::on_gap, sdk::payload<trapline_gap>(e));
    default:
      return {};
  }
}

touched world::on_status(const trapline_event& e, const trapline_feed_status& s) {
  const auto topic = env_.topic_name(e.topic);
  const auto name = topic.substr(topic.rfind('.') + 1);
  auto it = std::find_if(feeds_.begin(), feeds_.end(),
                         [&](const auto& f) { return f.name == name && f.status.endpoint == s.endpoint; });
  const bool changed = it == feeds_.end() || it->status.state != s.state || it->status.code != s.code;
  if (it == feeds_.end()) it = feeds_.insert(feeds_.end(), {std::string(name), {}, 0});
  it->status = s;
  it->received = e.ts_recv;
  return {.status = true, .status_changed = changed};
}

touched world::on_position(const trapline_event& e, const trapline_position& p) {
  const bool none = p.side == TRAPLINE_POSITION_NONE;
  const auto before = positions_.items;
  const position_view item{e.instrument, p, e.ts_event, e.ts_recv};
  if (e.flags & TRAPLINE_FLAG_SNAPSHOT) {
    const bool first = positions_.state == list_state::unknown;
    if (!collect(positions_, e, none || p.size == 0, item)) return {};
    compare_positions(before, first);
  } else {
    if (none) return {};
    std::erase_if(positions_.items, [&](const auto& x) { return same_key(x, item); });
    if (p.size != 0) positions_.items.push_back(item);
    positions_.updated = e.ts_recv;
    if (positions_.state == list_state::unknown) return {};  // one position does not make a complete list
    compare_positions(before, false);
  }
  return {.positions = true};
}

void world::compare_positions(const std::vector<position_view>& before, bool first_list) {
  for (const auto& now : positions_.items) {
    const auto* was = find(before, now);
    if (first_list) {
      changes_.push_back({"observed", now});
    } else if (!was) {
      changes_.push_back({"opened", now});
    } else {
      const auto order = sdk::compare({now.p.size, now.p.size_exp}, {was->p.size, was->p.size_exp});
      if (order > 0) changes_.push_back({"increased", now});
      if (order < 0) changes_.push_back({"reduced", now});
    }
  }
  if (first_list) return;
  for (const auto& was : before)
    if (!find(positions_.items, was)) changes_.push_back({"closed", was});
}

bool world::was_closed(std::string_view id) const {
  return std::find(closed_.begin(), closed_.end(), id) != closed_.end();
}

touched world::on_order(const trapline_event& e, const trapline_order& o) {
  const order_view item{e.instrument, o, e.ts_event};
  if (e.flags & TRAPLINE_FLAG_SNAPSHOT) return {.orders = collect(orders_, e, !open_order(o), item)};
  const auto id = sdk::view(o.order_id);
  const auto it = std::find_if(orders_.items.begin(), orders_.items.end(),
                               [&](const auto& x) { return sdk::view(x.o.order_id) == id; });
  if (was_closed(id) || (it != orders_.items.end() && e.ts_event < it->ts)) return {};  // overtaken by a later report
  if (it != orders_.items.end()) orders_.items.erase(it);
  if (open_order(o)) orders_.items.push_back(item);
  else remember_closed(std::string(id));
  if (orders_.items.size() > max_orders) orders_.items.erase(orders_.items.begin());
  orders_.updated = e.ts_recv;
  return {.orders = true};
}

touched world::on_plan(const trapline_event& e, const trapline_plan_order& p) {
  const plan_view item{e.instrument, p, e.ts_event};
  const bool waits = p.kind != TRAPLINE_PLAN_NONE &&
                     (p.status == TRAPLINE_PLAN_STATUS_LIVE || p.status == TRAPLINE_PLAN_STATUS_UNKNOWN);
  if (e.flags & TRAPLINE_FLAG_SNAPSHOT) {
    const bool complete = collect(plans_, e, !waits, item);
    return {.positions = complete, .orders = complete};
  }
  const auto it = std::find_if(plans_.items.begin(), plans_.items.end(), [&](const auto& x) {
    return x.p.kind == p.kind && sdk::view(x.p.plan_id) == sdk::view(p.plan_id);
  });
  auto id = sdk::cat("plan ", static_cast<int>(p.kind), " ", sdk::view(p.plan_id));
  if (was_closed(id) || (it != plans_.items.end() && e.ts_event < it->ts)) return {};
  if (it != plans_.items.end()) plans_.items.erase(it);
  if (waits) plans_.items.push_back(item);
  else remember_closed(std::move(id));
  if (plans_.items.size() > max_orders) plans_.items.erase(plans_.items.begin());
  plans_.updated = e.ts_recv;
  return {.positions = true, .orders = true};
}

touched world::on_account(const trapline_event& e, const trapline_account& a) {
  const auto coin = sdk::view(a.margin_coin);
  if (e.flags & TRAPLINE_FLAG_SNAPSHOT) return {.account = collect(accounts_, e, coin.empty(), account_view{a})};
  if (coin.empty()) return {};
  std::erase_if(accounts_.items, [&](const auto& x) { return sdk::view(x.a.margin_coin) == coin; });
  accounts_.items.push_back({a});
  accounts_.updated = e.ts_recv;
  if (accounts_.state == list_state::unknown) accounts_.state = list_state::suspect;  // some coins, perhaps not all
  return {.account = true};
}

touched world::on_matrix(const trapline_event& e, const trapline_trap_matrix& m) {
  // One key, many symbols: BTC speaks, or whoever was first while BTC is silent.
  if (env_.symbol(e.instrument).starts_with("BTC") && btc_ == 0) btc_ = e.instrument;
  if (matrix_ && matrix_->instrument != e.instrument && e.instrument != btc_) return {};
  matrix_view next;
  next.head = m;
  const auto rows = sdk::rows(e, m);
  next.rows.assign(rows.begin(), rows.end());
  next.instrument = e.instrument;
  next.ts = e.ts_event;
  next.received = e.ts_recv;
  if (matrix_ && matrix_->instrument == e.instrument) {
    next.has_previous = true;
    next.previous_probability = matrix_->head.probability;
  }
  matrix_ = std::move(next);
  return {.matrix = true};
}

quote_view& world::quote_of(std::uint32_t instrument) {
  const auto [it, made] = quotes_.try_emplace(instrument);
  if (made && btc_ == 0 && env_.symbol(instrument).starts_with("BTC")) btc_ = instrument;
  return it->second;
}

void world::set_last(quote_view& q, sdk::decimal price, const trapline_event& e) {
  if (e.ts_event < q.last_ts) return;
  q.last = price;
  q.last_ts = e.ts_event;
  q.last_received = e.ts_recv;
}

touched world::on_trade(const trapline_event& e, const trapline_trade& t) {
  set_last(quote_of(e.instrument), {t.price, t.price_exp}, e);
  return {.price = e.instrument == btc_};
}

touched world::on_ticker(const trapline_event& e, const trapline_ticker& t) {
  auto& q = quote_of(e.instrument);
  if (t.present & TRAPLINE_TICKER_LAST) set_last(q, {t.last, t.price_exp}, e);
  if (t.present & TRAPLINE_TICKER_MARK) {
    q.mark = {t.mark, t.price_exp};
    q.mark_received = e.ts_recv;
  }
  if (t.present & TRAPLINE_TICKER_VOLUME_24H) q.volume_24h = {t.volume_24h, t.size_exp};
  if (t.present & TRAPLINE_TICKER_HIGH_24H) q.high_24h = {t.high_24h, t.price_exp};
  if (t.present & TRAPLINE_TICKER_LOW_24H) q.low_24h = {t.low_24h, t.price_exp};
  return {.price = e.instrument == btc_};
}

touched world::on_gap(const trapline_event&, const trapline_gap& g) {
  if (g.channel != TRAPLINE_GAP_BUS && g.channel != TRAPLINE_GAP_PRIVATE) return {};
  const bool on_bus = g.channel == TRAPLINE_GAP_BUS;
  suspect(positions_, on_bus);
  suspect(orders_, on_bus);
  suspect(plans_, on_bus);
  suspect(accounts_, on_bus);
  // Single reports never made a complete list: an order that was closed meanwhile would stay for ever.
  if (orders_.state == list_state::unknown) orders_.items.clear();
  if (plans_.state == list_state::unknown) plans_.items.clear();
  return {.positions = true, .orders = true, .account = true};
}

const quote_view* world::quote(std::uint32_t instrument) const {
  const auto it = quotes_.find(instrument);
  return it == quotes_.end() ? nullptr : &it->second;
}

const position_view* world::main_position() const {
  const position_view* best = nullptr;
  double best_value = -1;
  for (const auto& x : positions_.items) {
    const double value = sdk::to_double(x.p.size, x.p.size_exp) * sdk::to_double(x.p.entry_price, x.p.price_exp);
    const bool preferred = btc_ != 0 && x.instrument == btc_;
    const bool best_preferred = best && btc_ != 0 && best->instrument == btc_;
    if (!best || (preferred && !best_preferred) || (preferred == best_preferred && value > best_value)) {
      best = &x;
      best_value = value;
    }
  }
  return best;
}

}  // namespace trapline::redis_bridge
