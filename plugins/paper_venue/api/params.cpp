#include "params.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace trapline::paper_venue::api {

struct reader {
  using json = nlohmann::json;

  static std::string text_of(const json& j) {
    if (j.is_string()) return j.get<std::string>();
    if (j.is_boolean()) return j.get<bool>() ? "true" : "false";
    return j.is_number() ? j.dump() : std::string();
  }

  static params object(const json& j) {
    params p;
    for (const auto& [name, value] : j.items()) {
      if (value.is_object()) p.rows_.emplace_back(name, std::vector<params>{object(value)});
      else if (value.is_array()) p.rows_.emplace_back(name, array(value));
      else p.values_.emplace_back(name, text_of(value));
    }
    return p;
  }

  // What is no object in it stands as a row with its text under "".
  static std::vector<params> array(const json& j) {
    std::vector<params> out;
    for (const auto& value : j) {
      if (value.is_object()) {
        out.push_back(object(value));
        continue;
      }
      out.emplace_back();
      out.back().set("", text_of(value));
    }
    return out;
  }
};

std::optional<params> params::from_json(std::string_view text) {
  const auto j = nlohmann::json::parse(text, nullptr, false);
  if (j.is_object()) return reader::object(j);
  if (!j.is_array()) return std::nullopt;
  params p;
  p.rows_.emplace_back("", reader::array(j));
  return p;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char l = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = digit(text[i + 1]), low = digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

params params::from_query(std::string_view query) {
  params p;
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    auto value = percent_decoded(pair.substr(equals + 1));
    if (value) p.set(std::string(pair.substr(0, equals)), std::move(*value));
  }
  return p;
}

std::string_view params::get(std::string_view name) const {
  const auto it = std::find_if(values_.begin(), values_.end(), [&](auto& v) { return v.first == name; });
  return it == values_.end() ? std::string_view() : it->second;
}

std::string params::word(std::string_view name) const { return lower(get(name)); }

const std::vector<params>& params::rows(std::string_view name) const {
  static const std::vector<params> none;
  const auto it = std::find_if(rows_.begin(), rows_.end(), [&](auto& r) { return r.first == name; });
  return it == rows_.end() ? none : it->second;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace trapline::paper_venue::api
