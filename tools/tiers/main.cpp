// tiers generate: a market with planted episodes as JSON lines. tiers learn: the tables of calibration/. tiers
// evaluate: what the detectors find, tier by tier, as tables and one HTML file. tiers trace: what the detector said of
// each episode, and of each order in it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "evaluation.hpp"
#include "learning.hpp"
#include "planted/json_tape.hpp"
#include "trace.hpp"

namespace {

namespace trap = trapline::trap;
using planted::difficulty;
using planted::split;

std::ofstream open(const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  if (!out) throw std::runtime_error(path + ": cannot be written");
  return out;
}

int generate(const planted::session_settings& s, const std::string& output, const std::string& truth_path) {
  std::ofstream file;
  if (output != "-") file = open(output);
  std::ostream& events = output == "-" ? std::cout : file;
  planted::json_tape tape(events, "BTCUSDT");
  const auto truth = planted::run_session(s, tape);
  if (!truth_path.empty()) {
    auto out = open(truth_path);
    planted::write_truth(out, s, truth);
  }
  events.flush();
  if (!events) throw std::runtime_error(output + ": cannot be written");
  return 0;
}

// Sessions of the pattern's own family.
std::vector<planted::session_settings> own_sessions(tiers::pattern p, split of, const std::vector<difficulty>& how,
                                                    int sessions, int traps) {
  std::vector<planted::session_settings> out;
  for (const auto d : how)
    for (const auto& x : tiers::fixtures(of, d, sessions, traps))
      if (x.of == tiers::family_of(p)) out.push_back(x);
  return out;
}

// The threshold of those tried at which alarms are best: by the F1 of it and its neighbours together, so that one lucky
// value does not win. Of those within half a hundredth of the best the highest: in a real market there are fewer traps.
// The first `least` are not for choice.
std::size_t best_of(const std::vector<tiers::tally>& tried, std::size_t least) {
  std::vector<double> smoothed;
  for (std::size_t i = 0; i < tried.size(); ++i) {
    double sum = 0;
    std::size_t n = 0;
    for (std::size_t k = i == 0 ? 0 : i - 1; k <= i + 1 && k < tried.size(); ++k, ++n) sum += tried[k].rates().f1;
    smoothed.push_back(sum / static_cast<double>(n));
  }
  std::size_t out = tried.size() - 1;
  const auto first = smoothed.begin() + static_cast<std::ptrdiff_t>(least);
  while (smoothed[out] < *std::max_element(first, smoothed.end()) - 0.005) --out;
  return out;
}

// Learns on `tune`; on `choose` finds the threshold and decides whether the learned tables are better. `test` is not
// looked at.
void learn(const tiers::slot& s, const std::string& dir, int sessions, int traps, unsigned threads) {
  constexpr std::array thresholds{0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
  const auto own = [&](split of) {
    return own_sessions(s.what, of, {difficulty::easy, difficulty::medium, difficulty::hard}, sessions, traps);
  };
  const auto samples = tiers::collect(own(split::tune), threads)[static_cast<std::size_t>(s.what)];
  auto learned = tiers::learn(samples, s.kind, s.name);
  learned.settle(s.name);
  const auto games = tiers::play(
      own(split::choose),
      [&] {
        std::vector<std::unique_ptr<tiers::contestant>> out;
        out.push_back(tiers::trap_contestant("reasoned", tiers::reasoned()));
        for (const double on : thresholds) {
          trap::settings with = tiers::reasoned();
          s.of(with) = learned.numbers;
          s.of(with).on = on;
          out.push_back(tiers::trap_contestant("learned", with));
        }
        return out;
      },
      threads);
  const auto a = tiers::score(games, 0, s.what);
  std::vector<tiers::tally> tried;
  for (std::size_t i = 0; i < thresholds.size(); ++i) tried.push_back(tiers::score(games, i + 1, s.what));
  // The highest of all readings of an episode, which is its forecast, is higher than what was learned from, the last
  // one of each state: slope and offset are taken anew from what was said here. Alarms stay what they were.
  const auto [slope, offset] = tiers::scale_of(tried.back().forecasts);
  const auto scaled = [a = slope, b = offset](double p) { return trap::logistic(a * trap::logit(p) + b); };
  const auto rounded_on = [&](double p) { return std::round(scaled(p) * 100) / 100; };
  // What comes less than one time in four is nothing to wake anyone for.
  std::size_t least = 0;
  while (least + 1 < thresholds.size() && rounded_on(thresholds[least]) < 0.25) ++least;
  const std::size_t at = best_of(tried, least);
  auto b = tried[at];
  tiers::scale(learned.numbers, slope, offset);
  learned.numbers.on = rounded_on(thresholds[at]);
  learned.settle(s.name);
  for (auto& f : b.forecasts)
    if (f.probability > tiers::silence) f.probability = scaled(f.probability);
  const double skill_a = measure::brier_skill(a.forecasts), skill_b = measure::brier_skill(b.forecasts);
  // Better forecasts, no worse alarms, and nothing that a market of our own making has taught against the definitions.
  const auto against = tiers::contradictions(learned.numbers);
  const bool better = skill_b > skill_a && b.rates().f1 >= a.rates().f1 - 0.02 && against.empty();
  std::size_t came = 0;
  for (const auto& x : samples) came += x.came;
  std::printf(
      "%-12s %5zu samples, %4zu of planted episodes; on `choose` Brier skill %.3f -> %.3f, ECE %.3f -> %.3f, "
      "F1 %.3f -> %.3f: %s\n",
      s.name, samples.size(), came, skill_a, skill_b, measure::calibration_error(a.forecasts, 10),
      measure::calibration_error(b.forecasts, 10), a.rates().f1, b.rates().f1, better ? "learned" : "reasoned");
  std::printf("             F1 by threshold:");
  for (std::size_t i = 0; i < thresholds.size(); ++i) std::printf("  %g %.3f", thresholds[i], tried[i].rates().f1);
  std::printf("; %g, with slope %.2f and offset %.2f %g\n", thresholds[at], slope, offset, learned.numbers.on);
  for (const auto& name : against) std::printf("             against its definition: %s\n", name.c_str());
  std::fflush(stdout);
  auto out = open(dir + "/" + s.name + ".inc");
  out << (better ? tiers::data_file(learned) : "{}\n");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Planted markets: generates them, learns from them, measures the detectors.", "tiers"};
  app.require_subcommand(1);
  const std::map<std::string, difficulty> difficulties{
      {"easy", difficulty::easy}, {"medium", difficulty::medium}, {"hard", difficulty::hard}};
  const std::map<std::string, planted::family> families{{"stop_hunt", planted::family::stop_hunt},
                                                        {"range_trap", planted::family::range_trap},
                                                        {"impulse", planted::family::impulse},
                                                        {"spoofing", planted::family::spoofing},
                                                        {"layering", planted::family::layering}};
  planted::session_settings one;
  std::string output = "-", truth;
  auto* generate_cmd = app.add_subcommand("generate", "Write the events of one session as JSON lines");
  generate_cmd->add_option("--seed", one.seed, "The same seed gives the same events")->capture_default_str();
  generate_cmd->add_option("--family", one.of, "Which episodes")->transform(CLI::CheckedTransformer(families));
  generate_cmd->add_option("--difficulty", one.how, "How much they stand out")
      ->transform(CLI::CheckedTransformer(difficulties));
  generate_cmd->add_option("--traps", one.traps, "Traps; five decoys come with each")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  generate_cmd->add_option("--output", output, "Events, `-` = standard output")->capture_default_str();
  generate_cmd->add_option("--truth", truth, "What was planted, one line an episode");

  std::string dir;
  int sessions = 1, traps = 4;
  unsigned threads = 0;
  auto* learn_cmd = app.add_subcommand("learn", "Learn the tables and write the data files");
  learn_cmd->add_option("--output", dir, "plugins/trap_detector/calibration")
      ->required()
      ->check(CLI::ExistingDirectory);
  learn_cmd->add_option("--sessions", sessions, "Of each family, difficulty and split")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  learn_cmd->add_option("--traps", traps, "In each session")->check(CLI::Range(1, 100))->capture_default_str();
  std::vector<std::string> only;
  for (const auto& x : tiers::slots()) only.emplace_back(x.name);
  const auto names = only;
  learn_cmd->add_option("--only", only, "Patterns to learn; the other files stay as they are")
      ->check(CLI::IsMember(names));
  learn_cmd->add_option("--threads", threads, "0 = one a processor")->capture_default_str();

  tiers::evaluation_settings e;
  auto* evaluate_cmd = app.add_subcommand("evaluate", "Measure on the test split and on recordings; write the report");
  evaluate_cmd->add_flag("--full", e.full, "All difficulties, more of each, and the labelled pumps");
  evaluate_cmd->add_option("--difficulty", e.difficulties, "Of the planted sessions; the form's own if not given")
      ->transform(CLI::CheckedTransformer(difficulties));
  evaluate_cmd->add_option("--data", e.data, "Folder of the recordings")->capture_default_str();
  evaluate_cmd->add_option("--output", e.output, "Folder of the report")->capture_default_str();
  evaluate_cmd
      ->add_option("--sessions", e.sessions,
                   "Of each family and difficulty (three times as many of spoofing and layering)")
      ->check(CLI::Range(0, 1000));
  evaluate_cmd->add_option("--threads", e.threads, "0 = one a processor")->capture_default_str();

  std::map<std::string, tiers::pattern> patterns;
  for (const auto& x : tiers::slots()) patterns[x.name] = x.what;
  // `test` is for reports alone.
  const std::map<std::string, split> splits{{"tune", split::tune}, {"choose", split::choose}};
  auto traced = tiers::pattern::stop_hunt;
  auto traced_split = split::tune;
  auto traced_difficulty = difficulty::medium;
  std::string recorded;
  auto* trace_cmd = app.add_subcommand("trace", "Say of each planted episode what was told of it");
  trace_cmd->add_option("--pattern", traced, "Whose")->required()->transform(CLI::CheckedTransformer(patterns));
  trace_cmd->add_option("--split", traced_split, "tune if not given")->transform(CLI::CheckedTransformer(splits));
  trace_cmd->add_option("--difficulty", traced_difficulty, "medium if not given")
      ->transform(CLI::CheckedTransformer(difficulties));
  trace_cmd->add_option("--over", recorded, "False orders laid over this recording instead (btc_l2/*.jsonl.gz)")
      ->check(CLI::ExistingFile);
  trace_cmd->add_option("--sessions", sessions, "As of `learn`")->check(CLI::Range(1, 1000))->capture_default_str();
  trace_cmd->add_option("--traps", traps, "In each session")->check(CLI::Range(1, 100))->capture_default_str();
  trace_cmd->add_option("--threads", threads, "0 = one a processor")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    if (*generate_cmd) return generate(one, output, truth);
    if (*evaluate_cmd) return tiers::evaluate(e);
    if (*trace_cmd) {
      std::cout << (recorded.empty()
                        ? tiers::trace(traced, own_sessions(traced, traced_split, {traced_difficulty}, sessions, traps),
                                       threads)
                        : tiers::trace_overlays(traced, recorded, traced_split, traced_difficulty, traps, threads));
      return 0;
    }
    for (const auto& x : tiers::slots())
      if (std::find(only.begin(), only.end(), x.name) != only.end()) learn(x, dir, sessions, traps, threads);
    return 0;
  } catch (const std::exception& x) {
    std::cerr << "tiers: " << x.what() << '\n';
    return 1;
  }
}
