// An engine in this process, with the test plugins, a run directory of its own and its log in a file.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"
#include "trapline/abi/market.h"
#include "trapline/engine.hpp"

class engine_fixture : public testing::Test {
 protected:
  trapline::engine_options options() const {
    return {TRAPLINE_BUILD_DIR "/tests/modules", dir_.path() + "/run", false};
  }
  // `more`: further keys of the engine section, such as `hang_limit: 1s`.
  std::string engine_section(const std::string& more = {}) const {
    return "engine: {" + (more.empty() ? more : more + ", ") + "log: {file: " + dir_.path() + "/log}}\n";
  }
  std::string log() const {
    std::stringstream s;
    s << std::ifstream(dir_.path() + "/log").rdbuf();
    return s.str();
  }
  static std::string all(const std::vector<std::string>& lines) {
    std::string out;
    for (const auto& l : lines) out += l + "\n";
    return out;
  }
  void start(trapline::engine& e, const std::string& yaml, const std::string& more = {}) {
    const auto problems = e.load_text(engine_section(more) + yaml, "test.yaml");
    ASSERT_TRUE(problems.empty()) << all(problems);
    std::string error;
    ASSERT_TRUE(e.start(error)) << error;
  }
  void stop(trapline::engine& e) {
    std::string what;
    EXPECT_TRUE(e.stop(true, what)) << what;
  }
  static trapline::instance_status instance(const trapline::engine& e, const std::string& name) {
    for (const auto& i : e.instances())
      if (i.name == name) return i;
    return {name, {}, {}, "absent", {}, {}};
  }
  static std::string state_of(const trapline::engine& e, const std::string& name) { return instance(e, name).state; }

  // A trade of the host's.
  static trapline_status publish(trapline::engine& e, std::uint32_t topic, std::int64_t price) {
    trapline_event ev{};
    ev.type = TRAPLINE_EVENT_TRADE;
    ev.topic = topic;
    trapline_trade t{};
    t.price = price;
    return e.publish(ev, t);
  }

  test::temp_dir dir_;
};
