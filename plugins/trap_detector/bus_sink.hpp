// The detectors' way out: signals and matrices to the bus of the host.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "probability.hpp"
#include "sink.hpp"
#include "trapline/sdk/host.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::trap {

class bus_sink final : public sink {
 public:
  explicit bus_sink(sdk::host& h) : host_(h) {}

  // [lane]
  void start() {
    held_.reserve(max_held);
    lost_ = host_.counter("detector_signals_lost_total");
  }
  // Before each event that is handed to the detector.
  void take(const trapline_event& e) noexcept {
    ts_recv_ = e.ts_recv;
    if (!held_.empty()) publish_held();
  }

  // Nothing waits any more to be published.
  bool flushed() noexcept {
    publish_held();
    return held_.empty();
  }

  // Called once when a symbol is first seen, so that names are made off the hot path.
  std::string_view symbol(std::uint32_t instrument) override {
    const auto name = host_.symbol(instrument);
    const std::string token = name.empty() ? sdk::cat(instrument) : std::string(name);
    topics_[instrument] = {host_.topic("sig.trap." + token), host_.topic("sig.matrix." + token)};
    return name;
  }
  void signal(std::uint32_t instrument, std::int64_t ts, const trapline_signal& s,
              std::span<const trapline_evidence> evidence) override {
    publish(TRAPLINE_EVENT_SIGNAL, topics_[instrument].signal, instrument, ts, s, evidence);
  }
  void matrix(std::uint32_t instrument, std::int64_t ts, const trapline_trap_matrix& m,
              std::span<const trapline_matrix_row> rows) override {
    publish(TRAPLINE_EVENT_TRAP_MATRIX, topics_[instrument].matrix, instrument, ts, m, rows);
  }

 private:
  static constexpr std::size_t max_held = 64;
  static constexpr std::size_t head_room = 256;
  static constexpr std::size_t tail_room = score::most_told * sizeof(trapline_evidence);
  static_assert(kind_count * sizeof(trapline_matrix_row) <= tail_room);

  struct topics {
    std::uint32_t signal = 0, matrix = 0;
  };
  struct message {
    trapline_event event;
    std::uint32_t size;
    std::array<char, head_room + tail_room> bytes;
  };

  template <class Head, class Element>
  void publish(std::uint16_t type, std::uint32_t topic, std::uint32_t instrument, std::int64_t ts, const Head& head,
               std::span<const Element> tail) noexcept {
    message m;
    static_assert(sizeof(Head) <= head_room && sizeof(Element) <= sizeof(trapline_evidence));
    std::memcpy(m.bytes.data(), &head, sizeof head);
    if (!tail.empty()) std::memcpy(m.bytes.data() + sizeof head, tail.data(), tail.size_bytes());
    m.event = sdk::make_event(type, topic, instrument, ts, ts_recv_);
    m.size = static_cast<std::uint32_t>(sizeof head + tail.size_bytes());
    if (held_.empty() && host_.publish(m.event, m.bytes.data(), m.size) == TRAPLINE_OK) return;
    if (held_.size() < max_held) held_.push_back(m);
    else lost_.add();
  }

  // What a full bus refused goes out in order with the next events; waiting for it is not allowed here.
  void publish_held() noexcept {
    std::size_t sent = 0;
    while (sent < held_.size() &&
           host_.publish(held_[sent].event, held_[sent].bytes.data(), held_[sent].size) == TRAPLINE_OK)
      ++sent;
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(sent));
  }

  sdk::host& host_;
  std::map<std::uint32_t, topics> topics_;
  std::vector<message> held_;
  std::int64_t ts_recv_ = 0;
  sdk::counter lost_;
};

}  // namespace trapline::trap
