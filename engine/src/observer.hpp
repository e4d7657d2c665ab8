// The plugin behind engine::observe(): hands events to a C++ callback of the hosting program.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "trapline/sdk/plugin.hpp"

namespace trapline {

class observer : public sdk::plugin<observer> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = "observer",
                                                .version = "1.0.0",
                                                .summary = "hands events to the hosting program",
                                                .flags = TRAPLINE_PLUGIN_SINK};
  using callback = std::function<void(const trapline_event&)>;

  explicit observer(const trapline_host* h) : plugin(h) {}

  // Before start().
  void set(std::vector<std::string> patterns, callback f) {
    patterns_ = std::move(patterns);
    callback_ = std::move(f);
  }
  void start() {
    for (const auto& p : patterns_) host().subscribe(p);
  }
  void on_other(const trapline_event& e) { callback_(e); }

 private:
  std::vector<std::string> patterns_;
  callback callback_;
};

}  // namespace trapline
