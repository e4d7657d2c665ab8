// The same as plugin.c, through the C++ SDK of each revision.
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdlib>

#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class matrix_cpp : public sdk::plugin<matrix_cpp> {
 public:
  static constexpr auto info = sdk::plugin_info{
      .id = "matrix_cpp", .version = "1.0.0", .summary = "uses every service", .flags = TRAPLINE_PLUGIN_BOUNDED};
  static constexpr trapline_option options[] = {sdk::option_int("add", "5", "0..9", "added to each price"),
                                                sdk::option_secret("key", "never set")};

  explicit matrix_cpp(const trapline_host* h) : plugin(h) {}
  ~matrix_cpp() { ::close(wakes_); }

  void configure(std::string_view json) {
    const auto at = json.find(':');  // the one option that has a value
    if (at == json.npos) throw sdk::error(TRAPLINE_E_CONFIG, "add", "missing");
    add_ = std::strtoll(json.data() + at + 1, nullptr, 10);
    if (!host().secret("key").empty()) throw sdk::error(TRAPLINE_E_CONFIG, "key", "set");
  }
  void start() {
    trades_ = host().counter("matrix_trades_total");
    timers_ = host().counter("matrix_timers_total");
    polls_ = host().counter("matrix_polls_total");
#if TRAPLINE_ABI_MINOR >= 1
    static constexpr double bounds[] = {1, 10, 100};
    prices_ = host().histogram("matrix_price", bounds);
#endif
    if (host().now() <= 0) throw sdk::error("no clock");
    host().warn("matrix starts");
    host().health(TRAPLINE_HEALTH_DEGRADED, 0, "as a test");
    reply_ = host().topic("reply.trade");
    host().subscribe("test.>", TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRADE));
    host().set_timer(0, 1'000'000, 7);
  }
  void on(const trapline_event&, const trapline_trade& t) {
    trades_.add();
#if TRAPLINE_ABI_MINOR >= 1
    prices_.record(static_cast<double>(t.price));
#endif
    auto answer = t;
    answer.price += add_;
    host().publish(sdk::make_event(TRAPLINE_EVENT_TRADE, reply_), answer);
  }
  void on(const trapline_event&, const trapline_timer_event&) { timers_.add(); }
  void poll(std::int64_t max_wait) {
    polls_.add();
    pollfd fd{wakes_, POLLIN, 0};
    eventfd_t n = 0;
    if (::poll(&fd, 1, static_cast<int>((max_wait + 999'999) / 1'000'000)) > 0 && ::eventfd_read(wakes_, &n) != 0)
      throw sdk::error("eventfd");
  }
  void wake() {
    if (::eventfd_write(wakes_, 1) != 0) std::abort();
  }
  trapline_status drain() { return drains_++ == 0 ? TRAPLINE_E_AGAIN : TRAPLINE_OK; }

 private:
  sdk::counter trades_, timers_, polls_;
  int wakes_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
#if TRAPLINE_ABI_MINOR >= 1
  sdk::histogram prices_;
#endif
  std::uint32_t reply_ = 0;
  std::int64_t add_ = 0;
  int drains_ = 0;
};

TRAPLINE_PLUGIN(matrix_cpp, "matrix_cpp", "1.0.0");
