// Keeps all that the bus refuses.
#include "conduct.hpp"

struct buffers_without_bound : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event& e) override {
    if (publish(1) == TRAPLINE_E_AGAIN) kept_.push_back(e);
  }
  std::vector<trapline_event> kept_;
};
CONDUCT_MODULE(buffers_without_bound)
