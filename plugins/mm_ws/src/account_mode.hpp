// `api: auto`: the account's mode decides which API its key may use, and the venue is asked for it.
//
// GET /api/v3/account/settings answers a unified account and refuses a classic one with 40084 (Bitget).
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "rest_lists.hpp"

namespace trapline::mm_ws {

class account_mode {
 public:
  account_mode(const options& o, outlet& out, rest_client& rest) : options_(o), out_(out), rest_(rest) {}

  // "v2" or "v3"; empty while it is not known.
  const std::string& api() const noexcept { return api_; }
  const std::string& trouble_text() const noexcept { return why_; }
  bool final_failure() const noexcept { return final_; }

  void start() { next_ = out_.mono(); }
  std::int64_t deadline() const noexcept { return next_; }
  void advance() {
    if (out_.mono() < next_) return;
    next_ = rest_client::never;
    if (options_.private_channels.empty()) {
      // Market data is the same for everybody. v2 serves it with all candle intervals.
      api_ = "v2";
    } else if (!options_.rest_enabled) {
      failed("api: auto needs REST to ask for the account's mode: set rest.enabled: true, or name the API", true);
    } else {
      rest_.call(settings_request(), [this](const rest_answer& answer, ondemand::value* data) {
        if (data) api_ = "v3";
        else if (answer.kind == error_class::classic) api_ = "v2";
        else failed(answer.text, is_final(answer.kind));
        return true;
      });
    }
  }

 private:
  void failed(std::string why, bool final) {
    why_ = std::move(why);
    final_ = final;
    next_ = out_.mono() + (final ? options_.probe_interval : std::min<std::int64_t>(pause_ *= 2, 60'000'000'000));
  }

  const options& options_;
  outlet& out_;
  rest_client& rest_;
  std::string api_, why_;
  bool final_ = false;
  std::int64_t next_ = rest_client::never, pause_ = 500'000'000;
};

}  // namespace trapline::mm_ws
