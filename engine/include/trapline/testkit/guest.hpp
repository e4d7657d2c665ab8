// One instance of a plugin on a fake host: calls its functions as a lane does, and turns whatever comes back into an
// outcome, exceptions included.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "trapline/abi/ext/driver.h"
#include "trapline/testkit/fake_host.hpp"

namespace trapline::testkit {

struct outcome {
  trapline_status status = TRAPLINE_OK;
  std::string path, text;  // of the plugin's trapline_error
  bool threw = false;      // an exception left the plugin, which the ABI forbids
  bool ok() const { return status == TRAPLINE_OK && !threw; }
  // "status -7 at `symbols`: expected ..."
  std::string describe() const;
};

class guest {
 public:
  // `where`, if given, holds the name of the function that the plugin is in (a literal), or NULL.
  guest(const trapline_entry& entry, fake_host& host, std::atomic<const char*>* where = nullptr);
  // Destroys the instance if that is still to be done; does not stop it.
  ~guest();
  guest(const guest&) = delete;
  guest& operator=(const guest&) = delete;

  outcome create();
  outcome configure(std::string_view json);  // then asks for the driver
  outcome start();
  // As a batch of `events.size()`; the clock stands at the last event's ts_recv.
  outcome deliver(std::span<const trapline_event* const> events);
  outcome deliver(const trapline_event& event);
  // The driver's, if there is one.
  outcome poll(std::int64_t max_wait_ns);
  void wake();
  outcome drain();  // one call; AGAIN is its status, not a failure of outcome
  outcome stop();
  outcome destroy();

  // Delivers the timers that are due at the host's time, at most `most`; how many there were.
  std::size_t fire_timers(std::size_t most = 1000);

  const trapline_plugin* table() const noexcept { return plugin_; }
  bool has_driver() const noexcept { return driver_ != nullptr; }
  fake_host& host() noexcept { return host_; }

 private:
  template <class F>
  outcome call(const char* name, stage during, stage after, F&& f);

  const trapline_entry& entry_;
  fake_host& host_;
  std::atomic<const char*>* where_;
  const trapline_plugin* plugin_ = nullptr;
  const trapline_driver* driver_ = nullptr;
  std::vector<std::byte> timer_event_;
};

}  // namespace trapline::testkit
