// What must hold after any sequence of orders and of market moves.
#include <rapidcheck.h>

#include "exchange_fixture.hpp"
#include "support/effort.hpp"

namespace {

using namespace trapline::paper_venue;

constexpr std::int64_t mid = 640'000;
constexpr std::int64_t deposit = 150 * usdt;  // little enough to be liquidated now and then

// From the whole range, whatever the size of the case.
std::int64_t pick(std::int64_t from, std::int64_t below) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(from, below));
}

// What the runs have met: a property that nothing happens under proves nothing.
struct seen_things {
  std::size_t executions = 0, makers = 0, liquidations = 0, plans_fired = 0, self_trades = 0, refused = 0,
              left_without_position = 0;
};

// Follows the exchange from its executions alone.
struct shadow {
  std::int64_t net = 0;                // lots, long positive
  std::int64_t longs = 0, shorts = 0;  // lots, hedge mode
  std::int64_t profits = 0, fees = 0;
  std::int64_t taken = 0, made = 0;  // lots
  std::map<std::uint64_t, std::int64_t> filled;
  __int128 cash = 0;  // ticks * lots received for what was sold, less paid for what was bought

  void add(const execution& e, bool reduce_only) {
    RC_ASSERT(e.lots > 0);
    if (e.mode == position_mode::hedge) {
      auto& held = e.position_side() == side::buy ? longs : shorts;
      held += e.closing ? -e.lots : e.lots;
      RC_ASSERT(held >= 0);
    }
    // A reduce-only order brings the position nearer to zero and never beyond.
    if (reduce_only) RC_ASSERT((e.direction == side::buy ? -net : net) >= e.lots);
    const auto sign = e.direction == side::buy ? 1 : -1;
    net += sign * e.lots;
    cash -= static_cast<__int128>(sign) * e.tick * e.lots;
    profits += e.profit;
    fees += e.fee;
    filled[e.order_id] += e.lots;
    (e.maker ? made : taken) += e.lots;
  }
};

class world {
 public:
  world(position_mode mode, seen_things& seen)
      : things_(seen), exchange_(deposit, mode, instruments_, std::vector<liquidity*>{&market_}, sink_) {
    for (int i = 1; i <= 12; ++i) {
      market_.others_rest(side::buy, mid - i, 80);
      market_.others_rest(side::sell, mid + i, 80);
    }
  }

  void count() const {
    things_.executions += sink_.executions.size();
    for (const auto& e : sink_.executions) {
      things_.makers += e.maker;
      things_.liquidations += e.origin == order_origin::liquidation;
    }
    for (const auto& p : sink_.plans) things_.plans_fired += p.status == plan_status::executed;
    things_.self_trades += own_trades() > 0;
    for (const auto& o : sink_.orders) things_.left_without_position += o.cause == cancel_cause::no_position;
  }

  void act() {
    const auto what = pick(0, 18);
    const side s = *rc::gen::element(side::buy, side::sell);
    const auto lots = pick(1, 250);
    const auto tick = mid + pick(-15, 16);
    order_ref ref;
    ++now_;
    switch (what) {
      case 0:
      case 1:
      case 2:
        place(s, lots, tick, false);
        break;
      case 3:
        place(s, lots, tick, true);
        break;
      case 4:
        if (const auto* o = any_open()) exchange_.cancel({o->id, {}}, now_, ref);
        break;
      case 5:
        if (const auto* o = any_open()) exchange_.amend({o->id, {}}, tick, lots, now_);
        break;
      case 6:
      case 7:
        market_.others_take(s, lots * 5);
        break;
      case 8:
        market_.others_rest(s, tick, lots);
        break;
      case 9:
        market_.others_cancel(s, tick, lots);
        break;
      case 10:
        // Rarely far: orders are refused while the book is beyond the price band.
        market_.mark = mid + (pick(0, 5) == 0 ? pick(-60'000, 60'000) : pick(-2'000, 2'000));
        break;
      case 11: {
        plan_request r;
        r.kind = *rc::gen::element(plan_kind::trigger, plan_kind::take_profit, plan_kind::stop_loss,
                                   plan_kind::position_take_profit, plan_kind::position_stop_loss);
        r.trigger_tick = mid + pick(-2'000, 2'000);
        r.position = r.direction = s;
        r.lots = lots;
        exchange_.place_plan(r, now_, ref);
        break;
      }
      case 12:
        market_.funding = pick(-3'000, 3'000);
        exchange_.settle_funding(now_);
        break;
      case 13:
        exchange_.set_leverage(0, pick(1, 126));
        break;
      case 14:
        if (const auto* o = any_open()) exchange_.replace({o->id, {}}, tick, lots, "", now_, ref);
        break;
      case 15:
        exchange_.flash_close(0, s, now_, ref);
        break;
      case 16:
        if (const auto& plans = exchange_.plans(); !plans.empty())
          exchange_.amend_plan({plans.rbegin()->first, {}}, mid + lots, 0, lots, now_);
        break;
      case 17:
        if (const auto& plans = exchange_.plans(); !plans.empty())
          exchange_.cancel_plan({plans.rbegin()->first, {}}, now_, ref);
        break;
    }
    exchange_.on_step(0, now_);
    check();
  }

