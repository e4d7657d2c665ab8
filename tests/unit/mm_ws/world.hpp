// A world for the feed: a clock that moves when told, a venue in memory, a recorder for what is published.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "connect_budget.hpp"
#include "feed.hpp"
#include "trapline/abi/account.h"
#include "trapline/abi/market.h"
#include "trapline/abi/system.h"
#include "trapline/sdk/book.hpp"
#include "trapline/sdk/event.hpp"

namespace trapline::mm_ws::test {

inline constexpr std::int64_t ms = 1'000'000, second = 1000 * ms;

struct published {
  trapline_event head;
  std::vector<std::int64_t> bytes;  // aligned
  std::string topic;

  template <class T>
  const T& as() const {
    return *reinterpret_cast<const T*>(bytes.data());
  }
  std::span<const trapline_level> levels() const {
    const auto& b = as<trapline_book>();
    return {reinterpret_cast<const trapline_level*>(&b + 1), std::size_t{b.bid_count} + b.ask_count};
  }
};

class world;

// The client's end of a connection that the test plays the venue for.
class fake_connection final : public net::ws_client {
 public:
  fake_connection(world& w, net::ws_client_options o, net::ws_client_handler& h, std::size_t id);
  ~fake_connection() override;
  void send(std::string_view text) override;
  void close(std::uint16_t, std::string_view) override {}

  net::ws_client_options options;
  net::ws_client_handler& handler;

 private:
  world& world_;
  std::size_t id_;
};

// The client's end of a REST connection. Answers come from run(), never from inside request().
class fake_http final : public net::http_client {
 public:
  fake_http(world& w, net::http_client_options o) : options(std::move(o)), world_(w) {}
  void request(net::http_request r, std::function<void(const net::http_response&)> done) override;

  net::http_client_options options;

 private:
  world& world_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

class world final : public outlet {
 public:
  struct sent_frame {
    std::int64_t at;
    std::size_t connection;
    std::string text;
  };
  struct log_line {
    int level;
    std::string text;
  };

  // ---- the test's side
  std::int64_t time = 1000 * second;
  std::int64_t utc_offset = 1'760'000'000 * second;
  std::vector<published> events;
  std::vector<sent_frame> sent;
  std::vector<log_line> logs;
  std::vector<std::int64_t> connects;         // when
  std::vector<fake_connection*> connections;  // by id; null when cut
  std::map<std::string, std::unique_ptr<std::uint64_t>> counters;
  std::vector<std::pair<std::uint32_t, std::string>> healths;
  std::vector<std::string> stop_reasons, misconfigurations;
  int bus_refuses = 0;  // that many publish() answer AGAIN
  bool bus_full = false;
  bool accept_at_once = true;  // connections open by themselves
  std::string key = "bg_test_key", secret = "22582BD0CFF14C41EDBF1AB98506286D", passphrase = "open sesame";
  std::function<void(std::size_t, const std::string&)> venue;  // what the venue does with a frame it gets

  connect_budget budget;

  // REST: what is asked, and the answer's body by path; no answer at all if there is none.
  struct asked {
    std::int64_t at;
    net::http_request request;
    std::string path, query;
  };
  std::vector<asked> rest_asked;
  std::function<std::optional<net::http_response>(const asked&)> rest;
  std::vector<std::string> rest_urls;
  std::map<std::string, std::unique_ptr<std::int64_t>> gauges;

  std::size_t asked_for(const std::string& path) const {
    return static_cast<std::size_t>(
        std::count_if(rest_asked.begin(), rest_asked.end(), [&](const asked& a) { return a.path == path; }));
  }

  fake_connection* last() { return connections.empty() ? nullptr : connections.back(); }

  // Frames reach the client only from run(), never from inside its own calls.
  void push(std::string text, std::size_t connection = SIZE_MAX) {
    if (connection == SIZE_MAX) connection = connections.size() - 1;
    inbox_.push_back([this, connection, text = std::move(text)] {
      if (!connections[connection]) return;
      std::string padded = text;
      padded.append(net::simdjson_padding, '\0');
      // Out of its own heap block, so that reading beyond the padding would be seen by a sanitizer.
      const std::unique_ptr<char[]> copy(new char[padded.size()]);
      std::memcpy(copy.get(), padded.data(), padded.size());
      connections[connection]->handler.on_text({copy.get(), text.size()});
    });
  }
  void drop(net::close_info info = {net::close_info::cause::lost, 0, "the connection broke"},
            std::size_t connection = SIZE_MAX) {
    if (connection == SIZE_MAX) connection = connections.size() - 1;
    inbox_.push_back([this, connection, info] {
      if (connections[connection]) connections[connection]->handler.on_close(info);
    });
  }
  void open(std::size_t connection) {
    inbox_.push_back([this, connection] {
      if (connections[connection]) connections[connection]->handler.on_open();
    });
  }

