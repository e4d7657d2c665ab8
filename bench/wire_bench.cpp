// From the socket to the detector: our feed in our engine against two other clients, over TLS on loopback.
//
// One server sends the same prepared messages to each of them in turn: `floor`, the least one can do; `trapline`, the
// real mm_ws plugin in the real engine with a small detector on its lane; `plain`, as people write it
// (reference/client.hpp). All run in one process, interleaved and repeated, so that what else the machine does falls on
// all of them; the ratios count, not the absolute figures. All must have seen the same prices and sizes.
//
// usage: wire_bench [--long] [--strict] [--workload TEXT] [--client NAME]
//   --long      more repetitions of longer runs, about five minutes
//   --strict    exit code 1 if a target is missed
//   --workload  only those whose name contains TEXT, no latency and no targets
//   --client    only this one, no targets (for profiling)
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "reference/client.hpp"
#include "support/temp_dir.hpp"
#include "trapline/engine.hpp"
#include "trapline/net/certificate.hpp"
#include "wire/server.hpp"

namespace {

namespace fs = std::filesystem;
using wire::board;

enum class who { floor, tuned_floor, floor_spinning, trapline, trapline_spinning, plain };
const char* name_of(who w) {
  constexpr const char* names[] = {"floor",    "tuned floor",        "tuned floor, spinning",
                                   "trapline", "trapline, spinning", "plain"};
  return names[static_cast<int>(w)];
}
bool spins(who w) { return w == who::floor_spinning || w == who::trapline_spinning; }

struct settings {
  bool is_long = false, strict = false;
  std::string workload, client;
  int repetitions() const { return is_long ? 9 : 4; }
};

// What else the machine does can only make a run slower.
double best(const std::vector<double>& v) { return *std::min_element(v.begin(), v.end()); }

// The first two processors that this process may use; -1 if there are fewer.
std::pair<int, int> two_processors() {
  cpu_set_t set;
  std::vector<int> found;
  if (::sched_getaffinity(0, sizeof set, &set) == 0)
    for (int i = 0; i < CPU_SETSIZE && found.size() < 2; ++i)
      if (CPU_ISSET(i, &set)) found.push_back(i);
  return found.size() == 2 ? std::pair(found[0], found[1]) : std::pair(-1, -1);
}

// Certificate, key and what the engine writes.
struct scratch : test::temp_dir {
  scratch() {
    trapline::net::write_self_signed_certificate(path() + "/ca.pem", path() + "/key.pem", {"localhost", "127.0.0.1"});
  }
};

// ---------------------------------------------------------------- one run

class stage {
 public:
  stage()
      : workloads(wire::make_workloads()),
        board_(*wire::map_board(dir_.path() + "/board", true)),
        server_(board_, workloads, dir_.path() + "/ca.pem", dir_.path() + "/key.pem", two_processors().second) {
    // The clients on the other one.
    if (const int cpu = two_processors().first; cpu >= 0) {
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(cpu, &set);
      ::sched_setaffinity(0, sizeof set, &set);
    }
  }

  struct plan {
    std::size_t workload = 0;
    std::uint64_t total = 0, first = 0, checked = 0;
    std::int64_t pause = 0;
    bool stamped = false, keep_book = false;
  };

  // The board holds the result.
  const board& run(who w, const plan& p) {
    board_.workload = static_cast<std::uint32_t>(p.workload);
    board_.total = p.total;
    board_.first = p.first;
    board_.checked = p.checked;
    board_.pause = p.pause;
    board_.stamped = p.stamped;
    board_.sum = board_.book = 0;
    board_.seen.store(0, std::memory_order_release);
    if (w == who::trapline || w == who::trapline_spinning) run_engine(w, p);
    else run_reference(w, p);
    return board_;
  }

  std::vector<wire::workload> workloads;

 private:
  void run_reference(who w, const plan& p) {
    const reference::target t{server_.port(), dir_.path() + "/ca.pem", workloads[p.workload].channels, spins(w),
                              w == who::tuned_floor};
    std::exception_ptr failed;
    std::thread client([&] {
      ::pthread_setname_np(::pthread_self(), "client");  // tells it from the server in a profile
      try {
        w == who::plain ? reference::run_plain(t, board_) : reference::run_floor(t, board_);
      } catch (...) {
        failed = std::current_exception();
      }
    });
    client.join();
    if (failed) std::rethrow_exception(failed);
  }

