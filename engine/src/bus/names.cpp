#include "bus/names.hpp"

#include <algorithm>

namespace trapline::bus {
namespace {

bool valid_token(std::string_view t) noexcept {
  return !t.empty() && std::all_of(t.begin(), t.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// Cuts the first token off.
std::string_view take_token(std::string_view& rest) noexcept {
  const auto dot = rest.find('.');
  const auto token = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
  return token;
}

template <class Valid>
bool all_tokens(std::string_view text, Valid valid) noexcept {
  if (text.empty() || text.size() > 255 || text.back() == '.') return false;
  while (!text.empty()) {
    const auto token = take_token(text);
    if (!valid(token, text.empty())) return false;
  }
  return true;
}

}  // namespace

bool valid_topic(std::string_view name) noexcept {
  return all_tokens(name, [](std::string_view t, bool) { return valid_token(t); });
}

bool valid_pattern(std::string_view pattern) noexcept {
  return all_tokens(pattern,
                    [](std::string_view t, bool last) { return t == "*" || (t == ">" && last) || valid_token(t); });
}

bool matches(std::string_view pattern, std::string_view topic) noexcept {
  while (!pattern.empty() && !topic.empty()) {
    const auto p = take_token(pattern);
    if (p == ">") return true;
    const auto t = take_token(topic);
    if (p != "*" && p != t) return false;
  }
  return pattern.empty() && topic.empty();
}

names::names() {
  topics_.by_id = std::make_unique<std::atomic<const std::string*>[]>(max_topics + 1);
  instruments_.by_id = std::make_unique<std::atomic<const std::pair<std::string, std::string>*>[]>(max_instruments + 1);
}

template <class T>
trapline_status names::intern(table<T>& t, T name, std::uint32_t limit, std::uint32_t& id) {
  const std::lock_guard lock(mutex_);
  if (const auto it = t.ids.find(name); it != t.ids.end()) {
    id = it->second;
    return TRAPLINE_OK;
  }
  const std::uint32_t fresh = t.count.load(std::memory_order_relaxed) + 1;
  if (fresh > limit) return TRAPLINE_E_LIMIT;
  t.storage.push_back(name);
  t.by_id[fresh].store(&t.storage.back(), std::memory_order_release);
  t.ids.emplace(std::move(name), fresh);
  t.count.store(fresh, std::memory_order_release);
  id = fresh;
  return TRAPLINE_OK;
}

trapline_status names::topic(std::string_view name, std::uint32_t& id) {
  if (!valid_topic(name)) return TRAPLINE_E_INVALID;
  return intern(topics_, std::string(name), max_topics, id);
}

trapline_status names::instrument(std::string_view venue, std::string_view symbol, std::uint32_t& id) {
  if (!valid_token(venue) || !valid_token(symbol)) return TRAPLINE_E_INVALID;
  return intern(instruments_, std::pair{std::string(venue), std::string(symbol)}, max_instruments, id);
}

std::string_view names::topic_name(std::uint32_t id) const noexcept {
  const std::string* s = id <= max_topics ? topics_.by_id[id].load(std::memory_order_acquire) : nullptr;
  return s ? std::string_view(*s) : std::string_view{};
}

std::pair<std::string_view, std::string_view> names::instrument_name(std::uint32_t id) const noexcept {
  const auto* p = id <= max_instruments ? instruments_.by_id[id].load(std::memory_order_acquire) : nullptr;
  return p ? std::pair<std::string_view, std::string_view>{p->first, p->second}
           : std::pair<std::string_view, std::string_view>{};
}

}  // namespace trapline::bus
