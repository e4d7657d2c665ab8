// The Redis bridge against redis-benchmark, in one run: same server, Unix socket, command, payload and pipeline depth,
// one connection each.
//
//   xadd/D      events go in at the bridge's front (document, spool, XADD, answer): trades, MAXLEN ~ 20000
//   publish/D   the bridge's connection alone: PUBLISH of 250 bytes
//   set/D       the same with SET of 250 bytes
//   bus_to_readable/W/R the plugin in the engine, R trades a second in one burst a millisecond, `window` of W ms: from
//                       the event's time on the bus until another client has the entry in its hands (XREAD BLOCK)
//   memory_of_a_day     what Redis needs for one symbol whose streams have reached the default caps, as they do within
//                       the day: computed from a tenth of the caps, and measured at them
//
// Counters: `bridge` and `reference` commands a second, `ratio` of the two; `p50_us`, `p99_us`; MiB.
#include <benchmark/benchmark.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bridge.hpp"
#include "fake_environment.hpp"
#include "support/redis_server.hpp"
#include "support/temp_dir.hpp"
#include "trapline/engine.hpp"
#include "trapline/sdk/text.hpp"

namespace {

namespace rb = trapline::redis_bridge;
using clock_type = std::chrono::steady_clock;

constexpr int commands = 20'000;  // a time: little, so that either side meets the same disturbances
const std::string payload(250, 'x');

double seconds_since(clock_type::time_point begin) {
  return std::chrono::duration<double>(clock_type::now() - begin).count();
}

// Commands a second as redis-benchmark measures them.
double reference(const test::redis_server& server, int depth, const std::string& command) {
  const auto line = trapline::sdk::cat("redis-benchmark -s ", server.socket_path(), " -c 1 -P ", depth, " -n ",
                                       commands, " --csv ", command, " 2>/dev/null");
  const std::unique_ptr<FILE, int (*)(FILE*)> out(::popen(line.c_str(), "r"), ::pclose);
  std::string text;
  char part[4096];
  while (out && std::fgets(part, sizeof part, out.get())) text += part;
  // The last line is "<command>","<rate>",...
  const auto last = text.rfind('\n', text.size() - 2);
  const auto begin = text.find("\",\"", last == std::string::npos ? 0 : last);
  if (begin == std::string::npos) throw std::runtime_error("redis-benchmark gave no result");
  return std::stod(text.substr(begin + 3));
}

rb::settings settings_for(const test::redis_server& server, int depth) {
  rb::settings s;
  rb::parse_url(server.url(), s);
  s.flight_commands = static_cast<std::size_t>(depth);
  s.spool_commands = 10'000'000;
  s.spool_bytes = 1u << 30;
  return s;
}

// Medians: a moment in which the machine was busy with something else counts once.
class comparison {
 public:
  void add(double bridge, double reference) {
    bridge_.push_back(bridge);
    reference_.push_back(reference);
  }
  void report(benchmark::State& state) {
    const double bridge = median(bridge_), reference = median(reference_);
    state.counters["bridge"] = bridge;
    state.counters["reference"] = reference;
    state.counters["ratio"] = bridge / reference;
  }

