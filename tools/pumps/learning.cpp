#include "learning.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "measure/hash.hpp"
#include "probability.hpp"

namespace pumps {

namespace trap = trapline::trap;
using trap::minute;
using trap::second;

namespace {

constexpr std::size_t width = trap::onset_feature_count + 1;  // the last is the bias
using row = std::array<double, width>;

std::size_t strongest(const episode& e, const trap::onset_model& m) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < e.moments.size(); ++i)
    if (m.logit(e.moments[i].x) > m.logit(e.moments[best].x)) best = i;
  return best;
}

// Solves a * x = b by elimination with pivots; `a` is positive definite thanks to the ridge.
row solve(std::array<row, width> a, row b) {
  for (std::size_t i = 0; i < width; ++i) {
    std::size_t pivot = i;
    for (std::size_t k = i + 1; k < width; ++k)
      if (std::abs(a[k][i]) > std::abs(a[pivot][i])) pivot = k;
    std::swap(a[i], a[pivot]);
    std::swap(b[i], b[pivot]);
    for (std::size_t k = i + 1; k < width; ++k) {
      const double f = a[k][i] / a[i][i];
      for (std::size_t j = i; j < width; ++j) a[k][j] -= f * a[i][j];
      b[k] -= f * b[i];
    }
  }
  row x{};
  for (std::size_t i = width; i-- > 0;) {
    double sum = b[i];
    for (std::size_t j = i + 1; j < width; ++j) sum -= a[i][j] * x[j];
    x[i] = sum / a[i][i];
  }
  return x;
}

// Logistic regression by Newton's method over the inputs that are `used`; the bias is not penalised.
row fit_used(const std::vector<row>& x, const std::vector<bool>& y, double ridge, const std::array<bool, width>& used) {
  row w{};
  for (int step = 0; step < 50; ++step) {
    std::array<row, width> h{};
    row g{};
    for (std::size_t i = 0; i + 1 < width; ++i) h[i][i] = ridge, g[i] = -ridge * w[i];
    h[width - 1][width - 1] = 1e-9;
    for (std::size_t n = 0; n < x.size(); ++n) {
      double z = 0;
      for (std::size_t i = 0; i < width; ++i) z += w[i] * x[n][i];
      const double p = trap::logistic(z), d = std::max(p * (1 - p), 1e-9);
      for (std::size_t i = 0; i < width; ++i) {
        g[i] += ((y[n] ? 1.0 : 0.0) - p) * x[n][i];
        for (std::size_t j = 0; j < width; ++j) h[i][j] += d * x[n][i] * x[n][j];
      }
    }
    for (std::size_t i = 0; i < width; ++i)
      if (!used[i]) {
        for (std::size_t j = 0; j < width; ++j) h[i][j] = h[j][i] = 0;
        h[i][i] = 1, g[i] = 0;
      }
    const row delta = solve(h, g);
    double largest = 0;
    for (std::size_t i = 0; i < width; ++i) {
      const double limited = std::clamp(delta[i], -2.0, 2.0);
      w[i] += limited;
      largest = std::max(largest, std::abs(limited));
    }
    if (largest < 1e-10) break;
  }
  return w;
}

// No weight below 0: more of what pumps have must never speak against one, which weights of inputs that rise together
// would otherwise do in markets unlike those of the recordings. The most negative input is left out, one at a time.
row fit(const std::vector<row>& x, const std::vector<bool>& y, double ridge) {
  std::array<bool, width> used;
  used.fill(true);
  for (;;) {
    const row w = fit_used(x, y, ridge, used);
    const auto least = std::min_element(w.begin(), w.end() - 1);
    if (*least >= 0) return w;
    used[static_cast<std::size_t>(least - w.begin())] = false;
  }
}

}  // namespace

bool near_announcement(const recording& r, std::int64_t ts) {
  const auto within = [ts](std::int64_t t) { return std::abs(ts - t) <= 60 * minute; };
  return within(r.announced) || (r.verified && within(r.onset));
}

