// Makes a text of every event.
#include "conduct.hpp"

struct allocates_per_event : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event& e) override { text_ = std::string(100, static_cast<char>('a' + e.seq % 26)); }
  std::string text_;
};
CONDUCT_MODULE_FLAGS(allocates_per_event, TRAPLINE_PLUGIN_BOUNDED)
