// The option table of trap_detector. Meaning and origin of every threshold: README.md.
#pragma once

#include "settings.hpp"
#include "trapline/sdk/options.hpp"

namespace trapline::trap {

using namespace trapline::sdk;

inline constexpr auto option_table = option_set<settings>(
    bind<&settings::patterns>(option_list(
        "patterns", "[all]",
        "all|stop_hunt|liquidity_grab|half_liquidity_grab|bull_trap|bear_trap|fake_pump|fake_dump|pump|dump|spoofing|"
        "layering|quote_stuffing|momentum_ignition|liquidity_pull|absorption|wash_trading",
        "patterns to watch")),
    bind<&settings::report_every>(
        option_duration("report_every", "15s", "1s..1h", "event time between two trap matrices of a symbol")),
    bind<&settings::warmup>(
        option_duration("warmup", "15m", "0s..24h", "event time from the first live event without alarms")),
    bind<&settings::max_symbols>(
        option_int("max_symbols", "200", "1..10000", "symbols watched at most; further ones are ignored and counted")),
    by_hand(option_float("alarm.on", nullptr, "0.05..0.99",
                         "probability that raises an alarm, for every pattern; not given: what was learned with the "
                         "pattern's tables, 0.70 for those without")),
    bind<&settings::off>(option_float(
        "alarm.off", "0.50", "0.02..0.98",
        "probability below which an alarmed episode ends; of a learned threshold the same share as of 0.70")),
    bind<&settings::half_life>(
        option_duration("alarm.half_life", "60s", "1s..1h", "half-life of the log-odds of a confirmed episode")),

    by_hand(
        option_list("levels.swing_bars", "[10, 30, 60]", nullptr,
                    "one-minute bars on each side of a swing extreme, 2..120; a swing is known that many bars late")),
    bind<&settings::levels, &level_settings::equal_extremes>(
        option_bool("levels.equal_extremes", "true", "join extremes of one height into one strong level")),
    bind<&settings::levels, &level_settings::equal_bp>(
        option_float("levels.equal_bp", "2", "0..50", "extremes this near count as equal")),
    bind<&settings::levels, &level_settings::round_numbers>(
        option_bool("levels.round_numbers", "true", "round numbers are levels (500 and 1000 for BTC at 60,000)")),
    bind<&settings::levels, &level_settings::session>(option_duration(
        "levels.session", "8h", "0s..24h", "its extremes become levels when it ends, and those of the day; 0s = off")),

    bind<&settings::stop_hunt, &stop_hunt_settings::arm_sigma>(
        option_float("stop_hunt.arm_sigma", "1.0", "0.1..10", "watch a level from this near, in sig60")),
    bind<&settings::stop_hunt, &stop_hunt_settings::breach_sigma>(option_float(
        "stop_hunt.breach_sigma", "0.5", "0..10", "a sweep goes at least this far beyond, in sig60, and one tick")),
    bind<&settings::stop_hunt, &stop_hunt_settings::breach_max_sigma>(
        option_float("stop_hunt.breach_max_sigma", "6", "1..50", "farther than this, in sig60, is a break")),
    bind<&settings::stop_hunt, &stop_hunt_settings::burst_ratio>(
        option_float("stop_hunt.burst_ratio", "4", "1..100", "5-s taker volume over its expectation")),
    bind<&settings::stop_hunt, &stop_hunt_settings::taker_share>(
        option_float("stop_hunt.taker_share", "0.8", "0.5..1", "share of the pushing side in that volume")),
    bind<&settings::stop_hunt, &stop_hunt_settings::oi_drop_pct>(option_float(
        "stop_hunt.oi_drop_pct", "0.05", "0..10", "fall of the open interest within 60 s that counts as evidence")),
    bind<&settings::stop_hunt, &stop_hunt_settings::reclaim_sigma>(
        option_float("stop_hunt.reclaim_sigma", "1.0", "0..10", "reclaimed = this far back inside, in sig60")),
    bind<&settings::stop_hunt, &stop_hunt_settings::reclaim_within>(
        option_duration("stop_hunt.reclaim_within", "120s", "1s..1h", "from the sweep")),
    bind<&settings::stop_hunt, &stop_hunt_settings::hold>(
        option_duration("stop_hunt.hold", "30s", "0s..1h", "the reclaim must hold this long")),
    bind<&settings::stop_hunt, &stop_hunt_settings::cap_without_flow>(
        option_float("stop_hunt.cap_without_flow", "0.35", "0.01..1",
                     "highest probability of a sweep without burst or open interest evidence")),
    bind<&settings::stop_hunt, &stop_hunt_settings::refractory>(
        option_duration("stop_hunt.refractory", "60s", "0s..24h", "no new episode this long after an alarmed one")),

    bind<&settings::range_trap, &range_trap_settings::arm_sigma>(
        option_float("range_trap.arm_sigma", "1.0", "0.1..10", "watch a level from this near, in sig60")),
    bind<&settings::range_trap, &range_trap_settings::breach_sigma>(option_float(
        "range_trap.breach_sigma", "0.5", "0..10", "a break goes at least this far beyond, in sig60, and one tick")),
    bind<&settings::range_trap, &range_trap_settings::acceptance>(
        option_duration("range_trap.acceptance", "60s", "1s..1h", "time beyond the level that makes a break accepted")),
    bind<&settings::range_trap, &range_trap_settings::acceptance_closes>(
        option_int("range_trap.acceptance_closes", "3", "1..60", "or so many one-minute closes beyond it")),
    bind<&settings::range_trap, &range_trap_settings::dwell_min>(
        option_duration("range_trap.dwell_min", "120s", "0s..1h", "a shorter stay beyond is a matter of stop hunts")),
    bind<&settings::range_trap, &range_trap_settings::follow_through_max>(option_float(
        "range_trap.follow_through_max", "3", "0.1..50", "farther than this, in sig300, the break is genuine")),
    bind<&settings::range_trap, &range_trap_settings::back_inside_sigma>(
        option_float("range_trap.back_inside_sigma", "1.0", "0..10", "failed = this far back inside, in sig60")),
    bind<&settings::range_trap, &range_trap_settings::within>(
        option_duration("range_trap.within", "30m", "1m..24h", "from the break to the failure")),
    bind<&settings::range_trap, &range_trap_settings::refractory>(
        option_duration("range_trap.refractory", "5m", "0s..24h", "no new episode this long after an alarmed one")),

    bind<&settings::impulse, &impulse_settings::z>(option_float(
        "impulse.z", "25", "1..1000", "sqrt(z of rush orders * z of the return) over 25 s that is an impulse")),
    bind<&settings::impulse, &impulse_settings::return_sigma>(
        option_float("impulse.return_sigma", "6", "1..100", "or a return of this many sig60")),
    bind<&settings::impulse, &impulse_settings::within>(
        option_duration("impulse.within", "180s", "10s..15m", "in this time")),
    bind<&settings::impulse, &impulse_settings::taker_share>(
        option_float("impulse.taker_share", "0.75", "0.5..1", "share of the pushing side in the taker volume of 25 s")),
    bind<&settings::impulse, &impulse_settings::peak_after>(
        option_duration("impulse.peak_after", "20s", "1s..10m", "a peak is this long without a new extreme")),
    bind<&settings::impulse, &impulse_settings::retrace>(
        option_float("impulse.retrace", "0.5", "0.1..1", "share of the move taken back that makes it fake")),
    bind<&settings::impulse, &impulse_settings::retrace_within>(
        option_duration("impulse.retrace_within", "15m", "1m..24h", "from the extreme")),
    bind<&settings::impulse, &impulse_settings::expire>(
        option_duration("impulse.expire", "60m", "1m..24h", "longest life of an impulse")),
    bind<&settings::impulse, &impulse_settings::refractory>(
        option_duration("impulse.refractory", "5m", "0s..24h", "no new episode this long after an alarmed one")),
    bind<&settings::impulse, &impulse_settings::use_onset>(option_bool(
        "impulse.onset_model", "true", "where no book is fed, the model learned from labelled pumps decides alone")),
    bind<&settings::impulse, &impulse_settings::onset_at>(
        option_float("impulse.onset_at", "0.50", "0.05..0.99",
                     "probability of that model that raises an alarm, instead of alarm.on")),
    bind<&settings::impulse, &impulse_settings::onset_refractory>(option_duration(
        "impulse.onset_refractory", "30m", "0s..24h", "no new episode this long after the end of one of the model")),

    bind<&settings::spoofing, &spoofing_settings::depth_share>(option_float(
        "spoofing.depth_share", "0.25", "0.01..10", "smallest layer, as a share of the median depth within 10 bp")),
    bind<&settings::spoofing, &spoofing_settings::min_bp>(
        option_float("spoofing.min_bp", "0.2", "0..100", "nearest layer, from the mid")),
    bind<&settings::spoofing, &spoofing_settings::max_bp>(
        option_float("spoofing.max_bp", "25", "0.1..100", "farthest layer, from the mid")),
    bind<&settings::spoofing, &spoofing_settings::life_min>(
        option_duration("spoofing.life_min", "300ms", "0s..1m", "shortest life of a layer")),
    bind<&settings::spoofing, &spoofing_settings::life_max>(
        option_duration("spoofing.life_max", "90s", "1s..1h", "longest life of a layer")),
    bind<&settings::spoofing, &spoofing_settings::withdrawn>(
        option_float("spoofing.withdrawn", "0.8", "0.1..1", "a layer is withdrawn when this share of it is gone")),
    bind<&settings::spoofing, &spoofing_settings::traded_max>(
        option_float("spoofing.traded_max", "0.2", "0..1", "and less than this share was traded")),
    bind<&settings::spoofing, &spoofing_settings::fill_window>(
        option_duration("spoofing.fill_window", "10s", "100ms..10m", "after the last execution on the other side")),
    bind<&settings::spoofing, &spoofing_settings::withdrawn_filled>(
        option_float("spoofing.withdrawn_filled", "10", "1..1000", "least ratio of withdrawn to filled")),
    bind<&settings::spoofing, &spoofing_settings::fpm_bp>(
        option_float("spoofing.fpm_bp", "0.2", "0..100", "favourable move from which its reversion is measured")),
    bind<&settings::spoofing, &spoofing_settings::rev_window>(
        option_duration("spoofing.rev_window", "5s", "100ms..10m", "time in which the reversion is measured")),
    bind<&settings::spoofing, &spoofing_settings::matches>(
        option_int("spoofing.matches", "3", "1..30", "matches on one side and in one band for an alarm")),
    bind<&settings::spoofing, &spoofing_settings::window>(
        option_duration("spoofing.window", "120s", "1s..1h", "in this time")),
    bind<&settings::spoofing, &spoofing_settings::matched_share>(
        option_float("spoofing.matched_share", "0.5", "0..1", "share of the large layers that must have matched")),
    bind<&settings::spoofing, &spoofing_settings::chance_max>(
        option_float("spoofing.chance_max", "0.001", "0.000000001..1",
                     "matches repeat if chance makes as many in less than this share of such times")),
    bind<&settings::spoofing, &spoofing_settings::cap_single>(
        option_float("spoofing.cap_single", "0.30", "0.01..1", "highest probability before the matches repeat")),
    bind<&settings::spoofing, &spoofing_settings::refractory>(
        option_duration("spoofing.refractory", "30s", "0s..24h", "no new episode this long after an alarmed one")),

    bind<&settings::layering, &layering_settings::levels>(
        option_int("layering.levels", "3", "2..50", "least number of levels posted together")),
    bind<&settings::layering, &layering_settings::posted_within>(
        option_duration("layering.posted_within", "500ms", "0s..10s", "posted together = within this time")),
    bind<&settings::layering, &layering_settings::size_cv>(option_float(
        "layering.size_cv", "0.3", "0.01..2", "their sizes vary less than this (standard deviation over mean)")),
    bind<&settings::layering, &layering_settings::withdrawn>(
        option_float("layering.withdrawn", "0.7", "0.1..1", "share of them withdrawn together")),
    bind<&settings::layering, &layering_settings::withdrawn_within>(
        option_duration("layering.withdrawn_within", "1s", "0s..1m", "withdrawn together = within this time")),
    bind<&settings::layering, &layering_settings::depth_share>(option_float(
        "layering.depth_share", "0.05", "0.001..10", "smallest level, as a share of the median depth within 10 bp")),

    bind<&settings::liquidity_grab, &liquidity_grab_settings::depletion>(
        option_float("liquidity_grab.depletion", "0.5", "0.1..1",
                     "a stop hunt in which this share of the swept side's depth vanished is a liquidity grab too")),
    bind<&settings::liquidity_grab, &liquidity_grab_settings::half_scale>(option_float(
        "half_liquidity_grab.scale", "0.5", "0.1..0.9", "its thresholds, as a share of those of a stop hunt")),

    bind<&settings::ignition, &ignition_settings::calm_ratio>(
        option_float("momentum_ignition.calm_ratio", "1.3", "0.1..100",
                     "calm before = sigma of 5 min at most this times its own 30% quantile")),
    bind<&settings::ignition, &ignition_settings::burst_z>(
        option_float("momentum_ignition.burst_z", "6", "1..1000", "z of one side's taker volume of 2 s")),
    bind<&settings::ignition, &ignition_settings::sweeps>(option_int(
        "momentum_ignition.sweeps", "3", "0..1000", "taker orders through more than one price in those 2 s")),
    bind<&settings::ignition, &ignition_settings::taker_share>(
        option_float("momentum_ignition.taker_share", "0.85", "0.5..1", "share of the pushing side in that volume")),
    bind<&settings::ignition, &ignition_settings::follow_n>(
        option_float("momentum_ignition.follow_n", "0.3", "0..1",
                     "rise of the branching ratio of taker orders that says that others follow")),
    bind<&settings::ignition, &ignition_settings::move_sigma>(
        option_float("momentum_ignition.move_sigma", "3", "0.1..50", "move that followed, in sig60")),
    bind<&settings::ignition, &ignition_settings::follow_within>(
        option_duration("momentum_ignition.follow_within", "30s", "1s..10m", "from the burst")),
    bind<&settings::ignition, &ignition_settings::revert>(
        option_float("momentum_ignition.revert", "0.5", "0.1..1", "share of the move that is taken back")),
    bind<&settings::ignition, &ignition_settings::revert_within>(
        option_duration("momentum_ignition.revert_within", "5m", "1s..1h", "from its extreme")),
    bind<&settings::ignition, &ignition_settings::refractory>(option_duration(
        "momentum_ignition.refractory", "60s", "0s..24h", "no new episode this long after an alarmed one")),

    bind<&settings::pull, &pull_settings::drop>(option_float(
        "liquidity_pull.drop", "0.6", "0.1..1", "share of one side's depth within 10 bp that vanishes at once")),
    bind<&settings::pull, &pull_settings::within>(
        option_duration("liquidity_pull.within", "1s", "200ms..2s", "at once = in this time")),
    bind<&settings::pull, &pull_settings::traded_max>(
        option_float("liquidity_pull.traded_max", "0.2", "0..1", "and at most this share of it was traded")),
    bind<&settings::pull, &pull_settings::move_sigma>(option_float(
        "liquidity_pull.move_sigma", "2", "0.1..50", "the price then goes this far through, in sigma * sqrt(10)")),
    bind<&settings::pull, &pull_settings::move_within>(
        option_duration("liquidity_pull.move_within", "10s", "100ms..10m", "in this time")),
    bind<&settings::pull, &pull_settings::refractory>(option_duration("liquidity_pull.refractory", "30s", "0s..24h",
                                                                      "no new episode this long after an alarmed one")),

    bind<&settings::stuffing, &stuffing_settings::z>(
        option_float("quote_stuffing.z", "8", "1..1000",
                     "z of level changes a second, or of the flips of one level, against the last 15 minutes")),
    bind<&settings::stuffing, &stuffing_settings::lasting>(
        option_duration("quote_stuffing.lasting", "3s", "1s..10m", "in each second of this time")),
    bind<&settings::stuffing, &stuffing_settings::throttled_from>(
        option_duration("quote_stuffing.throttled_from", "10ms", "0s..10s",
                        "a feed with book messages this far apart on average hides most of it")),
    bind<&settings::stuffing, &stuffing_settings::cap_throttled>(
        option_float("quote_stuffing.cap_throttled", "0.5", "0.01..1", "highest probability on such a feed")),
    bind<&settings::stuffing, &stuffing_settings::refractory>(option_duration(
        "quote_stuffing.refractory", "30s", "0s..24h", "no new episode this long after an alarmed one")),

    bind<&settings::absorption, &absorption_settings::traded_displayed>(option_float(
        "absorption.traded_displayed", "3", "1..1000", "volume traded at one price over the most displayed there")),
    bind<&settings::absorption, &absorption_settings::refills>(
        option_int("absorption.refills", "3", "1..1000", "times the price was filled up again")),
    bind<&settings::absorption, &absorption_settings::refill_within>(
        option_duration("absorption.refill_within", "500ms", "10ms..1m", "each this soon after a trade")),
    bind<&settings::absorption, &absorption_settings::depth_share>(
        option_float("absorption.depth_share", "0.25", "0..100",
                     "least volume traded there, as a share of the median depth within 10 bp")),
    bind<&settings::absorption, &absorption_settings::idle>(
        option_duration("absorption.idle", "30s", "1s..1h", "it ends when the price was not traded this long")),

    bind<&settings::wash, &wash_settings::z>(
        option_float("wash_trading.z", "4", "1..1000", "a test this far from its own baseline makes the index show")));

}  // namespace trapline::trap
