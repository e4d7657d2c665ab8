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
  dialect speaks = dialect::v2;  // by the address (v1), else by the names of the members
  std::string inst_type;         // lower case
  std::string channel;           // v3: topic
  std::string inst_id;           // v3: symbol; upper case; "default" where the client gave none
  std::string interval;          // v3 klines
  std::string echo;              // the argument as JSON text, members in the client's order; v1: instType in lower case
};

struct request {
  enum class kind {
    ping,
    login,
    subscribe,
    unsubscribe,
    trade,       // an order; the text is for the trading API
    not_json,    // 30002
    unknown_op,  // 30003; `op` holds it
    bad_args     // 30016
  };
  kind what = kind::not_json;
  std::string op;
  std::vector<topic_arg> topics;
  login_request login;
};

// `v1`: the connection's address is v1's. v2 and v3 share one connection, as some clients do.
request parse_request(std::string_view text, bool v1);

// The arguments that a push carries (of a captured frame), or empty if it is not a push.
std::optional<topic_arg> parse_push_arg(std::string_view text);

}  // namespace trapline::paper_venue
