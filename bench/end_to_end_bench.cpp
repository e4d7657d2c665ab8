// Load run: messages per second from a TLS WebSocket on loopback through mm_ws and the bus into trap_detector.
//
// A sender thread pushes generated Bitget v2 frames, one TLS record each, as fast as the socket takes them. The same
// frames go, in the same run, to a bare client of our own net/ layer that decodes nothing: the price of transport
// alone. Printed per workload: messages/s and CPU time per message of everything but the sender.
//
// usage: end_to_end_bench [seconds per run, default 3]
#include <pthread.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "trapline/engine.hpp"
#include "trapline/net/certificate.hpp"
#include "trapline/net/websocket.hpp"

namespace net = trapline::net;

namespace {

using steady = std::chrono::steady_clock;

double seconds(steady::duration d) { return std::chrono::duration<double>(d).count(); }

double process_cpu() {
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  const auto s = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return s(u.ru_utime) + s(u.ru_stime);
}

double thread_cpu(pthread_t t) {
  clockid_t id{};
  timespec ts{};
  if (::pthread_getcpuclockid(t, &id) != 0 || ::clock_gettime(id, &ts) != 0) return 0;
  return static_cast<double>(ts.tv_sec) + static_cast<double>(ts.tv_nsec) * 1e-9;
}

// ---------------------------------------------------------------- frames

std::string arg(const char* channel) {
  return R"("arg":{"instType":"USDT-FUTURES","channel":")" + std::string(channel) + R"(","instId":"BTCUSDT"})";
}

std::string decimal(std::int64_t tenths) { return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10); }

// A frame's text depends on its number only, so that ids, times and sequence numbers rise as a venue's do.
std::string trade_frame(std::uint64_t n) {
  const std::string ts = std::to_string(1760000000000 + n / 50);
  return R"({"action":"update",)" + arg("trade") + R"(,"data":[{"ts":")" + ts + R"(","price":")" +
         decimal(640000 + static_cast<std::int64_t>(n * 7 % 40)) + R"(","size":"0.0010","side":")" +
         (n % 3 == 0 ? "sell" : "buy") + R"(","tradeId":")" + std::to_string(1360000000000000000 + n) + R"("}],"ts":)" +
         ts + "}";
}

std::string levels(std::int64_t from, std::int64_t step, int count, std::uint64_t n) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    out += "[\"" + decimal(from + step * i) + "\",\"" + std::to_string(1 + (n + static_cast<std::uint64_t>(i)) % 9) +
           ".2500\"]";
  }
  return out;
}

std::string book_frame(std::uint64_t n, int per_side) {
  const bool first = n == 0;
  const std::string ts = std::to_string(1760000000000 + n / 50);
  return std::string(R"({"action":")") + (first ? "snapshot" : "update") + R"(",)" + arg("books") +
         R"(,"data":[{"asks":[)" + levels(640010, 1, first ? 200 : per_side, n) + R"(],"bids":[)" +
         levels(640000, -1, first ? 200 : per_side, n) + R"(],"seq":)" + std::to_string(1000 + n) + R"(,"pseq":)" +
         std::to_string(first ? 0 : 999 + n) + R"(,"ts":")" + ts + R"("}],"ts":)" + ts + "}";
}

std::string ticker_frame(std::uint64_t n) {
  const std::string ts = std::to_string(1760000000000 + n / 50);
  return R"({"action":"snapshot",)" + arg("ticker") +
         R"(,"data":[{"instId":"BTCUSDT","lastPr":"64000.5","bidPr":"64000.4","askPr":"64000.5","bidSz":"2.7100","askSz":"8.7600","open24h":"63500.0","high24h":"64800.0","low24h":"63100.2","change24h":"0.00788","fundingRate":"0.000100","nextFundingTime":"1760025600000","markPrice":"64000.1","indexPrice":"64012.4","holdingAmount":"92950.2","baseVolume":"36890.12","quoteVolume":"2360152429.96","openUtc":"63400.5","symbolType":1,"symbol":"BTCUSDT","deliveryPrice":"0","ts":")" +
         ts + R"("}],"ts":)" + ts + "}";
}

