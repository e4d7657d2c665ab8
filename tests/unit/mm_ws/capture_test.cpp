// The real v1 capture of April 2022 (two symbols, 30 s), replayed as it was.
#include <lzma.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "trapline/sdk/book.hpp"
#include "world.hpp"

namespace trapline::mm_ws::test {
namespace {

std::string read_xz(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string packed((std::istreambuf_iterator<char>(in)), {});
  std::string out(16u << 20, '\0');
  std::uint64_t memory = UINT64_MAX;
  std::size_t from = 0, to = 0;
  const auto r =
      lzma_stream_buffer_decode(&memory, 0, nullptr, reinterpret_cast<const std::uint8_t*>(packed.data()), &from,
                                packed.size(), reinterpret_cast<std::uint8_t*>(out.data()), &to, out.size());
  out.resize(r == LZMA_OK ? to : 0);
  return out;
}

struct capture : testing::Test {
  std::vector<std::string> frames;
  world w;
  std::unique_ptr<feed> f;

  void SetUp() override {
    const char* dir = std::getenv("TRAPLINE_DATA_DIR");
    const auto file =
        (dir ? std::filesystem::path(dir) : std::filesystem::path(TRAPLINE_SOURCE_DIR) / "../shared/data") /
        "bitget/mix_v1_20220407.ws.xz";
    if (!std::filesystem::exists(file)) GTEST_SKIP() << "no recording at " << file << ": set TRAPLINE_DATA_DIR";
    const auto text = read_xz(file);
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find('\n', at), text.size());
      const auto line = text.substr(at, end - at);
      at = end + 1;
      if (const auto colon = line.find(": "); colon != line.npos && line.find("<-") == line.npos)
        frames.push_back(line.substr(colon + 2));
    }
    ASSERT_GT(frames.size(), 400u);
    auto o = default_options();
    o.api = "v1";
    o.symbols = {"DASHUSDT", "UNIUSDT"};
    f = std::make_unique<feed>(o, "feed", w, 1);
    f->start();
    w.run(*f, second);
  }
  void replay() {
    for (const auto& frame : frames) w.push(frame);
    w.run(*f);
  }
};

TEST_F(capture, every_row_is_decoded_and_every_checksum_is_right) {
  replay();
  EXPECT_EQ(f->public_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(w.count("feed_messages_total{channel=\"books\"}"), 194u);
  EXPECT_EQ(w.count("feed_checksums_verified_total"), 194u);
  EXPECT_EQ(w.count("feed_rows_total{channel=\"trade\"}"), 125u);
  EXPECT_EQ(w.count("feed_messages_total{channel=\"ticker\"}"), 217u);
  EXPECT_EQ(w.count("feed_rows_total{channel=\"candle1m\"}"), 2025u);
  EXPECT_EQ(w.count("feed_malformed_total"), 0u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 0u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_BOOK_SNAPSHOT).size(), 2u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_BOOK_DELTA).size(), 192u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_TICKER).size(), 217u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_CANDLE).size(), 2025u + w.count("feed_candles_closed_total"));
}

TEST_F(capture, each_trade_is_published_once_and_in_the_order_of_time) {
  replay();
  const auto trades = w.of(TRAPLINE_EVENT_TRADE);
  ASSERT_EQ(trades.size(), 125u);
  std::map<std::uint32_t, std::int64_t> latest;
  for (const auto* e : trades) {
    EXPECT_GE(e->head.ts_event, latest[e->head.instrument]);
    latest[e->head.instrument] = e->head.ts_event;
  }
}

TEST_F(capture, the_published_events_rebuild_a_book_that_is_never_crossed) {
  replay();
  std::map<std::uint32_t, sdk::book> books;
  for (const auto& e : w.events) {
    if (e.head.type == TRAPLINE_EVENT_BOOK_SNAPSHOT) {
      ASSERT_TRUE(books[e.head.instrument].apply_snapshot(e.as<trapline_book>(), e.levels()));
    }
    if (e.head.type == TRAPLINE_EVENT_BOOK_DELTA) {
      ASSERT_TRUE(books[e.head.instrument].apply_delta(e.as<trapline_book>(), e.levels()));
    }
  }
  EXPECT_EQ(books.size(), 2u);
}

TEST_F(capture, a_single_changed_digit_is_noticed_and_a_fresh_snapshot_awaited) {
  std::size_t books = 0;
  for (auto& frame : frames) {
    if (frame.find("\"update\"") == frame.npos || frame.find("\"books\"") == frame.npos ||
        frame.find("DASHUSDT") == frame.npos)
      continue;
    if (++books != 10) continue;
    // The last digit of the best bid's size: `"bids":[["113.40","12.34"],...`
    const auto size = frame.find("\",\"", frame.find("\"bids\":[[\"")) + 3;
    const auto digit = frame.find('"', size) - 1;
    frame[digit] = frame[digit] == '9' ? '8' : '9';
    break;
  }
  replay();
  EXPECT_EQ(w.count("feed_book_invalid_total{reason=\"checksum\"}"), 1u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u);
  EXPECT_EQ(f->public_state(), TRAPLINE_FEED_STALE);
}

TEST_F(capture, a_second_subscription_repeats_no_trade) {
  replay();
  w.drop();
  w.run(*f, 2 * second);
  std::size_t pushed = 0;
  for (const auto& frame : frames)
    if (pushed < 20 && (frame.find("subscribe") != frame.npos ||
                        (frame.find("\"trade\"") != frame.npos && frame.find("snapshot") != frame.npos))) {
      w.push(frame);
      ++pushed;
    }
  w.run(*f);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_TRADE).size(), 125u);
  EXPECT_EQ(w.count("feed_duplicates_total"), 100u);
}

}  // namespace
}  // namespace trapline::mm_ws::test
