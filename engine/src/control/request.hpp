// What the operator plane is asked and what it answers; and both as lines of the control socket.
//
//   {"id": 7, "cmd": "debug", "args": {"instance": "feed"}}
//   {"id": 7, "ok": true, "result": {...}}
//   {"id": 7, "ok": false, "status": -3, "error": "there is no instance 'fed'; did you mean 'feed'?"}
//
// `id` is the client's own and comes back as it was; it and `args` may be left out.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "trapline/abi/base.h"

namespace trapline::control {

struct answer {
  trapline_status status = TRAPLINE_OK;
  std::string text;  // OK: one JSON value; else a text for people
};

struct request {
  std::string cmd;
  std::string args;                  // a JSON object, or empty
  std::string from;                  // who asks, for the log
  std::function<void(answer)> done;  // called once, on any thread
};

// One line, without its end. False: `wrong` says why; `id` is what could be read of it, as JSON.
bool read_request(std::string_view line, request& out, std::string& id, std::string& wrong);
// One line with its end. `id` as JSON.
std::string write_answer(const std::string& id, const answer& a);

}  // namespace trapline::control
