// A book that announces levels which are not there.
#include "conduct.hpp"

struct publishes_wrong_count : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event&) override {
    trapline_event e{};
    e.type = TRAPLINE_EVENT_TRADE;
    e.topic = topic;
    trapline_trade t{};
    trapline_frame f{&e, &t, sizeof t, 0};
    e.type = TRAPLINE_EVENT_BOOK_SNAPSHOT;
    t.price_exp = 0;
    trapline_book b{};
    b.bid_count = 10;
    std::memcpy(&t, &b, sizeof b);
    bus->publish(host, &f, 1);
  }
};
CONDUCT_MODULE(publishes_wrong_count)
