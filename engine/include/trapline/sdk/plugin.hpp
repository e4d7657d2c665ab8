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
// Optional members: on() for any payload of the ABI (event.hpp), on_other(event), trapline_status drain(), stop(),
// and poll(max_wait) with wake() for a lane driver; configure() is optional, too. Commands for people (ext/command.h):
//     static constexpr const char* commands[] = {"debug"};
//     std::string command(std::string_view name, std::string_view args);  // the answer's JSON; throws sdk::error
// and state that passes to a successor (ext/state.h):
//     static constexpr sdk::state_info state = {"example.org/levels", 1, 1};
//     std::string save_state();                                      // throws sdk::error
//     void load_state(std::uint32_t version, std::string_view bytes);  // all or nothing; throws sdk::error
// Threads: the constructor, configure() and the destructor [control], wake() [any], all else [lane], never two at once.
//
// Nothing thrown passes this boundary, std::bad_alloc included: configure() and start() report it as their error, all
// others as a fault to the host. A host that breaks the order of calls (or, checked in full, the threads) is told so in
// the log, once for each function, and the call is refused without reaching the class: see checking.hpp.
#pragma once

#include <cstdio>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "trapline/abi/ext/command.h"
#include "trapline/abi/ext/driver.h"
#include "trapline/abi/ext/state.h"
#include "trapline/abi/plugin.h"
#include "trapline/sdk/checking.hpp"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/host.hpp"
#include "trapline/sdk/option_rows.hpp"

namespace trapline::sdk {
inline namespace v0 {

struct plugin_info {
  const char* id;
  const char* version;
  const char* summary;
  std::uint32_t flags = 0;  // TRAPLINE_PLUGIN_*
  const char* vendor = "Trapline";
  std::uint64_t produces = 0;  // TRAPLINE_TYPE_BITs, for `trapline inspect`
};

struct state_info {
  const char* format;
  std::uint32_t version = 1, min_version = 1;  // that save_state() writes; the oldest that load_state() reads
};

template <class D, checking Level = default_checking>
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
    d.consumes = consumed_types();
    d.produces = D::info.produces;
    return d;
  }

  template <class Payload>
  static constexpr bool handles() {
    return requires(D & d, const trapline_event& e, const Payload& x) { d.on(e, x); };
  }

  // Bits of the types that D has an on() for; all if it has on_other().
  static constexpr std::uint64_t consumed_types() {
    if constexpr (requires(D & d, const trapline_event& e) { d.on_other(e); }) return TRAPLINE_TYPE_ALL;
    std::uint64_t mask = 0;
    for_each_payload([&]<class Payload, std::uint16_t... Types>() {
      if constexpr (handles<Payload>()) mask |= (TRAPLINE_TYPE_BIT(Types) | ...);
    });
    return mask;
  }
  static inline const trapline_descriptor descriptor_ = make_descriptor();

  // What create() hands out: the ABI table and the instance in one allocation.
  struct box {
    trapline_plugin table{};
    detail::contract<Level> contract;
    D self;
    explicit box(const trapline_host* h) : self(h) {}
  };
  static box& box_of(const trapline_plugin* p) noexcept { return *static_cast<box*>(p->plugin_data); }
  static D& self(const trapline_plugin* p) noexcept { return box_of(p).self; }

  // ---- errors
  static trapline_status fill(trapline_error* out, trapline_status code, std::string_view path,
                              std::string_view text) noexcept {
    if (out) {
      out->code = code;
      assign(out->path, path);
      assign(out->text, text);
    }
    return code;
  }

