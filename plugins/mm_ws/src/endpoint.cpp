#include "endpoint.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "trapline/sdk/host.hpp"

namespace trapline::mm_ws {
namespace {

const char* name_of(environment e) {
  return e == environment::paper ? "paper" : e == environment::demo ? "demo" : "live";
}
const char* expected_host(environment e, service what) {
  return e == environment::paper  ? "an address of this machine (localhost, 127.0.0.1, [::1])"
         : what == service::rest  ? "api.bitget.com"
         : e == environment::demo ? "wspap.bitget.com"
                                  : "ws.bitget.com";
}

std::string misfit(environment e, service what, std::string_view url) {
  const std::string scheme = what == service::rest ? "https://" : "wss://";
  const auto host = host_of(scheme, url);
  if (host.empty())
    return "expected " + scheme + "host[:port]" + (what == service::rest ? "" : "/path") + ", found '" +
           std::string(url.substr(0, 120)) + "'";
  if (host_fits(e, what, host)) return {};
  return std::string("environment ") + name_of(e) + " connects to " + expected_host(e, what) + " only, found '" +
         std::string(host.substr(0, 120)) + "': correct the address or the environment";
}

std::string default_url(const options& o, bool for_private) {
  const std::string base = o.environment == environment::demo ? "wss://wspap.bitget.com" : "wss://ws.bitget.com";
  if (o.api == "v1") return base + "/mix/v1/stream";
  return base + "/" + o.api + (for_private ? "/ws/private" : "/ws/public");
}

// The texts of `endpoint.file` under `key` and `ca_file`. `error` if it cannot be read; no URL if the key is not there.
endpoint from_file(const options& o, const char* key) {
  constexpr std::streamsize limit = 64 << 10;
  std::ifstream in(o.endpoint_file, std::ios::binary);
  if (!in) return {{}, {}, "cannot read " + o.endpoint_file + ": is the paper venue running?"};
  std::string content(static_cast<std::size_t>(limit), '\0');
  in.read(content.data(), limit);
  content.resize(static_cast<std::size_t>(in.gcount()));
  const auto root = nlohmann::json::parse(content, nullptr, false);
  if (!root.is_object()) return {{}, {}, o.endpoint_file + ": expected a JSON object"};
  const auto text = [&](const char* name) {
    const auto it = root.find(name);
    return it != root.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  endpoint e{text(key), text("ca_file"), {}};
  if (!o.ca_file.empty()) e.ca_file = o.ca_file;
  return e;
}

endpoint checked(const options& o, service what, endpoint e) {
  if (auto why = misfit(o.environment, what, e.url); !why.empty()) return {{}, {}, o.endpoint_file + ": " + why};
  return e;
}

}  // namespace

std::string_view host_of(std::string_view scheme, std::string_view url) {
  if (!url.starts_with(scheme)) return {};
  url.remove_prefix(scheme.size());
  url = url.substr(0, url.find_first_of("/?#"));
  if (url.find('@') != url.npos) return {};
  if (url.starts_with('[')) {
    const auto close = url.find(']');
    return close == url.npos ? std::string_view() : url.substr(1, close - 1);
  }
  return url.substr(0, url.find(':'));
}

bool host_fits(environment e, service what, std::string_view host) {
  if (what == service::rest && e != environment::paper) return host == "api.bitget.com";
  switch (e) {
    case environment::live:
      return host == "ws.bitget.com";
    case environment::demo:
      return host == "wspap.bitget.com";
    case environment::paper:
      break;
  }
  if (host == "localhost" || host == "::1") return true;
  // 127.0.0.0/8, and not a name that merely begins like it.
  return host.starts_with("127.") && host.size() <= 15 && std::count(host.begin(), host.end(), '.') == 3 &&
         host.find_first_not_of("0123456789.") == host.npos;
}

void check_endpoints(const options& o) {
  const auto check = [&](const char* path, service what, const std::string& url) {
    if (url.empty()) return;
    if (auto why = misfit(o.environment, what, url); !why.empty()) throw sdk::error(TRAPLINE_E_CONFIG, path, why);
  };
  check("endpoint.public", service::sockets, o.endpoint_public);
  check("endpoint.private", service::sockets, o.endpoint_private);
  check("endpoint.rest", service::rest, o.endpoint_rest);
  if (o.environment != environment::paper) {
    if (o.api == "v1") throw sdk::error(TRAPLINE_E_CONFIG, "api", "the venue retired v1 in November 2025: use v2");
    if (!o.endpoint_file.empty())
      throw sdk::error(TRAPLINE_E_CONFIG, "endpoint.file",
                       "is the paper venue's: it has no place in environment " + std::string(name_of(o.environment)));
    return;
  }
  if (!o.endpoint_file.empty()) return;
  if (!o.channels.empty() && o.endpoint_public.empty())
    throw sdk::error(
        TRAPLINE_E_CONFIG, "endpoint.file",
        "environment paper needs an address: endpoint.file (endpoint.json of a paper venue) or endpoint.public");
  if (!o.private_channels.empty() && o.endpoint_private.empty())
    throw sdk::error(TRAPLINE_E_CONFIG, "endpoint.private",
                     "environment paper needs an address for private channels: endpoint.file or endpoint.private");
}

endpoint find_endpoint(const options& o, bool for_private) {
  const auto& given = for_private ? o.endpoint_private : o.endpoint_public;
  if (!given.empty()) return {given, o.ca_file, {}};
  if (o.endpoint_file.empty()) return {default_url(o, for_private), o.ca_file, {}};
  const char* key = o.api == "v1" ? "v1" : for_private ? "private" : "public";
  auto e = from_file(o, key);
  if (!e.error.empty()) return e;
  if (e.url.empty()) return {{}, {}, o.endpoint_file + ": expected a JSON object with the key '" + key + "'"};
  // The file tells the addresses of v2; those of v3 differ in their path only, as at the venue itself.
  if (const auto at = e.url.find("/v2/ws/"); o.api == "v3" && at != std::string::npos) e.url.replace(at, 4, "/v3/");
  return checked(o, service::sockets, std::move(e));
}

endpoint find_rest_endpoint(const options& o) {
  if (!o.endpoint_rest.empty()) return {o.endpoint_rest, o.ca_file, {}};
  if (o.environment != environment::paper) return {"https://api.bitget.com", o.ca_file, {}};
  if (o.endpoint_file.empty()) return {};
  auto e = from_file(o, "rest");
  if (!e.error.empty() || e.url.empty()) return e;
  return checked(o, service::rest, std::move(e));
}

}  // namespace trapline::mm_ws
