// Every input of the corpus, seeds by hand and what the fuzzers once found, through its target.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "support/process.hpp"

namespace trapline::fuzz {

#define TRAPLINE_TARGET(name) void name(std::string_view input);
#include "fuzz_targets.inc"
#undef TRAPLINE_TARGET

namespace {

struct target {
  const char* name;
  void (*run)(std::string_view);
};
void PrintTo(const target& t, std::ostream* out) { *out << t.name; }

const target targets[] = {
#define TRAPLINE_TARGET(name) {#name, name},
#include "fuzz_targets.inc"
#undef TRAPLINE_TARGET
};

class corpus : public testing::TestWithParam<target> {};

TEST_P(corpus, is_survived_whole_and_cut_off) {
  std::vector<std::filesystem::path> files;
  for (const auto& f :
       std::filesystem::directory_iterator(TRAPLINE_SOURCE_DIR "/tests/fuzz/corpus/" + std::string(GetParam().name)))
    files.push_back(f.path());
  std::sort(files.begin(), files.end());
  ASSERT_GE(files.size(), 3u) << "a target without seeds finds nothing";
  for (const auto& f : files) {
    SCOPED_TRACE(f);
    const auto input = ::test::read_file(f);
    ASSERT_FALSE(input.empty());
    GetParam().run(input);
    GetParam().run(std::string_view(input).substr(0, input.size() / 2));
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(fuzz, corpus, testing::ValuesIn(targets),
                         [](const auto& about) { return std::string(about.param.name); });

}  // namespace
}  // namespace trapline::fuzz
