#include "trapline/net/memory_network.hpp"

#include <algorithm>

#include "memory_ends.hpp"
#include "url.hpp"

namespace trapline::net {

memory_network::memory_network(std::uint64_t seed, std::int64_t now) : now_(now), random_(seed) {}
memory_network::~memory_network() = default;

// ---------------------------------------------------------------- time

bool memory_network::run_one(std::int64_t until) {
  if (next_due() > until) {
    now_ = std::max(now_, until);
    return false;
  }
  auto first = due_.extract(due_.begin());
  now_ = std::max(now_, first.key().first);
  first.mapped()();
  return true;
}

void memory_network::at(std::int64_t when, std::function<void()> f) {
  due_.emplace(std::pair(std::max(when, now_), ++order_), std::move(f));
}

void memory_network::after(std::int64_t delay, std::function<void()> f) { at(now_ + delay, std::move(f)); }

std::int64_t memory_network::trip() {
  std::uint64_t z = random_ += 0x9e3779b97f4a7c15u;  // splitmix64
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  z ^= z >> 31;
  return way.latency + (way.jitter > 0 ? static_cast<std::int64_t>(z % static_cast<std::uint64_t>(way.jitter + 1)) : 0);
}

std::int64_t memory_network::arrival(std::int64_t& last) { return last = std::max({now_ + trip(), last, held_until_}); }

// ---------------------------------------------------------------- connecting

void memory_network::serve(std::string authority, ws_server_handler& sockets, http_handler* http) {
  servers_[std::move(authority)] = {&sockets, http};
}

std::unique_ptr<ws_client> memory_network::connect(const ws_client_options& options, ws_client_handler& handler) {
  const auto url = parse_url("wss://", options.url);
  auto l = std::make_shared<link>(*this, handler, url.resource, options.max_message_size);
  links_.push_back(l);
  const auto found = servers_.find(url.host + ":" + url.port);
  // There and back for TCP, TLS and the upgrade.
  const auto up = std::max(now_ + 3 * trip(), held_until_);
  if (up - now_ > options.connect_timeout) {
    at(now_ + options.connect_timeout, [l] {
      l->end_client({close_info::cause::timeout, 0, "no connection within the connect timeout"});
    });
  } else if (refusing || found == servers_.end()) {
    at(up, [l] { l->end_client({close_info::cause::refused, 0, "connection refused"}); });
  } else {
    at(up, [this, l, to = found->second] {
      if (!l->client) return;  // gone meanwhile
      l->open_server(*to.sockets);
      at(arrival(l->last_to_client), [l] {
        if (l->client && !l->dead) l->client_open = true, l->client->on_open();
      });
    });
  }
  return std::make_unique<client_end>(std::move(l));
}

void memory_network::forget(const link* l) {
  std::erase_if(links_, [l](const auto& known) { return known.get() == l; });
}

// ---------------------------------------------------------------- faults

void memory_network::cut() {
  const close_info lost{close_info::cause::lost, 0, "the connection broke"};
  for (const auto& l : std::vector(links_)) {
    l->end_server(lost);
    l->dead = true;  // what is on its way is lost, too
    at(now_ + way.latency, [l, lost] { l->end_client(lost); });
  }
  for (const auto& c : std::exchange(calls_, {}))
    if (auto call = c.lock()) call->lose();
}

void memory_network::half_open() {
  for (const auto& l : std::vector(links_)) {
    l->dead = true;
    l->end_server({close_info::cause::lost, 0, "the connection broke"});
  }
  for (const auto& c : std::exchange(calls_, {}))
    if (auto call = c.lock()) call->dead = true;
}

void memory_network::hold(std::int64_t duration) { held_until_ = std::max(held_until_, now_ + duration); }

}  // namespace trapline::net
