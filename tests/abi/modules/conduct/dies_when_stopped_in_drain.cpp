// Cannot be stopped before its drain() is through.
#include "conduct.hpp"

struct dies_when_stopped_in_drain : conduct::instance {
  using instance::instance;
  trapline_status drain() override { return ++drains_ < 2 ? TRAPLINE_E_AGAIN : TRAPLINE_OK; }
  void stop() override {
    if (drains_ == 1) std::abort();
  }
  int drains_ = 0;
};
CONDUCT_MODULE(dies_when_stopped_in_drain)
