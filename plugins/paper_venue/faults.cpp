#include "faults.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace trapline::paper_venue {
namespace {

constexpr std::pair<std::string_view, fault_kind> names[] = {{"drop", fault_kind::drop},
                                                             {"truncate", fault_kind::truncate},
                                                             {"wrong_checksum", fault_kind::wrong_checksum},
                                                             {"seq_gap", fault_kind::seq_gap},
                                                             {"login_refused", fault_kind::login_refused},
                                                             {"notice_30033", fault_kind::notice_30033},
                                                             {"silence", fault_kind::silence}};

bool takes_number(fault_kind k) { return k == fault_kind::login_refused || k == fault_kind::notice_30033; }

template <class Number>
bool read(const std::string& text, Number& out) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  return ec == std::errc() && end == text.data() + text.size();
}

}  // namespace

fault parse_fault(std::string_view text) {
  const auto refuse = [&](const std::string& why) {
    throw std::invalid_argument("'" + std::string(text) + "': " + why +
                                "; expected `<seconds> <fault> [argument]`, such as `12.5 drop`");
  };
  std::istringstream words{std::string(text)};
  std::string when, name, argument, rest;
  words >> when >> name >> argument >> rest;
  if (name.empty() || !rest.empty()) refuse("wrong number of words");
  double seconds = 0;
  if (!read(when, seconds) || !std::isfinite(seconds) || seconds < 0 || seconds > 1e9)
    refuse("'" + when + "' is not a number of seconds");
  fault f;
  f.at = std::llround(seconds * 1e9);
  f.argument = argument;
  f.text = std::string(text);
  const auto known = std::find_if(std::begin(names), std::end(names), [&](auto& n) { return n.first == name; });
  if (known == std::end(names)) {
    std::string list;
    for (const auto& n : names) (list += list.empty() ? "" : ", ") += n.first;
    refuse("'" + name + "' is none of " + list);
  }
  f.kind = known->second;
  int n = 0;
  if (takes_number(f.kind)) {
    if (!argument.empty() && (!read(argument, n) || n < 0 || n > 3600))
      refuse("'" + argument + "' is not a number in 0..3600");
  } else if (f.kind != fault_kind::silence && !argument.empty()) {
    refuse("this fault takes no argument");
  }
  return f;
}

std::vector<fault> parse_faults(const std::vector<std::string>& texts) {
  std::vector<fault> out;
  for (const auto& t : texts) out.push_back(parse_fault(t));
  std::stable_sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.at < b.at; });
  return out;
}

}  // namespace trapline::paper_venue
