// One plugin on the bus without an engine: the calling thread is its lane, the clock is the events' own.
//
// The plugin is the same file that `trapline run` loads, and is called the same way, event by event. What it publishes
// depends on the events alone: no wall clock, no other thread, no other instance.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "bus/lane.hpp"
#include "offline/event_lines.hpp"
#include "offline/stage.hpp"

namespace trapline::offline {

class replay_host {
 public:
  // Gets what the plugin publishes, in order. `e` is valid during the call.
  using output = std::function<void(const trapline_event& e, std::string_view symbol)>;

  struct settings {
    std::string name = "detector";  // of the instance, in the log
    int log_level = TRAPLINE_LOG_WARN;
    // Events that are put on the bus before the plugin gets them. 1: timers of the plugin run between the events
    // where they are due. More is faster, and for a plugin that sets no timers the output is the same.
    std::uint32_t batch = 1;
  };

  // Creates, configures and starts the instance. Throws std::runtime_error with the plugin's own words, and for a
  // plugin that drives a lane: it brings its own events. One host a thread at a time.
  replay_host(std::shared_ptr<const plugin::image> image, config::checked_options options, const settings& s,
              output out);
  ~replay_host();  // stops the plugin
  replay_host(const replay_host&) = delete;
  replay_host& operator=(const replay_host&) = delete;

  // Hands one event to the plugin. Empty: done; else why the event is refused, for people. Throws std::runtime_error
  // if the plugin has faulted.
  const std::string& feed(const line_event& e);
  // Hands over what feed() still holds, then drains the plugin. Throws as feed() does.
  void finish();

 private:
  struct symbol_topics {
    std::uint32_t instrument = 0;
    std::uint32_t trade = 0, book = 0, ticker = 0, candle = 0, info = 0;
  };
  const symbol_topics* topics_of(std::string_view symbol, std::string_view venue);
  template <class Payload>
  void put(std::uint16_t type, std::uint32_t topic, std::uint32_t instrument, std::int64_t ts, const Payload& head,
           std::string_view tail = {});
  void turn();
  void run_timers(std::int64_t until);
  void take_output();

  settings settings_;
  output out_;
  stage stage_;
  runtime& rt_ = stage_.rt;
  bus::lane lane_;
  bus::ring::reader& outputs_;
  bus::source_counter numbers_{true};
  std::unique_ptr<plugin::instance> instance_;
  std::map<std::string, symbol_topics, std::less<>> symbols_;
  const std::pair<const std::string, symbol_topics>* last_ = nullptr;
  std::string payload_;  // head and levels of a book in one piece
  std::string refusal_;
  std::uint32_t waiting_ = 0;
  bool started_ = false;
};

}  // namespace trapline::offline
