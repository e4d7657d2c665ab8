// The plugin's options, checked beyond what the option table can say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dialect.hpp"
#include "trapline/abi/plugin.h"

namespace trapline::mm_ws {

enum class environment : std::uint8_t { paper, demo, live };

struct options {
  mm_ws::environment environment = environment::paper;
  std::string api = "v2";
  std::vector<std::string> symbols;
  std::vector<std::string> channels;
  std::vector<std::string> private_channels;
  std::string endpoint_public, endpoint_private, endpoint_rest, ca_file, endpoint_file;
  bool rest_enabled = true;
  std::int64_t reconcile_interval = 0;  // ns
  unsigned backfill = 0;                // closed bars asked for at the start, for each symbol and interval
  std::int64_t ping_interval = 0, dead_after = 0, ack_timeout = 0, status_interval = 0, stale_after = 0;  // ns
  std::int64_t stale_ticker = 0, stale_candle = 0;  // ns; stale_after is that of books
  std::int64_t rotate_after = 0;
  unsigned channels_per_connection = 50;
  unsigned max_attempts = 8;
  bool probe_when_exhausted = true;
  std::int64_t probe_interval = 0, stable_after = 0;
  std::string budget_file;  // empty: none
  unsigned debug_messages = 64;
  std::string debug_file, record_file;  // empty: none
  std::uint64_t record_limit = 0;       // bytes
  unsigned max_resyncs = 3;
  std::int64_t resync_window = 0;

  const mm_ws::dialect& dialect() const { return dialect_of(api); }
};

// From the JSON that the host hands to configure(). Throws sdk::error with the option's path.
options parse_options(std::string_view json);

// What every symbol of the venue looks like: capitals and digits, 1 to 23 of them.
bool valid_symbol(std::string_view symbol);

}  // namespace trapline::mm_ws
