#include "replay.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

#include "journal/reader.hpp"
#include "offline/signal_lines.hpp"
#include "plugin_texts.hpp"
#include "replay/casting.hpp"
#include "replay/player.hpp"
#include "replay/signal_report.hpp"
#include "replay/text.hpp"
#include "replay/verifier.hpp"
#include "scratch_dir.hpp"
#include "time/utc.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::cli {
namespace {

using steady = std::chrono::steady_clock;
constexpr double second = 1e9;

// Signals of the replay, as lines.
class signal_file final : public replay::audience {
 public:
  explicit signal_file(const std::string& name) : name_(name) {
    if (name.empty() || name == "-") return;
    file_.open(name, std::ios::binary | std::ios::trunc);
    if (!file_) throw std::runtime_error(name + " cannot be opened for writing");
  }
  void name_symbols_by(const replay::player& p) { player_ = &p; }
  void keep(std::int64_t from, std::int64_t to) { from_ = from, to_ = to; }
  void recorded(const replay::role&, const trapline_event&) override {}
  void published(const replay::role&, const trapline_event& e) override {
    if (name_.empty() || !player_ || e.ts_recv < from_ || e.ts_recv > to_) return;
    text_.clear();
    if (offline::append_signal(text_, e, player_->symbol(e.instrument)) && !(out() << text_))
      throw std::runtime_error(name_ + " cannot be written");
  }
  void remark(const replay::role&, replay::remark_kind, std::uint64_t, const std::string&) override {}
  void lost_track(const replay::role&, std::uint64_t, const std::string&) override {}
  void flush() {
    if (!name_.empty() && !out().flush()) throw std::runtime_error(name_ + " cannot be written");
  }

 private:
  std::ostream& out() { return name_ == "-" ? std::cout : file_; }
  std::string name_, text_;
  std::ofstream file_;
  const replay::player* player_ = nullptr;
  std::int64_t from_ = 0, to_ = 0;
};

// Everybody who listens.
class listeners final : public replay::audience {
 public:
  void add(replay::audience& a) { all_.push_back(&a); }
  void recorded(const replay::role& r, const trapline_event& e) override {
    for (auto* a : all_) a->recorded(r, e);
  }
  void published(const replay::role& r, const trapline_event& e) override {
    for (auto* a : all_) a->published(r, e);
  }
  void remark(const replay::role& r, replay::remark_kind k, std::uint64_t seq, const std::string& text) override {
    for (auto* a : all_) a->remark(r, k, seq, text);
  }
  void lost_track(const replay::role& r, std::uint64_t seq, const std::string& why) override {
    for (auto* a : all_) a->lost_track(r, seq, why);
  }

 private:
  std::vector<replay::audience*> all_;
};

// How far it is, in place on a terminal; and the pace.
class course {
 public:
  course(double speed, std::int64_t from, bool progress)
      : speed_(speed), from_(from), terminal_(::isatty(STDERR_FILENO) == 1), on_(terminal_ || progress) {}

  void before(const trapline_event& e) {
    if (first_ == 0) first_ = e.ts_recv;
    last_ = std::max(last_, e.ts_recv);
    ++events_;
    if (speed_ > 0 && e.ts_recv > from_) pace(e.ts_recv);
    if (on_ && events_ % 8192 == 0) look();
  }
  void end() const {
    if (terminal_ && on_) std::cerr << "\r\033[K";
    std::cerr << text() << '\n';
  }

 private:
  void pace(std::int64_t ts) {
    if (pace_from_ == 0) pace_from_ = std::max(first_, ts), pace_begin_ = steady::now();
    const auto due = pace_begin_ +
                     std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(ts - pace_from_) / speed_));
    if (due <= steady::now()) return;
    if (on_) look();
    std::this_thread::sleep_until(due);
  }
  void look() {
    const auto now = steady::now();
    if (now < next_) return;
    next_ = now + std::chrono::milliseconds(terminal_ ? 200 : 1000);
    std::cerr << (terminal_ ? "\r\033[K" : "") << time::utc_text(last_).substr(0, 19) << "Z  " << text()
              << (terminal_ ? "" : "\n") << std::flush;
  }
  std::string text() const {
    const double took = std::chrono::duration<double>(steady::now() - begin_).count();
    const double span = static_cast<double>(last_ - first_) / second;
    char out[160];
    std::snprintf(out, sizeof out, "%llu events of %.1f s in %.2f s: %.0f events/s, %.0f times real time",
                  static_cast<unsigned long long>(events_), span, took,
                  took > 0 ? static_cast<double>(events_) / took : 0, took > 0 ? span / took : 0);
    return out;
  }

  double speed_;  // 0: as fast as it goes
  std::int64_t from_;
  bool terminal_, on_;
  steady::time_point begin_ = steady::now(), next_ = begin_, pace_begin_;
  std::int64_t first_ = 0, last_ = 0, pace_from_ = 0;
  std::uint64_t events_ = 0;
};

