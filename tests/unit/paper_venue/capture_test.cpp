#include "capture.hpp"

#include <gtest/gtest.h>
#include <lzma.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fake_link.hpp"
#include "venue.hpp"

namespace {

namespace fs = std::filesystem;
using namespace trapline::paper_venue;

constexpr std::int64_t start = 1'760'000'000 * second;

const char* small_capture =
    "wss://ws.example/mix/v1/stream <-> 100.5\n"
    "wss://ws.example/mix/v1/stream <- 100.6: "
    "{\"op\":\"subscribe\",\"args\":[{\"instType\":\"MC\",\"channel\":\"books\","
    "\"instId\":\"AUSDT\"},{\"instType\":\"MC\",\"channel\":\"trade\",\"instId\":\"AUSDT\"}]}\n"
    "100.7: {\"event\":\"subscribe\",\"arg\":{\"instType\":\"mc\",\"channel\":\"books\",\"instId\":\"AUSDT\"}}\n"
    "100.8: "
    "{\"action\":\"snapshot\",\"arg\":{\"instType\":\"mc\",\"channel\":\"books\",\"instId\":\"AUSDT\"},\"data\":[1]}\n"
    "101.8: "
    "{\"action\":\"update\",\"arg\":{\"instType\":\"mc\",\"channel\":\"trade\",\"instId\":\"AUSDT\"},\"data\":[2]}\n"
    "101.9: pong\n"
    "103.8123456: "
    "{\"action\":\"update\",\"arg\":{\"instType\":\"mc\",\"channel\":\"books\",\"instId\":\"AUSDT\"},\"data\":[3]}\n";

class capture_test : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(testing::TempDir()) / ("trapline_capture_" + std::to_string(::getpid()));
    fs::create_directories(directory_);
    write("a.ws", small_capture);
    settings_.replay = true;
    settings_.replay_file = path("a.ws");
  }
  void TearDown() override { fs::remove_all(directory_); }
  std::string path(const char* name) const { return directory_ / name; }
  void write(const char* name, const std::string& text) { std::ofstream(path(name), std::ios::binary) << text; }

  fake_link& connect() {
    if (!venue_)
      venue_ = std::make_unique<venue>(settings_, credentials{},
                                       venue_clock{[this] { return wall_; }, [this] { return wall_; }},
                                       venue_hooks{nullptr, nullptr, [this] { ++finished_; }}, start);
    links_.push_back(std::make_unique<fake_link>("/mix/v1/stream"));
    venue_->on_open(*links_.back());
    return *links_.back();
  }
  void ask(fake_link& l, const char* channel) {
    venue_->on_text(l, R"({"op":"subscribe","args":[{"instType":"MC","channel":")" + std::string(channel) +
                           R"(","instId":"AUSDT"}]})");
  }
  void at(double seconds) {
    wall_ = start + static_cast<std::int64_t>(seconds * 1e9);
    venue_->advance(wall_);
  }
  static std::size_t data_frames(const fake_link& l) {
    std::size_t n = 0;
    for (const auto& t : l.texts) n += t.find("\"data\"") != std::string::npos;
    return n;
  }

  fs::path directory_;
  settings settings_;
  std::int64_t wall_ = start;
  std::unique_ptr<venue> venue_;
  std::vector<std::unique_ptr<fake_link>> links_;
  int finished_ = 0;
};

TEST_F(capture_test, frames_are_read_with_their_direction_and_exact_time) {
  capture_reader r(path("a.ws"));
  capture_frame f;
  ASSERT_TRUE(r.next(f));
  EXPECT_TRUE(f.sent);
  EXPECT_EQ(f.ts, 100'600'000'000);
  int n = 1;
  while (r.next(f)) ++n;
  EXPECT_EQ(n, 6);
  EXPECT_EQ(f.ts, 103'812'345'600);
  EXPECT_EQ(capture_topics(path("a.ws")), (std::set<std::string>{"mc|books|AUSDT", "mc|trade|AUSDT"}));
}

TEST_F(capture_test, a_packed_capture_reads_the_same) {
  const std::string text = small_capture;
  std::string packed(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t size = 0;
  ASSERT_EQ(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()),
                                    text.size(), reinterpret_cast<std::uint8_t*>(packed.data()), &size, packed.size()),
            LZMA_OK);
  packed.resize(size);
  write("a.ws.xz", packed);
  capture_reader plain(path("a.ws")), xz(path("a.ws.xz"));
  capture_frame a, b;
  while (plain.next(a)) {
    ASSERT_TRUE(xz.next(b));
    EXPECT_EQ(a.text, b.text);
    EXPECT_EQ(a.ts, b.ts);
  }
  EXPECT_FALSE(xz.next(b));
  packed.resize(size / 2);
  write("cut.ws.xz", packed);
  EXPECT_THROW(capture_topics(path("cut.ws.xz")), std::runtime_error);
}

TEST_F(capture_test, a_damaged_line_is_told_with_its_number) {
  write("bad.ws", "1.5: ok\nwhat is this\n");
  try {
    capture_topics(path("bad.ws"));
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find("bad.ws:2"), std::string::npos) << e.what();
  }
  EXPECT_THROW(capture_reader("/nonexistent.ws"), std::runtime_error);
}

