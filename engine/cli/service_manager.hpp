// What `trapline run` tells systemd, if systemd started it with Type=notify: sd_notify(3)'s datagrams, one `KEY=value`
// a line, to the Unix socket that NOTIFY_SOCKET names. The protocol is a stable interface, so the few lines of it are
// here instead of a library in every process that holds keys.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace trapline::cli {

// Without NOTIFY_SOCKET nothing is sent. A message that cannot be sent is dropped: a trading engine does not end
// because nobody listens. The functions may be called on any thread.
class service_manager {
 public:
  service_manager();  // from the environment
  ~service_manager();
  service_manager(const service_manager&) = delete;
  service_manager& operator=(const service_manager&) = delete;

  void ready() const { send("READY=1"); }  // also: a reload is over
  void reloading() const;
  void stopping() const { send("STOPPING=1"); }
  void status(std::string_view text) const;  // one line for people
  void alive() const { send("WATCHDOG=1"); }

  // Without an alive() for this long the process is ended and started anew (WatchdogSec=). 0: nobody watches.
  std::chrono::microseconds watchdog() const { return watchdog_; }
  bool listens() const { return fd_ >= 0; }

 private:
  void send(const std::string& text) const;

  int fd_ = -1;  // connected to NOTIFY_SOCKET
  std::chrono::microseconds watchdog_{0};
};

}  // namespace trapline::cli
