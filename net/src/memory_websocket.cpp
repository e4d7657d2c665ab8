// WebSocket over memory_network.
#include <algorithm>

#include "memory_ends.hpp"

namespace trapline::net {

void memory_network::link::open_server(ws_server_handler& h) {
  owner = &h;
  server = std::make_unique<session_end>(*this);
  h.on_open(*server);
}

void memory_network::link::end_client(close_info why) {
  if (auto* told = std::exchange(client, nullptr)) told->on_close(why);
  if (!server) net.forget(this);
}

// The handler learns of it from the clock, since it may be inside a call of the session.
void memory_network::link::end_server(close_info why) {
  if (!server || std::exchange(server_gone, true)) return;
  net.after(0, [self = shared_from_this(), why = std::move(why)] {
    self->owner->on_close(*self->server, why);
    self->server.reset();
    if (!self->client) self->net.forget(self.get());
  });
}

void memory_network::link::to_client(std::string text) {
  if (server_closes || server_gone || dead || (net.to_client && !net.to_client(path, text))) return;
  const auto size = text.size();
  under_way += size;
  text.append(simdjson_padding, '\0');
  net.at(net.arrival(last_to_client), [self = shared_from_this(), size, text = std::move(text)] {
    self->under_way -= size;
    if (!self->client || self->dead) return;
    if (size <= self->most) return self->client->on_text({text.data(), size});
    self->end_server({close_info::cause::closed, 1009, "message too big"});
    self->end_client({close_info::cause::protocol, 1009, "a message was larger than the limit"});
  });
}

void memory_network::link::to_server(std::string text) {
  if (!client_open || client_closes || dead || (net.to_server && !net.to_server(path, text))) return;
  net.at(net.arrival(last_to_server), [self = shared_from_this(), text = std::move(text)] {
    if (self->server && !self->server_gone && !self->dead) self->owner->on_text(*self->server, text);
  });
}

// ---------------------------------------------------------------- client

// The server sees the connection break, behind what was sent before; unless the end is known to both already.
memory_network::client_end::~client_end() {
  if (!std::exchange(link_->client, nullptr)) return;
  auto& net = link_->net;
  if (!link_->server) net.forget(link_.get());
  if (!link_->server || link_->dead) return;
  net.at(net.arrival(link_->last_to_server), [l = link_] {
    l->end_server({close_info::cause::lost, 0, "the client went away"});
  });
}

void memory_network::client_end::send(std::string_view text) { link_->to_server(std::string(text)); }

void memory_network::client_end::close(std::uint16_t code, std::string_view reason) {
  if (!link_->client_open || std::exchange(link_->client_closes, true)) return;
  auto& net = link_->net;
  const close_info why{close_info::cause::closed, code, std::string(reason)};
  net.at(net.arrival(link_->last_to_server), [l = link_, why] {
    if (l->dead) return;
    l->end_server(why);
    l->net.at(l->net.arrival(l->last_to_client), [l, why] { l->end_client(why); });
  });
}

// ---------------------------------------------------------------- server

void memory_network::session_end::send(std::string_view text) { link_.to_client(std::string(text)); }

void memory_network::session_end::close(std::uint16_t code, std::string_view reason) {
  if (std::exchange(link_.server_closes, true)) return;
  const close_info why{close_info::cause::closed, code, std::string(reason)};
  auto& net = link_.net;
  net.at(net.arrival(link_.last_to_client), [l = link_.shared_from_this(), why] {
    if (!l->dead) l->end_client(why);
    l->net.at(l->net.arrival(l->last_to_server), [l, why] { l->end_server(why); });
  });
}

void memory_network::session_end::abort() {
  const close_info lost{close_info::cause::lost, 0, "the connection broke"};
  link_.end_server(lost);
  auto& net = link_.net;
  net.at(net.arrival(link_.last_to_client), [l = link_.shared_from_this(), lost] {
    if (!l->dead) l->end_client(lost);
  });
}

}  // namespace trapline::net
