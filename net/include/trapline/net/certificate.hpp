// A certificate of our own for servers on loopback.
#pragma once

#include <string>
#include <vector>

namespace trapline::net {

// Writes a new P-256 key (mode 0600) and a self-signed certificate, valid for 30 days, for the given DNS names
// and IP addresses. Replaces the files atomically. Throws std::runtime_error.
void write_self_signed_certificate(const std::string& certificate_file, const std::string& key_file,
                                   const std::vector<std::string>& names);

}  // namespace trapline::net
