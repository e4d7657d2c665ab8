#include "trapline/net/loop.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace net = trapline::net;

TEST(loop, poll_returns_although_a_handler_is_always_ready) {
  net::loop l;
  int runs = 0;
  std::function<void()> again = [&] {
    ++runs;
    l.post(again);
  };
  l.post(again);
  l.poll(0);
  EXPECT_GT(runs, 0);
  EXPECT_LE(runs, 1000);
}

TEST(loop, wake_ends_a_wait) {
  net::loop l;
  l.wake();
  l.poll(60'000'000'000);  // would outlast the test
}

TEST(loop, a_cancelled_timer_does_not_call_back) {
  net::loop l;
  bool fired = false;
  net::timer t(l);
  t.after(0, [&] { fired = true; });
  t.cancel();
  l.poll(1'000'000);
  EXPECT_FALSE(fired);
}
