#include "settings.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

#include "options.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

[[noreturn]] void refuse(std::string_view path, std::string text) { sdk::options::refuse(path, std::move(text)); }

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

void check_commands(const settings& s) {
  constexpr std::string_view path = "commands.allow";
  for (const auto& entry : s.commands_allowed) {
    const auto colon = entry.find(':');
    const auto name = std::string_view(entry).substr(0, colon);
    const auto known = std::find_if(std::begin(command_rules), std::end(command_rules),
                                    [&](const auto& rule) { return rule.name == name; });
    if (known == std::end(command_rules)) {
      std::string names;
      for (const auto& rule : command_rules) names += sdk::cat(names.empty() ? "" : ", ", rule.name);
      refuse(path, sdk::cat("'", name, "' is no command; there are ", names));
    }
    if (colon != std::string::npos && (!known->of_instance || colon + 1 == entry.size()))
      refuse(path, sdk::cat("'", entry, "': ",
                            known->of_instance ? "expected the name of an instance behind ':'"
                                               : "the command is not about one instance"));
    if (known->signed_only && !s.has_command_key)
      refuse(path, sdk::cat("'", name,
                            "' changes what code runs and is taken only if it is signed: set "
                            "commands.hmac_key"));
  }
}

}  // namespace

void parse_url(std::string_view url, settings& out) {
  constexpr std::string_view unix_scheme = "unix:", tcp_scheme = "redis://", tls_scheme = "rediss://";
  if (url.starts_with(unix_scheme)) {
    out.endpoint.unix_path = url.substr(unix_scheme.size());
    if (out.endpoint.unix_path.empty()) refuse("url", "expected a path after 'unix:'");
  } else if (url.starts_with(tcp_scheme) || url.starts_with(tls_scheme)) {
    out.endpoint.tls = url.starts_with(tls_scheme);
    auto rest = url.substr((out.endpoint.tls ? tls_scheme : tcp_scheme).size());
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
    refuse("url", "expected unix:PATH, redis://host:port[/db], or rediss:// with TLS");
  }
  out.endpoint_name = url;
}

settings parse_settings(std::string_view json) {
  const sdk::options given(json);
  settings s = option_table.read(given);
  parse_url(given.get<std::string>("url"), s);
  if (s.endpoint.certificate_file.empty() != s.endpoint.key_file.empty())
    refuse("tls.certificate_file", "tls.certificate_file and tls.key_file belong together");
  if (!s.endpoint.tls && !(s.endpoint.ca_file.empty() && s.endpoint.certificate_file.empty()))
    refuse("url", "tls.* is set, but the URL does not begin with rediss://, so the connection would not be encrypted");
  check_prefix(s.prefix);
  check_commands(s);
  s.words = given.one_of<vocabulary>("vocabulary", {{"plain", vocabulary::plain}, {"seed", vocabulary::seed}});
  s.profile = given.one_of<settings::key_set>(
      "profile", {{"standard", settings::key_set::standard}, {"omega", settings::key_set::omega}});
  s.on_wrongtype = given.one_of<settings::wrong_type>(
      "on_wrongtype", {{"fail", settings::wrong_type::fail}, {"rename", settings::wrong_type::rename}});
  if (!s.username.empty() && !s.has_password) refuse("password", "username is set, so password must be set too");
  return s;
}

}  // namespace trapline::redis_bridge
