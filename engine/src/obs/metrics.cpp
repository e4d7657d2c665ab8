#include "obs/metrics.hpp"

#include <algorithm>
#include <atomic>

namespace trapline::obs {
namespace {

bool name_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool valid_name(std::string_view n) noexcept {
  return !n.empty() && n.size() <= 100 && !(n[0] >= '0' && n[0] <= '9') && std::all_of(n.begin(), n.end(), name_char);
}

// `a="b",c="d"` without control characters or backslashes.
bool valid_labels(std::string_view l) noexcept {
  while (!l.empty()) {
    const auto eq = l.find("=\"");
    if (eq == std::string_view::npos || !valid_name(l.substr(0, eq))) return false;
    const auto end = l.find('"', eq + 2);
    if (end == std::string_view::npos) return false;
    for (const char c : l.substr(eq + 2, end - eq - 2))
      if (c == '\\' || static_cast<unsigned char>(c) < 0x20) return false;
    l.remove_prefix(end + 1);
    if (l.empty()) return true;
    if (l.front() != ',') return false;
    l.remove_prefix(1);
    if (l.empty()) return false;
  }
  return true;
}

std::string render_labels(std::string_view instance, std::string_view labels) {
  std::string out = "instance=\"" + std::string(instance) + "\"";
  if (!labels.empty()) out.append(",").append(labels);
  return out;
}

std::uint64_t load(std::uint64_t& word) noexcept { return std::atomic_ref(word).load(std::memory_order_relaxed); }

}  // namespace

metrics::series* metrics::find(std::string_view instance, std::string_view name, std::string_view labels, bool gauge) {
  if (!valid_name(name) || !valid_labels(labels)) return nullptr;
  const std::lock_guard lock(mutex_);
  auto& family = by_name_[std::string(name)];
  auto [it, fresh] = family.try_emplace(render_labels(instance, labels), nullptr);
  if (fresh) {
    const bool kind_clash = family.size() > 1 && std::any_of(family.begin(), family.end(), [&](const auto& s) {
                              return s.second && s.second->is_gauge != gauge;
                            });
    if (storage_.size() >= max_series || kind_clash) {
      family.erase(it);
      return nullptr;
    }
    it->second = &storage_.emplace_back();
    it->second->is_gauge = gauge;
  }
  return it->second->is_gauge == gauge ? it->second : nullptr;
}

std::uint64_t* metrics::counter(std::string_view instance, std::string_view name, std::string_view labels) {
  series* s = find(instance, name, labels, false);
  return s ? &s->word : nullptr;
}

std::int64_t* metrics::gauge(std::string_view instance, std::string_view name, std::string_view labels) {
  series* s = find(instance, name, labels, true);
  return s ? reinterpret_cast<std::int64_t*>(&s->word) : nullptr;
}

std::string metrics::text() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : by_name_) {
    if (family.empty()) continue;
    const std::string full = "trapline_" + name;
    out += "# TYPE " + full + (family.begin()->second->is_gauge ? " gauge\n" : " counter\n");
    for (const auto& [labels, s] : family) {
      const std::uint64_t v = load(s->word);
      out += full + "{" + labels + "} " +
             (s->is_gauge ? std::to_string(static_cast<std::int64_t>(v)) : std::to_string(v)) + "\n";
    }
  }
  return out;
}

std::uint64_t metrics::total(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  if (const auto it = by_name_.find(std::string(name)); it != by_name_.end())
    for (const auto& [labels, s] : it->second) sum += load(s->word);
  return sum;
}

std::uint64_t metrics::value(std::string_view instance, std::string_view name, std::string_view labels) const {
  const std::lock_guard lock(mutex_);
  const auto it = by_name_.find(std::string(name));
  if (it == by_name_.end()) return 0;
  const auto s = it->second.find(render_labels(instance, labels));
  return s == it->second.end() ? 0 : load(s->second->word);
}

}  // namespace trapline::obs
