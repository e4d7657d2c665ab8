// A thread_local object with a destructor keeps the library mapped until the host's thread ends.
#include "conduct.hpp"

struct with_destructor {
  std::string text = "a text too long for the small string optimisation";
};
static thread_local with_destructor per_thread;

struct stays_mapped : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event&) override { per_thread.text[0] = 'b'; }
};
CONDUCT_MODULE(stays_mapped)
