// What the bridge needs from its surroundings: the one seam between its core and a host (or a test).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "trapline/abi/svc/log.h"
#include "trapline/abi/system.h"
#include "trapline/sdk/host.hpp"

namespace trapline::redis_bridge {

class environment {
 public:
  virtual ~environment() = default;
  virtual std::int64_t now() = 0;                                       // UTC ns
  virtual std::int64_t mono() = 0;                                      // monotonic ns
  virtual void log(int level, std::string_view text) = 0;               // TRAPLINE_LOG_*
  virtual void health(std::uint32_t state, std::string_view text) = 0;  // TRAPLINE_HEALTH_*
  virtual std::string password() = 0;                                   // fetched at each login; the caller wipes it
  virtual std::string command_key() = 0;                                // secret for the HMAC of commands
  // Asks the engine for a command with `args`, a JSON object. Empty: taken, and `done` is called once, later, on this
  // thread, with TRAPLINE_OK and a JSON value or with another status and a text for people. Else why it was not.
  virtual std::string ask_engine(std::string_view cmd, std::string_view args,
                                 std::function<void(trapline_status, std::string_view)> done) = 0;
  virtual std::string_view topic_name(std::uint32_t id) = 0;
  virtual std::string_view symbol(std::uint32_t instrument) = 0;
  virtual std::string_view venue(std::uint32_t instrument) = 0;
};

// Kinds of streams and lists: the label of their counters and the order in which a full spool gives way.
enum class family : std::uint8_t {
  trades,
  books,
  tickers,
  candles,
  status,
  matrix,
  signals,
  positions,
  orders,
  fills,
  plan_orders,
  account,
  position_history,
  fill_history,
  trap_history,
  recent_traps,
  facts,
  relay
};
inline constexpr std::size_t family_count = 18;

constexpr std::string_view family_name(family f) {
  constexpr std::string_view names[family_count] = {
      "trades",           "books",        "tickers",      "candles",         "status",      "matrix",
      "signals",          "positions",    "orders",       "fills",           "plan_orders", "account",
      "position_history", "fill_history", "trap_history", "recent_mm_traps", "facts",       "relay"};
  return names[static_cast<std::size_t>(f)];
}

struct meters {
  sdk::counter commands, errors, reconnects;
  std::array<sdk::counter, family_count> dropped;
  sdk::gauge spool_commands, spool_bytes, connected;
};

}  // namespace trapline::redis_bridge
