#include <algorithm>
#include <iterator>

#include "../../../net/src/utf8_validator.hpp"

#include <gtest/gtest.h>

#include <random>

namespace {

using websocketpp::utf8_validator::validator;

// RFC 3629, byte by byte, written down independently of the state machine.
bool is_utf8(const std::string& s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto at = [&](std::size_t k) { return i + k < s.size() ? static_cast<unsigned char>(s[i + k]) : 0u; };
    const auto tail = [&](std::size_t k) { return (at(k) & 0xC0u) == 0x80u; };
    const unsigned b = at(0);
    if (b < 0x80) {
      i += 1;
    } else if (b >= 0xC2 && b <= 0xDF && tail(1)) {
      i += 2;
    } else if (b >= 0xE0 && b <= 0xEF && tail(1) && tail(2) && !(b == 0xE0 && at(1) < 0xA0) &&
               !(b == 0xED && at(1) > 0x9F)) {
      i += 3;
    } else if (b >= 0xF0 && b <= 0xF4 && tail(1) && tail(2) && tail(3) && !(b == 0xF0 && at(1) < 0x90) &&
               !(b == 0xF4 && at(1) > 0x8F)) {
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

TEST(utf8_validator, agrees_with_the_rfc_on_random_texts_however_they_are_cut) {
  std::mt19937 random(5);
  static const std::string parts[] = {"abcdefgh",     "{\"price\":\"64000.5\"}", "ä",    "€",    "😀",        "\xC0\x80",
                                      "\xED\xA0\x80", "\xF4\x90\x80\x80",        "\x80", "\xFF", "\xE2\x82", "x"};
  int valid = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string s;
    for (auto n = random() % 8; n > 0; --n) s += parts[random() % (random() % 3 == 0 ? std::size(parts) : 5)];
    if (random() % 10 == 0 && !s.empty()) s[random() % s.size()] = static_cast<char>(random());
    validator v;
    bool good = true;
    for (std::size_t at = 0; good && at < s.size();) {
      const auto n = std::min(s.size() - at, 1 + random() % 20);
      const std::string piece = s.substr(at, n);
      good = v.decode(piece.begin(), piece.end());
      at += n;
    }
    good = good && v.complete();
    ASSERT_EQ(good, is_utf8(s));
    valid += good;
  }
  EXPECT_GT(valid, 10'000);
}

TEST(utf8_validator, accepts_every_character_and_no_surrogate) {
  for (std::uint32_t c = 0; c < 0x110000; ++c) {
    std::string s = "0123456";
    if (c < 0x80) {
      s += static_cast<char>(c);
    } else if (c < 0x800) {
      s += {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
    } else if (c < 0x10000) {
      s += {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
            static_cast<char>(0x80 | (c & 63))};
    } else {
      s += {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 63)),
            static_cast<char>(0x80 | (c >> 6 & 63)), static_cast<char>(0x80 | (c & 63))};
    }
    ASSERT_EQ(websocketpp::utf8_validator::validate(s), c < 0xD800 || c > 0xDFFF) << c;
  }
}

}  // namespace
