// How rows of private data are read: a row's scalars by field, amounts that share an exponent, words of the venue.
// For the decode_*.cpp files only.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "dialect.hpp"
#include "json_scalar.hpp"
#include "trapline/abi/account.h"
#include "trapline/sdk/text.hpp"

namespace trapline::mm_ws {

// The characters of a row's members, empty where it has none.
struct row_text {
  std::array<std::string_view, static_cast<std::size_t>(field::count)> of{};
  std::string_view& operator[](field f) noexcept { return of[static_cast<std::size_t>(f)]; }
  std::string_view operator[](field f) const noexcept { return of[static_cast<std::size_t>(f)]; }
};

inline constexpr std::size_t max_rows = 1000;

// `[{"feeCoin":"USDT","totalFee":"-0.1"}]`: coin and fee of the first row. More rows than one: `more`.
inline bool read_fees(ondemand::value value, row_text& row, bool& more) {
  ondemand::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) return false;
  std::size_t n = 0;
  for (auto element : list) {
    ondemand::object o;
    if (std::move(element).get_object().get(o) != simdjson::SUCCESS) return false;
    std::string_view coin, fee;
    for (auto member : o) {
      ondemand::field m;
      if (std::move(member).get(m) != simdjson::SUCCESS) return false;
      const auto key = key_text(m.key());
      if (key == "feeCoin" && !scalar(m.value(), coin)) return false;
      if ((key == "fee" || key == "totalFee") && !scalar(m.value(), fee)) return false;
    }
    if (n++ == 0) {
      row[field::fee] = fee;
      row[field::fee_coin] = coin;
    }
  }
  more = n > 1;
  return true;
}

// Calls `take(row, more_fees)` for each element of the list, or for the one row that stands there instead; that and the
// answer say whether it was well formed. `null` is an empty list.
template <class Take>
bool each_row(ondemand::value data, field_names known, Take&& take) {
  ondemand::json_type type{};
  if (data.type().get(type) != simdjson::SUCCESS) return false;
  if (type == ondemand::json_type::null) return true;
  field_finder names(known);
  const auto one = [&](ondemand::object object) {
    row_text row;
    bool more_fees = false;
    for (auto member : object) {
      ondemand::field m;
      if (std::move(member).get(m) != simdjson::SUCCESS) return false;
      const auto id = names.find(key_text(m.key()));
      if (id == field::none) continue;
      if (id == field::fee ? !read_fees(m.value(), row, more_fees) : !scalar(m.value(), row[id])) return false;
    }
    return bool(take(row, more_fees));
  };
  ondemand::object object;
  if (type == ondemand::json_type::object) return data.get_object().get(object) == simdjson::SUCCESS && one(object);
  ondemand::array rows;
  if (data.get_array().get(rows) != simdjson::SUCCESS) return false;
  std::size_t n = 0;
  for (auto element : rows)
    if (std::move(element).get_object().get(object) != simdjson::SUCCESS || ++n > max_rows || !one(object))
      return false;
  return true;
}

// Amounts of one payload that share an exponent.
class amounts {
 public:
  // An amount that may be missing (absent, "", null). Answers whether it was there. Decimals that do not fit are cut.
  bool add(std::string_view text, std::int64_t& to) {
    if (text.empty()) return false;
    auto d = to_decimal(text);
    // Money comes with up to 18 decimals. What does not fit is cut off, and said to be.
    const auto point = text.find('.');
    if (!d && point != text.npos && text.size() < 64) {
      char shorter[64];
      for (int decimals = -finest_exp; !d && decimals > 0; --decimals) {
        const auto n = text.copy(shorter, std::min(text.size(), point + 1 + static_cast<std::size_t>(decimals)));
        shorter[n] = 0;
        // The rest must be digits, or it was no number in the first place.
        if (text.substr(n).find_first_not_of("0123456789") != text.npos) break;
        d = to_decimal({shorter, n});
      }
      cut_ |= d.has_value();
    }
    if (!d || count_ == entries_.size()) {
      good_ = false;
      return false;
    }
    entries_[count_++] = {*d, &to};
    return true;
  }
  // Writes all mantissas at the finest exponent among them, or at the finest at which all fit: 9.3 million beside
  // twelve decimals needs 65 bits. A zero has no say, however many decimals it comes with. False: one was no number.
  bool finish(std::int8_t& exp, bool& inexact) {
    exp = 0;
    for (std::size_t i = 0; i < count_; ++i)
      if (entries_[i].value.mantissa != 0) exp = std::min(exp, entries_[i].value.exp);
    while (!all_fit(exp)) ++exp;
    for (std::size_t i = 0; i < count_; ++i) {
      auto d = entries_[i].value;
      for (; d.exp < exp && d.mantissa != 0; ++d.exp) {
        cut_ |= d.mantissa % 10 != 0;
        d.mantissa /= 10;
      }
      *entries_[i].to = sdk::rescale(d, exp).value_or(0);
    }
    inexact |= cut_;
    return good_;
  }

 private:
  // At 0 each of them does: to_decimal() gives no exponent above.
  bool all_fit(int exp) const {
    return std::all_of(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(count_),
                       [&](const entry& e) { return e.value.exp < exp || sdk::rescale(e.value, exp).has_value(); });
  }

  struct entry {
    sdk::decimal value;
    std::int64_t* to;
  };
  std::array<entry, 6> entries_{};
  std::size_t count_ = 0;
  bool good_ = true, cut_ = false;
};

inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

inline bool take_time(std::int64_t& out, std::string_view text) {
  if (text.empty()) return true;
  const auto t = to_time(text);
  out = t.value_or(0);
  return t.has_value();
}

inline std::uint8_t mode_of(std::string_view text) {
  return text == "hedge_mode"     ? TRAPLINE_MODE_HEDGE
         : text == "one_way_mode" ? TRAPLINE_MODE_ONE_WAY
                                  : TRAPLINE_MODE_UNKNOWN;
}

inline std::uint8_t position_side_of(std::string_view text) {
  return equal_ignoring_case(text, "long")    ? TRAPLINE_POSITION_LONG
         : equal_ignoring_case(text, "short") ? TRAPLINE_POSITION_SHORT
                                              : TRAPLINE_POSITION_NONE;
}

inline std::uint8_t order_type_of(std::string_view text) {
  return text == "limit"    ? TRAPLINE_ORDER_TYPE_LIMIT
         : text == "market" ? TRAPLINE_ORDER_TYPE_MARKET
                            : TRAPLINE_ORDER_TYPE_UNKNOWN;
}

inline std::uint8_t liquidity_of(std::string_view text) {
  return equal_ignoring_case(text, "maker") || text == "M"   ? TRAPLINE_LIQUIDITY_MAKER
         : equal_ignoring_case(text, "taker") || text == "T" ? TRAPLINE_LIQUIDITY_TAKER
                                                             : TRAPLINE_LIQUIDITY_UNKNOWN;
}

// Whether the row is about another product than the one that the feed is for. Rows that name none are about it.
inline bool is_of_another(const dialect& d, const row_text& t, std::size_t* others) {
  const auto category = t[field::category];
  if (category.empty() || equal_ignoring_case(category, d.public_inst_type)) return false;
  if (others) ++*others;
  return true;
}

// Whose direction the row's `side` tells: see order_direction().
inline bool is_hedge(const row_text& t) {
  const auto mode = t[field::position_mode];
  if (mode.empty()) return position_side_of(t[field::position_side]) != TRAPLINE_POSITION_NONE;
  return mode_of(mode) == TRAPLINE_MODE_HEDGE;
}

}  // namespace trapline::mm_ws
