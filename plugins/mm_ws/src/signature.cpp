#include "signature.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace trapline::mm_ws {
namespace {

// Credentials are plain text as a rule, but a quote in a passphrase must not break the frame.
void append_json_text(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20) {
      out += "\\u00";
      out += hex[u >> 4];
      out += hex[u & 15];
    } else {
      out += c;
    }
  }
}

}  // namespace

void wipe(std::string& secret) noexcept {
  OPENSSL_cleanse(secret.data(), secret.capacity());
  secret.clear();
}

std::string sign(std::string_view secret, std::string_view message) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
            reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest, &size))
    throw std::runtime_error("OpenSSL could not compute an HMAC-SHA256");
  unsigned char text[4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1];
  const int length = EVP_EncodeBlock(text, digest, static_cast<int>(size));
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)};
}

std::string login_json(const credentials& c, std::int64_t unix_seconds) {
  const auto timestamp = std::to_string(unix_seconds);
  const auto signature = sign(c.secret, timestamp + "GET/user/verify");
  std::string out;
  // Room for everything at once: a string that grows leaves copies of its contents behind.
  out.reserve(128 + 6 * (c.key.size() + c.passphrase.size()) + signature.size() + timestamp.size());
  out += R"({"op":"login","args":[{"apiKey":")";
  append_json_text(out, c.key);
  out += R"(","passphrase":")";
  append_json_text(out, c.passphrase);
  out += R"(","timestamp":")" + timestamp + R"(","sign":")" + signature + "\"}]}";
  return out;
}

}  // namespace trapline::mm_ws
