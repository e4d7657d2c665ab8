#include "spikes.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "measure/packed.hpp"
#include "planted/chance.hpp"
#include "probability.hpp"
#include "recording.hpp"

namespace pumps {

namespace trap = trapline::trap;
using trap::second;

namespace {

// Fills of one side in one millisecond are one order.
bool same_order(const trap::trade_tick& a, const trap::trade_tick& b) {
  return a.side == b.side && a.ts / 1'000'000 == b.ts / 1'000'000;
}

// The stream with `share` of its orders.
std::vector<trap::trade_tick> thinned(const std::vector<trap::trade_tick>& stream, double share, planted::chance& r) {
  std::vector<trap::trade_tick> out;
  bool keep = false;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    if (i == 0 || !same_order(stream[i - 1], stream[i])) keep = r.happens(share);
    if (keep) out.push_back(stream[i]);
  }
  if (out.empty()) out.push_back(stream.front());
  return out;
}

double density(const std::string& symbol, planted::chance& r) {
  if (symbol.starts_with("BTC")) return r.log_between(1.0 / 6, 1);
  if (symbol.starts_with("ETH")) return r.log_between(1.0 / 12, 1.0 / 2);
  return r.log_between(1.0 / 60, 1.0 / 4);
}

}  // namespace

std::vector<spike> read_spikes(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error(path + ": cannot be read");
  std::vector<spike> out;
  std::string line;
  std::getline(in, line);
  for (std::size_t n = 2; std::getline(in, line); ++n) {
    const auto f = fields(line);
    const double high = f.size() > 3 ? std::atof(f[2].c_str()) : 0, low = f.size() > 3 ? std::atof(f[3].c_str()) : 0;
    const double pct = f.size() > 7 ? std::atof(f[7].c_str()) : 0;
    if (!(low > 0) || !(high > low) || pct == 0)
      throw std::runtime_error(path + ":" + std::to_string(n) +
                               ": expected timestamp,open,high,low,close,volume,symbol,return,Type");
    out.push_back({f[6], pct > 0, std::abs(pct), std::log(high / low)});
  }
  return out;
}

std::vector<trap::trade_tick> read_stream(const std::string& path) {
  std::vector<trap::trade_tick> out;
  std::stringstream in(measure::read_gzip(path));
  for (std::string line; std::getline(in, line);) {
    if (line.find("@trade\"") == std::string::npos) continue;
    const auto d = nlohmann::json::parse(line.substr(line.find(' ') + 1)).at("data");
    out.push_back({d.at("T").get<std::int64_t>() * 1'000'000, std::stod(d.at("p").get<std::string>()),
                   std::stod(d.at("q").get<std::string>()), d.at("m").get<bool>() ? -1 : 1});
  }
  if (out.size() < 2) throw std::runtime_error(path + ": holds no trades");
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.ts < b.ts; });
  return out;
}

std::vector<trap::trade_tick> play_spike(const std::vector<trap::trade_tick>& stream, const spike& s,
                                         const spike_world& w, std::uint64_t seed, std::int64_t& begin) {
  planted::chance r(seed);
  const double kept = w.density * density(s.symbol, r);
  const auto from = thinned(stream, kept, r);
  const double volume = w.volume * std::exp(2.31 + 1.20 * std::log(s.close_pct) + 0.91 * r.normal());
  const double orders = std::max(1.0, std::pow(volume, w.order_power)), fills = std::max(1.0, std::pow(volume, 0.25));
  const double burst = r.log_between(w.burst_min, w.burst_max), at = r.between(0, 60 - burst),
               pushing = r.between(0.65, 0.95);
  const double to = s.up ? 1 : -1;

  constexpr double warm = 65 * 60;
  constexpr std::int64_t zero = 1'600'000'020 * second;  // a whole minute
  begin = zero + static_cast<std::int64_t>(warm) * second;
  // Of the spike's minute: how far the price has gone, and how much faster orders come.
  const auto gone = [&](double t) {
    return std::clamp((t - at) / burst, 0.0, 1.0) * 0.8 + std::clamp(t / 60, 0.0, 1.0) * 0.2;
  };
  const auto hurry = [&](double t) {
    if (t < 0) return 1.0;
    if (t >= 60) return std::max(1.0, 0.3 * orders);
    return std::max(1.0, orders * (0.5 + (t >= at && t < at + burst ? 30 / burst : 0.0)));
  };

  std::vector<trap::trade_tick> out;
  const double step = from.back().price / from.front().price;  // the stream is joined to itself without a jump
  const double around = static_cast<double>(stream.back().ts - stream.front().ts) * 1e-9 + 0.1;
  double now = -warm, level = 1, before = static_cast<double>(from.front().ts) * 1e-9;
  bool flip = false;
  for (std::size_t i = 0; now < 90;) {
    const auto& t = from[i];
    const double ts = static_cast<double>(t.ts) * 1e-9;
    now += std::max(0.0, ts - before) / hurry(now);
    before = ts;
    if (i == 0 || !same_order(from[i - 1], t)) flip = r.happens(2 * pushing - 1);
    trap::trade_tick x = t;
    x.ts = zero + static_cast<std::int64_t>((now + warm) * 1e3) * 1'000'000;
    x.price *= level * std::exp(to * s.reach * gone(now));
    int copies = 1;
    if (now >= 0 && now < 60) {
      if (flip) x.side = s.up ? 1 : -1;
      copies = static_cast<int>(fills) + r.happens(fills - std::floor(fills));
      x.size *= volume / (orders * fills);
    }
    out.insert(out.end(), static_cast<std::size_t>(copies), x);
    if (++i == from.size()) {
      i = 0;
      level *= step;
      before = static_cast<double>(from.front().ts) * 1e-9 -
               std::max(0.0, around - static_cast<double>(from.back().ts - from.front().ts) * 1e-9);
    }
  }
  return out;
}

std::vector<double> spike_peaks(const std::vector<trap::trade_tick>& trades, const spike& s, std::int64_t begin,
                                std::span<const trap::onset_model> models) {
  std::vector<double> out(models.size(), 0.0);
  trap::market m;
  m.see_price_exp(-1);
  for (const auto& t : trades) {
    m.advance(t.ts);
    m.on_trade(t, false);
    trap::onset_values x;
    if (t.ts < begin || !m.onset(s.up ? 1 : -1, x)) continue;
    for (std::size_t i = 0; i < models.size(); ++i) out[i] = std::max(out[i], trap::logistic(models[i].logit(x)));
  }
  return out;
}

}  // namespace pumps