  // Runs until `until` has passed on the clock; every deadline is met on time.
  void run(feed& f, std::int64_t duration = 0) { run_with(f, duration); }
  // The same for a part of it that has deadline() and advance().
  template <class Part>
  void run_with(Part& f, std::int64_t duration) {
    const auto until = time + duration;
    for (int steps = 0; steps < 2'000'000; ++steps) {
      if (!inbox_.empty()) {
        auto next = std::move(inbox_.front());
        inbox_.pop_front();
        next();
        f.advance();
        continue;
      }
      const auto due = f.deadline();
      if (due > until) {
        time = until;
        return;
      }
      time = std::max(time, due);
      f.advance();
    }
    FAIL() << "the feed asks for its turn without end";
  }

  std::vector<const published*> of(std::uint16_t type) const {
    std::vector<const published*> out;
    for (const auto& e : events)
      if (e.head.type == type) out.push_back(&e);
    return out;
  }
  std::uint64_t count(const std::string& name_and_labels) const {
    const auto it = counters.find(name_and_labels);
    return it == counters.end() ? 0 : *it->second;
  }
  std::vector<std::string> texts(std::size_t connection) const {
    std::vector<std::string> out;
    for (const auto& s : sent)
      if (s.connection == connection) out.push_back(s.text);
    return out;
  }

  // ---- outlet
  trapline_status publish(const trapline_frame* frames, std::uint32_t n) override {
    if (bus_full) return TRAPLINE_E_AGAIN;
    if (bus_refuses > 0) {
      --bus_refuses;
      return TRAPLINE_E_AGAIN;
    }
    EXPECT_GE(n, 1u);
    EXPECT_LE(n, 1024u);
    for (std::uint32_t i = 0; i < n; ++i) {
      published p{*frames[i].event, std::vector<std::int64_t>((frames[i].payload_size + 7) / 8),
                  topics_[frames[i].event->topic]};
      EXPECT_LE(sizeof(trapline_event) + frames[i].payload_size, TRAPLINE_EVENT_MAX);
      std::memcpy(p.bytes.data(), frames[i].payload, frames[i].payload_size);
      p.head.size = static_cast<std::uint32_t>(sizeof(trapline_event) + 8 * p.bytes.size());
      events.push_back(std::move(p));
    }
    return TRAPLINE_OK;
  }
  std::uint32_t topic(std::string_view name) override {
    for (const auto& [id, known] : topics_)
      if (known == name) return id;
    const auto id = static_cast<std::uint32_t>(topics_.size() + 1);
    topics_[id] = std::string(name);
    return id;
  }
  std::uint32_t instrument(std::string_view symbol) override {
    for (std::size_t i = 0; i < instruments.size(); ++i)
      if (instruments[i] == symbol) return static_cast<std::uint32_t>(i + 1);
    instruments.emplace_back(symbol);
    return static_cast<std::uint32_t>(instruments.size());
  }
  std::int64_t now() override { return utc_offset + time; }
  std::int64_t mono() override { return time; }
  sdk::counter counter(std::string_view name, std::string_view labels) override {
    auto& c = counters[std::string(name) + (labels.empty() ? "" : "{" + std::string(labels) + "}")];
    if (!c) c = std::make_unique<std::uint64_t>(0);
    return sdk::counter(c.get());
  }
  sdk::gauge gauge(std::string_view name, std::string_view) override {
    auto& g = gauges[std::string(name)];
    if (!g) g = std::make_unique<std::int64_t>(0);
    return sdk::gauge(g.get());
  }
  void log(int level, std::string_view text) override { logs.push_back({level, std::string(text)}); }
  void health(std::uint32_t state, std::int32_t, std::string_view text) override { healths.emplace_back(state, text); }
  void request_stop(std::string_view reason) override { stop_reasons.emplace_back(reason); }
  void misconfigured(std::string_view reason) override { misconfigurations.emplace_back(reason); }
  mm_ws::credentials get_credentials() override {
    mm_ws::credentials c;
    c.key = key;
    c.secret = secret;
    c.passphrase = passphrase;
    return c;
  }
  std::int64_t take_connect_slot(std::int64_t& last) override { return budget.take(now(), last); }
  std::unique_ptr<net::ws_client> connect(const net::ws_client_options& o, net::ws_client_handler& h) override {
    const auto id = connections.size();
    auto c = std::make_unique<fake_connection>(*this, o, h, id);
    connections.push_back(c.get());
    connects.push_back(time);
    if (accept_at_once) open(id);
    return c;
  }

  std::unique_ptr<net::http_client> connect_http(const net::http_client_options& o) override {
    rest_urls.push_back(o.url);
    return std::make_unique<fake_http>(*this, o);
  }
  void later(std::function<void()> f) { inbox_.push_back(std::move(f)); }

  std::vector<std::string> instruments;

