#include "faults.hpp"

#include <gtest/gtest.h>

#include <set>

#include "link_faults.hpp"

namespace {

using namespace trapline::paper_venue;

TEST(faults, a_script_is_sorted_by_time) {
  const auto f = parse_faults({"20 drop", "1.5 silence ticker", "3 login_refused 2"});
  ASSERT_EQ(f.size(), 3u);
  EXPECT_EQ(f[0].kind, fault_kind::silence);
  EXPECT_EQ(f[0].word, "ticker");
  EXPECT_EQ(f[0].at, 1'500'000'000);
  EXPECT_EQ(f[1].kind, fault_kind::login_refused);
  EXPECT_EQ(f[1].number, 2);
  EXPECT_EQ(f[2].kind, fault_kind::drop);
}

TEST(faults, a_line_that_makes_no_sense_is_refused_with_a_reason) {
  for (const char* text :
       {"", "drop", "5", "x drop", "-1 drop", "5 explode", "5 drop now", "5 drop a b", "5 login_refused many",
        "nan drop", "1e400 drop", "5 delay 1 2 3", "5 rest_error 200", "5 truncate 1 1", "5 silence books now"})
    EXPECT_THROW(parse_fault(text), std::invalid_argument) << text;
  try {
    parse_fault("5 explode");
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_NE(std::string(e.what()).find("seq_gap"), std::string::npos) << e.what();
  }
}

TEST(faults, arguments_left_out_have_their_usual_values) {
  EXPECT_EQ(parse_fault("0 delay").number, 500);
  EXPECT_EQ(parse_fault("0 delay").number2, 10);
  EXPECT_EQ(parse_fault("0 delay 20 3").number, 20);
  EXPECT_EQ(parse_fault("0 delay 20 3").number2, 3);
  EXPECT_EQ(parse_fault("0 rest_error").number, 503);
  EXPECT_EQ(parse_fault("0 clock_jump -5000").number, -5000);
}

TEST(faults, the_same_seed_gives_the_same_random_faults) {
  prng a(7), b(7);
  std::set<fault_kind> kinds;
  for (int i = 0; i < 200; ++i) {
    const auto f = random_fault(a);
    EXPECT_EQ(f.text, random_fault(b).text);
    kinds.insert(f.kind);
  }
  EXPECT_GE(kinds.size(), 15u);
}

TEST(link_faults, each_does_to_a_data_frame_what_its_name_says_and_then_no_more) {
  link_faults f(1);
  link_state s;
  using texts = std::vector<std::string>;
  const auto data = [&](const char* t) { return f.pass(t, frame_kind::data, 0, s); };
  EXPECT_EQ(data("plain"), texts{"plain"});
  f.duplicate = 1;
  EXPECT_EQ(data("a"), (texts{"a", "a"}));
  EXPECT_EQ(data("b"), texts{"b"});
  f.reorder = 1;
  EXPECT_EQ(data("first"), texts{});
  EXPECT_EQ(data("second"), (texts{"second", "first"}));
  f.truncate = 1;
  EXPECT_EQ(data("abcd"), texts{"ab"});
  f.corrupt = 1;
  const auto bad = data("abcd");
  ASSERT_EQ(bad.size(), 1u);
  EXPECT_EQ(bad[0].size(), 4u);
  EXPECT_NE(bad[0], "abcd");
  f.lost_acks = 1;
  EXPECT_EQ(data("data"), texts{"data"});
  EXPECT_EQ(f.pass("ack", frame_kind::answer, 0, s), texts{});
  EXPECT_EQ(f.pass("ack", frame_kind::answer, 0, s), texts{"ack"});
  f.lost_pushes = 1;
  EXPECT_EQ(f.pass("order", frame_kind::private_data, 0, s), texts{});
  EXPECT_EQ(f.pass("order", frame_kind::private_data, 0, s), texts{"order"});
}

TEST(link_faults, what_is_delayed_keeps_its_order_also_after_the_delay_has_ended) {
  link_faults f(1);
  link_state s;
  f.delay = 100;
  f.delay_until = 50;
  EXPECT_TRUE(f.pass("1", frame_kind::data, 10, s).empty());
  EXPECT_TRUE(f.pass("2", frame_kind::other, 60, s).empty()) << "1 is still on its way";
  EXPECT_TRUE(f.due(109, s).empty());
  EXPECT_EQ(f.due(110, s), (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(f.pass("3", frame_kind::data, 120, s).size(), 1u);
}

TEST(link_faults, a_black_hole_swallows_everything_while_it_lasts) {
  link_faults f(1);
  link_state s;
  f.black_hole_until = 100;
  EXPECT_TRUE(f.pass("pong", frame_kind::other, 99, s).empty());
  EXPECT_EQ(f.pass("pong", frame_kind::other, 100, s).size(), 1u);
}

}  // namespace