struct workload {
  const char* name;
  std::vector<std::string> channels;
  std::function<std::string(std::uint64_t)> frame;
};

// ---------------------------------------------------------------- sender

// Sends the workload to the one client, from its own thread, keeping the socket's buffer filled.
class sender : public net::ws_server_handler {
 public:
  sender(const std::string& dir, const workload& w) : work_(w) {
    net::write_self_signed_certificate(dir + "/ca.pem", dir + "/key.pem", {"localhost", "127.0.0.1"});
    for (std::uint64_t n = 0; n < prepared; ++n) frames_.push_back(work_.frame(n));
    server_ = net::listen_websocket(loop_, {"127.0.0.1", 0, dir + "/ca.pem", dir + "/key.pem", 1u << 20}, *this);
    thread_ = std::thread([this] { run(); });
  }
  ~sender() override {
    stop_ = true;
    loop_.wake();
    thread_.join();
  }

  std::uint16_t port() const { return server_->port(); }
  std::uint64_t sent() const { return sent_.load(std::memory_order_relaxed); }
  double cpu() { return thread_cpu(thread_.native_handle()); }

  void on_open(net::ws_session& s) override { client_ = &s; }
  void on_close(net::ws_session&, const net::close_info&) override { client_ = nullptr; }
  void on_text(net::ws_session& s, std::string_view text) override {
    if (text == "ping") return s.send("pong");
    for (const auto& c : work_.channels)
      if (text.find("\"" + c + "\"") != std::string_view::npos) {
        s.send(R"({"event":"subscribe",)" + arg(c.c_str()) + "}");
        ++acked_;
      }
  }

 private:
  static constexpr std::uint64_t prepared = 200'000;  // more than one run sends; then the numbers go on

  void run() {
    while (!stop_) {
      loop_.poll(client_ && acked_ >= work_.channels.size() ? 0 : 10'000'000);
      for (int i = 0; i < 64 && client_ && acked_ >= work_.channels.size() && client_->buffered() < 256 * 1024; ++i) {
        const std::uint64_t n = sent_.load(std::memory_order_relaxed);
        client_->send(n < prepared ? frames_[n] : work_.frame(n));
        sent_.store(n + 1, std::memory_order_relaxed);
      }
    }
  }

  const workload& work_;
  std::vector<std::string> frames_;
  net::loop loop_;
  std::unique_ptr<net::ws_server> server_;
  net::ws_session* client_ = nullptr;
  std::size_t acked_ = 0;
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// ---------------------------------------------------------------- the two receivers

struct figures {
  double per_second = 0, cpu_ns = 0;
};

// Lets `received` run for `limit` seconds after the first message.
figures measure(sender& from, double limit, const std::function<std::uint64_t()>& received,
                const std::function<void()>& work) {
  while (received() < 100) work();
  const std::uint64_t before = received();
  const double cpu = process_cpu() - from.cpu();
  const auto begin = steady::now();
  while (seconds(steady::now() - begin) < limit) work();
  const double n = static_cast<double>(received() - before);
  return {n / seconds(steady::now() - begin), (process_cpu() - from.cpu() - cpu) / n * 1e9};
}

class bare_client : public net::ws_client_handler {
 public:
  bare_client(std::uint16_t port, const std::string& ca, const workload& w) : work_(w) {
    net::ws_client_options o;
    o.url = "wss://localhost:" + std::to_string(port) + "/v2/ws/public";
    o.ca_file = ca;
    client_ = net::connect_websocket(loop_, o, *this);
  }
  void on_open() override {
    for (const auto& c : work_.channels) client_->send(R"({"op":"subscribe","args":[{"channel":")" + c + R"("}]})");
  }
  void on_text(std::string_view) override { ++received_; }
  void on_close(const net::close_info& why) override {
    std::fprintf(stderr, "bare client: %s\n", why.text.c_str());
    std::exit(1);
  }
  void poll() { loop_.poll(10'000'000); }
  std::uint64_t received() const { return received_; }

