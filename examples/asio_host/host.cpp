// A program with a Boost.Asio loop of its own that gives the engine turns on it. It listens to a simulated venue until
// it has heard enough trades. Exit codes: 0 done, 1 it failed while running, 2 the configuration is wrong.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <trapline/engine.hpp>
#include <trapline/sdk/decimal.hpp>
#include <trapline/sdk/event.hpp>

namespace asio = boost::asio;

namespace {

constexpr const char* configuration = R"(
engine: { name: hosted, log: { level: info } }
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

// The program's own logger and clock; both are older than the engine in it.
void log_line(std::string_view part, std::string_view text) { std::clog << "host: " << part << ": " << text << '\n'; }

std::int64_t utc_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Gives the engine its turns: when its deadline has come, when it wakes us, and again at once while it has more to do.
class hosted_engine {
 public:
  explicit hosted_engine(asio::io_context& io)
      : io_(io),
        timer_(io),
        engine({.plugin_dir = TRAPLINE_PLUGIN_DIR,
                .run_dir = "./run",
                .log_sink = [](int, std::string_view who, std::string_view text) { log_line(who, text); },
                .now = utc_ns,
                .host_driven = true,
                // On any thread, in the middle of anything: so nothing but a post.
                .wake = [this] { asio::post(io_, [this] { turn(); }); }}) {}

  void turn() {
    if (!engine.running()) return;
    // A part of what there is, so that our own handlers get their turns, too.
    if (engine.run_once({.max_events = 1000}).more) {
      asio::post(io_, [this] { turn(); });
      return;
    }
    const std::int64_t due = engine.next_deadline();
    if (due == trapline::engine::never) {
      timer_.cancel();
      return;
    }
    timer_.expires_after(std::chrono::nanoseconds(std::max<std::int64_t>(due - utc_ns(), 0)));
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
      if (!cancelled) turn();
    });
  }

 private:
  asio::io_context& io_;
  asio::steady_timer timer_;

 public:
  trapline::engine engine;
};

int run() {
  asio::io_context io(1);
  hosted_engine hosted(io);
  auto& engine = hosted.engine;

  // The callback runs on this thread, within a turn: no lock, no atomic.
  constexpr std::uint64_t enough = 300;
  std::uint64_t trades = 0;
  engine.observe("listener", {"md.trade.>"}, [&](const trapline_event& e) {
    const auto* t = trapline::sdk::payload<trapline_trade>(e);
    if (e.type != TRAPLINE_EVENT_TRADE || !t) return;
    if (++trades == 1 || trades == enough)
      std::cout << "trade " << trades << ": " << engine.symbol(e.instrument) << " at "
                << trapline::sdk::format(t->price, t->price_exp) << std::endl;
    if (trades == enough) io.stop();
  });

  const auto problems = engine.load_text(configuration, "configuration");
  for (const auto& p : problems) std::cerr << p << '\n';
  if (!problems.empty()) return 2;
  std::string error;
  if (!engine.start(error)) {
    std::cerr << error << '\n';
    return 1;
  }
  asio::post(io, [&] { hosted.turn(); });

  // The program's own work on the same thread.
  int beats = 0;
  asio::steady_timer heart(io);
  const std::function<void()> beat = [&] {
    if (++beats == 600) io.stop();  // a minute
    heart.expires_after(std::chrono::milliseconds(100));
    heart.async_wait([&](const boost::system::error_code& cancelled) {
      if (!cancelled) beat();
    });
  };
  beat();

  io.run();
  const bool clean = engine.stop(true, error);
  std::cout << "heard " << trades << " trades\n";
  if (!clean) std::cerr << error << '\n';
  return trades >= enough && clean ? 0 : 1;
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
