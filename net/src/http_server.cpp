#include "trapline/net/http_server.hpp"

#include <strings.h>

namespace trapline::net {

std::string_view http_request::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key.size() == name.size() && ::strncasecmp(key.data(), name.data(), name.size()) == 0) return value;
  return {};
}

}  // namespace trapline::net
