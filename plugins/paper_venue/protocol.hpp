// What clients say to the venue.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "login.hpp"
#include "wire.hpp"

namespace trapline::paper_venue {

// One argument of a subscribe or unsubscribe.
struct topic_arg {
  std::string inst_type;  // lower case
  std::string channel;
  std::string inst_id;  // upper case; "default" where the client gave none
  std::string echo;     // the argument as JSON text, members in the client's order; v1: instType in lower case
};

struct request {
  enum class kind {
    ping,
    login,
    subscribe,
    unsubscribe,
    not_json,    // 30002
    unknown_op,  // 30003; `op` holds it
    bad_args     // 30016
  };
  kind what = kind::not_json;
  std::string op;
  std::vector<topic_arg> topics;
  login_request login;
};

request parse_request(std::string_view text, dialect d);

// The arguments that a push carries (of a captured frame), or empty if it is not a push.
std::optional<topic_arg> parse_push_arg(std::string_view text);

}  // namespace trapline::paper_venue
