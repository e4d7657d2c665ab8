#include "config/node.hpp"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>

#include "trapline/sdk/text.hpp"

namespace trapline::config {
namespace {

constexpr int max_depth = 32;
constexpr std::size_t max_bytes = 1 << 20;
constexpr const char* not_utf8 = "holds bytes that are not UTF-8; save the file in that encoding";

position place(const YAML::Mark& m) { return {m.line + 1, m.column + 1}; }

node convert(const YAML::Node& y, const std::string& path, int depth, std::vector<problem>& problems) {
  node n;
  n.at = place(y.Mark());
  if (depth > max_depth) {
    problems.push_back({n.at, path, "nested deeper than 32 levels"});
    return n;
  }
  switch (y.Type()) {
    case YAML::NodeType::Scalar:
      n.type = node::kind::scalar;
      if (sdk::is_utf8(y.Scalar())) n.scalar = y.Scalar();
      else problems.push_back({n.at, path, not_utf8});
      break;
    case YAML::NodeType::Sequence:
      n.type = node::kind::list;
      for (const auto& item : y)
        n.items.push_back(convert(item, path + "[" + std::to_string(n.items.size()) + "]", depth + 1, problems));
      break;
    case YAML::NodeType::Map:
      n.type = node::kind::map;
      for (const auto& pair : y) {
        const position at = place(pair.first.Mark());
        if (!pair.first.IsScalar()) {
          problems.push_back({at, path, "a key must be plain text"});
          continue;
        }
        const std::string key = pair.first.Scalar();
        if (!sdk::is_utf8(key)) {
          problems.push_back({at, path, not_utf8});
          continue;
        }
        const std::string below = path.empty() ? key : path + "." + key;
        const auto earlier =
            std::find_if(n.entries.begin(), n.entries.end(), [&](const auto& e) { return e.key == key; });
        if (earlier != n.entries.end()) {
          problems.push_back(
              {at, below, "given twice; the first is in line " + std::to_string(earlier->at.line) + ". Remove one"});
          continue;
        }
        n.entries.push_back({key, at, convert(pair.second, below, depth + 1, problems)});
      }
      break;
    default:
      break;
  }
  return n;
}

// What is not allowed in the text as a whole: uses of `&anchor` and `*alias`, which would make one place in the file
// stand for several, and a second document.
class survey : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& m) override {
    if (++documents == 2) stuck = m.pos == starts_at;
    starts_at = m.pos;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark& m, YAML::anchor_t) override {
    if (!found) where = place(m);
    found = true;
  }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

  bool found = false;  // an alias
  position where;
  int documents = 0;
  bool stuck = false;  // the second begins where the first did: on a sign that cannot begin one
  int starts_at = 0;   // the last
};

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

const node* node::find(std::string_view key) const {
  const auto it = std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.key == key; });
  return it == entries.end() ? nullptr : &it->value;
}

std::string problem::render(std::string_view file) const {
  std::string out(file);
  if (at.line > 0) out += ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  out += ": ";
  if (!path.empty()) out += path + ": ";
  return out + text;
}

node parse_yaml(const std::string& text, std::vector<problem>& problems) {
  node empty;
  empty.type = node::kind::map;
  if (text.size() > max_bytes) {
    problems.push_back({{}, {}, "larger than 1 MiB"});
    return empty;
  }
  try {
    survey seen;
    std::istringstream scan(text);
    // Not to the end of the text: yaml-cpp 0.7 never comes to it behind a sign that cannot begin a document.
    for (YAML::Parser parser(scan); seen.documents < 2 && parser.HandleNextDocument(seen);) {
    }
    if (seen.found) {
      problems.push_back({seen.where, {}, "aliases (*name) are not allowed; write the value out"});
      return empty;
    }
    if (seen.documents > 1) {
      problems.push_back({{},
                          {},
                          seen.stuck ? "not valid YAML: expected a map with engine, lanes and plugins at its start"
                                     : "more than one YAML document; keep one"});
      return empty;
    }
    const YAML::Node document = YAML::Load(text);
    if (document.IsNull()) return empty;
    node root = convert(document, {}, 0, problems);
    if (root.type != node::kind::map) {
      problems.push_back({root.at, {}, "expected a map with engine, lanes and plugins at the top"});
      return empty;
    }
    return root;
  } catch (const YAML::Exception& e) {
    problems.push_back({place(e.mark), {}, "not valid YAML: " + e.msg});
    return empty;
  }
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& k : known)
    if (const auto d = edit_distance(word, k); d < best_distance) {
      best_distance = d;
      best = k;
    }
  return best;
}

}  // namespace trapline::config
