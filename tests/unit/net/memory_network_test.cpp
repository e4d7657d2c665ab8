#include "trapline/net/memory_network.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace trapline::net {
namespace {

constexpr std::int64_t ms = 1'000'000, second = 1000 * ms;

struct client : ws_client_handler {
  void on_open() override { events.emplace_back("open"); }
  void on_text(std::string_view text) override { events.emplace_back(text); }
  void on_close(const close_info& info) override {
    events.emplace_back("closed");
    why = info;
    end.reset();  // as allowed
  }
  std::vector<std::string> events;
  close_info why;
  std::unique_ptr<ws_client> end;
};

struct server : ws_server_handler, http_handler {
  void on_open(ws_session& s) override { sessions.push_back(&s); }
  void on_text(ws_session& s, std::string_view text) override {
    texts.emplace_back(text);
    if (echo) s.send(text);
  }
  void on_close(ws_session& s, const close_info& info) override {
    std::erase(sessions, &s);
    closes.push_back(info.why);
  }
  void on_request(const http_request& r, std::unique_ptr<http_exchange> e) override {
    targets.push_back(r.method + " " + r.target);
    if (silent) return held.push_back(std::move(e));
    if (answer) e->respond({200, {{"retry-after", "3"}}, "body of " + r.target});
  }
  std::vector<ws_session*> sessions;
  std::vector<std::string> texts, targets;
  std::vector<close_info::cause> closes;
  std::vector<std::unique_ptr<http_exchange>> held;
  bool echo = true, answer = true, silent = false;
};

class memory_network_test : public testing::Test {
 protected:
  memory_network_test() { net_.serve("localhost:1", server_, &server_); }
  void connect(const std::string& url = "wss://localhost:1/v2/ws/public") {
    ws_client_options o;
    o.url = url;
    client_.end = net_.connect(o, client_);
  }
  void run(std::int64_t duration) {
    const auto until = net_.now() + duration;
    while (net_.run_one(until)) {
    }
  }
  void call(const std::string& target) {
    if (!http_) {
      http_client_options o;
      o.url = "https://localhost:1";
      http_ = net_.connect_http(o);
    }
    http_->request({"GET", target, "", {}}, [this](const http_answer& a) { answers_.push_back(a); });
  }

  server server_;
  memory_network net_{1};
  client client_;
  std::unique_ptr<http_client> http_;
  std::vector<http_answer> answers_;
};

using list = std::vector<std::string>;

}  // namespace

TEST_F(memory_network_test, messages_arrive_both_ways_in_order_and_take_their_time) {
  net_.way = {10 * ms, 9 * ms};
  connect();
  EXPECT_TRUE(client_.events.empty()) << "from inside the call";
  run(second);
  ASSERT_EQ(client_.events, list{"open"});
  ASSERT_EQ(server_.sessions.size(), 1u);
  EXPECT_EQ(server_.sessions[0]->path(), "/v2/ws/public");
  const auto since = net_.now();
  for (int i = 0; i < 50; ++i) client_.end->send(std::to_string(i));
  while (client_.events.size() < 51 && net_.run_one(since + second)) {
  }
  EXPECT_GE(net_.now() - since, 20 * ms);
  EXPECT_LE(net_.now() - since, 40 * ms);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client_.events[static_cast<std::size_t>(i) + 1], std::to_string(i));
}

TEST_F(memory_network_test, a_text_is_followed_by_what_the_parser_may_read) {
  connect();
  run(second);
  server_.sessions[0]->send("{}");
  struct probe : ws_client_handler {
    void on_open() override {}
    void on_close(const close_info&) override {}
    void on_text(std::string_view t) override {
      for (std::size_t i = 0; i < simdjson_padding; ++i) sum += t.data()[t.size() + i];
      seen = true;
    }
    int sum = 0;
    bool seen = false;
  } p;
  ws_client_options o;
  o.url = "wss://localhost:1/";
  auto end = net_.connect(o, p);
  run(second);
  server_.sessions[1]->send("{}");
  run(second);
  EXPECT_TRUE(p.seen);
  EXPECT_EQ(p.sum, 0);
}

TEST_F(memory_network_test, nobody_listening_and_refusing_are_refused_and_a_bad_url_is_an_exception) {
  EXPECT_THROW(connect("https://localhost:1/"), std::invalid_argument);
  connect("wss://localhost:2/");
  run(second);
  EXPECT_EQ(client_.events, list{"closed"});
  EXPECT_EQ(client_.why.why, close_info::cause::refused);
  net_.refusing = true;
  connect();
  run(second);
  EXPECT_EQ(client_.events.size(), 2u);
  EXPECT_TRUE(server_.sessions.empty());
  EXPECT_EQ(net_.connections(), 0u);
}

TEST_F(memory_network_test, a_close_comes_behind_what_was_sent_and_both_ends_learn_of_it) {
  connect();
  run(second);
  server_.sessions[0]->send("last");
  server_.sessions[0]->close(1001, "bye");
  server_.sessions[0]->send("too late");
  run(second);
  EXPECT_EQ(client_.events, (list{"open", "last", "closed"}));
  EXPECT_EQ(client_.why.code, 1001);
  EXPECT_EQ(server_.closes, std::vector{close_info::cause::closed});
  connect();
  run(second);
  client_.end->send("mine");
  client_.end->close(1000, "");
  run(second);
  EXPECT_EQ(server_.texts.back(), "mine");
  EXPECT_EQ(client_.events.back(), "closed");
  EXPECT_EQ(net_.connections(), 0u);
}

