#include "ingest.hpp"

#include <algorithm>

namespace trapline::redis_bridge {
namespace {

constexpr std::int64_t tick_interval = 50 * millisecond;

}  // namespace

ingest::ingest(net::loop& l, const settings& s, environment& env, bus_outlet& bus,
               const std::function<ingest_meters(std::string_view tag)>& make_meters, const std::string& token,
               const std::function<void(const trapline_event&)>& published)
    : tick_timer_(l) {
  for (const auto& tag : s.ingest_streams)
    streams_.push_back(std::make_unique<ingest_stream>(
        l, s, env, bus, make_meters(tag), static_cast<std::uint32_t>(streams_.size()), tag, token, published));
}

void ingest::begin() {
  for (auto& s : streams_) s->begin();
  tick();
}

void ingest::tick() {
  tick_timer_.after(tick_interval, [this] { tick(); });
  for (auto& s : streams_) s->tick();
}

void ingest::pause() {
  for (auto& s : streams_) s->pause();
}

bool ingest::settled() const {
  return std::all_of(streams_.begin(), streams_.end(), [](const auto& s) { return s->settled(); });
}

void ingest::on_barrier(std::uint32_t stream) {
  if (stream < streams_.size()) streams_[stream]->on_barrier();
}

}  // namespace trapline::redis_bridge
