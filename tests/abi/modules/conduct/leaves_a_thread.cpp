// A thread goes on after stop().
#include "conduct.hpp"

struct leaves_a_thread : conduct::instance {
  using instance::instance;
  trapline_status start(trapline_error* e) override {
    const auto s = join_the_bus(e);
    if (s == TRAPLINE_OK)
      std::thread([] {
        for (;;) ::pause();
      }).detach();
    return s;
  }
};
CONDUCT_MODULE(leaves_a_thread)
