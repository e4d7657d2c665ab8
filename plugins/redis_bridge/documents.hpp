// The JSON text of each key. Pure functions of what is known and the time.
//
// Prices and sizes are JSON numbers with the venue's own digits, because that is what existing readers parse; ratios
// and probabilities are doubles. Times: `timestamp` is ISO 8601 with offset, names in `_at` and `last_heartbeat` epoch
// seconds.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "environment.hpp"
#include "trapline/abi/signal.h"
#include "vocabulary.hpp"
#include "world.hpp"

namespace trapline::redis_bridge {

// "2024-08-08T23:47:36.000+00:00"
std::string iso_time(std::int64_t ns);
// "1723161256.000"
std::string epoch_seconds(std::int64_t ns);

// What all documents share.
struct document_context {
  environment& env;
  const world& known;
  vocabulary words;
  std::int64_t now;  // UTC ns
  std::string_view boot_id;
  std::int64_t max_price_age;  // ns since it was received; an older price is not a present one
  bool stopped = false;        // last words of an orderly stop: every document says so
};

// --- feed status (status_documents.cpp)
struct status_extra {
  std::int64_t silent_after;        // ns without a report that make a feed count as gone
  std::int64_t expires_at;          // UTC ns, when the key goes away by itself
  std::string_view redis_error;     // latest error reply or connection error, empty = none
  std::uint64_t redis_dropped = 0;  // events that never reached Redis
};
std::string status_document(const document_context& c, const status_extra& extra);
// One line of the debug document.
struct debug_line {
  std::int64_t ts;  // UTC ns
  std::string text;
};
// `ws_debug`: the seed's DebugConsciousness. Newest first.
std::string debug_document(const document_context& c, const status_extra& extra, const std::deque<debug_line>& messages,
                           const std::deque<debug_line>& errors);
// `ws_last_update`: epoch seconds of the last frame from the venue, "0" before the first.
std::string last_update_document(const world& known);

// --- positions (position_documents.cpp), targets, orders, account (account_documents.cpp)
// `existing`: what stands in the key now. Fields that dashboards write there are carried over while the position is, or
// may be, the same one; with its symbol and side they are the only part of `existing` that is trusted. Nothing is
// carried over from a text of more than 64 KiB or nested deeper than 8.
std::string position_document(const document_context& c, std::string_view existing);
std::string targets_document(const document_context& c);
std::string positions_document(const document_context& c);
std::string orders_document(const document_context& c);
std::string plan_orders_document(const document_context& c);
// One entry of fill_history, without its closing brace.
std::string fill_document(const document_context& c, const trapline_event& e, const trapline_fill& f);
std::string balance_document(const document_context& c);
// One entry of position_history, without its closing brace.
std::string position_change_document(const document_context& c, const position_change& change);

// --- traps and price (market_documents.cpp)
std::string trap_document(const document_context& c, const matrix_view& m);              // mm_trap_probability
std::string trap_probability_document(const document_context& c, const matrix_view& m);  // current_trap_probability
std::string btc_price_document(const document_context& c, const quote_view& q);
std::string market_data_message(const document_context& c, std::uint32_t instrument, const quote_view& q,
                                std::optional<sdk::decimal> previous);
std::string price_message(const quote_view& q);
// A signal as FORMATS.md says, for the field `json` of the stream.
std::string signal_document(const trapline_event& e, const trapline_signal& s, std::string_view symbol);

}  // namespace trapline::redis_bridge
