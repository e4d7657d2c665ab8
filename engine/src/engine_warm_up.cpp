// The exchange of a swap, with a warm-up from the journal before it where that is wanted and needed.
#include "engine_impl.hpp"
#include "plugin/warm_up.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline {
namespace {

constexpr int most_tries = 50;  // to catch up, each within what a lane may be held up for

}  // namespace

std::string engine::impl::no_warm_up(const plugin::instance& fresh) const {
  if (!journal)
    return "there is no journal to warm it up from; add a section 'journal' to the configuration and restart the "
           "engine, or swap without a warm-up";
  if (const auto s = journal->now(); s.state != "running")
    return sdk::cat("the journal is ", s.state, " and lacks the last events: ", s.reason,
                    "; swap without a warm-up, or restart the engine");
  if (fresh.driver() || (fresh.flags() & (TRAPLINE_PLUGIN_SOURCE | TRAPLINE_PLUGIN_SINK)) != 0)
    return sdk::cat(fresh.plugin_id(),
                    " is a source or a sink, and what it did would be done again; only what listens "
                    "can be warmed up");
  return {};
}

void engine::impl::exchange(plugin::instance& old, plugin::instance& fresh, const swap_order& order,
                            swap_report& report) {
  const auto deadline = supervise::steady::now() + std::chrono::nanoseconds(config.drain_timeout);
  const bool wanted = order.warm_up > 0;
  fresh.set_on_trial(order.watch > 0);
  const auto again = [&](supervise::exchange_terms terms) {
    const auto state = report.exchange.state;
    report.exchange = supervise::exchange(old, fresh, terms, deadline, control.ending_flag());
    if (!terms.carry_state) report.exchange.state = state;
  };
  again({order.carry_state, wanted, nullptr});
  if (!report.exchange.not_yet) {
    if (wanted) report.warmed_up = "not needed, it has its predecessor's state";
    return;
  }
  const auto why = no_warm_up(fresh);
  if (why.empty()) return warm_up(old, fresh, order, report);
  if (order.warm_up_asked) {
    report.exchange.why = report.warming.why = why;
    return;
  }
  report.warmed_up = "not, " + why;
  rt->log.warn(sdk::cat(fresh.name(), ": ", report.to, " begins cold: ", why));
  again({false, false, nullptr});
}

void engine::impl::warm_up(plugin::instance& old, plugin::instance& fresh, const swap_order& order,
                           swap_report& report) {
  auto& done = report.exchange;
  auto& warming = report.warming;
  fresh.set_on_trial(true);  // whatever its policy, a fault before it runs is no more than a refusal
  std::string error;
  const auto from = journal::reader::open(journal->now().folder, error);
  if (!from) {
    done.why = warming.why = error;
    return;
  }
  const std::string state = done.state;
  warming = supervise::warm_up(old, fresh, *from, *journal, order.warm_up, control.ending_flag());
  for (int n = 0; warming.result == supervise::start_result::running; ++n) {
    done = supervise::exchange(old, fresh, {false, false, warming.warm}, {}, control.ending_flag());
    if (!done.not_yet) break;
    if (n == most_tries) warming.why = "it does not catch up with its lane";
    else if (supervise::catch_up(fresh, control.ending_flag(), warming)) continue;
    if (warming.result == supervise::start_result::hangs) break;
    warming.result = supervise::end_warm_up(fresh) ? supervise::start_result::refused : supervise::start_result::hangs;
  }
  done.state = state;
  if (warming.result != supervise::start_result::running) {
    done.result = warming.result;
    done.why = warming.why;
    return;
  }
  if (done.result != supervise::start_result::running) warming.why = done.why;
  const bool whole = from->about().left_out.empty();
  report.warmed_up = config::duration_text(warming.covered) + " of " + config::duration_text(order.warm_up);
  if (warming.covered < order.warm_up) report.warmed_up += ", the journal reaches back no further";
  if (done.warm_gaps > 0) report.warmed_up += sdk::cat(", ", done.warm_gaps, " gaps");
  if (!whole) report.warmed_up += ", without what the journal leaves out";
  const auto add = [&](const char* metric, std::uint64_t by) {
    if (auto* n = rt->metrics.counter(fresh.name(), metric, {}))
      std::atomic_ref(*n).fetch_add(by, std::memory_order_relaxed);
  };
  add("instance_warm_up_events_total", done.warm_events);
  add("instance_warm_up_unheard_total", done.unheard);
  if (auto* h = rt->metrics.histogram_of(fresh.name(), "warm_up_seconds", {}, obs::duration_bounds))
    h->record(static_cast<double>(warming.took) * 1e-9);
}

}  // namespace trapline
