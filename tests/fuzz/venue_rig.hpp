// A venue without sockets or market episodes, on a clock of ours.
#pragma once

#include "fuzz.hpp"
#include "rest_fixture.hpp"

namespace trapline::fuzz {

struct venue_rig final : paper_venue::rest_test {
  explicit venue_rig(bool unified, bool hedge) {
    settings_.unified = unified;
    settings_.mode = hedge ? paper_venue::position_mode::hedge : paper_venue::position_mode::one_way;
    settings_.messages_per_second = settings_.subscriptions_per_hour = 1'000'000;
    settings_.rest_limits = false;
    open_venue();
  }
  void TestBody() override {}

  using rest_test::connect;
  using rest_test::login;
  using rest_test::make;
  using rest_test::run;
  using rest_test::say;
  using rest_test::start_call;
  paper_venue::venue& the_venue() { return *venue_; }
};

}  // namespace trapline::fuzz
