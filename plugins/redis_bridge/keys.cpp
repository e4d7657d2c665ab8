#include "keys.hpp"

#include <algorithm>

namespace trapline::redis_bridge {
namespace {

void append_set(std::string& out, std::string_view name, std::string_view value, std::int64_t ttl_ms) {
  if (ttl_ms > 0) append_command(out, {"SET", name, value, "PX", std::to_string(ttl_ms)});
  else append_command(out, {"SET", name, value});
}

}  // namespace

std::uint32_t key_store::open(std::string name, std::int64_t ttl_ms) {
  keys_.push_back({});
  keys_.back().name = std::move(name);
  keys_.back().ttl_ms = ttl_ms;
  return static_cast<std::uint32_t>(keys_.size() - 1);
}

void key_store::put(std::uint32_t index, std::string value) {
  auto& k = keys_[index];
  k.value = std::move(value);
  k.waiting = k.ever = true;
}

void key_store::withdraw(std::uint32_t index) { keys_[index].waiting = keys_[index].ever = false; }

void key_store::flush(connection& c, std::int64_t mono) {
  for (std::uint32_t i = 0; i < keys_.size() && c.room(); ++i) {
    auto& k = keys_[i];
    if (k.in_flight || mono < k.retry_at) continue;
    if (!k.checked) {
      append_command(c.out(), {"TYPE", k.name});
      c.commit({tag::kind::key_type, i});
      k.in_flight = true;
      continue;
    }
    if (!k.waiting) continue;
    append_set(c.out(), k.name, k.value, k.ttl_ms);
    c.commit({tag::kind::key_set, i});
    k.waiting = false;
    k.in_flight = true;
  }
}

std::string_view key_store::type_answered(std::uint32_t index, const reply& r, std::int64_t retry_at) {
  auto& k = keys_[index];
  k.in_flight = false;
  const bool free = r.text() == "none" || r.text() == "string";
  if (free) k.checked = true;
  else k.retry_at = retry_at;
  return free || r.is_error() ? std::string_view() : r.text();
}

void key_store::answered(std::uint32_t index, bool error, std::int64_t retry_at) {
  auto& k = keys_[index];
  k.in_flight = false;
  k.retry_at = error ? retry_at : 0;
  k.waiting |= error && k.ever;
}

void key_store::connection_lost() {
  for (auto& k : keys_) {
    // Everything again: what Redis holds now is not known.
    k.waiting = k.ever;
    k.in_flight = k.checked = false;
    k.retry_at = 0;
  }
}

bool key_store::settled() const {
  return std::none_of(keys_.begin(), keys_.end(),
                      [](const key& k) { return k.in_flight || (k.waiting && k.retry_at == 0); });
}

void merged_key::flush(connection& c, std::int64_t mono) {
  if (!wanted_ || busy_ || mono < retry_at_ || !c.room()) return;
  busy_ = true;
  wanted_ = false;
  append_command(c.out(), {"WATCH", name_});
  c.commit({tag::kind::merge_watch});
  append_command(c.out(), {"GET", name_});
  c.commit({tag::kind::merge_get});
}

bool merged_key::on_reply(connection& c, const tag& t, const reply& r, std::int64_t retry_at) {
  switch (t.what) {
    case tag::kind::merge_watch:
      return r.is_error();
    case tag::kind::merge_get:
      if (r.is_error()) {  // such as WRONGTYPE: somebody else's value, which is not overwritten
        append_command(c.out(), {"UNWATCH"});
        c.commit({tag::kind::ignore});
        busy_ = false;
        wanted_ = true;
        retry_at_ = retry_at;
        return true;
      }
      append_command(c.out(), {"MULTI"});
      c.commit({tag::kind::merge_multi});
      append_set(c.out(), name_, build_(r.text()), ttl_ms_);
      c.commit({tag::kind::merge_queued});
      append_command(c.out(), {"EXEC"});
      c.commit({tag::kind::merge_exec});
      return false;
    case tag::kind::merge_multi:
    case tag::kind::merge_queued:
      return r.is_error();
    case tag::kind::merge_exec: {
      busy_ = false;
      bool error = r.is_error();
      for (std::size_t i = 0; i < r.size(); ++i) error |= r.at(i).is_error();
      if (error) retry_at_ = retry_at;
      wanted_ |= error || r.is_nil();  // nil: the key was changed since WATCH
      return error;
    }
    default:
      return false;
  }
}

void merged_key::connection_lost() {
  wanted_ |= busy_;
  busy_ = false;
  retry_at_ = 0;
}

}  // namespace trapline::redis_bridge
