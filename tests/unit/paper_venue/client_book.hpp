// A client's book, kept from the wire alone.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "crc32.hpp"

namespace trapline::paper_venue {

struct client_book {
  std::map<std::string, std::string> sides[2];
  static bool lower(const std::string& a, const std::string& b) { return std::stod(a) < std::stod(b); }
  std::map<std::string, std::string, decltype(&lower)> bids{&lower}, asks{&lower};
  std::int64_t seq = 0;
  int deletions = 0;

  void apply(const nlohmann::json& m) {
    const auto& d = m["data"][0];
    if (m["action"] == "snapshot") {
      bids.clear();
      asks.clear();
      EXPECT_EQ(d["pseq"], 0);
    } else {
      EXPECT_EQ(d["pseq"].get<std::int64_t>(), seq);
      EXPECT_GT(d["seq"].get<std::int64_t>(), seq);
    }
    seq = d["seq"];
    take(bids, d["bids"]);
    take(asks, d["asks"]);
    ASSERT_FALSE(bids.empty() || asks.empty());
    EXPECT_LT(std::stod(bids.rbegin()->first), std::stod(asks.begin()->first)) << "crossed";
  }
  template <class Side>
  void take(Side& s, const nlohmann::json& levels) {
    for (const auto& l : levels) {
      const std::string price = l[0], size = l[1];
      if (size == "0") {
        ++deletions;
        EXPECT_EQ(s.erase(price), 1u) << "deletion of a level that the client does not have";
      } else {
        s[price] = size;
      }
    }
  }
  std::int32_t checksum() const {
    std::string text;
    auto b = bids.rbegin();
    auto a = asks.begin();
    const auto put = [&](const auto& l) { text += (text.empty() ? "" : ":") + l.first + ":" + l.second; };
    for (int i = 0; i < 25; ++i) {
      if (b != bids.rend()) put(*b++);
      if (a != asks.end()) put(*a++);
    }
    return static_cast<std::int32_t>(crc32(text));
  }
};

}  // namespace trapline::paper_venue
