#include "world.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "trapline/abi/svc/log.h"
#include "trapline/sdk/text.hpp"

namespace trapline::sim {
namespace {

constexpr std::int64_t epoch = 1'760'000'000 * second;  // UTC at which a run begins
constexpr std::int64_t begin = 1000 * second;           // the monotonic clock then
constexpr std::int64_t market_step = paper_venue::market::step_ns;
const paper_venue::credentials keys{"bg_canaryKey7Qx2LmZ", "caNaRy9SecretX4tWv8RbKp3JhDg6FsYq",
                                    "PhraseOfTheCanaryBird5"};

setup completed(setup s) {
  const std::string base = "wss://localhost:1/" + s.api + "/ws/";
  s.feed.api = s.api;
  s.feed.symbols = s.symbols;
  if (s.feed.endpoint_file.empty()) {
    s.feed.endpoint_public = base + "public";
    s.feed.endpoint_private = base + "private";
    s.feed.endpoint_rest = "https://localhost:1";
  }
  if (!s.is_private) s.feed.private_channels = {};
  s.venue.symbols = s.symbols;
  s.venue.seed = s.seed;
  s.venue.trader = false;
  s.venue.unified = s.api == "v3";
  s.venue.mode = s.hedge ? paper_venue::position_mode::hedge : paper_venue::position_mode::one_way;
  return s;
}

}  // namespace

mm_ws::options setup::default_feed() {
  mm_ws::options o;
  o.channels = {"trade", "books", "ticker", "candle1m"};
  o.private_channels = {"positions", "orders", "fills", "plan_orders", "account"};
  o.ping_interval = 20 * second;
  o.dead_after = 35 * second;
  o.stale_after = o.stale_ticker = 30 * second;
  o.stale_candle = 90 * second;
  o.rotate_after = 23 * hour;
  o.ack_timeout = 15 * second;
  o.status_interval = 5 * second;
  o.probe_interval = 5 * minute;
  o.stable_after = 60 * second;
  o.resync_window = 5 * minute;
  o.reconcile_interval = 45 * second;
  return o;
}

world::world(setup s)
    : settings(completed(std::move(s))),
      network(settings.seed * 3 + 1, begin),
      trader(settings.seed * 5 + 2, settings.trader_pause),
      key(keys.key),
      secret(keys.secret),
      passphrase(keys.passphrase),
      secrets_({keys.key, keys.secret, keys.passphrase}),
      tick_every_(std::llround(static_cast<double>(market_step) / settings.market_speed)),
      next_tick_(begin),
      market_time_(epoch),
      last_tick_(begin) {
  paper_venue::venue_hooks hooks;
  hooks.log = [this](const std::string& text) {
    remember(TRAPLINE_LOG_INFO, "venue: " + text);
    if (text.find("more than") != text.npos) findings.add(time(), "the venue says: " + text);
  };
  venue = std::make_unique<paper_venue::venue>(
      settings.venue, keys, paper_venue::venue_clock{[this] { return utc(); }, [this] { return network.now(); }},
      std::move(hooks), epoch);
  network.serve("localhost:1", *venue, venue.get());
  network.to_client = [this](std::string_view path, std::string& text) {
    watch_venue(text);
    return !to_client || to_client(path, text);
  };
  network.to_server = [this](std::string_view path, std::string& text) { return !to_server || to_server(path, text); };
  real = std::make_unique<truth>(*venue);
  real->look(time());
  bus_ = std::make_unique<sim_bus>([this] { return now(); }, [this] { return mono(); }, settings.detector,
                                   [this](const trapline_event& e) { on_event(e); });
  for (const auto& symbol : settings.symbols) instruments_.push_back(bus_->instrument("bitget", symbol));
  market = std::make_unique<market_witness>(*real, findings, settings.every_trade);
  account = std::make_unique<account_witness>(
      *real, findings, [this](std::uint32_t i) { return symbol_of(i); }, settings.stale_position);
  start_feed();
}

// The feed's sockets, then the venue's, before the network.
world::~world() {
  feed_.reset();
  venue->close_all("the simulation ends");
}

std::int64_t world::utc() const { return epoch + network.now() - begin; }

void world::start_feed() {
  feed_ = std::make_unique<mm_ws::feed>(settings.feed, "feed", *this, settings.seed * 7 + ++feeds_);
  feed_->start();
}

void world::restart_feed() {
  feed_.reset();
  market->forget();
  account->forget(venue->market_time());
  start_feed();
}

void world::inflict(const std::string& fault) { venue->inflict(paper_venue::parse_fault("0 " + fault)); }

void world::place(std::size_t symbol, paper_venue::side direction, bool as_market, std::int64_t ticks_inside,
                  std::int64_t lots) {
  auto& s = *venue->the_simulation();
  paper_venue::order_request r;
  r.symbol = symbol;
  r.direction = direction;
  r.market = as_market;
  r.lots = lots;
  const auto best = s.market_of(symbol).book().best(direction);
  r.tick = as_market ? 0 : direction == paper_venue::side::buy ? best + ticks_inside : best - ticks_inside;
  paper_venue::order_ref placed;
  if (const auto* no = s.the_exchange().place(r, s.now(), placed))
    throw std::runtime_error("the venue refuses an order: " + std::string(no->text));
  real->look(time());
}

bool world::live() const {
  return (settings.feed.channels.empty() || feed_->public_state() == TRAPLINE_FEED_LIVE) &&
         (!settings.is_private || feed_->private_state() == TRAPLINE_FEED_LIVE);
}

// ---------------------------------------------------------------- the run

void world::run(std::int64_t duration) {
  const auto until = time() + duration;
  while (time() < until) step(until);
}

bool world::run_until(const std::function<bool()>& done, std::int64_t limit) {
  const auto until = time() + limit;
  while (!done()) {
    if (time() >= until) return false;
    step(until);
  }
  return true;
}

void world::step(std::int64_t until) {
  if (every_step) every_step();
  const auto timer = bus_->next_timer();
  const auto timer_at = timer == time::timers::never ? net::memory_network::never : timer - now() + time();
  const auto next = std::max(time(), std::min({next_tick_, feed_->deadline(), timer_at, until}));
  if (network.next_due() <= next) network.run_one(next);
  else network.run_one(next - 1), network.run_one(next);
  if (time() >= next_tick_) tick();
  feed_->advance();
  bus_->run();
}

void world::tick() {
  next_tick_ = time() + tick_every_;
  market_time_ += market_step;
  venue->advance(market_time_);
  trader.advance(*venue->the_simulation());
  real->look(time());
}

// ---------------------------------------------------------------- what is seen

std::size_t world::symbol_of(std::uint32_t instrument) const {
  const auto at = std::find(instruments_.begin(), instruments_.end(), instrument);
  if (at == instruments_.end()) throw std::runtime_error("an event of an instrument that is not traded");
  return static_cast<std::size_t>(at - instruments_.begin());
}

void world::on_event(const trapline_event& e) {
  ++events;
  hash.add(e);
  if (e.seq <= last_seq_) findings.add(time(), "the bus's numbers do not rise");
  last_seq_ = e.seq;
  if (secrets_.finds({reinterpret_cast<const char*>(&e + 1), e.size - sizeof e}))
    findings.add(time(), sdk::cat("an event of type ", int{e.type}, " holds a piece of a secret"));
  if (e.source == sim_bus::detector_id) {
    signals += e.type == TRAPLINE_EVENT_SIGNAL;
    return;
  }
  if (e.source != sim_bus::feed_id) return;
  if (e.type == TRAPLINE_EVENT_FEED_STATUS) {
    const auto& s = *sdk::payload<trapline_feed_status>(e);
    if (s.endpoint == TRAPLINE_ENDPOINT_PRIVATE) private_code = s.code;
    if (states.empty() || s.state != s.previous_state)
      states.push_back({time(), s.endpoint, s.state, s.code, std::string(sdk::view(s.text))});
    return;
  }
  account->on_event(e, time());
  if (e.instrument != 0) market->on_event(e, symbol_of(e.instrument), time());
}

void world::check_text(const std::string& where, std::string_view text) {
  if (secrets_.finds(text)) findings.add(time(), where + " holds a piece of a secret");
}

// What the venue enforces is its word against the client.
void world::watch_venue(const std::string& text) {
  if (text.rfind("{\"event\":\"error\"", 0) == 0 &&
      (text.find("30007") != text.npos || text.find("30006") != text.npos))
    findings.add(time(), "the venue refuses: " + text);
}

std::uint64_t world::metric(const std::string& name_and_labels) const {
  const auto at = counters_.find(name_and_labels);
  return at == counters_.end() ? 0 : *at->second;
}

// ---------------------------------------------------------------- outlet

trapline_status world::publish(const trapline_frame* frames, std::uint32_t count) {
  return bus_full ? TRAPLINE_E_AGAIN : bus_->publish(frames, count);
}

sdk::counter world::counter(std::string_view name, std::string_view labels) {
  auto& c = counters_[std::string(name) + (labels.empty() ? "" : "{" + std::string(labels) + "}")];
  if (!c) c = std::make_unique<std::uint64_t>(0);
  return sdk::counter(c.get());
}

sdk::gauge world::gauge(std::string_view name, std::string_view labels) {
  auto& g = gauges_[std::string(name) + std::string(labels)];
  if (!g) g = std::make_unique<std::int64_t>(0);
  return sdk::gauge(g.get());
}

void world::log(int severity, std::string_view text) {
  check_text("the log", text);
  remember(severity, std::string(text));
}

void world::remember(int severity, std::string text) {
  logs.push_back({time(), severity, std::move(text)});
  if (logs.size() > 20'000) logs.erase(logs.begin(), logs.begin() + 10'000);
}

std::size_t world::lines_with(std::string_view text) const {
  return static_cast<std::size_t>(
      std::count_if(logs.begin(), logs.end(), [&](const line& l) { return l.text.find(text) != l.text.npos; }));
}

void world::health(std::uint32_t, std::int32_t, std::string_view text) { check_text("the health report", text); }

void world::request_stop(std::string_view reason) {
  check_text("a reason to stop", reason);
  stop_reasons.emplace_back(reason);
}

void world::misconfigured(std::string_view reason) { request_stop(reason); }

mm_ws::credentials world::get_credentials() {
  mm_ws::credentials c;
  c.key = key;
  c.secret = secret;
  c.passphrase = passphrase;
  return c;
}

std::int64_t world::take_connect_slot(std::int64_t& last) {
  if (!settings.budget) return 0;
  const auto later = budget_.take(now(), last);
  connect_refusals += later != 0;
  return later;
}

std::unique_ptr<net::ws_client> world::connect(const net::ws_client_options& o, net::ws_client_handler& h) {
  ++connects;
  connect_times.push_back(time());
  return network.connect(o, h);
}

std::unique_ptr<net::http_client> world::connect_http(const net::http_client_options& o) {
  ++rest_calls;
  return network.connect_http(o);
}

}  // namespace trapline::sim
