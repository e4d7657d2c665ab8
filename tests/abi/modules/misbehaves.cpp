// Breaks the contract in seven small ways and checks that the host says no to each.
#include <thread>
#include <vector>

#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class misbehaves : public sdk::plugin<misbehaves> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = "misbehaves", .version = "1.0.0", .summary = "breaks rules"};
  explicit misbehaves(const trapline_host* h)
      : plugin(h), table_(h), refused_in_create_(!h->get_service(h, TRAPLINE_SERVICE_BUS)) {}

  void start() {
    answers_ = host().counter("misbehaves_answers_total");
    topic_ = host().topic("test.rude");
    expect(refused_in_create_);
    std::thread([this] {
      std::uint64_t id = 0;
      const auto* timer = service<trapline_timer>(TRAPLINE_SERVICE_TIMER);
      const auto* bus = service<trapline_bus>(TRAPLINE_SERVICE_BUS);
      expect(timer->set(table_, 0, 0, 0, &id) == TRAPLINE_E_STATE);
      expect(bus->subscribe(table_, sdk::str("test.>"), TRAPLINE_TYPE_ALL) == TRAPLINE_E_STATE);
    }).join();
    const trapline_trade t{};
    expect(host().publish(sdk::make_event(TRAPLINE_EVENT_TRADE, 60000), t) == TRAPLINE_E_INVALID);
    expect(host().publish(sdk::make_event(TRAPLINE_EVENT_TRADE, topic_), nullptr, 8) == TRAPLINE_E_INVALID);
    const std::vector<char> large(TRAPLINE_EVENT_MAX);
    expect(host().publish(sdk::make_event(TRAPLINE_EVENT_TRADE, topic_), large.data(), TRAPLINE_EVENT_MAX) ==
           TRAPLINE_E_LIMIT);
    host().counter("misbehaves_done_total").add();
    leftover_ = std::thread([this] {
      const trapline_event e = sdk::make_event(TRAPLINE_EVENT_TRADE, topic_);
      while (host().publish(e, trapline_trade{}) != TRAPLINE_E_CLOSED) std::this_thread::yield();
      answers_.add();
    });
  }
  // Its thread outlives stop(), which no thread may.
  ~misbehaves() {
    if (leftover_.joinable()) leftover_.join();
  }

 private:
  template <class Table>
  const Table* service(const char* id) const {
    return static_cast<const Table*>(table_->get_service(table_, id));
  }
  void expect(bool refused) {
    if (refused) answers_.add();
  }

  const trapline_host* table_;
  bool refused_in_create_;
  sdk::counter answers_;
  std::uint32_t topic_ = 0;
  std::thread leftover_;
};

TRAPLINE_PLUGIN(misbehaves, "misbehaves", "1.0.0");
