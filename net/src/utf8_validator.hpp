// Stands in for websocketpp/utf8_validator.hpp: include it before any header of websocketpp.
//
// The library's check walks every byte through a state machine (about 2 ns a byte: half of the cost of a
// large message). Exchange messages are ASCII nearly throughout, and between characters an ASCII byte leaves
// the machine's state as it is, so eight such bytes can be passed over at once. Everything else goes through
// the same state machine as in the original.
//
// The decoder is Bjoern Hoehrmann's (c) 2008-2009, http://bjoern.hoehrmann.de/utf-8/decoder/dfa/, MIT licence.
#ifndef UTF8_VALIDATOR_HPP
#define UTF8_VALIDATOR_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace websocketpp {
namespace utf8_validator {
// A namespace of its own keeps these functions apart, for the linker, from the library's of the same names,
// which other translation units may hold.
inline namespace trapline_ascii_first {

class validator {
 public:
  bool consume(std::uint8_t byte) { return (state_ = step(state_, byte)) != reject; }

  // False: not UTF-8. A character may be cut off by the end of the range: the next call goes on.
  template <class Iterator>
  bool decode(Iterator begin, Iterator end) {
    if (begin == end) return true;
    return decode_bytes(reinterpret_cast<const unsigned char*>(&*begin), static_cast<std::size_t>(end - begin));
  }

  bool complete() { return state_ == accept; }
  void reset() { state_ = accept; }

 private:
  static constexpr std::uint32_t accept = 0, reject = 1;

  bool decode_bytes(const unsigned char* p, std::size_t n) {
    std::uint32_t state = state_;
    std::size_t i = 0;
    while (i < n) {
      if (state == accept) {
        for (std::uint64_t word = 0; i + sizeof word <= n; i += sizeof word) {
          std::memcpy(&word, p + i, sizeof word);
          if ((word & 0x8080808080808080u) != 0) break;
        }
        if (i == n) break;
      }
      state = step(state, p[i++]);
      if (state == reject) break;
    }
    state_ = state;
    return state != reject;
  }

  static std::uint32_t step(std::uint32_t state, std::uint8_t byte) {
    static constexpr std::uint8_t table[] = {
        0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,    // 00..0f
        0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,    // 10..1f
        0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,    // 20..2f
        0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,    // 30..3f
        0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,    // 40..4f
        0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,    // 50..5f
        0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,    // 60..6f
        0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,    // 70..7f
        1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,    // 80..8f
        9,   9,   9,   9,   9,   9,   9,   9,   9,   9,   9,   9,   9,   9,   9,   9,    // 90..9f
        7,   7,   7,   7,   7,   7,   7,   7,   7,   7,   7,   7,   7,   7,   7,   7,    // a0..af
        7,   7,   7,   7,   7,   7,   7,   7,   7,   7,   7,   7,   7,   7,   7,   7,    // b0..bf
        8,   8,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,    // c0..cf
        2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,    // d0..df
        0xa, 0x3, 0x3, 0x3, 0x3, 0x3, 0x3, 0x3, 0x3, 0x3, 0x3, 0x3, 0x3, 0x4, 0x3, 0x3,  // e0..ef
        0xb, 0x6, 0x6, 0x6, 0x5, 0x8, 0x8, 0x8, 0x8, 0x8, 0x8, 0x8, 0x8, 0x8, 0x8, 0x8,  // f0..ff
        0x0, 0x1, 0x2, 0x3, 0x5, 0x8, 0x7, 0x1, 0x1, 0x1, 0x4, 0x6, 0x1, 0x1, 0x1, 0x1,  // state 0
        1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,    // state 1
        1,   0,   1,   1,   1,   1,   1,   0,   1,   0,   1,   1,   1,   1,   1,   1,    // state 2
        1,   2,   1,   1,   1,   1,   1,   2,   1,   2,   1,   1,   1,   1,   1,   1,    // state 3
        1,   1,   1,   1,   1,   1,   1,   2,   1,   1,   1,   1,   1,   1,   1,   1,    // state 4
        1,   2,   1,   1,   1,   1,   1,   1,   1,   2,   1,   1,   1,   1,   1,   1,    // state 5
        1,   1,   1,   1,   1,   1,   1,   3,   1,   3,   1,   1,   1,   1,   1,   1,    // state 6
        1,   3,   1,   1,   1,   1,   1,   3,   1,   3,   1,   1,   1,   1,   1,   1,    // state 7
        1,   3,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1};   // state 8
    static_assert(sizeof table == 256 + 9 * 16);
    return table[256 + state * 16 + table[byte]];
  }

  std::uint32_t state_ = accept;
};

inline bool validate(const std::string& s) {
  validator v;
  return v.decode(s.begin(), s.end()) && v.complete();
}

}  // namespace trapline_ascii_first
}  // namespace utf8_validator
}  // namespace websocketpp

#endif
