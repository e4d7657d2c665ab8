// The whole line over real TLS sockets for long: a paper venue that cuts all connections again and again, the feed and
// the detectors on its lane. At the end venue and bus must agree on every trade, and the process must not have grown.
//
//   soak [--messages N] [--reconnects N] [--symbols N] [--speed N]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "ledger.hpp"
#include "resources.hpp"
#include "support/temp_dir.hpp"
#include "trapline/engine.hpp"
#include "venue_client.hpp"

namespace {

using namespace trapline;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

struct plan {
  std::uint64_t messages = 10'000'000, reconnects = 1'000;
  unsigned symbols = 16, speed = 20;  // speed: of the market; a machine that cannot keep up spends itself on cuts
};

plan read_arguments(int argc, char** argv) {
  plan p;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (++i == argc) throw std::invalid_argument(name + " needs a value");
    const auto value = std::stoull(argv[i]);
    if (name == "--messages") p.messages = value;
    else if (name == "--reconnects") p.reconnects = value;
    else if (name == "--symbols") p.symbols = static_cast<unsigned>(value);
    else if (name == "--speed") p.speed = static_cast<unsigned>(value);
    else throw std::invalid_argument("unknown argument " + name);
  }
  if (p.symbols < 1 || p.symbols > 16 || p.reconnects < 1 || p.messages < 1)
    throw std::invalid_argument("expected 1 to 16 symbols, and a message and a reconnect at least");
  return p;
}

std::string symbol_name(unsigned i) { return std::string("S") + static_cast<char>('A' + i) + "USDT"; }
std::size_t number_of(std::string_view symbol) {
  return symbol.size() == 6 ? static_cast<std::size_t>(symbol[1] - 'A') : 0;
}

// Several public connections and the private one, so that each cut makes as many reconnects.
constexpr unsigned channels_each = 12;
unsigned connections(const plan& p) { return (4 * p.symbols + channels_each - 1) / channels_each + 1; }

// Budgets of callbacks are wide: a machine that does much else meanwhile is no fault of theirs.
std::string config(const plan& p, const std::string& dir) {
  std::string symbols;
  for (unsigned i = 0; i < p.symbols; ++i) symbols += (i ? ", " : "") + symbol_name(i);
  return "engine: { name: soak, plugin_dirs: [" TRAPLINE_BUILD_DIR "/plugins], run_dir: " + dir +
         "/run, log: { level: warn, file: " + dir + R"(/log } }
lanes:
  venue: { wait: park }
  core: { wait: park, overflow: gate }
plugins:
  venue:
    use: paper_venue
    lane: venue
    budget: 10s
    options:
      dir: )" +
         dir + "/venue\n      symbols: [" + symbols + "]\n      speed: " + std::to_string(p.speed) + R"(
      seed: 5
      limits: { rest: false, subscriptions_per_hour: 1000000 }
  feed:
    use: mm_ws
    lane: core
    budget: 10s
    options:
      environment: paper
      symbols: [)" +
         symbols + R"(]
      private: [positions, orders, fills, account]
      credentials: { key: "file:)" +
         dir + R"(/venue/api_key", secret: "file:)" + dir + R"(/venue/api_secret", passphrase: "file:)" + dir +
         R"(/venue/api_passphrase" }
      endpoint: { file: )" +
         dir + "/venue/endpoint.json }\n      connections: { channels: " + std::to_string(channels_each) + R"( }
      reconnect: { max_attempts: 1000, stable_after: 1s }
  traps: { use: trap_detector, lane: core, budget: 10s }
)";
}

bool wait_for(const std::function<bool()>& what, std::chrono::seconds limit) {
  const auto end = steady::now() + limit;
  while (!what()) {
    if (steady::now() > end) return false;
    std::this_thread::sleep_for(5ms);  // between two looks
  }
  return true;
}

unsigned long long number(std::uint64_t v) { return v; }

