// What the modules in this folder have in common: an instance that keeps every rule. Each module overrides the one
// function in which it goes wrong. Raw ABI, not the SDK: that would catch much of it.
#pragma once

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "trapline/abi/abi.h"

namespace conduct {

inline trapline_str str(const char* s) { return {s, std::strlen(s)}; }

class instance {
 public:
  explicit instance(const trapline_host* h) : host(h) {
    table_.struct_size = sizeof table_;
    table_.plugin_data = this;
    table_.configure = [](const trapline_plugin* p, trapline_str json, trapline_error* e) {
      return of(p).configure(json, e);
    };
    table_.start = [](const trapline_plugin* p, trapline_error* e) { return of(p).start(e); };
    table_.on_events = [](const trapline_plugin* p, const trapline_event* const* events, std::uint32_t n) {
      of(p).on_events(events, n);
    };
    table_.drain = [](const trapline_plugin* p) { return of(p).drain(); };
    table_.stop = [](const trapline_plugin* p) { of(p).stop(); };
    table_.destroy = [](const trapline_plugin* p) { delete &of(p); };
  }
  virtual ~instance() = default;
  instance(const instance&) = delete;
  instance& operator=(const instance&) = delete;
  const trapline_plugin* table() const { return &table_; }

 protected:
  virtual trapline_status configure(trapline_str, trapline_error*) { return TRAPLINE_OK; }
  virtual trapline_status start(trapline_error* e) { return join_the_bus(e); }
  virtual void on_events(const trapline_event* const* events, std::uint32_t n) {
    for (std::uint32_t i = 0; i < n; ++i) on_event(*events[i]);
  }
  virtual void on_event(const trapline_event&) {}
  virtual trapline_status drain() { return TRAPLINE_OK; }
  virtual void stop() {}

  trapline_status join_the_bus(trapline_error* e) {
    bus = service<trapline_bus>(TRAPLINE_SERVICE_BUS);
    if (!bus) return refuse(e, "", "no bus");
    const std::uint64_t types = TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRADE) |
                                TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_BOOK_SNAPSHOT) |
                                TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_BOOK_DELTA) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_SIGNAL);
    if (bus->topic(host, str("out.trade"), &topic) != TRAPLINE_OK) return refuse(e, "", "no topic");
    if (bus->subscribe(host, str("test.>"), types) != TRAPLINE_OK) return refuse(e, "", "no subscription");
    return TRAPLINE_OK;
  }
  template <class Table>
  const Table* service(const char* id) const {
    return static_cast<const Table*>(host->get_service(host, id));
  }
  static trapline_status refuse(trapline_error* e, const char* path, const char* text) {
    std::strcpy(e->path, path);
    std::strcpy(e->text, text);
    e->code = TRAPLINE_E_CONFIG;
    return TRAPLINE_E_CONFIG;
  }
  trapline_status publish(std::int64_t price) {
    trapline_event e{};
    e.type = TRAPLINE_EVENT_TRADE;
    e.topic = topic;
    trapline_trade t{};
    t.price = price;
    const trapline_frame f{&e, &t, sizeof t, 0};
    return bus->publish(host, &f, 1);
  }

  const trapline_host* host;
  const trapline_bus* bus = nullptr;
  std::uint32_t topic = 0;

 private:
  static instance& of(const trapline_plugin* p) { return *static_cast<instance*>(p->plugin_data); }
  trapline_plugin table_{};
};

template <class Module>
trapline_status create(const trapline_host* host, const trapline_plugin** out, trapline_error*) {
  *out = (new Module(host))->table();
  return TRAPLINE_OK;
}

}  // namespace conduct

// Note, descriptor and entry; `row_count` options in `rows`.
#define CONDUCT_MODULE_OPTIONS(module, plugin_flags, plugin_vendor, rows, row_count)      \
  TRAPLINE_PLUGIN_NOTE_ABI(#module, "1.0.0", TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0u); \
  static const trapline_descriptor conduct_descriptor = {sizeof(trapline_descriptor),     \
                                                         plugin_flags,                    \
                                                         #module,                         \
                                                         "1.0.0",                         \
                                                         plugin_vendor,                   \
                                                         "test module",                   \
                                                         rows,                            \
                                                         row_count,                       \
                                                         sizeof(trapline_option),         \
                                                         nullptr,                         \
                                                         0,                               \
                                                         0,                               \
                                                         0,                               \
                                                         0};                              \
  static const trapline_entry conduct_entry = {                                           \
      sizeof(trapline_entry), TRAPLINE_ABI_MAJOR,      TRAPLINE_ABI_MINOR, 0, "tests",    \
      &conduct_descriptor,    &conduct::create<module>};                                  \
  TRAPLINE_EXPORT const trapline_entry* trapline_plugin_entry_v0(void) { return &conduct_entry; }
#define CONDUCT_MODULE_FLAGS(module, plugin_flags) CONDUCT_MODULE_OPTIONS(module, plugin_flags, "tests", nullptr, 0)
#define CONDUCT_MODULE(module) CONDUCT_MODULE_FLAGS(module, 0)
