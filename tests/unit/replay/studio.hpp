// A recording made in memory: what a test puts on it, and what the instances say to that, at the places where an engine
// would have recorded it.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "journal/tape.hpp"
#include "replay/player.hpp"
#include "replay/verifier.hpp"
#include "trapline/sdk/plugin.hpp"

namespace test {

namespace journal = trapline::journal;
namespace replay = trapline::replay;

// Counts trades, and says so in every third: header and one number. With `state` it passes the count on.
class counter : public trapline::sdk::plugin<counter> {
 public:
  static constexpr auto info = trapline::sdk::plugin_info{
      .id = "counter", .version = "1.0.0", .summary = "counts", .flags = TRAPLINE_PLUGIN_DETERMINISTIC};
  static constexpr trapline::sdk::state_info state = {"test/count", 1, 1};
  explicit counter(const trapline_host* h) : plugin(h) {}
  void start() {
    out_ = host().topic("sig.count");
    host().subscribe("md.trade.>");
    host().subscribe("sig.>");
    timer_ = host().set_timer(host().now() + 1'000, 1'000, 7);
  }
  void on(const trapline_event& e, const trapline_trade& t) {
    if (t.price == 666) throw std::runtime_error("cannot bear this price");
    if (++count_ % 3 == 0) say(e, count_);
  }
  void on(const trapline_event& e, const trapline_timer_event&) { say(e, 1'000'000 + count_); }
  void on(const trapline_event& e, const trapline_gap& g) { say(e, 2'000'000 + g.lost); }
  void on_other(const trapline_event& e) {
    std::uint64_t what = 0;
    std::memcpy(&what, &e + 1, sizeof what);
    if (what >= 3'000'000) return;  // that was of hearing
    heard_ += e.source;
    say(e, 3'000'000 + heard_);
  }
  trapline_status drain() {
    trapline_event e = trapline::sdk::make_event(TRAPLINE_EVENT_SIGNAL, out_, 0, 0, 0);
    e.space = 9;
    host().publish(e, count_);
    return TRAPLINE_OK;
  }
  std::string save_state() { return {reinterpret_cast<const char*>(&count_), sizeof count_}; }
  void load_state(std::uint32_t, std::string_view bytes) { std::memcpy(&count_, bytes.data(), sizeof count_); }

 private:
  void say(const trapline_event& cause, std::uint64_t what) {
    trapline_event e = trapline::sdk::make_event(TRAPLINE_EVENT_SIGNAL, out_, 0, cause.ts_event, 0);
    e.space = 9;
    host().publish(e, what);
  }
  std::uint32_t out_ = 0;
  std::uint64_t timer_ = 0, count_ = 0, heard_ = 0;
};

// What happens in a run, apart from what the replayed instances say.
class scene {
 public:
  scene() {
    for (const char* name : {"sys.lifecycle", "sys.health", "sys.timer", "md.trade.x.BTC", "sig.count"})
      tape_names_.push_back(name);
  }
  explicit scene(std::uint64_t first) : scene() { first_ = first; }  // number of its first event
  static constexpr std::uint32_t timer_topic = 3, trade_topic = 4, count_topic = 5;
  static constexpr std::uint32_t feed = 1;  // source of the trades

  std::uint64_t trade(std::int64_t price) {
    trapline_trade t{};
    t.price = price;
    return put(TRAPLINE_EVENT_TRADE, trade_topic, feed, t);
  }
  std::uint64_t expiry(std::uint32_t instance, std::uint32_t number, std::uint64_t cookie, std::int64_t due) {
    const trapline_timer_event t{std::uint64_t{instance} << 32 | number, cookie, due, instance, 0};
    return put(TRAPLINE_EVENT_TIMER, timer_topic, 0, t);
  }
  void step(journal::phase what, std::uint32_t id, std::uint32_t life = 1, std::uint32_t in_place_of = 0,
            std::shared_ptr<const journal::carried_state> state = nullptr, std::string how = {}) {
    journal::instance_step s;
    s.what = what, s.id = id, s.life = life, s.after_seq = last_, s.at = time_, s.in_place_of = in_place_of;
    s.state = std::move(state), s.how = std::move(how);
    steps_.push_back(std::move(s));
  }
  void begin(std::uint32_t id) { step(journal::phase::started, id); }
  void end(std::uint32_t id, std::string how = "stopped") {
    step(journal::phase::ended, id, 1, 0, nullptr, std::move(how));
  }
  // The last `events` events did not reach the lane of the counters.
  void lapse(std::uint64_t events, bool conflated = false) {
    lapses_.push_back({"core", last_ - (events - 1) * 100, last_, events, conflated});
  }
  std::int64_t time() const { return time_; }
  void pass(std::int64_t ns) { time_ += ns; }

