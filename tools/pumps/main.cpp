// pumps learn: writes the weights of the onset model. pumps evaluate: one table of what the detectors find.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>

#include "learning.hpp"
#include "scoring.hpp"
#include "spikes.hpp"

namespace {

namespace trap = trapline::trap;

constexpr std::size_t folds = 5;

std::vector<const pumps::episode*> choose(const std::vector<pumps::episode>& all,
                                          const std::vector<std::size_t>& fold_of, std::size_t without) {
  std::vector<const pumps::episode*> out;
  for (const auto& e : all)
    if (fold_of[e.recording] != without) out.push_back(&e);
  return out;
}

void print(const std::string& name, const std::vector<pumps::result>& each, const std::vector<pumps::forecast>& said) {
  const auto all = pumps::sum(each);
  const auto p = pumps::share_bounds(all.hits, all.hits + all.false_alarms),
             r = pumps::share_bounds(all.hits, all.pumps);
  const auto f = pumps::f1_bounds(each), w = pumps::poisson_bounds(all.false_alarms);
  std::printf(
      "%-26s %.3f [%.2f,%.2f]  %.3f [%.2f,%.2f]  %.3f [%.2f,%.2f]  %6.2f %6.2f  %6.2f %6.2f  %.3f [%.3f,%.3f]  %6.2f  "
      "%.3f\n",
      name.c_str(), all.precision(), p.first, p.second, all.recall(), r.first, r.second, all.f1(), f.first, f.second,
      pumps::quantile(all.delays, 0.5), pumps::quantile(all.delays, 0.9), pumps::quantile(all.delays_begun, 0.5),
      pumps::quantile(all.delays_begun, 0.9), static_cast<double>(all.false_alarms) / all.days, w.first / all.days,
      w.second / all.days, pumps::brier_skill(said), pumps::calibration_error(said, 10));
}

// What a detector last said, at most, while an episode lasted; the class's base probability if it was silent.
double said_of(const pumps::episode& e, const std::vector<pumps::told>& all) {
  const auto& last = e.later.empty() ? e.moments.back().ts : e.later.back().ts;
  double p = 0.01;
  for (const auto& t : all)
    if (t.ts >= e.moments.front().ts && t.ts <= last) p = std::max(p, t.probability);
  return p;
}

// Natural moves that are no pumps: how often the model would alarm, and what as many of them as pumps would cost.
void print_natural(const std::string& folder, const std::vector<pumps::episode>& episodes,
                   const std::vector<std::size_t>& fold, const std::vector<trap::onset_model>& by_fold, double at,
                   const pumps::result& found) {
  const auto cost = [&](double rate) {
    const double hits = static_cast<double>(found.hits), wrong = static_cast<double>(found.false_alarms);
    return 100 * (found.precision() - hits / (hits + wrong + rate * static_cast<double>(found.pumps)));
  };
  std::printf("\nnatural moves %44s  would alarm              of precision, with as many of them as pumps\n", "");
  std::size_t moves = 0, alarms = 0;
  for (const auto& e : episodes) {
    const auto far = [](const pumps::moment& m) {
      return m.x[static_cast<std::size_t>(trap::onset_feature::return_pct)] >= std::log1p(3.0);
    };
    if (e.pump || std::none_of(e.moments.begin(), e.moments.end(), far)) continue;
    ++moves;
    alarms += pumps::peak(e, by_fold[fold[e.recording]]) >= at;
  }
  if (moves > 0) {
    const auto bounds = pumps::share_bounds(alarms, moves);
    std::printf("%-58s  %zu of %zu [%.1f,%.1f] %%       -%.1f points\n", "3 % in a minute in these recordings, 5 folds",
                alarms, moves, 100 * bounds.first, 100 * bounds.second,
                cost(static_cast<double>(alarms) / static_cast<double>(moves)));
  }

  const std::string list = folder + "/natural_spikes/natural_spikes_drawdowns.csv",
                    trades = folder + "/btc_l2/binance_usdm_btcusdt_20240808.jsonl.gz";
  if (!std::filesystem::exists(list) || !std::filesystem::exists(trades)) {
    std::printf("spikes of large coins: left out, %s or %s is missing\n", list.c_str(), trades.c_str());
    return;
  }
  const auto spikes = pumps::read_spikes(list);
  const auto stream = pumps::read_stream(trades);
  auto models = by_fold;
  models.push_back(trap::shipped_onset.model);
  struct named {
    const char* name;
    pumps::spike_world world;
  };
  for (const auto& [name, world] : {named{"BTC, ETH, XRP by the laws of pumps/spikes.hpp", {}},
                                    named{"the same with three times the volume", {.volume = 3}},
                                    named{"with orders rising as volume^0.7", {.order_power = 0.7}},
                                    named{"within 2 to 5 s", {.burst_min = 2, .burst_max = 5}},
                                    named{"in a market of a fifth of the trades", {.density = 0.2}},
                                    named{"all four at once", {0.2, 3, 0.7, 2, 5}}}) {
    std::vector<std::size_t> fired(models.size());
    for (std::size_t n = 0; n < spikes.size(); ++n) {
      std::int64_t begin = 0;
      const auto played = pumps::play_spike(stream, spikes[n], world, 1000 + n, begin);
      const auto peaks = pumps::spike_peaks(played, spikes[n], begin, models);
      for (std::size_t i = 0; i < peaks.size(); ++i) fired[i] += peaks[i] >= at;
    }
    const double mean = std::accumulate(fired.begin(), fired.end() - 1, 0.0) / static_cast<double>(by_fold.size());
    const auto [least, most] = std::minmax_element(fired.begin(), fired.end() - 1);
    std::printf("%-58s  %.1f [%zu,%zu] of %zu, shipped %zu  -%.1f points\n", name, mean, *least, *most, spikes.size(),
                fired.back(), cost(mean / static_cast<double>(spikes.size())));
  }
}

int learn(const std::string& data, const std::string& out, double ridge) {
  const auto all = pumps::read_recordings(data);
  const auto episodes = pumps::find_episodes(all);
  const auto model = pumps::learn(choose(episodes, pumps::fold_of(all, folds), folds), ridge);
  const std::string text = pumps::data_file(model);
  std::ofstream file(out);
  file << text;
  file.close();
  if (!file) throw std::runtime_error(out + ": cannot be written");
  std::cout << text;
  return 0;
}

int evaluate(const std::string& data, double ridge, double at, std::int64_t mute, bool verbose) {
  const auto all = pumps::read_recordings(data);
  const auto episodes = pumps::find_episodes(all);
  const auto fold = pumps::fold_of(all, folds);
  std::vector<trap::onset_model> models;
  for (std::size_t k = 0; k < folds; ++k) models.push_back(pumps::learn(choose(episodes, fold, k), ridge));
  std::size_t pump_episodes = 0;
  for (const auto& e : episodes) pump_episodes += e.pump;
  std::printf("%zu recordings, %zu candidate episodes, %zu of them labelled pumps\n", all.size(), episodes.size(),
              pump_episodes);
  std::printf("%-26s %-18s  %-18s  %-18s  %-14s %-14s %-20s  %6s  %s\n", "", "precision", "recall", "F1",
              "delay p50/p90", "since it began", "false/coin-day", "Brier", "ECE");
  std::printf("%-26s %-18s  %-18s  %-18s  %-14s %-14s %-20s  %6s\n", "", "", "", "", "s", "s", "", "skill");

  const auto row = [&](const std::string& name, auto&& run, const std::vector<trap::onset_model>* by_fold) {
    std::vector<pumps::result> each(all.size()), by_onset(all.size());
    std::vector<std::vector<pumps::told>> told(all.size());
    for (std::size_t n = 0; n < all.size(); ++n) {
      told[n] = run(n);
      each[n].add(all[n], told[n], false, mute);
      by_onset[n].add(all[n], told[n], true, mute);
    }
    std::vector<pumps::forecast> said;
    for (const auto& e : episodes)
      said.push_back({by_fold ? pumps::peak(e, (*by_fold)[fold[e.recording]]) : said_of(e, told[e.recording]), e.pump});
    print(name, each, said);
    print("  within 60 s of onset", by_onset, said);
    const auto s = pumps::sum(each);
    if (!verbose) return s;
    for (const auto& m : s.missed) std::printf("    missed %s\n", m.c_str());
    for (const auto& w : s.wrong) std::printf("    false  %s\n", w.c_str());
    for (const auto& d : s.delays) std::printf("    delay %.2f\n", d);
    return s;
  };
  trap::settings base;
  base.impulse.onset_at = at;
  base.impulse.onset_refractory = mute;
  const auto found = row(
      "trap_detector, 5 folds",
      [&](std::size_t n) {
        auto s = base;
        s.impulse.model = models[fold[n]];
        return pumps::run_trap(all[n], s);
      },
      &models);
  const std::vector<trap::onset_model> shipped(folds, trap::shipped_onset.model);
  row(
      "trap_detector, as shipped", [&](std::size_t n) { return pumps::run_trap(all[n], base); }, &shipped);
  row(
      "trap_detector, no model",
      [&](std::size_t n) {
        auto s = base;
        s.impulse.use_onset = false;
        return pumps::run_trap(all[n], s);
      },
      nullptr);
  row(
      "trap_detector_candle",
      [&](std::size_t n) {
        auto s = base;
        s.warmup = 60 * trap::minute;
        return pumps::run_candle(all[n], s);
      },
      nullptr);
  for (const double percent : {3.0, 5.0, 10.0})
    row(
        "trap_detector_threshold " + std::to_string(static_cast<int>(percent)) + "%",
        [&](std::size_t n) {
          trap::move_settings s;
          s.percent = percent;
          return pumps::run_threshold(all[n], s);
        },
        nullptr);
  print_natural(std::filesystem::path(data + "/").parent_path().parent_path().string(), episodes, fold, models, at,
                found);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Labelled pumps: learns the onset model, measures the detectors.", "pumps"};
  app.require_subcommand(1);
  app.fallthrough();
  std::string data = "../shared/data/pumps", out;
  double ridge = pumps::usual_ridge, at = trap::impulse_settings{}.onset_at;
  std::int64_t mute = 30;
  bool verbose = false;
  app.add_option("--data", data, "Folder with labels.csv and the recordings")->capture_default_str();
  app.add_option("--ridge", ridge, "Penalty on the standardised weights")->capture_default_str();
  auto* learn_cmd = app.add_subcommand("learn", "Learn from all recordings and write the data file");
  learn_cmd->add_option("--output", out, "plugins/trap_detector/calibration/onset.inc")->required();
  auto* evaluate_cmd = app.add_subcommand("evaluate", "Print the table; models of the folds never saw the coin");
  evaluate_cmd->add_option("--at", at, "Probability at which the model alarms")
      ->check(CLI::Range(0.005, 0.99))
      ->capture_default_str();
  evaluate_cmd->add_option("--mute", mute, "Minutes after an alarm in which further ones do not count")
      ->check(CLI::Range(0, 600))
      ->capture_default_str();
  evaluate_cmd->add_flag("--verbose", verbose, "Name what was missed and what was false");
  CLI11_PARSE(app, argc, argv);
  try {
    return *learn_cmd ? learn(data, out, ridge) : evaluate(data, ridge, at, mute * trap::minute, verbose);
  } catch (const std::exception& e) {
    std::cerr << "pumps: " << e.what() << '\n';
    return 1;
  }
}
