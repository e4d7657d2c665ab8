// An exchange with a market that does what the test says.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "exchange/exchange.hpp"

namespace trapline::paper_venue {

class scripted_market final : public liquidity {
 public:
  explicit scripted_market(std::int64_t mid) : mark(mid), last(mid) {}

  const order_book& book() const override { return book_; }
  std::int64_t last_tick() const override { return last; }
  std::int64_t mark_tick() const override { return mark; }
  std::int64_t funding_millionths() const override { return funding; }
  void take(side taker, std::int64_t lots, std::int64_t limit, std::vector<trade>& out) override {
    out.clear();
    trade_with(taker, lots, limit != 0 ? limit : taker == side::buy ? INT64_MAX : 1, &out);
    refill();
  }
  bool rest(side s, std::int64_t tick, std::int64_t lots, std::uint64_t id) override {
    return book_.rest(s, tick, lots, id);
  }
  std::int64_t withdraw(side s, std::int64_t tick, std::uint64_t id) override {
    const auto lots = book_.withdraw(s, tick, id);
    refill();
    return lots;
  }
  std::vector<resting_fill> take_resting_fills() override { return std::exchange(fills_, {}); }

  // Somebody else trades.
  void others_take(side taker, std::int64_t lots, std::int64_t limit = 0) {
    trade_with(taker, lots, limit != 0 ? limit : taker == side::buy ? INT64_MAX : 1, nullptr);
    refill();
  }
  void others_rest(side s, std::int64_t tick, std::int64_t lots) { book_.add(s, tick, lots); }
  void others_cancel(side s, std::int64_t tick, std::int64_t lots) {
    book_.cancel(s, tick, lots);
    refill();
  }

  std::int64_t mark, last, funding = 100;
  std::int64_t traded = 0, traded_with_account = 0;  // lots

 private:
  void trade_with(side taker, std::int64_t lots, std::int64_t limit, std::vector<trade>* out) {
    std::vector<fill> fills;
    book_.take(taker, lots, limit, fills);
    for (const auto& f : fills) {
      last = f.tick;
      traded += f.lots;
      const auto id = ++next_trade_;
      if (out) out->push_back({0, f.tick, f.lots, taker, id});
      if (out || f.order_id != 0) traded_with_account += f.lots;
      if (f.order_id != 0) fills_.push_back({f.order_id, f.tick, f.lots, id, 0});
    }
  }
  // Neither side is ever empty.
  void refill() {
    if (book_.empty(side::buy)) book_.add(side::buy, book_.empty(side::sell) ? last : book_.best(side::sell) - 10, 1);
    if (book_.empty(side::sell)) book_.add(side::sell, book_.best(side::buy) + 10, 1);
  }

  order_book book_;
  std::uint64_t next_trade_ = 0;
  std::vector<resting_fill> fills_;
};

struct recording_sink : exchange_sink {
  std::vector<order> orders;
  std::vector<execution> executions;
  std::vector<plan_order> plans;
  std::vector<position> closed;
  std::vector<std::size_t> fundings;
  void on_order(const order& o) override { orders.push_back(o); }
  void on_execution(const execution& e) override { executions.push_back(e); }
  void on_plan(const plan_order& p) override { plans.push_back(p); }
  void on_position_closed(const position& p) override { closed.push_back(p); }
  void on_funding(std::size_t s) override { fundings.push_back(s); }
};

// BTCUSDT at 64,000.0 with ten levels of 0.01 BTC on each side, a tick apart.
class exchange_test : public testing::Test {
 protected:
  exchange_test() {
    for (int i = 1; i <= 10; ++i) {
      market_.others_rest(side::buy, mid - i, 100);
      market_.others_rest(side::sell, mid + i, 100);
    }
    remake(position_mode::one_way);
  }
  void remake(position_mode mode, std::int64_t balance = 10'000 * usdt) {
    exchange_ = std::make_unique<exchange>(balance, mode, instruments_, std::vector<liquidity*>{&market_}, sink_);
  }
  static order_request limit(side s, std::int64_t tick, std::int64_t lots) {
    order_request r;
    r.direction = s;
    r.tick = tick;
    r.lots = lots;
    return r;
  }
  static order_request at_market(side s, std::int64_t lots) {
    order_request r;
    r.direction = s;
    r.market = true;
    r.lots = lots;
    return r;
  }
  // 0 = accepted, else the code. `placed_` names the order.
  int place(const order_request& r) {
    const auto* no = exchange_->place(r, ++now_, placed_);
    return no ? no->code : 0;
  }
  const order& last() const { return *exchange_->find(placed_); }
  const account& money() const { return exchange_->the_account(); }
  void step() { exchange_->on_step(0, ++now_); }

  static constexpr std::int64_t mid = 640'000;
  std::vector<instrument> instruments_{{.symbol = "BTCUSDT", .price_exp = -1, .size_exp = -4}};
  scripted_market market_{mid};
  recording_sink sink_;
  std::unique_ptr<exchange> exchange_;
  order_ref placed_;
  std::int64_t now_ = 0;
};

}  // namespace trapline::paper_venue
