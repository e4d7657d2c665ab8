// The seed's words, in one table.
//
// With `vocabulary: plain` documents hold the plain fields alone. With `vocabulary: seed` the same documents hold the
// seed's fields beside them, so that readers of either kind work. The words are labels: nothing is computed from them.
#pragma once

#include <array>
#include <string_view>

namespace trapline::redis_bridge {

enum class vocabulary { plain, seed };

// One plain field or value and the seed's name for it.
struct word {
  std::string_view plain;
  std::string_view seed;
};

// --- names of fields that the seed calls otherwise
inline constexpr word field_connection = {"status", "consciousness_level"};
inline constexpr word field_feed_state = {"state", "consciousness_state"};
inline constexpr word field_position_state = {"state", "consciousness_state"};
inline constexpr word field_severity = {"severity", "consciousness_level"};
inline constexpr word field_position_size = {"position_size", "size"};
inline constexpr word field_pnl = {"pnl_usd", "pnl"};
inline constexpr word field_side = {"position_side", "side"};

// Fields of the seed's PositionConsciousness that the plain document has for an open position only.
inline constexpr std::array<std::string_view, 2> seed_flat_fields = {"entry_price", "current_price"};

// --- every field that the seed's interfaces name, by the key whose document holds it with `vocabulary: seed`
struct seed_field {
  std::string_view key, field;
};
inline constexpr std::array<seed_field, 18> seed_fields = {{
    {"ws_status", "consciousness_level"},  // MMWebSocketState
    {"ws_status", "last_heartbeat"},
    {"ws_status", "sacred_frequency"},
    {"ws_status", "schumann_resonance"},
    {"current_position", "entry_price"},  // PositionConsciousness
    {"current_position", "current_price"},
    {"current_position", "size"},
    {"current_position", "pnl"},
    {"current_position", "side"},
    {"current_position", "consciousness_state"},
    {"mm_trap_probability", "probability"},  // TrapDetectionMatrix
    {"mm_trap_probability", "intensity"},
    {"mm_trap_probability", "pattern_type"},
    {"mm_trap_probability", "consciousness_level"},
    {"ws_debug", "last_update"},  // DebugConsciousness
    {"ws_debug", "connection_state"},
    {"ws_debug", "message_queue"},
    {"ws_debug", "error_log"},
}};

// --- values
inline constexpr std::array<word, 3> feed_state_words = {{
    {"ok", "DIVINE_CONNECTED"},                  // all subscriptions acknowledged, data fresh
    {"recovering", "CONSCIOUSNESS_REALIGNING"},  // (re)connecting or resyncing; cache served as stale
    {"error", "SACRED_ERROR"},                   // login rejected, refused, or retries exhausted
}};
inline constexpr std::array<word, 4> severity_words = {{
    {"neutral", "NEUTRAL"},
    {"watch", "WATCH"},
    {"elevated", "ELEVATED"},
    {"critical", "CRITICAL"},
}};
inline constexpr std::array<word, 3> side_words = {{
    {"none", "NEUTRAL"},
    {"long", "LONG"},
    {"short", "SHORT"},
}};

// --- constants of the seed's status document; labels that enter no calculation
inline constexpr std::string_view sacred_frequency_field = "sacred_frequency";
inline constexpr std::string_view sacred_frequency = "432";
inline constexpr std::string_view schumann_resonance_field = "schumann_resonance";
inline constexpr std::string_view schumann_resonance = "7.83";

// The seed's word for a plain value; the value itself if the table has none.
template <std::size_t N>
constexpr std::string_view seed_word(const std::array<word, N>& table, std::string_view plain) {
  for (const auto& w : table)
    if (w.plain == plain) return w.seed;
  return plain;
}

}  // namespace trapline::redis_bridge
