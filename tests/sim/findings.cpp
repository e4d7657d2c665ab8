#include "findings.hpp"

#include <algorithm>

namespace trapline::sim {
namespace {

std::string base64(std::string_view text) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int n = 0;
  for (const char c : text) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (n += 8; n >= 6; n -= 6) out += digits[bits >> (n - 6) & 63];
  }
  return out;
}

std::string hex(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::size_t beginning(const char* p) {
  return static_cast<std::size_t>(static_cast<unsigned char>(p[0])) << 8 | static_cast<unsigned char>(p[1]);
}

}  // namespace

secret_scan::secret_scan(const std::vector<std::string>& secrets) {
  for (const auto& s : secrets)
    for (const auto& form : {s, base64(s), hex(s)})
      for (std::size_t i = 0; i + piece <= form.size(); ++i)
        // Six digits stand in ids and prices everywhere: they would be found by chance.
        if (form.substr(i, piece).find_first_not_of("0123456789") != form.npos)
          pieces_.push_back(form.substr(i, piece));
  std::sort(pieces_.begin(), pieces_.end());
  for (const auto& p : pieces_) begins_.set(beginning(p.data()));
}

bool secret_scan::finds(std::string_view bytes) const {
  for (std::size_t i = 0; i + piece <= bytes.size(); ++i)
    if (begins_.test(beginning(bytes.data() + i)) &&
        std::binary_search(pieces_.begin(), pieces_.end(), bytes.substr(i, piece)))
      return true;
  return false;
}

}  // namespace trapline::sim
