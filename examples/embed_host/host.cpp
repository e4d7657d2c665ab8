// A program of your own around the engine: it brings a configuration as text, listens to the trades, and stops when it
// has heard enough. Exit codes: 0 done, 1 it failed while running, 2 the configuration is wrong.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <iostream>
#include <string>
#include <trapline/engine.hpp>
#include <trapline/sdk/decimal.hpp>
#include <trapline/sdk/event.hpp>

namespace {

// A simulated venue and the feed that listens to it. A file works, too: load_file().
constexpr const char* configuration = R"(
engine:
  name: embedded
lanes:
  venue: { wait: park }
  core: { wait: park }
plugins:
  venue: { use: paper_venue, lane: venue, options: { dir: ./run/venue, speed: 20 } }
  feed:
    use: mm_ws
    lane: core
    options: { environment: paper, symbols: [BTCUSDT], channels: [trade], endpoint: { file: ./run/venue/endpoint.json } }
)";

constexpr std::uint64_t enough = 500;  // trades

int run() {
  trapline::engine engine({.plugin_dir = TRAPLINE_PLUGIN_DIR, .run_dir = "./run", .log_to_stderr = true});

  // The callback runs on a thread of its own, so what it shares with us must bear that.
  std::atomic<std::uint64_t> trades{0};
  std::promise<void> heard_enough;
  engine.observe("listener", {"md.trade.>"}, [&](const trapline_event& e) {
    if (e.type != TRAPLINE_EVENT_TRADE) return;  // a gap: it tells of loss
    const auto* t = trapline::sdk::payload<trapline_trade>(e);
    if (!t) return;
    const auto n = trades.fetch_add(1) + 1;
    if (n == 1 || n == enough)
      std::cout << "trade " << n << ": " << engine.symbol(e.instrument) << " at "
                << trapline::sdk::format(t->price, t->price_exp) << '\n';
    if (n == enough) heard_enough.set_value();
  });

  const auto problems = engine.load_text(configuration, "embedded configuration");
  for (const auto& p : problems) std::cerr << p << '\n';
  if (!problems.empty()) return 2;

  std::string error;
  if (!engine.start(error)) {
    std::cerr << error << '\n';
    return 1;
  }
  const bool heard = heard_enough.get_future().wait_for(std::chrono::seconds(30)) == std::future_status::ready;
  const bool clean = engine.stop(true, error);
  if (!heard) std::cerr << "only " << trades << " trades came within 30 s\n";
  if (!clean) std::cerr << error << '\n';
  return heard && clean ? 0 : 1;
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
