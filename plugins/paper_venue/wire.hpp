// The venue's messages and its public channels as JSON text, in the v1, v2 and v3 wire formats (field names and types
// as Bitget's: bitget.md, sections 7 to 9).
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bars.hpp"
#include "book_feed.hpp"
#include "instrument.hpp"
#include "market.hpp"

namespace trapline::paper_venue {

enum class dialect : std::uint8_t { v1, v2, v3 };
inline constexpr std::size_t dialects = 3;

}  // namespace trapline::paper_venue

namespace trapline::paper_venue::wire {

enum class action : std::uint8_t { snapshot, update };

// {"action":..,"arg":ECHO,"data":[DATA]} and, but in v1, the sending time. `echo` is JSON text.
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
std::string candle_rows(dialect d, const instrument& i, const std::vector<bar>& all);
// With `checksum` false, v2 books carry only their sequence numbers; v1 has nothing else than the checksum and
// always carries it. `falsify`: the checksum is made wrong.
std::string book_snapshot(dialect d, const instrument& i, const book_feed& feed, bool checksum, std::int64_t now);
// The best `levels` of each side: books1, books5 and so on.
std::string book_top(dialect d, const instrument& i, const book_feed& feed, std::size_t levels, std::int64_t now);
std::string book_update(dialect d, const instrument& i, const book_feed& feed, bool checksum, bool falsify,
                        std::int64_t now);

}  // namespace trapline::paper_venue::wire
