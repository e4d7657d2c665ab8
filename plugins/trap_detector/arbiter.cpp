#include "arbiter.hpp"

#include <algorithm>
#include <cmath>

namespace trapline::trap {

namespace {
// After the last state, evidence may still arrive (refill of the book, reversal of the flow).
constexpr std::int64_t grace = 30 * second;

double faded(double p, double floor, std::int64_t age, std::int64_t half_life) noexcept {
  if (age <= 0) return p;
  const double left = std::exp2(-static_cast<double>(age) / static_cast<double>(half_life));
  return logistic(logit(floor) + (logit(std::clamp(p, 1e-6, 1 - 1e-6)) - logit(floor)) * left);
}
}  // namespace

tracker::news tracker::end(std::int64_t now, std::int64_t refractory) noexcept {
  if (alarmed_) quiet_until_ = now + refractory;
  ended_onset_ = last_.onset;
  stage_ = TRAPLINE_STAGE_NONE;
  alarmed_ = false;
  confirmed_at_ = 0;
  return {TRAPLINE_STAGE_EXPIRED, false, true};
}

tracker::news tracker::step(kind k, const assessment& a, std::int64_t now, const settings& s,
                            std::int64_t refractory) noexcept {
  const double idle = prior(k, state::idle);
  if (!a.active) {
    if (!active()) return {};
    probability_ = std::min(probability_, idle);
    return end(now, refractory);
  }
  const double p = a.evidence.probability();
  // What is context only, or not yet what the pattern is, raises no alarm: no probability reaches its threshold.
  const bool never = a.held || info(k).group == kind_group::context;
  const auto [at, off] = alarm_at(a, s);
  const double on = never ? 2.0 : at;
  if (!active()) {
    if (a.onset == ended_onset_ && ended_onset_ != 0) return {TRAPLINE_STAGE_NONE, false, a.confirmed};
    if (now < quiet_until_) return {TRAPLINE_STAGE_NONE, false, a.confirmed};
    ++number_;
    last_ = a;
    probability_ = p;
    stage_ = TRAPLINE_STAGE_FORMING;
    if (p < on) return {TRAPLINE_STAGE_FORMING, false, false};
  }

  if (stage_ == TRAPLINE_STAGE_CONFIRMED) {
    // New evidence of the same episode (another withdrawn layer) starts the fading anew.
    if (a.last > fade_from_ && p >= on) {
      fade_from_ = a.last;
      last_ = a;
    }
    probability_ = faded(last_.evidence.probability(), idle, now - std::max(fade_from_, confirmed_at_), s.half_life);
    return probability_ < off ? end(now, refractory) : news{};
  }

  const std::int64_t onset = last_.onset;
  last_ = a;
  // An episode keeps the onset it was first told with.
  if (alarmed_) last_.onset = onset;
  probability_ = p;
  if (p >= on && a.confirmed) {
    const bool first = !alarmed_;
    stage_ = TRAPLINE_STAGE_CONFIRMED;
    alarmed_ = true;
    alarmed_onset_ = last_.onset;
    confirmed_at_ = now;
    fade_from_ = a.last;
    return {stage_, first, false};
  }
  if (p >= on && stage_ == TRAPLINE_STAGE_FORMING) {
    stage_ = TRAPLINE_STAGE_DETECTED;
    alarmed_ = true;
    alarmed_onset_ = last_.onset;
    return {stage_, true, false};
  }
  if (p < off && stage_ == TRAPLINE_STAGE_DETECTED) return end(now, refractory);
  if (a.confirmed && now - a.last > grace) return end(now, refractory);
  return {};
}

double confidence(const assessment& a) noexcept {
  const double quality = a.observability == TRAPLINE_OBSERVABILITY_FULL      ? 1.0
                         : a.observability == TRAPLINE_OBSERVABILITY_REDUCED ? 0.7
                                                                             : 0.4;
  return a.evidence.completeness() * quality;
}

std::uint8_t severity(double probability, double intensity) noexcept {
  if (probability >= 0.85 && intensity >= 0.5) return TRAPLINE_SEVERITY_CRITICAL;
  if (probability >= 0.70) return TRAPLINE_SEVERITY_ELEVATED;
  if (probability >= 0.30) return TRAPLINE_SEVERITY_WATCH;
  return TRAPLINE_SEVERITY_NEUTRAL;
}

verdict overall(const std::array<tracker, kind_count>& trackers) noexcept {
  double flow = 0, book = 0, idle = 0, best = -1;
  verdict out;
  for (std::size_t i = 0; i < kind_count; ++i) {
    const kind k = static_cast<kind>(i);
    if (info(k).group > kind_group::book) continue;
    if (!trackers[i].active()) {
      idle = std::max(idle, prior(k, state::idle));
      continue;
    }
    const double p = trackers[i].probability();
    double& group = info(k).group == kind_group::book ? book : flow;
    group = std::max(group, p);
    if (p > best) {
      best = p;
      out.leading = static_cast<int>(i);
    }
  }
  out.probability = std::max(idle, 1 - (1 - flow) * (1 - book));
  return out;
}

}  // namespace trapline::trap
