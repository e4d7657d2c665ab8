// The options as the host would hand them over, all at their defaults but for what a test sets.
#pragma once

#include <nlohmann/json.hpp>

namespace trapline::paper_venue {

inline nlohmann::json default_options() {
  return nlohmann::json::parse(R"({
    "dir":"./run/venue","listen":{"address":"127.0.0.1","port":0},"source":"synthetic","symbols":["BTCUSDT"],"seed":42,
    "speed":1.0,"start_price":64000.0,
    "episodes":{"kinds":["stop_hunt","bull_trap","bear_trap","fake_pump","fake_dump","spoofing"],
                "interval":90000000000,"after":300000000000,"decoys":5.0},
    "account":{"balance":10000.0,"trader":true,"type":"classic","positions":"one_way"},"checksum":true,
    "replay":{"file":null,"speed":1.0,"when_done":"stay"},
    "limits":{"messages_per_second":10,"ping_timeout":120000000000,"subscriptions_per_hour":240,
              "lifetime":86400000000000,"rest":true},
    "faults":{"script":[],"per_minute":0.0}})");
}

}  // namespace trapline::paper_venue
