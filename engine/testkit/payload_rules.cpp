#include "payload_rules.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>

#include "trapline/abi/account.h"
#include "trapline/abi/market.h"
#include "trapline/abi/signal.h"
#include "trapline/abi/system.h"
#include "trapline/abi/version.h"
#include "trapline/sdk/text.hpp"

namespace trapline::testkit {
namespace {

struct rule {
  std::uint16_t type;
  const char* name;
  std::size_t size;
};
constexpr rule rules[] = {
    {TRAPLINE_EVENT_INSTRUMENT, "INSTRUMENT", sizeof(trapline_instrument)},
    {TRAPLINE_EVENT_TRADE, "TRADE", sizeof(trapline_trade)},
    {TRAPLINE_EVENT_BOOK_SNAPSHOT, "BOOK_SNAPSHOT", sizeof(trapline_book)},
    {TRAPLINE_EVENT_BOOK_DELTA, "BOOK_DELTA", sizeof(trapline_book)},
    {TRAPLINE_EVENT_TICKER, "TICKER", sizeof(trapline_ticker)},
    {TRAPLINE_EVENT_CANDLE, "CANDLE", sizeof(trapline_candle)},
    {TRAPLINE_EVENT_FEED_STATUS, "FEED_STATUS", sizeof(trapline_feed_status)},
    {TRAPLINE_EVENT_SIGNAL, "SIGNAL", sizeof(trapline_signal)},
    {TRAPLINE_EVENT_TRAP_MATRIX, "TRAP_MATRIX", sizeof(trapline_trap_matrix)},
    {TRAPLINE_EVENT_EPISODE, "EPISODE", sizeof(trapline_episode)},
    {TRAPLINE_EVENT_TIMER, "TIMER", sizeof(trapline_timer_event)},
    {TRAPLINE_EVENT_GAP, "GAP", sizeof(trapline_gap)},
    {TRAPLINE_EVENT_LIFECYCLE, "LIFECYCLE", sizeof(trapline_lifecycle)},
    {TRAPLINE_EVENT_HEALTH, "HEALTH", sizeof(trapline_health_event)},
    {TRAPLINE_EVENT_POSITION, "POSITION", sizeof(trapline_position)},
    {TRAPLINE_EVENT_ORDER, "ORDER", sizeof(trapline_order)},
    {TRAPLINE_EVENT_ACCOUNT, "ACCOUNT", sizeof(trapline_account)},
    {TRAPLINE_EVENT_FILL, "FILL", sizeof(trapline_fill)},
    {TRAPLINE_EVENT_PLAN_ORDER, "PLAN_ORDER", sizeof(trapline_plan_order)},
};

const rule* find(std::uint16_t type) {
  const auto* it = std::find_if(std::begin(rules), std::end(rules), [type](const rule& r) { return r.type == type; });
  return it == std::end(rules) ? nullptr : it;
}

bool is_share(double v) { return std::isfinite(v) && v >= 0 && v <= 1; }

template <class Head>
Head head_of(const void* payload) {
  Head h;
  std::memcpy(&h, payload, sizeof h);
  return h;
}

// The elements that the head announces must be there.
std::string count_fault(std::uint32_t size, std::size_t head, std::uint64_t count, std::size_t element) {
  const std::uint64_t needed = head + count * element;
  if (needed <= size) return {};
  return sdk::cat("announces ", count, " elements, which need ", needed, " bytes of payload; it has ", size);
}

}  // namespace

std::size_t fixed_size(std::uint16_t type) {
  const auto* r = find(type);
  return r ? r->size : 0;
}

const char* type_name(std::uint16_t type) {
  const auto* r = find(type);
  return r ? r->name : "unknown type";
}

std::string payload_fault(const trapline_event& head, const void* payload, std::uint32_t size) {
  if (head.space != 0) return {};  // a private space has its own rules
  const auto* r = find(head.type);
  if (!r)
    return sdk::cat("type ", head.type, " is not a core type of ABI ", TRAPLINE_ABI_MAJOR, ".", TRAPLINE_ABI_MINOR,
                    "; events of one's own need a space of their own");
  if (size < r->size) return sdk::cat(r->name, " with a payload of ", size, " bytes; it has at least ", r->size);
  std::string fault;
  switch (head.type) {
    case TRAPLINE_EVENT_BOOK_SNAPSHOT:
    case TRAPLINE_EVENT_BOOK_DELTA: {
      const auto b = head_of<trapline_book>(payload);
      fault = count_fault(size, sizeof b, std::uint64_t{b.bid_count} + b.ask_count, sizeof(trapline_level));
      break;
    }
    case TRAPLINE_EVENT_SIGNAL: {
      const auto s = head_of<trapline_signal>(payload);
      fault = count_fault(size, sizeof s, s.evidence_count, sizeof(trapline_evidence));
      if (fault.empty() && !(is_share(s.probability) && is_share(s.confidence) && is_share(s.intensity)))
        fault = "probability, confidence and intensity must lie in 0..1";
      break;
    }
    case TRAPLINE_EVENT_TRAP_MATRIX: {
      const auto m = head_of<trapline_trap_matrix>(payload);
      fault = count_fault(size, sizeof m, m.row_count, sizeof(trapline_matrix_row));
      if (fault.empty() && !(is_share(m.probability) && is_share(m.confidence) && is_share(m.intensity)))
        fault = "probability, confidence and intensity must lie in 0..1";
      break;
    }
    default:
      break;
  }
  return fault.empty() ? fault : sdk::cat(r->name, ": ", fault);
}

}  // namespace trapline::testkit
