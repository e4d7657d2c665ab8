// The plugin: options and events of the host to the detector, bursts to the bus as signals.
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "burst.hpp"
#include "trapline/sdk/decimal.hpp"
#include "trapline/sdk/options.hpp"
#include "trapline/sdk/plugin.hpp"
#include "trapline/sdk/timer.hpp"

namespace volume_burst {

namespace sdk = trapline::sdk;

struct plugin_options {
  settings burst;
  std::int64_t silence = 0;  // ns
};

// What the options are and where their values go. The host checks the YAML against this table before configure() is
// called, and prints it: trapline explain volume_burst.
inline constexpr auto option_table = sdk::option_set<plugin_options>(
    sdk::bind<&plugin_options::burst, &settings::window>(
        sdk::option_duration("window", "5s", "100ms..10m", "event time over which volume is summed")),
    sdk::bind<&plugin_options::burst, &settings::baseline>(
        sdk::option_duration("baseline", "2m", "1s..24h", "event time before the window that says what is usual")),
    sdk::bind<&plugin_options::burst, &settings::ratio>(
        sdk::option_float("ratio", "4", "1..1000", "volume of the window over the usual one, to call it a burst")),
    sdk::bind<&plugin_options::burst, &settings::share>(
        sdk::option_float("share", "0.7", "0.5..1", "share of one side's takers in that volume")),
    sdk::bind<&plugin_options::burst, &settings::move_bp>(
        sdk::option_float("move_bp", "2", "0..10000", "price move the same way, in basis points")),
    sdk::bind<&plugin_options::burst, &settings::trades>(
        sdk::option_int("trades", "20", "1..1000000", "trades that a window must hold to be judged")),
    sdk::bind<&plugin_options::silence>(
        sdk::option_duration("silence", "30s", "1s..1h", "without a trade for so long, health is degraded")));

class plugin final : public sdk::plugin<plugin> {
 public:
  static constexpr auto info =
      sdk::plugin_info{.id = "volume_burst",
                       .version = "1.0.0",
                       .summary = "signals bursts of one-sided taker volume that move the price",
                       .flags = TRAPLINE_PLUGIN_DETERMINISTIC | TRAPLINE_PLUGIN_BOUNDED,
                       .vendor = "Trapline examples",
                       .produces = TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_SIGNAL)};

  static constexpr const auto& options = option_table.rows;

  explicit plugin(const trapline_host* h) : sdk::plugin<plugin>(h) {}

  void configure(std::string_view json) {
    options_ = option_table.read(json);
    // What no row of the table can say.
    const auto [window, baseline] = std::pair(options_.burst.window, options_.burst.baseline);
    if (baseline / window < 2 || baseline / window > 1000)
      throw sdk::error(TRAPLINE_E_CONFIG, "baseline", "expected 2 to 1000 times `window`");
  }

