// Which address is right for which environment. A mix-up of paper, demo and live must not come as far as a socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "options.hpp"

namespace trapline::mm_ws {

struct endpoint {
  std::string url;
  std::string ca_file;  // empty = the system's roots
  std::string error;    // not empty: there is no address, and why
};

// Host of a URL without port and brackets; empty if it does not begin with `scheme`, such as `wss://`.
std::string_view host_of(std::string_view scheme, std::string_view url);

enum class service : std::uint8_t { sockets, rest };

// True if `host` serves that in `e`. Sockets: live = ws.bitget.com, demo = wspap.bitget.com. REST: api.bitget.com for
// both, which a header tells apart. Paper = this machine's loopback.
bool host_fits(environment e, service what, std::string_view host);

// Throws sdk::error naming the option that does not fit the environment.
void check_endpoints(const options& o);

// The address for the next attempt. With `endpoint.file` the file is read again each time: a paper venue writes a new
// port on each start. Never throws.
endpoint find_endpoint(const options& o, bool for_private);

// The address of REST. Neither URL nor error: there is none, as with a paper venue whose file tells none. Never throws.
endpoint find_rest_endpoint(const options& o);

}  // namespace trapline::mm_ws
