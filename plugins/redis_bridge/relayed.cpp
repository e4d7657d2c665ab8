#include "relayed.hpp"

#include <charconv>
#include <cstring>
#include <vector>

#include "entries.hpp"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

bool number(std::string_view text, std::uint64_t& out) {
  const auto r = std::from_chars(text.data(), text.data() + text.size(), out);
  return r.ec == std::errc{} && r.ptr == text.data() + text.size();
}

}  // namespace

bool count_event(relay_count& c, std::uint16_t type) {
  if (type == TRAPLINE_EVENT_TRADE) return ++c.trades, true;
  if (type == TRAPLINE_EVENT_BOOK_SNAPSHOT || type == TRAPLINE_EVENT_BOOK_DELTA) return ++c.books, true;
  return false;
}

std::string relay_key_of_tag(std::string_view prefix, std::string_view tag) {
  return sdk::cat(prefix, ":{", tag, "}:relay");
}

std::string relay_key(std::string_view prefix, std::string_view topic) {
  constexpr std::string_view instrument = "md.instrument.";
  // All market data of a symbol share the tag of its trades.
  const auto like = topic.starts_with(instrument) ? sdk::cat("md.trade.", topic.substr(instrument.size()))
                    : topic.starts_with("md.") || topic.starts_with("feed.status.") ? std::string(topic)
                                                                                    : std::string();
  const auto key = destination_of(prefix, like, {}).key;
  const auto from = key.find('{'), to = key.find('}');
  return to == std::string::npos ? std::string()
                                 : relay_key_of_tag(prefix, std::string_view(key).substr(from + 1, to - from - 1));
}

entry relay_entry(std::string_view type, std::string_view topic, relay_count count, std::int64_t ts,
                  std::string_view bytes) {
  entry out;
  out.type = type;
  out.ts = ts;
  out.fields.resp.reserve(bytes.size() + topic.size() + 96);
  out.fields.add("topic", topic);
  out.fields.add("count", sdk::cat(count.trades, ":", count.books));
  out.fields.add("event", bytes);
  return out;
}

std::optional<relayed> read_relayed(const reply& fields) {
  relayed out;
  bool seq = false, count = false;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto name = fields.at(i).text(), value = fields.at(i + 1).text();
    if (name == "type") out.type = value;
    else if (name == "boot_id") out.boot_id = value;
    else if (name == "topic") out.topic = value;
    else if (name == "event") out.event = value;
    else if (name == "seq") seq = number(value, out.seq) && out.seq != 0;
    else if (name == "count") {
      const auto colon = value.find(':');
      count = colon != std::string_view::npos && number(value.substr(0, colon), out.count.trades) &&
              number(value.substr(colon + 1), out.count.books);
    }
  }
  if (!seq || out.boot_id.empty()) return std::nullopt;
  if (out.type == "gap") return out;
  if (!count || (out.type != relayed_event && out.type != relayed_state)) return std::nullopt;
  return out;
}

bool sound_event(std::string_view bytes) {
  if (bytes.size() < sizeof(trapline_event) || bytes.size() > TRAPLINE_EVENT_MAX || bytes.size() % 8 != 0) return false;
  std::vector<std::uint64_t> aligned(bytes.size() / 8);
  std::memcpy(aligned.data(), bytes.data(), bytes.size());
  const auto& e = *reinterpret_cast<const trapline_event*>(aligned.data());
  if (e.size != bytes.size() || e.space != 0 || e.type >= 64 || (relayed_types & TRAPLINE_TYPE_BIT(e.type)) == 0)
    return false;
  bool sound = false;
  sdk::for_each_payload([&]<class Payload, std::uint16_t... Types>() {
    if (((e.type != Types) && ...)) return;
    Payload room;
    const auto* p = sdk::payload(e, room);
    sound = p != nullptr;
    if constexpr (std::is_same_v<Payload, trapline_book>)
      sound = p && sdk::levels(e, *p).size() == std::size_t{p->bid_count} + p->ask_count;
  });
  return sound;
}

}  // namespace trapline::redis_bridge
