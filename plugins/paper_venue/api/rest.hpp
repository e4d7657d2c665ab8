// The REST API: routes, signatures, rate limits, the envelope (bitget.md, sections 14 and 15).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "../login.hpp"
#include "../settings.hpp"
#include "../simulation.hpp"
#include "params.hpp"
#include "trapline/net/http_server.hpp"

namespace trapline::paper_venue::api {

struct call {
  simulation& sim;
  const params& p;  // of the query (GET) or of the body (POST)
  bool v3;
  std::int64_t utc_ms;                     // wall
  std::int64_t mono;                       // ns
  std::optional<std::int64_t>& countdown;  // mono; v3's dead man's switch

  exchange& ex() const { return sim.the_exchange(); }
  std::int64_t now() const { return sim.now(); }
};

// JSON text for `data`, or why not.
struct answer {
  const refusal* no = nullptr;
  std::string data;

  answer(const refusal* why) : no(why) {}              // NOLINT: both are what handlers return
  answer(std::string json) : data(std::move(json)) {}  // NOLINT
};

enum class access : std::uint8_t { open, v2_account, v3_account };

struct route {
  std::string_view method, path;
  access who;
  int per_second;
  answer (*handle)(const call& c);
};

// In the files of that name.
std::span<const route> market_routes();
std::span<const route> v2_trade_routes();
std::span<const route> v2_account_routes();
std::span<const route> v3_routes();

class rest {
 public:
  static constexpr int most_per_minute = 6000;  // of all calls

  rest(const settings& s, const credentials& c, simulation& sim) : settings_(s), credentials_(c), sim_(sim) {}

  net::http_response handle(const net::http_request& r, std::int64_t utc_ms, std::int64_t mono);
  // Cancels all orders when a countdown has run out.
  void advance(std::int64_t mono);

 private:
  const route* find(std::string_view method, std::string_view path) const;
  // Calls still allowed this second; negative = refused.
  int take(const route& r, std::int64_t mono);

  const settings& settings_;
  const credentials& credentials_;
  simulation& sim_;
  std::map<std::string_view, std::deque<std::int64_t>> calls_;  // path -> mono, of the last second
  std::deque<std::int64_t> all_calls_;                          // of the last minute
  std::optional<std::int64_t> countdown_;
};

// Whether the request carries a valid signature of these credentials; else the code and text to answer.
std::optional<refusal> check_signature(const credentials& c, const net::http_request& r, std::int64_t utc_ms);

net::http_response failure(int status, int code, std::string_view text, std::int64_t utc_ms);
net::http_response success(std::string_view data, std::int64_t utc_ms);

}  // namespace trapline::paper_venue::api