 private:
  static double median(std::vector<double>& v) {
    std::sort(v.begin(), v.end());
    return v.at(v.size() / 2);
  }
  std::vector<double> bridge_, reference_;
};

// ---------------------------------------------------------------- XADD, the whole way

double xadd_rate(const test::redis_server& server, int depth) {
  trapline::net::loop loop;
  rb::test::fake_environment env;
  rb::bridge bridge(loop, settings_for(server, depth), env, {}, "bench");
  bridge.start();
  while (!bridge.connected()) loop.poll(1'000'000);
  auto e = rb::test::trade(1);
  const auto begin = clock_type::now();
  // As a lane does: some events, then the loop.
  for (int sent = 0; sent < commands;) {
    for (int i = 0; i < 64 && sent < commands; ++i, ++sent) bridge.on_event(e);
    loop.poll(0);
  }
  while (!bridge.waiting().empty()) loop.poll(1'000'000);
  return commands / seconds_since(begin);
}

void xadd(benchmark::State& state) {
  const int depth = static_cast<int>(state.range(0));
  test::redis_server server;
  comparison c;
  for (auto _ : state) {
    const double theirs =
        reference(server, depth,
                  "XADD reference MAXLEN '~' 20000 '*' type trade seq 123456 boot_id 0123456789abcdef ts "
                  "1723161256000000001 price 58700.1 size 0.014 side buy id 1 symbol BTCUSDT ts_recv "
                  "1723161256005000001");
    const double rate = xadd_rate(server, depth);
    c.add(rate, theirs);
    state.SetIterationTime(commands / rate);
  }
  c.report(state);
}
BENCHMARK(xadd)->Arg(16)->Arg(64)->Arg(256)->Iterations(31)->UseManualTime()->Unit(benchmark::kMillisecond);

// ---------------------------------------------------------------- PUBLISH, SET: the connection

class filler final : rb::connection_handler {
 public:
  filler(const rb::settings& s, std::initializer_list<std::string_view> words)
      : connection_(loop_, s, env_, meters_, *this) {
    rb::append_command(command_, words);
    connection_.start();
    while (!connection_.ready()) loop_.poll(1'000'000);
  }
  double rate() {
    sent_ = answered_ = 0;
    const auto begin = clock_type::now();
    fill();
    while (answered_ < commands) loop_.poll(1'000'000);
    return commands / seconds_since(begin);
  }

 private:
  void fill() {
    for (; sent_ < commands && connection_.room(); ++sent_) {
      connection_.out() += command_;
      connection_.commit({rb::tag::kind::ignore});
    }
    connection_.flush();
  }
  void on_connected() override {}
  void on_reply(const rb::tag&, const rb::reply& r) override {
    if (r.is_error()) throw std::runtime_error(std::string(r.text()));
    ++answered_;
  }
  void on_replies_done() override { fill(); }
  void on_lost() override { throw std::runtime_error("the connection broke"); }

