// Checks a login as Bitget does: HMAC-SHA256 over timestamp + "GET" + "/user/verify".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace trapline::paper_venue {

struct credentials {
  std::string key, secret, passphrase;
};

struct login_request {
  std::string key, passphrase, timestamp, sign;
};

inline constexpr std::int64_t login_validity_ms = 30'000;

// Base64 of the HMAC-SHA256 of `text`.
std::string hmac_sha256_base64(std::string_view secret, std::string_view text);

// 0 = accepted, else Bitget's code: 30011 key, 30012 passphrase, 30013 timestamp unreadable, 30014 timestamp more
// than 30 s off `now_ms` (UTC), 30015 signature. The timestamp may be in seconds or in milliseconds.
int check_login(const login_request& request, const credentials& expected, std::int64_t now_ms);

// Bitget's text for a code of the login.
std::string_view login_error_text(int code);

// Random letters and digits for a key, from the system's generator. Throws std::runtime_error.
std::string random_text(std::size_t length);

}  // namespace trapline::paper_venue
