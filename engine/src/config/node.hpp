// A YAML document as a plain tree with source positions. yaml-cpp stays in node.cpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trapline::config {

struct position {
  int line = 0, column = 0;  // from 1; 0 = the file as a whole
};

struct node {
  enum class kind { null, scalar, list, map };
  kind type = kind::null;
  position at;
  std::string scalar;
  std::vector<node> items;
  struct entry;
  std::vector<entry> entries;  // in file order, duplicates included

  const node* find(std::string_view key) const;
};

struct node::entry {
  std::string key;
  position at;
  node value;
};

// One thing wrong in a configuration.
struct problem {
  position at;
  std::string path;  // dotted, such as plugins.feed.options.api
  std::string text;

  // "file:line:column: path: text"
  std::string render(std::string_view file) const;
};

// Reads a document. Limits: 1 MiB, depth 32, no aliases (they hide what a value is). Adds to `problems` and returns
// an empty map on error.
node parse_yaml(const std::string& text, std::vector<problem>& problems);

// The name of `known` that is nearest to `word` by edit distance, or empty if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace trapline::config
