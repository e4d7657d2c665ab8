// What a run was found guilty of, and the fingerprint of all that it said.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "trapline/abi/event.h"

namespace trapline::sim {

// Violations of invariants, in order; the first are kept, all are counted.
class findings {
 public:
  void add(std::int64_t at, std::string what) {
    ++count_;
    if (kept_.size() < 20) kept_.push_back("at " + std::to_string(static_cast<double>(at) * 1e-9) + " s: " + what);
  }
  std::uint64_t count() const { return count_; }
  const std::vector<std::string>& kept() const { return kept_; }
  std::string text() const {
    std::string out;
    for (const auto& k : kept_) out += k + "\n";
    if (count_ > kept_.size()) out += "... " + std::to_string(count_) + " in all\n";
    return out;
  }

 private:
  std::uint64_t count_ = 0;
  std::vector<std::string> kept_;
};

// A hash of the events with all their bytes, in order: equal for equal runs.
class event_hash {
 public:
  void add(const trapline_event& e) {
    const auto* bytes = reinterpret_cast<const char*>(&e);
    for (std::uint32_t i = 0; i + 8 <= e.size; i += 8) {
      std::uint64_t word;
      std::memcpy(&word, bytes + i, 8);
      hash_ = (hash_ ^ word) * 0x9e3779b97f4a7c15u;
      hash_ ^= hash_ >> 32;
    }
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325u;
};

// Finds any six bytes in a row of a secret, of its Base64 or of its hex digits.
class secret_scan {
 public:
  explicit secret_scan(const std::vector<std::string>& secrets);
  bool finds(std::string_view bytes) const;

 private:
  static constexpr std::size_t piece = 6;
  std::vector<std::string> pieces_;  // sorted
  std::bitset<65536> begins_;        // with these two bytes
};

}  // namespace trapline::sim
