// Typed access to event payloads.
#pragma once

#include <cstdint>
#include <span>

#include "trapline/abi/account.h"
#include "trapline/abi/event.h"
#include "trapline/abi/market.h"
#include "trapline/abi/signal.h"
#include "trapline/abi/system.h"

namespace trapline::sdk {
inline namespace v0 {

// The payload as T, or nullptr if the event is too short for it. The caller has checked `type`.
template <class T>
const T* payload(const trapline_event& event) noexcept {
  if (event.size < sizeof(trapline_event) + sizeof(T)) return nullptr;
  return reinterpret_cast<const T*>(&event + 1);
}

// The elements that follow a payload head, or an empty span if the event is too short for `count`.
template <class Element, class Head>
std::span<const Element> tail(const trapline_event& event, std::size_t count) noexcept {
  const std::size_t room = event.size - sizeof(trapline_event) - sizeof(Head);
  if (event.size < sizeof(trapline_event) + sizeof(Head) || count > room / sizeof(Element)) return {};
  const auto* head = reinterpret_cast<const Head*>(&event + 1);
  return {reinterpret_cast<const Element*>(head + 1), count};
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
