// `tiers trace`: what the shipped detector said of each planted episode, one by one, for finding out why one is missed.
#pragma once

#include <string>

#include "contest.hpp"
#include "planted/session.hpp"

namespace tiers {

// Prints episodes and decoys of the pattern's family with the alarms that belong to them, their evidence, and the
// highest forecast. Of spoofing and layering every leg of false orders, too: what the detector made of each order, and
// at the end how many episodes and decoys repeated themselves in its eyes, alarmed or not.
void trace(pattern p, const std::vector<planted::session_settings>& sessions, unsigned threads);
// The same of false orders laid over the recording `path`: `traps` of them, and their decoys.
void trace_overlays(pattern p, const std::string& path, planted::split s, planted::difficulty d, int traps);

}  // namespace tiers
