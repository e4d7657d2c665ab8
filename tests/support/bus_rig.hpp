// The bus with its lanes and a few plugins of this program, without files and configuration: for benchmarks of the hot
// path and for tests that count what it does.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bus/lane.hpp"
#include "plugin/instance.hpp"
#include "runtime.hpp"
#include "supervise/lifecycle.hpp"
#include "time/clock.hpp"
#include "trapline/sdk/plugin.hpp"

namespace test {

// Publishes trades on one of its topics, when told to.
class publisher : public trapline::sdk::plugin<publisher> {
 public:
  static constexpr auto info = trapline::sdk::plugin_info{
      .id = "publisher", .version = "1.0.0", .summary = "publishes trades", .flags = TRAPLINE_PLUGIN_SOURCE};
  explicit publisher(const trapline_host* h) : plugin(h) {}

  void use_topics(std::uint32_t n) {
    topics_.clear();
    for (std::uint32_t i = 0; i < n; ++i) topics_.push_back(host().topic("test.trade." + std::to_string(i)));
  }
  trapline_status publish() {
    const std::uint32_t topic = topics_[next_];
    if (++next_ == topics_.size()) next_ = 0;
    ++trade_.price;
    return host().publish(trapline::sdk::make_event(TRAPLINE_EVENT_TRADE, topic, 1, 1, 1), trade_);
  }

 private:
  std::vector<std::uint32_t> topics_;
  std::size_t next_ = 0;
  trapline_trade trade_{};
};

// The same as its lane's driver: one trade a poll.
class driver : public trapline::sdk::plugin<driver> {
 public:
  static constexpr auto info = trapline::sdk::plugin_info{
      .id = "driver", .version = "1.0.0", .summary = "publishes a trade a poll", .flags = TRAPLINE_PLUGIN_SOURCE};
  explicit driver(const trapline_host* h) : plugin(h) {}
  void start() { topic_ = host().topic("test.trade.0"); }
  void poll(std::int64_t) { host().publish(trapline::sdk::make_event(TRAPLINE_EVENT_TRADE, topic_, 1, 1, 1), trade_); }
  void wake() {}

 private:
  std::uint32_t topic_ = 0;
  trapline_trade trade_{};
};

// Adds up what it gets.
class receiver : public trapline::sdk::plugin<receiver> {
 public:
  static constexpr auto info = trapline::sdk::plugin_info{
      .id = "receiver", .version = "1.0.0", .summary = "adds up", .flags = TRAPLINE_PLUGIN_BOUNDED};
  explicit receiver(const trapline_host* h) : plugin(h) {}
  void start() { host().subscribe("test.trade.>", TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRADE)); }
  void on(const trapline_event&, const trapline_trade& t) {
    sum += t.price;
    seen.store(seen.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  std::int64_t sum = 0;
  std::atomic<std::uint64_t> seen{0};
};

class bus_rig {
 public:
  explicit bus_rig(std::int64_t ring_bytes = 64 << 20) : rt_(config(ring_bytes), clock_) {}
  ~bus_rig() {
    std::string what;
    for (auto* l : running_) {
      for (auto* i : l->instances()) trapline::supervise::stop(*i, false, {}, what);
      l->end(1'000'000'000);
    }
    for (auto* l : here_)
      for (auto* i : l->instances()) i->stop();
  }

  // A lane, to be driven by the calling thread or by one of its own: see below.
  trapline::bus::lane& lane(trapline::config::wait_strategy wait = trapline::config::wait_strategy::park) {
    trapline::config::lane_config c;
    c.name = "lane" + std::to_string(lanes_.size());
    c.wait = wait;
    return *lanes_.emplace_back(std::make_unique<trapline::bus::lane>(rt_, c));
  }
  template <class Plugin>
  Plugin& add(trapline::bus::lane& l) {
    const auto id = static_cast<std::uint32_t>(instances_.size() + 1);
    auto i = std::make_unique<trapline::plugin::instance>(
        rt_, id, Plugin::info.id + std::to_string(id), std::make_shared<const trapline::plugin::image>(Plugin::entry()),
        trapline::config::checked_options{"{}", {}});
    trapline_error error{};
    if (!i->create(error) || !i->configure(error)) throw std::runtime_error(error.text);
    l.add(*i);
    Plugin& p = Plugin::of(i->table());
    instances_.push_back(std::move(i));
    return p;
  }
  // Starts what was added to `l`, on the calling thread, which becomes the lane's.
  void start_here(trapline::bus::lane& l) {
    l.adopt_thread();
    for (auto* i : l.instances()) {
      trapline_error error{};
      if (!i->start(error)) throw std::runtime_error(error.text);
      if (i->driver()) l.set_driver(i);
    }
    here_.push_back(&l);
  }
  void start_on_own_thread(trapline::bus::lane& l) {
    l.run();
    running_.push_back(&l);
    for (auto* i : l.instances()) {
      trapline_error error{};
      if (trapline::supervise::start(*i, error) != trapline::supervise::start_result::running)
        throw std::runtime_error(error.text);
    }
  }

  trapline::runtime& rt() { return rt_; }

 private:
  static trapline::config::engine_config config(std::int64_t ring_bytes) {
    trapline::config::engine_config c;
    c.ring_bytes = ring_bytes;
    c.log.level = TRAPLINE_LOG_ERROR;
    return c;
  }
  trapline::time::system_clock clock_;
  trapline::runtime rt_;
  std::vector<std::unique_ptr<trapline::bus::lane>> lanes_;
  std::vector<std::unique_ptr<trapline::plugin::instance>> instances_;
  std::vector<trapline::bus::lane*> running_, here_;
};

}  // namespace test
