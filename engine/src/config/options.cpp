#include "config/options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

namespace trapline::config {
namespace {

using json = nlohmann::ordered_json;

template <class T>
std::optional<T> number(std::string_view s) {
  T v{};
  const auto r = std::from_chars(s.data(), s.data() + s.size(), v);
  if (s.empty() || r.ec != std::errc{} || r.ptr != s.data() + s.size()) return std::nullopt;
  return v;
}

struct unit {
  std::string_view name;
  double factor;
};

// A number with a unit, as an integer of the base unit.
std::optional<std::int64_t> with_unit(std::string_view s, std::span<const unit> units, bool bare_allowed) {
  const auto split = s.find_first_not_of("0123456789.-");
  const auto value = number<double>(s.substr(0, split));
  if (!value || !std::isfinite(*value)) return std::nullopt;
  double factor = 1;
  if (split == std::string_view::npos) {
    if (!bare_allowed && *value != 0) return std::nullopt;
  } else {
    const auto name = s.substr(split);
    const auto u = std::find_if(units.begin(), units.end(), [&](const unit& x) { return x.name == name; });
    if (u == units.end()) return std::nullopt;
    factor = u->factor;
  }
  const double v = *value * factor;
  if (std::abs(v) > 9e18) return std::nullopt;
  return static_cast<std::int64_t>(std::llround(v));
}

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    auto end = text.find(by, at);
    if (end == std::string_view::npos) end = text.size();
    out.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string in_quotes(std::string_view s) {
  return "'" + std::string(s.substr(0, 80)) + (s.size() > 80 ? "...'" : "'");
}

std::string choices(const std::string& allowed) {
  std::string out;
  for (const auto& c : split(allowed, '|')) out += (out.empty() ? "" : ", ") + c;
  return out;
}

// Numeric value of a scalar of the given type, for ranges.
std::optional<double> as_number(std::uint32_t type, std::string_view s) {
  switch (type) {
    case TRAPLINE_OPTION_INT:
      if (const auto v = number<std::int64_t>(s)) return static_cast<double>(*v);
      return std::nullopt;
    case TRAPLINE_OPTION_FLOAT: {
      const auto v = number<double>(s);
      return v && std::isfinite(*v) ? v : std::nullopt;
    }
    case TRAPLINE_OPTION_DURATION:
      if (const auto v = parse_duration(s)) return static_cast<double>(*v);
      return std::nullopt;
    case TRAPLINE_OPTION_BYTES:
      if (const auto v = parse_bytes(s)) return static_cast<double>(*v);
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

const char* expected(std::uint32_t type) {
  switch (type) {
    case TRAPLINE_OPTION_BOOL:
      return "expected true or false";
    case TRAPLINE_OPTION_INT:
      return "expected a whole number";
    case TRAPLINE_OPTION_FLOAT:
      return "expected a number";
    case TRAPLINE_OPTION_DURATION:
      return "expected a duration with its unit, such as 250ms, 15s, 10m or 1h";
    case TRAPLINE_OPTION_BYTES:
      return "expected a size, such as 64KiB or 4MiB";
    case TRAPLINE_OPTION_LIST:
      return "expected a list of texts, such as [a, b]";
    case TRAPLINE_OPTION_MAP:
      return "expected a map of texts";
    default:
      return "expected a text";
  }
}

// Value of one option as JSON, or the text of what is wrong.
struct outcome {
  json value;
  std::string error;
  static outcome ok(json v) { return {std::move(v), {}}; }
  static outcome bad(std::string e) { return {{}, std::move(e)}; }
};

outcome check_number(const option& o, const std::string& text) {
  const auto v = as_number(o.type, text);
  if (!v) return outcome::bad(std::string(expected(o.type)) + ", found " + in_quotes(text));
  if (o.allowed) {
    const auto dots = o.allowed->find("..");
    const auto low = as_number(o.type, std::string_view(*o.allowed).substr(0, dots));
    const auto high = as_number(o.type, std::string_view(*o.allowed).substr(dots + 2));
    if ((low && *v < *low) || (high && *v > *high))
      return outcome::bad("out of range: found " + in_quotes(text) + ", allowed is " + *o.allowed);
  }
  if (o.type == TRAPLINE_OPTION_FLOAT) return outcome::ok(*v);
  if (o.type == TRAPLINE_OPTION_INT) return outcome::ok(*number<std::int64_t>(text));
  return outcome::ok(o.type == TRAPLINE_OPTION_DURATION ? *parse_duration(text) : *parse_bytes(text));
}

outcome check_word(const option& o, const std::string& text) {
  if (!o.allowed) return outcome::ok(text);
  const auto words = split(*o.allowed, '|');
  if (std::find(words.begin(), words.end(), text) != words.end()) return outcome::ok(text);
  const auto near = nearest(text, words);
  return outcome::bad("found " + in_quotes(text) + ", allowed is " + choices(*o.allowed) +
                      (near.empty() ? "" : ". Did you mean '" + near + "'?"));
}

outcome check_scalar(const option& o, const std::string& text) {
  switch (o.type) {
    case TRAPLINE_OPTION_BOOL:
      if (text == "true" || text == "false") return outcome::ok(text == "true");
      return outcome::bad(std::string(expected(o.type)) + ", found " + in_quotes(text));
    case TRAPLINE_OPTION_INT:
    case TRAPLINE_OPTION_FLOAT:
    case TRAPLINE_OPTION_DURATION:
    case TRAPLINE_OPTION_BYTES:
      return check_number(o, text);
    case TRAPLINE_OPTION_ENUM:
      return check_word(o, text);
    case TRAPLINE_OPTION_SECRET:
      if (parse_secret(text)) return outcome::ok(true);
      // The text is never repeated: it may be the secret itself.
      return outcome::bad("a secret must not stand in this file; write env:NAME, file:PATH or credential:NAME");
    default:
      return outcome::ok(text);
  }
}

outcome check_value(const option& o, const node& n) {
  using kind = node::kind;
  if (o.type == TRAPLINE_OPTION_LIST) {
    if (n.type != kind::list) return outcome::bad(expected(o.type));
    json out = json::array();
    for (const auto& item : n.items) {
      if (item.type != kind::scalar) return outcome::bad(expected(o.type));
      auto word = check_word(o, item.scalar);
      if (!word.error.empty()) return word;
      if (std::find(out.begin(), out.end(), word.value) != out.end())
        return outcome::bad(in_quotes(item.scalar) + " is in the list twice");
      out.push_back(std::move(word.value));
    }
    return outcome::ok(std::move(out));
  }
  if (o.type == TRAPLINE_OPTION_MAP) {
    if (n.type != kind::map) return outcome::bad(expected(o.type));
    json out = json::object();
    for (const auto& e : n.entries) {
      if (e.value.type != kind::scalar) return outcome::bad(expected(o.type));
      out[e.key] = e.value.scalar;
    }
    return outcome::ok(std::move(out));
  }
  if (n.type != kind::scalar)
    return outcome::bad(std::string(expected(o.type)) + ", found a " +
                        (n.type == kind::list  ? "list"
                         : n.type == kind::map ? "map"
                                               : "blank"));
  return check_scalar(o, n.scalar);
}

// A range has two ends, each empty or a value of the option's type; an enum has words.
bool allowed_is_sound(const option& o) {
  if (o.type == TRAPLINE_OPTION_ENUM) return o.allowed && !o.allowed->empty();
  const bool numeric = o.type == TRAPLINE_OPTION_INT || o.type == TRAPLINE_OPTION_FLOAT ||
                       o.type == TRAPLINE_OPTION_DURATION || o.type == TRAPLINE_OPTION_BYTES;
  if (!numeric || !o.allowed) return true;
  const auto dots = o.allowed->find("..");
  if (dots == std::string::npos) return false;
  const auto sound = [&](std::string_view end) { return end.empty() || as_number(o.type, end); };
  return sound(std::string_view(*o.allowed).substr(0, dots)) && sound(std::string_view(*o.allowed).substr(dots + 2));
}

outcome default_of(const option& o) {
  if (!o.default_value) return outcome::ok(nullptr);
  std::vector<problem> ignored;
  const node document = parse_yaml("v: " + (o.default_value->empty() ? "''" : *o.default_value), ignored);
  const node* v = document.find("v");
  if (!v) return outcome::bad("default is not YAML");
  return check_value(o, *v);
}

void put(json& root, const std::string& path, json value) {
  json* at = &root;
  for (const auto& word : split(path, '.')) at = &(*at)[word];
  *at = std::move(value);
}

// Walks what was given; everything must lead to an option.
void walk(const std::map<std::string, const option*>& by_path, const node& given, const std::string& below,
          const std::string& place, checked_options& out, json& root, std::set<std::string>& seen,
          std::vector<problem>& problems, const std::vector<std::string>& also) {
  for (const auto& e : given.entries) {
    if (below.empty() && std::find(also.begin(), also.end(), e.key) != also.end()) continue;
    const std::string path = below.empty() ? e.key : below + "." + e.key;
    const std::string full = place.empty() ? path : place + "." + path;
    if (const auto it = by_path.find(path); it != by_path.end()) {
      seen.insert(path);
      auto v = check_value(*it->second, e.value);
      if (!v.error.empty()) {
        problems.push_back({e.value.at.line > 0 ? e.value.at : e.at, full, v.error});
        continue;
      }
      if (it->second->type == TRAPLINE_OPTION_SECRET) out.secrets[path] = *parse_secret(e.value.scalar);
      put(root, path, std::move(v.value));
      continue;
    }
    const std::string prefix = path + ".";
    const auto inner = by_path.lower_bound(prefix);
    if (inner != by_path.end() && inner->first.compare(0, prefix.size(), prefix) == 0) {
      if (e.value.type == node::kind::map) walk(by_path, e.value, path, place, out, root, seen, problems, also);
      else
        problems.push_back(
            {e.at, full, "expected a map with options such as '" + inner->first.substr(prefix.size()) + "'"});
      continue;
    }
    std::vector<std::string> known = below.empty() ? also : std::vector<std::string>{};  // siblings
    const std::string parent = below.empty() ? "" : below + ".";
    for (const auto& [p, o] : by_path)
      if (p.compare(0, parent.size(), parent) == 0)
        known.push_back(p.substr(parent.size(), p.find('.', parent.size()) - parent.size()));
    const auto near = nearest(e.key, known);
    problems.push_back(
        {e.at, full, "unknown option" + (near.empty() ? std::string() : "; did you mean '" + near + "'?")});
  }
}

}  // namespace

namespace {

void drop_unknown(const std::vector<option>& table, node& at, const std::string& below,
                  std::vector<std::string>& dropped) {
  std::erase_if(at.entries, [&](node::entry& e) {
    const std::string path = below + e.key;
    bool inside = false;
    for (const auto& o : table) {
      if (o.path == path) return false;
      inside = inside || o.path.compare(0, path.size() + 1, path + ".") == 0;
    }
    if (inside) drop_unknown(table, e.value, path + ".", dropped);
    else dropped.push_back(path);
    return !inside;
  });
}

}  // namespace

std::vector<std::string> drop_unknown(const std::vector<option>& table, node& subtree) {
  std::vector<std::string> dropped;
  drop_unknown(table, subtree, {}, dropped);
  return dropped;
}

void set(node& subtree, std::string_view path, node value) {
  const auto dot = path.find('.');
  const auto key = path.substr(0, dot);
  if (subtree.type != node::kind::map) subtree = {node::kind::map, subtree.at, {}, {}, {}};
  auto at = std::find_if(subtree.entries.begin(), subtree.entries.end(), [&](const auto& e) { return e.key == key; });
  if (at == subtree.entries.end()) at = subtree.entries.insert(at, {std::string(key), subtree.at, {}});
  if (dot == std::string_view::npos) at->value = std::move(value);
  else set(at->value, path.substr(dot + 1), std::move(value));
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  static constexpr unit units[] = {{"ns", 1},   {"us", 1e3},   {"ms", 1e6},   {"s", 1e9},
                                   {"m", 6e10}, {"h", 3.6e12}, {"d", 8.64e13}};
  return with_unit(text, units, false);
}

std::string duration_text(std::int64_t ns) {
  constexpr std::int64_t second = 1'000'000'000;
  if (ns > 0 && ns < second) return std::to_string(ns / 1'000'000) + "ms";
  std::string out;
  std::int64_t rest = ns / second;
  for (const auto& [name, seconds] : {std::pair{"h", 3600}, std::pair{"m", 60}, std::pair{"s", 1}}) {
    if (rest >= seconds) out += std::to_string(rest / seconds) + name;
    rest %= seconds;
  }
  return out.empty() ? "0s" : out;
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  static constexpr unit units[] = {{"B", 1},      {"kB", 1e3},      {"MB", 1e6},        {"GB", 1e9},
                                   {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}};
  return with_unit(text, units, true);
}

std::optional<secret_reference> parse_secret(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
  const auto kind = text.substr(0, colon);
  if (kind != "env" && kind != "file" && kind != "credential") return std::nullopt;
  return secret_reference{std::string(kind), std::string(text.substr(colon + 1))};
}

std::string_view type_name(std::uint32_t type) {
  static constexpr std::string_view names[] = {"?",     "bool", "int",    "float", "string", "duration",
                                               "bytes", "enum", "secret", "list",  "map"};
  return type < std::size(names) ? names[type] : names[0];
}

std::vector<option> read_table(const trapline_option* rows, std::uint32_t count, std::uint32_t stride) {
  std::vector<option> out;
  const auto text = [](const char* s) { return s ? std::optional<std::string>(s) : std::nullopt; };
  for (std::uint32_t i = 0; i < count; ++i) {
    trapline_option row{};
    std::memcpy(&row, reinterpret_cast<const std::byte*>(rows) + std::size_t{i} * stride,
                std::min<std::size_t>(stride, sizeof row));
    out.push_back({text(row.path).value_or(""), text(row.doc).value_or(""), row.type,
                   (row.flags & TRAPLINE_OPTION_REQUIRED) != 0, text(row.default_value), text(row.allowed)});
  }
  return out;
}

std::vector<std::string> table_faults(const std::vector<option>& table) {
  std::vector<std::string> out;
  std::set<std::string> seen;
  for (const auto& o : table) {
    if (o.path.empty() || !seen.insert(o.path).second) out.push_back("option '" + o.path + "': empty or repeated path");
    if (o.type < TRAPLINE_OPTION_BOOL || o.type > TRAPLINE_OPTION_MAP)
      out.push_back("option '" + o.path + "': unknown type");
    if (!allowed_is_sound(o)) {
      out.push_back("option '" + o.path +
                    "': 'allowed' is neither a range min..max nor a list of words, as its type needs");
      continue;
    }
    if (const auto d = default_of(o); !d.error.empty())
      out.push_back("option '" + o.path + "': bad default: " + d.error);
  }
  return out;
}

checked_options check_options(const std::vector<option>& table, const node* subtree, position where,
                              const std::string& path, std::vector<problem>& problems,
                              const std::vector<std::string>& also) {
  checked_options out;
  json root = json::object();
  std::map<std::string, const option*> by_path;
  for (const auto& o : table) {
    by_path[o.path] = &o;
    if (o.type == TRAPLINE_OPTION_SECRET) put(root, o.path, nullptr);
    else put(root, o.path, default_of(o).value);
  }
  std::set<std::string> seen;
  if (subtree && subtree->type == node::kind::map) walk(by_path, *subtree, {}, path, out, root, seen, problems, also);
  else if (subtree && subtree->type != node::kind::null)
    problems.push_back({subtree->at, path, "expected a map of options"});
  for (const auto& o : table)
    if (o.required && !seen.contains(o.path))
      problems.push_back({where, path.empty() ? o.path : path + "." + o.path, "required, but missing: " + o.doc});
  out.json = root.dump();
  return out;
}

}  // namespace trapline::config