 private:
  const workload& work_;
  net::loop loop_;
  std::unique_ptr<net::ws_client> client_;
  std::uint64_t received_ = 0;
};

figures run_bare(const std::string& dir, const workload& w, double limit) {
  sender s(dir, w);
  bare_client c(s.port(), dir + "/ca.pem", w);
  return measure(
      s, limit, [&] { return c.received(); }, [&] { c.poll(); });
}

std::string list(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : ", ") + w;
  return "[" + out + "]";
}

figures run_engine(const std::string& dir, const workload& w, double limit) {
  sender s(dir, w);
  trapline::engine e({TRAPLINE_PLUGIN_DIR, dir + "/run", true});
  const auto problems = e.load_text(
      "lanes: {core: {wait: park}}\n"
      "plugins:\n"
      "  feed:\n"
      "    use: mm_ws\n"
      "    lane: core\n"
      "    options:\n"
      "      environment: paper\n"
      "      symbols: [BTCUSDT]\n"
      "      channels: " +
          list(w.channels) +
          "\n"
          "      endpoint: {public: 'wss://localhost:" +
          std::to_string(s.port()) + "/v2/ws/public', ca_file: " + dir +
          "/ca.pem}\n"
          "  traps: {use: trap_detector, lane: core}\n",
      "bench");
  for (const auto& p : problems) std::fprintf(stderr, "%s\n", p.c_str());
  std::string error;
  if (!problems.empty() || !e.start(error)) {
    std::fprintf(stderr, "engine: %s\n", error.c_str());
    std::exit(1);
  }
  const auto f = measure(
      s, limit, [&] { return e.metric_total("detector_events_total"); },
      [] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); });
  if (e.metric_total("feed_malformed_total") + e.metric_total("feed_book_invalid_total") +
          e.metric_total("feed_refused_total") >
      0) {
    std::fprintf(stderr, "%s: the feed met malformed, invalid or refused messages; the figures mean nothing\n", w.name);
    std::exit(1);
  }
  std::string ignored;
  e.stop(false, ignored);
  return f;
}

}  // namespace

int main(int argc, char** argv) {
  const double limit = argc > 1 ? std::atof(argv[1]) : 3;
  if (limit <= 0) {
    std::fprintf(stderr, "usage: end_to_end_bench [seconds per run]\n");
    return 2;
  }
  const std::vector<workload> workloads = {
      {"trade", {"trade"}, trade_frame},
      {"books, 25 levels a side", {"books"}, [](std::uint64_t n) { return book_frame(n, 25); }},
      {"mix", {"trade", "books", "ticker"}, [](std::uint64_t n) {
         // Four books, four tickers, two trades in ten: the proportion of a recorded Bitget socket.
         static constexpr int book_at[] = {0, -1, 1, -1, -2, 2, -1, 3, -1, -2};  // -1 ticker, -2 trade
         const int kind = book_at[n % 10];
         if (kind >= 0) return book_frame(n / 10 * 4 + static_cast<std::uint64_t>(kind), 25);
         return kind == -1 ? ticker_frame(n) : trade_frame(n);
       }}};
  char pattern[] = "/tmp/trapline-bench-XXXXXX";
  const std::string dir = ::mkdtemp(pattern);
  std::printf("%-26s %14s %14s   %14s %14s   %8s\n", "over TLS", "bare msg/s", "bare ns CPU", "engine msg/s",
              "engine ns CPU", "CPU x");
  for (const auto& w : workloads) {
    const figures bare = run_bare(dir, w, limit), whole = run_engine(dir, w, limit);
    std::printf("%-26s %14.0f %14.0f   %14.0f %14.0f   %8.2f\n", w.name, bare.per_second, bare.cpu_ns, whole.per_second,
                whole.cpu_ns, whole.cpu_ns / bare.cpu_ns);
  }
  std::filesystem::remove_all(dir);
  return 0;
}
