#include "reporter.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "trapline/sdk/decimal.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::trap {

namespace {
std::int64_t mantissa(double price, int exp) noexcept {
  const double m = price * sdk::to_double(1, -exp);
  return std::abs(m) < 9e18 ? std::llround(m) : 0;
}
}  // namespace

reporter::reporter(std::string_view detector, std::uint32_t instrument, std::string_view name, sink& out) noexcept
    : detector_(detector), instrument_(instrument), sink_(out) {
  if (name.empty()) {
    name_[0] = '#';
    std::to_chars(name_ + 1, name_ + sizeof name_ - 1, instrument);
  } else {
    sdk::assign(name_, name);
  }
}

void reporter::signal(kind k, std::uint8_t stage, const tracker& t, std::int64_t now, int price_exp) noexcept {
  const assessment& a = t.last();
  trapline_signal s{};
  char* p = s.id;
  char* const end = s.id + sizeof s.id - 1;
  const auto put = [&](std::string_view text) {
    const std::size_t n = std::min(text.size(), static_cast<std::size_t>(end - p));
    std::memcpy(p, text.data(), n);
    p += n;
  };
  put(info(k).name);
  put(":");
  put(sdk::view(name_));
  put(":");
  if (const auto r = std::to_chars(p, end, t.number()); r.ec == std::errc{}) p = r.ptr;
  sdk::assign(s.detector, detector_);
  s.pattern = info(k).abi_pattern;
  s.direction = info(k).direction;
  s.stage = stage;
  s.observability = a.observability;
  s.probability = t.probability();
  s.confidence = confidence(a);
  s.intensity = intensity(a.displacement, a.volume);
  s.severity = severity(s.probability, s.intensity);
  s.has_level = a.level > 0;
  s.price_exp = static_cast<std::int8_t>(price_exp);
  s.level = s.has_level ? mantissa(a.level, price_exp) : 0;
  s.onset_ts = a.onset;
  std::array<trapline_evidence, score::most_told> told;
  const std::size_t n = a.evidence.explain(s.probability, told);
  s.evidence_count = static_cast<std::uint32_t>(n);
  sink_.signal(instrument_, now, s, {told.data(), n});
}

void reporter::matrix(const tracker_set& trackers, const kind_mask& watched, bool warming, std::int64_t now,
                      int price_exp) noexcept {
  trapline_trap_matrix m{};
  std::array<trapline_matrix_row, kind_count> rows{};
  std::uint32_t n = 0;
  for (std::size_t i = 0; i < kind_count; ++i) {
    if (!watched[i]) continue;
    const tracker& t = trackers[i];
    trapline_matrix_row& r = rows[n++];
    r.pattern = kinds[i].abi_pattern;
    r.direction = kinds[i].direction;
    r.stage = t.stage();
    r.probability = t.active() ? t.probability() : prior(static_cast<kind>(i), state::idle);
    r.intensity = t.active() ? intensity(t.last().displacement, t.last().volume) : 0.0;
  }
  sdk::assign(m.detector, detector_);
  const verdict v = overall(trackers);
  m.probability = v.probability;
  m.warming = warming;
  m.price_exp = static_cast<std::int8_t>(price_exp);
  if (v.leading >= 0) {
    const auto k = static_cast<std::size_t>(v.leading);
    const assessment& a = trackers[k].last();
    m.pattern = kinds[k].abi_pattern;
    m.direction = kinds[k].direction;
    m.intensity = intensity(a.displacement, a.volume);
    m.confidence = confidence(a);
    m.has_level = a.level > 0;
    m.level = m.has_level ? mantissa(a.level, price_exp) : 0;
  }
  m.severity = severity(m.probability, m.intensity);
  m.row_count = n;
  sink_.matrix(instrument_, now, m, {rows.data(), n});
}

}  // namespace trapline::trap
