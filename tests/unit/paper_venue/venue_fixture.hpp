// A venue with clocks and connections of the test's making.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fake_link.hpp"
#include "venue.hpp"

namespace trapline::paper_venue {

inline constexpr std::int64_t start = 1'760'000'000 * second;
inline const credentials keys{"bg_key", "22582BD0CFF14C41EDBF1AB98506286D", "phrase"};
inline const std::string sub_books =
    R"({"op":"subscribe","args":[{"instType":"USDT-FUTURES","channel":"books","instId":"BTCUSDT"}]})";

inline std::string subscribe(const std::string& channel, const std::string& id = R"("instId":"BTCUSDT")",
                             const std::string& type = "USDT-FUTURES", const std::string& op = "subscribe") {
  return R"({"op":")" + op + R"(","args":[{"instType":")" + type + R"(","channel":")" + channel + "\"," + id + "}]}";
}

class venue_test : public testing::Test {
 protected:
  void open_venue() {
    venue_ = std::make_unique<venue>(
        settings_, keys, venue_clock{[this] { return wall_; }, [this] { return wall_; }},
        venue_hooks{nullptr, [this](const std::string& t) { logs_.push_back(t); }, [this] { ++finished_; }}, start);
  }
  fake_link& connect(const std::string& path = "/v2/ws/public") {
    if (!venue_) open_venue();
    links_.push_back(std::make_unique<fake_link>(path));
    venue_->on_open(*links_.back());
    return *links_.back();
  }
  void say(fake_link& l, const std::string& text) {
    wall_ += second / 5;  // within the rate limit
    venue_->on_text(l, text);
  }
  std::string login(const std::string& secret = keys.secret) {
    const auto stamp = std::to_string(wall_ / second);
    return R"({"op":"login","args":[{"apiKey":"bg_key","passphrase":"phrase","timestamp":")" + stamp + R"(","sign":")" +
           hmac_sha256_base64(secret, stamp + "GET/user/verify") + "\"}]}";
  }
  // Market and wall together.
  void run(double seconds) {
    const auto end = wall_ + static_cast<std::int64_t>(seconds * 1e9);
    while (wall_ < end) {
      wall_ += 25'000'000;
      virtual_ += 25'000'000;
      venue_->advance(virtual_);
    }
  }
  nlohmann::json only(fake_link& l) {
    const auto all = l.take();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? nlohmann::json() : all.back();
  }

  settings settings_;
  std::int64_t wall_ = start, virtual_ = start;
  std::unique_ptr<venue> venue_;
  std::vector<std::unique_ptr<fake_link>> links_;
  std::vector<std::string> logs_;
  int finished_ = 0;
};

}  // namespace trapline::paper_venue
