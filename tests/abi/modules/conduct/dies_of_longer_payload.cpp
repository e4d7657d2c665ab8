// Takes a longer trade for a broken one.
#include "conduct.hpp"

struct dies_of_longer_payload : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event& e) override {
    if (e.space == 0 && e.type == TRAPLINE_EVENT_TRADE && e.size > sizeof e + sizeof(trapline_trade) && e.schema == 1)
      std::abort();
  }
};
CONDUCT_MODULE(dies_of_longer_payload)