  std::string command_;
  int sent_ = commands, answered_ = 0;
  trapline::net::loop loop_;
  rb::test::fake_environment env_;
  rb::meters meters_;
  rb::connection connection_;
};

void on_connection(benchmark::State& state, std::string_view verb) {
  const int depth = static_cast<int>(state.range(0));
  test::redis_server server;
  const auto settings = settings_for(server, depth);
  comparison c;
  for (auto _ : state) {
    const double theirs = reference(server, depth, trapline::sdk::cat(verb, " name ", payload));
    const double rate = filler(settings, {verb, "name", payload}).rate();
    c.add(rate, theirs);
    state.SetIterationTime(commands / rate);
  }
  c.report(state);
}
void publish(benchmark::State& state) { on_connection(state, "PUBLISH"); }
void set(benchmark::State& state) { on_connection(state, "SET"); }
BENCHMARK(publish)->Arg(16)->Arg(64)->Arg(256)->Iterations(31)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(set)->Arg(16)->Arg(64)->Arg(256)->Iterations(31)->UseManualTime()->Unit(benchmark::kMillisecond);

// ---------------------------------------------------------------- latency

std::int64_t utc_now() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

// Latencies in ns of `count` entries, as a client reads them.
std::vector<std::int64_t> read_latencies(const std::string& socket, const std::string& key, std::size_t count) {
  const std::unique_ptr<redisContext, void (*)(redisContext*)> c(redisConnectUnix(socket.c_str()), redisFree);
  if (!c || c->err) throw std::runtime_error("the reader cannot connect");
  std::vector<std::int64_t> out;
  std::string last = "0";
  while (out.size() < count) {
    const std::unique_ptr<void, void (*)(void*)> r(
        redisCommand(c.get(), "XREAD COUNT 1000 BLOCK 10000 STREAMS %s %s", key.c_str(), last.c_str()),
        freeReplyObject);
    const auto now = utc_now();
    const auto* reply = static_cast<const redisReply*>(r.get());
    if (!reply || reply->type != REDIS_REPLY_ARRAY) throw std::runtime_error("no entry within 10 s");
    const auto* entries = reply->element[0]->element[1];
    for (std::size_t i = 0; i < entries->elements; ++i) {
      last = entries->element[i]->element[0]->str;
      const auto* fields = entries->element[i]->element[1];
      for (std::size_t f = 0; f + 1 < fields->elements; f += 2)
        if (std::string_view(fields->element[f]->str) == "ts")
          out.push_back(now - std::stoll(fields->element[f + 1]->str));
    }
  }
  return out;
}

void bus_to_readable(benchmark::State& state) {
  const auto burst = static_cast<std::size_t>(state.range(1)) / 1'000;
  const std::size_t count = 5'000 * burst, beginning = count / 10;
  for (auto _ : state) {
    test::redis_server server;
    test::temp_dir dir;
    trapline::engine engine({TRAPLINE_MODULE_DIR, dir.path() + "/run", false});
    const auto yaml = trapline::sdk::cat(
        "engine: {log: {file: ", dir.path(), "/log}, plugin_dirs: [", TRAPLINE_PLUGIN_DIR,
        "]}\nlanes: {io: {overflow: lag}}\nplugins:\n  redis: {use: redis_bridge, lane: io, options: {url: \"",
        server.url(), "\", window: ", state.range(0),
        "ms, stream: {maxlen: {market: 1000000}}}}\n  source: {use: "
        "trade_source, options: {count: ",
        count, ", burst: ", burst, "}}\n");
    std::string error;
    if (!engine.load_text(yaml, "bench.yaml").empty() || !engine.start(error))
      throw std::runtime_error("the engine does not start: " + error);
    auto ns = read_latencies(server.socket_path(), "trapline:v1:{bitget:usdtm:BTCUSDT}:trades", count);
    std::string what;
    engine.stop(true, what);
    ns.erase(ns.begin(), ns.begin() + static_cast<std::ptrdiff_t>(beginning));  // holds the connection's making
    std::sort(ns.begin(), ns.end());
    state.counters["p50_us"] = static_cast<double>(ns[ns.size() / 2]) / 1e3;
    state.counters["p99_us"] = static_cast<double>(ns[ns.size() * 99 / 100]) / 1e3;
    state.SetIterationTime(static_cast<double>(ns[ns.size() / 2]) / 1e9);
  }
}
BENCHMARK(bus_to_readable)
    ->Args({0, 1'000})
    ->Args({2, 1'000})
    ->Args({0, 50'000})
    ->Args({2, 50'000})
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);

// ---------------------------------------------------------------- memory

double used_mib(test::redis_server& server) {
  const auto info = server.ask({"INFO", "memory"});
  return static_cast<double>(std::stoll(info.substr(info.find("used_memory:") + 12))) / (1 << 20);
}

// So many events of each kind, as Bitget's linear contracts send them: trades, book updates of 20 levels a side,
// tickers, candles that are updated, reports with three patterns, and the account.
void fill_streams(test::redis_server& server, int market, int signals, int account, int status) {
  namespace t = rb::test;
  trapline::net::loop loop;
  t::fake_environment env;
  rb::bridge bridge(loop, settings_for(server, 4'096), env, {}, "bench");
  bridge.start();
  while (!bridge.connected()) loop.poll(1'000'000);
  trapline_book book{};
  book.bid_count = book.ask_count = 20;
  book.price_exp = -1;
  book.size_exp = -3;
  std::array<trapline_level, 40> levels{};
  for (std::size_t i = 0; i < levels.size(); ++i)
    levels[i] = {987'654 + static_cast<std::int64_t>(i), 1'234 + static_cast<std::int64_t>(i * 97)};
  trapline_ticker ticker{};
  ticker.present = ~0u;
  ticker.price_exp = -1;
  ticker.size_exp = -3;
  ticker.funding_exp = -6;
  ticker.last = ticker.bid = ticker.ask = ticker.mark = ticker.index = ticker.high_24h = ticker.low_24h = 987'654;
  ticker.bid_size = ticker.ask_size = 12'345;
  ticker.open_interest = ticker.volume_24h = 98'765'432;
  ticker.funding_rate = 102;
  ticker.next_funding_ts = t::event::default_ts;
  trapline_candle candle{};
  candle.interval_ns = 60'000'000'000;
  candle.start_ts = t::event::default_ts;
  candle.price_exp = -1;
  candle.size_exp = -3;
  candle.open = candle.high = candle.low = candle.close = 987'654;
  candle.volume = 98'765;
  const auto ts = t::event::default_ts;
  int sent = 0;
  const auto times = [&](int n, auto make) {
    for (int i = 0; i < n; ++i) {
      bridge.on_event(make(i));
      if (++sent % 256 == 0) loop.poll(0);
      while (bridge.waiting().commands() > 20'000) loop.poll(1'000'000);
    }
  };
  times(market, [&](int i) { return t::trade(1'000'000 + i); });
  times(market, [&](int i) {
    return t::event(TRAPLINE_EVENT_BOOK_DELTA, t::topic_book, book, 0, ts + i, 1, levels.data(), sizeof levels);
  });
  times(market, [&](int i) { return t::event(TRAPLINE_EVENT_TICKER, t::topic_ticker, ticker, 0, ts + i); });
  times(market, [&](int i) { return t::event(TRAPLINE_EVENT_CANDLE, t::topic_candle, candle, 0, ts + i); });
  times(signals, [&](int) { return t::signal(); });
  times(signals, [&](int) { return t::matrix(0.81); });
  times(account, [&](int) { return t::position(t::sample_position()); });
  times(account, [&](int i) { return t::order(std::to_string(1'234'567'890'123'456 + i), TRAPLINE_ORDER_FILLED); });
  times(account, [&](int i) { return t::fill(std::to_string(1'234'567'890'123'456 + i)); });
  times(account, [&](int) { return t::account("USDT", t::complete); });
  times(status, [&](int i) { return t::feed_status(i % 2 ? TRAPLINE_FEED_LIVE : TRAPLINE_FEED_BACKOFF); });
  while (!bridge.waiting().empty()) loop.poll(1'000'000);
}

void memory_of_a_day(benchmark::State& state) {
  const rb::settings caps;
  const auto used = [&](int part) {
    test::redis_server server;
    const double before = used_mib(server);
    const auto cut = [&](std::int64_t cap) { return static_cast<int>(cap / part); };
    fill_streams(server, cut(caps.maxlen_market), cut(caps.maxlen_signals), cut(caps.maxlen_account),
                 cut(caps.maxlen_status));
    return used_mib(server) - before;
  };
  for (auto _ : state) {
    const double part = used(10), whole = used(1);
    state.counters["computed_MiB"] = part * 10;
    state.counters["measured_MiB"] = whole;
    // Twice the caps: trimming holds.
    test::redis_server server;
    const double before = used_mib(server);
    fill_streams(server, static_cast<int>(2 * caps.maxlen_market), 0, 0, 0);
    const double twice = used_mib(server) - before;
    for (const auto* name : {"trades", "books", "tickers", "candles"})
      state.counters[trapline::sdk::cat(name, "_MiB")] =
          static_cast<double>(std::stoll(server.ask(
              {"MEMORY", "USAGE", trapline::sdk::cat("trapline:v1:{bitget:usdtm:BTCUSDT}:", name), "SAMPLES", "0"}))) /
          (1 << 20);
    state.counters["market_after_twice_MiB"] = twice;
    state.SetIterationTime(1);
  }
}
BENCHMARK(memory_of_a_day)->Iterations(1)->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
