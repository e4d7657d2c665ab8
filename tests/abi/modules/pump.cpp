// A lane's driver that publishes a trade a poll, each price one more than the one before; a successor goes on with it.
// Two of it cannot run at once: they would want the same lock file.
#include <fcntl.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <string>

#include "trapline/sdk/options.hpp"
#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class pump : public sdk::plugin<pump> {
 public:
  static constexpr auto info =
      sdk::plugin_info{.id = "pump", .version = "1.0.0", .summary = "drives", .flags = TRAPLINE_PLUGIN_SOURCE};
  static constexpr trapline_option options[] = {
      sdk::required(sdk::option_string("lock", nullptr, "file that it has for itself while it runs")),
      sdk::option_bool("refuse", "false", "do not start"),
  };
  static constexpr sdk::state_info state = {"tests/pump", 1, 1};
  explicit pump(const trapline_host* h) : plugin(h) {}

  void configure(std::string_view json) {
    const sdk::options given(json);
    lock_ = given.get<std::string>("lock");
    refuse_ = given.get<bool>("refuse");
  }
  void start() {
    if (refuse_) throw sdk::error("told not to start");
    const int fd = ::open(lock_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) throw sdk::error("another one runs");
    ::close(fd);
    topic_ = host().topic("test.trade");
  }
  void stop() { ::unlink(lock_.c_str()); }
  void poll(std::int64_t max_wait) {
    trapline_trade t{};
    t.price = next_;
    if (!drained_ && host().publish(sdk::make_event(TRAPLINE_EVENT_TRADE, topic_), t) == TRAPLINE_OK) ++next_;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::nanoseconds(std::min<std::int64_t>(max_wait, 200'000)), [&] { return woken_; });
    woken_ = false;
  }
  trapline_status drain() { return std::exchange(drained_, true) ? TRAPLINE_OK : TRAPLINE_E_AGAIN; }
  void wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    wake_.notify_one();
  }
  std::string save_state() { return std::to_string(next_); }
  void load_state(std::uint32_t, std::string_view bytes) { next_ = std::stoll(std::string(bytes)); }

 private:
  std::uint32_t topic_ = 0;
  std::int64_t next_ = 0;
  bool drained_ = false, refuse_ = false;
  std::string lock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = false;
};

TRAPLINE_PLUGIN(pump, "pump", "1.0.0");
