// Its destroy() counts on start() having been called.
#include "conduct.hpp"

struct dies_unstarted : conduct::instance {
  using instance::instance;
  ~dies_unstarted() override {
    if (configured_ && !started_) std::abort();
  }
  trapline_status configure(trapline_str, trapline_error*) override {
    configured_ = true;
    return TRAPLINE_OK;
  }
  trapline_status start(trapline_error* e) override {
    started_ = true;
    return join_the_bus(e);
  }
  bool configured_ = false, started_ = false;
};
CONDUCT_MODULE(dies_unstarted)
