// What clients say to the paper venue over its sockets. Input: lines, each a character for the connection (`0` v2
// public, `1` v2 private, `2` v3 private, `3` v1, `4` v2 private without login) and a message; or `+`: time passes.
#include <optional>

#include "venue_rig.hpp"

namespace trapline::fuzz {

void venue_messages(std::string_view input) {
  venue_rig rig(false, false);
  constexpr const char* paths[] = {"/v2/ws/public", "/v2/ws/private", "/v3/ws/private", "/mix/v1/stream",
                                   "/v2/ws/private"};
  paper_venue::fake_link* links[5] = {};
  for (int lines = 0; !input.empty() && lines < 64; ++lines) {
    auto line = take_line(input);
    const char to = take_char(line);
    if (to == '+') {
      rig.run(0.1);
      continue;
    }
    const auto i = static_cast<std::size_t>(to - '0');
    if (i >= std::size(paths)) continue;
    if (!links[i]) {
      links[i] = &rig.connect(paths[i]);
      if (i == 1 || i == 2) rig.say(*links[i], rig.login());
    }
    if (links[i]->close_code == 0 && !links[i]->aborted) rig.say(*links[i], std::string(line));
  }
  rig.run(0.2);
  for (auto* link : links) {
    if (!link) continue;
    for (const auto& t : link->texts)
      require(t == "pong" || nlohmann::json::accept(t), "whatever clients say, the venue answers in JSON");
    rig.the_venue().on_close(*link, {});
  }
  require(rig.the_venue().sessions() == 0, "connections that are gone are forgotten");
}

}  // namespace trapline::fuzz