TEST_F(capture_test, a_replay_waits_for_all_subscriptions_then_keeps_the_recorded_times) {
  auto& l = connect();
  ask(l, "books");
  at(3);
  EXPECT_EQ(data_frames(l), 0u);
  ask(l, "trade");
  EXPECT_EQ(l.texts.size(), 2u) << "one ack each, by the venue itself";
  at(4);
  EXPECT_EQ(data_frames(l), 1u);
  at(4.99);
  EXPECT_EQ(data_frames(l), 1u);
  at(5.0);
  EXPECT_EQ(data_frames(l), 2u);
  at(7.1);
  EXPECT_EQ(data_frames(l), 3u);
  EXPECT_EQ(l.texts.size(), 5u);
  EXPECT_EQ(
      l.texts[2] + "\n",
      std::string(small_capture).substr(std::string(small_capture).find("{\"action\""), l.texts[2].size()) + "\n");
  EXPECT_EQ(l.close_code, 0);
}

TEST_F(capture_test, a_client_of_part_of_the_channels_gets_them_after_five_seconds) {
  auto& l = connect();
  ask(l, "trade");
  at(4.9);
  EXPECT_EQ(data_frames(l), 0u);
  at(5.1);
  at(20);
  EXPECT_EQ(data_frames(l), 1u);
}

TEST_F(capture_test, what_the_capture_does_not_hold_cannot_be_subscribed) {
  auto& l = connect();
  ask(l, "ticker");
  EXPECT_EQ(nlohmann::json::parse(l.texts.back())["code"], 30001);
}

TEST_F(capture_test, speed_zero_is_bounded_by_what_the_client_takes) {
  settings_.replay_speed = 0;
  auto& l = connect();
  l.backlog = replay::most_buffered + 1;
  ask(l, "books");
  ask(l, "trade");
  at(1);
  EXPECT_EQ(data_frames(l), 0u);
  l.backlog = 0;
  at(1.01);
  EXPECT_EQ(data_frames(l), 3u);
}

TEST_F(capture_test, the_end_of_a_replay_does_what_the_option_says) {
  settings_.replay_speed = 0;
  settings_.after_replay = when_done::close;
  {
    auto& l = connect();
    ask(l, "books");
    ask(l, "trade");
    at(1);
    EXPECT_EQ(data_frames(l), 3u);
    EXPECT_EQ(l.close_code, 1000);
  }
  venue_.reset();
  settings_.after_replay = when_done::stop_engine;
  auto& a = connect();
  auto& idle = connect();
  ask(a, "books");
  ask(a, "trade");
  at(2);
  EXPECT_EQ(a.close_code, 1000);
  EXPECT_EQ(idle.close_code, 1000);
  EXPECT_EQ(finished_, 0) << "the closing handshakes are not over";
  venue_->on_close(a, {});
  venue_->on_close(idle, {});
  at(3);
  at(4);
  EXPECT_EQ(finished_, 1);
}

TEST_F(capture_test, a_real_capture_is_replayed_verbatim_in_order) {
  const char* data = std::getenv("TRAPLINE_DATA_DIR");
  const fs::path root = data ? fs::path(data) : fs::path(TRAPLINE_SOURCE_DIR) / ".." / "shared" / "data";
  const auto file = root / "bitget" / "mix_v1_20220407.ws.xz";
  if (!fs::exists(file)) GTEST_SKIP() << "no recording at " << file << "; set TRAPLINE_DATA_DIR";
  settings_.replay_file = file;
  settings_.replay_speed = 0;
  auto& l = connect();
  std::vector<std::string> expected;
  std::string subscribe;
  capture_reader r(file);
  for (capture_frame f; r.next(f);) {
    if (f.sent) subscribe = f.text;
    if (!f.sent && f.text.find("\"data\"") != std::string::npos) expected.push_back(f.text);
  }
  ASSERT_GT(expected.size(), 400u);
  venue_->on_text(l, subscribe);
  const auto acks = l.texts.size();
  EXPECT_EQ(acks, 8u);
  at(1);
  ASSERT_EQ(l.texts.size(), acks + expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(l.texts[acks + i], expected[i]) << "frame " << i;
}

}  // namespace
