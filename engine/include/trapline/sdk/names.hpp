// The words for ABI constants, as they stand in FORMATS, Redis and logs. Unknown values: "unknown".
#pragma once

#include <cstdint>
#include <string_view>

#include "trapline/abi/account.h"
#include "trapline/abi/event.h"
#include "trapline/abi/market.h"
#include "trapline/abi/signal.h"
#include "trapline/abi/system.h"

namespace trapline::sdk {
inline namespace v0 {

namespace detail {
template <std::size_t N>
constexpr std::string_view pick(const std::string_view (&names)[N], std::uint64_t i) noexcept {
  return i < N ? names[i] : std::string_view("unknown");
}
}  // namespace detail

constexpr std::string_view side_name(std::uint8_t side) noexcept {
  constexpr std::string_view n[] = {"unknown", "buy", "sell"};
  return detail::pick(n, side);
}
constexpr std::string_view pattern_name(std::uint16_t pattern) noexcept {
  constexpr std::string_view n[] = {"unknown",        "stop_hunt",    "liquidity_grab", "half_liquidity_grab",
                                    "bull_trap",      "bear_trap",    "fake_pump",      "fake_dump",
                                    "pump",           "dump",         "spoofing",       "layering",
                                    "quote_stuffing", "wash_trading", "absorption",     "momentum_ignition",
                                    "liquidity_pull"};
  static_assert(sizeof n / sizeof n[0] == TRAPLINE_PATTERN_COUNT);
  return detail::pick(n, pattern);
}
constexpr std::string_view direction_name(std::uint8_t direction) noexcept {
  constexpr std::string_view n[] = {"unknown", "up", "down", "bid", "ask"};
  return detail::pick(n, direction);
}
constexpr std::string_view stage_name(std::uint8_t stage) noexcept {
  constexpr std::string_view n[] = {"none", "forming", "detected", "confirmed", "expired"};
  return detail::pick(n, stage);
}
constexpr std::string_view severity_name(std::uint8_t severity) noexcept {
  constexpr std::string_view n[] = {"neutral", "watch", "elevated", "critical"};
  return detail::pick(n, severity);
}
constexpr std::string_view observability_name(std::uint8_t o) noexcept {
  constexpr std::string_view n[] = {"full", "reduced", "low"};
  return detail::pick(n, o);
}
constexpr std::string_view feed_state_name(std::uint8_t state) noexcept {
  constexpr std::string_view n[] = {"STOPPED", "CONNECTING", "AUTHENTICATING", "SUBSCRIBING",
                                    "LIVE",    "STALE",      "BACKOFF",        "FAILED"};
  return detail::pick(n, state);
}
constexpr std::string_view position_side_name(std::uint8_t side) noexcept {
  constexpr std::string_view n[] = {"none", "long", "short"};
  return detail::pick(n, side);
}
constexpr std::string_view position_mode_name(std::uint8_t mode) noexcept {
  constexpr std::string_view n[] = {"unknown", "one_way", "hedge"};
  return detail::pick(n, mode);
}
constexpr std::string_view margin_mode_name(std::uint8_t mode) noexcept {
  constexpr std::string_view n[] = {"unknown", "crossed", "isolated"};
  return detail::pick(n, mode);
}
constexpr std::string_view order_status_name(std::uint8_t status) noexcept {
  constexpr std::string_view n[] = {"none", "live", "partially_filled", "filled", "canceled", "unknown"};
  return detail::pick(n, status);
}
constexpr std::string_view order_type_name(std::uint8_t type) noexcept {
  constexpr std::string_view n[] = {"unknown", "limit", "market"};
  return detail::pick(n, type);
}
constexpr std::string_view liquidity_name(std::uint8_t liquidity) noexcept {
  constexpr std::string_view n[] = {"unknown", "maker", "taker"};
  return detail::pick(n, liquidity);
}
constexpr std::string_view plan_kind_name(std::uint8_t kind) noexcept {
  constexpr std::string_view n[] = {
      "none",     "trigger", "take_profit", "stop_loss", "position_take_profit", "position_stop_loss",
      "trailing", "unknown"};
  return detail::pick(n, kind);
}
constexpr std::string_view plan_status_name(std::uint8_t status) noexcept {
  constexpr std::string_view n[] = {"unknown", "live", "triggered", "failed", "canceled"};
  return detail::pick(n, status);
}
constexpr std::string_view trigger_by_name(std::uint8_t what) noexcept {
  constexpr std::string_view n[] = {"unknown", "last", "mark"};
  return detail::pick(n, what);
}
constexpr std::string_view gap_channel_name(std::uint8_t channel) noexcept {
  constexpr std::string_view n[] = {"bus", "book", "trade", "private"};
  return detail::pick(n, channel);
}
constexpr std::string_view gap_reason_name(std::uint8_t reason) noexcept {
  constexpr std::string_view n[] = {"unknown", "overrun", "sequence", "checksum", "crossed", "disconnect", "malformed"};
  return detail::pick(n, reason);
}
constexpr std::string_view health_name(std::uint32_t state) noexcept {
  constexpr std::string_view n[] = {"ok", "degraded", "failed"};
  return detail::pick(n, state);
}
constexpr std::string_view instance_state_name(std::uint32_t state) noexcept {
  constexpr std::string_view n[] = {"unknown", "created",     "configured", "running", "draining",
                                    "stopped", "quarantined", "restarting", "left_out"};
  return detail::pick(n, state);
}
// Of a core event type (space 0).
constexpr std::string_view event_name(std::uint16_t type) noexcept {
  switch (type) {
    case TRAPLINE_EVENT_INSTRUMENT:
      return "instrument";
    case TRAPLINE_EVENT_TRADE:
      return "trade";
    case TRAPLINE_EVENT_BOOK_SNAPSHOT:
      return "book_snapshot";
    case TRAPLINE_EVENT_BOOK_DELTA:
      return "book_delta";
    case TRAPLINE_EVENT_TICKER:
      return "ticker";
    case TRAPLINE_EVENT_CANDLE:
      return "candle";
    case TRAPLINE_EVENT_FEED_STATUS:
      return "feed_status";
    case TRAPLINE_EVENT_SIGNAL:
      return "signal";
    case TRAPLINE_EVENT_TRAP_MATRIX:
      return "trap_matrix";
    case TRAPLINE_EVENT_EPISODE:
      return "episode";
    case TRAPLINE_EVENT_TIMER:
      return "timer";
    case TRAPLINE_EVENT_GAP:
      return "gap";
    case TRAPLINE_EVENT_LIFECYCLE:
      return "lifecycle";
    case TRAPLINE_EVENT_HEALTH:
      return "health";
    case TRAPLINE_EVENT_POSITION:
      return "position";
    case TRAPLINE_EVENT_ORDER:
      return "order";
    case TRAPLINE_EVENT_FILL:
      return "fill";
    case TRAPLINE_EVENT_PLAN_ORDER:
      return "plan_order";
    case TRAPLINE_EVENT_ACCOUNT:
      return "account";
    default:
      return "unknown";
  }
}

}  // namespace v0
}  // namespace trapline::sdk
