// What trap_detector_candle and trap_detector_threshold are as plugins: trades and candles in, signals out. They differ
// in their core and its options.
#pragma once

#include <memory>

#include "bus_sink.hpp"
#include "trapline/sdk/plugin.hpp"

namespace trapline::trap {

// Core: on_trade(event, trade) and on_candle(event, candle), false if the symbol is one too many. D makes it in
// configure().
template <class D, class Core>
class price_plugin : public sdk::plugin<D> {
 public:
  explicit price_plugin(const trapline_host* h) : sdk::plugin<D>(h), out_(this->host()) {}

  void start() {
    auto& host = this->host();
    out_.start();
    events_ = host.counter("detector_events_total");
    ignored_ = host.counter("detector_ignored_total", sdk::label("reason", "max_symbols"));
    host.subscribe("md.trade.>", TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRADE));
    host.subscribe("md.candle.>", TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_CANDLE));
  }
  void on(const trapline_event& e, const trapline_trade& t) {
    take(e);
    if (!core_->on_trade(e, t)) ignored_.add();
  }
  void on(const trapline_event& e, const trapline_candle& c) {
    take(e);
    if (!core_->on_candle(e, c)) ignored_.add();
  }
  // What a full bus refused goes out before it ends.
  trapline_status drain() { return out_.flushed() ? TRAPLINE_OK : TRAPLINE_E_AGAIN; }

 protected:
  template <class Settings>
  void make_core(Settings&& s) {
    core_ = std::make_unique<Core>(std::forward<Settings>(s), out_);
  }
  Core& core() noexcept { return *core_; }

 private:
  void take(const trapline_event& e) noexcept {
    events_.add();
    out_.take(e);
  }

  bus_sink out_;
  std::unique_ptr<Core> core_;
  sdk::counter events_, ignored_;
};

}  // namespace trapline::trap
