// Write a plugin as a C++ class.
//
//   class my_plugin : public trapline::sdk::plugin<my_plugin> {
//    public:
//     static constexpr auto info = trapline::sdk::plugin_info{.id = "my_plugin", .version = "1.0.0", ...};
//     static constexpr trapline_option options[] = {trapline::sdk::option_int("depth", "10", "1..50", "levels to
//     watch")};
//
//     explicit my_plugin(const trapline_host* h) : plugin(h) {}
//     void configure(std::string_view json);                  // throws sdk::error
//     void start() { host().subscribe("md.trade.>"); }        // throws sdk::error
//     void on(const trapline_event& e, const trapline_trade& t);
//   };
//   TRAPLINE_PLUGIN(my_plugin, "my_plugin", "1.0.0");
//
// Optional members: on() for any payload of the ABI, on_other(event), trapline_status drain(), stop(),
// and poll(max_wait) with wake() for a lane driver. Exceptions stop at this boundary: configure() and start()
// report them, on_events() reports a fault to the host.
#pragma once

#include <memory>
#include <new>
#include <string_view>
#include <type_traits>

#include "trapline/abi/ext/driver.h"
#include "trapline/abi/plugin.h"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/host.hpp"

namespace trapline::sdk {
inline namespace v0 {

struct plugin_info {
  const char* id;
  const char* version;
  const char* summary;
  std::uint32_t flags = 0;  // TRAPLINE_PLUGIN_*
  const char* vendor = "Trapline";
};

// --- option table rows
constexpr trapline_option make_option(std::uint32_t type, const char* path, const char* def, const char* allowed,
                                      const char* doc, std::uint32_t flags = 0) {
  return {sizeof(trapline_option), flags, type, 0, path, def, allowed, doc};
}
constexpr trapline_option option_bool(const char* path, const char* def, const char* doc) {
  return make_option(TRAPLINE_OPTION_BOOL, path, def, nullptr, doc);
}
constexpr trapline_option option_int(const char* path, const char* def, const char* range, const char* doc) {
  return make_option(TRAPLINE_OPTION_INT, path, def, range, doc);
}
constexpr trapline_option option_float(const char* path, const char* def, const char* range, const char* doc) {
  return make_option(TRAPLINE_OPTION_FLOAT, path, def, range, doc);
}
constexpr trapline_option option_string(const char* path, const char* def, const char* doc) {
  return make_option(TRAPLINE_OPTION_STRING, path, def, nullptr, doc);
}
constexpr trapline_option option_duration(const char* path, const char* def, const char* range, const char* doc) {
  return make_option(TRAPLINE_OPTION_DURATION, path, def, range, doc);
}
constexpr trapline_option option_bytes(const char* path, const char* def, const char* range, const char* doc) {
  return make_option(TRAPLINE_OPTION_BYTES, path, def, range, doc);
}
constexpr trapline_option option_enum(const char* path, const char* def, const char* allowed, const char* doc) {
  return make_option(TRAPLINE_OPTION_ENUM, path, def, allowed, doc);
}
constexpr trapline_option option_secret(const char* path, const char* doc) {
  return make_option(TRAPLINE_OPTION_SECRET, path, nullptr, nullptr, doc);
}
constexpr trapline_option option_list(const char* path, const char* def, const char* allowed, const char* doc) {
  return make_option(TRAPLINE_OPTION_LIST, path, def, allowed, doc);
}
constexpr trapline_option option_map(const char* path, const char* doc) {
  return make_option(TRAPLINE_OPTION_MAP, path, "{}", nullptr, doc);
}
constexpr trapline_option required(trapline_option o) {
  o.flags |= TRAPLINE_OPTION_REQUIRED;
  return o;
}

template <class D>
class plugin {
 public:
  explicit plugin(const trapline_host* h) : host_(h) {}
  plugin(const plugin&) = delete;
  plugin& operator=(const plugin&) = delete;

  sdk::host& host() noexcept { return host_; }
  const sdk::host& host() const noexcept { return host_; }

  // The C++ object behind a table that entry() made.
  static D& of(const trapline_plugin* p) noexcept { return self(p); }

  static const trapline_entry* entry() noexcept {
    static constexpr trapline_entry e = {
        sizeof(trapline_entry), TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0, __VERSION__, &descriptor_, &create};
    return &e;
  }

 private:
  static constexpr trapline_descriptor make_descriptor() {
    trapline_descriptor d{};
    d.struct_size = sizeof d;
    d.flags = D::info.flags;
    d.id = D::info.id;
    d.version = D::info.version;
    d.vendor = D::info.vendor;
    d.summary = D::info.summary;
    if constexpr (requires { D::options[0]; }) {
      d.options = D::options;
      d.option_count = sizeof(D::options) / sizeof(D::options[0]);
    }
    d.option_size = sizeof(trapline_option);
    return d;
  }
  static inline const trapline_descriptor descriptor_ = make_descriptor();

  // What create() hands out: the ABI table and the instance in one allocation.
  struct box {
    trapline_plugin table{};
    D self;
    explicit box(const trapline_host* h) : self(h) {}
  };
  static D& self(const trapline_plugin* p) noexcept { return static_cast<box*>(p->plugin_data)->self; }

  static void fill(trapline_error* out, trapline_status code, std::string_view path, std::string_view text) noexcept {
    if (!out) return;
    out->code = code;
    assign(out->path, path);
    assign(out->text, text);
  }

  // Runs f; turns what it throws into a status and an error text.
  template <class F>
  static trapline_status guarded(trapline_error* out, F&& f) noexcept {
    try {
      f();
      return TRAPLINE_OK;
    } catch (const error& e) {
      fill(out, e.code(), e.path(), e.what());
      return e.code();
    } catch (const std::bad_alloc&) {
      fill(out, TRAPLINE_E_NOMEM, {}, "out of memory");
      return TRAPLINE_E_NOMEM;
    } catch (const std::exception& e) {
      fill(out, TRAPLINE_E_FAILED, {}, e.what());
      return TRAPLINE_E_FAILED;
    } catch (...) {
      fill(out, TRAPLINE_E_FAILED, {}, "unknown exception");
      return TRAPLINE_E_FAILED;
    }
  }
  // The same for callbacks without a caller-owned error: the fault goes to the host.
  template <class F>
  static trapline_status reported(const trapline_plugin* p, F&& f) noexcept {
    trapline_error e{};
    e.struct_size = sizeof e;
    const auto s = guarded(&e, std::forward<F>(f));
    if (s != TRAPLINE_OK) self(p).host().report_fault(s, view(e.text));
    return s;
  }

  static trapline_status create(const trapline_host* h, const trapline_plugin** out, trapline_error* err) noexcept {
    return guarded(err, [&] {
      auto b = std::make_unique<box>(h);
      b->table.struct_size = sizeof(trapline_plugin);
      b->table.plugin_data = b.get();
      b->table.configure = &configure_thunk;
      b->table.start = &start_thunk;
      b->table.on_events = &on_events_thunk;
      b->table.drain = &drain_thunk;
      b->table.stop = &stop_thunk;
      b->table.destroy = &destroy_thunk;
      b->table.get_extension = &extension_thunk;
      *out = &b.release()->table;
    });
  }
  static trapline_status configure_thunk(const trapline_plugin* p, trapline_str json, trapline_error* err) noexcept {
    return guarded(err, [&] {
      self(p).host_.resolve();
      if constexpr (requires(D & d) { d.configure(std::string_view{}); }) self(p).configure(view(json));
    });
  }
  static trapline_status start_thunk(const trapline_plugin* p, trapline_error* err) noexcept {
    return guarded(err, [&] {
      if constexpr (requires(D & d) { d.start(); }) self(p).start();
    });
  }
  static void on_events_thunk(const trapline_plugin* p, const trapline_event* const* events, std::uint32_t n) noexcept {
    reported(p, [&] {
      for (std::uint32_t i = 0; i < n; ++i) dispatch(self(p), *events[i]);
    });
  }
  static trapline_status drain_thunk(const trapline_plugin* p) noexcept {
    trapline_status result = TRAPLINE_OK;
    if constexpr (requires(D & d) { d.drain(); }) reported(p, [&] { result = self(p).drain(); });
    return result;
  }
  static void stop_thunk(const trapline_plugin* p) noexcept {
    if constexpr (requires(D & d) { d.stop(); }) reported(p, [&] { self(p).stop(); });
  }
  static void destroy_thunk(const trapline_plugin* p) noexcept { delete static_cast<box*>(p->plugin_data); }

  static trapline_status poll_thunk(const trapline_plugin* p, std::int64_t max_wait) noexcept {
    reported(p, [&] {
      if constexpr (requires(D & d) { d.poll(std::int64_t{}); }) self(p).poll(max_wait);
    });
    return TRAPLINE_OK;  // an exception has been reported
  }
  static void wake_thunk(const trapline_plugin* p) noexcept {
    if constexpr (requires(D & d) { d.wake(); }) self(p).wake();
  }
  static const void* extension_thunk(const trapline_plugin*, const char* id) noexcept {
    if constexpr (requires(D & d) {
                    d.poll(std::int64_t{});
                    d.wake();
                  }) {
      static constexpr trapline_driver driver = {sizeof(trapline_driver), 0, &poll_thunk, &wake_thunk};
      if (std::string_view(id) == TRAPLINE_EXTENSION_DRIVER) return &driver;
    }
    return nullptr;
  }

  template <class Payload>
  static bool hand_over(D& d, const trapline_event& e) {
    if constexpr (requires(const Payload& x) { d.on(e, x); }) {
      if (const auto* x = payload<Payload>(e)) d.on(e, *x);
      return true;
    }
    return false;
  }
  static void dispatch(D& d, const trapline_event& e) {
    bool taken = false;
    if (e.space == 0) switch (e.type) {
        case TRAPLINE_EVENT_INSTRUMENT:
          taken = hand_over<trapline_instrument>(d, e);
          break;
        case TRAPLINE_EVENT_TRADE:
          taken = hand_over<trapline_trade>(d, e);
          break;
        case TRAPLINE_EVENT_BOOK_SNAPSHOT:
        case TRAPLINE_EVENT_BOOK_DELTA:
          taken = hand_over<trapline_book>(d, e);
          break;
        case TRAPLINE_EVENT_TICKER:
          taken = hand_over<trapline_ticker>(d, e);
          break;
        case TRAPLINE_EVENT_CANDLE:
          taken = hand_over<trapline_candle>(d, e);
          break;
        case TRAPLINE_EVENT_FEED_STATUS:
          taken = hand_over<trapline_feed_status>(d, e);
          break;
        case TRAPLINE_EVENT_SIGNAL:
          taken = hand_over<trapline_signal>(d, e);
          break;
        case TRAPLINE_EVENT_TRAP_MATRIX:
          taken = hand_over<trapline_trap_matrix>(d, e);
          break;
        case TRAPLINE_EVENT_EPISODE:
          taken = hand_over<trapline_episode>(d, e);
          break;
        case TRAPLINE_EVENT_TIMER:
          taken = hand_over<trapline_timer_event>(d, e);
          break;
        case TRAPLINE_EVENT_GAP:
          taken = hand_over<trapline_gap>(d, e);
          break;
        case TRAPLINE_EVENT_LIFECYCLE:
          taken = hand_over<trapline_lifecycle>(d, e);
          break;
        case TRAPLINE_EVENT_HEALTH:
          taken = hand_over<trapline_health_event>(d, e);
          break;
        case TRAPLINE_EVENT_POSITION:
          taken = hand_over<trapline_position>(d, e);
          break;
        case TRAPLINE_EVENT_ORDER:
          taken = hand_over<trapline_order>(d, e);
          break;
        case TRAPLINE_EVENT_ACCOUNT:
          taken = hand_over<trapline_account>(d, e);
          break;
        default:
          break;
      }
    if constexpr (requires { d.on_other(e); })
      if (!taken) d.on_other(e);
  }

  sdk::host host_;
};

}  // namespace v0
}  // namespace trapline::sdk

// The note and the entry of a plugin that is built as a shared library.
#define TRAPLINE_PLUGIN(type, plugin_id, plugin_version)                                                      \
  static_assert(                                                                                              \
      std::string_view(type::info.id) == plugin_id && std::string_view(type::info.version) == plugin_version, \
      "note and info must say the same");                                                                     \
  TRAPLINE_PLUGIN_NOTE_ABI(plugin_id, plugin_version, TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0u);            \
  TRAPLINE_EXPORT const trapline_entry* trapline_plugin_entry_v0(void) { return type::entry(); }              \
  static_assert(true)
