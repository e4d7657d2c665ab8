// The plugin's options as values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "director.hpp"
#include "exchange/order.hpp"
#include "faults.hpp"

namespace trapline::paper_venue {

enum class when_done : std::uint8_t { stay, close, stop_engine };

struct settings {
  std::string dir = "./run/venue";
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  bool replay = false;
  std::vector<std::string> symbols = {"BTCUSDT"};
  std::uint64_t seed = 42;
  double speed = 1;
  double start_price = 64000;
  director_settings episodes;
  double balance = 10'000;  // USDT
  bool trader = true;
  position_mode mode = position_mode::one_way;
  bool unified = false;  // the account's API: v3 (unified) or v2 (classic)
  bool checksum = true;
  std::string replay_file;
  double replay_speed = 1;
  when_done after_replay = when_done::stay;
  std::int64_t messages_per_second = 10;
  std::int64_t ping_timeout = 120 * second;
  std::int64_t subscriptions_per_hour = 240;
  std::int64_t lifetime = 24 * 3600 * second;
  bool rest_limits = true;
  double faults_per_minute = 0;
  std::vector<fault> faults;
};

// A value that does not fit. The path names the option.
struct setting_error {
  std::string path;
  std::string text;
};

// `json`: as the host hands it to configure(). Throws setting_error.
settings parse_settings(std::string_view json);

}  // namespace trapline::paper_venue
