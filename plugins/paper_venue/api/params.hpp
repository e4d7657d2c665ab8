// What a request says: names and texts, from a query or from JSON. Numbers and booleans become texts, so that clients
// may send either.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trapline::paper_venue::api {

class params {
 public:
  // An object, or an array of objects (then rows("")). Nested objects are rows of one. Empty: not such a text.
  static std::optional<params> from_json(std::string_view text);
  // "a=1&b=%32": percent-decoded.
  static params from_query(std::string_view query);

  // "" if absent, null or "".
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const { return !get(name).empty(); }
  // In lower case: words are compared without case.
  std::string word(std::string_view name) const;
  const std::vector<params>& rows(std::string_view name) const;

  void set(std::string name, std::string value) { values_.emplace_back(std::move(name), std::move(value)); }

 private:
  friend struct reader;
  std::vector<std::pair<std::string, std::string>> values_;
  std::vector<std::pair<std::string, std::vector<params>>> rows_;
};

std::string lower(std::string_view text);
// Empty: a percent sign without two hexadecimal digits after it.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace trapline::paper_venue::api
