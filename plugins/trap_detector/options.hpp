// The option table of trap_detector. Meaning and origin of every threshold: README.md.
#pragma once

#include "trapline/sdk/plugin.hpp"

namespace trapline::trap {

using namespace trapline::sdk;

inline constexpr trapline_option option_table[] = {
    option_list("patterns", "[all]",
                "all|stop_hunt|bull_trap|bear_trap|fake_pump|fake_dump|pump|dump|spoofing|layering",
                "patterns to watch"),
    option_duration("report_every", "15s", "1s..1h", "event time between two trap matrices of a symbol"),
    option_duration("warmup", "15m", "0s..24h", "event time from the first live event without alarms"),
    option_int("max_symbols", "200", "1..10000", "symbols watched at most; further ones are ignored and counted"),
    option_float("alarm.on", "0.70", "0.05..0.99", "probability that raises an alarm"),
    option_float("alarm.off", "0.50", "0.02..0.98", "probability below which an alarmed episode ends"),
    option_duration("alarm.half_life", "60s", "1s..1h", "half-life of the log-odds of a confirmed episode"),

    option_list("levels.swing_bars", "[10, 30, 60]", nullptr,
                "one-minute bars on each side of a swing extreme, 2..120; a swing is known that many bars late"),
    option_bool("levels.equal_extremes", "true", "join extremes of one height into one strong level"),
    option_float("levels.equal_bp", "2", "0..50", "extremes this near count as equal"),
    option_bool("levels.round_numbers", "true", "round numbers are levels (500 and 1000 for BTC at 60,000)"),
    option_duration("levels.session", "8h", "0s..24h",
                    "its extremes become levels when it ends, and those of the day; 0s = off"),

    option_float("stop_hunt.arm_sigma", "1.0", "0.1..10", "watch a level from this near, in sig60"),
    option_float("stop_hunt.breach_sigma", "0.5", "0..10",
                 "a sweep goes at least this far beyond, in sig60, and one tick"),
    option_float("stop_hunt.breach_max_sigma", "6", "1..50", "farther than this, in sig60, is a break"),
    option_float("stop_hunt.burst_ratio", "4", "1..100", "5-s taker volume over its expectation"),
    option_float("stop_hunt.taker_share", "0.8", "0.5..1", "share of the pushing side in that volume"),
    option_float("stop_hunt.oi_drop_pct", "0.05", "0..10",
                 "fall of the open interest within 60 s that counts as evidence"),
    option_float("stop_hunt.reclaim_sigma", "1.0", "0..10", "reclaimed = this far back inside, in sig60"),
    option_duration("stop_hunt.reclaim_within", "120s", "1s..1h", "from the sweep"),
    option_duration("stop_hunt.hold", "30s", "0s..1h", "the reclaim must hold this long"),
    option_float("stop_hunt.cap_without_flow", "0.35", "0.01..1",
                 "highest probability of a sweep without burst or open interest evidence"),
    option_duration("stop_hunt.refractory", "60s", "0s..24h", "no new episode this long after an alarmed one"),

    option_float("range_trap.arm_sigma", "1.0", "0.1..10", "watch a level from this near, in sig60"),
    option_float("range_trap.breach_sigma", "0.5", "0..10",
                 "a break goes at least this far beyond, in sig60, and one tick"),
    option_duration("range_trap.acceptance", "60s", "1s..1h", "time beyond the level that makes a break accepted"),
    option_int("range_trap.acceptance_closes", "3", "1..60", "or so many one-minute closes beyond it"),
    option_duration("range_trap.dwell_min", "120s", "0s..1h", "a shorter stay beyond is a matter of stop hunts"),
    option_float("range_trap.follow_through_max", "3", "0.1..50", "farther than this, in sig300, the break is genuine"),
    option_float("range_trap.back_inside_sigma", "1.0", "0..10", "failed = this far back inside, in sig60"),
    option_duration("range_trap.within", "30m", "1m..24h", "from the break to the failure"),
    option_duration("range_trap.refractory", "5m", "0s..24h", "no new episode this long after an alarmed one"),

    option_float("impulse.z", "25", "1..1000", "sqrt(z of rush orders * z of the return) over 25 s that is an impulse"),
    option_float("impulse.return_sigma", "6", "1..100", "or a return of this many sig60"),
    option_duration("impulse.within", "180s", "10s..15m", "in this time"),
    option_float("impulse.taker_share", "0.75", "0.5..1", "share of the pushing side in the taker volume of 25 s"),
    option_duration("impulse.peak_after", "20s", "1s..10m", "a peak is this long without a new extreme"),
    option_float("impulse.retrace", "0.5", "0.1..1", "share of the move taken back that makes it fake"),
    option_duration("impulse.retrace_within", "15m", "1m..24h", "from the extreme"),
    option_duration("impulse.expire", "60m", "1m..24h", "longest life of an impulse"),
    option_duration("impulse.refractory", "5m", "0s..24h", "no new episode this long after an alarmed one"),

    option_float("spoofing.depth_share", "0.25", "0.01..10",
                 "smallest layer, as a share of the median depth within 10 bp"),
    option_float("spoofing.min_bp", "0.2", "0..100", "nearest layer, from the mid"),
    option_float("spoofing.max_bp", "25", "0.1..100", "farthest layer, from the mid"),
    option_duration("spoofing.life_min", "300ms", "0s..1m", "shortest life of a layer"),
    option_duration("spoofing.life_max", "90s", "1s..1h", "longest life of a layer"),
    option_float("spoofing.withdrawn", "0.8", "0.1..1", "a layer is withdrawn when this share of it is gone"),
    option_float("spoofing.traded_max", "0.2", "0..1", "and less than this share was traded"),
    option_duration("spoofing.fill_window", "10s", "100ms..10m", "after the last execution on the other side"),
    option_float("spoofing.withdrawn_filled", "10", "1..1000", "least ratio of withdrawn to filled"),
    option_float("spoofing.fpm_bp", "0.2", "0..100", "favourable move from which its reversion is measured"),
    option_duration("spoofing.rev_window", "5s", "100ms..10m", "time in which the reversion is measured"),
    option_int("spoofing.matches", "3", "1..30", "matches on one side and in one band for an alarm"),
    option_duration("spoofing.window", "120s", "1s..1h", "in this time"),
    option_float("spoofing.matched_share", "0.5", "0..1", "share of the large layers that must have matched"),
    option_float("spoofing.cap_single", "0.30", "0.01..1", "highest probability before the matches repeat"),
    option_duration("spoofing.refractory", "30s", "0s..24h", "no new episode this long after an alarmed one"),

    option_int("layering.levels", "3", "2..50", "least number of levels posted together"),
    option_duration("layering.posted_within", "500ms", "0s..10s", "posted together = within this time"),
    option_float("layering.size_cv", "0.3", "0.01..2",
                 "their sizes vary less than this (standard deviation over mean)"),
    option_float("layering.withdrawn", "0.7", "0.1..1", "share of them withdrawn together"),
    option_duration("layering.withdrawn_within", "1s", "0s..1m", "withdrawn together = within this time"),
    option_float("layering.depth_share", "0.05", "0.001..10",
                 "smallest level, as a share of the median depth within 10 bp"),
};

}  // namespace trapline::trap
