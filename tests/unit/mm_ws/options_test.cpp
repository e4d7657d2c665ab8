#include "options.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "endpoint.hpp"
#include "trapline/sdk/host.hpp"

namespace trapline::mm_ws {
namespace {

using nlohmann::json;

// As the host hands it over: every option present.
json all_options() {
  return json::parse(
      R"({"environment":"live","api":"v2","symbols":["BTCUSDT"],"channels":["trade","books","ticker","candle1m"],"private":[],
    "credentials":{"key":null,"secret":null,"passphrase":null},
    "endpoint":{"public":"","private":"","rest":"","ca_file":"","file":""},
    "rest":{"enabled":true,"reconcile_interval":45000000000,"backfill":0},
    "ping_interval":20000000000,"dead_after":35000000000,"stale":{"books":30000000000,"ticker":30000000000,"candle":90000000000},"connections":{"channels":50,"rotate_after":82800000000000},"ack_timeout":15000000000,"status_interval":5000000000,
    "reconnect":{"max_attempts":8,"when_exhausted":"probe","probe_interval":300000000000,"stable_after":60000000000,"budget_file":""},
    "debug":{"messages":64,"file":""},"record":{"file":"","limit":1073741824},
    "book":{"max_resyncs":3,"resync_window":300000000000}})");
}
std::string path_of_error(const json& j) {
  try {
    parse_options(j.dump());
    return "none";
  } catch (const sdk::error& e) {
    EXPECT_EQ(e.code(), TRAPLINE_E_CONFIG);
    EXPECT_STRNE(e.what(), "");
    return e.path();
  }
}

TEST(options, defaults_connect_to_the_live_venue) {
  const auto o = parse_options(all_options().dump());
  EXPECT_EQ(find_endpoint(o, false).url, "wss://ws.bitget.com/v2/ws/public");
  EXPECT_EQ(find_endpoint(o, true).url, "wss://ws.bitget.com/v2/ws/private");
  EXPECT_EQ(o.max_attempts, 8u);
  EXPECT_EQ(o.ping_interval, 20'000'000'000);
}

TEST(options, only_an_address_of_the_environment_is_legal) {
  struct row {
    const char* environment;
    const char* url;
    bool legal;
  };
  for (const auto& r :
       {row{"live", "wss://ws.bitget.com/v2/ws/public", true},
        row{"live", "wss://wspap.bitget.com/v2/ws/public", false}, row{"live", "wss://localhost:1/", false},
        row{"demo", "wss://wspap.bitget.com/v2/ws/public", true},
        row{"demo", "wss://ws.bitget.com/v2/ws/public", false}, row{"demo", "wss://127.0.0.1/", false},
        row{"paper", "wss://localhost:9443/x", true}, row{"paper", "wss://127.0.0.1:9443/x", true},
        row{"paper", "wss://[::1]:9443/x", true}, row{"paper", "wss://ws.bitget.com/v2/ws/public", false},
        row{"paper", "wss://127.0.0.1.evil.example/", false}, row{"paper", "wss://localhost.evil.example/", false},
        row{"live", "wss://ws.bitget.com.evil.example/", false},
        row{"live", "wss://ws.bitget.com@evil.example/", false}, row{"live", "ws://ws.bitget.com/v2/ws/public", false},
        row{"live", "nonsense", false}}) {
    auto j = all_options();
    j["environment"] = r.environment;
    j["endpoint"]["public"] = r.url;
    EXPECT_EQ(path_of_error(j), r.legal ? "none" : "endpoint.public") << r.environment << " " << r.url;
  }
}

TEST(options, W21_only_legal_combinations_of_environment_and_addresses_start) {
  const char* environments[] = {"live", "demo", "paper"};
  const char* sockets[] = {"wss://ws.bitget.com/v2/ws/public", "wss://wspap.bitget.com/v2/ws/public",
                           "wss://localhost:1/v2/ws/public"};
  const char* rests[] = {"https://api.bitget.com", "https://api.bitget.com", "https://localhost:2"};
  int legal = 0;
  for (int e = 0; e < 3; ++e)
    for (int s = 0; s < 3; ++s)
      for (int r = 0; r < 3; ++r) {
        auto j = all_options();
        j["environment"] = environments[e];
        j["endpoint"]["public"] = sockets[s];
        j["endpoint"]["private"] = sockets[s];
        j["endpoint"]["rest"] = rests[r];
        const bool fits = e == s && std::string(rests[e]) == rests[r];
        const auto path = path_of_error(j);
        EXPECT_EQ(path == "none", fits) << environments[e] << " " << sockets[s] << " " << rests[r] << " " << path;
        legal += fits && r == e;
      }
  EXPECT_EQ(legal, 3);
  for (const char* url :
       {"http://localhost:2", "https://localhost.evil.example", "https://api.bitget.com@localhost", "x"}) {
    auto j = all_options();
    j["environment"] = "paper";
    j["endpoint"]["public"] = sockets[2];
    j["endpoint"]["rest"] = url;
    EXPECT_EQ(path_of_error(j), "endpoint.rest") << url;
  }
}

TEST(options, the_addresses_of_v3_differ_in_their_path) {
  auto j = all_options();
  j["api"] = "v3";
  const auto o = parse_options(j.dump());
  EXPECT_EQ(find_endpoint(o, false).url, "wss://ws.bitget.com/v3/ws/public");
  EXPECT_EQ(find_endpoint(o, true).url, "wss://ws.bitget.com/v3/ws/private");
  EXPECT_EQ(find_rest_endpoint(o).url, "https://api.bitget.com");
}

TEST(options, what_is_wrong_is_named_by_its_path) {
  const auto with = [](auto&& change) {
    auto j = all_options();
    change(j);
    return path_of_error(j);
  };
  EXPECT_EQ(with([](json& j) { j["environment"] = "prod"; }), "environment");
  EXPECT_EQ(with([](json& j) { j["api"] = "v9"; }), "api");
  EXPECT_EQ(with([](json& j) { j["api"] = "v1"; }), "api");  // retired on the live venue
  EXPECT_EQ(with([](json& j) { j["symbols"] = json::array(); }), "symbols");
  EXPECT_EQ(with([](json& j) { j["symbols"] = {"BTCUSDT_UMCBL"}; }), "symbols");
  EXPECT_EQ(with([](json& j) { j["symbols"] = {"btcusdt"}; }), "symbols");
  EXPECT_EQ(with([](json& j) { j["symbols"] = {"BTCUSDT", "BTCUSDT"}; }), "symbols");
  EXPECT_EQ(with([](json& j) { j["channels"] = {"book"}; }), "channels");
  EXPECT_EQ(with([](json& j) { j["channels"] = {"trade", "trade"}; }), "channels");
  EXPECT_EQ(with([](json& j) { j["channels"] = json::array(); }), "channels");
  EXPECT_EQ(with([](json& j) { j["private"] = {"positions"}; }), "credentials.key");
  EXPECT_EQ(with([](json& j) { j["private"] = {"trades"}; }), "private");
  EXPECT_EQ(with([](json& j) { j["private"] = {"books"}; }), "private");
  EXPECT_EQ(with([](json& j) { j["channels"] = {"positions"}; }), "channels");
  EXPECT_EQ(with([](json& j) {
              j["api"] = "v3";
              j["channels"] = {"candle3D"};
            }),
            "channels");
  EXPECT_EQ(with([](json& j) { j["dead_after"] = 20'000'000'000; }), "dead_after");
  EXPECT_EQ(with([](json& j) { j["environment"] = "paper"; }), "endpoint.file");
  EXPECT_EQ(with([](json& j) { j["endpoint"]["file"] = "x.json"; }), "endpoint.file");
}

TEST(options, private_channels_are_fine_with_credentials) {
  auto j = all_options();
  j["private"] = {"positions", "orders", "account"};
  j["credentials"] = {{"key", true}, {"secret", true}, {"passphrase", true}};
  EXPECT_EQ(path_of_error(j), "none");
}

TEST(options, the_endpoint_file_is_read_again_for_each_attempt) {
  const auto file = testing::TempDir() + "mm_ws_endpoint_" + std::to_string(::getpid()) + ".json";
  auto j = all_options();
  j["environment"] = "paper";
  j["endpoint"]["file"] = file;
  const auto o = parse_options(j.dump());
  std::remove(file.c_str());
  EXPECT_NE(find_endpoint(o, false).error, "");
  const auto write = [&](const std::string& text) { std::ofstream(file) << text; };
  write(
      R"({"public":"wss://localhost:1/v2/ws/public","private":"wss://localhost:1/v2/ws/private","v1":"wss://localhost:1/mix/v1/stream","ca_file":"/x/ca.pem"})");
  EXPECT_EQ(find_endpoint(o, false).url, "wss://localhost:1/v2/ws/public");
  EXPECT_EQ(find_endpoint(o, true).url, "wss://localhost:1/v2/ws/private");
  EXPECT_EQ(find_endpoint(o, true).ca_file, "/x/ca.pem");
  write(R"({"public":"wss://localhost:2/v2/ws/public"})");
  EXPECT_EQ(find_endpoint(o, false).url, "wss://localhost:2/v2/ws/public");
  write(R"({"public":"wss://ws.bitget.com/v2/ws/public"})");  // not this machine
  EXPECT_NE(find_endpoint(o, false).error, "");
  for (const char* broken : {"", "[]", "{\"public\":5}", "{\"publi"}) {
    write(broken);
    EXPECT_NE(find_endpoint(o, false).error, "") << broken;
  }
  std::remove(file.c_str());
}

}  // namespace
}  // namespace trapline::mm_ws
