// Normalised events as JSON lines: the writer, whose lines event_lines.hpp reads.
#pragma once

#include <string>
#include <string_view>

#include "trapline/abi/event.h"

namespace trapline::offline {

// Appends the lines of an event: instrument, trade, book, ticker, candle, gap; signals as signal_lines.hpp writes them.
// A ticker with best bid and ask gives a quote, too. False: there is no line for such an event, or its payload is too
// short for what it says; nothing is appended. `ts` is ts_event, or ts_recv where the venue gave none.
bool append_event(std::string& out, const trapline_event& e, std::string_view venue, std::string_view symbol);

}  // namespace trapline::offline
