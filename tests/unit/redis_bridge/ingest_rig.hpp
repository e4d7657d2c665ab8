// A bridge that relays, and readers of what it relays, before a real Redis.
#pragma once

#include "ingest.hpp"

#include <algorithm>
#include <cstring>

#include "rig.hpp"
#include "trapline/abi/system.h"
#include "trapline/sdk/event.hpp"

namespace trapline::redis_bridge::test {

inline const std::string tag_name = "bitget:usdtm:BTCUSDT";
inline const std::string key = "trapline:v1:{" + tag_name + "}:relay";

// What an event becomes that has lain on the bus.
using words = std::vector<std::uint64_t>;
inline const trapline_event& head_of(const words& w) { return *reinterpret_cast<const trapline_event*>(w.data()); }

class fake_bus final : public bus_outlet {
 public:
  std::uint32_t topic(std::string_view name) override { return id(topics, name); }
  std::uint32_t instrument(std::string_view venue, std::string_view symbol) override {
    return id(instruments, std::string(venue) + " " + std::string(symbol));
  }
  trapline_status publish(const trapline_event& e) override {
    if (room == 0) return TRAPLINE_E_AGAIN;
    --room;
    words w(e.size / 8);
    std::memcpy(w.data(), &e, e.size);
    events.push_back(std::move(w));
    return TRAPLINE_OK;
  }
  void barrier(std::uint32_t stream) override { barriers.push_back(stream); }

  const std::string& topic_of(const words& w) const { return topics[head_of(w).topic - 1]; }

  std::vector<std::string> topics, instruments;
  std::vector<words> events;
  std::vector<std::uint32_t> barriers;
  std::size_t room = ~std::size_t{0};

 private:
  static std::uint32_t id(std::vector<std::string>& names, std::string_view name) {
    const auto at = std::find(names.begin(), names.end(), name) - names.begin();
    if (static_cast<std::size_t>(at) == names.size()) names.emplace_back(name);
    return static_cast<std::uint32_t>(at) + 1;
  }
};

class reader {
 public:
  reader(net::loop& l, settings s, std::string boot) : config(std::move(s)) {
    ingest_meters m;
    m.events = sdk::counter(&published);
    m.lost = sdk::counter(&lost);
    m.repeated = sdk::counter(&repeated);
    m.refused = sdk::counter(&refused);
    m.reading = sdk::gauge(&reading);
    core = std::make_unique<ingest>(
        l, config, env, bus, [&](std::string_view) { return m; }, boot, nullptr);
    core->begin();
  }
  // The lane has handled everything.
  void handle() {
    for (const auto b : std::exchange(bus.barriers, {})) core->on_barrier(b);
  }
  std::vector<int> trade_ids() const {
    std::vector<int> out;
    for (const auto& w : bus.events)
      if (head_of(w).type == TRAPLINE_EVENT_TRADE)
        out.push_back(std::stoi(std::string(sdk::view(sdk::payload<trapline_trade>(head_of(w))->trade_id))));
    return out;
  }
  std::vector<trapline_gap> gaps(std::uint8_t channel) const {
    std::vector<trapline_gap> out;
    for (const auto& w : bus.events)
      if (head_of(w).type == TRAPLINE_EVENT_GAP)
        if (const auto* g = sdk::payload<trapline_gap>(head_of(w)); g->channel == channel) out.push_back(*g);
    return out;
  }

  settings config;
  fake_environment env;
  fake_bus bus;
  std::unique_ptr<ingest> core;
  std::uint64_t published = 0, lost = 0, repeated = 0, refused = 0;
  std::int64_t reading = 0;
};

class ingested : public rig {
 protected:
  void SetUp() override {
    rig::SetUp();
    config.relay = true;
    config.maxlen_market = config.maxlen_relay = 1'000'000;
    config.ingest_streams = {tag_name};
    config.ingest_prefix = config.prefix;
    config.ingest_consumer = "one";
    config.ingest_lease = 400 * millisecond;
  }
  std::unique_ptr<reader> read(const std::string& boot, const std::string& consumer = "one") {
    auto s = config;
    s.ingest_consumer = consumer;
    return std::make_unique<reader>(loop, s, boot);
  }
  bool got(reader& r, std::size_t trades) {
    return until([&] {
      r.handle();
      return r.trade_ids().size() >= trades && acknowledged();
    });
  }
  bool acknowledged() {
    const auto groups = server->ask({"XINFO", "GROUPS", key});
    return groups.find("pending,0,") != std::string::npos;
  }
  // Ends as the plugin does.
  bool ended(reader& r) {
    r.core->pause();
    return until([&] {
      r.handle();
      return r.core->settled();
    });
  }
  bool pending(const std::string& n) {
    return until([&] { return server->ask({"XINFO", "GROUPS", key}).find("pending," + n + ",") != std::string::npos; });
  }
};

}  // namespace trapline::redis_bridge::test
