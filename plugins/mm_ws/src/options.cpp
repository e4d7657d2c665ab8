#include "options.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "connect_budget.hpp"
#include "endpoint.hpp"
#include "trapline/sdk/host.hpp"

namespace trapline::mm_ws {
namespace {

using json = nlohmann::json;

[[noreturn]] void refuse(const std::string& path, const std::string& text) {
  throw sdk::error(TRAPLINE_E_CONFIG, path, text);
}

const json& at(const json& root, std::string_view path) {
  static const json missing;
  const json* j = &root;
  while (!path.empty()) {
    const auto dot = std::min(path.find('.'), path.size());
    if (!j->is_object()) return missing;
    const auto it = j->find(path.substr(0, dot));
    if (it == j->end()) return missing;
    j = &*it;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return *j;
}

std::string text(const json& root, const char* path) {
  const auto& j = at(root, path);
  if (j.is_null()) return {};
  if (!j.is_string()) refuse(path, "expected text");
  return j.get<std::string>();
}

std::int64_t number(const json& root, const char* path) {
  const auto& j = at(root, path);
  if (!j.is_number_integer()) refuse(path, "expected a number");
  return j.get<std::int64_t>();
}

bool boolean(const json& root, const char* path) {
  const auto& j = at(root, path);
  if (!j.is_boolean()) refuse(path, "expected true or false");
  return j.get<bool>();
}

// Each value once.
std::vector<std::string> list(const json& root, const char* path) {
  const auto& j = at(root, path);
  std::vector<std::string> out;
  if (j.is_null()) return out;
  if (!j.is_array()) refuse(path, "expected a list");
  for (const auto& e : j) {
    if (!e.is_string()) refuse(path, "expected a list of words");
    if (std::find(out.begin(), out.end(), e.get<std::string>()) != out.end())
      refuse(path, "'" + e.get<std::string>() + "' stands there twice: name it once");
    out.push_back(e.get<std::string>());
  }
  return out;
}

void check_lists(const options& o) {
  if (o.symbols.empty()) refuse("symbols", "expected at least one symbol, such as [BTCUSDT]; found none");
  for (const auto& s : o.symbols)
    if (!valid_symbol(s))
      refuse("symbols",
             "'" + s.substr(0, 40) +
                 "' is not a symbol: expected capitals and digits without a product suffix, such as BTCUSDT");
  const auto is_public = [&](const std::string& c) {
    return has_channel(o.dialect(), c) && !is_private(make_subscription(o.dialect(), c, {}).kind);
  };
  for (const auto& c : o.channels)
    if (candle_interval(c) != 0 && !has_channel(o.dialect(), c))
      refuse("channels", "'" + c + "' is not offered by api " + o.api);
    else if (!is_public(c))
      refuse("channels", "'" + c.substr(0, 40) +
                             "' is not a channel: expected trade, books, ticker, or candle with an interval (candle1m, "
                             "candle5m, candle1H, ...)");
  for (const auto& c : o.private_channels)
    if (is_public(c) || !has_channel(dialect_of("v2"), c) || candle_interval(c) != 0)
      refuse("private", "'" + c.substr(0, 40) +
                            "' is not a private channel: expected positions, orders, fills, plan_orders, account");
  if (o.channels.empty() && o.private_channels.empty())
    refuse("channels", "nothing to subscribe: name channels, private channels, or both");
  // The venue takes 100 connections of one address, and rotation opens a second one for each.
  if (o.symbols.size() * o.channels.size() > std::size_t{40} * o.channels_per_connection)
    refuse("symbols", std::to_string(o.symbols.size() * o.channels.size()) +
                          " channels are more than 40 connections of " + std::to_string(o.channels_per_connection) +
                          " each: use fewer symbols, or several machines");
  if (!o.private_channels.empty() && o.api == "v1")
    refuse("private", "api v1 is for recorded captures and old clients: public channels only");
}

}  // namespace

bool valid_symbol(std::string_view symbol) {
  return !symbol.empty() && symbol.size() < 24 && std::all_of(symbol.begin(), symbol.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

options parse_options(std::string_view input) {
  const json root = json::parse(input, nullptr, false);
  if (!root.is_object()) refuse("", "expected the options as one JSON object");
  options o;
  const auto env = text(root, "environment");
  if (env != "paper" && env != "demo" && env != "live")
    refuse("environment", "expected paper, demo or live, found '" + env + "'");
  o.environment = env == "paper" ? environment::paper : env == "demo" ? environment::demo : environment::live;
  o.api = text(root, "api");
  if (o.api != "v1" && o.api != "v2" && o.api != "v3" && o.api != "auto")
    refuse("api", "expected auto, v1, v2 or v3, found '" + o.api + "'");
  o.symbols = list(root, "symbols");
  o.channels = list(root, "channels");
  o.private_channels = list(root, "private");
  o.endpoint_public = text(root, "endpoint.public");
  o.endpoint_private = text(root, "endpoint.private");
  o.endpoint_rest = text(root, "endpoint.rest");
  o.ca_file = text(root, "endpoint.ca_file");
  o.endpoint_file = text(root, "endpoint.file");
  o.rest_enabled = boolean(root, "rest.enabled");
  o.reconcile_interval = number(root, "rest.reconcile_interval");
  o.backfill = static_cast<unsigned>(std::clamp<std::int64_t>(number(root, "rest.backfill"), 0, 1000));
  o.ping_interval = number(root, "ping_interval");
  o.dead_after = number(root, "dead_after");
  o.stale_after = number(root, "stale.books");
  o.stale_ticker = number(root, "stale.ticker");
  o.stale_candle = number(root, "stale.candle");
  o.rotate_after = number(root, "connections.rotate_after");
  o.channels_per_connection =
      static_cast<unsigned>(std::clamp<std::int64_t>(number(root, "connections.channels"), 1, 1000));
  o.ack_timeout = number(root, "ack_timeout");
  o.status_interval = number(root, "status_interval");
  o.max_attempts = static_cast<unsigned>(std::clamp<std::int64_t>(number(root, "reconnect.max_attempts"), 0, 1000));
  o.probe_when_exhausted = text(root, "reconnect.when_exhausted") != "stop";
  o.probe_interval = number(root, "reconnect.probe_interval");
  o.stable_after = number(root, "reconnect.stable_after");
  o.budget_file = text(root, "reconnect.budget_file");
  if (o.budget_file == "auto") o.budget_file = default_budget_file();
  o.debug_messages = static_cast<unsigned>(std::clamp<std::int64_t>(number(root, "debug.messages"), 0, 10'000));
  o.debug_file = text(root, "debug.file");
  o.record_file = text(root, "record.file");
  o.record_limit = static_cast<std::uint64_t>(std::max<std::int64_t>(number(root, "record.limit"), 0));
  o.max_resyncs = static_cast<unsigned>(std::clamp<std::int64_t>(number(root, "book.max_resyncs"), 0, 1000));
  o.resync_window = number(root, "book.resync_window");

  check_lists(o);
  if (o.dead_after <= o.ping_interval)
    refuse("dead_after", "must be longer than ping_interval: an idle connection is quiet between two pings");
  if (!o.private_channels.empty())
    for (const char* path : {"credentials.key", "credentials.secret", "credentials.passphrase"})
      if (at(root, path) != true)
        refuse(path, "private channels need credentials: set it to env:NAME or file:PATH, or leave `private` empty");
  check_endpoints(o);
  return o;
}

}  // namespace trapline::mm_ws
