#include "settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <vector>

#include "options.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

[[noreturn]] void refuse(std::string_view path, std::string text) { sdk::options::refuse(path, std::move(text)); }

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] != 0 ? name : "host";
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

// For parts of names of keys: a brace of its own would move the hash tag.
void check_name(std::string_view path, const std::string& name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '_' ||
           c == '-' || c == '.';
  };
  for (const char c : name)
    if (!plain(c)) refuse(path, "only letters, digits and ':', '_', '-', '.' are allowed");
  if (name.empty()) refuse(path, "must not be empty");
}

void parse_groups(const sdk::options& given, settings& s) {
  const auto groups = given.get<std::vector<std::string>>("publish.groups");
  const auto has = [&](std::string_view name) { return std::find(groups.begin(), groups.end(), name) != groups.end(); };
  s.write_status = has("status");
  s.write_market = has("market");
  s.write_account = has("account");
  s.write_traps = has("traps");
  const bool all = s.write_status && s.write_market && s.write_account && s.write_traps;
  if (s.profile == settings::key_set::omega && !all) refuse("publish.groups", "profile omega needs all groups");
}

void parse_ingest(const sdk::options& given, settings& s) {
  if (s.ingest_prefix.empty()) s.ingest_prefix = s.prefix;
  check_name("ingest.prefix", s.ingest_prefix);
  check_name("ingest.group", s.ingest_group);
  if (s.ingest_consumer.empty()) s.ingest_consumer = host_name();
  for (std::size_t i = 0; i < s.ingest_streams.size(); ++i) {
    const auto path = sdk::cat("ingest.streams[", i, "]");
    check_name(path, s.ingest_streams[i]);
    if (std::find(s.ingest_streams.begin(), s.ingest_streams.begin() + static_cast<std::ptrdiff_t>(i),
                  s.ingest_streams[i]) != s.ingest_streams.begin() + static_cast<std::ptrdiff_t>(i))
      refuse(path, sdk::cat("'", s.ingest_streams[i], "' stands there twice"));
  }
  s.ingest_from_new = given.one_of<bool>("ingest.from", {{"oldest", false}, {"new", true}});
  s.ingest_repeat = given.one_of<bool>("ingest.unfinished", {{"gap", false}, {"repeat", true}});
  if (s.ingest_republish && s.relay && s.ingest_prefix == s.prefix && !s.ingest_streams.empty())
    refuse("ingest.republish", "what is ingested would go round: relay.enabled writes to the streams that are read");
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
                            "' changes what code runs, or how, and is taken only if it is signed: set "
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
  check_name("stream.prefix", s.prefix);
  check_commands(s);
  s.words = given.one_of<vocabulary>("vocabulary", {{"plain", vocabulary::plain}, {"seed", vocabulary::seed}});
  s.profile = given.one_of<settings::key_set>(
      "profile", {{"standard", settings::key_set::standard}, {"omega", settings::key_set::omega}});
  parse_groups(given, s);
  parse_ingest(given, s);
  s.on_wrongtype = given.one_of<settings::wrong_type>(
      "on_wrongtype", {{"fail", settings::wrong_type::fail}, {"rename", settings::wrong_type::rename}});
  if (!s.username.empty() && !s.has_password) refuse("password", "username is set, so password must be set too");
  return s;
}

}  // namespace trapline::redis_bridge
