// Entries of a relay stream: events as they lay on the bus of one host, for the bus of another.
//
// Behind the head of every entry (type, seq, boot_id, ts) they have
//   topic   name of the event's topic; ids of topics and instruments mean nothing on another host
//   count   `trades:books`: how many trade events and book events (snapshots and deltas) this run of the writer has had
//           for the stream, this one included, written or not: the difference to what a reader has had is what it lost
//   event   the bytes of the event, header and payload, little-endian, as the ABI lays them out (abi/event.h)
// Types: `event`; `state`, what readers that come late or have lost events need to understand those behind it: the
// instrument, and the whole book as the events before it have left it (no events of their own, and not counted); `gap`,
// as in all streams.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "resp.hpp"
#include "spool.hpp"
#include "trapline/abi/event.h"

namespace trapline::redis_bridge {

inline constexpr std::string_view relayed_event = "event", relayed_state = "state";

// Event types that are relayed.
inline constexpr std::uint64_t relayed_types =
    TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_INSTRUMENT) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRADE) |
    TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_BOOK_SNAPSHOT) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_BOOK_DELTA) |
    TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TICKER) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_CANDLE) |
    TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_FEED_STATUS) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_GAP);

struct relay_count {
  std::uint64_t trades = 0, books = 0;
};

// True if the event is one of those that relay_count counts; adds it.
bool count_event(relay_count& c, std::uint16_t type);

// Name of the relay stream that the events of a topic go to, empty if they go to none. `topic`: such as
// `md.book.bitget.BTCUSDT` or `feed.status.feed`.
std::string relay_key(std::string_view prefix, std::string_view topic);
// The same by what stands in the braces: `bitget:usdtm:BTCUSDT`, or the name of a feed.
std::string relay_key_of_tag(std::string_view prefix, std::string_view tag);

// An entry without its number. `bytes`: of the whole event.
entry relay_entry(std::string_view type, std::string_view topic, relay_count count, std::int64_t ts,
                  std::string_view bytes);

// An entry as read. Borrowed from the reply.
struct relayed {
  std::string_view type, boot_id, topic, event;
  std::uint64_t seq = 0;
  relay_count count;
};

// Nothing if the fields are not those of an entry of a relay stream.
std::optional<relayed> read_relayed(const reply& fields);

// Whether the bytes are an event that may go onto a bus: a core type that is relayed, whole, its counts true.
bool sound_event(std::string_view bytes);

}  // namespace trapline::redis_bridge
