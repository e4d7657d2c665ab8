// The onset model: what is shipped, and what it is worth on labelled pumps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "learning.hpp"
#include "measure/hash.hpp"
#include "measure/statistics.hpp"
#include "scoring.hpp"
#include "spikes.hpp"

namespace pumps {
namespace {

namespace trap = trapline::trap;

std::string recordings() {
  const char* set = std::getenv("TRAPLINE_DATA_DIR");
  return set ? set : TRAPLINE_SOURCE_DIR "/../shared/data";
}
// Folder of the labelled pumps, or empty if it is absent.
std::string data() {
  const std::string dir = recordings() + "/pumps";
  return std::filesystem::exists(dir + "/labels.csv") ? dir : "";
}

TEST(onset_calibration, the_shipped_numbers_are_those_that_the_id_was_made_from) {
  const auto& c = trap::shipped_onset;
  EXPECT_EQ(text_of(c.model), c.text);
  EXPECT_EQ(measure::sha256(c.text), c.hash);
  EXPECT_EQ("onset-" + std::string(c.hash).substr(0, 12), c.id);
}

TEST(onset_calibration, learning_finds_what_tells_two_groups_apart_and_ignores_what_does_not) {
  std::vector<episode> all;
  std::uint32_t seed = 1;
  const auto noise = [&] { return (seed = seed * 1664525u + 1013904223u) / 4294967296.0; };
  for (std::size_t i = 0; i < 400; ++i) {
    const bool pump = i % 4 == 0;
    episode e{i, pump, {}, {}};
    for (int k = 0; k < 5; ++k) {
      moment m{k, {}};
      m.x.fill(0.5);
      m.x[0] = noise() + (pump ? 0.6 : 0.0);
      m.x[1] = noise();
      e.moments.push_back(m);
    }
    all.push_back(std::move(e));
  }
  std::vector<const episode*> from;
  for (const auto& e : all) from.push_back(&e);
  const auto m = learn(from, 1);
  EXPECT_GT(m.weight[0], 4);
  EXPECT_LT(std::abs(m.weight[1]), m.weight[0] / 4);
  double said = 0;
  for (const auto& e : all) said += peak(e, m);
  EXPECT_NEAR(said, 100, 5) << "as many pumps as there were";
}

TEST(onset_calibration, on_labelled_pumps_of_coins_it_never_saw_it_keeps_its_figures) {
  if (data().empty()) GTEST_SKIP() << "no recordings of pumps; set TRAPLINE_DATA_DIR";
  const auto all = read_recordings(data());
  const auto episodes = find_episodes(all);
  const auto fold = fold_of(all, 5);
  std::vector<trap::onset_model> models;
  for (std::size_t k = 0; k < 5; ++k) {
    std::vector<const episode*> others;
    for (const auto& e : episodes)
      if (fold[e.recording] != k) others.push_back(&e);
    models.push_back(learn(others, usual_ridge));
  }
  std::vector<result> each(all.size()), baseline(all.size());
  for (std::size_t n = 0; n < all.size(); ++n) {
    trap::settings s;
    s.impulse.model = models[fold[n]];
    each[n].add(all[n], run_trap(all[n], s), false, 30 * trap::minute);
    baseline[n].add(all[n], run_threshold(all[n], {}), false, 30 * trap::minute);
  }
  const auto found = sum(each), plain = sum(baseline);
  EXPECT_EQ(found.pumps, 23u);
  EXPECT_GE(found.f1(), 0.93);
  EXPECT_LE(static_cast<double>(found.false_alarms) / found.days, 0.03);
  EXPECT_LE(quantile(found.delays, 0.5), 1.5);
  EXPECT_GT(found.f1(), plain.f1() + 0.3);
  std::vector<forecast> said;
  for (const auto& e : episodes) said.push_back({peak(e, models[fold[e.recording]]), e.pump});
  EXPECT_GE(brier_skill(said), 0.5);
  EXPECT_LE(calibration_error(said, 10), 0.05);

  std::vector<const episode*> whole;
  for (const auto& e : episodes) whole.push_back(&e);
  const auto again = learn(whole, usual_ridge);
  EXPECT_NEAR(again.bias, trap::shipped_onset.model.bias, 1e-6) << "learn again: tools/pumps";
  for (std::size_t i = 0; i < trap::onset_feature_count; ++i)
    EXPECT_NEAR(again.weight[i], trap::shipped_onset.model.weight[i], 1e-6);
}

// A minute of one order of two fills a second, sides in turn.
std::vector<trap::trade_tick> even_stream() {
  std::vector<trap::trade_tick> out;
  for (int i = 0; i < 60; ++i)
    for (int fill = 0; fill < 2; ++fill) out.push_back({(1000 + i) * trap::second, 100, 1, i % 2 ? 1 : -1});
  return out;
}

TEST(spikes, a_played_spike_goes_as_far_as_its_minute_went_with_more_of_everything) {
  for (const bool up : {true, false}) {
    const spike s{"BTC/USDT", up, 4, 0.05};
    std::int64_t begin = 0;
    const auto all = play_spike(even_stream(), s, {}, 1, begin);
    EXPECT_GE(begin - all.front().ts, 3600 * trap::second) << "the scales need an hour";
    double before = 0, after = 0, hour = 0, minute = 0, pushing = 0;
    for (const auto& t : all) {
      (t.ts < begin ? hour : minute) += t.size;
      if (t.ts < begin) before = t.price;
      else pushing += (t.side > 0) == up ? t.size : 0.0;
      after = t.price;
    }
    EXPECT_NEAR(std::log(after / before), up ? 0.05 : -0.05, 1e-9);
    EXPECT_GT(minute, 3 * hour / 65);
    EXPECT_GT(pushing, 0.55 * minute);
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](auto& a, auto& b) { return a.ts < b.ts; }));
    std::int64_t again = 0;
    EXPECT_EQ(play_spike(even_stream(), s, {}, 1, again).size(), all.size());
  }
}