// Cuts and samples until there was enough of both.
void run_line(const plan& p, const engine& e, soak::venue_client& venue, soak::resources& held) {
  const auto began = steady::now();
  // Cuts are spread over the messages, so that a slow machine has time to come back from each.
  const auto between = std::min(p.messages, p.messages * connections(p) / p.reconnects);
  auto next_cut = between / 2;
  std::uint64_t messages = 0, reconnects = 0;
  auto moved = began, told = began;
  while (messages < p.messages || reconnects < p.reconnects) {
    for (const auto& i : e.instances())
      if (i.state != "running") throw std::runtime_error(i.name + " is " + i.state + ": " + i.reason);
    std::this_thread::sleep_for(250ms);  // the pace of the samples
    held.sample();
    const auto now = steady::now();
    const auto seen = e.metric_total("feed_messages_total");
    if (seen != messages) moved = now;
    else if (now - moved > 120s) throw std::runtime_error("nothing has come for two minutes");
    messages = seen;
    reconnects = e.metric_total("feed_reconnects_total");
    if (messages >= next_cut) {
      venue.cut_all_connections();
      next_cut = messages + between;
    }
    if (now - told < 30s) continue;
    told = now;
    std::fprintf(stderr, "%6.0f s: %llu messages, %llu reconnects, %llu MiB\n",
                 std::chrono::duration<double>(now - began).count(), number(messages), number(reconnects),
                 number(held.highest(4).memory >> 20));
  }
}

int failures = 0;
void expect(bool holds, const char* what) {
  std::printf("%-4s %s\n", holds ? "ok" : "NOT", what);
  failures += !holds;
}

int run(const plan& p) {
  const test::temp_dir dir;
  engine e;
  soak::ledger books(p.symbols);
  e.observe("ledger", {"md.>", "acct.>", "sig.>", "sys.>"},
            [&](const trapline_event& event) { books.take(event, number_of(e.symbol(event.instrument))); });
  for (const auto& problem : e.load_text(config(p, dir.path()), "soak.yaml")) throw std::runtime_error(problem);
  if (std::string error; !e.start(error)) throw std::runtime_error(error);
  if (!wait_for([&] { return e.metric_total("feed_messages_total") > 0; }, 60s))
    throw std::runtime_error("nothing comes from the venue");

  const auto began = steady::now();
  soak::resources held;
  soak::venue_client venue(dir.path() + "/venue");
  run_line(p, e, venue, held);
  // Every trade that the venue has made by now must come, or be announced as lost.
  bool all_came = true;
  for (unsigned i = 0; i < p.symbols; ++i) {
    const auto newest = venue.newest_trade(symbol_name(i));
    all_came &= wait_for([&] { return books.last(i) >= newest; }, 60s);
  }
  const std::chrono::duration<double> took = steady::now() - began;
  const auto messages = e.metric_total("feed_messages_total"), sent = e.metric_total("venue_frames_sent_total");
  const auto reconnects = e.metric_total("feed_reconnects_total");
  const auto malformed = e.metric_total("feed_malformed_total"), refused = e.metric_total("feed_refused_total");
  std::string what;
  const bool stopped = e.stop(true, what);

  std::printf("%llu messages and %llu reconnects in %.0f s; %llu frames sent by the venue, %llu events on the bus\n",
              number(messages), number(reconnects), took.count(), number(sent), number(books.events));
  std::printf("%llu trades, %llu lost while disconnected and announced, %llu fills, %llu signals, %llu gaps of books\n",
              number(books.trades), number(books.announced), number(books.fills), number(books.signals),
              number(books.book_gaps));
  std::printf("highest in each fifth of the run:");
  for (std::size_t i = 0; i < 5; ++i) {
    const auto h = held.highest(i);
    std::printf("%s %.1f MiB, %llu files, %llu threads", i ? ";" : "", static_cast<double>(h.memory) / (1 << 20),
                number(h.files), number(h.threads));
  }
  std::printf("\n");

  expect(all_came, "the newest trade of each market at the venue is on the bus");
  expect(books.trades > 0 && books.fills > 0 && books.book_gaps > 0, "there were trades, fills and losses at all");
  expect(books.unannounced == 0, "no trade is missing without a gap that announces it");
  expect(books.repeated == 0, "no trade came twice or out of order");
  expect(books.repeated_fills == 0, "no fill came twice");
  expect(books.lapped == 0, "the ledger saw every event");
  expect(malformed == 0 && refused == 0, "every message was understood and found room on the bus");
  // Buffers and the allocator's arenas take a while to reach their size: a short run is all warm-up.
  if (held.samples() >= 500) {
    const auto early = held.highest(2), late = held.highest(4);
    expect(late.memory <= early.memory + early.memory / 50 + (2 << 20), "memory is flat: at most 2 % and 2 MiB more");
    expect(late.files <= early.files + 2, "open files are flat");
    expect(late.threads <= early.threads, "threads are flat");
  }
  expect(stopped, "the engine stopped in order");
  return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(read_arguments(argc, argv));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "soak: %s\n", e.what());
    return 2;
  }
}
