// Reads as many levels as a book announces.
#include "conduct.hpp"

struct trusts_counts : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event& e) override {
    if (e.space != 0 || (e.type != TRAPLINE_EVENT_BOOK_SNAPSHOT && e.type != TRAPLINE_EVENT_BOOK_DELTA)) return;
    if (e.size < sizeof e + sizeof(trapline_book)) return;
    const auto* b = reinterpret_cast<const trapline_book*>(&e + 1);
    const auto* level = reinterpret_cast<const trapline_level*>(b + 1);
    for (std::uint64_t n = 0; n < std::uint64_t{b->bid_count} + b->ask_count; ++n) sum_ = sum_ + level[n].size % 1000;
  }
  volatile std::int64_t sum_ = 0;
};
CONDUCT_MODULE(trusts_counts)