  // Runs f; turns what it throws into a status and an error text.
  template <class F>
  static trapline_status guarded(trapline_error* out, F&& f) noexcept {
    try {
      f();
      return TRAPLINE_OK;
    } catch (const error& e) {
      return fill(out, e.code(), e.path(), e.what());
    } catch (const std::bad_alloc&) {
      return fill(out, TRAPLINE_E_NOMEM, {}, "out of memory");
    } catch (const std::exception& e) {
      return fill(out, TRAPLINE_E_FAILED, {}, e.what());
    } catch (...) {
      return fill(out, TRAPLINE_E_FAILED, {}, "unknown exception");
    }
  }
  // The same for callbacks without a caller-owned error: the fault goes to the host.
  template <class F>
  static trapline_status reported(const sdk::host& h, F&& f) noexcept {
    trapline_error e{};
    e.struct_size = sizeof e;
    const auto s = guarded(&e, std::forward<F>(f));
    if (s != TRAPLINE_OK) h.report_fault(s, view(e.text));
    return s;
  }
  // Tells the host what it did wrong.
  static trapline_status refused(const trapline_plugin* p, const detail::call_rule& rule, const char* wrong,
                                 trapline_error* out = nullptr) noexcept {
    char text[160];
    std::snprintf(text, sizeof text, "host misbehaving: %s() %s", rule.name, wrong);
    if (box_of(p).contract.first_time(rule)) self(p).host().error_log(text);
    return fill(out, TRAPLINE_E_STATE, {}, text);
  }

  // ---- what the host calls
  static trapline_status create(const trapline_host* h, const trapline_plugin** out, trapline_error* err) noexcept {
    if (!h || !out) return fill(err, TRAPLINE_E_INVALID, {}, "create() needs a host and a place for the instance");
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
    auto& contract = box_of(p).contract;
    const auto call = contract.enter(detail::configure_rule);
    if (call.wrong) return refused(p, detail::configure_rule, call.wrong, err);
    const auto s = guarded(err, [&] {
      self(p).host_.resolve();
      if constexpr (requires(D & d) { d.configure(std::string_view{}); }) self(p).configure(view(json));
    });
    contract.reach(s == TRAPLINE_OK ? detail::stage::configured : detail::stage::failed);
    return s;
  }
  static trapline_status start_thunk(const trapline_plugin* p, trapline_error* err) noexcept {
    auto& contract = box_of(p).contract;
    const auto call = contract.enter(detail::start_rule);
    if (call.wrong) return refused(p, detail::start_rule, call.wrong, err);
    self(p).host_.enter_lane();
    const auto s = guarded(err, [&] {
      if constexpr (requires(D & d) { d.start(); }) self(p).start();
    });
    if (s != TRAPLINE_OK) self(p).host_.leave_lane();
    contract.reach(s == TRAPLINE_OK ? detail::stage::running : detail::stage::failed);
    return s;
  }
  static void on_events_thunk(const trapline_plugin* p, const trapline_event* const* events, std::uint32_t n) noexcept {
    const auto call = box_of(p).contract.enter(detail::on_events_rule);
    if (call.wrong) {
      refused(p, detail::on_events_rule, call.wrong);
      return;
    }
    D& d = self(p);
    reported(d.host(), [&] {
      for (std::uint32_t i = 0; i < n; ++i) dispatch(d, *events[i]);
    });
  }
  static trapline_status drain_thunk(const trapline_plugin* p) noexcept {
    auto& contract = box_of(p).contract;
    const auto call = contract.enter(detail::drain_rule);
    if (call.wrong) return refused(p, detail::drain_rule, call.wrong);
    contract.reach(detail::stage::draining);
    trapline_status result = TRAPLINE_OK;
    if constexpr (requires(D & d) { d.drain(); }) reported(self(p).host(), [&] { result = self(p).drain(); });
    return result;
  }
  static void stop_thunk(const trapline_plugin* p) noexcept {
    auto& contract = box_of(p).contract;
    const auto call = contract.enter(detail::stop_rule);
    if (call.wrong) refused(p, detail::stop_rule, call.wrong);
    else stop(p);
  }
  static void stop(const trapline_plugin* p) noexcept {
    if constexpr (requires(D & d) { d.stop(); }) reported(self(p).host(), [&] { self(p).stop(); });
    self(p).host_.leave_lane();
    box_of(p).contract.reach(detail::stage::stopped);
  }
  static void destroy_thunk(const trapline_plugin* p) noexcept {
    auto& contract = box_of(p).contract;
    {
      const auto call = contract.enter(detail::destroy_rule);
      if (call.wrong) {
        refused(p, detail::destroy_rule, call.wrong);
        // Called while the instance runs, it is made good by the stop() that is missing. Called from within a call to
        // the instance, memory that is in use would go: it stays.
        if (!call.alone()) return;
        stop(p);
      }
    }
    const sdk::host h = self(p).host_;
    reported(h, [&] { delete &box_of(p); });
  }

