// The option table of a plugin, and the way from configure()'s JSON to a settings struct.
//
// One declaration says both what the option is and where its value goes:
//
//   struct settings { std::int64_t window = 0; std::string url; retry_settings retry; };
//   inline constexpr auto option_table = option_set<settings>(
//       bind<&settings::window>(option_duration("window", "2ms", "0ms..50ms", "how long to collect")),
//       bind<&settings::retry, &retry_settings::most>(option_int("retry.most", "8", "1..100", "attempts")),
//       by_hand(option_string("url", nullptr, "unix:PATH or redis://host:port")));
//
//   static constexpr const auto& options = option_table.rows;                  // in the plugin class
//   void configure(std::string_view json) { settings_ = option_table.read(json); }
//
// A member whose type does not fit the option's, or that is bound twice, is an error of the compiler. read() believes
// no host: it refuses what is missing, of the wrong type, out of range, not among the allowed words or unknown, with
// the option's path. All of this is for configure(): [control], throws error with TRAPLINE_E_CONFIG.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "trapline/sdk/json.hpp"
#include "trapline/sdk/option_rows.hpp"

namespace trapline::sdk {
inline namespace v0 {

namespace detail {
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
concept option_number = std::integral<T> && !std::same_as<T, bool>;

// Whether a T can hold what an option of that type gives.
template <class T>
constexpr bool fits(std::uint32_t type) noexcept {
  if constexpr (is_optional<T>) return fits<typename T::value_type>(type);
  switch (type) {
    case TRAPLINE_OPTION_BOOL:
    case TRAPLINE_OPTION_SECRET:
      return std::same_as<T, bool>;
    case TRAPLINE_OPTION_INT:
      return option_number<T>;
    case TRAPLINE_OPTION_DURATION:
    case TRAPLINE_OPTION_BYTES:
      return option_number<T> && sizeof(T) == 8;
    case TRAPLINE_OPTION_FLOAT:
      return std::same_as<T, double>;
    case TRAPLINE_OPTION_LIST:
      return std::same_as<T, std::vector<std::string>>;
    case TRAPLINE_OPTION_MAP:
      return std::same_as<T, std::map<std::string, std::string>>;
    default:
      return std::same_as<T, std::string>;
  }
}
}  // namespace detail

// The options as the host sent them. Paths are dotted, as in the table.
class options {
 public:
  explicit options(std::string_view json) : root_(parse_json(json)) {
    if (root_.type != json_value::kind::object) refuse({}, "the options are not a JSON object");
  }

  // T: bool, an integer, double, std::string, std::vector<std::string> (list), std::map<std::string, std::string>,
  // or a std::optional of one of them for an option that may be null. Durations are in ns, sizes in bytes.
  // An integer that T cannot hold is refused.
  template <class T>
  T get(std::string_view path) const {
    return convert<T>(at(path), path);
  }

  // One of the words, as the value beside it.
  template <class E>
  E one_of(std::string_view path, std::initializer_list<std::pair<std::string_view, E>> words) const {
    const auto word = get<std::string>(path);
    std::string names;
    for (const auto& [name, value] : words) {
      if (name == word) return value;
      names += cat(names.empty() ? "" : ", ", name);
    }
    refuse(path, cat("allowed is ", names, ", found ", quoted(word)));
  }

  // Whether an optional option, or a secret, is given.
  bool has(std::string_view path) const {
    const json_value& v = at(path);
    return v.type != json_value::kind::null && !(v.type == json_value::kind::boolean && !v.truth);
  }

  // Checks the value of one row against its type, range and words.
  void check(const trapline_option& row) const;
  // Refuses what no row of the table speaks of.
  void check_known(const trapline_option* rows, std::size_t count) const { check_known(root_, {}, rows, count); }

  // Throws error for `path`; for what only the plugin can judge.
  [[noreturn]] static void refuse(std::string_view path, std::string text) {
    throw error(TRAPLINE_E_CONFIG, std::string(path), std::move(text));
  }

 private:
  using kind = json_value::kind;

  const json_value& at(std::string_view path) const {
    const json_value* v = &root_;
    for (std::size_t from = 0; v && from <= path.size();) {
      const std::size_t dot = std::min(path.find('.', from), path.size());
      v = v->find(path.substr(from, dot - from));
      from = dot + 1;
    }
    if (!v) refuse(path, "the option is missing; the host fills in defaults before configure()");
    return *v;
  }

  template <class T>
  static T convert(const json_value& v, std::string_view path) {
    if constexpr (detail::is_optional<T>) {
      if (v.type == kind::null) return std::nullopt;
      return convert<typename T::value_type>(v, path);
    } else if constexpr (std::is_same_v<T, bool>) {
      if (v.type != kind::boolean) mismatch(v, path, "true or false");
      return v.truth;
    } else if constexpr (std::is_integral_v<T>) {
      if (v.type != kind::integer) mismatch(v, path, "a whole number");
      if (!std::in_range<T>(v.integer)) refuse(path, cat("the number ", v.integer, " is too large or too small here"));
      return static_cast<T>(v.integer);
    } else if constexpr (std::is_same_v<T, double>) {
      if (v.type != kind::integer && v.type != kind::real) mismatch(v, path, "a number");
      return v.real;
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (v.type != kind::text) mismatch(v, path, "a text");
      return v.text;
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      if (v.type != kind::list) mismatch(v, path, "a list of texts");
      T out;
      for (const auto& item : v.items) out.push_back(convert<std::string>(item, path));
      return out;
    } else {
      static_assert(std::is_same_v<T, std::map<std::string, std::string>>, "not a type of an option");
      if (v.type != kind::object) mismatch(v, path, "a map of texts");
      T out;
      for (std::size_t i = 0; i < v.keys.size(); ++i) out[v.keys[i]] = convert<std::string>(v.items[i], path);
      return out;
    }
  }

  [[noreturn]] static void mismatch(const json_value& v, std::string_view path, std::string_view expected) {
    static constexpr std::string_view words[] = {"null", "", "", "", "", "a list", "a map"};
    std::string found(words[static_cast<std::size_t>(v.type)]);
    if (v.type == kind::boolean) found = v.truth ? "true" : "false";
    if (v.type == kind::integer) found = cat(v.integer);
    if (v.type == kind::real) found = cat(v.real);
    if (v.type == kind::text) found = quoted(v.text);
    refuse(path, cat("expected ", expected, ", found ", found));
  }

  // At most some 40 bytes of it, whole characters.
  static std::string quoted(std::string_view text) {
    std::size_t n = std::min<std::size_t>(text.size(), 40);
    while (n < text.size() && (static_cast<unsigned char>(text[n]) & 0xc0) == 0x80) --n;
    return cat("'", text.substr(0, n), n < text.size() ? "...'" : "'");
  }

  static void check_word(const trapline_option& row, std::string_view word);
  static void check_range(const trapline_option& row, double value);
  static void check_known(const json_value& v, const std::string& below, const trapline_option* rows,
                          std::size_t count);

  json_value root_;
};

// A row that is checked with the others, but whose value the plugin reads itself with options::get().
struct by_hand {
  trapline_option row;
  constexpr explicit by_hand(const trapline_option& r) : row(r) {}
};

// One row and the member that its value goes to.
template <class Settings>
struct bound_option {
  trapline_option row;
  void (*read)(const options&, const char* path, Settings&) = nullptr;
  std::string_view member;  // names it uniquely; with UBSan g++ 12 compares no function pointers at compile time

  constexpr bound_option(const by_hand& r) : row(r.row) {}  // NOLINT: both kinds stand in one table
  constexpr bound_option(const trapline_option& r, void (*f)(const options&, const char*, Settings&),
                         std::string_view name)
      : row(r), read(f), member(name) {}
};

namespace detail {
template <class>
struct member_of;
template <class Class, class T>
struct member_of<T Class::*> {
  using owner = Class;
  using type = T;
};

template <auto... Members>
consteval std::string_view member_name() {  // clang writes only parameters that have a name
  return __PRETTY_FUNCTION__;
}

template <auto First, auto... Rest, class Settings>
constexpr auto& member(Settings& s) noexcept {
  if constexpr (sizeof...(Rest) == 0) return s.*First;
  else return member<Rest...>(s.*First);
}
}  // namespace detail

// Binds a row to a member of the settings, or to a member of a member. Null leaves a member as it is made, unless it is
// a std::optional, which becomes empty.
template <auto First, auto... Rest>
consteval auto bind(trapline_option row) {
  using settings = typename detail::member_of<decltype(First)>::owner;
  using target = std::remove_cvref_t<decltype(detail::member<First, Rest...>(std::declval<settings&>()))>;
  if (!detail::fits<target>(row.type)) throw "the type of the member does not fit the type of the option";
  return bound_option<settings>(
      row,
      [](const options& o, const char* path, settings& s) {
        auto& out = detail::member<First, Rest...>(s);
        if constexpr (detail::is_optional<target>) out = o.get<target>(path);
        else if (auto value = o.get<std::optional<target>>(path)) out = std::move(*value);
      },
      detail::member_name<First, Rest...>());
}

template <class Settings, std::size_t N>
class option_table {
 public:
  template <class... Bound>
  consteval explicit option_table(const Bound&... bound) : option_table({bound_option<Settings>(bound)...}, 0) {}

  // Checks the JSON of configure() and reads it.
  Settings read(std::string_view json) const { return read(options(json)); }
  Settings read(const options& given) const {
    Settings out{};
    given.check_known(rows, N);
    for (std::size_t i = 0; i < N; ++i) {
      given.check(rows[i]);
      if (readers_[i]) readers_[i](given, rows[i].path, out);
    }
    return out;
  }

  const trapline_option* begin() const noexcept { return rows; }
  const trapline_option* end() const noexcept { return rows + N; }

  trapline_option rows[N]{};

 private:
  consteval option_table(const bound_option<Settings> (&bound)[N], int) {
    for (std::size_t i = 0; i < N; ++i) {
      rows[i] = bound[i].row;
      readers_[i] = bound[i].read;
      for (std::size_t k = 0; k < i; ++k) {
        if (!bound[i].member.empty() && bound[i].member == bound[k].member) throw "a member is bound to two options";
        if (std::string_view(rows[i].path) == rows[k].path) throw "two options have one path";
      }
    }
  }

  void (*readers_[N])(const options&, const char*, Settings&) = {};
};

template <class Settings, class... Bound>
consteval auto option_set(const Bound&... bound) {
  return option_table<Settings, sizeof...(Bound)>(bound...);
}

}  // namespace v0
}  // namespace trapline::sdk

#include "trapline/sdk/impl/option_checks.hpp"
