#include "obs/metrics.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

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

// The shortest text that reads back as the same number.
std::string number(double v) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, v).ptr);
}

std::string histogram_text(const std::string& name, const std::string& labels, const histogram& h) {
  std::string out;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i <= h.bounds().size(); ++i) {
    cumulative += h.bucket(i);
    const std::string edge = i < h.bounds().size() ? number(h.bounds()[i]) : "+Inf";
    out += name + "_bucket{" + labels + ",le=\"" + edge + "\"} " + std::to_string(cumulative) + "\n";
  }
  out += name + "_sum{" + labels + "} " + number(h.sum()) + "\n";
  return out + name + "_count{" + labels + "} " + std::to_string(cumulative) + "\n";
}

std::uint64_t load(std::uint64_t& word) noexcept { return std::atomic_ref(word).load(std::memory_order_relaxed); }

}  // namespace

histogram::histogram(std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()),
      buckets_(std::make_unique<std::atomic<std::uint64_t>[]>(bounds.size() + 1)) {}

void histogram::record(double value) noexcept {
  if (std::isnan(value)) return;
  const auto i = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  buckets_[static_cast<std::size_t>(i)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::uint64_t histogram::count() const noexcept {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i <= bounds_.size(); ++i) n += bucket(i);
  return n;
}

metrics::series* metrics::find(std::string_view instance, std::string_view name, std::string_view labels, kind what) {
  if (!valid_name(name) || !valid_labels(labels)) return nullptr;
  const std::lock_guard lock(mutex_);
  auto& family = by_name_[std::string(name)];
  auto [it, fresh] = family.try_emplace(render_labels(instance, labels), nullptr);
  if (fresh) {
    const bool kind_clash = family.size() > 1 && std::any_of(family.begin(), family.end(), [&](const auto& s) {
                              return s.second && s.second->what != what;
                            });
    if (storage_.size() >= max_series || kind_clash) {
      family.erase(it);
      return nullptr;
    }
    it->second = &storage_.emplace_back();
    it->second->what = what;
  }
  return it->second->what == what ? it->second : nullptr;
}

std::uint64_t* metrics::counter(std::string_view instance, std::string_view name, std::string_view labels) {
  series* s = find(instance, name, labels, kind::counter);
  return s ? &s->word : nullptr;
}

std::int64_t* metrics::gauge(std::string_view instance, std::string_view name, std::string_view labels) {
  series* s = find(instance, name, labels, kind::gauge);
  return s ? reinterpret_cast<std::int64_t*>(&s->word) : nullptr;
}

histogram* metrics::histogram_of(std::string_view instance, std::string_view name, std::string_view labels,
                                 std::span<const double> bounds) {
  const bool sound = !bounds.empty() && bounds.size() <= max_bounds &&
                     std::all_of(bounds.begin(), bounds.end(), [](double b) { return std::isfinite(b); }) &&
                     std::is_sorted(bounds.begin(), bounds.end(), std::less_equal<>());
  if (!sound) return nullptr;
  series* s = find(instance, name, labels, kind::histogram);
  if (!s) return nullptr;
  const std::lock_guard lock(mutex_);
  if (!s->buckets) s->buckets = std::make_unique<histogram>(bounds);
  return s->buckets.get();
}

std::string metrics::text() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : by_name_) {
    if (family.empty()) continue;
    const std::string full = "trapline_" + name;
    const kind what = family.begin()->second->what;
    out += "# TYPE " + full +
           (what == kind::gauge     ? " gauge\n"
            : what == kind::counter ? " counter\n"
                                    : " histogram\n");
    for (const auto& [labels, s] : family) {
      if (what == kind::histogram) {
        if (s->buckets) out += histogram_text(full, labels, *s->buckets);
        continue;
      }
      const std::uint64_t v = load(s->word);
      out += full + "{" + labels + "} " +
             (what == kind::gauge ? std::to_string(static_cast<std::int64_t>(v)) : std::to_string(v)) + "\n";
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
