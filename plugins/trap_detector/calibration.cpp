// The calibration `default-synthetic-1`, as data. See probability.hpp for what it is and is not.
#include <limits>

#include "probability.hpp"

namespace trapline::trap {

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

constexpr std::array<llr_table, item_count> tables{{
    // --- stop hunts
    {"overshoot_sigma", {.5, .75, 1, 1.5, 2.5, 4, 5}, {-.4, -.1, .1, .2, .3, .3, .1, -.2}},
    {"burst_ratio", {1, 2, 3, 4, 6, 10, 20}, {-1.0, -.7, -.4, -.1, .5, .8, 1.0, 1.1}},
    {"taker_share", {.5, .6, .7, .8, .85, .9, .95}, {-.8, -.5, -.3, -.1, .3, .4, .5, .6}},
    {"sweep_ratio", {.1, .25, .5, 1, 1.5, 2.5, 5}, {-.3, -.2, -.1, 0, .3, .4, .5, .6}},
    {"oi_drop_pct", {0, .01, .025, .05, .1, .2, .4}, {-.4, -.2, -.1, 0, .5, .7, .8, .9}},
    {"reclaim_s", {5, 10, 20, 40, 60, 90, 115}, {.4, .4, .3, .2, .1, 0, -.1, -.2}},
    {"ofi_flip", {-.5, -.1, 0, .1, .25, .5, 1}, {-.4, -.3, -.15, .05, .25, .4, .5, .5}},
    {"depth_refill", {.2, .4, .55, .7, .85, 1, 1.3}, {-.5, -.35, -.2, -.05, .25, .3, .35, .35}},
    {"level_strength", {.5, 1.5, 2.5, inf, inf, inf, inf}, {-.2, -.1, .05, .2, .2, .2, .2, .2}},
    // --- bull and bear traps
    {"oi_build_pct", {0, .02, .05, .1, .2, .4, .8}, {-.4, -.25, -.1, 0, .6, .8, .9, .9}},
    {"oi_shed_pct", {0, .02, .05, .1, .2, .4, .8}, {-.4, -.25, -.1, .1, .6, .8, .9, .9}},
    {"follow_through_sig300", {.2, .4, .6, .8, 1, 1.5, 2.5}, {.3, .3, .3, .2, .1, -.3, -.7, -1.1}},
    {"cvd_share", {-.4, -.2, -.05, .05, .2, .4, .6}, {.5, .4, .3, .15, 0, -.15, -.3, -.45}},
    {"return_burst_ratio", {.25, .5, 1, 1.5, 2.5, 4, 8}, {-.3, -.2, -.1, 0, .2, .35, .45, .5}},
    // --- impulses
    {"return_sigma", {3, 4, 6, 8, 10, 15, 25}, {-1, -.5, -.2, .3, .5, .7, .9, 1.1}},
    {"rush_z", {0, 2, 5, 10, 15, 25, 50}, {-.3, -.2, 0, .1, .2, .4, .7, 1.0}},
    {"retrace_share", {-.2, 0, .1, .25, .5, .75, 1}, {-.3, -.2, -.1, 0, .2, .6, .8, .9}},
    {"ofi_gain", {-1, -.3, 0, .3, 1, 2, 4}, {.5, .4, .25, .1, -.05, -.2, -.35, -.5}},
    {"basis_bp", {-2, 0, 1, 2, 4, 8, 16}, {-.3, -.15, -.05, 0, .2, .4, .6, .7}},
    {"index_share", {.1, .3, .5, .7, .8, .9, 1}, {.6, .5, .3, .1, 0, -.15, -.3, -.3}},
    {"depth_support", {.25, .4, .55, .7, .85, 1.2, 1.8}, {.4, .3, .2, .1, 0, -.1, -.25, -.4}},
    {"spoof_support", {.5, inf, inf, inf, inf, inf, inf}, {0, .6, .6, .6, .6, .6, .6, .6}},
    {"oi_change_pct", {-.4, -.1, 0, .05, .1, .2, .4}, {.4, .3, .15, 0, -.1, -.3, -.5, -.7}},
    // --- spoofing and layering
    {"size_depth_share", {.1, .2, .25, .4, .6, .8, 1.2}, {-.3, -.1, 0, .1, .2, .3, .4, .4}},
    {"life_s", {.3, .6, 1, 2, 5, 15, 45}, {-.5, 0, .1, .2, .2, .1, 0, -.2}},
    {"withdrawn_filled", {10, 15, 20, 40, 100, 300, 1000}, {-1, 0, .1, .2, .3, .4, .4, .4}},
    {"fpm_bp", {-.5, -.2, 0, .2, .5, 1, 2}, {-.4, -.25, -.1, 0, .25, .4, .5, .5}},
    {"rev_share", {0, .1, .25, .5, .7, .9, 1.2}, {-.3, -.2, -.1, 0, .3, .4, .5, .5}},
    {"match_count", {2, 3, 4, 5, 6, 8, 12}, {-.5, -.2, .4, .6, .7, .8, .9, 1.0}},
    {"matched_share", {.1, .25, .4, .5, .6, .75, .9}, {-1.0, -.7, -.4, -.1, .2, .35, .5, .6}},
    {"layer_count", {2, 3, 4, 5, 6, 8, 12}, {-.5, -.3, .3, .4, .5, .5, .6, .6}},
    {"size_cv", {.05, .1, .15, .2, .25, .3, .5}, {.4, .35, .25, .2, .1, .05, -.5, -1}},
    // --- liquidity grabs
    {"depth_depletion", {.1, .25, .4, .5, .6, .75, .9}, {-.5, -.3, -.1, 0, .2, .4, .5, .5}},
    // --- momentum ignition
    {"calm_ratio", {.6, .8, 1, 1.15, 1.3, 1.5, 2}, {.4, .4, .3, .1, -.1, -.3, -.6, -1}},
    {"burst_z", {3, 6, 8, 10, 15, 25, 50}, {-1, -.5, .1, .3, .4, .5, .6, .6}},
    {"sweep_count", {1, 2, 3, 5, 8, 12, 20}, {-.5, -.4, -.2, .1, .3, .4, .5, .5}},
    {"follow_n", {0, .1, .2, .3, .4, .5, .6}, {-.5, -.4, -.2, 0, .2, .4, .5, .5}},
    {"follow_ratio", {.5, 1, 1.5, 2, 3, 5, 10}, {-.5, -.3, -.1, .1, .3, .4, .5, .5}},
    {"ofi10_push", {-2, -1, -.3, 0, .3, 1, 2}, {.5, .4, .3, .1, 0, -.1, -.2, -.3}},
    {"revert_share", {0, .1, .25, .4, .5, .7, .9}, {-.4, -.3, -.2, -.1, 0, .4, .6, .7}},
    {"revert_volume_ratio", {.1, .25, .5, .75, 1, 1.5, 3}, {.5, .4, .3, .1, 0, -.2, -.4, -.6}},
    {"pull_support", {.5, inf, inf, inf, inf, inf, inf}, {0, .6, .6, .6, .6, .6, .6, .6}},
    // --- liquidity pulls
    {"pull_share", {.3, .5, .6, .7, .8, .9, .95}, {-1, -.5, -.2, .1, .3, .5, .6, .6}},
    {"pull_traded_share", {.01, .03, .06, .1, .15, .2, .3}, {.3, .3, .2, .1, 0, -.1, -.4, -.8}},
    {"pull_other_share", {-.2, 0, .1, .2, .3, .45, .6}, {.3, .3, .2, .1, 0, -.3, -.7, -1.2}},
    {"pull_move_sig10", {.5, 1, 1.5, 2, 3, 4, 6}, {-.6, -.3, -.1, .1, .4, .5, .6, .6}},
    {"micro_lean", {-.5, -.2, 0, .2, .4, .6, .8}, {-.3, -.2, -.1, 0, .1, .2, .3, .3}},
    // --- quote stuffing
    {"changes_z", {2, 4, 6, 8, 12, 20, 40}, {-1, -.6, -.3, 0, .7, .9, 1.1, 1.2}},
    {"flips_z", {2, 4, 6, 8, 12, 20, 40}, {-1, -.6, -.3, 0, .7, .9, 1.1, 1.2}},
    {"changes_per_trade", {1, 2, 4, 8, 16, 32, 64}, {-1, -.6, -.3, 0, .2, .4, .5, .5}},
    // --- absorption
    {"absorbed_ratio", {1, 2, 3, 4, 6, 10, 20}, {-1, -.5, -.2, .2, .4, .6, .7, .8}},
    {"refill_count", {1, 2, 3, 4, 6, 10, 20}, {-1, -.6, -.3, .1, .3, .5, .6, .6}},
    {"refill_s", {.05, .1, .2, .3, .4, .5, .6}, {.3, .3, .2, .1, 0, -.1, -.4, -.6}},
    {"advance_sig60", {0, .1, .25, .5, 1, 2, 4}, {.4, .3, .2, .1, -.1, -.4, -.7, -1}},
    // --- wash trading: each test in standard deviations of its own baseline
    {"benford_z", {0, 1, 2, 3, 4, 6, 10}, {-.3, -.2, -.1, .1, .4, .6, .8, 1}},
    {"round_size_z", {0, 1, 2, 3, 4, 6, 10}, {-.3, -.2, -.1, .1, .4, .6, .8, 1}},
    {"alternation_z", {0, 1, 2, 3, 4, 6, 10}, {-.5, -.4, -.2, .1, .6, .9, 1.1, 1.2}},
    {"tail_z", {0, 1, 2, 3, 4, 6, 10}, {-.2, -.1, 0, .1, .3, .4, .5, .6}},
    // --- spoofing and layering: how little chance has to do with the repetition
    {"chance_log10", {1, 2, 3, 3.5, 4, 5, 6}, {-1.2, -1.1, -.9, -.5, 0, .4, .6, .7}},
}};

// Rows by pattern; columns idle, armed, one, two, three, confirmed.
struct stage_priors {
  std::array<double, 6> p;
};
// A swept level by itself is next to no evidence: 0.35 of sweeps are reclaimed, and so they are in shuffled
// bars (detection.md, 0.2). 0.48 = share of natural BTC impulses that retrace half within 15 minutes (0.4).
constexpr stage_priors hunt{{.01, .02, .10, .35, .35, .45}};  // swept, reclaimed
constexpr stage_priors trap{{.01, .01, .05, .12, .30, .42}};  // broken, accepted, failing
constexpr stage_priors fake{
    {.01, .01, .48, .48, .60, .95}};  // impulse, peak, retracing; confirmed is the definition itself
constexpr stage_priors impulse{{.01, .01, .78, .82, .60, .82}};  // impulse, peak, retracing
constexpr stage_priors spoof{{.01, .01, .12, .12, .55, .60}};    // matched once or twice, -, repeated
constexpr stage_priors layer{{.01, .01, .15, .15, .55, .60}};
constexpr stage_priors half_grab{{.01, .01, .08, .25, .25, .33}};  // as hunt, of half the size: chance gives more
constexpr stage_priors ignition{{.01, .01, .15, .30, .30, .50}};   // burst, followed, -, reverted
constexpr stage_priors pull{{.01, .01, .15, .15, .15, .45}};       // dropped, -, -, moved through
constexpr stage_priors stuffing{{.01, .01, .15, .15, .15, .40}};   // rate, -, -, for long enough
constexpr stage_priors absorbing{{.01, .01, .20, .50, .50, .50}};  // traded, refilled often enough
constexpr stage_priors wash{{.01, .01, .10, .10, .10, .10}};       // an index, no episode

}  // namespace