 private:
  std::map<std::uint32_t, std::string> topics_;
  std::deque<std::function<void()>> inbox_;
};

inline fake_connection::fake_connection(world& w, net::ws_client_options o, net::ws_client_handler& h, std::size_t id)
    : options(std::move(o)), handler(h), world_(w), id_(id) {}
inline fake_connection::~fake_connection() { world_.connections[id_] = nullptr; }
inline void fake_connection::send(std::string_view text) {
  world_.sent.push_back({world_.time, id_, std::string(text)});
  if (world_.venue) world_.venue(id_, std::string(text));
}

inline void fake_http::request(net::http_request r, std::function<void(const net::http_response&)> done) {
  world::asked a{world_.time, std::move(r), {}, {}};
  const auto mark = std::min(a.request.target.find('?'), a.request.target.size());
  a.path = a.request.target.substr(0, mark);
  a.query = a.request.target.substr(std::min(mark + 1, a.request.target.size()));
  world_.rest_asked.push_back(a);
  if (!world_.rest) return;
  world_.later([this, alive = std::weak_ptr<int>(alive_), a, done = std::move(done)] {
    if (alive.expired()) return;
    auto answer = world_.rest(a);
    if (alive.expired() || !answer) return;
    done(*answer);
  });
}

inline net::http_response json_answer(const std::string& data) {
  net::http_response r;
  r.status = 200;
  r.sent = true;
  r.body = R"({"code":"00000","msg":"success","requestTime":1760000000123,"data":)" + data + "}";
  return r;
}
inline net::http_response error_answer(int code, const std::string& text = "no", unsigned status = 400) {
  net::http_response r;
  r.status = status;
  r.sent = true;
  r.body =
      R"({"code":")" + std::to_string(code) + R"(","msg":")" + text + R"(","requestTime":1760000000123,"data":null})";
  return r;
}
inline net::http_response broken_answer(net::http_response::cause why = net::http_response::cause::lost) {
  net::http_response r;
  r.failed = why;
  r.error = "localhost:1: the connection broke";
  return r;
}

inline options default_options() {
  options o;
  o.symbols = {"BTCUSDT"};
  o.channels = {"trade", "books", "ticker", "candle1m"};
  o.endpoint_public = "wss://localhost:1/v2/ws/public";
  o.endpoint_private = "wss://localhost:1/v2/ws/private";
  o.ping_interval = 20 * second;
  o.dead_after = 35 * second;
  o.stale_after = o.stale_ticker = 30 * second;
  o.stale_candle = 90 * second;
  o.rotate_after = 23 * 3600 * second;
  o.ack_timeout = 15 * second;
  o.status_interval = 5 * second;
  o.probe_interval = 300 * second;
  o.stable_after = 60 * second;
  o.resync_window = 300 * second;
  o.reconcile_interval = 45 * second;
  return o;
}

// The args of a `subscribe` or `unsubscribe` frame, each as its JSON text; empty for another frame.
inline std::vector<std::string> args_of(const std::string& frame, const std::string& op) {
  std::vector<std::string> out;
  if (frame.find("{\"op\":\"" + op + "\"") != 0) return out;
  for (auto at = frame.find("{\"instType\""); at != frame.npos; at = frame.find("{\"instType\"", at + 1))
    out.push_back(frame.substr(at, frame.find('}', at) + 1 - at));
  return out;
}

inline std::string book_snapshot(std::int64_t seq, const std::string& symbol = "BTCUSDT") {
  return R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"books","instId":")" + symbol +
         R"("},"data":[{"asks":[["64000.5","8.7600"],["64001.0","0.4000"]],"bids":[["64000.4","2.7100"],["63999.5","1.4600"]],"seq":)" +
         std::to_string(seq) + R"(,"pseq":0,"ts":"1760000000516"}],"ts":1760000000517})";
}
inline std::string book_update(std::int64_t prev, std::int64_t seq, const std::string& symbol = "BTCUSDT") {
  return R"({"action":"update","arg":{"instType":"USDT-FUTURES","channel":"books","instId":")" + symbol +
         R"("},"data":[{"asks":[["64001.0","0"],["64000.9","1.2000"]],"bids":[["64000.4","3.0000"]],"seq":)" +
         std::to_string(seq) + R"(,"pseq":)" + std::to_string(prev) + R"(,"ts":"1760000000666"}],"ts":1760000000667})";
}

// A venue that acknowledges logins, subscriptions and pings, and sends a book snapshot after each subscription of
// books.
inline void be_friendly(world& w, std::int64_t first_seq = 100) {
  w.venue = [&w, first_seq](std::size_t connection, const std::string& text) {
    if (text == "ping") return w.push("pong", connection);
    if (text.find("\"op\":\"login\"") != text.npos) return w.push(R"({"event":"login","code":0})", connection);
    for (const auto& arg : args_of(text, "unsubscribe"))
      w.push(R"({"event":"unsubscribe","arg":)" + arg + "}", connection);
    for (const auto& arg : args_of(text, "subscribe")) {
      w.push(R"({"event":"subscribe","arg":)" + arg + "}", connection);
      if (arg.find("\"books\"") == arg.npos) continue;
      const auto at = arg.find("instId\":\"") + 9;
      w.push(book_snapshot(first_seq, arg.substr(at, arg.find('"', at) - at)), connection);
    }
  };
}

}  // namespace trapline::mm_ws::test