std::vector<episode> find_episodes(const std::vector<recording>& all) {
  std::vector<episode> out;
  for (std::size_t n = 0; n < all.size(); ++n) {
    const recording& r = all[n];
    trap::market m;
    m.see_price_exp(-8);
    episode pump{n, true, {}, {}}, other{n, false, {}, {}};
    const auto close = [&] {
      if (!other.moments.empty()) out.push_back(std::move(other));
      other = {n, false, {}, {}};
    };
    for (const auto& t : r.trades) {
      m.advance(t.ts);
      m.on_trade(t, false);
      moment x{t.ts, {}};
      if (!m.onset(1, x.x)) continue;
      if (r.verified && t.ts >= r.onset - 120 * second && t.ts <= r.begun() + 60 * second)
        (t.ts <= r.begun() + 5 * second ? pump.moments : pump.later).push_back(x);
      else if (!near_announcement(r, t.ts)) {
        if (!other.moments.empty() && t.ts - other.moments.back().ts > 30 * minute) close();
        other.moments.push_back(x);
      }
    }
    close();
    if (!pump.moments.empty()) out.push_back(std::move(pump));
  }
  return out;
}

trap::onset_model learn(const std::vector<const episode*>& from, double ridge) {
  // Standardised by all episodes' moments, each episode with the same weight.
  row mean{}, deviation{};
  for (const auto* e : from)
    for (const auto& m : e->moments)
      for (std::size_t i = 0; i + 1 < width; ++i)
        mean[i] += m.x[i] / static_cast<double>(e->moments.size() * from.size());
  for (const auto* e : from)
    for (const auto& m : e->moments)
      for (std::size_t i = 0; i + 1 < width; ++i)
        deviation[i] += (m.x[i] - mean[i]) * (m.x[i] - mean[i]) / static_cast<double>(e->moments.size() * from.size());
  for (auto& d : deviation) d = d > 0 ? std::sqrt(d) : 1.0;

  trap::onset_model model;
  model.weight.fill(1);  // where to begin: all of them speak for a pump
  for (int round = 0; round < 20; ++round) {
    std::vector<row> x;
    std::vector<bool> y;
    for (const auto* e : from) {
      const moment& m = e->moments[strongest(*e, model)];
      row r;
      for (std::size_t i = 0; i + 1 < width; ++i) r[i] = (m.x[i] - mean[i]) / deviation[i];
      r[width - 1] = 1;
      x.push_back(r);
      y.push_back(e->pump);
    }
    const row w = fit(x, y, ridge);
    model.bias = w[width - 1];
    for (std::size_t i = 0; i + 1 < width; ++i) {
      model.weight[i] = w[i] / deviation[i];
      model.bias -= w[i] * mean[i] / deviation[i];
    }
  }
  return model;
}

double peak(const episode& e, const trap::onset_model& m) {
  double best = m.logit(e.moments[strongest(e, m)].x);
  for (const auto& l : e.later) best = std::max(best, m.logit(l.x));
  return trap::logistic(best);
}

std::vector<std::size_t> fold_of(const std::vector<recording>& all, std::size_t folds) {
  std::set<std::string> coins;
  for (const auto& r : all) coins.insert(r.coin);
  std::vector<std::size_t> out;
  for (const auto& r : all)
    out.push_back(static_cast<std::size_t>(std::distance(coins.begin(), coins.find(r.coin))) % folds);
  return out;
}

std::string text_of(const trap::onset_model& m) {
  std::string out;
  const auto put = [&](double v) {
    char text[32];
    out.append(out.empty() ? "" : " ").append(text, std::to_chars(text, text + sizeof text, v).ptr);
  };
  put(m.bias);
  for (const double w : m.weight) put(w);
  return out;
}

std::string data_file(const trap::onset_model& m) {
  const std::string text = text_of(m), hash = measure::sha256(text);
  std::string numbers = text;
  for (std::size_t at = 0; (at = numbers.find(' ', at)) != std::string::npos; at += 2) numbers.replace(at, 1, ", ");
  const auto comma = numbers.find(", ");
  return "{\"onset-" + hash.substr(0, 12) + "\",\n \"" + hash + "\",\n \"" + text + "\",\n {" +
         numbers.substr(0, comma) + ", {" + numbers.substr(comma + 2) + "}}}\n";
}

}  // namespace pumps
