#include "session.hpp"

#include <algorithm>

namespace planted {

namespace {

// Which decoys come with one trap (-1): each kind once, before any comes twice.
std::vector<int> plan(chance& r, family f, int traps) {
  std::vector<int> out, kinds;
  const auto draw = [&] {
    if (kinds.empty())
      for (int i = 0; i < decoys_of(f); ++i) kinds.push_back(i);
    const auto at = static_cast<std::size_t>(r.whole(0, static_cast<int>(kinds.size()) - 1));
    const int kind = kinds[at];
    kinds.erase(kinds.begin() + static_cast<std::ptrdiff_t>(at));
    return kind;
  };
  for (int i = 0; i < traps; ++i) {
    out.push_back(-1);
    if (f != family::impulse) {
      for (int k = 0; k < 5; ++k) out.push_back(draw());
    } else {
      // Half of the fast moves hold, as they do in the market (0.48 do not); the slow and small ones come besides.
      out.push_back(0);
      for (int k = 0; k < 2; ++k) out.push_back(r.whole(1, 3));
    }
  }
  for (std::size_t i = out.size(); i > 1; --i)
    std::swap(out[i - 1], out[static_cast<std::size_t>(r.whole(0, static_cast<int>(i) - 1))]);
  return out;
}

std::int64_t feed_of(chance& r, difficulty d) {
  const double u = r.unit();
  if (d == difficulty::easy) return 50 * ms;
  if (d == difficulty::medium) return u < 0.7 ? 50 * ms : 100 * ms;
  return u < 0.4 ? 50 * ms : u < 0.8 ? 100 * ms : 300 * ms;
}

}  // namespace

std::string_view name_of(split s) noexcept {
  return s == split::tune ? "tune" : s == split::choose ? "choose" : "test";
}

std::uint64_t seed_of(split s, difficulty d, family f, int number) noexcept {
  // What `test` has shown once guides what is done next: each round of work gets a range of its own, this one the
  // fifth million (those before it had the third and the fourth).
  constexpr std::uint64_t ranges[] = {1, 2, 5};
  return ranges[static_cast<std::size_t>(s)] * 1'000'000 + static_cast<std::uint64_t>(d) * 100'000 +
         static_cast<std::uint64_t>(f) * 10'000 + static_cast<std::uint64_t>(number);
}

session_truth run_session(const session_settings& s, tape& out) {
  chance r(s.seed ^ 0x5ca1ab1eu);
  market_settings market;
  market.seed = s.seed;
  market.start = 1'700'000'000 * second + r.whole(0, 86'399) * second;
  market.price = r.between(580'000, 620'000);
  market.volatility = r.log_between(7e-4, 13e-4);
  market.feed = feed_of(r, s.how);
  background m(market, out);
  m.begin(180);

  session_truth truth;
  truth.begin = m.now();
  const auto wait = [&](std::int64_t ns) {
    for (const std::int64_t until = m.now() + ns; m.now() < until;) m.step();
  };
  wait(s.warmup);
  for (const int decoy : plan(r, s.of, s.traps)) {
    if (auto e = play(m, s.of, decoy, s.how)) truth.episodes.push_back(std::move(*e));
    else ++truth.no_place;
    wait(r.whole(20, 70) * second);
  }
  truth.end = m.now();
  truth.counted = m.counted();
  return truth;
}

}  // namespace planted
