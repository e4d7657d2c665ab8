// Says again, on `large.trade.SYMBOL`, which trades are large: a multiple of the average of those before.
#include <trapline/sdk/options.hpp>
#include <trapline/sdk/plugin.hpp>

namespace large_trades {

namespace sdk = trapline::sdk;

struct settings {
  double times = 5;
};
inline constexpr auto option_table = sdk::option_set<settings>(
    sdk::bind<&settings::times>(sdk::option_float("times", "5", "1..1000", "large = so many times the average")));

class plugin final : public sdk::plugin<plugin> {
 public:
  static constexpr auto info =
      sdk::plugin_info{.id = "large_trades", .version = "1.0.0", .summary = "tells which trades are large"};
  static constexpr const auto& options = option_table.rows;

  explicit plugin(const trapline_host* h) : sdk::plugin<plugin>(h) {}

  void configure(std::string_view json) { settings_ = option_table.read(json); }
  void start() { host().subscribe("md.trade.>", TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRADE)); }

  void on(const trapline_event& e, const trapline_trade& t) {
    const double size = static_cast<double>(t.size);
    if (seen_ > 0 && size >= settings_.times * average_)
      host().publish(sdk::make_event(TRAPLINE_EVENT_TRADE, topic_of(e.instrument), e.instrument, e.ts_event), t);
    average_ += (size - average_) / static_cast<double>(++seen_);
  }

 private:
  std::uint32_t topic_of(std::uint32_t instrument) const {
    return host().topic(sdk::cat("large.trade.", host().symbol(instrument)));
  }

  settings settings_;
  double average_ = 0;
  std::uint64_t seen_ = 0;
};

}  // namespace large_trades

TRAPLINE_PLUGIN(large_trades::plugin, "large_trades", "1.0.0");
