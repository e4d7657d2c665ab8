// Checks a YAML subtree against an option table (abi/option.h) and turns it into the JSON that configure() gets.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.hpp"
#include "trapline/abi/option.h"

namespace trapline::config {

// One row of an option table in C++ words.
struct option {
  std::string path, doc;
  std::uint32_t type = 0;
  bool required = false;
  std::optional<std::string> default_value, allowed;
};

// Where a secret comes from: `env:NAME`, `file:PATH` or `credential:NAME`.
struct secret_reference {
  std::string kind, name;
};

struct checked_options {
  std::string json;                                 // every option present, see abi/option.h
  std::map<std::string, secret_reference> secrets;  // by option path
};

// Rows of a descriptor's table; rows longer than ours are read up to what we know.
std::vector<option> read_table(const trapline_option* rows, std::uint32_t count, std::uint32_t stride);

// What is wrong with a table itself: bad type, bad default, path given twice. Empty = fine.
std::vector<std::string> table_faults(const std::vector<option>& table);

// `subtree` may be null (nothing given). `path` is its place in the file, for messages. Adds to `problems`; the result
// is to be used only if none was added. `also`: keys at the top that somebody else checks.
checked_options check_options(const std::vector<option>& table, const node* subtree, position where,
                              const std::string& path, std::vector<problem>& problems,
                              const std::vector<std::string>& also = {});

// Removes what the table does not know from a subtree, and returns the paths that went.
std::vector<std::string> drop_unknown(const std::vector<option>& table, node& subtree);

// Puts `value` at a dotted path, in place of what stands there; makes the maps above it.
void set(node& subtree, std::string_view path, node value);

// "bool", "duration", ...
std::string_view type_name(std::uint32_t type);

// Whole texts of units; empty result: not such a text. `1.5s`, `250ms`, `10us`, `4ns`, `2m`, `1h`, `1d` -> ns.
std::optional<std::int64_t> parse_duration(std::string_view text);
// For people, to the second above one: `1h30m`, `3m12s`, `250ms`. Of ns >= 0.
std::string duration_text(std::int64_t ns);
// `512`, `64KiB`, `4MiB`, `1GiB`, `10kB`, `10MB` -> bytes.
std::optional<std::int64_t> parse_bytes(std::string_view text);
std::optional<secret_reference> parse_secret(std::string_view text);

}  // namespace trapline::config
