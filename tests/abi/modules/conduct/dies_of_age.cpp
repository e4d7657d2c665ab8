// Has room for 900,000 events.
#include "conduct.hpp"

struct dies_of_age : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event&) override {
    if (++events_ == 900'000) std::abort();
  }
  int events_ = 0;
};
CONDUCT_MODULE(dies_of_age)
