// The plugin: events of the host to the core, output of the core to the bus.
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "detector.hpp"
#include "options.hpp"
#include "trapline/sdk/plugin.hpp"

namespace trapline::trap {

class trap_detector final : public sdk::plugin<trap_detector>, public sink {
 public:
  static constexpr auto info = sdk::plugin_info{
      .id = "trap_detector",
      .version = "0.1.0",
      .summary = "recognises stop hunts, bull and bear traps, fake pumps and dumps, spoofing and layering",
      .flags = TRAPLINE_PLUGIN_DETERMINISTIC | TRAPLINE_PLUGIN_BOUNDED};
  static constexpr const auto& options = option_table.rows;

  explicit trap_detector(const trapline_host* h) : plugin(h) {}

  void configure(std::string_view json) { core_ = std::make_unique<detector>(parse_settings(json), *this); }

  void start() {
    held_.reserve(max_held);
    events_ = host().counter("detector_events_total");
    lost_ = host().counter("detector_signals_lost_total");
    for (std::size_t i = 1; i < ignored_count; ++i)
      ignored_[i] =
          host().counter("detector_ignored_total", sdk::label("reason", ignored_name(static_cast<ignored>(i))));
    const auto bit = [](int type) { return TRAPLINE_TYPE_BIT(type); };
    host().subscribe("md.trade.>", bit(TRAPLINE_EVENT_TRADE) | bit(TRAPLINE_EVENT_GAP));
    host().subscribe("md.book.>",
                     bit(TRAPLINE_EVENT_BOOK_SNAPSHOT) | bit(TRAPLINE_EVENT_BOOK_DELTA) | bit(TRAPLINE_EVENT_GAP));
    host().subscribe("md.ticker.>", bit(TRAPLINE_EVENT_TICKER));
    host().subscribe("md.candle.>", bit(TRAPLINE_EVENT_CANDLE));
    host().subscribe("md.instrument.>", bit(TRAPLINE_EVENT_INSTRUMENT));
    host().info(sdk::cat("calibration ", calibration_id, " (calibration=", calibration_status,
                         "): probabilities were not fitted to labelled episodes"));
  }

  void on(const trapline_event& e, const trapline_trade& t) {
    take(e);
    count(core_->on_trade(e, t));
  }
  void on(const trapline_event& e, const trapline_book& b) {
    take(e);
    count(core_->on_book(e, b, sdk::levels(e, b)));
  }
  void on(const trapline_event& e, const trapline_ticker& t) {
    take(e);
    count(core_->on_ticker(e, t));
  }
  void on(const trapline_event& e, const trapline_candle& c) {
    take(e);
    count(core_->on_candle(e, c));
  }
  void on(const trapline_event& e, const trapline_instrument& i) {
    take(e);
    count(core_->on_instrument(e, i));
  }
  void on(const trapline_event& e, const trapline_gap& g) {
    take(e);
    core_->on_gap(e, g);
  }

 private:
  static constexpr std::size_t max_held = 64;
  static constexpr std::size_t head_room = 256;

  struct topics {
    std::uint32_t signal = 0, matrix = 0;
  };
  struct message {
    trapline_event event;
    std::uint32_t size;
    std::array<char, head_room + score::capacity * sizeof(trapline_evidence)> bytes;
  };

  void take(const trapline_event& e) noexcept {
    events_.add();
    ts_recv_ = e.ts_recv;
    if (!held_.empty()) publish_held();
  }
  void count(ignored r) noexcept {
    if (r != ignored::none) ignored_[static_cast<std::size_t>(r)].add();
  }

  // Called once when a symbol is first seen, so that names are made off the hot path.
  std::string_view symbol(std::uint32_t instrument) override {
    const auto name = host().symbol(instrument);
    const std::string token = name.empty() ? sdk::cat(instrument) : std::string(name);
    topics_[instrument] = {host().topic("sig.trap." + token), host().topic("sig.matrix." + token)};
    return name;
  }

  void signal(std::uint32_t instrument, std::int64_t ts, const trapline_signal& s,
              std::span<const trapline_evidence> evidence) override {
    publish(TRAPLINE_EVENT_SIGNAL, topics_[instrument].signal, instrument, ts, s, evidence);
  }
  void matrix(std::uint32_t instrument, std::int64_t ts, const trapline_trap_matrix& m,
              std::span<const trapline_matrix_row> rows) override {
    publish(TRAPLINE_EVENT_TRAP_MATRIX, topics_[instrument].matrix, instrument, ts, m, rows);
  }

  template <class Head, class Element>
  void publish(std::uint16_t type, std::uint32_t topic, std::uint32_t instrument, std::int64_t ts, const Head& head,
               std::span<const Element> tail) noexcept {
    message m;
    static_assert(sizeof(Head) <= head_room && sizeof(Element) <= sizeof(trapline_evidence));
    std::memcpy(m.bytes.data(), &head, sizeof head);
    if (!tail.empty()) std::memcpy(m.bytes.data() + sizeof head, tail.data(), tail.size_bytes());
    m.event = sdk::make_event(type, topic, instrument, ts, ts_recv_);
    m.size = static_cast<std::uint32_t>(sizeof head + tail.size_bytes());
    if (held_.empty() && host().publish(m.event, m.bytes.data(), m.size) == TRAPLINE_OK) return;
    if (held_.size() < max_held) held_.push_back(m);
    else lost_.add();
  }

  // What a full bus refused goes out in order with the next events; waiting for it is not allowed here.
  void publish_held() noexcept {
    std::size_t sent = 0;
    while (sent < held_.size() &&
           host().publish(held_[sent].event, held_[sent].bytes.data(), held_[sent].size) == TRAPLINE_OK)
      ++sent;
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(sent));
  }

  std::unique_ptr<detector> core_;
  std::map<std::uint32_t, topics> topics_;
  std::vector<message> held_;
  std::int64_t ts_recv_ = 0;
  sdk::counter events_, lost_;
  std::array<sdk::counter, ignored_count> ignored_;
};

}  // namespace trapline::trap

TRAPLINE_PLUGIN(trapline::trap::trap_detector, "trap_detector", "0.1.0");
