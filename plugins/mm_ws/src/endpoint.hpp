// Which address is right for which environment. A mix-up of paper, demo and live must not come as far as a socket.
#pragma once

#include <string>
#include <string_view>

#include "options.hpp"

namespace trapline::mm_ws {

struct endpoint {
  std::string url;
  std::string ca_file;  // empty = the system's roots
  std::string error;    // not empty: there is no address, and why
};

// Host of a `wss://` URL without port and brackets; empty if it is not such a URL.
std::string_view host_of(std::string_view url);

// True if `host` belongs to `e`: live = ws.bitget.com, demo = wspap.bitget.com, paper = this machine's loopback.
bool host_fits(environment e, std::string_view host);

// Throws sdk::error naming the option that does not fit the environment.
void check_endpoints(const options& o);

// The address for the next attempt. With `endpoint.file` the file is read again each time: a paper venue writes a new
// port on each start. Never throws.
endpoint find_endpoint(const options& o, bool for_private);

}  // namespace trapline::mm_ws
