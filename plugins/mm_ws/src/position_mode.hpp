// Whether the account holds long and short positions side by side (hedge) or one net position (one-way): asked for by
// REST on each private connection and said plainly. It is never set.
//
// v2: `posMode` of GET /api/v2/mix/account/account; v3: `holdMode` of GET /api/v3/account/settings (Bitget).
#pragma once

#include <cstdint>
#include <string_view>

#include "rest_lists.hpp"
#include "trapline/abi/account.h"
#include "trapline/abi/svc/log.h"

namespace trapline::mm_ws {

class position_mode {
 public:
  position_mode(const options& o, outlet& out, log_limiter& log, rest_client& rest)
      : options_(o), out_(out), log_(log), rest_(rest), gauge_(out.gauge("feed_position_mode", "")) {}

  // TRAPLINE_MODE_*; UNKNOWN until the venue has answered.
  std::uint8_t mode() const noexcept { return mode_; }
  std::string_view name() const noexcept {
    return mode_ == TRAPLINE_MODE_HEDGE ? "hedge" : mode_ == TRAPLINE_MODE_ONE_WAY ? "one-way" : "";
  }

  // A private connection is up.
  void begin() { next_ = out_.mono(); }
  std::int64_t deadline() const noexcept { return next_; }
  void advance() {
    if (out_.mono() < next_) return;
    next_ = rest_client::never;
    if (!rest_.available()) return;
    next_ = out_.mono() + minute;  // the request is forgotten if the account has to be asked for anew meanwhile
    rest_.call(position_mode_request(options_.dialect(), options_.symbols.front()),
               [this](const rest_answer& answer, ondemand::value* data) {
                 if (data) return take(*data);
                 log_.warn(trouble::rest, "the account's position mode is not known: " + answer.text);
                 if (is_final(answer.kind)) next_ = out_.mono() + options_.probe_interval;
                 return true;
               });
  }

 private:
  static constexpr std::int64_t minute = 60'000'000'000;

  bool take(ondemand::value data) {
    std::string_view text;
    if (data[options_.dialect().name == "v3" ? "holdMode" : "posMode"].get(text) != simdjson::SUCCESS) return false;
    const auto before = mode_;
    if (text == "hedge_mode") mode_ = TRAPLINE_MODE_HEDGE;
    else if (text == "one_way_mode") mode_ = TRAPLINE_MODE_ONE_WAY;
    else return false;
    next_ = rest_client::never;
    gauge_.set(mode_);
    if (mode_ == before) return true;
    out_.log(before == TRAPLINE_MODE_UNKNOWN ? TRAPLINE_LOG_INFO : TRAPLINE_LOG_WARN,
             mode_ == TRAPLINE_MODE_HEDGE ? "the account is in hedge mode: long and short positions side by side"
                                          : "the account is in one-way mode: one net position of each symbol");
    return true;
  }

  const options& options_;
  outlet& out_;
  log_limiter& log_;
  rest_client& rest_;
  sdk::gauge gauge_;
  std::uint8_t mode_ = TRAPLINE_MODE_UNKNOWN;
  std::int64_t next_ = rest_client::never;
};

}  // namespace trapline::mm_ws