  void run_engine(who w, const plan& p) {
    trapline::engine e({TRAPLINE_PLUGIN_DIR, dir_.path() + "/run", true});
    // A small ring, all of whose memory was used before the figures are taken, as in a program that has run for a
    // while.
    std::string config = "engine: {ring_size: 4MiB}\nlanes: {core: {wait: ";
    config += spins(w) ? "spin}}\n" : "park}}\n";
    config +=
        "plugins:\n"
        "  probe: {use: '" WIRE_PROBE_FILE "', lane: core, options: {board: '";
    config += dir_.path() + "/board', keep_book: " + (p.keep_book ? "true" : "false") + "}}\n";
    config += "  feed: {use: mm_ws, lane: core, options: {environment: paper, symbols: [BTCUSDT], channels: [";
    for (const auto& c : workloads[p.workload].channels) config += c + ",";
    config.back() = ']';
    config += ", endpoint: {public: 'wss://localhost:" + std::to_string(server_.port()) + "/v2/ws/public', ca_file: '" +
              dir_.path() + "/ca.pem'}}}\n";
    const auto problems = e.load_text(config, "bench");
    std::string error;
    for (const auto& problem : problems) error += problem + "\n";
    if (!problems.empty() || !e.start(error)) throw std::runtime_error("engine: " + error);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (board_.seen.load(std::memory_order_acquire) != p.total) {
      if (std::chrono::steady_clock::now() > deadline)
        throw std::runtime_error("engine: the messages did not all arrive\n" + e.metrics_text());
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    for (const char* bad : {"feed_malformed_total", "feed_book_invalid_total", "feed_refused_total"})
      if (e.metric_total(bad) > 0) throw std::runtime_error(std::string("engine: ") + bad + " is not zero");
    e.stop(false, error);
  }

  scratch dir_;
  board& board_;
  wire::server server_;
};

// ---------------------------------------------------------------- figures

struct cost {
  std::vector<double> cpu_ns, wall_ns;
};

std::uint64_t messages_of(const wire::workload& w, who c, bool is_long) {
  // About a quarter of a second of work each.
  const double ns = 800 + w.bytes * (c == who::plain ? 22 : 3);
  return static_cast<std::uint64_t>((is_long ? 1.2e9 : 2.5e8) / ns);
}

// Each client once; adds to `costs`. False: they saw different things.
bool saturated_round(stage& s, std::size_t workload, const std::vector<who>& clients, const settings& o,
                     std::map<who, cost>& costs) {
  const auto& w = s.workloads[workload];
  const std::uint64_t checked = messages_of(w, who::plain, o.is_long);
  std::optional<std::uint64_t> sum;
  for (const who c : clients) {
    stage::plan p;
    p.workload = workload;
    p.total = std::max(messages_of(w, c, o.is_long), checked);
    p.first = p.total / 10;
    p.checked = checked;
    const auto& b = s.run(c, p);
    const auto n = static_cast<double>(p.total - p.first);
    costs[c].cpu_ns.push_back(static_cast<double>(b.cpu[1] - b.cpu[0]) / n);
    costs[c].wall_ns.push_back(static_cast<double>(b.wall[1] - b.wall[0]) / n);
    if (sum && *sum != b.sum) {
      std::printf("%s: %s saw other prices or sizes than %s\n", w.name, name_of(c), name_of(clients[0]));
      return false;
    }
    sum = b.sum;
  }
  return true;
}

// The books that all clients have in the end, that of trapline kept by its detector from the events.
bool books_agree(stage& s, const std::vector<who>& clients) {
  for (std::size_t i = 0; i < s.workloads.size(); ++i) {
    if (s.workloads[i].opening.empty()) continue;
    std::uint64_t digest = 0;
    for (const who c : clients) {
      stage::plan p;
      p.workload = i;
      p.total = p.checked = 2'500;  // past the end of the cycle
      p.first = 1;
      p.keep_book = true;
      const auto found = s.run(c, p).book;
      if (found == 0 || (digest != 0 && digest != found)) {
        std::printf("%s: the book of %s is not that of %s\n", s.workloads[i].name, name_of(c), name_of(clients[0]));
        return false;
      }
      digest = found;
    }
  }
  return true;
}

struct delay {
  std::vector<double> p50, p99;  // µs
};

void latency_round(stage& s, std::size_t workload, const std::vector<who>& clients, const settings& o,
                   std::map<who, delay>& delays) {
  for (const who c : clients) {
    stage::plan p;
    p.workload = workload;
    p.total = o.is_long ? 50'000 : 10'000;
    p.first = p.total / 10;
    p.checked = p.total;
    p.pause = 100'000;  // 10,000 messages/s
    p.stamped = true;
    const auto& b = s.run(c, p);
    std::vector<double> us;
    for (std::uint64_t i = p.first; i < p.total; ++i)
      us.push_back(static_cast<double>(b.seen_at[i] - b.sent_at[i]) * 1e-3);
    std::sort(us.begin(), us.end());
    delays[c].p50.push_back(us[us.size() / 2]);
    delays[c].p99.push_back(us[us.size() * 99 / 100]);
  }
}

// ---------------------------------------------------------------- verdict

class verdict {
 public:
  void most(const std::string& what, double found, double limit) {
    tell(what, found, "at most", limit, found <= limit);
  }
  void least(const std::string& what, double found, double limit) {
    tell(what, found, "at least", limit, found >= limit);
  }
  bool all() const { return all_; }

