// Writes the events of a planted market as JSON lines (FORMATS), and the truth beside them.
#pragma once

#include <iosfwd>
#include <string>

#include "session.hpp"

namespace planted {

class json_tape final : public tape {
 public:
  // `out` outlives the tape.
  json_tape(std::ostream& out, std::string symbol);
  void candle(std::int64_t ts, const trapline_candle& c) override;
  void trade(std::int64_t ts, const trapline_trade& t) override;
  void book(std::int64_t ts, bool snapshot, const trapline_book& b, std::span<const trapline_level> levels) override;
  void ticker(std::int64_t ts, const trapline_ticker& t) override;

 private:
  void head(const char* type, std::int64_t ts);
  void number(std::int64_t mantissa, int exp);
  void end();

  std::ostream& out_;
  std::string symbol_, line_;
};

// One line an episode: family, what, trap, pattern, direction, onset, end, levels.
void write_truth(std::ostream& out, const session_settings& s, const session_truth& truth);

}  // namespace planted
