// The engine, a plugin and their host in one program. Exit codes: 0 done, 1 it failed while running, 2 the
// configuration is wrong.
#include <trapline/abi/market.h>
#include <cstdint>
#include <iostream>
#include <string>
#include <trapline/engine.hpp>
#include <trapline/sdk/decimal.hpp>
#include <trapline/sdk/event.hpp>

TRAPLINE_STATIC_PLUGIN(large_trades);

namespace {

constexpr const char* configuration = R"(
engine: { name: one_program, log: { level: warn } }
plugins:
  large: { use: large_trades, options: { times: 8 } }
)";

int run() {
  std::int64_t now = 1'700'000'000'000'000'000;  // ours to say
  trapline::engine engine({.run_dir = "./run", .now = [&] { return now; }, .host_driven = true});
  engine.attach(trapline_entry_of_large_trades);

  int large = 0;
  engine.observe("listener", {"large.>"}, [&](const trapline_event& e) {
    const auto* t = trapline::sdk::payload<trapline_trade>(e);
    if (!t) return;
    ++large;
    std::cout << engine.topic(e.topic) << ": " << trapline::sdk::format(t->size, t->size_exp) << " at "
              << trapline::sdk::format(t->price, t->price_exp) << '\n';
  });

  const auto problems = engine.load_text(configuration, "configuration");
  for (const auto& p : problems) std::cerr << p << '\n';
  if (!problems.empty()) return 2;
  std::string error;
  if (!engine.start(error)) {
    std::cerr << error << '\n';
    return 1;
  }

  trapline_event event{};
  event.type = TRAPLINE_EVENT_TRADE;
  event.topic = engine.topic_id("md.trade.demo.BTCUSDT");
  event.instrument = engine.instrument_id("demo", "BTCUSDT");
  for (int n = 0; n < 1000; ++n, now += 1'000'000) {
    trapline_trade trade{};
    trade.price = 600'000 + n % 7;
    trade.price_exp = -1;
    trade.size = n % 400 == 399 ? 25'000 : 1'000 + n % 13;
    trade.size_exp = -4;
    event.ts_event = now;
    // With a full bus: let the engine catch up, then say it again.
    while (engine.publish(event, trade) == TRAPLINE_E_AGAIN) engine.run_once();
    while (engine.run_once().more) {
    }
  }
  const bool clean = engine.stop(true, error);
  if (!clean) std::cerr << error << '\n';
  return large == 2 && clean ? 0 : 1;
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
