// Checks of options.hpp against the rows of the table. The grammar of `allowed` is that of abi/option.h.
#pragma once

#include <cmath>

#include "trapline/sdk/options.hpp"

namespace trapline::sdk {
inline namespace v0 {
namespace detail {

// One end of a range in the unit of the JSON (ns, bytes or the plain number); empty text = no limit.
inline std::optional<double> range_end(std::string_view text) noexcept {
  struct unit {
    std::string_view name;
    double factor;
  };
  static constexpr unit units[] = {{"ns", 1},    {"us", 1e3},   {"ms", 1e6},      {"s", 1e9},          {"m", 6e10},
                                   {"h", 36e11}, {"d", 864e11}, {"B", 1},         {"kB", 1e3},         {"MB", 1e6},
                                   {"GB", 1e9},  {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}, {"", 1}};
  double value = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view name(r.ptr, static_cast<std::size_t>(text.data() + text.size() - r.ptr));
  const auto* u = std::find_if(std::begin(units), std::end(units), [&](const unit& x) { return x.name == name; });
  if (r.ec != std::errc{} || u == std::end(units)) return std::nullopt;
  return value * u->factor;
}

}  // namespace detail

inline void options::check_range(const trapline_option& row, double value) {
  if (!row.allowed) return;
  const std::string_view range(row.allowed);
  const auto dots = range.find("..");
  const auto low = detail::range_end(range.substr(0, dots));
  const auto high = detail::range_end(dots == range.npos ? std::string_view() : range.substr(dots + 2));
  if ((low && value < *low) || (high && value > *high))
    refuse(row.path, cat("out of range: found ", value, ", allowed is ", range));
}

inline void options::check_word(const trapline_option& row, std::string_view word) {
  if (!row.allowed) return;
  const std::string_view words(row.allowed);
  for (std::size_t from = 0; from <= words.size();) {
    const auto bar = std::min(words.find('|', from), words.size());
    if (words.substr(from, bar - from) == word) return;
    from = bar + 1;
  }
  refuse(row.path, cat("allowed is ", words, ", found ", quoted(word)));
}

inline void options::check(const trapline_option& row) const {
  // An option without default may be left out, and a secret may stay unset.
  if (at(row.path).type == kind::null && !row.default_value && (row.flags & TRAPLINE_OPTION_REQUIRED) == 0) return;
  switch (row.type) {
    case TRAPLINE_OPTION_BOOL:
    case TRAPLINE_OPTION_SECRET:
      get<bool>(row.path);
      break;
    case TRAPLINE_OPTION_INT:
    case TRAPLINE_OPTION_DURATION:
    case TRAPLINE_OPTION_BYTES:
      check_range(row, static_cast<double>(get<std::int64_t>(row.path)));
      break;
    case TRAPLINE_OPTION_FLOAT:
      check_range(row, get<double>(row.path));
      break;
    case TRAPLINE_OPTION_LIST:
      for (const auto& word : get<std::vector<std::string>>(row.path)) check_word(row, word);
      break;
    case TRAPLINE_OPTION_MAP:
      get<std::map<std::string, std::string>>(row.path);
      break;
    case TRAPLINE_OPTION_ENUM:
      check_word(row, get<std::string>(row.path));
      break;
    default:
      get<std::string>(row.path);
  }
}

inline void options::check_known(const json_value& v, const std::string& below, const trapline_option* rows,
                                 std::size_t count) {
  for (std::size_t i = 0; i < v.keys.size(); ++i) {
    const std::string path = below.empty() ? v.keys[i] : cat(below, ".", v.keys[i]);
    const std::string prefix = path + ".";
    bool known = false, inner = false;
    for (std::size_t r = 0; r < count; ++r) {
      known = known || path == rows[r].path;
      inner = inner || std::string_view(rows[r].path).starts_with(prefix);
    }
    if (known) continue;  // with all below it, if it is a map
    if (!inner) refuse(path.substr(0, 120), "unknown option");
    check_known(v.items[i], path, rows, count);
  }
}

}  // namespace v0
}  // namespace trapline::sdk
