// What the hosting program brings along: plugins of its own, events of its own; and what it asks.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "engine_impl.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline {

engine::impl::impl(engine& e, engine_options o)
    : owner(&e), options(std::move(o)), clock_owner(time::make_clock(options.now, options.mono)), clock(*clock_owner) {
  if (options.host_driven) control.set_wake([this] { wake(); });
}

// ---------------------------------------------------------------- plugins

void engine::attach(trapline_entry_fn entry) {
  const trapline_entry* e = entry ? entry() : nullptr;
  if (const auto wrong = plugin::entry_findings(e); !wrong.empty()) {
    std::string why;
    for (const auto& text : plugin::texts(wrong, true)) why += (why.empty() ? "" : "; ") + text;
    throw std::invalid_argument("attach: " + why);
  }
  if (impl_->attached_plugin(e->descriptor->id))
    throw std::invalid_argument(sdk::cat("attach: there is a plugin '", e->descriptor->id, "' already"));
  impl_->linked.push_back(e);
}

const trapline_entry* engine::impl::attached_plugin(const std::string& use) const {
  const auto it = std::find_if(linked.begin(), linked.end(), [&](auto* e) { return use == e->descriptor->id; });
  return it == linked.end() ? nullptr : *it;
}

bool engine::impl::is_own(const std::string& instance) const {
  return std::any_of(observations.begin(), observations.end(), [&](const auto& o) { return o.instance == instance; });
}

// ---------------------------------------------------------------- events

trapline_status engine::publish(const trapline_frame* frames, std::uint32_t count) noexcept {
  impl& m = *impl_;
  if (!m.rt) return TRAPLINE_E_STATE;
  if (!frames || count == 0) return TRAPLINE_E_INVALID;
  const std::uint32_t topics = m.rt->names.topic_count();
  bool needs_time = false;
  for (std::uint32_t n = 0; n < count; ++n) {
    const trapline_event* e = frames[n].event;
    if (!e || e->topic == 0 || e->topic > topics) return TRAPLINE_E_INVALID;
    needs_time = needs_time || e->ts_recv == 0;
  }
  bus::ring::stamp stamp{program_source, &m.program_numbers, false, 0, 0};
  // Within a callback of this engine, and of no other one, it is an answer to an event.
  if (this_lane.in_event && std::any_of(m.lanes.begin(), m.lanes.end(), [](auto& l) { return &l == this_lane.lane; })) {
    stamp.cause = this_lane.cause;
    stamp.now = this_lane.now;
  } else if (needs_time) {
    stamp.now = m.clock.now();
  }
  return m.rt->ring.publish({frames, count}, stamp);
}

trapline_status engine::topic_id(std::string_view name, std::uint32_t& id) {
  return impl_->rt ? impl_->rt->names.topic(name, id) : TRAPLINE_E_STATE;
}

trapline_status engine::instrument_id(std::string_view venue, std::string_view symbol, std::uint32_t& id) {
  return impl_->rt ? impl_->rt->names.instrument(venue, symbol, id) : TRAPLINE_E_STATE;
}

// ---------------------------------------------------------------- what it asks

std::string engine::health_json() const {
  using json = nlohmann::ordered_json;
  const auto parts = instances();
  // Worse of what an instance says of itself and of what the engine knows.
  const auto any = [&](const char* health, std::initializer_list<std::string_view> states) {
    return std::any_of(parts.begin(), parts.end(), [&](const auto& i) {
      return i.health == health || std::find(states.begin(), states.end(), i.state) != states.end();
    });
  };
  const auto unwritten = impl_->journal ? impl_->rt->redacted(impl_->journal->failure()) : std::string();
  static constexpr std::array causes = {"none", "requested", "fault", "bad_config", "journal"};
  static_assert(causes.size() == static_cast<std::size_t>(stop_cause::journal) + 1);
  json j = {{"name", name()},
            {"health", any("failed", {"quarantined", "left_out"})              ? "failed"
                       : any("degraded", {"restarting"}) || !unwritten.empty() ? "degraded"
                                                                               : "ok"},
            {"stop", causes.at(static_cast<std::size_t>(stop_requested()))},
            {"stop_reason", stop_reason()},
            {"journal", unwritten},
            {"lanes", json::array()},
            {"instances", json::array()}};
  for (const auto& l : lanes())
    j["lanes"].push_back({{"name", l.name}, {"events", l.events}, {"lag_bytes", l.lag_bytes}, {"lost", l.lost}});
  for (const auto& i : parts)
    j["instances"].push_back({{"name", i.name},
                              {"plugin", i.plugin},
                              {"lane", i.lane},
                              {"state", i.state},
                              {"health", i.health},
                              {"reason", i.reason}});
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace trapline
