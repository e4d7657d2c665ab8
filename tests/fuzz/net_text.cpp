// Our own code in front of the libraries' parsers: UTF-8 of WebSocket messages, and URLs. Input: a character for the
// length of the pieces, then the bytes.
#include <stdexcept>

#include "fuzz.hpp"
#include "url.hpp"
#include "utf8_validator.hpp"

namespace trapline::fuzz {

namespace {

// RFC 3629, by the table of well-formed byte sequences (Unicode, table 3-7).
bool is_utf8(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto at = [&](std::size_t n) { return i + n < s.size() ? static_cast<unsigned char>(s[i + n]) : 0u; };
    const auto in = [](unsigned c, unsigned low, unsigned high) { return c >= low && c <= high; };
    const unsigned c = at(0);
    std::size_t more = 0;
    if (c < 0x80) more = 0;
    else if (in(c, 0xc2, 0xdf)) more = 1;
    else if (in(c, 0xe0, 0xef)) more = 2;
    else if (in(c, 0xf0, 0xf4)) more = 3;
    else return false;
    if (more > 0) {
      const unsigned low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
      const unsigned high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
      if (!in(at(1), low, high)) return false;
    }
    for (std::size_t n = 2; n <= more; ++n)
      if (!in(at(n), 0x80, 0xbf)) return false;
    i += more + 1;
  }
  return true;
}

}  // namespace

void net_text(std::string_view input) {
  const auto piece = 1 + static_cast<std::size_t>(static_cast<unsigned char>(take_char(input)) % 32);
  websocketpp::utf8_validator::validator v;
  bool good = true;
  for (std::size_t at = 0; at < input.size() && good; at += piece) {
    const auto part = input.substr(at, piece);
    good = v.decode(part.begin(), part.end());
  }
  require((good && v.complete()) == is_utf8(input), "UTF-8 is what the standard says, however it is cut");

  try {
    const auto url = net::parse_url("wss://", std::string(input));
    require(!url.host.empty() && !url.port.empty() && url.port.size() <= 5 && url.resource.front() == '/',
            "a URL has host, port and resource");
    for (const auto* part : {&url.host, &url.port, &url.resource})
      for (const char c : *part) require(c > 0x20 && c < 0x7f, "nothing of a URL can end a request's line");
  } catch (const std::invalid_argument& e) {
    require(*e.what() != 0, "a refusal says why");
  }
}

}  // namespace trapline::fuzz