  // Everything up to here, and the events that `more` has for it, on a tape.
  using outputs = std::map<std::uint64_t, std::vector<replay::event_copy>>;  // by cause
  void write(journal::tape& to, const outputs& more) const {
    for (const auto& n : tape_names_) to.topic(n);
    to.instrument("x", "BTC");
    const auto instance = [&](std::uint32_t id, const char* name, const char* plugin, std::uint32_t flags) {
      journal::instance_info i;
      i.id = id, i.name = name, i.plugin = plugin, i.version = "1.0.0", i.use = "static", i.flags = flags;
      i.lane = "core";
      to.add(i);
    };
    instance(feed, "feed", "feed", TRAPLINE_PLUGIN_SOURCE);
    for (std::uint32_t id = 2; id < 8; ++id) instance(id, id < 6 ? "count" : "other", "counter", 0);
    for (const auto& l : lapses_) to.put(l);
    std::size_t next = 0;
    const auto until = [&](std::uint64_t seq) {
      while (next < steps_.size() && steps_[next].after_seq < seq) to.put(steps_[next++]);
    };
    std::uint64_t last = 0;
    // What is said because of that comes behind it: so numbers stay when a later round adds something.
    const auto said = [&](std::uint64_t cause) {
      for (std::deque<std::uint64_t> causes{cause}; !causes.empty(); causes.pop_front())
        if (const auto at = more.find(causes.front()); at != more.end())
          for (const auto& e : at->second) {
            replay::event_copy out(e);
            out.renumber(++last);
            to.put(*out);
            if (cause != 0) causes.push_back(last);
          }
    };
    for (const auto& e : events_) {
      until(e->seq);
      last = e->seq;
      to.put(*e);
      said(e->seq);
    }
    until(~std::uint64_t{0});
    said(0);
  }

 private:
  template <class Payload>
  std::uint64_t put(std::uint16_t type, std::uint32_t topic, std::uint32_t source, const Payload& p) {
    struct {
      trapline_event head;
      Payload payload;
    } e{};
    time_ += 100;
    e.head = trapline::sdk::make_event(type, topic, 1, time_, time_ + 5);
    e.head.size = sizeof e;
    e.head.source = source;
    e.head.seq = last_ = last_ == 0 ? first_ : last_ + 100;
    e.payload = p;
    events_.emplace_back(e.head);
    return last_;
  }
  std::vector<std::string> tape_names_;
  std::vector<replay::event_copy> events_;
  std::vector<journal::instance_step> steps_;
  std::vector<journal::lane_loss> lapses_;
  std::uint64_t last_ = 0, first_ = 1;
  std::int64_t time_ = 1'000'000;
};

// Keeps what is said.
struct listener final : replay::audience {
  scene::outputs said;
  std::vector<std::string> remarks;
  void recorded(const replay::role&, const trapline_event&) override {}
  void published(const replay::role&, const trapline_event& e) override { said[e.cause].emplace_back(e); }
  void remark(const replay::role& r, replay::remark_kind, std::uint64_t, const std::string& text) override {
    remarks.push_back(r.name + ": " + text);
  }
  void lost_track(const replay::role& r, std::uint64_t, const std::string& why) override {
    remarks.push_back(r.name + ": lost: " + why);
  }
};

inline replay::player::parts counter_parts(const journal::instance_info&) {
  return {std::make_shared<const trapline::plugin::image>(counter::entry()), {"{}", {}}, false};
}

inline void play(journal::reader& from, replay::audience& to, const replay::player::supplier& supply = counter_parts) {
  replay::player p(from, supply, to, TRAPLINE_LOG_ERROR + 1);
  while (p.next()) p.hand_out();
  p.finish();
}

// The scene with what the instances say in it; each hears what the others said, so once more for each in the chain.
inline journal::run_image film(const scene& s, int chain = 1, journal::run_state state = journal::run_state::ended) {
  scene::outputs said;
  for (int n = 0; n < chain; ++n) {
    journal::tape t;
    s.write(t, said);
    listener l;
    play(*t.read(), l);
    said = std::move(l.said);
  }
  journal::tape t;
  s.write(t, said);
  return t.finish(state);
}

inline std::unique_ptr<journal::reader> open(journal::run_image i) {
  std::string error;
  auto r = journal::reader::open(std::move(i), error);
  if (!r) throw std::runtime_error(error);
  return r;
}

// Replays a recording and compares it with itself.
struct verdict {
  explicit verdict(const journal::run_image& i, const replay::player::supplier& supply = counter_parts) {
    auto r = open(i);
    replay::verifier v(
        {}, [](const void*, std::uint32_t) { return std::string_view("sig.count"); }, nullptr);
    play(*r, v, supply);
    v.end(r->about().state == journal::run_state::ended);
    identical = v.identical();
    complete = v.complete();
    same = v.compared();
    for (const auto& o : v.outcomes()) {
      unjudged += o.unjudged;
      if (o.first) texts.push_back(o.who.name + ": " + o.first->text);
      for (const auto& n : o.notes) notes.push_back(n);
    }
  }
  bool identical = false, complete = false;
  std::uint64_t same = 0, unjudged = 0;
  std::vector<std::string> texts, notes;
};

}  // namespace test