 private:
  void place(side s, std::int64_t lots, std::int64_t tick, bool market) {
    order_request r;
    r.direction = s;
    r.market = market;
    r.lots = lots;
    r.tick = market ? 0 : tick;
    r.force = *rc::gen::element(time_in_force::gtc, time_in_force::gtc, time_in_force::ioc, time_in_force::fok,
                                time_in_force::post_only);
    const bool close = pick(0, 2) == 0;
    (exchange_.mode() == position_mode::hedge ? r.closing : r.reduce_only) = close;
    if (pick(0, 4) == 0) r.take_profit = s == side::buy ? tick + 500 : tick - 500;
    order_ref placed;
    const auto told = sink_.orders.size();
    const auto refused = exchange_.place(r, now_, placed) != nullptr;
    things_.refused += refused;
    if (refused) RC_ASSERT(sink_.orders.size() == told);
  }

  const order* any_open() const {
    std::vector<const order*> open;
    for (const auto& [id, o] : exchange_.orders())
      if (o.open()) open.push_back(&o);
    if (open.empty()) return nullptr;
    return open[static_cast<std::size_t>(pick(0, static_cast<int>(open.size())))];
  }

  void check() {
    for (; seen_ < sink_.executions.size(); ++seen_) {
      const auto& e = sink_.executions[seen_];
      shadow_.add(e, exchange_.find({e.order_id, {}})->reduce_only);
    }
    const account& a = exchange_.the_account();
    const instrument& i = instruments_[0];

    // Money: to the last billionth.
    RC_ASSERT(a.balance() == deposit + a.profits() - a.fees() - a.funding() + a.insurance());
    RC_ASSERT(a.profits() == shadow_.profits);
    RC_ASSERT(a.fees() == shadow_.fees);
    RC_ASSERT(a.insurance() >= 0);

    // Positions are the sum of the fills, and what they cost is what was paid for them.
    std::int64_t net = 0;
    __int128 cost = 0;
    for (const auto& p : a.positions()) {
      RC_ASSERT(p.lots > 0);
      RC_ASSERT(p.lots == p.opened_lots - p.closed_lots);
      net += p.direction == side::buy ? p.lots : -p.lots;
      cost += p.direction == side::buy ? p.cost : -p.cost;
      RC_ASSERT(exchange_.frozen(p) <= p.lots);
    }
    RC_ASSERT(net == shadow_.net);
    RC_ASSERT(notional(i, shadow_.cash + cost) == shadow_.profits);
    RC_ASSERT(a.positions().size() <= (exchange_.mode() == position_mode::hedge ? 2u : 1u));

    // Both sides of the account's trades are booked; nothing more than the market traded.
    RC_ASSERT(shadow_.taken + shadow_.made <= market_.traded_with_account + own_trades());

    // The book: never crossed, no empty level, and the account's orders in it are those that are open.
    const auto& b = market_.book();
    RC_ASSERT(b.best(side::buy) < b.best(side::sell));
    std::int64_t resting = 0;
    for (const auto& [id, o] : exchange_.orders()) {
      RC_ASSERT(o.filled >= 0 && o.filled <= o.lots);
      RC_ASSERT((o.status == order_status::filled) == (o.filled == o.lots));
      const auto it = shadow_.filled.find(id);
      RC_ASSERT(o.filled == (it == shadow_.filled.end() ? 0 : it->second));
      const auto ahead = o.market ? -1 : b.ahead(o.direction, o.tick, id);
      RC_ASSERT(o.open() == (ahead >= 0));
      if (o.open()) RC_ASSERT(ahead <= b.others(o.direction, o.tick));
      if (o.open()) resting += o.remaining();
    }
    std::int64_t own = 0;
    for (const side s : {side::buy, side::sell})
      for (const auto& [tick, lots] : b.of(s)) {
        RC_ASSERT(lots > 0);
        RC_ASSERT(b.others(s, tick) >= 0);
        own += lots - b.others(s, tick);
      }
    RC_ASSERT(own == resting);
    RC_ASSERT(exchange_.available() >= 0);
    RC_ASSERT(exchange_.order_margin() >= 0);
  }

  // A trade of the account with itself counts on both sides.
  std::int64_t own_trades() const {
    std::map<std::uint64_t, int> times;
    std::int64_t lots = 0;
    for (const auto& e : sink_.executions)
      if (++times[e.trade_id] == 2) lots += e.lots;
    return lots;
  }

  seen_things& things_;
  std::vector<instrument> instruments_{{.symbol = "BTCUSDT", .price_exp = -1, .size_exp = -4}};
  scripted_market market_{mid};
  recording_sink sink_;
  exchange exchange_;
  shadow shadow_;
  std::size_t seen_ = 0;
  std::int64_t now_ = 0;
};

void run(position_mode mode) {
  seen_things seen;
  EXPECT_TRUE(rc::check("nothing is created or lost", [&] {
    world w(mode, seen);
    const auto steps = pick(50, test::sanitized ? 200 : 1500);
    for (int i = 0; i < steps; ++i) w.act();
    w.count();
  }));
  if (test::sanitized) return;  // too few steps to meet everything
  EXPECT_GT(seen.executions, 1000u);
  EXPECT_GT(seen.makers, 200u);
  EXPECT_GT(seen.liquidations, 3u);
  EXPECT_GT(seen.plans_fired, 20u);
  EXPECT_GT(seen.self_trades, 5u);
  EXPECT_GT(seen.refused, 100u);
  if (mode == position_mode::one_way) {
    EXPECT_GT(seen.left_without_position, 2u);
  }
}

TEST(exchange_property, money_and_quantity_are_conserved_in_one_way_mode) { run(position_mode::one_way); }
TEST(exchange_property, money_and_quantity_are_conserved_in_hedge_mode) { run(position_mode::hedge); }

}  // namespace
