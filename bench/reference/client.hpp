// Two clients to measure ours against, each of which reads the messages of wire_bench (trade, books, ticker), keeps the
// book, and calls the meter with what a detector would be called with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wire/board.hpp"

namespace reference {

struct target {
  std::uint16_t port = 0;
  std::string ca_file;
  std::vector<std::string> channels;
  bool spin = false;   // look for data again and again instead of sleeping; floor only
  bool tuned = false;  // floor only, see there
};

// As people write it: websocketpp, a nlohmann DOM, std::map books of doubles. Both clients return when `board.total`
// messages were seen, and throw std::runtime_error if that cannot be.
void run_plain(const target& t, wire::board& b);

// As little as one can do: SSL_read() from the bare socket, with read-ahead; frames taken apart by hand without
// checking UTF-8, simdjson on-demand with the fields in the order in which they come, fixed-point numbers, std::map
// books, a call through a function pointer. `tuned`: TLS through memory, which spares OpenSSL its moving of what it has
// read ahead.
void run_floor(const target& t, wire::board& b);

// The request for one channel, as the venue wants it.
inline std::string subscription(const std::string& channel) {
  return R"({"op":"subscribe","args":[{"instType":"USDT-FUTURES","channel":")" + channel + R"(","instId":"BTCUSDT"}]})";
}

}  // namespace reference
