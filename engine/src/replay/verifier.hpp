// Compares what a replay publishes with what was recorded, byte by byte, each instance for itself.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "replay/audience.hpp"
#include "replay/event_copy.hpp"

namespace trapline::replay {

// How one instance differs first.
struct difference {
  role who;
  std::uint64_t seq = 0;  // of the recorded event in which it happened; 0: outside events
  std::string text;       // what, in one line
  std::optional<event_copy> recorded, replayed;
};

// Events of one source are compared in the order in which it published them: all of the header but the bus's number,
// and the payload. `cause` is a number of the recording on both sides. Of what was published outside events (cause 0),
// the time of receipt is a stamped clock and is left out.
class verifier final : public audience {
 public:
  struct window {
    std::int64_t from = std::numeric_limits<std::int64_t>::min();  // UTC ns; what is before it is not compared
    std::vector<std::string> left_out;                             // topic patterns of events that are not recorded
  };
  // `topic_name`: of an id.
  using namer = std::string_view (*)(const void* context, std::uint32_t topic);
  explicit verifier(window w, namer topic_name, const void* context);

  // It is replayed, even if it never says anything.
  void expect(const role& r) { of(r); }

  void recorded(const role& r, const trapline_event& e) override;
  void published(const role& r, const trapline_event& e) override;
  void remark(const role& r, remark_kind k, std::uint64_t seq, const std::string& text) override;
  void lost_track(const role& r, std::uint64_t seq, const std::string& why) override;
  // After the last event. `whole`: the recording ends as the run did; else the last events may be missing.
  void end(bool whole);

  struct outcome {
    role who;
    std::uint64_t same = 0;      // events
    std::uint64_t unjudged = 0;  // events whose counterparts may have been cut off, or that could not be compared
    std::optional<difference> first;
    std::vector<std::string> notes;  // at most 16
  };
  // By source.
  std::vector<outcome> outcomes() const;
  bool identical() const;  // all that could be compared, and nothing else was said
  bool complete() const;   // nothing had to be left out
  std::uint64_t compared() const;

 private:
  struct line {
    outcome out;
    std::deque<event_copy> ahead;  // published in the replay, not met in the recording yet
    std::deque<event_copy> early;  // recorded outside events, before the replay came to say it
    bool blind = false;            // it lost track
    bool seen = false;             // something was compared
  };
  line& of(const role& r);
  bool counts(const trapline_event& e) const { return e.ts_recv >= window_.from; }
  void match(line& l);
  void differs(line& l, std::uint64_t seq, std::string text, const trapline_event* recorded,
               const trapline_event* replayed);

  window window_;
  namer topic_name_;
  const void* context_;
  std::map<std::uint32_t, line> lines_;
  std::vector<signed char> left_out_;  // by topic: 1 yes, 0 no, -1 not asked yet
  bool is_left_out(std::uint32_t topic);
};

}  // namespace trapline::replay
