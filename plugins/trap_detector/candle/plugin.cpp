// The plugin trap_detector_candle: price action on one-minute bars.
#include <utility>

#include "candle/bar_detector.hpp"
#include "candle/options.hpp"
#include "price_plugin.hpp"

namespace trapline::trap {

class candle_plugin final : public price_plugin<candle_plugin, bar_detector> {
 public:
  static constexpr auto info = sdk::plugin_info{
      .id = "trap_detector_candle",
      .version = "0.1.0",
      .summary = "recognises what one-minute bars show of stop hunts, bull and bear traps, fake pumps and dumps",
      .flags = TRAPLINE_PLUGIN_DETERMINISTIC | TRAPLINE_PLUGIN_BOUNDED,
      .produces = TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_SIGNAL) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRAP_MATRIX)};
  static constexpr const auto& options = candle_options.rows;

  explicit candle_plugin(const trapline_host* h) : price_plugin(h) {}

  void configure(std::string_view json) {
    const sdk::options given(json);
    settings s = candle_options.read(given);
    if (s.patterns.empty()) sdk::options::refuse("patterns", "name at least one pattern, or `all`");
    if (s.off >= s.on)
      sdk::options::refuse("alarm.off", "must be below alarm.on, or an episode would end as it begins");
    make_core(std::move(s));
  }
};

}  // namespace trapline::trap

TRAPLINE_PLUGIN(trapline::trap::candle_plugin, "trap_detector_candle", "0.1.0");
