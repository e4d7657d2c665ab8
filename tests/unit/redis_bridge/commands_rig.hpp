// A bridge that takes commands, and the client that sends them.
#pragma once

#include "rig.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge::test {

class commands_in : public rig {
 protected:
  const std::string in = "trapline:v1:{cmd}:in", out = "trapline:v1:{cmd}:reply";

  void SetUp() override {
    rig::SetUp();
    config.commands_allowed = {"ping"};
  }
  // Writes an entry and returns its id in the stream.
  std::string send(const std::vector<std::string>& fields) {
    std::vector<std::string> words = {"XADD", in, "*"};
    words.insert(words.end(), fields.begin(), fields.end());
    return server->ask(words);
  }
  std::string ping(const std::string& id, const std::string& ttl = "60000") {
    return send({"id", id, "ttl_ms", ttl, "actor", "tester", "cmd", "ping"});
  }
  // "status reason" of all answers to an entry, in order.
  std::vector<std::string> answers(const std::string& entry) {
    std::vector<std::string> found;
    for (const auto& r : server->stream(out))
      if (r.at("entry") == entry) found.push_back(sdk::cat(r.at("status"), " ", r.at("reason")));
    return found;
  }
  bool settles(const std::string& entry) {
    return until([&] {
      const auto a = answers(entry);
      return !a.empty() && !a.back().starts_with("accepted");
    });
  }
  // The one answer to an entry that is refused at once.
  std::string refusal(const std::string& entry) {
    EXPECT_TRUE(settles(entry));
    const auto a = answers(entry);
    EXPECT_EQ(a.size(), 1u);
    return a.empty() ? "" : a[0];
  }
  std::int64_t redis_ms() {
    const auto t = server->ask({"TIME"});  // [seconds,microseconds]
    const auto comma = t.find(',');
    return std::stoll(t.substr(1, comma - 1)) * 1'000 + std::stoll(t.substr(comma + 1)) / 1'000;
  }
  int carried_out() const { return env.logged("is carried out"); }
  void nothing_is_left() {
    EXPECT_TRUE(until([&] { return server->ask({"XLEN", in}) == "0"; })) << "entries go with their final answer";
    EXPECT_TRUE(server->ask({"XPENDING", in, "trapline"}).starts_with("[0,"));
  }
};

inline const std::vector<std::string> done = {"accepted ", "done "};

}  // namespace trapline::redis_bridge::test
