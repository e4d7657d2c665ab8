// Each life leaves 8 KiB behind.
#include "conduct.hpp"

struct leaks_memory : conduct::instance {
  using instance::instance;
  trapline_status start(trapline_error* e) override {
    leak_ = std::malloc(8192);
    return join_the_bus(e);
  }
  static inline void* volatile leak_ = nullptr;
};
CONDUCT_MODULE(leaks_memory)
