#include "measure/hash.hpp"

#include <openssl/sha.h>

namespace measure {

std::string sha256(const std::string& text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  std::string out;
  for (const unsigned char c : digest)
    for (const int shift : {4, 0}) out += "0123456789abcdef"[c >> shift & 15];
  return out;
}

}  // namespace measure