// NAME=VALUE. Throws std::runtime_error.
std::pair<std::string, std::string> split(const std::string& text, const std::string& option) {
  const auto at = text.find('=');
  if (at == std::string::npos || at == 0 || at + 1 == text.size())
    throw std::runtime_error(sdk::cat(option, ": expected ", option == "--plugin" ? "NAME=FILE" : "NAME.OPTION=VALUE",
                                      ", found '", text, "'"));
  return {text.substr(0, at), text.substr(at + 1)};
}

replay::casting::settings casting_of(const replay_arguments& a, const std::string& scratch) {
  replay::casting::settings s;
  for (const auto& p : a.plugins) {
    auto [name, file] = split(p, "--plugin");
    if (!s.plugins.emplace(name, file).second) throw std::runtime_error("--plugin: " + name + " is there twice");
  }
  for (const auto& o : a.options) {
    const auto [path, value] = split(o, "--config-set");
    const auto dot = path.find('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == path.size())
      throw std::runtime_error("--config-set: expected NAME.OPTION=VALUE, found '" + o + "'");
    s.options[path.substr(0, dot)].emplace_back(path.substr(dot + 1), value);
  }
  s.plugin_dirs = a.plugin_dirs;
  s.search_dirs = search_dirs(a.plugin_dirs);
  s.verify = a.verify;
  s.scratch = scratch;
  return s;
}

// Of the first event; 0 if there is none.
std::int64_t first_time(const std::string& path) {
  std::string error;
  const auto run = journal::reader::open(path, error);
  if (!run) throw std::runtime_error(error);
  for (;;) switch (run->next()) {
      case journal::item::event:
        return run->event().ts_recv;
      case journal::item::end:
        return 0;
      default:
        break;
    }
}

double speed_of(const std::string& text) {
  if (text == "max") return 0;
  char* end = nullptr;
  const double v = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(v > 0) || v > 1e9)
    throw std::runtime_error("--speed: expected a positive number, 1 = as it was, or max; found '" + text + "'");
  return v;
}

// Names in the arguments that the run does not have.
void check_names(const replay::casting::settings& s, const journal::reader& run) {
  std::vector<std::string> known;
  for (const auto* i : run.instances())
    if (replay::player::can_be_replayed(*i) && std::find(known.begin(), known.end(), i->name) == known.end())
      known.push_back(i->name);
  const auto check = [&](const std::string& name, const char* option) {
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    std::string all;
    for (const auto& k : known) all += (all.empty() ? "" : ", ") + k;
    throw std::runtime_error(sdk::cat(option, ": the run has no instance '", name, "' that can be replayed; it has ",
                                      all.empty() ? "none" : all));
  };
  for (const auto& [name, file] : s.plugins) check(name, "--plugin");
  for (const auto& [name, options] : s.options) check(name, "--config-set");
}

// Those of which there is nothing to tell share a line with others of their plugin and name.
int print_verdict(const replay::verifier& v, const replay::player& p) {
  struct sum {
    std::string who;
    std::uint64_t instances = 0, same = 0, unjudged = 0;
  };
  std::vector<sum> sums;
  for (const auto& o : v.outcomes()) {
    for (const auto& n : o.notes)
      std::cout << o.who.name << " (" << o.who.plugin << ", source " << o.who.id << "): " << n << '\n';
    if (o.first) {
      const auto& e = o.first->recorded ? o.first->recorded : o.first->replayed;
      std::cout << "first difference, after " << o.same << " identical events:\n"
                << render(*o.first, e ? p.topic((*e)->topic) : "", e ? p.symbol((*e)->instrument) : "");
    } else {
      const std::string who = sdk::cat(o.who.name, " (", o.who.plugin, ")");
      auto at = std::find_if(sums.begin(), sums.end(), [&](const sum& s) { return s.who == who; });
      if (at == sums.end()) at = sums.insert(at, sum{who});
      ++at->instances, at->same += o.same, at->unjudged += o.unjudged;
    }
  }
  for (const auto& s : sums) {
    std::cout << s.who << ": ";
    if (s.instances > 1) std::cout << s.instances << " instances, ";
    std::cout << s.same << " events identical";
    if (s.unjudged > 0) std::cout << ", " << s.unjudged << " could not be compared";
    std::cout << '\n';
  }
  if (!v.identical()) return 1;
  if (v.complete()) return 0;
  std::cout << "not all could be compared\n";
  return 2;
}

