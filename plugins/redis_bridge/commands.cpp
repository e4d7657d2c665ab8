#include "commands.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

constexpr std::string_view group = "trapline", consumer = "bridge";
constexpr std::string_view entry_limit = "16384";  // bytes of names and values
constexpr std::size_t args_limit = 4'096, result_limit = 65'536, remembered = 4'096, most_jobs = 64;
constexpr std::int64_t longest_ttl_ms = 24 * 3'600 * 1'000, future_ms = 60'000;
constexpr std::uint32_t poll_number = 0;
constexpr std::int64_t poll_interval = 50 * millisecond;

// An entry of any size may stand in the stream: what is too large is cut off on the server, before it is sent.
// KEYS stream; ARGV group, consumer, an id (pending ones behind it) or `>`, count, limit. Returns the time in ms, then
// [id], [id, fields], or [id, 'gone'] for each entry.
constexpr std::string_view poll_script = R"(
local t = redis.call('TIME')
local r = redis.call('XREADGROUP','GROUP',ARGV[1],ARGV[2],'COUNT',ARGV[4],'STREAMS',KEYS[1],ARGV[3])
local out = {t[1] * 1000 + math.floor(t[2] / 1000)}
if r then
  for _, e in ipairs(r[1][2]) do
    local f = e[2]
    if not f then
      out[#out + 1] = {e[1], 'gone'}
    else
      local n = 0
      for _, v in ipairs(f) do n = n + #v end
      if n > tonumber(ARGV[5]) or #f > 32 then out[#out + 1] = {e[1]} else out[#out + 1] = {e[1], f} end
    end
  end
end
return out)";

// KEYS stream, replies, counter, id; ARGV group, entry, boot_id, ts, id, cmd, status, reason, claim, result,
// good_until. The answer is written before the entry is given up, so that an error in between loses no answer.
#define SAY                                                                                               \
  "local function say(status, reason, result)"                                                            \
  " local n = (tonumber(redis.call('GET', KEYS[3])) or 0) + 1"                                            \
  " local more = result ~= '' and {'result', result} or {}"                                               \
  " redis.call('XADD', KEYS[2], 'MAXLEN', '~', 500, '*', 'type', 'reply', 'seq', n, 'boot_id',"           \
  " ARGV[3], 'ts', ARGV[4], 'id', ARGV[5], 'entry', ARGV[2], 'cmd', ARGV[6], 'status', status, 'reason'," \
  " reason, unpack(more))"                                                                                \
  " redis.call('SET', KEYS[3], n) end "                                                                   \
  "local waits = #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1) == 1 "
// Redis or the way to it may have been away since the entry was read: whether it is still good is asked here, at the
// latest moment before it is carried out.
constexpr std::string_view claim_script = SAY R"(
local t = redis.call('TIME')
local late = t[1] * 1000 + math.floor(t[2] / 1000) >= tonumber(ARGV[11])
local v = redis.call('GET', KEYS[4])
if v then
  if v == ARGV[9] then return late and 'expired' or 'mine' end
  if string.sub(v, -#ARGV[2] - 1) == ' ' .. ARGV[2] then return 'interrupted' end
  return 'duplicate'
end
if not waits then return 'gone' end
if late then return 'expired' end
say('accepted', '', '')
redis.call('SET', KEYS[4], ARGV[9], 'PX', 86400000)
return 'new')";
constexpr std::string_view finish_script = SAY R"(
if waits then
  say(ARGV[7], ARGV[8], ARGV[10])
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
  redis.call('XDEL', KEYS[1], ARGV[2])
end
return waits and 1 or 0)";
#undef SAY

bool is_name(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == ':' || c == '-';
  });
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t v = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), v);
  if (text.empty() || r.ec != std::errc{} || r.ptr != text.data() + text.size()) return std::nullopt;
  return v;
}

// An object, not deeper than 16: what is parsed is handed on, and taken apart by recursion.
bool is_object(std::string_view text) {
  bool too_deep = false;
  const auto v = nlohmann::json::parse(
      text,
      [&](int depth, nlohmann::json::parse_event_t, const nlohmann::json&) {
        too_deep |= depth > 16;
        return !too_deep;
      },
      false);
  return !too_deep && v.is_object();
}

std::string hex(const unsigned char* bytes, std::size_t n) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < n; ++i) {
    out += digits[bytes[i] >> 4];
    out += digits[bytes[i] & 15];
  }
  return out;
}

}  // namespace

