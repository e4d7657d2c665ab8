// Tick and lot of the configured symbols, asked for by REST at the start and once a day.
#pragma once

#include <cstdint>

#include "market_data.hpp"
#include "rest_lists.hpp"

namespace trapline::mm_ws {

class contracts {
 public:
  contracts(const options& o, outlet& out, log_limiter& log, rest_client& rest, market_data& market)
      : options_(o), out_(out), log_(log), rest_(rest), market_(market) {}

  // Once a connection is up, so that a venue that is only starting is not asked too early.
  void begin() {
    if (next_ == rest_client::never && !asked_) next_ = out_.mono();
  }
  std::int64_t deadline() const noexcept { return next_; }
  void advance() {
    if (out_.mono() < next_) return;
    next_ = rest_client::never;
    if (!rest_.available()) return;
    asked_ = true;
    rest_.call(contracts_request(options_.dialect()), [this](const rest_answer& answer, ondemand::value* data) {
      if (!data) {
        log_.warn(trouble::rest, "tick and lot are not known: " + answer.text);
        next_ = out_.mono() + minute;
        return true;
      }
      std::vector<contract_row> rows;
      if (!decode_contracts(options_.dialect(), *data, rows)) return false;
      for (const auto& row : rows) market_.put_contract(row);
      next_ = out_.mono() + 1440 * minute;
      return true;
    });
  }

 private:
  static constexpr std::int64_t minute = 60'000'000'000;
  const options& options_;
  outlet& out_;
  log_limiter& log_;
  rest_client& rest_;
  market_data& market_;
  bool asked_ = false;
  std::int64_t next_ = rest_client::never;
};

}  // namespace trapline::mm_ws
