// A load run: what an outage of Redis does to the lane that has nothing to do with Redis, and to the data.
//
// An engine with two lanes: on `core` (gate) a source publishes 5,000 trades and 200 orders and fills a second, and a
// sink on the same lane takes the time from publish to handler; on `io` (lag) the bridge writes to a real redis-server.
// Each round is a while without outage, the same while with it, and the time that the bridge needs to catch up.
//
//   redis_outage_bench [seconds a phase = 1] [rounds = 5, at most 20] [kills in all = 25] [kind ...]
//   kinds: stopped, killed, full, replica, wrong_type; without any: all
//
// Prints, per kind, the median over the rounds of the 99th percentile with and without outage, and what the streams
// hold afterwards; more than 10 % slower is said. Exit code 1: an order or fill lost, a trade neither there nor
// announced, or more memory than the spool's limit.
#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "lane_probe.hpp"
#include "support/redis_server.hpp"
#include "support/temp_dir.hpp"
#include "trapline/engine.hpp"
#include "trapline/sdk/text.hpp"

namespace {

using trapline::engine;
using trapline::redis_bridge::test::probe_file;
using trapline::redis_bridge::test::probe_page;
using trapline::sdk::cat;
using steady = std::chrono::steady_clock;

constexpr std::uint64_t spool_limit = 64u << 20;
constexpr std::uint64_t in_flight = 1u << 20;  // what may be under way above the limit

struct plan {
  double seconds = 1;
  int rounds = 5, kills = 25;
};

void sleep_for(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

const std::string trades_key = "trapline:v1:{bitget:usdtm:BTCUSDT}:trades",
                  orders_key = "trapline:v1:{bitget:usdtm}:orders", fills_key = "trapline:v1:{bitget:usdtm}:fills";

// Does the outage for so many seconds, and ends it.
using outage = std::function<void(test::redis_server&, const plan&)>;

void stopped(test::redis_server& s, const plan& p) {
  s.pause();
  sleep_for(p.seconds);
  s.resume();
}
void killed(test::redis_server& s, const plan& p) {
  const int kills = std::max(1, p.kills / p.rounds);
  for (int i = 0; i < kills; ++i) {
    s.kill();
    sleep_for(p.seconds / kills / 2);
    s.restart();
    sleep_for(p.seconds / kills / 2);
  }
}
void full(test::redis_server& s, const plan& p) {
  s.ask({"CONFIG", "SET", "maxmemory", "1"});
  sleep_for(p.seconds);
  s.ask({"CONFIG", "SET", "maxmemory", "0"});
}
void replica(test::redis_server& s, const plan& p) {
  s.ask({"REPLICAOF", "127.0.0.1", "1"});
  sleep_for(p.seconds);
  s.ask({"REPLICAOF", "NO", "ONE"});
}
// Another program takes the streams' names.
void wrong_type(test::redis_server& s, const plan& p) {
  s.ask({"EVAL", "for _, k in ipairs(KEYS) do redis.call('RENAME', k, k .. ':kept') redis.call('SET', k, 'x') end", "3",
         trades_key, orders_key, fills_key});
  sleep_for(p.seconds);
  s.ask({"EVAL", "for _, k in ipairs(KEYS) do redis.call('RENAME', k .. ':kept', k) end", "3", trades_key, orders_key,
         fills_key});
}

// What a careful reader finds in a stream.
struct reading {
  std::uint64_t entries = 0, lost = 0, gaps = 0, late = 0,
                wrong = 0;  // wrong: out of order, twice, or missing without a word
};

reading read_stream(const std::string& socket, const std::string& key, const char* id_field) {
  const std::unique_ptr<redisContext, void (*)(redisContext*)> c(redisConnectUnix(socket.c_str()), redisFree);
  if (!c || c->err) throw std::runtime_error("the reader cannot connect");
  reading out;
  std::uint64_t last_seq = 0, next_id = 1, missing = 0;
  for (std::string from = "-";;) {
    const std::unique_ptr<void, void (*)(void*)> r(
        redisCommand(c.get(), "XRANGE %s %s + COUNT 10000", key.c_str(), from.c_str()), freeReplyObject);
    const auto* reply = static_cast<const redisReply*>(r.get());
    if (!reply || reply->type != REDIS_REPLY_ARRAY) throw std::runtime_error("XRANGE gave no array");
    if (reply->elements == 0) {
      out.wrong += missing;
      return out;
    }
    for (std::size_t i = 0; i < reply->elements; ++i) {
      from = cat("(", reply->element[i]->element[0]->str);
      const auto* fields = reply->element[i]->element[1];
      const auto value = [&](std::string_view name) -> const char* {
        for (std::size_t f = 0; f + 1 < fields->elements; f += 2)
          if (fields->element[f]->str == name) return fields->element[f + 1]->str;
        return "0";
      };
      const auto seq = std::strtoull(value("seq"), nullptr, 10);
      const auto from_seq = std::strtoull(value("from_seq"), nullptr, 10);
      if (std::strcmp(value("type"), "gap") == 0) {
        const auto lost = std::strtoull(value("lost"), nullptr, 10);
        const std::string_view reason = value("reason");
        ++out.gaps;
        out.lost += lost;
        if (reason == "reordered" || reason == "redis_refused") {  // tells of numbers that were passed over before
          const auto to_seq = std::strtoull(value("to_seq"), nullptr, 10);
          missing -= std::min<std::uint64_t>(missing, to_seq - from_seq + 1);
          ++out.late;
        } else {
          next_id += lost;
        }
        if (seq != last_seq + 1 && from_seq != last_seq + 1) ++out.wrong;
      } else {
        ++out.entries;
        const auto id = std::strtoull(value(id_field), nullptr, 10);
        if (seq > last_seq + 1) missing += seq - last_seq - 1;  // refused ones, to be told further on
        if (seq <= last_seq || (out.late == 0 && missing == 0 && id != next_id)) ++out.wrong;
        next_id = id + 1;
      }
      last_seq = seq;
    }
  }
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v.empty() ? 0 : v[v.size() / 2];
}

bool tell(const char* stream, const reading& r, std::uint64_t published, bool may_lose) {
  const bool good = r.wrong == 0 && r.entries + r.lost == published && (may_lose || r.lost == 0);
  std::printf("             %-6s published %8llu, there %8llu, announced as lost %8llu by %llu gaps%s\n", stream,
              static_cast<unsigned long long>(published), static_cast<unsigned long long>(r.entries),
              static_cast<unsigned long long>(r.lost), static_cast<unsigned long long>(r.gaps), good ? "" : "  WRONG");
  return good;
}

bool run(const std::string& kind, const outage& happen, const plan& p) {
  const test::temp_dir dir;
  // With `everysec` a killed Redis forgets what it had confirmed while an fsync was under way.
  test::redis_server server({"--appendonly", kind == "killed" ? "yes" : "no", "--appendfsync", "always"});
  probe_file probe(dir.path() + "/probe");
  auto& page = probe.page();
  engine e({TRAPLINE_MODULE_DIR, dir.path() + "/run", false});
  const auto problems = e.load_text(
      cat("engine: {log: {file: ", dir.path(), "/log}, plugin_dirs: [", TRAPLINE_PLUGIN_DIR,
          "]}\nlanes: {core: {overflow: gate}, io: {overflow: lag}}\nplugins:\n  source: {use: lane_probe, lane: core, "
          "options: {file: ",
          dir.path(), "/probe, role: source}}\n  sink: {use: lane_probe, lane: core, options: {file: ", dir.path(),
          "/probe}}\n  redis: {use: redis_bridge, lane: io, options: {url: \"", server.url(),
          "\", spool: {max_bytes: ", spool_limit, "}, stream: {maxlen: {market: 100000000, account: 100000000}}}}\n"),
      "outage.yaml");
  std::string error;
  if (!problems.empty() || !e.start(error))
    throw std::runtime_error("the engine does not start: " + (problems.empty() ? error : problems[0]));
  const auto spooled = [&] { return e.metric_total("redis_spool_commands"); };
  sleep_for(1);  // the beginning holds what is made once
  std::uint64_t largest = 0;
  std::vector<double> base, during, after, catching_up;
  const auto p99 = [&](std::uint32_t phase) { return page.latency[phase].quantile(0.99) / 1e3; };
  for (std::uint32_t round = 0; round < static_cast<std::uint32_t>(p.rounds); ++round) {
    const auto phase = 1 + 3 * round;
    page.phase = phase;
    sleep_for(p.seconds);
    page.phase = phase + 1;
    std::atomic<bool> over = false;
    std::thread watch([&] {
      while (!over) {
        largest = std::max(largest, e.metric_total("redis_spool_bytes"));
        sleep_for(0.02);
      }
    });
    happen(server, p);
    page.phase = phase + 2;
    const auto begin = steady::now();
    while (spooled() > 100 && steady::now() - begin < std::chrono::minutes(2)) sleep_for(0.005);
    catching_up.push_back(std::chrono::duration<double>(steady::now() - begin).count());
    over = true;
    watch.join();
    base.push_back(p99(phase));
    during.push_back(p99(phase + 1));
    if (page.latency[phase + 2].total() > 1'000) after.push_back(p99(phase + 2));
  }
  std::string what;
  const bool clean = e.stop(true, what);
  if (!clean) std::printf("             not stopped cleanly: %s\n", what.c_str());
  const double ratio = median(during) / median(base);
  std::printf("%-12s p99 %7.1f us without, %7.1f us with outage: ratio %.3f; %7.1f us while catching up (%.2f s)%s\n",
              kind.c_str(), median(base), median(during), ratio, median(after), median(catching_up),
              ratio <= 1.10 ? "" : "  MORE THAN 10 %");
  std::printf("             spool at most %.1f MiB of %.0f, bus refused %llu\n",
              static_cast<double>(largest) / (1 << 20), static_cast<double>(spool_limit) / (1 << 20),
              static_cast<unsigned long long>(page.refused.load()));
  bool good = tell("trades", read_stream(server.socket_path(), trades_key, "id"), page.trades, true);
  good &= tell("orders", read_stream(server.socket_path(), orders_key, "order_id"), page.orders, false);
  good &= tell("fills", read_stream(server.socket_path(), fills_key, "trade_id"), page.fills, false);
  std::fflush(stdout);
  return good && clean && largest <= spool_limit + in_flight && page.refused == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::pair<std::string, outage>> kinds = {
      {"stopped", stopped}, {"killed", killed}, {"full", full}, {"replica", replica}, {"wrong_type", wrong_type}};
  plan p;
  if (argc > 1) p.seconds = std::atof(argv[1]);
  if (argc > 2) p.rounds = std::clamp(std::atoi(argv[2]), 1, static_cast<int>(probe_page::phases - 1) / 3);
  if (argc > 3) p.kills = std::atoi(argv[3]);
  if (!(p.seconds > 0)) {
    std::fprintf(stderr, "usage: redis_outage_bench [seconds a phase] [rounds] [kills] [kind ...]\n");
    return 2;
  }
  bool good = true;
  try {
    for (const auto& [name, happen] : kinds) {
      const bool wanted = argc <= 4 || std::any_of(argv + 4, argv + argc, [&](const char* a) { return name == a; });
      if (wanted) good &= run(name, happen, p);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "redis_outage_bench: %s\n", e.what());
    return 1;
  }
  return good ? 0 : 1;
}
