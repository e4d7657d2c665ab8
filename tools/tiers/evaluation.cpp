#include "evaluation.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "learning.hpp"
#include "measure/hash.hpp"
#include "options.hpp"
#include "pumps/learning.hpp"
#include "pumps/scoring.hpp"
#include "report.hpp"

namespace tiers {

namespace {

using planted::difficulty;
using planted::split;

constexpr std::size_t shipped = 0;

bool anything_learned() {
  trap::settings s;
  for (const auto& x : slots())
    if (x.of(s).id) return true;
  return false;
}

std::vector<std::unique_ptr<contestant>> everybody() {
  std::vector<std::unique_ptr<contestant>> out;
  out.push_back(trap_contestant("trap_detector", {}));
  if (anything_learned()) out.push_back(trap_contestant("the same, reasoned tables", reasoned()));
  out.push_back(threshold_contestant(0.6));
  out.push_back(threshold_contestant(3));
  out.push_back(candle_contestant());
  out.push_back(price_rule());
  out.push_back(volume_rule());
  out.push_back(cancel_rule());
  return out;
}

std::vector<std::unique_ptr<contestant>> on_the_recording() {
  const auto early = [](trap::settings s) {
    s.warmup = 60 * trap::second;  // the recording lasts 345 s
    return s;
  };
  std::vector<std::unique_ptr<contestant>> out;
  out.push_back(trap_contestant("trap_detector", early({})));
  if (anything_learned()) out.push_back(trap_contestant("the same, reasoned tables", early(reasoned())));
  out.push_back(cancel_rule());
  return out;
}

std::string config_hash() {
  std::string text;
  for (const auto& o : trap::option_table.rows)
    text += std::string(o.path) + "=" + (o.default_value ? o.default_value : "") + "\n";
  return measure::sha256(text).substr(0, 16);
}

std::string calibration_text() {
  std::string out;
  trap::settings s;
  for (const auto& x : slots()) {
    const auto& c = x.of(s);
    out += std::string("  ") + x.name + ": " + (c.id ? c.id : "reasoned tables") + "\n";
  }
  return out + "  onset: " + trap::shipped_onset.id + "\n";
}

// T0: what is told of easy sessions with one trap each.
table scripted(unsigned threads) {
  std::vector<planted::session_settings> all;
  for (auto x : fixtures(split::test, difficulty::easy, 1, 1)) {
    x.seed += 900;
    all.push_back(x);
  }
  const auto games = play(
      all,
      [] {
        std::vector<std::unique_ptr<contestant>> out;
        out.push_back(trap_contestant("trap_detector", {}));
        return out;
      },
      threads);
  table t{
      "T0: easy sessions of one trap each", "", {"family", "traps", "decoys", "decoys that were told as traps"}, {}};
  for (std::size_t p = 0; p < pattern_count; ++p) {
    if (static_cast<pattern>(p) == pattern::move) continue;
    const auto x = score(games, shipped, static_cast<pattern>(p));
    std::string by;
    for (const auto& [what, n] : x.false_by) by += (by.empty() ? "" : ", ") + what;
    t.rows.push_back({std::string(name_of(x.what)),
                      std::to_string(x.hits) + " of " + std::to_string(x.positives) + " told",
                      std::to_string(x.units.size() - x.positives), by.empty() ? "none" : by});
  }
  return t;
}

double macro_f1(const std::vector<played>& all, std::initializer_list<pattern> of) {
  double sum = 0;
  for (const auto p : of) sum += score(all, shipped, p).rates().f1;
  return sum / static_cast<double>(of.size());
}

void check_planted(const std::vector<played>& all, difficulty d, std::vector<goal>& goals) {
  const std::string at = "planted, " + std::string(name_of(d)) + ": ";
  const bool medium = d == difficulty::medium;
  if (medium || d == difficulty::hard) {
    const double wanted = medium ? 0.90 : 0.75;
    const double book = macro_f1(all, {pattern::spoofing, pattern::layering});
    goals.push_back({at + "spoofing and layering, macro F1", ">= " + text(wanted, 2), text(book, 2), book >= wanted});
  }
  if (!medium) return;
  for (const auto p : {pattern::stop_hunt, pattern::range_trap}) {
    const auto t = score(all, shipped, p);
    goals.push_back({at + std::string(name_of(p)) + ", F1", ">= 0.85",
                     text(t.rates().f1, 2) + " " + text(measure::f1_bounds(t.units), 2), t.rates().f1 >= 0.85});
  }
  const auto fake = score(all, shipped, pattern::fake_move);
  const double skill = measure::brier_skill(fake.forecasts);
  goals.push_back({at + "fake pump and dump, Brier skill at the peak", ">= 0.20", text(skill, 2), skill >= 0.2});
  std::vector<measure::forecast> every;
  for (std::size_t p = 0; p < pattern_count; ++p) {
    const auto t = score(all, shipped, static_cast<pattern>(p));
    every.insert(every.end(), t.forecasts.begin(), t.forecasts.end());
  }
  const double whole = measure::brier_skill(every), error = measure::calibration_error(every, 10);
  goals.push_back({at + "Brier skill, all patterns", ">= 0.50", text(whole, 2), whole >= 0.5});
  goals.push_back({at + "ECE, all patterns", "<= 0.05", text(error, 3), error <= 0.05});
}

// T3 and the natural moves among the same recordings: five models, each tried on coins that it never saw.
void labelled_pumps(const std::string& data, report& out, std::vector<goal>& goals) {
  const auto all = pumps::read_recordings(data);
  const auto episodes = pumps::find_episodes(all);
  constexpr std::size_t folds = 5;
  const auto fold = pumps::fold_of(all, folds);
  std::vector<trap::onset_model> models;
  for (std::size_t k = 0; k < folds; ++k) {
    std::vector<const pumps::episode*> others;
    for (const auto& e : episodes)
      if (fold[e.recording] != k) others.push_back(&e);
    models.push_back(pumps::learn(others, pumps::usual_ridge));
  }
  table t{
      "T3: labelled pumps, five folds by coin",
      "`pumps evaluate` prints all rows. A hit lies from 120 s before the label to 60 s after the pump has begun.",
      {"detector", "precision", "recall", "F1", "delay s p50 / p90", "false alarms a coin-day", "Brier skill", "ECE"},
      {}};
  std::uint64_t natural = 0, fired = 0;
  const auto row = [&](const std::string& name, auto&& run, bool ours) {
    std::vector<pumps::result> each(all.size());
    for (std::size_t n = 0; n < all.size(); ++n) each[n].add(all[n], run(n), false, 30 * trap::minute);
    const auto s = pumps::sum(each);
    const auto w = measure::poisson_bounds(s.false_alarms);
    std::vector<measure::forecast> said;
    if (ours)
      for (const auto& e : episodes) said.push_back({pumps::peak(e, models[fold[e.recording]]), e.pump});
    const double rate = static_cast<double>(s.false_alarms) / s.days;
    const double half = measure::quantile(s.delays, 0.5), most = measure::quantile(s.delays, 0.9);
    t.rows.push_back(
        {name, text(s.precision(), 2) + " " + text(measure::share_bounds(s.hits, s.hits + s.false_alarms), 2),
         text(s.recall(), 2) + " " + text(measure::share_bounds(s.hits, s.pumps), 2),
         text(s.f1(), 2) + " " + text(pumps::f1_bounds(each), 2), text(half, 1) + " / " + text(most, 1),
         text(rate, 3) + " " + text({w.first / s.days, w.second / s.days}, 3),
         ours ? text(measure::brier_skill(said), 2) : "-", ours ? text(measure::calibration_error(said, 10), 3) : "-"});
    if (!ours) return natural = s.false_alarms, void();
    fired = s.false_alarms;
    goals.push_back({"labelled pumps, F1", ">= 0.93", text(s.f1(), 3), s.f1() >= 0.93});
    goals.push_back({"labelled pumps, median delay", "<= 1 s", text(half, 2), half <= 1});
    goals.push_back({"labelled pumps, p90 delay", "<= 10 s", text(most, 1), most <= 10});
    goals.push_back({"labelled pumps, false alarms a coin-day", "<= 0.02", text(rate, 3), rate <= 0.02});
    const double skill = measure::brier_skill(said), error = measure::calibration_error(said, 10);
    goals.push_back({"labelled pumps, Brier skill", ">= 0.20", text(skill, 2), skill >= 0.2});
    goals.push_back({"labelled pumps, ECE", "<= 0.05", text(error, 3), error <= 0.05});
    const double cost = (1 - s.precision()) * 100;  // without them there is no false alarm
    goals.push_back({"natural moves cost precision, points", "<= 10", text(cost, 1), cost <= 10});
  };
  row(
      "trap_detector",
      [&](std::size_t n) {
        trap::settings s;
        s.impulse.model = models[fold[n]];
        return pumps::run_trap(all[n], s);
      },
      true);
  row(
      "trap_detector_threshold 3%", [&](std::size_t n) { return pumps::run_threshold(all[n], {}); }, false);
  t.note += " Of the " + std::to_string(natural) +
            " natural moves of 3 % in 5 minutes that the threshold fires on, the model "
            "fires on " +
            std::to_string(fired) +
            ". Natural spikes of large coins are at hand as bars only, without the "
            "trades that the model reads: the cost in precision is measured on these moves instead.";
  out.tables.push_back(std::move(t));
}

void real_recording(const evaluation_settings& s, report& out, std::vector<goal>& goals) {
  const auto r = read_recording(s.data + "/btc_l2/binance_usdm_btcusdt_20240808.jsonl.gz");
  for (const auto d : {difficulty::medium, difficulty::hard}) {
    if (d == difficulty::hard && !s.full) continue;
    const auto games = play_overlays(r, split::test, d, s.full ? 16 : 2, on_the_recording, s.threads);
    out.tables.push_back(detection_table("T2: laid over the real BTC stream, " + std::string(name_of(d)),
                                         "Each game is the same 345 s with one trap or decoy; warm-up 60 s. The hours "
                                         "are those of all games, so that what the "
                                         "stream draws by itself comes again in each. No sweeps are laid over it: it "
                                         "holds no level that was old enough.",
                                         games, {pattern::spoofing, pattern::layering}));
    out.tables.push_back(decoy_table("T2: what drew false alarms, " + std::string(name_of(d)), games, shipped));
  }
  const auto quiet = play_recording(r, on_the_recording);
  out.tables.push_back(quiet_table("T4: the real BTC stream as it is (345 s)",
                                   "Whether a real layer was false is not known: an alarm here is one too many or not.",
                                   quiet));
  std::uint64_t alarms = 0;
  for (const auto& a : quiet.contestants[shipped].alarms) alarms += a.what == pattern::spoofing;
  const double hours = static_cast<double>(quiet.truth.end - quiet.truth.begin) / 3600e9;
  const auto b = measure::poisson_bounds(alarms);
  goals.push_back({"real BTC stream, spoofing alarms an hour", "<= 2",
                   text(static_cast<double>(alarms) / hours, 1) + " " + text({b.first / hours, b.second / hours}, 1),
                   static_cast<double>(alarms) / hours <= 2});
}

}  // namespace

int evaluate(const evaluation_settings& s) {
  const auto begun = std::chrono::steady_clock::now();
  report out;
  std::vector<goal> goals;
  const int sessions = s.sessions > 0 ? s.sessions : 1, traps = s.full ? 6 : 2;
  const auto say = [&](const table& t) {
    std::fputs(as_text(t).c_str(), stdout);
    std::fflush(stdout);
  };
  std::size_t told = 0;
  const auto tell_new = [&] {
    for (; told < out.tables.size(); ++told) say(out.tables[told]);
  };
  out.tables.push_back(scripted(s.threads));
  tell_new();
  std::string seeds;
  auto difficulties = s.difficulties;
  if (difficulties.empty()) difficulties.push_back(difficulty::medium);
  if (s.difficulties.empty() && s.full) difficulties = {difficulty::easy, difficulty::medium, difficulty::hard};
  for (const auto d : difficulties) {
    const auto all = fixtures(split::test, d, sessions, traps);
    seeds += "  " + std::string(name_of(d)) + ":";
    for (const auto& x : all) seeds += " " + std::to_string(x.seed);
    seeds += "\n";
    const auto games = play(all, everybody, s.threads);
    double hours = 0;
    int no_place = 0;
    for (const auto& g : games)
      hours += static_cast<double>(g.truth.end - g.truth.begin) / 3600e9, no_place += g.truth.no_place;
    out.tables.push_back(detection_table(
        "T1: planted, " + std::string(name_of(d)),
        "Five decoys for each trap; impulses: one that holds for each that is taken back, and two decoys. " +
            text(hours, 1) + " hours of market, " + std::to_string(no_place) +
            " episodes found no place. Precision, recall and F1 in the sessions of the pattern's own family; "
            "false alarms an hour in those of all families. Forecast: the highest probability of an episode; of fakes, "
            "the one "
            "22 s after the peak.",
        games,
        {pattern::stop_hunt, pattern::range_trap, pattern::fake_move, pattern::move, pattern::spoofing,
         pattern::layering}));
    out.tables.push_back(
        decoy_table("T1: what drew false alarms of trap_detector, " + std::string(name_of(d)), games, shipped));
    tell_new();
    check_planted(games, d, goals);
    if (!out.plots.empty() || (d != difficulty::medium && d != difficulties.back())) continue;
    const std::size_t curves = anything_learned() ? 2 : 1;
    for (std::size_t p = 0; p < pattern_count; ++p) {
      out.plots.push_back(reliability_plot(games, static_cast<pattern>(p), curves));
      out.plots.push_back(trade_off_plot(games, static_cast<pattern>(p), curves));
      out.plots.push_back(episode_plot(games, static_cast<pattern>(p)));
    }
  }
  const auto with = [&](const std::string& path, auto&& work) {
    if (std::filesystem::exists(s.data + path)) return work();
    std::printf("LEFT OUT: no recordings in %s%s (--data, or TRAPLINE_DATA_DIR)\n\n", s.data.c_str(), path.c_str());
    out.tables.push_back({"Left out: no recordings in " + s.data + path, "", {}, {}});
    ++told;
  };
  with("/btc_l2", [&] { real_recording(s, out, goals); });
  tell_new();
  with("/btc_candles", [&] {
    out.tables.push_back(
        bars_table(play_bars(s.data + "/btc_candles/btc_perp_1m_20211231_20220201.csv.xz", s.full ? 40 : 3)));
  });
  tell_new();
  if (s.full) with("/pumps", [&] { labelled_pumps(s.data + "/pumps", out, goals); });
  out.tables.insert(out.tables.begin(), goals_table(goals));
  ++told;
  tell_new();
  say(out.tables.front());

  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  out.heading = std::string("Detectors of trap_detector: evaluation, ") + (s.full ? "full" : "quick") + " form";
  out.about = "split: test (tables learned on `tune`, chosen on `choose`; no seed in two of them)\nseeds:\n" + seeds +
              "configuration " + config_hash() + " (hash of the option defaults)\ncalibration\n" + calibration_text() +
              "base rate in it: that of the planted sessions, five decoys for each trap\ntook " + text(seconds, 0) +
              " s\n";
  std::filesystem::create_directories(s.output);
  const std::string path = s.output + "/report.html";
  std::ofstream file(path, std::ios::binary);
  file << as_html(out);
  file.close();
  if (!file) throw std::runtime_error(path + ": cannot be written");
  std::printf("report: %s (%.0f s)\n", path.c_str(), seconds);
  return 0;
}

}  // namespace tiers
