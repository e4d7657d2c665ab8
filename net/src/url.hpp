// `scheme://host[:port][/path]`, taken apart and refused unless it is exactly that.
#pragma once

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>
#include <system_error>

#include "peer_check.hpp"

namespace trapline::net {

struct parsed_url {
  std::string host, port, resource;
  bool is_address = false;
};

[[noreturn]] inline void refuse_url(const std::string& scheme, const std::string& url, const char* why) {
  throw std::invalid_argument("expected " + scheme + "host[:port][/path], found '" +
                              printable(url.data(), url.size(), 200) + "': " + why);
}

// `scheme` such as `wss://`. Throws std::invalid_argument.
inline parsed_url parse_url(const std::string& scheme, const std::string& url) {
  if (url.compare(0, scheme.size(), scheme) != 0) refuse_url(scheme, url, "it does not begin with that scheme");
  for (const char c : url)
    if (c <= 0x20 || c >= 0x7f) refuse_url(scheme, url, "it holds a character that must be escaped");
  const auto path = std::min(url.find_first_of("/?#", scheme.size()), url.size());
  std::string authority = url.substr(scheme.size(), path - scheme.size());
  if (authority.find('@') != std::string::npos) refuse_url(scheme, url, "a user name has no place in it");
  parsed_url out;
  out.resource = path < url.size() ? url.substr(path, url.find('#', path) - path) : "/";
  if (out.resource.empty() || out.resource[0] != '/') out.resource.insert(0, "/");
  std::size_t colon = authority.npos;
  if (!authority.empty() && authority[0] == '[') {
    const auto close = authority.find(']');
    if (close == authority.npos) refuse_url(scheme, url, "the bracket of the IPv6 address is not closed");
    out.host = authority.substr(1, close - 1);
    if (close + 1 < authority.size()) {
      if (authority[close + 1] != ':') refuse_url(scheme, url, "only a port may follow the IPv6 address");
      colon = close + 1;
    }
  } else {
    colon = authority.find(':');
    out.host = authority.substr(0, colon);
  }
  if (out.host.empty()) refuse_url(scheme, url, "the host is missing");
  out.port = "443";
  if (colon != authority.npos) {
    out.port = authority.substr(colon + 1);
    unsigned port = 0;
    const auto [end, ec] = std::from_chars(out.port.data(), out.port.data() + out.port.size(), port);
    if (ec != std::errc() || end != out.port.data() + out.port.size() || port == 0 || port > 65535)
      refuse_url(scheme, url, "the port is not a number from 1 to 65535");
    out.port = std::to_string(port);  // zeros in front mean nothing
  }
  boost::system::error_code ec;
  boost::asio::ip::make_address(out.host, ec);
  out.is_address = !ec;
  return out;
}

}  // namespace trapline::net
