// What the venue's error codes mean for this client, as one table: codes of the sockets (30001 ...) and of REST.
// Source: Bitget's tables, with what working clients learned; an unknown code is no reason to guess.
#pragma once

#include <cstdint>
#include <string_view>

namespace trapline::mm_ws {

enum class error_class : std::uint8_t {
  none,         // no error
  busy,         // too many requests: later
  uncertain,    // timeout, maintenance, broken connection: the outcome is unknown; reading may be repeated
  clock,        // the timestamp was not accepted: measure the clock, then once more
  credentials,  // key, secret, passphrase, permission or address: needs a person
  environment,  // demo and live were mixed up: needs a person
  classic,      // the key's account is a classic one: api v2
  unified,      // the key's account is a unified one: api v3
  request,      // the request is wrong: repeating it changes nothing
  gone,         // the order or position does not exist (any more)
  upgrade,      // the venue is about to end this connection
  unknown
};

struct venue_error {
  std::int32_t code;
  error_class kind;
  const char* advice;  // for people: what to do about it; empty if nothing can be done
};

// Never fails: an unknown code is `unknown`.
const venue_error& find_error(std::int64_t code) noexcept;

std::string_view name_of(error_class c) noexcept;

// Whether a reading request may succeed if it is simply repeated later.
constexpr bool is_passing(error_class c) noexcept {
  return c == error_class::busy || c == error_class::uncertain || c == error_class::unknown;
}
// Whether repeating it without a person's help can only do harm.
constexpr bool is_final(error_class c) noexcept {
  return c == error_class::credentials || c == error_class::environment || c == error_class::classic ||
         c == error_class::unified;
}

}  // namespace trapline::mm_ws
