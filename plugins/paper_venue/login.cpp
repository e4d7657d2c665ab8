#include "login.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace trapline::paper_venue {
namespace {

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::string hmac_sha256_base64(std::string_view secret, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size) == nullptr)
    throw std::runtime_error("HMAC-SHA256 failed");
  unsigned char encoded[4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1];
  const int n = EVP_EncodeBlock(encoded, digest, static_cast<int>(size));
  return {reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(n)};
}

int check_login(const login_request& request, const credentials& expected, std::int64_t now_ms) {
  std::int64_t stamp = 0;
  const auto& t = request.timestamp;
  const auto [end, ec] = std::from_chars(t.data(), t.data() + t.size(), stamp);
  if (ec != std::errc() || end != t.data() + t.size() || stamp <= 0) return 30013;
  // 13 digits are milliseconds, 10 are seconds.
  const std::int64_t stamp_ms = t.size() >= 12 ? stamp : stamp * 1000;
  if (stamp_ms < now_ms - login_validity_ms || stamp_ms > now_ms + login_validity_ms) return 30014;
  if (!same(request.key, expected.key)) return 30011;
  if (!same(request.passphrase, expected.passphrase)) return 30012;
  if (!same(request.sign, hmac_sha256_base64(expected.secret, t + "GET/user/verify"))) return 30015;
  return 0;
}

std::string_view login_error_text(int code) {
  switch (code) {
    case 30011:
      return "Invalid ACCESS_KEY";
    case 30012:
      return "Invalid ACCESS_PASSPHRASE";
    case 30013:
      return "Invalid ACCESS_TIMESTAMP";
    case 30014:
      return "Request timestamp expired";
    case 30015:
      return "Invalid sign";
    default:
      return "Login failed";
  }
}

std::string random_text(std::size_t length) {
  static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  static_assert(letters.size() == 64);
  std::string out(length, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(length)) != 1)
    throw std::runtime_error("the system gave no random bytes");
  for (auto& c : out) c = letters[static_cast<unsigned char>(c) % 64];
  return out;
}

}  // namespace trapline::paper_venue
