// A thread goes on after stop().
#include "conduct.hpp"

struct leaves_a_thread : conduct::instance {
  using instance::instance;
  trapline_status start(trapline_error* e) override {
    std::thread([] {
      for (;;) ::pause();
    }).detach();
    return join_the_bus(e);
  }
};
CONDUCT_MODULE(leaves_a_thread)
