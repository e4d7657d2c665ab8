// Same events, same bytes: whatever compiler built the detector, however events are grouped, however often it runs.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "eventful.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"
#include "trapline/sdk/decimal.hpp"

namespace trapline::trap::test {
namespace {

std::string number(std::int64_t mantissa, std::int8_t exp) { return '"' + sdk::format(mantissa, exp) + '"'; }

void levels(std::ostream& out, std::span<const trapline_level> from, const trapline_book& b) {
  const char* comma = "[";
  for (const auto& l : from) {
    out << comma << '[' << number(l.price, b.price_exp) << ',' << number(l.size, b.size_exp) << ']';
    comma = ",";
  }
  out << (from.empty() ? "[]" : "]");
}

// A scene as `trapline detect` reads it.
std::string lines(const std::vector<recorded>& tape) {
  std::ostringstream out;
  for (const auto& r : tape) {
    const auto head = [&](const char* type) -> std::ostream& {
      return out << R"({"type":")" << type << R"(","ts":)" << r.head.ts_event << R"(,"symbol":"BTCUSDT")";
    };
    switch (r.head.type) {
      case TRAPLINE_EVENT_TRADE:
        head("trade") << R"(,"price":)" << number(r.trade.price, r.trade.price_exp) << R"(,"size":)"
                      << number(r.trade.size, r.trade.size_exp) << R"(,"side":)"
                      << (r.trade.aggressor_side == TRAPLINE_SIDE_BUY ? R"("buy")" : R"("sell")") << R"(,"id":"1"})";
        break;
      case TRAPLINE_EVENT_TICKER:
        head("ticker") << R"(,"mark":)" << number(r.ticker.mark, r.ticker.price_exp) << R"(,"index":)"
                       << number(r.ticker.index, r.ticker.price_exp) << R"(,"open_interest":)"
                       << number(r.ticker.open_interest, r.ticker.size_exp) << '}';
        break;
      case TRAPLINE_EVENT_GAP:
        head("gap") << R"(,"channel":"book"})";
        break;
      default: {
        const std::span all(r.levels);
        head("book") << R"(,"action":)"
                     << (r.head.type == TRAPLINE_EVENT_BOOK_SNAPSHOT ? R"("snapshot")" : R"("delta")") << R"(,"bids":)";
        levels(out, all.first(r.book.bid_count), r.book);
        levels(out << R"(,"asks":)", all.subspan(r.book.bid_count), r.book);
        out << '}';
      }
    }
    out << '\n';
  }
  return out.str();
}

class identity : public testing::Test {
 protected:
  void SetUp() override {
    ::test::write_file(dir_.path() + "/events.jsonl", lines(every_pattern(settings{}, 960)->tape));
  }
  std::string signals(const std::string& plugin, const char* batch) {
    const auto r = ::test::run(
        {TRAPLINE_BUILD_DIR "/bin/trapline", "detect", "--plugin", plugin, "--input", "events.jsonl", "--batch", batch},
        dir_.path());
    EXPECT_EQ(r.code, 0) << r.err;
    return r.out;
  }
  ::test::temp_dir dir_;
};

TEST_F(identity, signals_are_the_same_bytes_by_every_compiler_batch_size_and_run) {
  const std::string first = signals("trap_detector", "1");
  std::set<std::string> patterns;
  for (std::size_t at = 0; (at = first.find(R"("pattern":")", at)) != std::string::npos; ++at)
    patterns.insert(first.substr(at + 11, first.find('"', at + 11) - at - 11));
  ASSERT_GE(patterns.size(), 8u) << "too little happens for a comparison:\n" << first;
  for (const char* batch : {"1", "7", "256"}) EXPECT_TRUE(signals("trap_detector", batch) == first) << batch;
  const std::string built = TRAPLINE_BUILD_DIR "/tests/identity/trap_detector_";
  for (const char* by : {"clang_O0.so", "gcc_O2.so"})
    for (const char* batch : {"1", "7"}) EXPECT_TRUE(signals(built + by, batch) == first) << by << ' ' << batch;
}

}  // namespace
}  // namespace trapline::trap::test