command_reader::command_reader(const settings& s, environment& env, std::string boot_id, executor execute)
    : settings_(s), env_(env), boot_id_(std::move(boot_id)), execute_(std::move(execute)) {
  stream_ = sdk::cat(s.prefix, ":{cmd}:in");
  replies_ = sdk::cat(s.prefix, ":{cmd}:reply");
  seq_key_ = sdk::cat(s.prefix, ":{cmd}:seq");
  id_prefix_ = sdk::cat(s.prefix, ":{cmd}:id:");
}

void command_reader::poll(connection& c, std::int64_t mono, bool more) {
  for (auto& [number, j] : jobs_)
    if (!j.in_flight && j.next != stage::execute && mono >= j.retry_at && c.room()) send(c, number, j);
  if (!more || polling_ || mono < poll_at_ || jobs_.size() >= most_jobs || !c.room()) return;
  append_command(c.out(), {"EVAL", poll_script, "1", stream_, group, consumer, read_pending_ ? pending_after_ : ">",
                           std::to_string(most_jobs - jobs_.size()), entry_limit});
  c.commit({tag::kind::command, poll_number});
  polling_ = true;
  poll_at_ = mono + poll_interval;
}

void command_reader::send(connection& c, std::uint32_t number, job& j) {
  const bool claim = j.next == stage::claim;
  append_command(c.out(),
                 {"EVAL", claim ? claim_script : finish_script, "4", stream_, replies_, seq_key_, id_prefix_ + j.id,
                  group, j.entry, boot_id_, std::to_string(env_.now()), j.id, j.cmd, j.status, j.reason,
                  sdk::cat(boot_id_, " ", j.entry), j.result, std::to_string(j.good_until)});
  c.commit({tag::kind::command, number});
  j.in_flight = true;
}

bool command_reader::on_reply(connection& c, const tag& t, const reply& r, std::int64_t retry_at) {
  if (t.index == poll_number) {
    polling_ = false;
    if (r.is_error() && r.text().find("NOGROUP") != std::string_view::npos) {
      append_command(c.out(), {"XGROUP", "CREATE", stream_, group, "0", "MKSTREAM"});
      c.commit({tag::kind::ignore});
      return false;
    }
    if (r.is_error() || r.size() == 0) {
      poll_at_ = retry_at;
      return r.is_error();
    }
    if (r.size() == 1) read_pending_ = false;
    if (began_ms_ == 0) began_ms_ = r.at(0).integer();
    for (std::size_t i = 1; i < r.size(); ++i) {
      take(r.at(i), r.at(0).integer());
      // Those under way stay pending: what lies behind them is on a later page.
      if (read_pending_) pending_after_ = r.at(i).at(0).text();
    }
    return false;
  }
  const auto it = jobs_.find(t.index);
  if (it == jobs_.end()) return r.is_error();
  auto& j = it->second;
  j.in_flight = false;
  if (r.is_error()) {
    j.retry_at = retry_at;
    return true;
  }
  if (j.next == stage::finish) jobs_.erase(it);
  else on_claim(t.index, j, r.text());
  return false;
}

void command_reader::on_claim(std::uint32_t number, job& j, std::string_view verdict) {
  if (verdict == "gone") return finish(j, "rejected", "gone");  // says nothing: the entry is not pending
  if (verdict == "duplicate" || verdict == "interrupted" || verdict == "expired") return finish(j, "rejected", verdict);
  // `new`, or `mine`: this run had claimed it and the answer was lost on the way.
  if (!remember(j.id)) return finish(j, "rejected", "duplicate");  // Redis has forgotten what this run knows
  env_.log(TRAPLINE_LOG_INFO, sdk::cat("command ", j.cmd, " (", j.id, ", by ", j.actor, ") is carried out"));
  j.next = stage::execute;
  if (auto o = execute_(number, j.cmd, j.args)) completed(number, std::move(*o));
}

void command_reader::completed(std::uint32_t number, outcome o) {
  const auto it = jobs_.find(number);
  if (it == jobs_.end() || it->second.next != stage::execute) return;
  auto& j = it->second;
  if (!o.fault.empty()) return finish(j, "rejected", o.fault);
  const bool fits = o.result.size() <= result_limit;
  finish(j, "done", fits ? "" : "result_too_large", fits ? std::move(o.result) : std::string());
}

void command_reader::finish(job& j, std::string_view status, std::string_view reason, std::string result) {
  j.status = status;
  j.reason = reason;
  j.result = std::move(result);
  j.next = stage::finish;
  j.retry_at = 0;
}

bool command_reader::idle() const {
  return std::all_of(jobs_.begin(), jobs_.end(), [](const auto& j) { return j.second.next == stage::execute; });
}