TEST_F(memory_network_test, a_client_that_is_destroyed_is_lost_to_the_server_and_hears_nothing_more) {
  connect();
  run(second);
  server_.sessions[0]->send("on its way");
  client_.end.reset();
  run(second);
  EXPECT_EQ(client_.events, list{"open"});
  EXPECT_EQ(server_.closes, std::vector{close_info::cause::lost});
  EXPECT_EQ(net_.connections(), 0u);
}

TEST_F(memory_network_test, a_cut_loses_what_is_on_its_way_and_both_ends_learn_of_it) {
  connect();
  run(second);
  server_.sessions[0]->send("lost");
  net_.cut();
  run(second);
  EXPECT_EQ(client_.events, (list{"open", "closed"}));
  EXPECT_EQ(client_.why.why, close_info::cause::lost);
  EXPECT_EQ(server_.closes, std::vector{close_info::cause::lost});
}

TEST_F(memory_network_test, a_half_open_connection_tells_its_client_nothing) {
  connect();
  run(second);
  net_.half_open();
  client_.end->send("into the void");
  run(100 * second);
  EXPECT_EQ(client_.events, list{"open"});
  EXPECT_TRUE(server_.texts.empty());
  EXPECT_TRUE(server_.sessions.empty());
  client_.end.reset();
  run(second);
  EXPECT_EQ(net_.connections(), 0u);
}

TEST_F(memory_network_test, what_is_held_arrives_later_and_connecting_takes_until_then_or_times_out) {
  connect();
  run(second);
  net_.hold(5 * second);
  server_.sessions[0]->send("late");
  run(4 * second);
  EXPECT_EQ(client_.events, list{"open"});
  run(2 * second);
  EXPECT_EQ(client_.events, (list{"open", "late"}));
  net_.hold(60 * second);
  connect();
  run(9 * second);
  EXPECT_EQ(client_.events.size(), 2u);
  run(2 * second);
  EXPECT_EQ(client_.why.why, close_info::cause::timeout);
}

TEST_F(memory_network_test, a_message_above_the_clients_limit_ends_the_connection) {
  ws_client_options o;
  o.url = "wss://localhost:1/";
  o.max_message_size = 4;
  client_.end = net_.connect(o, client_);
  run(second);
  server_.sessions[0]->send("1234");
  server_.sessions[0]->send("12345");
  run(second);
  EXPECT_EQ(client_.events, (list{"open", "1234", "closed"}));
  EXPECT_EQ(client_.why.why, close_info::cause::protocol);
}

TEST_F(memory_network_test, http_calls_are_answered_one_after_another) {
  call("/a");
  call("/b");
  EXPECT_TRUE(answers_.empty()) << "from inside the call";
  run(second);
  ASSERT_EQ(answers_.size(), 2u);
  EXPECT_EQ(answers_[1].body, "body of /b");
  EXPECT_EQ(answers_[1].status, 200u);
  EXPECT_EQ(answers_[0].retry_after, 3 * second);
  EXPECT_EQ(server_.targets, (list{"GET /a", "GET /b"}));
}

TEST_F(memory_network_test, http_says_what_became_of_a_call_that_has_no_answer) {
  server_.answer = false;  // the exchange is dropped
  call("/dropped");
  run(second);
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_EQ(answers_[0].failed, http_answer::cause::lost);
  EXPECT_TRUE(answers_[0].sent);
  server_.silent = true;
  call("/silent");
  call("/next");
  run(11 * second);
  ASSERT_EQ(answers_.size(), 2u);
  EXPECT_EQ(answers_[1].failed, http_answer::cause::timeout);
  net_.cut();
  run(second);
  ASSERT_EQ(answers_.size(), 3u);
  EXPECT_EQ(answers_[2].failed, http_answer::cause::lost);
  net_.refusing = true;
  call("/refused");
  run(second);
  ASSERT_EQ(answers_.size(), 4u);
  EXPECT_EQ(answers_[3].failed, http_answer::cause::refused);
  EXPECT_FALSE(answers_[3].sent);
  net_.refusing = false;
  call("/gone");
  http_.reset();
  run(20 * second);
  EXPECT_EQ(answers_.size(), 4u) << "the client was destroyed";
  server_.held.clear();
  run(20 * second);
  EXPECT_EQ(net_.waiting(), 0u);
}

TEST_F(memory_network_test, filters_change_and_drop_what_is_sent) {
  net_.to_client = [](std::string_view path, std::string& text) {
    EXPECT_EQ(path, "/v2/ws/public");
    text += "!";
    return text != "b!";
  };
  connect();
  run(second);
  for (const char* t : {"a", "b", "c"}) client_.end->send(t);
  run(second);
  EXPECT_EQ(client_.events, (list{"open", "a!", "c!"}));
}

}  // namespace trapline::net
