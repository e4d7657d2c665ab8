#include "supervise/warming.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

#include "bus/host_events.hpp"
#include "bus/lane.hpp"
#include "plugin/warm_up.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::supervise {
namespace {

constexpr std::int64_t slice = 200'000;             // ns of its lane's time at once
constexpr std::int64_t catch_up_slice = 1'000'000;  // longer than its lane's own turn, or it would never catch up
constexpr std::size_t batch_bytes = 1 << 20;

// What was read and is to be handed over. The lane may come to it when nobody waits any more.
struct batch {
  std::vector<std::uint64_t> words;  // events, one behind the other
  std::size_t taken = 0;

  void add(const trapline_event& e) {
    const std::size_t at = words.size();
    words.resize(at + (e.size + 7) / 8);
    std::memcpy(words.data() + at, &e, e.size);
  }
  std::size_t bytes() const noexcept { return words.size() * 8; }
  // [lane] True: nothing is left.
  bool hand_over(plugin::instance& to, std::int64_t until) {
    while (taken < words.size() && !to.faulted()) {
      const auto& e = *reinterpret_cast<const trapline_event*>(words.data() + taken);
      to.warming()->feed(e);
      taken += (e.size + 7) / 8;
      if (to.rt().clock.mono() >= until) break;
    }
    to.lane->enter(nullptr);
    return taken == words.size();
  }
};

// False: `o` says why not.
bool goes_on(plugin::instance& fresh, const std::atomic<bool>& hurry, warming_outcome& o) {
  if (hurry) o.why = "the engine is stopping";
  else if (fresh.faulted()) o.why = fresh.reason();
  else if (fresh.warming()->overflowed())
    o.why = sdk::cat("it does not catch up: more than ", plugin::warm_up::most_waiting >> 20,
                     " MiB of events came meanwhile");
  else return true;
  return false;
}

bool on_lane(const plugin::instance& fresh, std::function<void()> f, warming_outcome& o) {
  if (fresh.lane->call(std::move(f), start_limit)) return true;
  o.result = start_result::hangs;
  o.why = sdk::cat("its lane has not come back for ", start_limit / 1'000'000'000, " s");
  return false;
}

class session {
 public:
  session(plugin::instance& old, plugin::instance& fresh, journal::reader& from, journal::recorder& recorder,
          const std::atomic<bool>& hurry, warming_outcome& out)
      : old_(old), fresh_(fresh), from_(from), recorder_(recorder), hurry_(hurry), out_(out) {}

  // False: `out` says why not.
  bool run(std::int64_t span) {
    const std::int64_t now = fresh_.rt().clock.now();
    const auto there = from_.size();
    out_.covered = there.events == 0 ? 0 : std::clamp<std::int64_t>(now - there.first_ts, 0, span);
    since_ = now - span;
    from_.seek_time(since_);
    warmth_.began = now;
    if (!read()) return false;
    if (warmth_.from_seq == 0) warmth_.from_seq = warmth_.joined_seq + 1;
    return catch_up(fresh_, hurry_, out_);
  }
  const journal::warmth& warmth() const noexcept { return warmth_; }

 private:
  bool read() {
    bool at_end = false;  // and the journal holds all that is to be read
    for (;;) switch (from_.next()) {
        case journal::item::event:
          if (joined_ && from_.event().seq > warmth_.joined_seq) return hand_over();
          if (!take(from_.event())) return false;
          break;
        case journal::item::loss:
          lost_.push_back({0, from_.lost().from_seq, std::max(from_.lost().from_seq, from_.lost().to_seq)});
          break;
        case journal::item::step:
        case journal::item::command:
          break;
        case journal::item::end:
          if (!hand_over()) return false;
          if (at_end) return begin();
          if (!joined_ && !join()) return false;
          if (!wait_for_journal(at_end)) return false;
      }
  }

  bool take(const trapline_event& e) {
    if (warmth_.from_seq == 0) {
      // Not all of the span may have been in the files when it was looked for.
      if (e.ts_recv < since_) return true;
      warmth_.from_seq = e.seq;
      if (!fresh_.warming()) warmth_.began = e.ts_recv;
    }
    for (const auto& l : std::exchange(lost_, {})) batch_->add(bus::make_gap(l, e.ts_recv).head);
    const auto* by = from_.instance(e.source);
    if (by && by->name == fresh_.name()) return true;  // it would have said it itself
    batch_->add(e);
    return batch_->bytes() < batch_bytes || hand_over();
  }

  bool begin() {
    if (fresh_.warming()) return true;
    fresh_.begin_warm_up(warmth_.began);
    auto error = std::make_shared<trapline_error>();
    auto ok = std::make_shared<bool>(false);
    const auto work = [who = &fresh_, error, ok] {
      who->lane->enter(who, start_limit);
      *ok = who->warming()->start(*error);
      who->lane->enter(nullptr);
    };
    if (!on_lane(fresh_, work, out_)) return false;
    if (!*ok) out_.why = sdk::cat("it does not start: ", sdk::view(error->text));
    return *ok;
  }

  bool hand_over() {
    if (warmth_.from_seq == 0) return true;
    if (!begin()) return false;
    const auto b = std::exchange(batch_, std::make_shared<batch>());
    for (auto done = std::make_shared<bool>(b->words.empty()); !*done;) {
      // A lane that is late has better to do.
      if (fresh_.lane->lag() > fresh_.rt().ring.bytes() / bus::line_size / 8) fresh_.rt().pause();
      const auto work = [b, done, to = &fresh_] { *done = b->hand_over(*to, to->rt().clock.mono() + slice); };
      if (!on_lane(fresh_, work, out_) || !goes_on(fresh_, hurry_, out_)) return false;
    }
    return true;
  }

  bool join() {
    if (!begin()) return false;
    const auto seq = std::make_shared<std::uint64_t>();
    const auto work = [seq, to = &fresh_, old = &old_] { *seq = to->warming()->wait_on_lane(*old); };
    joined_ = on_lane(fresh_, work, out_);
    warmth_.joined_seq = *seq;
    return joined_;
  }

  bool wait_for_journal(bool& at_end) {
    at_end = recorder_.holds(warmth_.joined_seq);
    if (at_end) return true;
    if (const auto s = recorder_.now(); s.state != "running") {
      out_.why = sdk::cat("the journal is ", s.state, ": ", s.reason);
      return false;
    }
    recorder_.flush_soon();
    fresh_.rt().pause();
    return goes_on(fresh_, hurry_, out_);
  }

  plugin::instance &old_, &fresh_;
  journal::reader& from_;
  journal::recorder& recorder_;
  const std::atomic<bool>& hurry_;
  warming_outcome& out_;
  journal::warmth warmth_;
  std::int64_t since_ = 0;  // UTC ns
  bool joined_ = false;
  std::shared_ptr<batch> batch_ = std::make_shared<batch>();
  std::vector<bus::loss> lost_;  // before the next event
};

}  // namespace

bool catch_up(plugin::instance& fresh, const std::atomic<bool>& hurry, warming_outcome& o) {
  for (auto done = std::make_shared<bool>(false); !*done;) {
    const auto work = [done, to = &fresh] { *done = to->warming()->catch_up(to->rt().clock.mono() + catch_up_slice); };
    if (!on_lane(fresh, work, o) || !goes_on(fresh, hurry, o)) return false;
  }
  return true;
}

bool end_warm_up(plugin::instance& fresh) {
  return fresh.lane->call([who = &fresh] { end_unheard(*who, false); }, call_limit);
}

warming_outcome warm_up(plugin::instance& old, plugin::instance& fresh, journal::reader& from,
                        journal::recorder& recorder, std::int64_t span, const std::atomic<bool>& hurry) {
  warming_outcome out;
  const std::int64_t begin = fresh.rt().clock.mono();
  session s(old, fresh, from, recorder, hurry, out);
  if (s.run(span)) {
    out.result = start_result::running;
    out.warm = std::make_shared<const journal::warmth>(s.warmth());
  } else if (out.result != start_result::hangs && fresh.warming() && !end_warm_up(fresh)) {
    out.result = start_result::hangs;
  }
  out.took = fresh.rt().clock.mono() - begin;
  return out;
}

}  // namespace trapline::supervise
