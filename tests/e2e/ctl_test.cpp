// `trapline ctl` against a running engine, as an operator uses it.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

using nlohmann::json;

namespace {

namespace fs = std::filesystem;
constexpr const char* program = TRAPLINE_BUILD_DIR "/bin/trapline";
const std::string modules = TRAPLINE_BUILD_DIR "/tests/modules";

class ctl : public testing::Test {
 protected:
  void write(const std::string& x, const std::string& more = {}) {
    test::write_file(dir_.path() + "/c.yaml", "engine: {run_dir: ./run, log: {file: ./run/log}, plugin_dirs: [" +
                                                  modules +
                                                  "]}\nlanes: {core: {}}\nplugins:\n  ticks: {use: ticks, lane: core, "
                                                  "options: {count: 10000000, burst: 5}}\n  x: {lane: core, " +
                                                  x + "}\n" + more);
  }
  void start() {
    engine_.emplace("trapline", std::vector<std::string>{program, "run", "c.yaml", "--view", "off"}, dir_.path());
    ASSERT_TRUE(test::eventually([&] { return ask({"status"}).code == 0; })) << engine_->err();
  }
  test::finished ask(std::vector<std::string> arguments, const std::string& in = "./run") {
    arguments.insert(arguments.begin(), {program, "ctl", "--run-dir", in});
    return test::run(std::move(arguments), dir_.path());
  }
  std::string log() const { return test::read_file(dir_.path() + "/run/log"); }
  static void expect(const test::finished& r, int code, const std::string& part) {
    EXPECT_EQ(r.code, code) << r.out << r.err;
    EXPECT_NE((code == 0 ? r.out : r.err).find(part), std::string::npos) << r.out << r.err;
  }

  test::temp_dir dir_;
  std::optional<test::process> engine_;
};

}  // namespace

TEST_F(ctl, tells_what_runs_swaps_it_reloads_and_stops) {
  write("use: audit_a, options: {limit: 3}");
  start();
  expect(ask({"status"}), 0, "audit_a");
  const auto status = json::parse(ask({"--json", "status"}).out);
  EXPECT_TRUE(status["ok"]);
  EXPECT_EQ(status["result"]["pid"], engine_->pid());
  expect(ask({"plugins"}), 0, "commands: debug refuse fault");
  expect(ask({"metrics"}), 0, "trapline_audit_seen_total{instance=\"x\"}");
  expect(ask({"debug", "x"}), 0, "\"plugin\": \"audit_a\"");
  expect(ask({"command", "x", "refuse"}), 1, "trapline: told to refuse");

  expect(ask({"swap", "x", "audit_b"}), 1, "or leave them out (--drop-unknown)");
  expect(ask({"swap", "x", "audit_b", "--drop-unknown", "--watch", "1s"}), 0, "left out: option limit");
  test::write_file(dir_.path() + "/o.yaml", "depth: 42\n");
  expect(ask({"swap", "x", modules + "/audit_b.so", "--options", "o.yaml"}), 0, "state: carried over");
  expect(ask({"debug", "x"}), 0, "\"depth\": 42");

  expect(ask({"reload", "--plan"}), 0, "would swap x: audit_b -> audit_a 1.0.0");  // the file still says so
  write("use: audit_b, options: {depth: 7}");
  engine_->signal(SIGHUP);
  EXPECT_TRUE(test::eventually([&] { return log().find("reload: swap x: new options") != std::string::npos; }));
  expect(ask({"debug", "x"}), 0, "\"depth\": 7");
  write("use: audit_b, options: {depth: a}");
  engine_->signal(SIGHUP);
  EXPECT_TRUE(test::eventually([&] { return engine_->err().find("nothing has changed") != std::string::npos; }));
  expect(ask({"restart", "x"}), 0, "audit_b 1.0.0 in place of audit_b 1.0.0");

  const auto seen = ask({"metrics"}).out;
  EXPECT_NE(seen.find("trapline_audit_disorder_total{instance=\"x\"} 0\n"), std::string::npos);
  expect(ask({"stop", "--reason", "maintenance"}), 0, "the engine stops");
  EXPECT_EQ(engine_->wait(), 0);
  EXPECT_FALSE(fs::exists(dir_.path() + "/run/control.sock"));
  expect(ask({"status"}), 1, "trapline: no engine listens at ./run/control.sock");
}

TEST_F(ctl, tells_plainly_what_is_wrong_with_a_command_line) {
  expect(ask({"status"}, "/nowhere"), 1, "no engine listens at /nowhere/control.sock");
  EXPECT_EQ(ask({}).code, 2);
  EXPECT_EQ(ask({"sattus"}).code, 2);
  EXPECT_EQ(ask({"swap", "x"}).code, 2);
  EXPECT_EQ(ask({"swap", "x", "y", "--options", "absent.yaml"}).code, 2);
  expect(ask({"command", "x", "debug", "[1]"}), 2, "expected one JSON object");
}

TEST_F(ctl, the_socket_is_the_owners_alone_takes_any_line_and_survives_a_killed_engine) {
  write("use: audit_a");
  start();
  const std::string path = dir_.path() + "/run/control.sock";
  struct stat st {};
  ASSERT_EQ(::stat(path.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
  // Lines that are no requests, several at once, one without end, and a client that leaves without reading.
  const auto talk = [&](const std::string& text) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    path.copy(a.sun_path, sizeof a.sun_path - 1);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0) ADD_FAILURE() << "cannot connect";
    for (std::size_t done = 0; done < text.size();) {
      const auto n = ::send(fd, text.data() + done, text.size() - done, MSG_NOSIGNAL);
      if (n <= 0) break;
      done += static_cast<std::size_t>(n);
    }
    ::shutdown(fd, SHUT_WR);
    return fd;
  };
  const auto answers = [&](int fd, std::size_t lines) {
    std::string out;
    char bytes[4096];
    while (static_cast<std::size_t>(std::count(out.begin(), out.end(), '\n')) < lines)
      if (const auto n = ::recv(fd, bytes, sizeof bytes, 0); n > 0) out.append(bytes, static_cast<std::size_t>(n));
      else break;
    ::close(fd);
    return out;
  };
  const auto out =
      answers(talk("hello\n{\"id\": 5}\n{\"id\": \"a\", \"cmd\": \"debug\", \"args\": {\"instance\": \"x\"}}\n"), 3);
  EXPECT_NE(out.find("expected one JSON object a line"), std::string::npos) << out;
  EXPECT_NE(out.find("{\"id\":5,\"ok\":false"), std::string::npos) << out;
  EXPECT_NE(out.find("{\"id\":\"a\",\"ok\":true"), std::string::npos) << out;
  EXPECT_NE(answers(talk(std::string(200'000, 'x')), 1).find("a request has at most"), std::string::npos);
  for (int n = 0; n < 40; ++n) ::close(talk("{\"cmd\": \"status\"}\n"));
  expect(ask({"status"}), 0, "running");

  engine_->signal(SIGKILL);
  engine_->wait();
  expect(ask({"status"}), 1, "no engine listens");
  start();
  expect(ask({"status"}), 0, "running");
  engine_->signal(SIGTERM);
  EXPECT_EQ(engine_->wait(), 0);
}
