// `tiers trace`: what the shipped detector said of each planted episode, one by one, for finding out why one is missed.
#pragma once

#include "contest.hpp"
#include "planted/session.hpp"

namespace tiers {

// Prints episodes and decoys of the pattern's family with the alarms that belong to them and the highest forecast; the
// evidence of false alarms and of misses below them.
void trace(pattern p, const std::vector<planted::session_settings>& sessions, unsigned threads);

}  // namespace tiers
