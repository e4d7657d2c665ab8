// False orders laid over a recording, and rules of thumb.
#include "tiers/real.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "trapline/sdk/host.hpp"

namespace tiers {
namespace {

constexpr std::int64_t s = planted::second;

std::string data() {
  const char* set = std::getenv("TRAPLINE_DATA_DIR");
  return set ? std::string(set) : std::string(TRAPLINE_SOURCE_DIR "/../shared/data");
}

// A quiet recording of ten minutes: a touch of 2 coins, one more level a side, refreshed each second.
recording quiet() {
  recording r;
  for (int n = 0; n < 600; ++n) {
    recording::entry e;
    e.ts = 1'700'000'000 * s + n * s;
    e.is = n == 0 ? recording::entry::what::snapshot : recording::entry::what::delta;
    e.levels = {{600'000, 2000 + n % 2}, {599'900, 1000}, {600'001, 2000 + n % 2}, {600'100, 1000}};
    e.book.bid_count = e.book.ask_count = 2;
    e.book.price_exp = planted::price_exp, e.book.size_exp = planted::size_exp;
    r.entries.push_back(std::move(e));
  }
  return r;
}

class watcher final : public planted::tape {
 public:
  void candle(std::int64_t, const trapline_candle&) override {}
  void trade(std::int64_t, const trapline_trade&) override {}
  void ticker(std::int64_t, const trapline_ticker&) override {}
  void book(std::int64_t ts, bool, const trapline_book& b, std::span<const trapline_level> l) override {
    backwards += ts < last;
    last = ts;
    for (std::size_t i = 0; i < l.size(); ++i) {
      sizes[i < b.bid_count][l[i].price] = l[i].size;
      if (l[i].size > 10'000) ++large[i < b.bid_count];
    }
  }
  std::map<std::int64_t, std::int64_t> sizes[2];
  int large[2]{}, backwards = 0;
  std::int64_t last = 0;
};

TEST(overlay, false_orders_come_and_go_on_one_side_and_leave_the_real_book_as_it_was) {
  const auto r = quiet();
  for (const auto f : {planted::family::spoofing, planted::family::layering}) {
    watcher w;
    const auto truth = overlay(r, planted::split::test, f, -1, planted::difficulty::easy, 4, w);
    ASSERT_EQ(truth.episodes.size(), 1u);
    const auto& e = truth.episodes[0];
    EXPECT_TRUE(e.trap);
    EXPECT_GT(w.large[e.up], 0);
    EXPECT_EQ(w.large[!e.up], 0);
    EXPECT_GT(e.end, e.onset);
    EXPECT_EQ(w.backwards, 0);
    for (const auto& [price, size] : w.sizes[e.up]) {
      const bool real = price == 600'000 || price == 599'900 || price == 600'001 || price == 600'100;
      EXPECT_EQ(size > 0, real) << price;
    }
  }
}

// A price that goes through everything within 12 bp of it, up and down again, once in four seconds.
recording jumping() {
  recording r;
  for (int n = 0; n < 600; ++n) {
    recording::entry e;
    e.ts = 1'700'000'000 * s + n * s;
    e.is = n == 0 ? recording::entry::what::snapshot : recording::entry::what::delta;
    const std::int64_t now = 600'000 + (n / 4 % 2) * 750, before = 600'750 - (n / 4 % 2) * 750;
    e.levels = {{now, 2000}, {now - 800, 1000}};
    e.book.bid_count = 2;
    if (n > 0 && n % 4 == 0)
      e.levels.push_back({before, 0}), e.levels.push_back({before - 800, 0}), e.book.bid_count = 4;
    e.levels.push_back({now + 1, 2000}), e.levels.push_back({now + 800, 1000}), e.book.ask_count = 2;
    if (n > 0 && n % 4 == 0)
      e.levels.push_back({before + 1, 0}), e.levels.push_back({before + 800, 0}), e.book.ask_count = 4;
    e.book.price_exp = planted::price_exp, e.book.size_exp = planted::size_exp;
    r.entries.push_back(std::move(e));
  }
  return r;
}

TEST(overlay, orders_that_the_price_goes_through_are_gone_before_and_leave_no_crossed_book) {
  struct sorted final : planted::tape {
    void candle(std::int64_t, const trapline_candle&) override {}
    void trade(std::int64_t, const trapline_trade&) override {}
    void ticker(std::int64_t, const trapline_ticker&) override {}
    void book(std::int64_t, bool, const trapline_book& b, std::span<const trapline_level> l) override {
      for (std::size_t i = 0; i < l.size(); ++i) {
        auto& side = sides[i < b.bid_count];
        if (l[i].size > 0) side.insert(l[i].price);
        else side.erase(l[i].price);
      }
      crossed += *sides[1].rbegin() >= *sides[0].begin();
    }
    std::set<std::int64_t> sides[2];
    int crossed = 0;
  };
  const auto r = jumping();
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    sorted w;
    EXPECT_GT(overlay(r, planted::split::test, planted::family::layering, -1, planted::difficulty::easy, seed, w)
                  .episodes.at(0)
                  .end,
              0);
    EXPECT_EQ(w.crossed, 0) << seed;
  }
}

TEST(overlay, test_and_the_other_splits_share_no_second_of_the_recording) {
  const auto r = quiet();
  for (std::uint64_t seed = 1; seed < 30; ++seed)
    for (const auto part : {planted::split::tune, planted::split::choose, planted::split::test}) {
      watcher w;
      const auto truth =
          overlay(r, part, planted::family::layering, seed % 5 ? -1 : 3, planted::difficulty::hard, seed, w);
      const auto& e = truth.episodes.at(0);
      const std::int64_t parting = r.begin() + 200 * s;
      if (part == planted::split::test) EXPECT_GE(e.onset, parting);
      else EXPECT_LT(w.last, parting);
    }
}

TEST(overlay, two_sided_orders_stand_on_both_sides_and_are_no_trap) {
  watcher w;
  const auto truth =
      overlay(quiet(), planted::split::tune, planted::family::spoofing, 1, planted::difficulty::easy, 4, w);
  EXPECT_FALSE(truth.episodes.at(0).trap);
  EXPECT_EQ(truth.episodes[0].what, "two_sided");
  EXPECT_GT(w.large[0], 0);
  EXPECT_GT(w.large[1], 0);
}

TEST(cancel_rule, a_large_level_that_leaves_untraded_is_called_and_one_that_was_traded_is_not) {
  for (const bool traded : {false, true}) {
    const auto rule = cancel_rule();
    trapline_trade t{};
    t.price = 599'950, t.size = 40'000, t.price_exp = planted::price_exp, t.size_exp = planted::size_exp;
    t.aggressor_side = TRAPLINE_SIDE_SELL;
    trapline_book b{};
    b.bid_count = 1;
    b.price_exp = planted::price_exp, b.size_exp = planted::size_exp;
    trapline_trade other = t;
    other.price = 600'000, other.size = 1;
    rule->trade(s, other);
    const trapline_level posted[] = {{599'950, 40'000}}, gone[] = {{599'950, 0}};
    rule->book(2 * s, false, b, posted);
    if (traded) rule->trade(3 * s, t);
    rule->book(4 * s, false, b, gone);
    EXPECT_EQ(rule->alarms().size(), traded ? 0u : 2u) << "spoofing and layering";
  }
}

TEST(price_rule, an_hours_extreme_passed_and_given_back_is_a_hunt_or_a_trap_by_its_time) {
  for (const bool quick : {true, false}) {
    const auto rule = price_rule();
    const auto trade = [&](std::int64_t sec, std::int64_t price) {
      trapline_trade t{};
      t.price = price, t.size = 1, t.price_exp = planted::price_exp, t.size_exp = planted::size_exp;
      rule->trade(sec * s, t);
    };
    for (int n = 0; n < 65 * 60; ++n) trade(1'000'000 + n, 600'000 + n % 7);
    const std::int64_t broken = 1'000'000 + 65 * 60;
    trade(broken, 600'100);
    trade(broken + (quick ? 30 : 600), 599'990);
    ASSERT_FALSE(rule->alarms().empty());
    EXPECT_EQ(rule->alarms()[0].what, quick ? pattern::stop_hunt : pattern::range_trap);
    EXPECT_TRUE(rule->alarms()[0].up);
    EXPECT_NEAR(rule->alarms()[0].level, 60'000.6, 1e-6);
  }
}

TEST(recording_of_btc, is_read_in_order_and_the_detector_keeps_its_book_whole) {
  const std::string path = data() + "/btc_l2/binance_usdm_btcusdt_20240808.jsonl.gz";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no recording of the BTC book; set TRAPLINE_DATA_DIR";
  const auto r = read_recording(path);
  std::int64_t last = 0;
  int trades = 0, backwards = 0;
  struct silent final : trap::sink {
    std::string_view symbol(std::uint32_t) override { return "BTCUSDT"; }
    void signal(std::uint32_t, std::int64_t, const trapline_signal&, std::span<const trapline_evidence>) override {}
    void matrix(std::uint32_t, std::int64_t, const trapline_trap_matrix&,
                std::span<const trapline_matrix_row>) override {}
  } out;
  trap::detector d({}, out);
  int lost = 0;
  for (const auto& e : r.entries) {
    backwards += e.ts < last;
    last = e.ts;
    if (e.is == recording::entry::what::trade) {
      ++trades;
      continue;
    }
    const auto type =
        e.is == recording::entry::what::snapshot ? TRAPLINE_EVENT_BOOK_SNAPSHOT : TRAPLINE_EVENT_BOOK_DELTA;
    lost += d.on_book(trapline::sdk::make_event(type, 1, 1, e.ts), e.book, e.levels) != trap::ignored::none;
  }
  EXPECT_EQ(backwards, 0);
  EXPECT_EQ(lost, 0);
  EXPECT_GT(trades, 20'000);
  EXPECT_NEAR(static_cast<double>(r.end() - r.begin()) * 1e-9, 345, 5);
}

}  // namespace
}  // namespace tiers
