#include "games.hpp"

#include <atomic>
#include <thread>

namespace tiers {

namespace {

class price_watch final : public planted::tape {
 public:
  void candle(std::int64_t, const trapline_candle&) override {}
  void trade(std::int64_t ts, const trapline_trade& t) override {
    if (begin_ == 0) begin_ = ts;
    const auto n = static_cast<std::size_t>((ts - begin_) / planted::second) + 1;
    if (prices.size() < n) prices.resize(n, static_cast<float>(t.price) * 0.1f);
    prices.back() = static_cast<float>(t.price) * 0.1f;
  }
  void book(std::int64_t, bool, const trapline_book&, std::span<const trapline_level>) override {}
  void ticker(std::int64_t, const trapline_ticker&) override {}
  std::vector<float> prices;

 private:
  std::int64_t begin_ = 0;
};

}  // namespace

std::vector<planted::session_settings> fixtures(planted::split s, planted::difficulty d, int sessions, int traps) {
  std::vector<planted::session_settings> out;
  for (std::size_t f = 0; f < planted::family_count; ++f) {
    const auto of = static_cast<planted::family>(f);
    // Episodes of the book take a quarter of the time of the others.
    const bool book = of == planted::family::spoofing || of == planted::family::layering;
    for (int n = 0; n < (book ? 3 : 1) * sessions; ++n) {
      planted::session_settings x;
      x.how = d;
      x.of = of;
      x.seed = planted::seed_of(s, d, x.of, n);
      x.traps = traps;
      out.push_back(x);
    }
  }
  return out;
}

void each_of(std::size_t n, unsigned threads, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto some = [&] {
    for (std::size_t i; (i = next++) < n;) work(i);
  };
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::jthread> pool;
  for (unsigned k = 1; k < threads; ++k) pool.emplace_back(some);
  some();
}

std::vector<played> play(const std::vector<planted::session_settings>& all, const line_up& who, unsigned threads) {
  std::vector<played> out(all.size());
  each_of(all.size(), threads, [&](std::size_t i) {
    auto contestants = who();
    std::vector<planted::tape*> tapes;
    for (auto& c : contestants) tapes.push_back(c.get());
    price_watch prices;
    tapes.push_back(&prices);
    fan_out tape(tapes);
    out[i].settings = all[i];
    out[i].truth = planted::run_session(all[i], tape);
    for (auto& c : contestants) out[i].contestants.push_back({c->name(), c->alarms(), c->readings(), c->evidence()});
    out[i].prices = std::move(prices.prices);
  });
  return out;
}

}  // namespace tiers
