// One thread's event loop (Boost.Asio inside), with timers. The shape that a lane driver needs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace trapline::net {

class loop {
 public:
  loop();
  ~loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  // Runs handlers that are ready, at most a few; if none is, waits up to `max_wait` ns for the first and runs that
  // alone. Exceptions of handlers pass through. One thread at a time.
  void poll(std::int64_t max_wait);

  // Makes a poll() that waits, or the next one, return at once. Any thread.
  void wake();

  // Runs `f` in a later poll(). Any thread.
  void post(std::function<void()> f);

  // For the implementation of net/ only.
  boost::asio::io_context& context();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

// Calls back once, after a time, from poll(). Cancelled by its destructor.
class timer {
 public:
  explicit timer(loop& l);
  ~timer();
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

  // Replaces what was set before.
  void after(std::int64_t ns, std::function<void()> f);
  void cancel();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace trapline::net
