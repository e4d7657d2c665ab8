#include "settings.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "trapline/sdk/host.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

[[noreturn]] void refuse(std::string path, std::string text) {
  throw sdk::error(TRAPLINE_E_CONFIG, std::move(path), std::move(text));
}

template <class Int>
std::optional<Int> number(std::string_view text, Int low, Int high) {
  Int v{};
  const auto r = std::from_chars(text.data(), text.data() + text.size(), v);
  if (text.empty() || r.ec != std::errc{} || r.ptr != text.data() + text.size() || v < low || v > high)
    return std::nullopt;
  return v;
}

void parse_authority(std::string_view authority, settings& out) {
  std::string_view port = "6379";
  const auto colon = authority.rfind(':');
  if (!authority.empty() && authority.front() == '[') {  // [::1]:6379
    const auto end = authority.find(']');
    if (end == std::string_view::npos) refuse("url", "'[' without ']' in the host of the Redis URL");
    out.endpoint.host = authority.substr(1, end - 1);
    if (end + 1 < authority.size()) {
      if (authority[end + 1] != ':') refuse("url", "expected ':' and a port after ']' in the Redis URL");
      port = authority.substr(end + 2);
    }
  } else if (colon != std::string_view::npos) {
    out.endpoint.host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
  } else {
    out.endpoint.host = authority;
  }
  if (out.endpoint.host.empty()) refuse("url", "the Redis URL has no host; expected redis://host:port");
  const auto p = number<std::uint16_t>(port, 1, 65535);
  if (!p) refuse("url", sdk::cat("'", port, "' is not a port (1..65535)"));
  out.endpoint.port = *p;
}

void check_prefix(const std::string& prefix) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '_' ||
           c == '-' || c == '.';
  };
  for (const char c : prefix)  // a brace of its own would move the hash tag
    if (!plain(c)) refuse("stream.prefix", "only letters, digits and ':', '_', '-', '.' are allowed");
  if (prefix.empty()) refuse("stream.prefix", "must not be empty");
}

}  // namespace

void parse_url(std::string_view url, settings& out) {
  constexpr std::string_view unix_scheme = "unix:", tcp_scheme = "redis://", tls_scheme = "rediss://";
  if (url.starts_with(unix_scheme)) {
    out.endpoint.unix_path = url.substr(unix_scheme.size());
    if (out.endpoint.unix_path.empty()) refuse("url", "expected a path after 'unix:'");
  } else if (url.starts_with(tls_scheme)) {
    refuse("url", "TLS to Redis (rediss://) is not offered yet; use a Unix socket, or redis:// on a trusted network");
  } else if (url.starts_with(tcp_scheme)) {
    auto rest = url.substr(tcp_scheme.size());
    // Not shown in the message: what stands before the '@' may be a password.
    if (rest.find('@') != std::string_view::npos)
      refuse("url", "credentials do not belong into the URL; use the options username and password");
    if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
      const auto db = rest.substr(slash + 1);
      rest = rest.substr(0, slash);
      const auto n = db.empty() ? std::optional<int>(0) : number<int>(db, 0, 65535);
      if (!n) refuse("url", sdk::cat("'", db, "' is not a database number"));
      out.database = *n;
    }
    parse_authority(rest, out);
  } else {
    refuse("url", "expected unix:PATH or redis://host:port[/db]");
  }
  out.endpoint_name = url;
}

settings parse_settings(std::string_view json) {
  const auto all = nlohmann::json::parse(json);
  const auto at = [&](const char* pointer) -> const nlohmann::json& {
    return all.at(nlohmann::json::json_pointer(pointer));
  };
  const auto integer = [&](const char* pointer) { return at(pointer).get<std::int64_t>(); };

  settings s;
  parse_url(at("/url").get<std::string>(), s);
  if (at("/username").is_string()) s.username = at("/username");
  s.has_password = at("/password").is_boolean() && at("/password").get<bool>();
  if (!s.username.empty() && !s.has_password) refuse("password", "username is set, so password must be set too");
  s.words = at("/vocabulary") == "seed" ? vocabulary::seed : vocabulary::plain;
  s.window = integer("/window");
  s.spool_commands = static_cast<std::uint64_t>(integer("/spool/max_commands"));
  s.spool_bytes = static_cast<std::uint64_t>(integer("/spool/max_bytes"));
  s.prefix = at("/stream/prefix");
  check_prefix(s.prefix);
  s.maxlen_market = integer("/stream/maxlen/market");
  s.maxlen_signals = integer("/stream/maxlen/signals");
  s.maxlen_account = integer("/stream/maxlen/account");
  s.maxlen_status = integer("/stream/maxlen/status");
  s.position_history = integer("/history/position_max");
  s.position_period = integer("/publish/position");
  s.orders_period = integer("/publish/orders");
  s.account_period = integer("/publish/account");
  s.trap_period = integer("/publish/trap");
  s.expiry_factor = integer("/expiry_factor");
  return s;
}

}  // namespace trapline::redis_bridge