TEST(spikes, peaks_follow_the_direction_of_the_spike) {
  const spike up{"XRP/USDT", true, 6, 0.08}, down{"XRP/USDT", false, 6, 0.08};
  const std::vector<trap::onset_model> all_sure{{10, {}}, {-10, {}}};
  std::int64_t begin = 0;
  for (const auto& s : {up, down}) {
    const auto trades = play_spike(even_stream(), s, {}, 2, begin);
    const auto peaks = spike_peaks(trades, s, begin, all_sure);
    EXPECT_GT(peaks[0], 0.99);
    EXPECT_LT(peaks[1], 0.01);
    EXPECT_EQ(spike_peaks(trades, s.up ? down : up, begin, all_sure)[0], 0) << "not a candidate the other way";
  }
}

TEST(spikes, a_list_that_is_none_is_refused_with_its_line) {
  const std::string path = testing::TempDir() + "spikes.csv";
  std::ofstream(path) << "timestamp,open,high,low,close,volume,symbol,return,Type\n"
                      << "2021-01-11 14:15:00,10,11,9,10.5,1,BTC/USDT,5,Spike\nnonsense\n";
  try {
    read_spikes(path);
    FAIL() << "was taken";
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find(":3:"), std::string::npos) << e.what();
  }
  EXPECT_THROW(read_spikes(path + "-absent"), std::runtime_error);
}

TEST(onset_calibration, natural_spikes_of_large_coins_hardly_move_it) {
  const std::string list = recordings() + "/natural_spikes/natural_spikes_drawdowns.csv",
                    trades = recordings() + "/btc_l2/binance_usdm_btcusdt_20240808.jsonl.gz";
  if (!std::filesystem::exists(list) || !std::filesystem::exists(trades))
    GTEST_SKIP() << "no natural spikes or no stream; set TRAPLINE_DATA_DIR";
  const auto spikes = read_spikes(list);
  const auto stream = read_stream(trades);
  const std::vector<trap::onset_model> shipped{trap::shipped_onset.model};
  std::size_t played = 0, fired = 0;
  for (std::size_t n = 0; n < spikes.size(); n += 8, ++played) {
    std::int64_t begin = 0;
    const auto all = play_spike(stream, spikes[n], {}, n, begin);
    fired += spike_peaks(all, spikes[n], begin, shipped)[0] >= trap::impulse_settings{}.onset_at;
  }
  EXPECT_EQ(played, 41u);
  EXPECT_LE(fired, 2u);
}

recording one_pump() {
  recording r;
  r.name = "COIN_1";
  r.coin = "COIN";
  r.verified = true;
  r.onset = 1'000'000 * trap::second;
  r.announced = r.onset + 100 * trap::second;
  trap::trade_tick t;
  for (const std::int64_t at : {r.onset - 43'200 * trap::second, r.onset + 43'200 * trap::second}) {
    t.ts = at;
    r.trades.push_back(t);
  }
  return r;
}

TEST(scoring, an_alarm_counts_by_where_it_lies_and_one_onset_counts_once) {
  const auto r = one_pump();
  const auto at = [&](std::int64_t s) { return told{r.onset + s * trap::second, 0.9, true}; };
  const auto score = [&](std::vector<told> all, bool strict = true) {
    result x;
    x.add(r, all, strict, 0);
    return std::pair(x.hits, x.false_alarms);
  };
  using counts = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_EQ(score({}), counts(0, 0));
  EXPECT_EQ(score({at(-121)}), counts(0, 0)) << "near the announcement nothing is known";
  EXPECT_EQ(score({at(-120)}), counts(1, 0));
  EXPECT_EQ(score({at(60), at(61)}), counts(1, 0));
  EXPECT_EQ(score({at(130)}), counts(0, 0));
  EXPECT_EQ(score({at(130)}, false), counts(1, 0));
  EXPECT_EQ(score({at(8000), at(8001)}), counts(0, 2));
}

TEST(scoring, a_mute_hides_later_alarms_hits_included) {
  const auto r = one_pump();
  result x;
  x.add(r, {{r.onset - 600 * trap::second, 0.9, true}, {r.onset, 0.9, true}}, true, 30 * trap::minute);
  EXPECT_EQ(x.hits, 0u);
  EXPECT_EQ(x.missed.size(), 1u);
}

}  // namespace
}  // namespace pumps
