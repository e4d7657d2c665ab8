// The plugin: events of the host to the core, output of the core to the bus.
#include <array>
#include <memory>

#include "bus_sink.hpp"
#include "detector.hpp"
#include "options.hpp"
#include "trapline/sdk/plugin.hpp"

namespace trapline::trap {

class trap_detector final : public sdk::plugin<trap_detector> {
 public:
  static constexpr auto info = sdk::plugin_info{
      .id = "trap_detector",
      .version = "0.1.0",
      .summary = "recognises sixteen patterns: stop hunts, bull and bear traps, fake pumps, spoofing and more",
      .flags = TRAPLINE_PLUGIN_DETERMINISTIC | TRAPLINE_PLUGIN_BOUNDED,
      .produces = TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_SIGNAL) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRAP_MATRIX)};
  static constexpr const auto& options = option_table.rows;

  explicit trap_detector(const trapline_host* h) : plugin(h), out_(host()) {}

  void configure(std::string_view json) { core_ = std::make_unique<detector>(parse_settings(json), out_); }

  void start() {
    out_.start();
    events_ = host().counter("detector_events_total");
    for (std::size_t i = 1; i < ignored_count; ++i)
      ignored_[i] =
          host().counter("detector_ignored_total", sdk::label("reason", ignored_name(static_cast<ignored>(i))));
    const auto bit = [](int type) { return TRAPLINE_TYPE_BIT(type); };
    host().subscribe("md.trade.>", bit(TRAPLINE_EVENT_TRADE) | bit(TRAPLINE_EVENT_GAP));
    host().subscribe("md.book.>",
                     bit(TRAPLINE_EVENT_BOOK_SNAPSHOT) | bit(TRAPLINE_EVENT_BOOK_DELTA) | bit(TRAPLINE_EVENT_GAP));
    host().subscribe("md.ticker.>", bit(TRAPLINE_EVENT_TICKER));
    host().subscribe("md.candle.>", bit(TRAPLINE_EVENT_CANDLE));
    host().subscribe("md.instrument.>", bit(TRAPLINE_EVENT_INSTRUMENT));
    host().info(
        sdk::cat("calibration ", calibration_id, " (calibration=", calibration_status,
                 "): probabilities were not fitted to labelled episodes, but for pumps in markets of trades alone (",
                 shipped_onset.id, ")"));
  }

  void on(const trapline_event& e, const trapline_trade& t) {
    take(e);
    count(core_->on_trade(e, t));
  }
  void on(const trapline_event& e, const trapline_book& b) {
    take(e);
    count(core_->on_book(e, b, sdk::levels(e, b)));
  }
  void on(const trapline_event& e, const trapline_ticker& t) {
    take(e);
    count(core_->on_ticker(e, t));
  }
  void on(const trapline_event& e, const trapline_candle& c) {
    take(e);
    count(core_->on_candle(e, c));
  }
  void on(const trapline_event& e, const trapline_instrument& i) {
    take(e);
    count(core_->on_instrument(e, i));
  }
  void on(const trapline_event& e, const trapline_gap& g) {
    take(e);
    core_->on_gap(e, g);
  }
  // What a full bus refused goes out before it ends.
  trapline_status drain() { return out_.flushed() ? TRAPLINE_OK : TRAPLINE_E_AGAIN; }

 private:
  void take(const trapline_event& e) noexcept {
    events_.add();
    out_.take(e);
  }
  void count(ignored r) noexcept {
    if (r != ignored::none) ignored_[static_cast<std::size_t>(r)].add();
  }

  bus_sink out_;
  std::unique_ptr<detector> core_;
  sdk::counter events_;
  std::array<sdk::counter, ignored_count> ignored_;
};

}  // namespace trapline::trap

TRAPLINE_PLUGIN(trapline::trap::trap_detector, "trap_detector", "0.1.0");
