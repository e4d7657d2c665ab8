#include "control/thread.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <system_error>

#include "supervise/alternate_stack.hpp"

namespace trapline::control {

thread::thread(const time::clock& clock)
    : clock_(clock),
      server_([this](request r, std::uint64_t client, std::string id) {
        // Back to this thread: a lane may answer.
        r.done = [this, client, id = std::move(id)](const answer& a) {
          post([this, client, line = write_answer(id, a)] { server_.deliver(client, line, clock_.mono()); }, false);
        };
        handle_(std::move(r));
      }),
      event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

thread::~thread() { end(1'000'000'000); }

void thread::run(std::function<void(request)> handle, std::function<std::int64_t()> tick) {
  handle_ = std::move(handle);
  tick_ = std::move(tick);
  thread_ = std::thread([this] { loop(); });
  ::pthread_setname_np(thread_.native_handle(), "control");
}

void thread::run_by_visits(std::function<void(request)> handle, std::function<std::int64_t()> tick) {
  handle_ = std::move(handle);
  tick_ = std::move(tick);
  tick_at_ = clock_.mono();
}

void thread::visit() {
  if (has_posted()) {
    run_posted();
    tick_at_ = clock_.mono();  // something may have begun that is to be looked after
  }
  if (listens()) look_after(0);
  if (tick_at_ == never || clock_.mono() < tick_at_) return;
  const std::int64_t wait = tick_();
  tick_at_ = wait == never ? never : clock_.mono() + wait;
}

bool thread::has_posted() const {
  const std::lock_guard lock(mutex_);
  return !posted_.empty();
}

bool thread::submit(request r) {
  return post([this, r = std::move(r)]() mutable { handle_(std::move(r)); }, true);
}

bool thread::post(std::function<void()> f, bool bounded) {
  {
    const std::lock_guard lock(mutex_);
    if (bounded && (ending() || posted_.size() >= max_waiting)) return false;
    posted_.push_back(std::move(f));
  }
  wake();
  return true;
}

void thread::wake() const noexcept {
  const std::uint64_t one = 1;
  if (on_wake_) return on_wake_();
  [[maybe_unused]] const auto n = ::write(event_.get(), &one, sizeof one);  // full means that it is awake
}

bool thread::end(std::int64_t limit) {
  ending_ = true;
  if (!thread_.joinable()) {
    if (handle_) run_posted();  // it looked after itself by visits: what waits is refused
    return true;
  }
  wake();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::nanoseconds(limit);
  while (!ended_.load(std::memory_order_acquire)) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  thread_.join();
  return true;
}

// Waits for clients and for what is posted, at most `wait` ns.
void thread::look_after(std::int64_t wait) {
  fds_.assign(1, {event_.get(), POLLIN, 0});
  server_.add_to(fds_, clock_.mono());
  ::poll(fds_.data(), fds_.size(), static_cast<int>((wait + 999'999) / 1'000'000));
  std::uint64_t posted = 0;
  if (::read(event_.get(), &posted, sizeof posted) > 0) run_posted();
  fds_.erase(fds_.begin());
  server_.serve(fds_, clock_.mono());
}

void thread::loop() {
  const supervise::alternate_stack for_signals;
  while (!ending()) look_after(std::clamp<std::int64_t>(tick_(), 0, 1'000'000'000));
  run_posted();  // answers that are ready
  ended_.store(true, std::memory_order_release);
}

void thread::run_posted() {
  for (;;) {
    std::function<void()> f;
    {
      const std::lock_guard lock(mutex_);
      if (posted_.empty()) return;
      f = std::move(posted_.front());
      posted_.pop_front();
    }
    f();
  }
}

}  // namespace trapline::control