  void start() {
    trades_ = host().counter("burst_trades_total");
    ignored_ = host().counter("burst_ignored_trades_total");
    signals_ = host().counter("burst_signals_total");
    constexpr double seconds[] = {1, 2, 5, 10, 30, 60, 300};
    duration_ = host().histogram("burst_duration_seconds", seconds);
    host().subscribe("md.trade.>", TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRADE) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_GAP));
    silence_.every(options_.silence);
  }

  void on(const trapline_event& e, const trapline_trade& t) {
    if ((e.flags & TRAPLINE_FLAG_HISTORY) != 0) return;  // no new activity
    const double price = sdk::to_double(t.price, t.price_exp), size = sdk::to_double(t.size, t.size_exp);
    // A price that is no number has an exponent out of range.
    watch* w = price > 0 && size > 0 ? watch_of(e.instrument) : nullptr;
    if (!w) {
      ignored_.add();
      return;
    }
    trades_.add();
    ++trades_since_timer_;
    if (silent_) {
      silent_ = false;
      host().health(TRAPLINE_HEALTH_OK, 0, "trades are back");
    }
    const std::int64_t ts = e.ts_event != 0 ? e.ts_event : e.ts_recv;
    w->burst.add(ts, price, size,
                 t.aggressor_side == TRAPLINE_SIDE_BUY    ? taker::buy
                 : t.aggressor_side == TRAPLINE_SIDE_SELL ? taker::sell
                                                          : taker::unknown);
    tell(*w, ts, t);
  }

  // A loss makes the sums meaningless. A gap of the bus itself names no instrument: it may be any.
  void on(const trapline_event& e, const trapline_gap&) {
    for (auto& [instrument, w] : watches_)
      if (e.instrument == 0 || e.instrument == instrument) w.burst.reset();
  }

  void on(const trapline_event&, const trapline_timer_event& t) {
    if (!silence_.owns(t)) return;
    if (trades_since_timer_ == 0 && !silent_) {
      silent_ = true;
      host().health(TRAPLINE_HEALTH_DEGRADED, 0, sdk::cat("no trade for ", options_.silence / 1'000'000'000, " s"));
    }
    trades_since_timer_ = 0;
  }

 private:
  static constexpr std::size_t max_instruments = 1000;

  // A signal and its evidence as they go out: the elements follow the head directly.
  struct message {
    trapline_signal head;
    trapline_evidence evidence[3];
  };
  static_assert(sizeof(message) == sizeof(trapline_signal) + 3 * sizeof(trapline_evidence));

  struct watch {
    detector burst;
    std::uint32_t topic;
    std::uint32_t instrument;
    std::string name;
    message told{};  // the last signal that the bus took
  };

  // Names and memory are made when an instrument is first seen, off the hot path. Null: there are too many.
  watch* watch_of(std::uint32_t instrument) {
    if (const auto known = watches_.find(instrument); known != watches_.end()) return &known->second;
    if (watches_.size() == max_instruments) return nullptr;
    std::string name(host().symbol(instrument));
    if (name.empty()) name = sdk::cat(instrument);
    const auto topic = host().topic(sdk::cat("sig.burst.", name));
    watch made{detector(options_.burst), topic, instrument, std::move(name)};
    return &watches_.emplace(instrument, std::move(made)).first->second;
  }

  // Publishes what has changed since the last signal. If the bus is full, the next trade tries again: nothing is
  // queued, and the begin of a burst is never told without the end of the one before.
  void tell(watch& w, std::int64_t ts, const trapline_trade& t) {
    const bool open = w.told.head.stage == TRAPLINE_STAGE_DETECTED;
    if (open && (!w.burst.bursting() || w.burst.onset() != w.told.head.onset_ts)) {
      message end = w.told;
      end.head.stage = TRAPLINE_STAGE_EXPIRED;
      end.head.severity = TRAPLINE_SEVERITY_NEUTRAL;
      if (!publish(w, ts, end)) return;
      duration_.record((static_cast<double>(ts) - static_cast<double>(end.head.onset_ts)) * 1e-9);
    }
    if (w.burst.bursting() && w.told.head.stage != TRAPLINE_STAGE_DETECTED) {
      const message begin = describe(w, t);
      if (!publish(w, ts, begin)) return;
      const reading& r = w.burst.now();
      host().info(sdk::cat(w.name, ' ', r.up ? "up" : "down", ": ", std::round(r.ratio * 10) / 10,
                           " times the usual volume, ", std::round(r.share * 100), " % by one side, moved ",
                           std::round(r.move_bp * 10) / 10, " bp"));
    }
  }

  bool publish(watch& w, std::int64_t ts, const message& m) {
    const auto event = sdk::make_event(TRAPLINE_EVENT_SIGNAL, w.topic, w.instrument, ts);
    if (host().publish(event, m) != TRAPLINE_OK) return false;
    w.told = m;
    signals_.add();
    return true;
  }

  // The probability is a logistic function with weights chosen by hand: 0.73 where every condition is just met. Fit the
  // weights to labelled data before anything depends on them.
  message describe(const watch& w, const trapline_trade& t) const {
    const reading& r = w.burst.now();
    message m{};
    const auto item = [&m](std::size_t i, std::string_view name, double value, double contribution) {
      sdk::assign(m.evidence[i].name, name);
      m.evidence[i].value = value;
      m.evidence[i].contribution = contribution;
    };
    item(0, "volume_ratio", r.ratio, std::log(r.ratio / options_.burst.ratio));
    item(1, "one_side_share", r.share, 2 * (r.share - options_.burst.share));
    item(2, "move_bp", r.move_bp, 0.1 * (std::abs(r.move_bp) - options_.burst.move_bp));
    const double log_odds = 1 + m.evidence[0].contribution + m.evidence[1].contribution + m.evidence[2].contribution;

    sdk::assign(m.head.id, sdk::cat("volume_burst-", w.name, '-', w.burst.onset()));
    sdk::assign(m.head.detector, info.id);
    m.head.pattern = r.up ? TRAPLINE_PATTERN_PUMP : TRAPLINE_PATTERN_DUMP;
    m.head.direction = r.up ? TRAPLINE_DIRECTION_UP : TRAPLINE_DIRECTION_DOWN;
    m.head.stage = TRAPLINE_STAGE_DETECTED;
    m.head.severity = r.ratio >= 2 * options_.burst.ratio ? TRAPLINE_SEVERITY_ELEVATED : TRAPLINE_SEVERITY_WATCH;
    m.head.observability = TRAPLINE_OBSERVABILITY_FULL;
    m.head.probability = 1 / (1 + std::exp(-log_odds));
    m.head.confidence = static_cast<double>(r.trades) / static_cast<double>(r.trades + options_.burst.trades);
    m.head.intensity = 1 - options_.burst.ratio / (r.ratio + options_.burst.ratio);
    m.head.level = t.price;
    m.head.price_exp = t.price_exp;
    m.head.has_level = 1;
    m.head.onset_ts = w.burst.onset();
    m.head.evidence_count = 3;
    return m;
  }

  plugin_options options_;
  sdk::timer silence_{host()};
  std::map<std::uint32_t, watch> watches_;
  std::uint64_t trades_since_timer_ = 0;
  bool silent_ = false;
  sdk::counter trades_, ignored_, signals_;
  sdk::histogram duration_;
};

}  // namespace volume_burst

TRAPLINE_PLUGIN(volume_burst::plugin, "volume_burst", "1.0.0");
