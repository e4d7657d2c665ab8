// The other end of the control socket.
#pragma once

#include <cstdint>
#include <string>

#include "control/socket.hpp"

namespace trapline::control {

class client {
 public:
  // False: `error` says why, in words for people.
  bool connect(const std::string& path, std::string& error);

  // Sends one request and waits for its answer, at most `limit` ns. False: `error` says why there is none.
  bool ask(const std::string& line, std::string& answer, std::int64_t limit, std::string& error);

 private:
  descriptor fd_;
  std::string in_;
};

}  // namespace trapline::control
