// Reads what bridges of other hosts relay (see relay.hpp), and passes it on to this host's bus. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ingest_stream.hpp"

namespace trapline::redis_bridge {

class ingest {
 public:
  // `make_meters`: for a stream's tag. `token`: the boot_id of this bridge. `published`: told of every event that went
  // onto the bus; may be empty.
  ingest(net::loop& l, const settings& s, environment& env, bus_outlet& bus,
         const std::function<ingest_meters(std::string_view tag)>& make_meters, const std::string& token,
         const std::function<void(const trapline_event&)>& published);

  void begin();
  void pause();
  bool settled() const;
  void on_barrier(std::uint32_t stream);

 private:
  void tick();

  std::vector<std::unique_ptr<ingest_stream>> streams_;
  net::timer tick_timer_;
};

}  // namespace trapline::redis_bridge
