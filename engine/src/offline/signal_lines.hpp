// Signals as JSON lines: the writer. Numbers are in their shortest exact form, so that equal signals are equal bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "trapline/abi/event.h"

namespace trapline::offline {

// Appends the line of a SIGNAL event with its newline. False: the event is no signal, or is too short for what it
// says it holds; nothing is appended.
bool append_signal(std::string& out, const trapline_event& e, std::string_view symbol);

}  // namespace trapline::offline