  static trapline_status poll_thunk(const trapline_plugin* p, std::int64_t max_wait) noexcept {
    const auto call = box_of(p).contract.enter(detail::poll_rule);
    if (call.wrong) return refused(p, detail::poll_rule, call.wrong);
    reported(self(p).host(), [&] {
      if constexpr (requires(D & d) { d.poll(std::int64_t{}); }) self(p).poll(max_wait);
    });
    return TRAPLINE_OK;  // an exception has been reported
  }
  static void wake_thunk(const trapline_plugin* p) noexcept {
    // The contract forbids wake() to call the host (which may hold a lock around this), so what it throws is not told.
    try {
      if constexpr (requires(D & d) { d.wake(); }) self(p).wake();
    } catch (...) {
    }
  }
  static trapline_status command_thunk(const trapline_plugin* p, trapline_str name, trapline_str args,
                                       const trapline_sink* answer, trapline_error* err) noexcept {
    const auto call = box_of(p).contract.enter(detail::command_rule);
    if (call.wrong) return refused(p, detail::command_rule, call.wrong, err);
    return guarded(err, [&] { put(answer, self(p).command(view(name), view(args))); });
  }
  static trapline_status save_thunk(const trapline_plugin* p, const trapline_sink* to, trapline_error* err) noexcept {
    const auto call = box_of(p).contract.enter(detail::save_rule);
    if (call.wrong) return refused(p, detail::save_rule, call.wrong, err);
    return guarded(err, [&] { put(to, self(p).save_state()); });
  }
  static trapline_status load_thunk(const trapline_plugin* p, std::uint32_t version, trapline_str bytes,
                                    trapline_error* err) noexcept {
    const auto call = box_of(p).contract.enter(detail::load_rule);
    if (call.wrong) return refused(p, detail::load_rule, call.wrong, err);
    return guarded(err, [&] { self(p).load_state(version, view(bytes)); });
  }
  static void put(const trapline_sink* sink, std::string_view bytes) {
    if (const auto s = sink->write(sink, str(bytes)); s != TRAPLINE_OK)
      throw error(s, {}, cat("the host does not take an answer of ", bytes.size(), " bytes: status ", s));
  }

  static const void* extension_thunk(const trapline_plugin*, const char* id) noexcept {
    if constexpr (requires(D & d) { d.command(std::string_view{}, std::string_view{}); }) {
      static constexpr trapline_command command = {
          sizeof(trapline_command), sizeof(D::commands) / sizeof(D::commands[0]), D::commands, &command_thunk};
      if (id && std::string_view(id) == TRAPLINE_EXTENSION_COMMAND) return &command;
    }
    if constexpr (requires(D & d) { d.save_state(); }) {
      static constexpr trapline_state state = {sizeof(trapline_state), D::state.version, D::state.min_version, 0,
                                               D::state.format,        &save_thunk,      &load_thunk};
      if (id && std::string_view(id) == TRAPLINE_EXTENSION_STATE) return &state;
    }
    if constexpr (requires(D & d) {
                    d.poll(std::int64_t{});
                    d.wake();
                  }) {
      static constexpr trapline_driver driver = {sizeof(trapline_driver), 0, &poll_thunk, &wake_thunk};
      if (id && std::string_view(id) == TRAPLINE_EXTENSION_DRIVER) return &driver;
    }
    return nullptr;
  }

  // Apart from dispatch(), where `d.on` would be looked up even in a plugin that has none (clang does).
  template <class Payload>
  static void hand_over(D& d, const trapline_event& e) {
    if constexpr (first_revision_size<Payload> < sizeof(Payload)) {
      Payload room;
      if (const auto* x = payload(e, room)) d.on(e, *x);
    } else if (const auto* x = payload<Payload>(e)) {
      d.on(e, *x);
    }
  }

  // An event that is too short for its payload is dropped; one without an on() goes to on_other().
  static void dispatch(D& d, const trapline_event& e) {
    bool taken = false;
    if (e.space == 0)
      for_each_payload([&]<class Payload, std::uint16_t... Types>() {
        if constexpr (handles<Payload>()) {
          if (((e.type != Types) && ...)) return;
          taken = true;
          hand_over<Payload>(d, e);
        }
      });
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
