// Typed access to event payloads.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "trapline/abi/account.h"
#include "trapline/abi/event.h"
#include "trapline/abi/market.h"
#include "trapline/abi/signal.h"
#include "trapline/abi/system.h"

namespace trapline::sdk {
inline namespace v0 {

// Bytes of a payload as first published. A payload grows at its tail only; what a publisher of an earlier revision did
// not send reads as zero, and its presence bit says so.
template <class T>
inline constexpr std::size_t first_revision_size = sizeof(T);
template <>
inline constexpr std::size_t first_revision_size<trapline_position> = TRAPLINE_SIZE_UP_TO(trapline_position,
                                                                                          margin_coin);

// The payload as T, or nullptr if the event is too short for it. The caller has checked `type`.
template <class T>
const T* payload(const trapline_event& event) noexcept {
  if (event.size < sizeof(trapline_event) + sizeof(T)) return nullptr;
  return reinterpret_cast<const T*>(&event + 1);
}

// The same for payloads that have grown: one of an earlier revision is copied into `room`, the rest of which is zero.
template <class T>
const T* payload(const trapline_event& event, T& room) noexcept {
  if (const T* whole = payload<T>(event)) return whole;
  if (first_revision_size<T> == sizeof(T) || event.size < sizeof(trapline_event) + first_revision_size<T>)
    return nullptr;
  room = T{};
  std::memcpy(&room, &event + 1, event.size - sizeof(trapline_event));
  return &room;
}

// The elements that follow a payload head, or an empty span if the event is too short for `count`.
template <class Element, class Head>
std::span<const Element> tail(const trapline_event& event, std::size_t count) noexcept {
  constexpr std::size_t before = sizeof(trapline_event) + sizeof(Head);
  if (event.size < before || count > (event.size - before) / sizeof(Element)) return {};
  const auto* head = reinterpret_cast<const Head*>(&event + 1);
  return {reinterpret_cast<const Element*>(head + 1), count};
}

// The one list of core event types and what they carry: `f.template operator()<Payload, types...>()` for each.
template <class F>
constexpr void for_each_payload(F&& f) {
  f.template operator()<trapline_instrument, TRAPLINE_EVENT_INSTRUMENT>();
  f.template operator()<trapline_trade, TRAPLINE_EVENT_TRADE>();
  f.template operator()<trapline_book, TRAPLINE_EVENT_BOOK_SNAPSHOT, TRAPLINE_EVENT_BOOK_DELTA>();
  f.template operator()<trapline_ticker, TRAPLINE_EVENT_TICKER>();
  f.template operator()<trapline_candle, TRAPLINE_EVENT_CANDLE>();
  f.template operator()<trapline_feed_status, TRAPLINE_EVENT_FEED_STATUS>();
  f.template operator()<trapline_signal, TRAPLINE_EVENT_SIGNAL>();
  f.template operator()<trapline_trap_matrix, TRAPLINE_EVENT_TRAP_MATRIX>();
  f.template operator()<trapline_episode, TRAPLINE_EVENT_EPISODE>();
  f.template operator()<trapline_timer_event, TRAPLINE_EVENT_TIMER>();
  f.template operator()<trapline_gap, TRAPLINE_EVENT_GAP>();
  f.template operator()<trapline_lifecycle, TRAPLINE_EVENT_LIFECYCLE>();
  f.template operator()<trapline_health_event, TRAPLINE_EVENT_HEALTH>();
  f.template operator()<trapline_position, TRAPLINE_EVENT_POSITION>();
  f.template operator()<trapline_order, TRAPLINE_EVENT_ORDER>();
  f.template operator()<trapline_fill, TRAPLINE_EVENT_FILL>();
  f.template operator()<trapline_plan_order, TRAPLINE_EVENT_PLAN_ORDER>();
  f.template operator()<trapline_account, TRAPLINE_EVENT_ACCOUNT>();
}

inline std::span<const trapline_level> levels(const trapline_event& event, const trapline_book& book) noexcept {
  return tail<trapline_level, trapline_book>(event, std::size_t{book.bid_count} + book.ask_count);
}
inline std::span<const trapline_evidence> evidence(const trapline_event& event,
                                                   const trapline_signal& signal) noexcept {
  return tail<trapline_evidence, trapline_signal>(event, signal.evidence_count);
}
inline std::span<const trapline_matrix_row> rows(const trapline_event& event,
                                                 const trapline_trap_matrix& matrix) noexcept {
  return tail<trapline_matrix_row, trapline_trap_matrix>(event, matrix.row_count);
}

}  // namespace v0
}  // namespace trapline::sdk
