// `trapline run`: signals, the clock of --seconds, and the view. The engine does the rest.
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>

#include "commands.hpp"
#include "crash_handler.hpp"
#include "live_view.hpp"
#include "plugin_texts.hpp"
#include "render.hpp"
#include "service_manager.hpp"
#include "supervise/alternate_stack.hpp"
#include "trapline/engine.hpp"

namespace trapline::cli {
namespace {

using steady = std::chrono::steady_clock;

double seconds_since(steady::time_point t) { return std::chrono::duration<double>(steady::now() - t).count(); }

// Signals are taken by the main thread alone, synchronously; every other thread inherits the mask.
class signal_wait {
 public:
  signal_wait() {
    ::sigemptyset(&set_);
    for (const int s : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set_, s);
    ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
  }
  // The signal that came within `ms`, or 0.
  int wait(int ms) const {
    const timespec limit{ms / 1000, (ms % 1000) * 1'000'000L};
    const int s = ::sigtimedwait(&set_, nullptr, &limit);
    return s > 0 ? s : 0;
  }
  // From now on the next signal ends the process at once.
  void release() const { ::pthread_sigmask(SIG_UNBLOCK, &set_, nullptr); }

 private:
  ::sigset_t set_{};
};

enum class view_mode { off, lines, live };

view_mode choose_view(const std::string& word) {
  if (word == "live" || (word == "auto" && ::isatty(STDOUT_FILENO) != 0)) return view_mode::live;
  return word == "off" ? view_mode::off : view_mode::lines;
}

int terminal_width() {
  winsize w{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ? w.ws_col : 120;
}

// Draws at its own pace: four times a second in place, or one line a second.
class display {
 public:
  display(view_mode mode, const engine& e, const live_view& v) : mode_(mode), engine_(e), view_(v) {
    if (mode_ == view_mode::live) std::fputs("\x1b[?1049h\x1b[?25l", stdout);  // alternate screen, no cursor
  }
  ~display() {
    if (mode_ == view_mode::live) std::fputs("\x1b[?25h\x1b[?1049l", stdout);
    std::fflush(stdout);
  }
  void tick() {
    if (mode_ == view_mode::off || seconds_since(drawn_) < (mode_ == view_mode::live ? 0.25 : 1.0)) return;
    frame f{engine_.name(),      seconds_since(begin_),  0,          engine_.lanes(),
            engine_.bus_bytes(), engine_.bus_refusals(), view_.get()};
    f.events_per_s = static_cast<double>(f.data.events - events_) / seconds_since(drawn_);
    drawn_ = steady::now();
    events_ = f.data.events;
    std::fputs(mode_ == view_mode::live ? render_live(f, terminal_width()).c_str() : (render_line(f) + "\n").c_str(),
               stdout);
    std::fflush(stdout);
  }

 private:
  view_mode mode_;
  const engine& engine_;
  const live_view& view_;
  steady::time_point begin_ = steady::now(), drawn_ = begin_;
  std::uint64_t events_ = 0;
};

// Of an engine that did not run to its end, see docs/operations.md.
int exit_code(stop_cause why) {
  switch (why) {
    case stop_cause::bad_config:
      return 2;
    case stop_cause::journal:
      return 3;
    default:
      return 1;
  }
}

// False: the metrics could not be written.
bool print_end(const engine& e, const live_view& v, const run_arguments& a) {
  const auto data = v.get();
  if (a.view != "off") std::cout << render_episodes(data);
  std::uint64_t lost = 0;
  for (const auto& l : e.lanes()) lost += l.lost;
  std::cout << "stopped: " << data.events << " events seen, " << lost << " lost on lanes that may lag, "
            << e.bus_refusals() << " publishes refused\n"
            << "data: " << e.run_dir() << (e.log_file().empty() ? "" : "   log: " + e.log_file()) << '\n';
  if (a.metrics_file.empty()) return true;
  std::ofstream out(a.metrics_file);
  if (out << e.metrics_text() << std::flush) return true;
  std::cerr << "trapline: cannot write " << a.metrics_file << ": " << std::strerror(errno) << '\n';
  return false;
}

// What comes of it is in the log; with a mistake in the file the engine goes on as it was.
void reload(engine& e, const service_manager& manager) {
  manager.reloading();
  const bool asked = e.submit("reload", {}, [&manager](bool ok, const std::string& answer) {
    if (!ok) std::cerr << "trapline: reload: " << answer << std::endl;
    manager.ready();
  });
  if (!asked) manager.ready();
}

// "running, 4 instances", and which of them are not well.
std::string status_line(const engine& e) {
  std::size_t running = 0;
  std::string unwell;
  for (const auto& i : e.instances()) {
    if (i.name == view_name) continue;
    if (i.state == "running") ++running;
    if (i.state == "running" && i.health == "ok") continue;
    unwell += "; " + i.name + " is " + (i.state == "running" ? i.health : i.state);
    if (!i.reason.empty()) unwell += ": " + i.reason;
  }
  return "running, " + std::to_string(running) + (running == 1 ? " instance" : " instances") + unwell;
}

// Keeps the service manager informed while the engine runs.
class reporter {
 public:
  reporter(engine& e, const service_manager& manager) : engine_(e), manager_(manager) { tell_status(); }
  void tick() {
    if (!manager_.listens()) return;
    if (seconds_since(told_) >= 1) tell_status();
    const auto limit = manager_.watchdog();
    if (limit.count() == 0 || steady::now() - looked_ < limit / 4) return;
    looked_ = steady::now();
    if (engine_.lanes_move()) manager_.alive();
  }

 private:
  void tell_status() {
    if (!manager_.listens()) return;
    told_ = steady::now();
    if (auto line = status_line(engine_); line != said_) manager_.status(said_ = std::move(line));
  }

  engine& engine_;
  const service_manager& manager_;
  steady::time_point told_{}, looked_ = steady::now();
  std::string said_;
};

}  // namespace

int run(const run_arguments& a) {
  const signal_wait signals;
  const service_manager manager;
  const bool terminal = ::isatty(STDOUT_FILENO) != 0;
  engine e({builtin_plugin_dir(), {}, false, a.safe_start, true});
  const supervise::alternate_stack for_signals;
  const crash_handler crashes(e);
  live_view view(e);
  const view_mode mode = choose_view(a.view);
  e.observe(view_name, {"md.>", "feed.>", "acct.>", "sig.>", "sim.>"},
            [&view](const trapline_event& ev) { view.on_event(ev); });

  const auto problems = e.load_file(a.config);
  for (const auto& p : problems) std::cerr << p << '\n';
  if (!problems.empty()) return 2;
  for (const auto& i : e.instances())
    if (i.state == "left_out") std::cerr << "trapline: " << i.name << " is left out: " << i.reason << '\n';
  std::string error;
  if (!e.start(error)) {
    signals.release();
    std::cerr << "trapline: " << error << '\n';
    return exit_code(e.stop_requested());
  }
  {
    display screen(mode, e, view);
    reporter report(e, manager);
    manager.ready();
    const auto begin = steady::now();
    while (e.stop_requested() == stop_cause::none && (a.seconds <= 0 || seconds_since(begin) < a.seconds)) {
      const int s = signals.wait(50);
      // SIGHUP may also mean that the terminal is gone.
      if (s == SIGHUP && (!terminal || ::isatty(STDOUT_FILENO) != 0)) reload(e, manager);
      else if (s != 0) break;
      screen.tick();
      report.tick();
    }
  }
  signals.release();
  manager.stopping();
  std::string unclean;
  const bool clean = e.stop(true, unclean);
  const bool told = print_end(e, view, a);
  if (!clean) std::cerr << "trapline: " << unclean << '\n';
  switch (e.stop_requested()) {
    case stop_cause::bad_config:
    case stop_cause::fault:
    case stop_cause::journal:
      std::cerr << "trapline: " << e.stop_reason() << '\n';
      return exit_code(e.stop_requested());
    default:
      return clean && told ? 0 : 1;
  }
}

}  // namespace trapline::cli