const llr_table& table_of(item i) noexcept { return tables[static_cast<std::size_t>(i)]; }

double prior(kind k, state s) noexcept {
  const auto i = static_cast<std::size_t>(s);
  switch (k) {
    case kind::stop_hunt_high:
    case kind::stop_hunt_low:
      return hunt.p[i];
    case kind::bull_trap:
    case kind::bear_trap:
      return trap.p[i];
    case kind::fake_pump:
    case kind::fake_dump:
      return fake.p[i];
    case kind::pump:
    case kind::dump:
      return impulse.p[i];
    case kind::spoofing_bid:
    case kind::spoofing_ask:
      return spoof.p[i];
    case kind::layering_bid:
    case kind::layering_ask:
      return layer.p[i];
    case kind::liquidity_grab_high:
    case kind::liquidity_grab_low:
      return hunt.p[i];
    case kind::half_liquidity_grab_high:
    case kind::half_liquidity_grab_low:
      return half_grab.p[i];
    case kind::momentum_ignition_up:
    case kind::momentum_ignition_down:
      return ignition.p[i];
    case kind::liquidity_pull_up:
    case kind::liquidity_pull_down:
      return pull.p[i];
    case kind::quote_stuffing_bid:
    case kind::quote_stuffing_ask:
      return stuffing.p[i];
    case kind::absorption_up:
    case kind::absorption_down:
      return absorbing.p[i];
    case kind::wash_trading:
      return wash.p[i];
  }
  return 0.01;
}

}  // namespace trapline::trap
