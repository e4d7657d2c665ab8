// Faults on demand: a script of what goes wrong, and when.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trapline::paper_venue {

enum class fault_kind : std::uint8_t {
  drop,            // cuts the TCP connections
  truncate,        // cuts the next data frame in half
  wrong_checksum,  // falsifies the checksum of the next book update
  seq_gap,         // leaves one book update out
  login_refused,   // answers the next login with 30005 and closes
  notice_30033,    // announces a service upgrade, then cuts the connections
  silence          // stops a channel of the present connections without a word
};

struct fault {
  std::int64_t at = 0;  // ns after the first subscription
  fault_kind kind = fault_kind::drop;
  std::string argument;
  std::string text;  // as configured
};

// "<seconds> <fault> [argument]". Throws std::invalid_argument with a text for people.
// Arguments: login_refused: how many logins (1); notice_30033: seconds until the cut (5); silence: the channel
// (all).
fault parse_fault(std::string_view text);

// Sorted by time.
std::vector<fault> parse_faults(const std::vector<std::string>& texts);

}  // namespace trapline::paper_venue
