// How the signals of a replay differ from the recorded ones, for people: which came, went and changed.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "replay/audience.hpp"
#include "replay/event_copy.hpp"
#include "trapline/abi/signal.h"

namespace trapline::replay {

// Signals are of the same episode if instrument, pattern, direction and stage are equal and their times are within a
// second; each has at most one counterpart, the first that fits. Only those of [from, to] count.
class signal_report final : public audience {
 public:
  signal_report(std::int64_t from, std::int64_t to) : from_(from), to_(to) {}

  void recorded(const role& r, const trapline_event& e) override { take(r, e, &line::was); }
  void published(const role& r, const trapline_event& e) override { take(r, e, &line::is); }
  void remark(const role&, remark_kind, std::uint64_t, const std::string&) override {}
  void lost_track(const role& r, std::uint64_t seq, const std::string& why) override;

  struct count {
    std::uint64_t recorded = 0, replayed = 0, same = 0, changed = 0, gone = 0, added = 0;
  };
  struct table {
    std::string name, plugin;                                    // of the instance; of what was replayed
    std::array<count, TRAPLINE_PATTERN_COUNT + 1> by_pattern{};  // the last: patterns that are not known here
    count total;
    std::vector<std::string> examples;  // at most `most_examples`, in order of time
  };
  static constexpr std::size_t most_examples = 20;
  // By instance name. `symbol_of` an instrument.
  using namer = std::string_view (*)(const void* context, std::uint32_t instrument);
  std::vector<table> tables(namer symbol_of, const void* context) const;
  const std::vector<std::string>& notes() const noexcept { return notes_; }

 private:
  struct line {
    std::string plugin;
    std::vector<event_copy> was, is;
  };
  void take(const role& r, const trapline_event& e, std::vector<event_copy> line::*where);

  std::int64_t from_, to_;
  std::map<std::string, line> lines_;
  std::vector<std::string> notes_;
};

// The report as text.
std::string render(const std::vector<signal_report::table>& tables);

}  // namespace trapline::replay
