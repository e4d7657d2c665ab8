// Bus events as stream entries.
#pragma once

#include <string_view>

#include "spool.hpp"
#include "trapline/abi/event.h"

namespace trapline::redis_bridge {

// Where the entries of a topic go. An empty suffix: nowhere.
struct destination {
  std::string key;
  family kind = family::trades;
};

// `topic`: such as `md.trade.bitget.BTCUSDT`. `venue`: of the event's instrument, empty if it has none.
destination destination_of(std::string_view prefix, std::string_view topic, std::string_view venue);

// The entry of an event, not numbered yet. Its type is empty if the event has none.
entry make_entry(const trapline_event& e, std::string_view symbol);
// A GAP event as an object of a list, of the same form as the spool's own losses there.
entry make_list_gap(const trapline_event& e, const trapline_gap& g);

}  // namespace trapline::redis_bridge
