#include "director.hpp"

#include <cmath>
#include <utility>

namespace trapline::paper_venue {

director::director(const director_settings& settings, const market& m, std::uint64_t seed)
    : settings_(settings), random_(seed), next_at_(m.now() + settings.after) {}

script director::next(const market& m) {
  if (decoys_next_ > 0) {
    --decoys_next_;
    ++decoys_;
    const auto kind = static_cast<decoy_kind>(decoy_turn_++ % decoy_kinds);
    return plan_decoy(kind, random_.chance(0.5), m, random_);
  }
  const auto kind = settings_.kinds[turn_];
  // Sides take turns, so that both of each kind occur.
  const bool up = (rounds_ + turn_) % 2 != 0;
  if (++turn_ == settings_.kinds.size()) {
    turn_ = 0;
    // An even number of kinds would tie each to one side for good.
    rounds_ += 1;
  }
  const double whole = std::floor(settings_.decoys);
  decoys_next_ = static_cast<int>(whole) + random_.chance(settings_.decoys - whole);
  return plan_episode(kind, up, m, random_);
}

void director::begin(script s, market& m) {
  playing_ = std::move(s);
  phase_ = 0;
  told_ = false;
  phase_end_ = m.now() + playing_->phases[0].duration;
  m.begin_phase(playing_->phases[0]);
}

std::optional<episode_truth> director::advance(market& m) {
  if (!playing_) {
    if (settings_.kinds.empty() || m.now() < next_at_) return std::nullopt;
    begin(next(m), m);
  } else if (m.now() >= phase_end_) {
    m.end_phase();
    if (++phase_ == playing_->phases.size()) {
      playing_.reset();
      next_at_ = m.now() + pause();
      return std::nullopt;
    }
    phase_end_ = m.now() + playing_->phases[phase_].duration;
    m.begin_phase(playing_->phases[phase_]);
  } else {
    return std::nullopt;
  }

  if (playing_->pattern == 0) return std::nullopt;
  if (playing_->phases[phase_].onset && !told_) {
    told_ = true;
    truth_ = {};
    truth_.id = ++last_id_;
    truth_.pattern = playing_->pattern;
    truth_.direction = playing_->direction;
    truth_.onset_ts = m.now();
    truth_.end_ts = m.now() + playing_->duration_from_onset();
    truth_.level = playing_->level;
    return truth_;
  }
  if (told_ && phase_ + 1 == playing_->phases.size()) {
    truth_.ended = true;
    truth_.end_ts = m.now();
    return truth_;
  }
  return std::nullopt;
}

}  // namespace trapline::paper_venue
