// What the terminal shows: gathered from events on the observer's lane, read by the main thread.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "trapline/abi/abi.h"
#include "trapline/engine.hpp"

namespace trapline::cli {

struct feed_line {
  std::string text;
  std::uint8_t state = 0;
  trapline_feed_status status{};
};

struct symbol_line {
  double last = 0, mark = 0;
  int decimals = 2;
  std::uint64_t trades = 0, books = 0;
  bool book_valid = false;
  double bid = 0, ask = 0;
};

struct position_line {
  std::string symbol;
  std::uint8_t side = 0;
  double size = 0, entry = 0, mark = 0, pnl = 0;
};

struct matrix_line {
  trapline_trap_matrix head{};
  std::vector<trapline_matrix_row> rows;
};

// A planted episode and whether a signal matched it.
struct planted {
  std::uint64_t id = 0;
  std::string symbol;
  trapline_episode truth{};
  bool ended = false, found = false;
  double delay_s = 0;
};

struct snapshot {
  std::uint64_t events = 0, lost = 0;
  std::int64_t market_ts = 0;
  std::map<std::string, feed_line> feeds;  // by instance and endpoint
  std::map<std::string, symbol_line> symbols;
  bool positions_known = false;  // a complete list was seen, and nothing was lost since
  std::vector<position_line> positions;
  std::map<std::string, matrix_line> matrix;  // by symbol
  std::deque<std::string> signals;            // newest first
  std::vector<planted> episodes;
  std::uint64_t alarms = 0, unmatched_alarms = 0;
};

class live_view {
 public:
  // `e`: for the names of topics and instruments.
  explicit live_view(const engine& e) : engine_(e) {}

  void on_event(const trapline_event& e);  // observer's lane
  snapshot get() const;                    // any thread

 private:
  void on_market(const trapline_event& e);
  void on_position(const trapline_event& e, const trapline_position& p);
  void on_signal(const trapline_event& e, const trapline_signal& s);
  void on_episode(const trapline_event& e, const trapline_episode& t);

  std::string symbol(std::uint32_t instrument) const { return std::string(engine_.symbol(instrument)); }

  const engine& engine_;
  mutable std::mutex mutex_;
  snapshot now_;
  std::vector<position_line> incoming_;  // of a list that is not complete yet
  std::map<std::string, bool> alarmed_;  // signal ids that counted as an alarm
};

}  // namespace trapline::cli
