// A venue and a REST client of it without sockets.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "venue_fixture.hpp"

namespace trapline::paper_venue {

class fake_exchange final : public net::http_exchange {
 public:
  struct state {
    std::optional<net::http_response> response;
    bool gone = false;
  };
  explicit fake_exchange(std::shared_ptr<state> s) : state_(std::move(s)) {}
  ~fake_exchange() override { state_->gone = true; }
  void respond(const net::http_response& r) override { state_->response = r; }

 private:
  std::shared_ptr<state> state_;
};

class rest_test : public venue_test {
 protected:
  rest_test() {
    settings_.trader = false;
    settings_.episodes.kinds.clear();
  }

  net::http_request make(const std::string& method, const std::string& target, const std::string& body = "") const {
    net::http_request r{method, target, {}, body};
    const auto stamp = std::to_string(wall_ / 1'000'000);
    r.headers = {{"access-key", keys.key},
                 {"Access-Sign", hmac_sha256_base64(keys.secret, stamp + method + target + body)},
                 {"ACCESS-TIMESTAMP", stamp},
                 {"ACCESS-PASSPHRASE", keys.passphrase}};
    return r;
  }
  std::shared_ptr<fake_exchange::state> start_call(const net::http_request& r) {
    if (!venue_) open_venue();
    auto s = std::make_shared<fake_exchange::state>();
    venue_->on_request(r, std::make_unique<fake_exchange>(s));
    return s;
  }
  // The whole answer.
  nlohmann::json call(const net::http_request& r) {
    const auto s = start_call(r);
    if (!s->response) return {};
    status_ = s->response->status;
    return nlohmann::json::parse(s->response->body);
  }
  nlohmann::json get(const std::string& target) {
    wall_ += second;  // within every rate limit
    return call(make("GET", target));
  }
  nlohmann::json post(const std::string& target, const nlohmann::json& body) {
    wall_ += second;
    return call(make("POST", target, body.dump()));
  }
  double best(side s) const { return static_cast<double>(venue_->the_simulation()->market_of(0).book().best(s)) / 10; }
  static std::string price(double p) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", p);
    return text;
  }

  int status_ = 0;
};

}  // namespace trapline::paper_venue
