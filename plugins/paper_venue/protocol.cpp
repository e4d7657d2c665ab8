#include "protocol.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace trapline::paper_venue {
namespace {

using json = nlohmann::ordered_json;

std::string lower(std::string s) {
  std::transform(s.begin(), s.end(), s.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return s;
}
std::string upper(std::string s) {
  std::transform(s.begin(), s.end(), s.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return s;
}

// A member that clients send as a string or as a number.
std::string scalar(const json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end()) return {};
  if (it->is_string()) return it->get<std::string>();
  if (it->is_number_integer()) return std::to_string(it->get<std::int64_t>());
  return {};
}

std::optional<topic_arg> parse_topic(json arg, bool v1) {
  if (!arg.is_object()) return std::nullopt;
  topic_arg t;
  t.inst_type = lower(scalar(arg, "instType"));
  t.channel = scalar(arg, "channel");
  t.speaks = v1 ? dialect::v1 : dialect::v2;
  std::string id;
  if (t.channel.empty() && !v1) {
    t.speaks = dialect::v3;
    t.channel = scalar(arg, "topic");
    t.interval = scalar(arg, "interval");
    id = scalar(arg, "symbol");
  }
  if (id.empty()) id = scalar(arg, "instId");
  if (id.empty()) id = scalar(arg, "coin");
  t.inst_id = id.empty() || lower(id) == "default" ? "default" : upper(id);
  if (t.inst_type.empty() || t.channel.empty()) return std::nullopt;
  if (v1) arg["instType"] = t.inst_type;
  t.echo = arg.dump(-1, ' ', false, json::error_handler_t::replace);
  return t;
}

}  // namespace

request parse_request(std::string_view text, bool v1) {
  request r;
  if (text == "ping") {
    r.what = request::kind::ping;
    return r;
  }
  const json j = json::parse(text, nullptr, false);
  if (j.is_discarded() || !j.is_object()) return r;
  r.op = scalar(j, "op");
  if (r.op == "trade") {
    r.what = request::kind::trade;
    return r;
  }
  if (r.op != "login" && r.op != "subscribe" && r.op != "unsubscribe") {
    r.what = r.op.empty() ? request::kind::not_json : request::kind::unknown_op;
    return r;
  }
  const auto args = j.find("args");
  r.what = request::kind::bad_args;
  if (args == j.end() || !args->is_array() || args->empty()) return r;
  if (r.op == "login") {
    const auto& a = (*args)[0];
    if (!a.is_object()) return r;
    r.login = {scalar(a, "apiKey"), scalar(a, "passphrase"), scalar(a, "timestamp"), scalar(a, "sign")};
    r.what = request::kind::login;
    return r;
  }
  for (const auto& a : *args) {
    auto topic = parse_topic(a, v1);
    if (!topic) return r;
    r.topics.push_back(std::move(*topic));
  }
  r.what = r.op == "subscribe" ? request::kind::subscribe : request::kind::unsubscribe;
  return r;
}

std::optional<topic_arg> parse_push_arg(std::string_view text) {
  const json j = json::parse(text, nullptr, false);
  if (j.is_discarded() || !j.is_object() || !j.contains("arg") || !j.contains("data")) return std::nullopt;
  return parse_topic(j["arg"], true);
}

}  // namespace trapline::paper_venue
