#include "faults.hpp"

#include <gtest/gtest.h>

namespace {

using namespace trapline::paper_venue;

TEST(faults, a_script_is_sorted_by_time) {
  const auto f = parse_faults({"20 drop", "1.5 silence ticker", "3 login_refused 2"});
  ASSERT_EQ(f.size(), 3u);
  EXPECT_EQ(f[0].kind, fault_kind::silence);
  EXPECT_EQ(f[0].argument, "ticker");
  EXPECT_EQ(f[0].at, 1'500'000'000);
  EXPECT_EQ(f[1].kind, fault_kind::login_refused);
  EXPECT_EQ(f[2].kind, fault_kind::drop);
}

TEST(faults, a_line_that_makes_no_sense_is_refused_with_a_reason) {
  for (const char* text : {"", "drop", "5", "x drop", "-1 drop", "5 explode", "5 drop now", "5 drop a b",
                           "5 login_refused many", "nan drop", "1e400 drop"})
    EXPECT_THROW(parse_fault(text), std::invalid_argument) << text;
  try {
    parse_fault("5 explode");
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_NE(std::string(e.what()).find("seq_gap"), std::string::npos) << e.what();
  }
}

}  // namespace
