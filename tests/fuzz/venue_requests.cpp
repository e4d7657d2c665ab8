// What clients ask the paper venue over HTTP: head and body. Input: `2` or `3` for the account's API, `o` or `h` for
// its mode, then lines: `G` target; `P` target, a space and a body; `U` the same as `P` but with the head given, its
// lines parted by a tab, and no signature of ours; `+` time passes.
#include "venue_rig.hpp"

namespace trapline::fuzz {

void venue_requests(std::string_view input) {
  const bool unified = take_char(input) == '3';
  venue_rig rig(unified, take_char(input) == 'h');
  for (int lines = 0; !input.empty() && lines < 64; ++lines) {
    auto line = take_line(input);
    const char what = take_char(line);
    if (what == '+') {
      rig.run(0.1);
      continue;
    }
    const auto space = std::min(line.find(' '), line.size());
    const std::string target(line.substr(0, space));
    auto rest = line.substr(std::min(space + 1, line.size()));
    auto request = rig.make(what == 'G' ? "GET" : "POST", target, what == 'G' ? "" : std::string(rest));
    if (what == 'U') {
      request.headers.clear();
      for (auto at = rest.find('\t'); at != rest.npos; at = rest.find('\t')) {
        const auto head = rest.substr(0, at);
        const auto colon = std::min(head.find(':'), head.size());
        request.headers.emplace_back(head.substr(0, colon), head.substr(std::min(colon + 1, head.size())));
        rest.remove_prefix(at + 1);
      }
      request.body = rest;
    }
    const auto state = rig.start_call(request);
    // A fault that was asked for may leave a call without its answer.
    if (state->response) require(nlohmann::json::accept(state->response->body), "every answer is JSON");
  }
  rig.run(0.2);
}

}  // namespace trapline::fuzz
