// The table of conformance cases. Ids are for ever: a case that goes leaves its id unused.
#pragma once

#include <span>
#include <string_view>

#include "bench.hpp"

namespace trapline::testkit {

enum class level { must, should, info };
std::string_view level_name(level l);

struct test_case {
  const char* id;
  level strength;
  const char* title;  // what holds for a plugin that passes
  // Cases that must have passed, blank-separated; else this one says nothing and is skipped.
  const char* needs;
  void (*run)(bench&);
  bool lengthy = false;  // gets ten times the time limit
};

// In the order in which they are told.
std::span<const test_case> all_cases();

// One per source file.
std::span<const test_case> file_cases();
std::span<const test_case> entry_cases();
std::span<const test_case> config_cases();
std::span<const test_case> lifecycle_cases();
std::span<const test_case> event_cases();
std::span<const test_case> thread_cases();
std::span<const test_case> determinism_cases();

}  // namespace trapline::testkit
