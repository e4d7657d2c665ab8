// What an instance is configured to do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trapline/net/stream.hpp"
#include "vocabulary.hpp"

namespace trapline::redis_bridge {

inline constexpr std::int64_t millisecond = 1'000'000;
inline constexpr std::int64_t second = 1'000 * millisecond;

// What clients may be allowed to ask for. All but the first three are carried out by the engine (docs/control.md).
struct command_rule {
  std::string_view name;
  bool of_instance;  // `args.instance` says which one
  bool signed_only;  // changes what code runs, or how
};
inline constexpr command_rule command_rules[] = {
    {"ping", false, false},    {"refresh", false, false}, {"verify", false, false}, {"status", false, false},
    {"plugins", false, false}, {"metrics", false, false}, {"debug", true, false},   {"resubscribe", true, false},
    {"reset", true, false},    {"set", true, true},       {"restart", true, true},  {"reload", false, true},
    {"swap", true, true}};

struct settings {
  net::stream_endpoint endpoint;
  std::string endpoint_name;  // for messages: the URL as configured, which never holds a credential
  int database = 0;
  std::string username;
  bool has_password = false;  // the value is fetched at each login and not kept

  enum class key_set { standard, omega };
  key_set profile = key_set::standard;  // omega: the further keys of that ecosystem
  vocabulary words = vocabulary::plain;
  std::int64_t window = 2 * millisecond;  // how long commands are collected before they are written

  std::uint64_t spool_commands = 100'000;
  std::uint64_t spool_bytes = 64u << 20;

  std::string prefix = "trapline:v1";
  std::int64_t maxlen_market = 20'000;
  std::int64_t maxlen_signals = 10'000;
  std::int64_t maxlen_account = 100'000;
  std::int64_t maxlen_status = 1'000;
  std::int64_t position_history = 1'000;
  std::int64_t fill_history = 1'000;

  std::vector<std::string> commands_allowed;  // `debug` or `debug:instance`; empty: none are read
  bool has_command_key = false;               // the value is fetched when it is needed

  enum class wrong_type { fail, rename };
  wrong_type on_wrongtype = wrong_type::fail;  // a key that holds another type than ours

  // Groups of keys and streams that are written at all.
  bool write_status = true, write_market = true, write_account = true, write_traps = true;

  // Events for detectors of other hosts, see relay.hpp.
  bool relay = false;
  std::int64_t maxlen_relay = 100'000;
  std::int64_t relay_state_every = 10 * second;

  // Events of other hosts, see ingest_stream.hpp.
  std::vector<std::string> ingest_streams;  // tags; empty: none are read
  std::string ingest_prefix;                // empty: as `prefix`
  std::string ingest_group = "detectors";
  std::string ingest_consumer;  // empty: the host's name
  bool ingest_from_new = false;
  bool ingest_repeat = false;
  bool ingest_republish = false;
  std::int64_t ingest_lease = 5 * second;

  // Keys are written on change and at least this often.
  std::int64_t position_period = 5 * second;
  std::int64_t orders_period = 10 * second;
  std::int64_t account_period = 30 * second;
  std::int64_t trap_period = 15 * second;
  std::int64_t expiry_factor = 3;  // time to live of a key in periods

  // Fixed in the field, shorter in tests.
  std::int64_t connect_timeout = 5 * second;
  std::int64_t ping_after = 2 * second;      // silence before a PING
  std::int64_t reply_timeout = 10 * second;  // no answer for that long cuts the connection
  std::int64_t backoff_first = 100 * millisecond;
  std::int64_t backoff_max = 5 * second;
  std::int64_t drain_limit = 3 * second;
  std::size_t flight_commands = 4096;  // commands without an answer yet
  std::size_t flight_bytes = 1u << 20;
};

// Reads the JSON object of configure(). Throws sdk::error with the option's path.
settings parse_settings(std::string_view json);

// Reads `unix:PATH` or `redis[s]://host[:port][/db]` into endpoint, endpoint_name and database. Throws sdk::error.
void parse_url(std::string_view url, settings& out);

}  // namespace trapline::redis_bridge
