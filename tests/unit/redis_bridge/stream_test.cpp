// net::stream against sockets of this test.
#include "trapline/net/stream.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <functional>

#include "support/temp_dir.hpp"

namespace trapline::net {
namespace {

constexpr std::int64_t ms = 1'000'000;

struct recorder final : stream_handler {
  void on_open() override { ++opened; }
  void on_data(std::string_view bytes) override {
    data += bytes;
    if (on_data_do) on_data_do();
  }
  void on_written() override { ++written; }
  void on_close(const std::string& why) override {
    ++closed;
    reason = why;
    if (on_close_do) on_close_do();
  }
  int opened = 0, written = 0, closed = 0;
  std::string data, reason;
  std::function<void()> on_data_do, on_close_do;
};

class byte_stream : public ::testing::Test {
 protected:
  void SetUp() override {
    path = dir.path() + "/s";
    listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    path.copy(a.sun_path, sizeof a.sun_path - 1);
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
    ASSERT_EQ(::listen(listener, 4), 0);
  }
  void TearDown() override {
    for (const int fd : {peer, listener})
      if (fd >= 0) ::close(fd);
  }
  bool until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      l.poll(5 * ms);
    }
    return true;
  }
  void open() {
    s = connect_stream(l, {{}, 0, path}, 1000 * ms, handler);
    ASSERT_TRUE(until([&] { return handler.opened == 1; }));
    peer = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    ASSERT_GE(peer, 0);
  }
  std::string take(std::size_t n) {
    std::string got;
    until([&] {
      char buf[65536];
      const auto r = ::read(peer, buf, sizeof buf);
      if (r > 0) got.append(buf, static_cast<std::size_t>(r));
      return got.size() >= n;
    });
    return got;
  }

  ::test::temp_dir dir;
  std::string path;
  int listener = -1, peer = -1;
  loop l;
  recorder handler;
  std::unique_ptr<stream> s;
};

TEST_F(byte_stream, bytes_go_both_ways) {
  open();
  s->write("hello");
  EXPECT_EQ(take(5), "hello");
  ASSERT_EQ(::write(peer, "world", 5), 5);
  EXPECT_TRUE(until([&] { return handler.data == "world"; }));
}

TEST_F(byte_stream, what_is_written_before_the_connection_stands_goes_out_afterwards) {
  s = connect_stream(l, {{}, 0, path}, 1000 * ms, handler);
  s->write("ear");
  s->write("ly");
  EXPECT_EQ(s->buffered(), 5u);
  ASSERT_TRUE(until([&] { return handler.opened == 1; }));
  peer = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  EXPECT_EQ(take(5), "early");
  EXPECT_TRUE(until([&] { return s->buffered() == 0; }));
}

TEST_F(byte_stream, many_small_writes_keep_their_order_and_become_few_large_ones) {
  open();
  std::string all;
  for (int i = 0; i < 20'000; ++i) {
    const auto piece = std::to_string(i) + ",";
    all += piece;
    s->write(piece);
  }
  EXPECT_EQ(take(all.size()), all);
  EXPECT_TRUE(until([&] { return handler.written == 1; })) << "one notice when everything is with the kernel";
  EXPECT_EQ(s->buffered(), 0u);
}

TEST_F(byte_stream, a_peer_that_does_not_read_shows_in_buffered) {
  open();
  s->write(std::string(8u << 20, 'x'));
  for (int i = 0; i < 20; ++i) l.poll(0);
  EXPECT_EQ(handler.written, 0);
  EXPECT_GT(s->buffered(), 0u);
}

TEST_F(byte_stream, closing_sends_what_is_buffered_first) {
  open();
  const std::string big(1u << 20, 'y');
  s->write(big);
  s->close();
  EXPECT_EQ(take(big.size()).size(), big.size());
  EXPECT_TRUE(until([&] { return handler.closed == 1; }));
  EXPECT_EQ(handler.reason, "");
}

