// HTTP over memory_network: one call at a time, each on a connection of its own, as http_server.hpp serves them.
#include <strings.h>

#include <algorithm>
#include <charconv>

#include "memory_ends.hpp"
#include "url.hpp"

namespace trapline::net {
namespace {

http_answer failure(http_answer::cause why, std::string text, bool sent) {
  http_answer a;
  a.failed = why;
  a.error = std::move(text);
  a.sent = sent;
  return a;
}

http_answer answer_of(const http_response& r) {
  http_answer a;
  a.sent = true;
  a.status = static_cast<unsigned>(r.status);
  a.body = r.body;
  for (const auto& [name, value] : r.headers) {
    std::int64_t seconds = 0;
    if (::strcasecmp(name.c_str(), "Retry-After") == 0 &&
        std::from_chars(value.data(), value.data() + value.size(), seconds).ec == std::errc() && seconds >= 0)
      a.retry_after = std::min<std::int64_t>(seconds, 86'400) * 1'000'000'000;
  }
  return a;
}

}  // namespace

void memory_network::exchange_state::finish(const http_answer& a) {
  if (auto told = std::exchange(done, nullptr)) told(a);
}

void memory_network::exchange_state::lose() {
  dead = true;
  net.after(net.way.latency, [s = shared_from_this()] {
    s->finish(failure(http_answer::cause::lost, "the connection broke before the answer", s->sent));
  });
}

memory_network::exchange_end::~exchange_end() {
  if (!answered_ && !state_->dead) state_->lose();
}

void memory_network::exchange_end::respond(const http_response& response) {
  if (std::exchange(answered_, true) || state_->dead) return;
  auto& net = state_->net;
  auto a = response.body.size() <= most_
               ? answer_of(response)
               : failure(http_answer::cause::protocol, "the answer is larger than the limit", true);
  net.at(std::max(net.now_ + net.trip(), net.held_until_), [s = state_, a = std::move(a)] {
    if (!s->dead) s->finish(a);
  });
}

std::unique_ptr<http_client> memory_network::connect_http(const http_client_options& options) {
  return std::make_unique<http_end>(*this, options);
}

memory_network::http_end::http_end(memory_network& n, http_client_options o) : net_(n), options_(std::move(o)) {
  const auto url = parse_url("https://", options_.url);
  authority_ = url.host + ":" + url.port;
  self_ = std::make_shared<http_end*>(this);
}

memory_network::http_end::~http_end() {
  *self_ = nullptr;
  if (current_) current_->done = nullptr;
}

void memory_network::http_end::request(http_call r, std::function<void(const http_answer&)> done) {
  queue_.push_back({std::move(r), std::move(done)});
  if (!current_) start();
}

void memory_network::http_end::start() {
  auto next = std::move(queue_.front());
  queue_.pop_front();
  auto s = std::make_shared<exchange_state>(net_);
  current_ = s;
  // Whatever ends the call, the next one may begin; the client may be destroyed in its callback.
  s->done = [self = self_, done = std::move(next.done)](const http_answer& a) {
    if (!*self) return;
    (*self)->current_.reset();
    done(a);
    if (*self && !(*self)->current_ && !(*self)->queue_.empty()) (*self)->start();
  };
  std::erase_if(net_.calls_, [](const auto& c) { return c.expired(); });
  net_.calls_.push_back(s);
  const auto up = std::max(net_.now_ + 3 * net_.trip(), net_.held_until_);
  if (up - net_.now_ > options_.connect_timeout) {
    net_.after(options_.connect_timeout, [s] {
      s->finish(failure(http_answer::cause::timeout, "no connection within the connect timeout", false));
    });
    return;
  }
  const auto found = net_.servers_.find(authority_);
  if (net_.refusing || found == net_.servers_.end() || !found->second.http) {
    net_.at(up, [s] { s->finish(failure(http_answer::cause::refused, "connection refused", false)); });
    return;
  }
  net_.at(up, [self = self_, s, call = std::move(next.call)] {
    if (*self && s->done && !s->dead) (*self)->deliver(call, s);
  });
  net_.at(up + options_.request_timeout, [s] {
    s->dead = true;
    s->finish(failure(http_answer::cause::timeout, "no answer within the request timeout", s->sent));
  });
}

void memory_network::http_end::deliver(const http_call& call, const std::shared_ptr<exchange_state>& s) {
  s->sent = true;
  const http_request r{call.method, call.target, call.headers, call.body};
  if (net_.on_call) net_.on_call(r);
  net_.servers_.at(authority_).http->on_request(r, std::make_unique<exchange_end>(s, options_.max_body));
}

}  // namespace trapline::net
