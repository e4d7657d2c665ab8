// The plugin trap_detector_candle: price action on one-minute bars.
#include <memory>

#include "bus_sink.hpp"
#include "candle/bar_detector.hpp"
#include "candle/options.hpp"
#include "trapline/sdk/plugin.hpp"

namespace trapline::trap {

class candle_plugin final : public sdk::plugin<candle_plugin> {
 public:
  static constexpr auto info = sdk::plugin_info{
      .id = "trap_detector_candle",
      .version = "0.1.0",
      .summary = "recognises what one-minute bars show of stop hunts, bull and bear traps, fake pumps and dumps",
      .flags = TRAPLINE_PLUGIN_DETERMINISTIC | TRAPLINE_PLUGIN_BOUNDED,
      .produces = TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_SIGNAL) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRAP_MATRIX)};
  static constexpr const auto& options = candle_options.rows;

  explicit candle_plugin(const trapline_host* h) : plugin(h), out_(host()) {}

  void configure(std::string_view json) {
    const sdk::options given(json);
    settings s = candle_options.read(given);
    if (s.patterns.empty()) sdk::options::refuse("patterns", "name at least one pattern, or `all`");
    if (s.off >= s.on)
      sdk::options::refuse("alarm.off", "must be below alarm.on, or an episode would end as it begins");
    core_ = std::make_unique<bar_detector>(std::move(s), out_);
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
  std::unique_ptr<bar_detector> core_;
  sdk::counter events_, ignored_;
};

}  // namespace trapline::trap

TRAPLINE_PLUGIN(trapline::trap::candle_plugin, "trap_detector_candle", "0.1.0");
