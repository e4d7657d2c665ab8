// Cannot go on after a loss.
#include "conduct.hpp"

struct dies_of_gap : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event& e) override {
    if (e.space == 0 && e.type == TRAPLINE_EVENT_TRADE && (e.flags & TRAPLINE_FLAG_AFTER_GAP) != 0 && e.schema == 0)
      std::abort();
  }
};
CONDUCT_MODULE(dies_of_gap)
