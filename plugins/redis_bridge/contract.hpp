// What the bridge writes into Redis, as one table: docs/redis.md is made from it, and the tests hold the bridge to it.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace trapline::redis_bridge {

struct contract_key {
  // `<prefix>` is `stream.prefix`, other words in <> stand for what they say.
  std::string_view name;
  std::string_view type;     // as TYPE answers, or `channel`
  std::string_view when;     // `always`, `omega` (profile), `commands` (if any is allowed), `relay` (enabled), `ingest`
  std::string_view cap;      // elements, or empty
  std::string_view expires;  // after this many periods without a writer; empty: never
  // Of the JSON document, of each element, or of the hash; `?` behind a name: not always there. `text`: no JSON. For
  // streams the types of their entries.
  std::string_view fields;
  std::string_view about;
};

struct contract_entry {
  std::string_view type;    // field `type` of a stream entry
  std::string_view fields;  // behind the head: type, seq, boot_id, ts
};

std::span<const contract_key> contract_keys();
std::span<const contract_entry> contract_entries();

// The text of docs/redis.md.
std::string contract_markdown();

}  // namespace trapline::redis_bridge
