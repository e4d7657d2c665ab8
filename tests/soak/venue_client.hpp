// This program's own questions to the paper venue, by REST.
#pragma once

#include <chrono>
#include <cstdint>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "signature.hpp"
#include "trapline/net/http_client.hpp"

namespace trapline::soak {

class venue_client {
 public:
  // `dir`: the venue's, with endpoint.json and the keys.
  explicit venue_client(const std::string& dir) : dir_(dir) {
    std::ifstream file(dir + "/endpoint.json");
    const auto where = nlohmann::json::parse(file);
    // A machine that does much else may take its time.
    constexpr std::int64_t minute = 60'000'000'000;
    http_ = net::make_http_client(
        loop_,
        {.url = where["rest"], .ca_file = where["ca_file"], .connect_timeout = minute, .request_timeout = minute});
  }

  std::uint64_t newest_trade(const std::string& symbol) {
    const auto j = ask({"GET", "/api/v2/mix/market/fills?productType=USDT-FUTURES&limit=1&symbol=" + symbol, {}, {}});
    return std::stoull(j.at("data").at(0).at("tradeId").get<std::string>());
  }

  void cut_all_connections() {
    using namespace std::chrono;
    net::http_call call{"POST", "/venue/faults", R"({"fault":"drop"})", {}};
    const auto stamp = std::to_string(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
    call.headers = {{"ACCESS-KEY", read("api_key")},
                    {"ACCESS-SIGN", mm_ws::sign(read("api_secret"), stamp + call.method + call.target + call.body)},
                    {"ACCESS-TIMESTAMP", stamp},
                    {"ACCESS-PASSPHRASE", read("api_passphrase")}};
    ask(std::move(call));
  }

 private:
  std::string read(const char* name) const {
    std::ifstream file(dir_ + "/" + name);
    std::string text;
    std::getline(file, text);
    return text;
  }

  nlohmann::json ask(net::http_call call) {
    std::optional<net::http_answer> answer;
    http_->request(std::move(call), [&](const net::http_answer& a) { answer = a; });
    while (!answer) loop_.poll(100'000'000);
    auto j = nlohmann::json::parse(answer->body, nullptr, false);
    if (!j.is_object() || j.value("code", "") != "00000")
      throw std::runtime_error("the venue does not answer: " + answer->error + " " + answer->body);
    return j;
  }

  std::string dir_;
  net::loop loop_;
  std::unique_ptr<net::http_client> http_;
};

}  // namespace trapline::soak
