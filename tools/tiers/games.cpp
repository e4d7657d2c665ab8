#include "games.hpp"

#include <atomic>
#include <thread>

namespace tiers {

std::vector<planted::session_settings> fixtures(planted::split s, planted::difficulty d, int sessions, int traps) {
  std::vector<planted::session_settings> out;
  for (int n = 0; n < sessions; ++n)
    for (std::size_t f = 0; f < planted::family_count; ++f) {
      planted::session_settings x;
      x.how = d;
      x.of = static_cast<planted::family>(f);
      x.seed = planted::seed_of(s, d, x.of, n);
      x.traps = traps;
      out.push_back(x);
    }
  return out;
}

std::vector<played> play(const std::vector<planted::session_settings>& all, const line_up& who, unsigned threads) {
  std::vector<played> out(all.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i; (i = next++) < all.size();) {
      auto contestants = who();
      std::vector<planted::tape*> tapes;
      for (auto& c : contestants) tapes.push_back(c.get());
      fan_out tape(tapes);
      out[i].settings = all[i];
      out[i].truth = planted::run_session(all[i], tape);
      for (auto& c : contestants) out[i].contestants.push_back({c->name(), c->alarms(), c->readings()});
    }
  };
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::jthread> pool;
  for (unsigned n = 1; n < threads; ++n) pool.emplace_back(work);
  work();
  pool.clear();
  return out;
}

}  // namespace tiers
