#include "chaos.hpp"

#include <algorithm>

#include "trapline/sdk/text.hpp"

namespace trapline::sim {

using sdk::cat;

chaos::chaos(world& w, std::uint64_t seed, std::int64_t pause)
    : world_(w), random_(seed), pause_(pause), next_(w.time() + pause) {}

void chaos::advance() {
  const auto now = world_.time();
  if (now >= refusing_until_) world_.network.refusing = false;
  if (now >= bus_full_until_) world_.bus_full = false;
  if (ended_ || now < next_) return;
  next_ = now + static_cast<std::int64_t>(random_.exponential(static_cast<double>(pause_)));
  ++faults_;
  strike();
}

void chaos::strike() {
  const double where = random_.uniform();
  if (where < 0.3) {
    where < 0.2 ? strike_network() : strike_machine();
    return world_.remember(TRAPLINE_LOG_INFO, last_);
  }
  const auto f = paper_venue::random_fault(random_);
  if (f.kind == paper_venue::fault_kind::clock_jump) venue_clock_ += f.number;
  last_ = "venue: " + f.text;
  world_.venue->inflict(f);
}

void chaos::strike_network() {
  const auto now = world_.time();
  switch (random_.below(5)) {
    case 0:
      last_ = "network: cut";
      return world_.network.cut();
    case 1:
      last_ = "network: half open";
      return world_.network.half_open();
    case 2: {
      const auto seconds = random_.below(60);
      last_ = cat("network: nothing passes for ", seconds, " s");
      return world_.network.hold(seconds * second);
    }
    case 3:
      refusing_until_ = now + random_.below(60) * second;
      last_ = cat("network: connections refused for ", (refusing_until_ - now) / second, " s");
      world_.network.refusing = true;
      return;
    default:
      world_.network.way.latency = (1 + random_.below(300)) * ms;
      world_.network.way.jitter = random_.below(200) * ms;
      last_ = cat("network: latency ", world_.network.way.latency / ms, " ms");
  }
}

void chaos::strike_machine() {
  const auto now = world_.time();
  switch (random_.below(3)) {
    case 0:
      last_ = "machine: the feed is killed";
      return world_.restart_feed();
    case 1:
      world_.clock_error = (random_.below(120) - 60) * second;
      last_ = cat("machine: the clock is off by ", world_.clock_error / second, " s");
      return;
    default:
      bus_full_until_ = now + random_.below(3000) * ms;
      last_ = cat("machine: the bus is full for ", (bus_full_until_ - now) / ms, " ms");
      world_.bus_full = true;
  }
}

void chaos::end() {
  ended_ = true;
  world_.network.refusing = world_.bus_full = false;
  world_.network.way = {};
  world_.clock_error = 0;
  if (venue_clock_ != 0) world_.inflict(cat("clock_jump ", -venue_clock_));
  venue_clock_ = 0;
}

chaos_result run_chaos(world& w, std::int64_t length, const chaos_run& how) {
  chaos_result r;
  paper_venue::prng seeds(w.settings.seed * 11 + 3);
  const auto until = w.time() + length;
  while (w.time() < until && w.findings.count() == 0) {
    ++r.rounds;
    chaos c(w, seeds.next(), how.pause);
    w.market->watch_every_trade(false);
    w.trader.active = true;
    w.every_step = [&] { c.advance(); };
    w.run(how.storm);
    c.end();
    w.every_step = nullptr;
    r.faults += c.faults();
    // Quiet: the account rests, too, once the orders that are out have gone.
    w.trader.active = false;
    trader::clear(*w.venue->the_simulation());
    w.real->look(w.time());
    const auto calm = w.time();
    const auto equal = [&] { return w.live() && w.account->difference().empty(); };
    const auto given_up = [&] {  // a refused login waits for a person; that is this one
      return w.feed().private_state() == TRAPLINE_FEED_FAILED && w.private_code == TRAPLINE_FEED_CODE_AUTH_FAILED;
    };
    bool done = false;
    w.run(minute);  // a connection that went dead last may pass for a living one as long as that
    while (!(done = w.run_until([&] { return equal() || given_up(); }, calm + how.most_calm - w.time()) && equal()) &&
           w.time() < calm + how.most_calm) {
      w.run(6 * minute);  // an off clock is looked at again after five
      if (equal() || !given_up()) continue;
      ++r.restarts;
      w.restart_feed();
    }
    r.longest_recovery = std::max(r.longest_recovery, w.time() - calm);
    if (!done && !equal()) {
      w.findings.add(w.time(), cat("not equal ", how.most_calm / minute, " minutes after the last fault (", c.last(),
                                   "): ", w.account->difference(), "; public ", int{w.feed().public_state()},
                                   ", private ", int{w.feed().private_state()}));
      break;
    }
    // And from then on it stays so, trade by trade.
    w.market->watch_every_trade(true);
    const auto reconnects = w.connects;
    w.run(2 * minute);
    if (!equal()) w.findings.add(w.time(), "equal, then not any more: " + w.account->difference());
    if (w.connects != reconnects) w.findings.add(w.time(), "a connection was replaced for no reason");
  }
  return r;
}

setup setup_of_seed(std::uint64_t seed) {
  paper_venue::prng random(seed);
  setup s;
  s.seed = seed;
  s.api = random.chance(0.5) ? "v2" : "v3";
  s.hedge = random.chance(0.5);
  if (random.chance(0.25)) s.symbols.push_back("ETHUSDT");
  s.detector = random.chance(0.25);
  s.every_trade = false;
  s.trader_pause = random.uniform(4, 30);
  s.stale_position = 10 * minute;
  return s;
}

}  // namespace trapline::sim
