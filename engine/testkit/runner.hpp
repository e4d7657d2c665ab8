// Runs the cases against one plugin.
#pragma once

#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <vector>

#include "cases.hpp"

namespace trapline::testkit {

enum class result { pass, fail, warn, skip };  // fail: of a `must`, or a crash; warn: of a `should`
std::string_view result_name(result r);

struct case_result {
  const test_case* of = nullptr;
  result what = result::pass;
  std::string text;    // why not pass
  std::string signal;  // that killed it, if one did
  double ms = 0;
  std::vector<figure> figures;
};

struct run_settings {
  bench_settings bench;
  std::string only;                                  // ECMAScript regular expression for ids; empty = all
  std::chrono::milliseconds limit{10'000};           // for a case; lengthy ones get ten times that
  unsigned jobs = 0;                                 // children at once; 0 = as many as processors
  const volatile std::sig_atomic_t* stop = nullptr;  // set by a signal: end the children and come back
};

// Results in the order of the table. `tell`, if given, hears each as soon as those before it are known. A case that is
// not selected by `only` counts as passed for those that need it.
std::vector<case_result> run_cases(const run_settings& settings, const plugin::file_report& report,
                                   const std::function<void(const case_result&)>& tell = {});

// What is wrong with the options given for this plugin, found in a child process since the plugin has to be loaded for
// it. Empty if they are fine or cannot be judged.
std::vector<std::string> option_problems(const run_settings& settings, const plugin::file_report& report);

}  // namespace trapline::testkit
