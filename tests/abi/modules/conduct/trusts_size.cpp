// Takes a trade for as long as a trade is.
#include "conduct.hpp"

struct trusts_size : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event& e) override {
    if (e.space == 0 && e.type == TRAPLINE_EVENT_TRADE)
      exp_ = reinterpret_cast<const trapline_trade*>(&e + 1)->price_exp;
  }
  volatile int exp_ = 0;
};
CONDUCT_MODULE(trusts_size)
