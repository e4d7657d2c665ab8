// `trapline validate`: the conformance cases of engine/testkit against one plugin.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trapline::cli {

struct validate_arguments {
  std::string plugin;                    // name or file
  std::string config, instance;          // where its options are; empty = its defaults
  std::string only;                      // regular expression for case ids
  std::vector<std::string> plugin_dirs;  // to search before the built-in one
  std::uint64_t seed = 1;
  std::uint64_t events = 0;  // of the random-events case; 0 = as it comes
  double time_limit = 0;     // seconds for a case; 0 = as it comes
  unsigned jobs = 0;         // cases at once; 0 = as many as processors
  bool json = false, list = false;
};

// 0: every `must` passed; 1: one failed; 2: wrong arguments, file or options.
int validate(const validate_arguments& arguments);

}  // namespace trapline::cli
