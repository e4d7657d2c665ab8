// The messages of wire_bench: Bitget v2 pushes of one symbol, prepared once as whole WebSocket frames. Numbers that
// rise from message to message (time, trade id, sequence) are written into their places when a frame is sent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wire {

struct frame {
  enum class field : std::uint8_t { ms, trade_id, seq, prev_seq };
  struct place {
    std::size_t offset;
    field what;
  };
  std::string bytes;  // header and text
  std::vector<place> places;
};

struct workload {
  const char* name;
  std::vector<std::string> channels;
  std::vector<frame> opening;  // sent once
  std::vector<frame> cycle;    // sent again and again
  double bytes = 0;            // mean size of a message of the cycle, without its header
};

// trade; ticker; books with 25 and with 100 changed levels a message; the mix of a recorded socket (8 books of 100
// changes, 9 tickers, 1 trade in 18). The same on every call.
std::vector<workload> make_workloads();

// Rising numbers of one connection.
class numbers {
 public:
  // Writes them into a frame. `ms`: UTC.
  void put(frame& f, std::int64_t ms);

 private:
  std::uint64_t trade_id_ = 1'360'000'000'000'000'000, seq_ = 1'304'314'508'780'744'705;
};

}  // namespace wire
