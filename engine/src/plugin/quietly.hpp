// For texts to people: without memory for them there are none, and that is all.
#pragma once

#include <new>

namespace trapline::plugin {

template <class F>
void quietly(F&& f) noexcept {
  try {
    f();
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace trapline::plugin