 private:
  void tell(const std::string& what, double found, const char* bound, double limit, bool good) {
    std::printf("%s  %-58s %6.2f  (%s %.2f)\n", good ? "PASS" : "MISS", what.c_str(), found, bound, limit);
    all_ = all_ && good;
  }
  bool all_ = true;
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

int run(const settings& o) {
  stage s;
  const auto selected = [&](std::vector<who> clients) {
    std::erase_if(clients, [&](who c) { return !o.client.empty() && o.client != name_of(c); });
    return clients;
  };
  const auto saturated = selected({who::floor, who::tuned_floor, who::trapline, who::plain});
  const auto timed = selected({who::floor, who::trapline, who::plain, who::floor_spinning, who::trapline_spinning});
  if (timed.empty()) throw std::runtime_error("there is no client '" + o.client + "'");
  const bool whole = o.workload.empty() && o.client.empty();

  if (whole && !books_agree(s, saturated)) return 1;
  std::map<std::size_t, std::map<who, cost>> costs;
  std::map<who, delay> delays;
  for (int i = 0; i < o.repetitions(); ++i) {
    for (std::size_t w = 0; w < s.workloads.size(); ++w) {
      if (!contains(s.workloads[w].name, o.workload)) continue;
      if (!saturated_round(s, w, saturated, o, costs[w])) return 1;
    }
    if (o.workload.empty()) latency_round(s, 0, timed, o, delays);
  }

  std::printf("best of %d interleaved runs; CPU time of the whole client process\n\n", o.repetitions());
  std::printf("%-22s %6s   %-20s %12s %12s %9s\n", "saturated", "bytes", "client", "ns CPU/msg", "msg/s", "x floor");
  std::map<std::size_t, std::map<who, double>> cpu;
  for (const auto& [w, by_client] : costs)
    for (const who c : saturated) {
      const auto& found = by_client.at(c);
      cpu[w][c] = best(found.cpu_ns);
      std::printf("%-22s %6.0f   %-20s %12.0f %12.0f", s.workloads[w].name, s.workloads[w].bytes, name_of(c), cpu[w][c],
                  1e9 / best(found.wall_ns));
      if (by_client.count(who::floor)) std::printf(" %9.2f", cpu[w][c] / cpu[w][who::floor]);
      std::printf("\n");
    }
  std::map<who, double> p50;
  if (!delays.empty())
    std::printf("\n%-32s %-20s %9s %9s\n", "10,000 trades/s, wire to detector", "client", "p50 us", "p99 us");
  for (const auto& [c, d] : delays) {
    p50[c] = best(d.p50);
    std::printf("%-32s %-20s %9.1f %9.1f\n", "", name_of(c), p50[c], best(d.p99));
  }
  if (!whole) return 0;

  std::printf("\nall clients saw the same prices and sizes, and kept the same books\n");
  verdict v;
  for (const auto& [w, of] : cpu) {
    const std::string name = s.workloads[w].name;
    if (!contains(name, "books")) continue;
    v.most("CPU, " + name + ": trapline / floor", of.at(who::trapline) / of.at(who::floor), 0.8);
    v.least("CPU, " + name + ": plain / trapline", of.at(who::plain) / of.at(who::trapline), 4);
  }
  v.most("CPU, trade: trapline / floor", cpu[0][who::trapline] / cpu[0][who::floor], 1.3);
  v.most("p50: trapline / floor", p50[who::trapline] / p50[who::floor], 1.1);
  v.most("p50: trapline, spinning / trapline", p50[who::trapline_spinning] / p50[who::trapline], 0.35);
  return o.strict && !v.all() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  settings o;
  for (int i = 1; i < argc; ++i) {
    const std::string a = argv[i];
    if (a == "--long") o.is_long = true;
    else if (a == "--strict") o.strict = true;
    else if (a == "--workload" && i + 1 < argc) o.workload = argv[++i];
    else if (a == "--client" && i + 1 < argc) o.client = argv[++i];
    else {
      std::fprintf(stderr, "usage: wire_bench [--long] [--strict] [--workload TEXT] [--client NAME]\n");
      return 2;
    }
  }
  try {
    return run(o);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "wire_bench: %s\n", e.what());
    return 1;
  }
}