TEST_F(byte_stream, the_end_of_the_peer_is_told_once) {
  open();
  ::close(std::exchange(peer, -1));
  ASSERT_TRUE(until([&] { return handler.closed == 1; }));
  s->write("late");
  s->close();
  for (int i = 0; i < 10; ++i) l.poll(0);
  EXPECT_EQ(handler.closed, 1);
  EXPECT_FALSE(handler.reason.empty());
}

TEST_F(byte_stream, no_callback_comes_after_destruction) {
  open();
  s->write("x");
  ASSERT_EQ(::write(peer, "y", 1), 1);
  s.reset();
  for (int i = 0; i < 20; ++i) l.poll(1 * ms);
  EXPECT_EQ(handler.data, "");
  EXPECT_EQ(handler.written, 0);
  EXPECT_EQ(handler.closed, 0);
}

TEST_F(byte_stream, may_be_destroyed_inside_on_data) {
  open();
  handler.on_data_do = [&] { s.reset(); };
  ASSERT_EQ(::write(peer, "y", 1), 1);
  ASSERT_TRUE(until([&] { return !s; }));
  for (int i = 0; i < 10; ++i) l.poll(0);
  EXPECT_EQ(handler.closed, 0);
}

TEST_F(byte_stream, may_be_replaced_inside_on_close) {
  open();
  handler.on_close_do = [&] { s = connect_stream(l, {{}, 0, path}, 1000 * ms, handler); };
  ::close(std::exchange(peer, -1));
  EXPECT_TRUE(until([&] { return handler.opened == 2; }));
}

TEST_F(byte_stream, a_missing_socket_is_told_with_its_name) {
  s = connect_stream(l, {{}, 0, path + "-absent"}, 1000 * ms, handler);
  ASSERT_TRUE(until([&] { return handler.closed == 1; }));
  EXPECT_NE(handler.reason.find("-absent"), std::string::npos) << handler.reason;
}

TEST_F(byte_stream, a_path_too_long_for_a_socket_address_is_an_error_not_a_crash) {
  s = connect_stream(l, {{}, 0, std::string(300, 'p')}, 1000 * ms, handler);
  EXPECT_TRUE(until([&] { return handler.closed == 1; }));
}

TEST_F(byte_stream, a_refused_tcp_port_is_told) {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(probe, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);  // bound, but not listening: refused
  socklen_t size = sizeof a;
  ::getsockname(probe, reinterpret_cast<sockaddr*>(&a), &size);
  s = connect_stream(l, {"127.0.0.1", ntohs(a.sin_port), {}}, 1000 * ms, handler);
  EXPECT_TRUE(until([&] { return handler.closed == 1; }));
  EXPECT_NE(handler.reason.find("refused"), std::string::npos) << handler.reason;
  ::close(probe);
}

TEST_F(byte_stream, tcp_by_name_connects) {
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(server, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
  ASSERT_EQ(::listen(server, 1), 0);
  socklen_t size = sizeof a;
  ::getsockname(server, reinterpret_cast<sockaddr*>(&a), &size);
  s = connect_stream(l, {"localhost", ntohs(a.sin_port), {}}, 5000 * ms, handler);
  EXPECT_TRUE(until([&] { return handler.opened == 1; })) << handler.reason;
  ::close(server);
}

TEST_F(byte_stream, a_connection_that_does_not_come_up_in_time_is_given_up) {
  // A listener with a full backlog neither accepts nor refuses over TCP.
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(server, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
  ASSERT_EQ(::listen(server, 0), 0);
  socklen_t size = sizeof a;
  ::getsockname(server, reinterpret_cast<sockaddr*>(&a), &size);
  std::vector<int> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ::connect(fillers.back(), reinterpret_cast<sockaddr*>(&a), sizeof a);
  }
  s = connect_stream(l, {"127.0.0.1", ntohs(a.sin_port), {}}, 50 * ms, handler);
  EXPECT_TRUE(until([&] { return handler.closed == 1; }));
  EXPECT_NE(handler.reason.find("time limit"), std::string::npos) << handler.reason;
  for (const int f : fillers) ::close(f);
  ::close(server);
}

}  // namespace
}  // namespace trapline::net
