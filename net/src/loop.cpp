#include "trapline/net/loop.hpp"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

namespace asio = boost::asio;

namespace trapline::net {
namespace {

constexpr int most_handlers = 16;
constexpr auto longest = std::chrono::microseconds(20);

}  // namespace

struct loop::state {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
};

loop::loop() : state_(std::make_unique<state>()) {}
loop::~loop() = default;

void loop::poll(std::int64_t max_wait) {
  auto& c = state_->context;
  // Bounded: under a flood there is always a handler ready, and the caller has other work. One handler may have brought
  // many messages.
  if (c.poll_one() > 0) {
    const auto end = std::chrono::steady_clock::now() + longest;
    for (int n = 1; n < most_handlers && c.poll_one() > 0 && std::chrono::steady_clock::now() < end; ++n) {
    }
  } else if (max_wait > 0) {
    // What it brought comes first: to look for more costs a system call.
    c.run_one_for(std::chrono::nanoseconds(max_wait));
  }
}

void loop::wake() {
  asio::post(state_->context, [] {});
}

void loop::post(std::function<void()> f) { asio::post(state_->context, std::move(f)); }

asio::io_context& loop::context() { return state_->context; }

struct timer::state {
  explicit state(asio::io_context& c) : t(c) {}
  asio::steady_timer t;
  std::uint64_t generation = 0;  // a handler of an older generation was cancelled too late
};

timer::timer(loop& l) : state_(std::make_shared<state>(l.context())) {}
timer::~timer() { cancel(); }

void timer::after(std::int64_t ns, std::function<void()> f) {
  const auto generation = ++state_->generation;
  state_->t.expires_after(std::chrono::nanoseconds(ns));
  state_->t.async_wait([s = state_, generation, f = std::move(f)](const boost::system::error_code& e) {
    if (!e && generation == s->generation) f();
  });
}

void timer::cancel() {
  ++state_->generation;
  state_->t.cancel();
}

}  // namespace trapline::net
