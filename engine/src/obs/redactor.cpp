#include "obs/redactor.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace trapline::obs {
namespace {

std::string base64(std::string_view in) {
  std::string out(4 * ((in.size() + 2) / 3) + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(in.data()), static_cast<int>(in.size()));
  out.resize(static_cast<std::size_t>(n));
  while (!out.empty() && out.back() == '=') out.pop_back();  // also found where padding was cut
  return out;
}

std::string hex(std::string_view in, const char* digits) {
  std::string out;
  for (const unsigned char c : in) {
    out += digits[c >> 4];
    out += digits[c & 15];
  }
  return out;
}

std::string url_encoded(std::string_view in) {
  std::string out;
  for (const char ch : in) {
    const auto c = static_cast<unsigned char>(ch);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) out += ch;
    else out += "%" + hex(std::string_view(&ch, 1), "0123456789ABCDEF");
  }
  return out;
}

}  // namespace

void redactor::add(std::string_view secret) {
  constexpr std::size_t shortest = 4, piece = 6;
  if (secret.size() < shortest) return;
  std::vector<std::string> forms = {std::string(secret), base64(secret), hex(secret, "0123456789abcdef"),
                                    hex(secret, "0123456789ABCDEF"), url_encoded(secret)};
  // A cut-off secret still betrays its beginning.
  for (std::size_t n = piece; n < secret.size(); ++n) forms.emplace_back(secret.substr(0, n));
  const std::lock_guard lock(mutex_);
  for (auto& f : forms)
    if (std::find(needles_.begin(), needles_.end(), f) == needles_.end()) needles_.push_back(std::move(f));
  std::sort(needles_.begin(), needles_.end(),
            [](const auto& a, const auto& b) { return a.size() != b.size() ? a.size() > b.size() : a < b; });
}

void redactor::apply(std::string& text) const {
  const std::lock_guard lock(mutex_);
  for (const auto& n : needles_)
    for (std::size_t at = text.find(n); at != std::string::npos; at = text.find(n, at + 3))
      text.replace(at, n.size(), "***");
}

}  // namespace trapline::obs
