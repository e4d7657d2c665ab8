#include "runner.hpp"

#include <poll.h>

#include <algorithm>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <thread>

#include "child.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::testkit {
namespace {

using steady = std::chrono::steady_clock;

result judge(const test_case& c, ending how) {
  switch (how) {
    case ending::passed:
      return result::pass;
    case ending::warned:
      return result::warn;
    case ending::skipped:
    case ending::blocked:
      return result::skip;
    case ending::failed:
      return c.strength == level::must ? result::fail : result::warn;
    default:
      return result::fail;  // a crash is never a matter of taste
  }
}

std::vector<std::string> words(const char* text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string w; in >> w;) out.push_back(w);
  return out;
}

class run {
 public:
  run(const run_settings& s, const plugin::file_report& report, const std::function<void(const case_result&)>& tell)
      : settings_(s), report_(report), tell_(tell), jobs_(s.jobs) {
    if (jobs_ == 0) jobs_ = std::max(1u, std::thread::hardware_concurrency());
    const std::regex only(s.only.empty() ? "." : s.only);
    for (const auto& c : all_cases())
      if (std::regex_search(c.id, only)) slots_.push_back({&c, {}, nullptr});
  }

  std::vector<case_result> all() {
    for (;;) {
      if (settings_.stop && *settings_.stop) return {};
      begin_what_can_begin();
      speak();
      if (std::none_of(slots_.begin(), slots_.end(), [](const slot& s) { return s.process != nullptr; })) break;
      await_one();
    }
    std::vector<case_result> out;
    for (auto& s : slots_) out.push_back(std::move(s.result));
    return out;
  }

 private:
  struct slot {
    const test_case* of;
    case_result result;
    std::unique_ptr<child> process;
    bool done = false;
    bool blocks = false;  // those that need it: it failed, or could not run. Not: it warned, or does not apply
  };

  // "L01" if that did not pass, "?" if one is still to come.
  std::string missing(const test_case& c) const {
    for (const auto& id : words(c.needs)) {
      const auto s = std::find_if(slots_.begin(), slots_.end(), [&](const slot& x) { return x.of->id == id; });
      if (s == slots_.end()) continue;
      if (!s->done) return "?";
      if (s->blocks) return id;
    }
    return {};
  }
  void begin_what_can_begin() {
    while (skip_what_lacks_something()) {
    }
    auto busy = std::count_if(slots_.begin(), slots_.end(), [](const slot& s) { return s.process != nullptr; });
    for (auto& s : slots_) {
      if (busy >= static_cast<std::ptrdiff_t>(jobs_)) return;
      if (s.done || s.process || !missing(*s.of).empty()) continue;
      ++busy;
      const auto& c = *s.of;
      s.process = std::make_unique<child>(
          [this, &c](std::atomic<const char*>& where) {
            // Never freed, so that the plugin stays loaded: a thread that it left behind may still run its code.
            bench& b = *new bench(settings_.bench, report_, &where);
            c.run(b);
            return b.figures();
          },
          settings_.limit * (c.lengthy ? 10 : 1));
    }
  }

  // One round; true if there was something, which may be what others need.
  bool skip_what_lacks_something() {
    bool any = false;
    for (auto& s : slots_) {
      if (s.done || s.process) continue;
      const std::string lacks = missing(*s.of);
      if (lacks.empty() || lacks == "?") continue;
      s.done = s.blocks = any = true;
      s.result = {s.of, result::skip, "needs " + lacks, {}, 0, {}};
    }
    return any;
  }

  void await_one() {
    std::vector<pollfd> fds;
    auto first_deadline = steady::time_point::max();
    for (const auto& s : slots_)
      if (s.process) {
        fds.push_back({s.process->wait_fd(), POLLIN, 0});
        first_deadline = std::min(first_deadline, s.process->deadline());
      }
    constexpr long look_at_stop = 200;  // ms: a signal may come just before the wait
    const long left = std::chrono::ceil<std::chrono::milliseconds>(first_deadline - steady::now()).count();
    if (::poll(fds.data(), fds.size(), static_cast<int>(std::clamp(left, 0L, look_at_stop))) < 0) return;
    for (auto& s : slots_) {
      if (!s.process) continue;
      const auto fd =
          std::find_if(fds.begin(), fds.end(), [&](const pollfd& f) { return f.fd == s.process->wait_fd(); });
      if ((fd->revents & POLLIN) == 0 && steady::now() < s.process->deadline()) continue;
      auto r = s.process->finish();
      s.process.reset();
      s.done = true;
      s.blocks = r.how == ending::blocked || judge(*s.of, r.how) == result::fail;
      s.result = {s.of, judge(*s.of, r.how), std::move(r.text), std::move(r.signal), r.ms, std::move(r.figures)};
    }
  }

  void speak() {
    for (; told_ < slots_.size() && slots_[told_].done; ++told_)
      if (tell_) tell_(slots_[told_].result);
  }

  const run_settings& settings_;
  const plugin::file_report& report_;
  const std::function<void(const case_result&)>& tell_;
  std::size_t jobs_;
  std::vector<slot> slots_;
  std::size_t told_ = 0;
};

}  // namespace

std::string_view level_name(level l) { return l == level::must ? "must" : l == level::should ? "should" : "info"; }

std::string_view result_name(result r) {
  return r == result::pass ? "pass" : r == result::fail ? "fail" : r == result::warn ? "warn" : "skip";
}

std::span<const test_case> all_cases() {
  static const std::vector<test_case> all = [] {
    std::vector<test_case> out;
    for (const auto part : {file_cases(), entry_cases(), config_cases(), lifecycle_cases(), event_cases(),
                            thread_cases(), determinism_cases()})
      out.insert(out.end(), part.begin(), part.end());
    return out;
  }();
  return all;
}

std::vector<case_result> run_cases(const run_settings& settings, const plugin::file_report& report,
                                   const std::function<void(const case_result&)>& tell) {
  return run(settings, report, tell).all();
}

std::vector<std::string> option_problems(const run_settings& settings, const plugin::file_report& report) {
  if (!settings.bench.options.from_file || !report.may_be_loaded()) return {};
  const auto r = run_child(
      [&](std::atomic<const char*>& where) {
        bench b(settings.bench, report, &where);
        std::vector<std::string> problems;
        b.options(problems);
        if (!problems.empty()) {
          std::string all;
          for (const auto& p : problems) all += p + "\n";
          fail(all);
        }
        return b.figures();
      },
      settings.limit);
  std::vector<std::string> out;
  if (r.how != ending::failed) return out;
  std::istringstream in(r.text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

}  // namespace trapline::testkit
