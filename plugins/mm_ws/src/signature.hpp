// Login to the private socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace trapline::mm_ws {

// Overwrites and empties it; the compiler may not leave that out.
void wipe(std::string& secret) noexcept;

// API credentials. Wiped when they go out of scope, never copied.
struct credentials {
  std::string key, secret, passphrase;

  credentials() = default;
  credentials(credentials&&) = default;
  credentials& operator=(credentials&&) = default;
  ~credentials() {
    wipe(key);
    wipe(secret);
    wipe(passphrase);
  }
  bool complete() const noexcept { return !key.empty() && !secret.empty() && !passphrase.empty(); }
};

// Base64(HMAC-SHA256(secret, message)).
std::string sign(std::string_view secret, std::string_view message);

// `{"op":"login",...}`. The string to sign is timestamp + "GET" + "/user/verify", the timestamp in whole seconds as
// text (Bitget; milliseconds get no answer at all). The caller wipes the result.
std::string login_json(const credentials& c, std::int64_t unix_seconds);

}  // namespace trapline::mm_ws
