// What Redis answers: errors, keys of another type, the way back after a broken connection.
#include <charconv>
#include <utility>

#include "bridge.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

constexpr std::size_t max_known_errors = 256;
// How far back a log is searched when its newest entry is another writer's.
constexpr std::string_view search_depth = "200";

// A write was refused because of the key's type, or TYPE has told it before.
bool says_wrong_type(const tag& t, const reply& r) {
  const auto is = [](const reply& x) { return x.is_error() && x.text().starts_with("WRONGTYPE"); };
  switch (t.what) {
    case tag::kind::key_type:
      return !r.is_error() && r.text() != "none" && r.text() != "string";
    case tag::kind::log_append:
    case tag::kind::key_set:
    case tag::kind::merge_get:
    case tag::kind::fact:
      return is(r);
    case tag::kind::window: {
      bool any = is(r);
      for (std::size_t i = 0; i < r.size(); ++i) any |= is(r.at(i));
      return any;
    }
    default:
      return false;
  }
}

}  // namespace

void bridge::on_connected() {
  for (std::uint32_t i = 0; i < spool_.size(); ++i)
    spool_.wants_resume(i) ? read_back(i, false) : spool_.skip_resume(i);
  announce_names(all_names());
  if (settings_.write_account) position_.request();
  write_status();
  update_health();
  flush();
}

void bridge::on_lost() {
  spool_.connection_lost();
  keys_.connection_lost();
  facts_.connection_lost();
  renames_.clear();
  if (commands_) commands_->connection_lost();
  remember(error_lines_, connection_.last_error());
  if (omega_) omega_->connection_lost();
  position_.connection_lost();
  update_health();
}

// If a window is open, what has gathered waits for its end; what had found no room has waited long enough.
void bridge::on_replies_done() {
  if (!flush_armed_ || no_room_) flush();
}

void bridge::read_back(std::uint32_t log, bool deep) {
  const auto& l = spool_.at(log);
  if (l.is_list()) append_command(connection_.out(), {"LRANGE", l.key(), "0", deep ? search_depth : "0"});
  else append_command(connection_.out(), {"XREVRANGE", l.key(), "+", "-", "COUNT", deep ? search_depth : "1"});
  connection_.commit({deep ? tag::kind::log_search : tag::kind::log_last, log});
}

void bridge::on_reply(const tag& t, const reply& r) {
  auto retry_at = env_.mono() + settings_.position_period;
  if (says_wrong_type(t, r) && move_away(key_of(t))) retry_at = 0;
  switch (t.what) {
    case tag::kind::log_append:
      spool_.answered(t.index, r.is_error(), retry_at);
      break;
    case tag::kind::key_set:
      keys_.answered(t.index, r.is_error(), retry_at);
      break;
    case tag::kind::key_type:
      if (const auto other = keys_.type_answered(t.index, r, retry_at); !other.empty())
        return on_error(t, sdk::cat("WRONGTYPE the key holds a ", other));
      break;
    case tag::kind::rename: {
      const auto [from, to] = std::move(renames_.front());
      renames_.pop_front();
      if (!r.is_error() && r.integer() == 1)
        env_.log(TRAPLINE_LOG_WARN, sdk::cat("the key ", from, " held another type and was moved to ", to));
      break;
    }
    case tag::kind::command:
      if (commands_->on_reply(connection_, t, r, retry_at)) return on_error(t, r.text());
      schedule_flush();
      if (r.is_error()) return;  // the group is being made
      break;
    case tag::kind::fact:
      facts_.answered(r.is_error(), retry_at);
      break;
    case tag::kind::window:
      omega_->answered(t, r, retry_at);
      for (std::size_t i = 0; i < r.size(); ++i)  // of EXEC
        if (r.at(i).is_error()) return on_error(t, r.at(i).text());
      break;
    case tag::kind::log_last:
    case tag::kind::log_search:
      on_read_back(t, r);
      break;
    case tag::kind::log_length:
      if (!r.is_error() && r.integer() == 0 && spool_.idle(position_history_)) {
        const auto* p = world_.main_position();
        if (p && world_.positions().state == list_state::complete) {
          entry e;
          e.json = position_change_document(context(), {"observed", *p});
          e.ts = p->ts;
          spool_.append(position_history_, std::move(e));
        }
      }
      break;
    case tag::kind::merge_watch:
    case tag::kind::merge_get:
    case tag::kind::merge_multi:
    case tag::kind::merge_queued:
    case tag::kind::merge_exec: {
      if (position_.on_reply(connection_, t, r, retry_at)) {
        std::string_view text = r.text();
        for (std::size_t i = 0; text.empty() && i < r.size(); ++i)
          if (r.at(i).is_error()) text = r.at(i).text();
        on_error(t, text);
        return;
      }
      break;
    }
    default:
      break;
  }
  if (r.is_error()) return on_error(t, r.text());
  const bool merging = t.what == tag::kind::merge_watch || t.what == tag::kind::merge_get ||
                       t.what == tag::kind::merge_multi || t.what == tag::kind::merge_queued;
  if (known_errors_.empty() || merging) return;  // only EXEC says that a merge has worked
  const auto what = what_of(t);
  if (known_errors_.erase(what) > 0) env_.log(TRAPLINE_LOG_INFO, sdk::cat("Redis takes ", what, " again"));
  if (known_errors_.empty()) last_error_reply_.clear();
}

