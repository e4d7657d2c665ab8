// A bridge before a real, private Redis server.
#pragma once

#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "bridge.hpp"
#include "fake_environment.hpp"
#include "support/redis_server.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge::test {

inline const std::string trades_key = "trapline:v1:{bitget:usdtm:BTCUSDT}:trades";

class rig : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!::test::redis_server::available()) FAIL() << "redis-server is not installed; ./dev setup installs it";
    server = std::make_unique<::test::redis_server>(server_options);
    parse_url(server->url(), config);
    config.position_period = config.orders_period = config.account_period = config.trap_period = 100 * millisecond;
    config.backoff_first = 5 * millisecond;
    config.backoff_max = 20 * millisecond;
  }
  void TearDown() override {
    core.reset();
    server.reset();
  }

  // Makes the bridge, and waits until it is connected.
  void connect() {
    make();
    ASSERT_TRUE(until([&] { return core->connected(); }));
  }
  void make() { make_as("boot-a"); }
  void make_as(const std::string& boot_id) {
    meters m;
    m.commands = sdk::counter(&commands);
    m.errors = sdk::counter(&errors);
    m.reconnects = sdk::counter(&reconnects);
    m.spool_commands = sdk::gauge(&spool_commands);
    m.spool_bytes = sdk::gauge(&spool_bytes);
    m.connected = sdk::gauge(&connected);
    for (std::size_t i = 0; i < family_count; ++i) m.dropped[i] = sdk::counter(&dropped[i]);
    core = std::make_unique<bridge>(loop, config, env, m, boot_id);
    core->start();
  }

  // Polls the bridge until `done`, at most for 20 s.
  bool until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop.poll(2 * millisecond);
    }
    return true;
  }
  // Until nothing of the streams waits any more.
  bool settled() {
    return until([&] { return core->connected() && core->waiting().empty(); });
  }
  void trades(int from, int to) {
    for (int n = from; n <= to; ++n) core->on_event(trade(n));
  }
  // The document under a key; an empty object if there is none.
  nlohmann::json json(const std::string& key) {
    auto document = nlohmann::json::parse(server->ask({"GET", key}), nullptr, false);
    return document.is_discarded() ? nlohmann::json::object() : document;
  }
  std::uint64_t dropped_of(family f) const { return dropped[static_cast<std::size_t>(f)]; }

  std::vector<std::string> server_options;
  std::unique_ptr<::test::redis_server> server;
  net::loop loop;
  settings config;
  fake_environment env;
  std::unique_ptr<bridge> core;
  std::uint64_t commands = 0, errors = 0, reconnects = 0;
  std::int64_t spool_commands = 0, spool_bytes = 0, connected = 0;
  std::array<std::uint64_t, family_count> dropped{};
};

// What a careful reader of a stream checks: every number once and in order, what is missing is announced.
struct reading {
  std::vector<int> trade_ids;
  std::uint64_t lost = 0;  // by gap entries
  int gaps = 0;
  bool dense = true;  // numbers 1, 2, 3 ... where a marker stands for the range that it names
};

inline reading read_trades(const std::vector<std::map<std::string, std::string>>& entries) {
  reading out;
  std::uint64_t expected = 1;
  for (const auto& e : entries) {
    const auto seq = std::stoull(e.at("seq"));
    if (e.at("type") == "gap") {
      ++out.gaps;
      out.lost += std::stoull(e.at("lost"));
      if (e.contains("from_seq") && std::stoull(e.at("from_seq")) == expected && seq == std::stoull(e.at("to_seq")))
        expected = seq;
    } else {
      out.trade_ids.push_back(std::stoi(e.at("id")));
    }
    out.dense &= seq == expected;
    expected = seq + 1;
  }
  return out;
}

// As a client signs a command.
inline std::string signature(std::string_view key, std::string_view message) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned n = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(message.data()),
       message.size(), mac, &n);
  std::string hex;
  for (unsigned i = 0; i < n; ++i) hex += sdk::cat("0123456789abcdef"[mac[i] >> 4], "0123456789abcdef"[mac[i] & 15]);
  return hex;
}

inline std::vector<int> range(int from, int to) {
  std::vector<int> out;
  for (int n = from; n <= to; ++n) out.push_back(n);
  return out;
}

}  // namespace trapline::redis_bridge::test
