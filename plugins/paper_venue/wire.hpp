// The venue's messages as JSON text, in the v1 and the v2 wire format (field names, types and order as Bitget's).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "account.hpp"
#include "bars.hpp"
#include "book_feed.hpp"
#include "instrument.hpp"
#include "market.hpp"

namespace trapline::paper_venue {

enum class dialect : std::uint8_t { v1, v2 };

}  // namespace trapline::paper_venue

namespace trapline::paper_venue::wire {

enum class action : std::uint8_t { snapshot, update };

// {"action":..,"arg":ECHO,"data":[DATA]} and, in v2, the sending time. `echo` is JSON text.
std::string push(dialect d, action a, std::string_view echo, std::string_view data, std::int64_t now);
std::string ack(std::string_view event, std::string_view echo);
// `echo` empty: an error that belongs to no subscription.
std::string error(int code, std::string_view text, std::string_view echo = {}, std::string_view op = {});
std::string login_ack();

// --- the elements of `data`
std::string trade_row(dialect d, const instrument& i, const trade& t);
// Newest first.
std::string trade_rows(dialect d, const instrument& i, const std::deque<trade>& trades);
std::string ticker(dialect d, const instrument& i, const market& m);
std::string candle_row(dialect d, const instrument& i, const bar& b);
std::string candle_rows(dialect d, const instrument& i, const bars& all, std::size_t count);
// With `checksum` false, v2 books carry only their sequence numbers; v1 has nothing else than the checksum and
// always carries it. `falsify`: the checksum is made wrong.
std::string book_snapshot(dialect d, const instrument& i, const book_feed& feed, bool checksum, std::int64_t now);
std::string book_update(dialect d, const instrument& i, const book_feed& feed, bool checksum, bool falsify,
                        std::int64_t now);

// The complete list, or what it holds of symbol `only`.
std::string position_rows(dialect d, const std::vector<instrument>& all, const account& a,
                          const std::vector<std::int64_t>& marks, std::optional<std::size_t> only = {});
std::string order_row(dialect d, const instrument& i, const order& o);
std::string account_row(dialect d, const account& a, const std::vector<std::int64_t>& marks);

}  // namespace trapline::paper_venue::wire