// The key that a command was about.
std::string bridge::key_of(const tag& t) const {
  if (t.what == tag::kind::fact) return facts_.key_in_turn();
  return what_of(t);
}

// With `on_wrongtype: rename`, a key that holds another type is kept under another name, at most once a period: true
// if it may be written at once, because this stands in front.
bool bridge::move_away(const std::string& key) {
  if (settings_.on_wrongtype != settings::wrong_type::rename) return false;
  const auto mono = env_.mono();
  if (const auto it = moved_at_.find(key); it != moved_at_.end() && mono - it->second < settings_.position_period)
    return false;
  if (moved_at_.size() >= max_known_errors) moved_at_.clear();
  moved_at_[key] = mono;
  const auto to = sdk::cat(key, ".wrongtype.", env_.now() / millisecond);
  append_command(connection_.out(), {"RENAMENX", key, to});
  connection_.commit({tag::kind::rename});
  renames_.emplace_back(key, to);
  return true;
}

std::string bridge::what_of(const tag& t) const {
  switch (t.what) {
    case tag::kind::log_append:
      return spool_.at(t.index).key();
    case tag::kind::key_set:
    case tag::kind::key_type:
      return keys_.name(t.index);
    case tag::kind::command:
      return t.index == 0 ? sdk::cat("reading ", commands_->stream()) : commands_->stream();
    case tag::kind::rename:
      return "RENAMENX";
    case tag::kind::fact:
      return facts_.answered_key();
    case tag::kind::window:
      return omega_->window_name(t.index);
    case tag::kind::merge_exec:
    case tag::kind::merge_get:
    case tag::kind::merge_watch:
    case tag::kind::merge_multi:
    case tag::kind::merge_queued:
      return position_.name();
    case tag::kind::log_last:
    case tag::kind::log_search:
      return sdk::cat("reading ", spool_.at(t.index).key());
    case tag::kind::log_trim:
      return sdk::cat("trimming ", spool_.at(t.index).key());
    case tag::kind::log_length:
      return sdk::cat("EXISTS ", spool_.at(t.index).key());
    default:
      return {};
  }
}

void bridge::on_error(const tag& t, std::string_view text) {
  const auto what = what_of(t);
  remember(error_lines_, sdk::cat(what, ": ", text));
  last_error_reply_ = what.empty() ? std::string(text) : sdk::cat(what, ": ", text);
  if (known_errors_.size() >= max_known_errors && !known_errors_.contains(what)) return;
  if (!known_errors_[what].emplace(text.substr(0, text.find(' '))).second) return;
  env_.log(TRAPLINE_LOG_ERROR, sdk::cat("Redis refused ", last_error_reply_, "; tried again every ",
                                        settings_.position_period / millisecond, " ms"));
}

// ---------------------------------------------------------------- reading back

namespace {

// Number of a stream entry `[id, [name, value, ...]]` if it is ours, 0 if it is another writer's.
std::uint64_t number_of(const reply& r, std::string_view boot_id) {
  if (r.size() != 2) return 0;
  const auto fields = r.at(1);
  std::uint64_t seq = 0;
  bool ours = false;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto name = fields.at(i).text(), value = fields.at(i + 1).text();
    if (name == "seq") std::from_chars(value.data(), value.data() + value.size(), seq);
    if (name == "boot_id") ours = value == boot_id;
    if (name == "ts") break;  // the head of the entry ends here
  }
  return ours ? seq : 0;
}

// The same for an object of a list, which ends in `,"boot_id":"...","seq":N}`.
std::uint64_t number_of(std::string_view json, std::string_view boot_id) {
  const auto mark = sdk::cat(",\"boot_id\":\"", boot_id, "\",\"seq\":");
  const auto at = json.rfind(mark);
  if (at == std::string_view::npos) return 0;
  const auto digits = json.substr(at + mark.size());
  std::uint64_t seq = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), seq);
  return seq;
}

}  // namespace

void bridge::on_read_back(const tag& t, const reply& r) {
  if (r.is_error() && !r.text().starts_with("WRONGTYPE")) {
    env_.log(TRAPLINE_LOG_WARN, sdk::cat(spool_.at(t.index).key(), " could not be read back: ", r.text(),
                                         "; entries without an answer are sent again and may be there twice"));
    return spool_.repeat_unconfirmed(t.index);
  }
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < r.size() && last == 0; ++i)
    last = spool_.at(t.index).is_list() ? number_of(r.at(i).text(), spool_.boot_id())
                                        : number_of(r.at(i), spool_.boot_id());
  // Another writer's entry on top: ours may stand below.
  if (last == 0 && r.size() > 0 && t.what == tag::kind::log_last) return read_back(t.index, true);
  spool_.resume(t.index, last);
}

}  // namespace trapline::redis_bridge
