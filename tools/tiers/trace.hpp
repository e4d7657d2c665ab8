// `tiers trace`: what the shipped detector said of each planted episode, one by one, for finding out why one is missed.
#pragma once

#include <string>

#include "contest.hpp"
#include "planted/session.hpp"

namespace tiers {

// Episodes and decoys of the pattern's family with the alarms that belong to them, their evidence, and the highest
// forecast. Of spoofing and layering every leg of false orders, too: what the detector made of each order, and at the
// end how many episodes and decoys repeated themselves in its eyes, alarmed or not. `possible` are those with three
// legs that are false by the definition whatever a detector sees: a fifth of an order at most was traded, and of a
// ladder three orders or more and 70 % of it were withdrawn so.
std::string trace(pattern p, const std::vector<planted::session_settings>& sessions, unsigned threads);
// The same of false orders laid over the recording `path`: `traps` of them, and their decoys.
std::string trace_overlays(pattern p, const std::string& path, planted::split s, planted::difficulty d, int traps,
                           unsigned threads);

}  // namespace tiers
