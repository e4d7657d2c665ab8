// Faults on demand: a script of what goes wrong, and when; or the same at random, from a seed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "prng.hpp"

namespace trapline::paper_venue {

enum class fault_kind : std::uint8_t {
  // The connections.
  drop,          // cuts them without a closing handshake
  close_storm,   // accepts new ones and closes them at once, for a while
  black_hole,    // they stay up, but nothing arrives in either direction, for a while
  notice_30033,  // announces a service upgrade, then cuts them
  // What is sent.
  delay,           // everything late by some milliseconds, for a while
  truncate,        // cuts the next data frames in half
  corrupt,         // changes one character of the next data frames
  duplicate,       // sends the next data frames twice
  reorder,         // sends the next data frame after the one that follows it
  wrong_checksum,  // falsifies the checksum of the next book update
  seq_gap,         // leaves one book update out
  silence,         // stops a channel of the present connections without a word
  lost_ack,        // swallows the next answers to a login, a subscription or an order
  lost_push,       // swallows the next pushes of private channels
  // What is answered.
  login_refused,  // answers the next logins with 30005 and closes
  clock_jump,     // the venue's clock, by which signatures expire, jumps by some milliseconds
  rest_error,     // answers the next REST calls with an HTTP status
  rest_timeout,   // does the next REST calls, but never answers
};

struct fault {
  std::int64_t at = 0;  // ns after the first subscription
  fault_kind kind = fault_kind::drop;
  std::string word;          // silence: the channel, empty = all
  std::int64_t number = 0;   // of the kind's first argument
  std::int64_t number2 = 0;  // of its second
  std::string text;          // as configured
};

// "<seconds> <fault> [argument [argument]]". Throws std::invalid_argument with a text for people. Arguments:
// truncate, corrupt, duplicate, reorder, lost_ack, lost_push, login_refused, rest_timeout: how many (1);
// notice_30033: seconds until the cut (5); close_storm, black_hole: seconds that it lasts (10); clock_jump:
// milliseconds (60000); delay: milliseconds (500), seconds that it lasts (10); rest_error: status (503), how many (1).
fault parse_fault(std::string_view text);

// Sorted by time.
std::vector<fault> parse_faults(const std::vector<std::string>& texts);

// A fault of a kind chosen by `random`, with its usual arguments. `at` is 0.
fault random_fault(prng& random);

}  // namespace trapline::paper_venue
