// The option table of trap_detector_candle. What is not here has the defaults of trap_detector.
#pragma once

#include "settings.hpp"
#include "trapline/sdk/options.hpp"

namespace trapline::trap {

using namespace trapline::sdk;

inline constexpr auto candle_options = option_set<settings>(
    bind<&settings::patterns>(option_list(
        "patterns", "[all]", "all|stop_hunt|bull_trap|bear_trap|fake_pump|fake_dump|pump|dump", "patterns to watch")),
    bind<&settings::report_every>(
        option_duration("report_every", "1m", "1m..1h", "event time between two trap matrices of a symbol")),
    bind<&settings::warmup>(option_duration("warmup", "60m", "5m..24h", "length of the bars seen before any episode")),
    bind<&settings::max_symbols>(
        option_int("max_symbols", "200", "1..10000", "symbols watched at most; further ones are ignored")),
    bind<&settings::on>(option_float("alarm.on", "0.70", "0.05..0.99", "probability that raises an alarm")),
    bind<&settings::off>(
        option_float("alarm.off", "0.50", "0.02..0.98", "probability below which an alarmed episode ends")),
    bind<&settings::impulse, &impulse_settings::return_sigma>(
        option_float("impulse.return_sigma", "6", "1..100",
                     "a return of this many one-minute sigma within three bars is an impulse")),
    bind<&settings::impulse, &impulse_settings::retrace>(
        option_float("impulse.retrace", "0.5", "0.1..1", "share of the move taken back that makes it fake")));

}  // namespace trapline::trap
