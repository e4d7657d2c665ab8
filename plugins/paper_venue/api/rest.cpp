#include "rest.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>

#include "../wire_text.hpp"
#include "request.hpp"

namespace trapline::paper_venue::api {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

net::http_response reply(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

}  // namespace

net::http_response failure(int status, int code, std::string_view text, std::int64_t utc_ms) {
  return reply(status, wire::object()
                           .text("code", std::to_string(code))
                           .text("msg", text)
                           .number("requestTime", utc_ms)
                           .raw("data", "null")
                           .done());
}

net::http_response success(std::string_view data, std::int64_t utc_ms) {
  return reply(200, wire::object()
                        .text("code", "00000")
                        .text("msg", "success")
                        .number("requestTime", utc_ms)
                        .raw("data", data)
                        .done());
}

std::optional<refusal> check_signature(const credentials& c, const net::http_request& r, std::int64_t utc_ms) {
  const auto key = r.header("ACCESS-KEY"), sign = r.header("ACCESS-SIGN"), stamp = r.header("ACCESS-TIMESTAMP"),
             phrase = r.header("ACCESS-PASSPHRASE");
  if (key.empty()) return refusal{40001, "ACCESS_KEY cannot be empty"};
  if (sign.empty()) return refusal{40002, "ACCESS_SIGN cannot be empty"};
  if (stamp.empty()) return refusal{40003, "ACCESS_TIMESTAMP cannot be empty"};
  if (phrase.empty()) return refusal{40011, "ACCESS_PASSPHRASE cannot be empty"};
  std::int64_t ms = 0;
  const auto [end, ec] = std::from_chars(stamp.data(), stamp.data() + stamp.size(), ms);
  if (ec != std::errc() || end != stamp.data() + stamp.size() || ms <= 0)
    return refusal{40005, "Invalid ACCESS_TIMESTAMP"};
  if (ms < utc_ms - login_validity_ms || ms > utc_ms + login_validity_ms)
    return refusal{40008, "Request timestamp expired"};
  if (!same(key, c.key)) return refusal{40037, "Apikey does not exist"};
  if (!same(phrase, c.passphrase)) return refusal{40012, "apikey/password is incorrect"};
  const auto signed_as = [&](std::string_view target) {
    std::string text(stamp);
    ((text += r.method) += target) += r.body;
    return same(sign, hmac_sha256_base64(c.secret, text));
  };
  // Most clients sign the target as it stands on the wire, some (ccxt) with the query decoded.
  if (signed_as(r.target)) return std::nullopt;
  const auto decoded = percent_decoded(r.target);
  if (decoded && signed_as(*decoded)) return std::nullopt;
  return refusal{40009, "sign signature error"};
}

const route* rest::find(std::string_view method, std::string_view path) const {
  for (const auto table : {market_routes(), v2_trade_routes(), v2_account_routes(), v3_routes()})
    for (const auto& r : table)
      if (r.path == path && r.method == method) return &r;
  return nullptr;
}

int rest::take(const route& r, std::int64_t mono) {
  auto& mine = calls_[r.path];
  const auto forget = [&](std::deque<std::int64_t>& times, std::int64_t window) {
    while (!times.empty() && mono - times.front() >= window) times.pop_front();
  };
  forget(mine, second_ns);
  forget(all_calls_, 60 * second_ns);
  if (static_cast<int>(mine.size()) >= r.per_second || static_cast<int>(all_calls_.size()) >= most_per_minute)
    return -1;
  mine.push_back(mono);
  all_calls_.push_back(mono);
  return r.per_second - static_cast<int>(mine.size());
}

net::http_response rest::handle(const net::http_request& r, std::int64_t utc_ms, std::int64_t mono) {
  const std::string_view target = r.target;
  const auto path = target.substr(0, target.find('?'));
  const auto query = path.size() < target.size() ? target.substr(path.size() + 1) : std::string_view();
  const route* known = find(r.method, path);
  if (!known) return failure(404, 40404, "Request URL NOT FOUND", utc_ms);
  const int left = settings_.rest_limits ? take(*known, mono) : known->per_second;
  if (left < 0) return failure(429, 429, "Too Many Requests", utc_ms);
  if (known->who != access::open) {
    if (const auto no = check_signature(credentials_, r, utc_ms)) return failure(400, no->code, no->text, utc_ms);
    if (known->who == access::v2_account && settings_.unified)
      return failure(400, 40085,
                     "You are in Unified Account mode, and the Classic Account API is not supported at this time",
                     utc_ms);
    if (known->who == access::v3_account && !settings_.unified)
      return failure(400, 40084,
                     "You are in Classic Account mode, and the Unified Account API is not supported at this time",
                     utc_ms);
  }
  params p;
  if (r.method == "POST") {
    auto body = params::from_json(r.body.empty() ? "{}" : std::string_view(r.body));
    if (!body) return failure(400, 40017, "The body is no JSON object", utc_ms);
    p = std::move(*body);
  } else {
    p = params::from_query(query);
  }
  const bool v3 = path.substr(0, 8) == "/api/v3/";
  const auto product = p.has("productType") ? p.word("productType") : p.word("category");
  const auto served = product.empty() || product == "usdt-futures" || product == "umcbl";
  answer a = !served ? known->who == access::open ? answer(std::string("[]")) : answer(&refusals::wrong_product)
                     : known->handle({sim_, p, v3, utc_ms, mono, countdown_});
  auto out = a.no ? failure(400, v3 ? v3_code(a.no->code) : a.no->code, a.no->text, utc_ms) : success(a.data, utc_ms);
  out.headers.emplace_back("x-mbx-used-remain-limit", std::to_string(left));
  return out;
}

void rest::advance(std::int64_t mono) {
  if (!countdown_ || mono < *countdown_) return;
  countdown_.reset();
  sim_.the_exchange().cancel_all(sim_.now());
}

}  // namespace trapline::paper_venue::api
