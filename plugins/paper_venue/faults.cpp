#include "faults.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace trapline::paper_venue {
namespace {

struct argument {
  std::int64_t usual, least, most;
};
constexpr argument none{0, 0, -1};
constexpr argument how_many{1, 0, 1'000'000};

struct known_fault {
  std::string_view name;
  fault_kind kind;
  argument first, second;
};

constexpr known_fault known[] = {{"drop", fault_kind::drop, none, none},
                                 {"close_storm", fault_kind::close_storm, {10, 0, 3600}, none},
                                 {"black_hole", fault_kind::black_hole, {10, 0, 3600}, none},
                                 {"notice_30033", fault_kind::notice_30033, {5, 0, 3600}, none},
                                 {"delay", fault_kind::delay, {500, 0, 600'000}, {10, 0, 3600}},
                                 {"truncate", fault_kind::truncate, how_many, none},
                                 {"corrupt", fault_kind::corrupt, how_many, none},
                                 {"duplicate", fault_kind::duplicate, how_many, none},
                                 {"reorder", fault_kind::reorder, how_many, none},
                                 {"wrong_checksum", fault_kind::wrong_checksum, none, none},
                                 {"seq_gap", fault_kind::seq_gap, none, none},
                                 {"silence", fault_kind::silence, none, none},
                                 {"lost_ack", fault_kind::lost_ack, how_many, none},
                                 {"lost_push", fault_kind::lost_push, how_many, none},
                                 {"login_refused", fault_kind::login_refused, {1, 0, 3600}, none},
                                 {"clock_jump", fault_kind::clock_jump, {60'000, -86'400'000, 86'400'000}, none},
                                 {"rest_error", fault_kind::rest_error, {503, 400, 599}, how_many},
                                 {"rest_timeout", fault_kind::rest_timeout, how_many, none}};

template <class Number>
bool read(const std::string& text, Number& out) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  return ec == std::errc() && end == text.data() + text.size();
}

}  // namespace

fault parse_fault(std::string_view text) {
  const auto refuse = [&](const std::string& why) {
    throw std::invalid_argument("'" + std::string(text) + "': " + why +
                                "; expected `<seconds> <fault> [argument [argument]]`, such as `12.5 drop`");
  };
  std::istringstream words{std::string(text)};
  std::string when, name, first, second, rest;
  words >> when >> name >> first >> second >> rest;
  if (name.empty() || !rest.empty()) refuse("wrong number of words");
  double seconds = 0;
  if (!read(when, seconds) || !std::isfinite(seconds) || seconds < 0 || seconds > 1e9)
    refuse("'" + when + "' is not a number of seconds");
  fault f;
  f.at = std::llround(seconds * 1e9);
  f.text = std::string(text);
  const auto it = std::find_if(std::begin(known), std::end(known), [&](auto& k) { return k.name == name; });
  if (it == std::end(known)) {
    std::string list;
    for (const auto& k : known) (list += list.empty() ? "" : ", ") += k.name;
    refuse("'" + name + "' is none of " + list);
  }
  f.kind = it->kind;
  if (f.kind == fault_kind::silence) {
    if (!second.empty()) refuse("this fault takes one argument");
    f.word = first;
    return f;
  }
  const auto number = [&](const argument& a, const std::string& given) {
    if (given.empty()) return a.usual;
    std::int64_t n = 0;
    if (a.most < a.least) refuse("'" + given + "' is more than this fault takes");
    if (!read(given, n) || n < a.least || n > a.most)
      refuse("'" + given + "' is not a number in " + std::to_string(a.least) + ".." + std::to_string(a.most));
    return n;
  };
  f.number = number(it->first, first);
  f.number2 = number(it->second, second);
  return f;
}

std::vector<fault> parse_faults(const std::vector<std::string>& texts) {
  std::vector<fault> out;
  for (const auto& t : texts) out.push_back(parse_fault(t));
  std::stable_sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.at < b.at; });
  return out;
}

fault random_fault(prng& random) {
  const auto& k = known[random.below(static_cast<std::int64_t>(std::size(known)))];
  return parse_fault("0 " + std::string(k.name));
}

}  // namespace trapline::paper_venue
