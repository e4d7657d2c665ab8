// Random numbers that are the same on every machine: splitmix64 with our own transformations, because those of
// <random> differ between libraries.
#pragma once

#include <cmath>
#include <cstdint>

namespace planted {

class chance {
 public:
  explicit chance(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() noexcept {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // [0, 1)
  double unit() noexcept { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
  double between(double low, double high) noexcept { return low + (high - low) * unit(); }
  // Uniform in the logarithm; both bounds above 0.
  double log_between(double low, double high) noexcept { return low * std::pow(high / low, unit()); }
  // low..high, both included
  int whole(int low, int high) noexcept {
    return low + static_cast<int>(bits() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool happens(double probability) noexcept { return unit() < probability; }
  double exponential(double mean) noexcept { return -mean * std::log1p(-unit()); }
  double normal() noexcept {
    if (spare_) {
      spare_ = false;
      return kept_;
    }
    const double r = std::sqrt(-2 * std::log1p(-unit())), angle = 6.283185307179586 * unit();
    kept_ = r * std::sin(angle);
    spare_ = true;
    return r * std::cos(angle);
  }
  // Poisson; by inversion, for means below some 50.
  int count(double mean) noexcept {
    double p = std::exp(-mean), sum = p;
    const double u = unit();
    int n = 0;
    while (u > sum && n < 1000) sum += p *= mean / ++n;
    return n;
  }

 private:
  std::uint64_t state_;
  double kept_ = 0;
  bool spare_ = false;
};

}  // namespace planted
