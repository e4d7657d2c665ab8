// Knows all events there will ever be.
#include "conduct.hpp"

struct dies_of_unknown_type : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event& e) override {
    switch (e.space == 0 ? e.type : 0) {
      case TRAPLINE_EVENT_TRADE:
      case TRAPLINE_EVENT_BOOK_SNAPSHOT:
      case TRAPLINE_EVENT_BOOK_DELTA:
      case TRAPLINE_EVENT_SIGNAL:
      case TRAPLINE_EVENT_GAP:
        return;
      default:
        std::abort();
    }
  }
};
CONDUCT_MODULE(dies_of_unknown_type)
