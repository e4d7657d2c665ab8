// pumps learn: writes the weights of the onset model. pumps evaluate: one table of what the detectors find.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "learning.hpp"
#include "scoring.hpp"

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
      "%-26s %.3f [%.2f,%.2f]  %.3f [%.2f,%.2f]  %.3f [%.2f,%.2f]  %6.2f %6.2f  %.3f [%.3f,%.3f]  %6.2f  %.3f\n",
      name.c_str(), all.precision(), p.first, p.second, all.recall(), r.first, r.second, all.f1(), f.first, f.second,
      pumps::quantile(all.delays, 0.5), pumps::quantile(all.delays, 0.9),
      static_cast<double>(all.false_alarms) / all.days, w.first / all.days, w.second / all.days,
      pumps::brier_skill(said), pumps::calibration_error(said, 10));
}

// What a detector last said, at most, while an episode lasted; the class's base probability if it was silent.
double said_of(const pumps::episode& e, const std::vector<pumps::told>& all) {
  const auto& last = e.later.empty() ? e.moments.back().ts : e.later.back().ts;
  double p = 0.01;
  for (const auto& t : all)
    if (t.ts >= e.moments.front().ts && t.ts <= last) p = std::max(p, t.probability);
  return p;
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
  std::printf("%-26s %-18s  %-18s  %-18s  %-13s  %-20s  %6s  %s\n", "", "precision", "recall", "F1", "delay p50/p90 s",
              "false/coin-day", "Brier", "ECE");
  std::printf("%-26s %-18s  %-18s  %-18s  %-13s  %-20s  %6s\n", "", "", "", "", "", "", "skill");

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
    if (!verbose) return;
    const auto s = pumps::sum(each);
    for (const auto& m : s.missed) std::printf("    missed %s\n", m.c_str());
    for (const auto& w : s.wrong) std::printf("    false  %s\n", w.c_str());
    for (const auto& d : s.delays) std::printf("    delay %.2f\n", d);
  };
  trap::settings base;
  base.impulse.onset_at = at;
  base.impulse.onset_refractory = mute;
  row(
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
      ->check(CLI::Range(0.05, 0.99))
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
