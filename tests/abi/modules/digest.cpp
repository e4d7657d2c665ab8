// Says with every expiry of its timer what it has seen so far, as one number over every byte of it: events, times, ids
// of timers. So one event or expiry more, less, or otherwise shows in everything that it says later.
#include "trapline/sdk/options.hpp"
#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class digest : public sdk::plugin<digest> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = "digest", .version = "1.0.0", .summary = "sums up what it saw"};
  static constexpr trapline_option options[] = {
      sdk::option_int("throw_at", "-1", "-1..1000000000", "price at which it faults; -1 = never"),
  };
  static constexpr const char* commands[] = {"debug", "fault"};

  explicit digest(const trapline_host* h) : plugin(h) {}

  void configure(std::string_view json) { throw_at_ = sdk::options(json).get<std::int64_t>("throw_at"); }
  void start() {
    topic_ = host().topic("digest.said");
    host().set_timer(0, 3'000'000, 1);
    host().subscribe("test.>");
    host().health(TRAPLINE_HEALTH_DEGRADED, 7, "as it always is");
  }
  void on(const trapline_event& e, const trapline_trade& t) {
    if (t.price == throw_at_) throw sdk::error("that price again");
    add(e.seq), add(e.source), add(e.flags), add(static_cast<std::uint64_t>(e.ts_recv)),
        add(static_cast<std::uint64_t>(t.price)), add(static_cast<std::uint64_t>(host().now()));
    if (t.price % 10 == 0) host().set_timer(e.ts_recv + 1'000'000, 0, static_cast<std::uint64_t>(t.price));
    ++seen_;
    if (next_ >= 0 && t.price != next_) ++disorder_;
    if (first_ < 0) first_ = t.price;
    next_ = t.price + 1;
  }
  void on(const trapline_event&, const trapline_gap& g) { add(g.from_seq), add(g.to_seq), ++gaps_; }
  void on(const trapline_event&, const trapline_timer_event& t) {
    add(t.cookie), add(t.timer_id & 0xffff'ffff);
    if (t.cookie != 1) return;
    trapline_trade out{};
    out.price = static_cast<std::int64_t>(sum_ >> 1);
    out.size = static_cast<std::int64_t>(seen_);
    host().publish(sdk::make_event(TRAPLINE_EVENT_TRADE, topic_), out);
  }
  std::string command(std::string_view name, std::string_view) {
    if (name == "fault") host().report_fault(TRAPLINE_E_FAILED, "told to fault");
    return sdk::cat("{\"first\":", first_, ",\"next\":", next_, ",\"seen\":", seen_, ",\"disorder\":", disorder_,
                    ",\"gaps\":", gaps_, "}");
  }

 private:
  void add(std::uint64_t x) { sum_ = (sum_ ^ x) * 0x100000001b3u + (sum_ >> 29); }

  std::uint64_t sum_ = 0xcbf29ce484222325u, seen_ = 0, disorder_ = 0, gaps_ = 0;
  std::int64_t throw_at_ = -1, first_ = -1, next_ = -1;
  std::uint32_t topic_ = 0;
};

TRAPLINE_PLUGIN(digest, "digest", "1.0.0");
