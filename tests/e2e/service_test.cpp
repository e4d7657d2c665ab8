// What `trapline run` says to a service manager: sd_notify(3)'s datagrams on a real socket.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <optional>

#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace {

constexpr const char* program = TRAPLINE_BUILD_DIR "/bin/trapline";
const std::string modules = TRAPLINE_BUILD_DIR "/tests/modules";

// The service manager's end. `name`: a path, or '@' and a name in the abstract namespace.
class manager {
 public:
  explicit manager(const std::string& name) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    name.copy(a.sun_path, sizeof a.sun_path - 1);
    if (name[0] == '@') a.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&a), size) != 0) ADD_FAILURE() << "cannot bind " << name;
  }
  ~manager() { ::close(fd_); }

  // The next datagram, or nothing if none came in time.
  std::optional<std::string> next(int ms) {
    pollfd p{fd_, POLLIN, 0};
    if (::poll(&p, 1, ms) <= 0) return {};
    char text[4096];
    const auto n = ::recv(fd_, text, sizeof text, 0);
    return std::string(text, n > 0 ? static_cast<std::size_t>(n) : 0);
  }
  // Reads on until a datagram has this part, and returns it; empty if none comes.
  std::string find(const std::string& part) {
    std::string found;
    test::eventually([&] {
      const auto m = next(1000);
      if (m && m->find(part) != std::string::npos) found = *m;
      return !found.empty();
    });
    return found;
  }
  // Reads what is there and what comes in `for_ms`; how many of it are `text`.
  int count(const std::string& text, int for_ms) {
    int n = 0;
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(for_ms);
    const auto left = [&] {
      const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      return std::max(0, static_cast<int>(ms.count()));
    };
    while (const auto m = next(left()))
      if (*m == text) ++n;
    return n;
  }

 private:
  int fd_;
};

class service : public testing::Test {
 protected:
  void write(const std::string& x) {
    test::write_file(dir_.path() + "/c.yaml",
                     "engine: {run_dir: ./run, hang_limit: 10m, log: {file: ./run/log}, plugin_dirs: [" + modules +
                         "]}\nlanes: {core: {}, side: {overflow: lag}}\nplugins:\n"
                         "  ticks: {use: ticks, lane: core, options: {count: 10000000, burst: 5}}\n  x: {" +
                         x + "}\n");
  }
  void start(const std::string& socket, std::vector<std::string> environment = {}) {
    environment.push_back("NOTIFY_SOCKET=" + socket);
    engine_.emplace("trapline", std::vector<std::string>{program, "run", "c.yaml", "--view", "off"}, dir_.path(),
                    environment);
  }

  test::finished ctl(const std::string& command) {
    return test::run({program, "ctl", "--run-dir", "./run", command}, dir_.path());
  }

  test::temp_dir dir_;
  std::optional<test::process> engine_;
};

}  // namespace

TEST_F(service, tells_when_it_runs_reloads_and_stops) {
  manager m(dir_.path() + "/notify");
  write("use: audit_a, lane: core, options: {limit: 3}");
  start(dir_.path() + "/notify");
  EXPECT_EQ(m.find("STATUS="), "STATUS=running, 2 instances");
  EXPECT_EQ(m.find("READY"), "READY=1");
  write("use: audit_a, lane: core, options: {limit: 4}");
  engine_->signal(SIGHUP);
  const auto reloading = m.find("RELOADING");
  EXPECT_EQ(reloading.rfind("RELOADING=1\nMONOTONIC_USEC=", 0), 0u) << reloading;
  EXPECT_EQ(m.find("READY"), "READY=1") << "the reload is over";
  write("use: nothing_like_it");
  engine_->signal(SIGHUP);
  EXPECT_FALSE(m.find("RELOADING").empty());
  EXPECT_EQ(m.find("READY"), "READY=1") << "also of one that is refused";
  engine_->signal(SIGTERM);
  EXPECT_EQ(m.find("STOPPING"), "STOPPING=1");
  EXPECT_EQ(engine_->wait(), 0);
  EXPECT_EQ(m.next(0), std::nullopt);
}

TEST_F(service, says_that_it_is_alive_only_while_every_lane_moves) {
  const std::string name = "@trapline-test-" + std::to_string(::getpid());
  manager m(name);
  write("use: blocks, lane: side, budget: 1m, options: {until: " + dir_.path() + "/go}");
  test::write_file(dir_.path() + "/go", "");
  start(name, {"WATCHDOG_USEC=400000"});
  EXPECT_EQ(m.find("WATCHDOG"), "WATCHDOG=1");
  EXPECT_EQ(m.find("WATCHDOG"), "WATCHDOG=1");
  engine_->signal(SIGTERM);
  EXPECT_EQ(engine_->wait(), 0);

  std::remove((dir_.path() + "/go").c_str());
  start(name, {"WATCHDOG_USEC=400000"});
  EXPECT_TRUE(test::eventually(
      [&] { return ctl("metrics").out.find("trapline_blocks_in_callback{instance=\"x\"} 1\n") != std::string::npos; }));
  m.count("WATCHDOG=1", 0);
  // One may be on its way, of a round that the lane still came by in.
  EXPECT_LE(m.count("WATCHDOG=1", 1000), 1);
  test::write_file(dir_.path() + "/go", "");
  EXPECT_EQ(m.find("WATCHDOG"), "WATCHDOG=1") << "it is let go of, and moves again";
  engine_->signal(SIGTERM);
  EXPECT_EQ(engine_->wait(), 0);
}

TEST_F(service, is_not_alive_for_the_watchdog_of_another_process) {
  manager m(dir_.path() + "/notify");
  write("use: audit_a, lane: core, options: {limit: 3}");
  start(dir_.path() + "/notify", {"WATCHDOG_USEC=200000", "WATCHDOG_PID=1"});
  EXPECT_EQ(m.find("READY"), "READY=1");
  EXPECT_EQ(m.count("WATCHDOG=1", 300), 0);
}

TEST_F(service, tells_which_instance_is_not_well) {
  manager m(dir_.path() + "/notify");
  write("use: throws, lane: core");
  start(dir_.path() + "/notify");
  // The state may be seen before its reason; then that comes with the next look.
  const auto status = m.find("x is quarantined: ");
  EXPECT_EQ(status.rfind("STATUS=running, 1 instance; x is quarantined: ", 0), 0u) << status;
}

TEST_F(service, runs_when_the_socket_is_gone_or_no_socket) {
  write("use: audit_a, lane: core, options: {limit: 3}");
  for (const char* socket : {"/nowhere/notify", "vsock:2:1234", "", "@"}) {
    start(socket, {"WATCHDOG_USEC=100000"});
    EXPECT_TRUE(test::eventually([&] { return ctl("status").code == 0; })) << engine_->err();
    engine_->signal(SIGTERM);
    EXPECT_EQ(engine_->wait(), 0) << socket;
  }
}
