// Recording, and what can be seen of the feed from outside.
#include <nlohmann/json.hpp>

#include "feed.hpp"
#include "trapline/abi/svc/log.h"
#include "trapline/sdk/names.hpp"

namespace trapline::mm_ws {

void feed::on_traffic(session& s, traffic what, std::string_view text) {
  if (what == traffic::received) messages_.add(s.last_inbound_utc(), text);
  if (!recording_) return;
  if (what == traffic::opened) recorder_.connected(out_.now(), text);
  else if (what == traffic::sent) recorder_.sent(out_.now(), s.url(), text);
  else recorder_.received(s.last_inbound_utc(), text);
  if (recorder_.on()) return;
  recording_ = false;
  out_.log(TRAPLINE_LOG_WARN, recorder_.failed());
}

std::string feed::debug_json() const {
  nlohmann::json j;
  j["api"] = options_.api;
  j["position_mode"] = position_mode_ ? position_mode_->name() : "";
  j["clock_offset_ms"] = rest_.clock().known() ? nlohmann::json(rest_.clock().offset() / 1'000'000) : nlohmann::json();
  j["connections"] = nlohmann::json::array();
  std::int64_t last = 0;
  for (const auto& d : sides_) {
    const auto& l = d->link;
    last = std::max(last, l.last_inbound_utc());
    j["connections"].push_back({{"endpoint", l.is_private() ? "private" : "public"},
                                {"url", l.url()},
                                {"state", sdk::feed_state_name(l.state())},
                                {"text", l.text()},
                                {"attempts", l.attempts()},
                                {"wanted", l.wanted().size()},
                                {"acked", l.acked_count()},
                                {"last_update", l.last_inbound_utc()}});
  }
  j["last_update"] = last;
  const auto list = [](const debug_ring& ring) {
    auto out = nlohmann::json::array();
    ring.each([&](const debug_ring::entry& e) { out.push_back({{"at", e.at}, {"text", e.text}}); });
    return out;
  };
  j["messages"] = list(messages_);
  j["errors"] = list(errors_);
  // The venue's texts need not be UTF-8.
  return j.dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace trapline::mm_ws
