// Pieces of JSON text for the wire format. Values are texts without characters that JSON must escape.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "instrument.hpp"
#include "trapline/sdk/decimal.hpp"

namespace trapline::paper_venue::wire {

constexpr std::int64_t ms(std::int64_t ns) { return ns / 1'000'000; }

inline std::string decimal_text(std::int64_t mantissa, int exp) { return sdk::format(mantissa, exp); }

// Without zeros at the end of the decimals, as money stands on the wire.
inline std::string short_decimal(std::int64_t mantissa, int exp) {
  while (exp < 0 && mantissa % 10 == 0) {
    mantissa /= 10;
    ++exp;
  }
  return sdk::format(mantissa, exp);
}

inline std::string price_text(const instrument& i, std::int64_t tick) { return sdk::format(tick, i.price_exp); }
inline std::string size_text(const instrument& i, std::int64_t lots) { return sdk::format(lots, i.size_exp); }

// Builds one object: members in the order of the calls.
class object {
 public:
  object& text(std::string_view key, std::string_view value) {
    begin(key);
    ((out_ += '"') += value) += '"';
    return *this;
  }
  object& number(std::string_view key, std::int64_t value) { return raw(key, std::to_string(value)); }
  object& raw(std::string_view key, std::string_view json) {
    begin(key);
    out_ += json;
    return *this;
  }
  std::string done() { return std::move(out_ += '}'); }

 private:
  void begin(std::string_view key) {
    out_ += out_.size() == 1 ? "\"" : ",\"";
    (out_ += key) += "\":";
  }
  std::string out_ = "{";
};

}  // namespace trapline::paper_venue::wire
