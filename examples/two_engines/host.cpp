// Two engines in one process; the trades of the one are the input of the other. Exit codes: 0 done, 1 it failed while
// running, 2 a configuration is wrong.
#include <trapline/abi/market.h>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <iostream>
#include <string>
#include <trapline/engine.hpp>
#include <trapline/sdk/event.hpp>

namespace {

constexpr const char* market_configuration = R"(
engine: { name: market, run_dir: ./run/market, log: { level: warn } }
lanes:
  venue: {}
  core: {}
plugins:
  venue: { use: paper_venue, lane: venue, options: { dir: ./run/venue, speed: 20 } }
  feed:
    use: mm_ws
    lane: core
    options: { environment: paper, symbols: [BTCUSDT], channels: [trade], endpoint: { file: ./run/venue/endpoint.json } }
)";

constexpr const char* analysis_configuration = R"(
engine: { name: analysis, run_dir: ./run/analysis, ring_size: 8MiB, log: { level: warn } }
plugins:
  traps: { use: trap_detector_threshold }
)";

bool prepared(trapline::engine& engine, const char* configuration, const std::string& name) {
  const auto problems = engine.load_text(configuration, name);
  for (const auto& p : problems) std::cerr << p << '\n';
  return problems.empty();
}

bool started(trapline::engine& engine) {
  std::string error;
  const bool runs = engine.start(error);
  if (!runs) std::cerr << engine.name() << ": " << error << '\n';
  return runs;
}

bool stopped(trapline::engine& engine) {
  std::string what;
  const bool clean = engine.stop(true, what);
  if (!clean) std::cerr << engine.name() << ": " << what << '\n';
  return clean;
}

int run() {
  constexpr std::uint64_t enough = 500;
  trapline::engine analysis({.plugin_dir = TRAPLINE_PLUGIN_DIR});
  trapline::engine market({.plugin_dir = TRAPLINE_PLUGIN_DIR});

  // On the market's thread for this observer. Ids of topics and instruments are each engine's own: names are what both
  // understand. A full bus there loses the trade, and that is all that can happen here.
  std::atomic<std::uint64_t> handed_over{0}, refused{0};
  std::promise<void> heard_enough;
  market.observe("bridge", {"md.trade.>"}, [&](const trapline_event& e) {
    const auto* trade = trapline::sdk::payload<trapline_trade>(e);
    if (e.type != TRAPLINE_EVENT_TRADE || !trade) return;
    trapline_event out{};
    out.type = e.type;
    out.flags = e.flags;
    out.topic = analysis.topic_id(market.topic(e.topic));
    out.instrument = analysis.instrument_id(market.venue(e.instrument), market.symbol(e.instrument));
    out.ts_event = e.ts_event;
    out.ts_recv = e.ts_recv;
    if (analysis.publish(out, *trade) != TRAPLINE_OK) ++refused;
    else if (++handed_over == enough) heard_enough.set_value();
  });

  if (!prepared(analysis, analysis_configuration, "analysis") || !prepared(market, market_configuration, "market"))
    return 2;
  // The one that listens first, and it ends last.
  if (!started(analysis) || !started(market)) return 1;
  const bool heard = heard_enough.get_future().wait_for(std::chrono::seconds(60)) == std::future_status::ready;
  const bool clean = stopped(market) && stopped(analysis);
  const auto seen = analysis.metric_total("detector_events_total");
  std::cout << "handed over " << handed_over << " trades, " << refused << " refused; the detector saw " << seen << '\n';
  return heard && clean && seen == handed_over ? 0 : 1;
}

}  // namespace

int main() {
  try {
    return run();
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
