// The plugin trap_detector_threshold: plain price-move thresholds, the baseline of every comparison.
#include <memory>

#include "bus_sink.hpp"
#include "threshold/move_detector.hpp"
#include "threshold/options.hpp"
#include "trapline/sdk/plugin.hpp"

namespace trapline::trap {

class threshold_plugin final : public sdk::plugin<threshold_plugin> {
 public:
  static constexpr auto info = sdk::plugin_info{
      .id = "trap_detector_threshold",
      .version = "0.1.0",
      .summary = "calls a price move beyond a fixed percentage a pump or dump, and fake once half is taken back",
      .flags = TRAPLINE_PLUGIN_DETERMINISTIC | TRAPLINE_PLUGIN_BOUNDED,
      .produces = TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_SIGNAL) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRAP_MATRIX)};
  static constexpr const auto& options = threshold_options.rows;

  explicit threshold_plugin(const trapline_host* h) : plugin(h), out_(host()) {}

  void configure(std::string_view json) {
    const sdk::options given(json);
    core_ = std::make_unique<move_detector>(threshold_options.read(given), out_);
  }
  void start() {
    out_.start();
    events_ = host().counter("detector_events_total");
    ignored_ = host().counter("detector_ignored_total", sdk::label("reason", "max_symbols"));
    host().subscribe("md.trade.>", TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRADE));
    host().subscribe("md.candle.>", TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_CANDLE));
  }
  void on(const trapline_event& e, const trapline_trade& t) {
    take(e);
    if (!core_->on_trade(e, t)) ignored_.add();
  }
  void on(const trapline_event& e, const trapline_candle& c) {
    take(e);
    if (!core_->on_candle(e, c)) ignored_.add();
  }

 private:
  void take(const trapline_event& e) noexcept {
    events_.add();
    out_.take(e);
  }

  bus_sink out_;
  std::unique_ptr<move_detector> core_;
  sdk::counter events_, ignored_;
};

}  // namespace trapline::trap

TRAPLINE_PLUGIN(trapline::trap::threshold_plugin, "trap_detector_threshold", "0.1.0");
