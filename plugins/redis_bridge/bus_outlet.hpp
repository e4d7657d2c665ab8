// Where ingested events go: the bus of this host, as far as the ingest needs it. [lane]
#pragma once

#include <cstdint>
#include <string_view>

#include "trapline/abi/event.h"

namespace trapline::redis_bridge {

class bus_outlet {
 public:
  virtual ~bus_outlet() = default;
  // Ids of names; throw sdk::error for a name that the bus refuses.
  virtual std::uint32_t topic(std::string_view name) = 0;
  virtual std::uint32_t instrument(std::string_view venue, std::string_view symbol) = 0;
  // Header and payload in one piece, as `e.size` says. TRAPLINE_E_AGAIN: the bus is full, nothing was published.
  virtual trapline_status publish(const trapline_event& e) = 0;
  // ingest::on_barrier(stream) is to be called when this lane has handled all that was published up to now.
  virtual void barrier(std::uint32_t stream) = 0;
};

}  // namespace trapline::redis_bridge