int replay_run(const replay_arguments& a) {
  const double speed = speed_of(a.speed);
  const scratch_dir scratch;
  auto settings = casting_of(a, scratch.path());
  std::string error;
  const auto run = journal::reader::open(a.run, error);
  if (!run) throw std::runtime_error(error);
  check_names(settings, *run);
  replay::casting casting(std::move(settings));

  signal_file signals(a.output);
  listeners all;
  std::int64_t from = std::numeric_limits<std::int64_t>::min(), to = std::numeric_limits<std::int64_t>::max();
  if (!a.from.empty() || !a.to.empty()) {
    const std::int64_t begin = first_time(a.run);
    const auto read = [&](const std::string& text, const char* option, std::int64_t& out) {
      if (text.empty()) return;
      const auto t = replay::read_time(text, begin);
      if (!t)
        throw std::runtime_error(sdk::cat(option, ": expected 2026-11-23T10:48:12Z, nanoseconds UTC or +90s after the ",
                                          "first event; found '", text, "'"));
      out = *t;
    };
    read(a.from, "--from", from);
    read(a.to, "--to", to);
  }
  signals.keep(from, to);
  replay::player* names = nullptr;
  const auto topic = [](const void* context, std::uint32_t id) {
    const auto* p = *static_cast<replay::player* const*>(context);
    return p ? p->topic(id) : std::string_view{};
  };
  replay::verifier verifier({from, run->about().left_out}, topic, &names);
  replay::signal_report report(from, to);
  all.add(signals);
  if (a.verify) all.add(verifier);
  else all.add(report);
  replay::player player(
      *run, [&](const journal::instance_info& i) { return casting(i); }, all);
  names = &player;
  signals.name_symbols_by(player);
  const auto roles = player.roles();
  if (roles.empty())
    throw std::runtime_error(sdk::cat(a.run, ": run ", run->about().run_id,
                                      " has no instance that can be replayed: all are sources or sinks"));
  for (const auto& r : roles) verifier.expect(r);
  if (!run->about().left_out.empty()) {
    std::string all_patterns;
    for (const auto& t : run->about().left_out) all_patterns += " " + t;
    std::cerr << "trapline: this journal leaves out" << all_patterns
              << "; an instance that got such events does not get them again, and may say something else\n";
  }
  for (const auto& w : casting.warnings()) std::cerr << "trapline: " << w << '\n';

  course shown(speed, from, a.progress);
  bool cut = false;
  while (const trapline_event* e = player.next()) {
    if (e->ts_recv > to) {
      cut = true;
      break;
    }
    shown.before(*e);
    player.hand_out();
  }
  if (!cut) player.finish();
  signals.flush();
  shown.end();
  if (run->about().state != journal::run_state::ended)
    std::cerr << "trapline: the run is " << journal::name_of(run->about().state)
              << (run->about().reason.empty() ? "" : ": ") << run->about().reason << '\n';
  if (a.verify) {
    verifier.end(!cut && run->about().state == journal::run_state::ended);
    return print_verdict(verifier, player);
  }
  const auto symbol = [](const void* p, std::uint32_t i) { return static_cast<const replay::player*>(p)->symbol(i); };
  const auto text = render(report.tables(symbol, &player));
  (a.output == "-" ? std::cerr : std::cout)
      << (text.empty() ? "no signals, neither recorded nor in the replay\n" : text);
  for (const auto& n : report.notes()) std::cerr << "trapline: " << n << '\n';
  return 0;
}

}  // namespace

CLI::App* add_replay(CLI::App& app, replay_arguments& a) {
  auto* c = app.add_subcommand("replay", "Feed a recorded run to its detectors again; compare what they say");
  c->add_option("run", a.run, "Folder of a run, or of journals (then its newest run)")->required();
  c->add_flag(
      "--verify", a.verify,
      "Compare each output with the recorded one, byte by byte; exit 0 identical, 1 a difference (it is shown), "
      "2 not readable or not all comparable");
  c->add_option("--plugin", a.plugins,
                "NAME=FILE: another detector in place of instance NAME, for the whole run; with --verify another build "
                "of the recorded one")
      ->allow_extra_args(false);
  c->add_option("--config-set", a.options, "NAME.OPTION=VALUE: another value of one option")->allow_extra_args(false);
  c->add_option("--plugin-dir", a.plugin_dirs, "Look there for the recorded plugins' files first")
      ->allow_extra_args(false);
  c->add_option(
      "--from", a.from,
      "2026-11-23T10:48:12Z, nanoseconds UTC or +90s after the first event: what is before it is fed, at full "
      "speed, but neither compared nor written");
  c->add_option("--to", a.to, "The same: end there");
  c->add_option("--speed", a.speed, "1 = as it was, 10 = ten times as fast, max")->capture_default_str();
  c->add_option("--output", a.output, "Signals of the replay as JSON lines; - is standard output");
  c->add_flag("--progress", a.progress, "Tell on stderr how far it is, even if that is no terminal");
  return c;
}

int replay(const replay_arguments& a) {
  try {
    return replay_run(a);
  } catch (const std::exception& e) {
    std::cerr << "trapline: " << e.what() << '\n';
    return 2;
  }
}

}  // namespace trapline::cli
