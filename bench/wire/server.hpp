// The venue's half of wire_bench, in a process of its own: one TLS connection at a time, one TLS record a message, as a
// real venue sends them. Fast enough never to be what a client waits for: many records go out by one system call.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "wire/board.hpp"
#include "wire/frames.hpp"

namespace wire {

// The process, which ends with this object or with its parent.
class server {
 public:
  // Must be made before the program has threads. `cpu`: where it runs, -1 = anywhere. Throws std::runtime_error.
  server(board& b, std::vector<workload>& workloads, const std::string& certificate, const std::string& key, int cpu);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  std::uint16_t port() const noexcept { return port_; }

 private:
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace wire
