// The SDK's JSON reader against a library: what it reads, the library reads, too, and as the same value. (It refuses
// more: keys twice, nesting.) Input: the text.
#include <cmath>
#include <nlohmann/json.hpp>

#include "fuzz.hpp"
#include "trapline/sdk/json.hpp"

namespace trapline::fuzz {

namespace {

bool same(const sdk::json_value& a, const nlohmann::json& b) {
  using kind = sdk::json_value::kind;
  switch (a.type) {
    case kind::null:
      return b.is_null();
    case kind::boolean:
      return b.is_boolean() && b.get<bool>() == a.truth;
    case kind::integer:
      return b.is_number_integer() && b.get<std::int64_t>() == a.integer;
    case kind::real:
      return b.is_number() && b.get<double>() == a.real;
    case kind::text:
      return b.is_string() && b.get_ref<const std::string&>() == a.text;
    case kind::list:
      if (!b.is_array() || b.size() != a.items.size()) return false;
      for (std::size_t i = 0; i < a.items.size(); ++i)
        if (!same(a.items[i], b[i])) return false;
      return true;
    case kind::object:
      if (!b.is_object() || b.size() != a.keys.size()) return false;
      for (std::size_t i = 0; i < a.keys.size(); ++i)
        if (!b.contains(a.keys[i]) || !same(a.items[i], b[a.keys[i]])) return false;
      return true;
  }
  return false;
}

}  // namespace

void options_json(std::string_view input) {
  sdk::json_value value;
  try {
    value = sdk::parse_json(input);
  } catch (const sdk::error&) {
    return;
  }
  const auto reference = nlohmann::json::parse(input, nullptr, false);
  require(!reference.is_discarded(), "what is read is JSON");
  require(same(value, reference), "a text means the same to both readers");
}

}  // namespace trapline::fuzz
