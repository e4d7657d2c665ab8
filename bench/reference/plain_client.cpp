// The plain client: written as the examples of its libraries are, and as most bots are.
#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <websocketpp/client.hpp>
#include <websocketpp/config/asio_client.hpp>

#include "reference/client.hpp"

namespace reference {
namespace {

using json = nlohmann::json;
using wire::meter;

struct quiet_config : websocketpp::config::asio_tls_client {
  static const websocketpp::log::level alog_level = websocketpp::log::alevel::none;
  static const websocketpp::log::level elog_level = websocketpp::log::elevel::none;
};
using endpoint = websocketpp::client<quiet_config>;
namespace ssl = websocketpp::lib::asio::ssl;

std::int64_t fixed(double v) { return std::llround(v * 1e8); }
double number(const json& j) { return std::stod(j.get<std::string>()); }

class bot {
 public:
  explicit bot(wire::board& b) : meter_(b) {}
  bool done() const { return meter_.last(); }
  void publish() { meter_.publish(); }

  void on_message(const std::string& text) {
    const json message = json::parse(text);
    if (!message.contains("data")) return;
    const std::string channel = message["arg"]["channel"];
    for (const auto& row : message["data"]) {
      if (channel == "trade") on_trade(row);
      else if (channel == "ticker") on_ticker(row);
      else if (channel == "books") on_book(message["action"] == "snapshot", row);
    }
    meter_.message();
    if (meter_.last()) tell_book();
  }

 private:
  void on_trade(const json& row) {
    meter_.value(meter::trade, fixed(number(row["price"])), fixed(number(row["size"])));
  }

  void on_ticker(const json& row) {
    meter_.value(meter::ticker, fixed(number(row["lastPr"])), fixed(number(row["bidSz"])));
    meter_.value(meter::bid, fixed(number(row["bidPr"])), fixed(number(row["askSz"])));
    meter_.value(meter::ask, fixed(number(row["askPr"])), fixed(number(row["markPrice"])));
  }

  void on_book(bool snapshot, const json& row) {
    if (snapshot) {
      bids_.clear();
      asks_.clear();
    } else if (row["pseq"].get<std::int64_t>() != seq_) {
      throw std::runtime_error("plain client: sequence gap");
    }
    seq_ = row["seq"].get<std::int64_t>();
    const auto apply = [&](auto& side, const json& levels, meter::kind kind) {
      for (const auto& level : levels) {
        const double price = number(level[0]), size = number(level[1]);
        if (size == 0) side.erase(price);
        else side[price] = size;
        meter_.value(kind, fixed(price), fixed(size));
      }
    };
    apply(asks_, row["asks"], meter::ask);
    apply(bids_, row["bids"], meter::bid);
  }

  void tell_book() {
    std::uint64_t d = 0;
    for (const auto& [price, size] : bids_) d += wire::level_digest(meter::bid, fixed(price), fixed(size));
    for (const auto& [price, size] : asks_) d += wire::level_digest(meter::ask, fixed(price), fixed(size));
    meter_.book_digest(d);
  }

  meter meter_;
  std::map<double, double, std::greater<>> bids_;
  std::map<double, double> asks_;
  std::int64_t seq_ = 0;
};

}  // namespace

void run_plain(const target& t, wire::board& b) {
  bot a_bot(b);
  endpoint client;
  client.init_asio();
  client.set_tls_init_handler([&](websocketpp::connection_hdl) {
    auto context = websocketpp::lib::make_shared<ssl::context>(ssl::context::tls_client);
    context->set_verify_mode(ssl::verify_peer);
    context->load_verify_file(t.ca_file);
    return context;
  });
  client.set_open_handler([&](websocketpp::connection_hdl h) {
    for (const auto& c : t.channels) client.send(h, subscription(c), websocketpp::frame::opcode::text);
  });
  client.set_message_handler([&](websocketpp::connection_hdl, const endpoint::message_ptr& m) {
    a_bot.on_message(m->get_payload());
    if (a_bot.done()) client.stop();
  });
  websocketpp::lib::error_code ec;
  const auto connection = client.get_connection("wss://localhost:" + std::to_string(t.port) + "/v2/ws/public", ec);
  if (ec) throw std::runtime_error("plain client: " + ec.message());
  client.connect(connection);
  client.run();
  if (!a_bot.done()) throw std::runtime_error("plain client: the connection ended too early");
  a_bot.publish();
}

}  // namespace reference
