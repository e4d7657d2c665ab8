// Counts on a clock that never goes back.
#include "conduct.hpp"

struct dies_of_time : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event& e) override {
    if (e.space != 0 || e.type != TRAPLINE_EVENT_TRADE) return;
    if (e.ts_event < last_ - 1'000'000'000) std::abort();
    last_ = e.ts_event;
  }
  std::int64_t last_ = 0;
};
CONDUCT_MODULE(dies_of_time)