bool command_reader::remember(const std::string& id) {
  if (!done_.insert(id).second) return false;
  order_.push_back(id);
  if (order_.size() > remembered) {
    done_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

void command_reader::connection_lost() {
  polling_ = false;
  read_pending_ = true;  // the answer to a poll may be lost: its entries are pending
  pending_after_ = "0";
  poll_at_ = 0;
  for (auto& [number, j] : jobs_) {
    j.in_flight = false;
    j.retry_at = 0;
  }
}

void command_reader::take(const reply& item, std::int64_t server_ms) {
  job j;
  j.entry = item.at(0).text();
  if (j.entry.empty()) return;  // no entry at all: the script does not answer so
  if (std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& known) { return known.second.entry == j.entry; })) return;
  const bool whole = item.size() == 2 && item.at(1).is_array();
  const auto refusal = whole ? check(item.at(1), server_ms, j) : item.size() == 2 ? "gone" : "too_large";
  if (!refusal.empty()) {
    env_.log(TRAPLINE_LOG_WARN, sdk::cat("a command (entry ", j.entry, ") is rejected: ", refusal));
    finish(j, "rejected", refusal);
  }
  jobs_.emplace(next_number_++, std::move(j));
}

std::string command_reader::check(const reply& fields, std::int64_t server_ms, job& out) {
  constexpr std::array<std::string_view, 7> known = {"id", "ttl_ms", "actor", "cmd", "args", "ts", "hmac"};
  std::map<std::string, std::string> f;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto name = fields.at(i).text();
    if (std::find(known.begin(), known.end(), name) == known.end()) return "malformed: unknown field";
    if (!f.emplace(name, fields.at(i + 1).text()).second) return "malformed: field twice";
  }
  if (!is_name(f["id"], 128)) return "malformed: id";
  out.id = f["id"];
  if (!is_name(f["cmd"], 64)) return "malformed: cmd";
  out.cmd = f["cmd"];
  if (!is_name(f["actor"], 64)) return "malformed: actor";
  out.actor = f["actor"];
  const auto ttl = number(f["ttl_ms"]);
  if (!ttl || *ttl < 1 || *ttl > longest_ttl_ms) return "malformed: ttl_ms";
  const auto ts = number(f["ts"].empty() ? std::string_view(out.entry).substr(0, out.entry.find('-')) : f["ts"]);
  if (!ts || *ts < 0 || (f["ts"].empty() && settings_.has_command_key)) return "malformed: ts";
  if (f["args"].size() > args_limit) return "too_large";
  if (!f["args"].empty() && !is_object(f["args"])) return "malformed: args";
  if (settings_.has_command_key && !signature_is_right(f)) return "bad_hmac";
  if (*ts > server_ms + future_ms) return "from_the_future";
  out.good_until = *ts + *ttl;
  if (server_ms >= out.good_until) return "expired";
  // It may have been carried out by an earlier run, of which Redis alone knows. The claim is made all the same: it
  // tells what that run left unfinished.
  if (settings_.has_command_key && *ts < began_ms_) out.good_until = 0;
  if (!allowed(out.cmd, f["args"])) return "not_allowed";
  out.args = f["args"].empty() ? "{}" : f["args"];
  return {};
}

bool command_reader::allowed(std::string_view cmd, std::string_view args) const {
  const auto listed = [&](std::string_view entry) { return std::ranges::count(settings_.commands_allowed, entry) > 0; };
  if (listed(cmd)) return true;
  const auto object = nlohmann::json::parse(args, nullptr, false);
  if (!object.is_object()) return false;
  const auto instance = object.find("instance");
  return instance != object.end() && instance->is_string() &&
         listed(sdk::cat(cmd, ":", instance->get_ref<const std::string&>()));
}

bool command_reader::signature_is_right(const std::map<std::string, std::string>& f) {
  const auto message = sdk::cat(stream_, "\n", f.at("id"), "\n", f.at("ttl_ms"), "\n", f.at("ts"), "\n", f.at("actor"),
                                "\n", f.at("cmd"), "\n", f.at("args"));
  std::string key;
  try {
    key = env_.command_key();
  } catch (const std::exception&) {  // the host has logged why, without the value
    return false;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  const bool made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                         reinterpret_cast<const unsigned char*>(message.data()), message.size(), mac.data(), &size);
  OPENSSL_cleanse(key.data(), key.size());
  const auto it = f.find("hmac");
  const auto expected = hex(mac.data(), size);
  return made && it != f.end() && it->second.size() == expected.size() &&
         CRYPTO_memcmp(it->second.data(), expected.data(), expected.size()) == 0;
}

}  // namespace trapline::redis_bridge
