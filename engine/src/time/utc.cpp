#include "time/utc.hpp"

#include <cstdio>
#include <ctime>

namespace trapline::time {
namespace {

constexpr std::int64_t second = 1'000'000'000;

}  // namespace

std::string utc_text(std::int64_t ns) {
  const std::int64_t part = ((ns % second) + second) % second;
  const std::time_t whole = (ns - part) / second;
  std::tm t{};
  ::gmtime_r(&whole, &t);
  char text[64];
  const std::size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &t);
  std::snprintf(text + n, sizeof text - n, ".%09lldZ", static_cast<long long>(part));
  return text;
}

std::optional<std::int64_t> read_utc(const std::string& text) {
  std::tm t{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &t);
  if (!rest) rest = ::strptime(text.c_str(), "%Y-%m-%d %H:%M:%S", &t);
  if (!rest) return std::nullopt;
  std::int64_t part = 0, unit = second;
  if (*rest == '.')
    for (++rest; *rest >= '0' && *rest <= '9' && unit > 1; ++rest) part += (*rest - '0') * (unit /= 10);
  if (*rest == 'Z') ++rest;
  if (*rest != '\0') return std::nullopt;
  return std::int64_t{::timegm(&t)} * second + part;
}

}  // namespace trapline::time
