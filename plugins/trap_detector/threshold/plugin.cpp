// The plugin trap_detector_threshold: plain price-move thresholds, the baseline of every comparison.
#include <utility>

#include "price_plugin.hpp"
#include "threshold/move_detector.hpp"
#include "threshold/options.hpp"

namespace trapline::trap {

class threshold_plugin final : public price_plugin<threshold_plugin, move_detector> {
 public:
  static constexpr auto info = sdk::plugin_info{
      .id = "trap_detector_threshold",
      .version = "0.1.0",
      .summary = "calls a price move beyond a fixed percentage a pump or dump, and fake once half is taken back",
      .flags = TRAPLINE_PLUGIN_DETERMINISTIC | TRAPLINE_PLUGIN_BOUNDED,
      .produces = TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_SIGNAL) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRAP_MATRIX)};
  static constexpr const auto& options = threshold_options.rows;

  static constexpr sdk::state_info state = {"trapline/moves", 1, 1};

  explicit threshold_plugin(const trapline_host* h) : price_plugin(h) {}

  void configure(std::string_view json) {
    const sdk::options given(json);
    make_core(threshold_options.read(given));
  }
  std::string save_state() { return core().save(); }
  void load_state(std::uint32_t, std::string_view bytes) { core().load(bytes); }
};

}  // namespace trapline::trap

TRAPLINE_PLUGIN(trapline::trap::threshold_plugin, "trap_detector_threshold", "0.1.0");
