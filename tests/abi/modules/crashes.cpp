// Crashes at its third trade, in one of several ways.
#include <signal.h>

#include <cstdlib>
#include <string>
#include <thread>

#include "trapline/sdk/options.hpp"
#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

namespace {

// Not optimised away, and without undefined behaviour that a sanitizer would report first.
void read_nothing() { ::raise(SIGSEGV); }

}  // namespace

class crashes : public sdk::plugin<crashes> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = "crashes", .version = "1.0.0", .summary = "crashes"};
  static constexpr trapline_option options[] = {
      sdk::option_enum("how", "segv", "segv|abort|own_thread|configure|not", "in which way"),
  };
  explicit crashes(const trapline_host* h) : plugin(h) {}

  void configure(std::string_view json) {
    how_ = sdk::options(json).get<std::string>("how");
    if (how_ == "configure") std::abort();
  }
  void start() { host().subscribe("test.>"); }
  void on(const trapline_event&, const trapline_trade&) {
    if (++seen_ != 3 || how_ == "not") return;
    if (how_ == "abort") std::abort();
    if (how_ == "own_thread") std::thread([] { std::abort(); }).join();
    read_nothing();
  }

 private:
  std::string how_;
  int seen_ = 0;
};

TRAPLINE_PLUGIN(crashes, "crashes", "1.0.0");
