// REST calls: through the faults in force to the API and back.
#include <stdexcept>
#include <utility>

#include "venue.hpp"

namespace trapline::paper_venue {

void venue::on_request(const net::http_request& request, std::unique_ptr<net::http_exchange> exchange) {
  ++counts_.requests;
  const auto mono = clock_.mono();
  if (mono < storm_until_) return;  // cut off
  const auto keep_waiting = [&] {
    unanswered_.push_back(std::move(exchange));
    if (unanswered_.size() > most_unanswered) unanswered_.pop_front();
  };
  if (faults_.swallows(mono)) return keep_waiting();
  // Done, but not told: what it did is for the client to find out.
  if (rest_timeouts_ > 0) {
    --rest_timeouts_;
    answer_http(request);
    return keep_waiting();
  }
  auto response = [&] {
    if (rest_errors_.left <= 0) return answer_http(request);
    --rest_errors_.left;
    const bool limited = rest_errors_.status == 429;
    return api::failure(rest_errors_.status, limited ? 429 : 40725,
                        limited ? "Too Many Requests" : "service return an error", utc_ms());
  }();
  if (mono < faults_.delay_until)
    late_answers_.push_back({mono + faults_.delay, std::move(response), std::move(exchange)});
  else exchange->respond(response);
}

net::http_response venue::answer_http(const net::http_request& request) {
  if (request.target == "/venue/faults" && request.method == "POST") return fault_request(request);
  if (!rest_) return api::failure(503, 40725, "a replay has no REST API", utc_ms());
  return rest_->handle(request, utc_ms(), clock_.mono());
}

// {"fault":"delay 500 10"}, signed as any private call: what the script would do, now.
net::http_response venue::fault_request(const net::http_request& request) {
  if (const auto no = api::check_signature(credentials_, request, utc_ms()))
    return api::failure(400, no->code, no->text, utc_ms());
  const auto body = api::params::from_json(request.body);
  try {
    if (!body || !body->has("fault")) return api::failure(400, 40017, "expected an object with `fault`", utc_ms());
    inflict(parse_fault("0 " + std::string(body->get("fault"))));
  } catch (const std::invalid_argument&) {
    return api::failure(400, 40017, "no such fault, or wrong arguments: see the README of paper_venue", utc_ms());
  }
  return api::success("null", utc_ms());
}

}  // namespace trapline::paper_venue
