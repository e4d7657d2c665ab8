#include <gtest/gtest.h>

#include "world.hpp"

namespace trapline::sim {

TEST(sim, a_quiet_hour) {
  for (const std::string api : {"v2", "v3"}) for (bool hedge : {false, true}) {
    setup s;
    s.api = api;
    s.hedge = hedge;
    s.detector = true;
    world w(s);
    ASSERT_TRUE(w.run_until([&] { return w.live(); }, minute));
    w.run(hour);
    EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
    EXPECT_TRUE(w.live());
    EXPECT_GT(w.account->fills(), 50u);
    EXPECT_GT(w.market->counts().trades, 10'000u);
    for (auto& l : w.logs) std::cerr << l.second << "\n";
    w.trader.active = false;
    trader::clear(*w.venue->the_simulation());
    w.run(5 * second);
    EXPECT_EQ(w.account->difference(), "");
    std::cerr << api << hedge << " events " << w.events << " signals " << w.signals << " books " << w.market->counts().books
              << " fills " << w.account->fills() << " hash " << w.hash.value() << "\n";
  }
}

}  // namespace trapline::sim
