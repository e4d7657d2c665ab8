// The control socket's lines, and the thread behind it.
#include "control/thread.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "control/client.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

using namespace trapline::control;
using nlohmann::json;

namespace {

constexpr std::int64_t second = 1'000'000'000;

class desk : public testing::Test {
 protected:
  desk() : thread_(clock_) { EXPECT_EQ(thread_.listen(path()), ""); }
  // Answers `echo` with its arguments, keeps what is asked as `later`.
  void run() {
    thread_.run(
        [this](request r) {
          if (r.cmd == "later") later_ = std::move(r.done);
          else r.done({TRAPLINE_OK, r.args.empty() ? "{}" : r.args});
          ++handled_;
        },
        [] { return second; });
  }
  std::string path() const { return dir_.path() + "/control.sock"; }
  static std::string ask(client& c, const std::string& line) {
    std::string answer, error;
    return c.ask(line, answer, 20 * second, error) ? answer : error;
  }

  test::temp_dir dir_;
  trapline::time::system_clock clock_;
  thread thread_;
  std::atomic<int> handled_{0};
  std::function<void(answer)> later_;
};

}  // namespace

TEST(control_lines, an_answer_is_one_line_of_json_whatever_a_plugin_says) {
  EXPECT_EQ(write_answer("7", {TRAPLINE_OK, R"({"a":1})"}), "{\"id\":7,\"ok\":true,\"result\":{\"a\":1}}\n");
  EXPECT_EQ(write_answer("null", {TRAPLINE_OK, ""}), "{\"id\":null,\"ok\":true,\"result\":null}\n");
  EXPECT_EQ(write_answer("\"x\"", {TRAPLINE_OK, "[1,\n 2]"}), "{\"id\":\"x\",\"ok\":true,\"result\":[1,2]}\n");
  EXPECT_EQ(write_answer("1", {TRAPLINE_OK, "oops"}),
            "{\"id\":1,\"ok\":false,\"status\":-10,\"error\":\"the answer is not JSON: oops\"}\n");
  EXPECT_TRUE(json::accept(write_answer("1", {TRAPLINE_E_FAILED, "no \xff UTF-8 \"\n"})));
}

RC_GTEST_PROP(control_lines, any_line_is_a_request_or_is_told_why_not, (const std::string& line)) {
  request r;
  std::string id, wrong;
  if (read_request(line, r, id, wrong)) RC_ASSERT(wrong.empty());
  else RC_ASSERT(!wrong.empty());
  RC_ASSERT(json::accept(id));
}

TEST_F(desk, requests_wait_until_it_runs_and_come_in_their_order) {
  std::vector<std::string> order;
  for (const char* args : {"1", "2", "3"})
    EXPECT_TRUE(thread_.submit({"echo", args, "test", [&](const answer& a) { order.push_back(a.text); }}));
  EXPECT_TRUE(order.empty());
  run();
  EXPECT_TRUE(test::eventually([&] { return handled_ == 3; }));
  EXPECT_TRUE(thread_.end(20 * second));
  EXPECT_EQ(order, (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_FALSE(thread_.submit({"echo", "4", "test", [](const answer&) {}}));
}

TEST_F(desk, what_waits_is_bounded) {
  std::size_t taken = 0;
  while (taken < 10'000 && thread_.submit({"echo", {}, "test", [](const answer&) {}})) ++taken;
  EXPECT_EQ(taken, thread::max_waiting);
}

TEST_F(desk, a_client_may_ask_again_and_again_and_another_is_not_held_up_by_one_that_waits) {
  run();
  client a, b;
  std::string error;
  ASSERT_TRUE(a.connect(path(), error)) << error;
  ASSERT_TRUE(b.connect(path(), error)) << error;
  std::string answer;
  EXPECT_FALSE(a.ask(R"({"id": 1, "cmd": "later"})", answer, second / 100, error));
  for (int n = 0; n < 3; ++n)
    EXPECT_EQ(ask(b, R"({"id": 2, "cmd": "echo", "args": {"x": 5}})"), R"({"id":2,"ok":true,"result":{"x":5}})");
  ASSERT_TRUE(test::eventually([&] { return handled_ == 4; }));
  later_({TRAPLINE_E_STATE, "too late"});
  // The answer of its first request comes first.
  EXPECT_EQ(ask(a, R"({"id": 3, "cmd": "echo"})"), R"({"id":1,"ok":false,"status":-6,"error":"too late"})");
}

TEST_F(desk, clients_are_bounded_and_the_longest_idle_one_makes_room) {
  run();
  std::vector<client> clients(server::max_clients + 1);
  std::string error;
  for (auto& c : clients) {
    ASSERT_TRUE(c.connect(path(), error)) << error;
    if (&c != &clients.back()) {
      EXPECT_EQ(ask(c, R"({"cmd": "echo"})"), R"({"id":null,"ok":true,"result":{}})");
    }
  }
  EXPECT_EQ(ask(clients.back(), R"({"cmd": "echo"})"), R"({"id":null,"ok":true,"result":{}})");
  std::string answer;
  EXPECT_FALSE(clients[0].ask(R"({"cmd": "echo"})", answer, 20 * second, error)) << answer;
  EXPECT_EQ(ask(clients[1], R"({"cmd": "echo"})"), R"({"id":null,"ok":true,"result":{}})");
}

TEST_F(desk, a_path_that_is_too_long_for_an_address_works_all_the_same) {
  const std::string deep = dir_.path() + "/" + std::string(120, 'd');
  std::filesystem::create_directory(deep);
  std::string error;
  const auto listener = listen_at(deep + "/control.sock", error);
  ASSERT_TRUE(listener) << error;
  const auto fd = connect_to(deep + "/control.sock", error);
  EXPECT_TRUE(fd) << error;
  EXPECT_TRUE(peer_is_ours(fd.get()));
}

TEST_F(desk, what_is_no_socket_is_left_alone) {
  const std::string file = dir_.path() + "/file";
  std::ofstream(file) << "precious";
  std::string error;
  EXPECT_FALSE(listen_at(file, error));
  EXPECT_EQ(error, file + " is there and is no socket; remove it");
  EXPECT_FALSE(connect_to(file, error));
}
