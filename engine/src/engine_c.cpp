// engine.h over engine.hpp: states, pointers and exceptions are dealt with here, everything else there.
#include <algorithm>
#include <atomic>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include "bus/names.hpp"
#include "trapline/engine.h"
#include "trapline/engine.hpp"
#include "trapline/sdk/text.hpp"
#include "trapline/version.hpp"

namespace tl = trapline;
using tl::sdk::str;
using tl::sdk::view;

static_assert(TRAPLINE_PROGRAM_SOURCE == tl::engine::program_source);
static_assert(TRAPLINE_STOP_BAD_CONFIG == static_cast<int>(tl::stop_cause::bad_config));
static_assert(TRAPLINE_STOP_JOURNAL == static_cast<int>(tl::stop_cause::journal));

struct trapline_engine {
  enum class stage { fresh, refused, loaded, starting, running, stopped };

  explicit trapline_engine(tl::engine_options o) : host_driven(o.host_driven), it(std::move(o)) {}

  bool host_driven;
  std::atomic<stage> at{stage::fresh};
  tl::engine it;
};

namespace {

using stage = trapline_engine::stage;

bool sound(trapline_str s) noexcept { return s.ptr != nullptr || s.len == 0; }

void tell(trapline_buf* to, std::string_view text) noexcept {
  if (!to) return;
  to->len = text.size();
  if (!to->ptr || to->cap == 0) return;
  std::size_t n = std::min(text.size(), to->cap - 1);
  if (n < text.size())
    while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xc0) == 0x80) --n;  // not within a character
  text.copy(to->ptr, n);
  to->ptr[n] = '\0';
}

trapline_status fail(trapline_buf* error, trapline_status s, std::string_view text) noexcept {
  tell(error, text);
  return s;
}

// Runs what may throw behind the C boundary.
template <class F>
trapline_status guarded(trapline_buf* error, F&& f) noexcept {
  try {
    tell(error, {});
    return f();
  } catch (const std::bad_alloc&) {
    return fail(error, TRAPLINE_E_NOMEM, "out of memory");
  } catch (const std::invalid_argument& e) {
    return fail(error, TRAPLINE_E_INVALID, e.what());
  } catch (const std::logic_error& e) {
    return fail(error, TRAPLINE_E_STATE, e.what());
  } catch (const std::exception& e) {
    return fail(error, TRAPLINE_E_FAILED, e.what());
  } catch (...) {
    return fail(error, TRAPLINE_E_FAILED, "an exception of unknown type");
  }
}

trapline_status null_argument(trapline_buf* error) noexcept {
  return fail(error, TRAPLINE_E_INVALID, "an argument is NULL");
}

trapline_status out_of_order(trapline_buf* error, stage at) noexcept {
  static constexpr const char* said[] = {"the engine has no configuration yet",
                                         "the configuration was refused; make another engine",
                                         "the engine is loaded, and has not been started",
                                         "the engine is being started",
                                         "the engine runs already",
                                         "the engine has been stopped; make another one"};
  return fail(error, TRAPLINE_E_STATE, said[static_cast<int>(at)]);
}

// From a load that succeeded on.
bool loaded(const trapline_engine* e) noexcept { return e && e->at.load(std::memory_order_acquire) >= stage::loaded; }
trapline_status not_loaded(const trapline_engine* e) noexcept { return e ? TRAPLINE_E_STATE : TRAPLINE_E_INVALID; }

trapline_status put(trapline_buf* to, const std::string& text) noexcept {
  to->len = text.size();
  if (text.size() > to->cap) return TRAPLINE_E_LIMIT;
  text.copy(to->ptr, text.size());
  return TRAPLINE_OK;
}

bool sound(const trapline_buf* b) noexcept { return b && (b->ptr || b->cap == 0); }

tl::engine_options read(const trapline_engine_options& o) {
  constexpr std::uint32_t known = TRAPLINE_ENGINE_HOST_DRIVEN | TRAPLINE_ENGINE_CONTROL_SOCKET |
                                  TRAPLINE_ENGINE_LOG_TO_STDERR | TRAPLINE_ENGINE_NO_SAFE_START;
  if (!TRAPLINE_HAS(trapline_engine_options, &o, poll_interval))
    throw std::invalid_argument("options.struct_size is " + std::to_string(o.struct_size) +
                                ", too small; write sizeof(trapline_engine_options)");
  if ((o.flags & ~known) != 0) throw std::invalid_argument("options.flags has a bit that this engine does not know");
  if (o.poll_interval < 0) throw std::invalid_argument("options.poll_interval is negative");
  tl::engine_options out;
  if (o.plugin_dir) out.plugin_dir = o.plugin_dir;
  if (o.run_dir) out.run_dir = o.run_dir;
  out.log_to_stderr = (o.flags & TRAPLINE_ENGINE_LOG_TO_STDERR) != 0;
  out.safe_start = (o.flags & TRAPLINE_ENGINE_NO_SAFE_START) == 0;
  out.control_socket = (o.flags & TRAPLINE_ENGINE_CONTROL_SOCKET) != 0;
  out.host_driven = (o.flags & TRAPLINE_ENGINE_HOST_DRIVEN) != 0;
  void* const context = o.context;
  if (o.log)
    out.log_sink = [context, log = o.log](int level, std::string_view who, std::string_view text) {
      log(context, level, str(who), str(text));
    };
  if (o.now) out.now = [context, now = o.now] { return now(context); };
  if (o.mono) out.mono = [context, mono = o.mono] { return mono(context); };
  if (o.wake) out.wake = [context, wake = o.wake] { wake(context); };
  if (o.poll_interval > 0) out.poll_interval = o.poll_interval;
  return out;
}

template <class Load>
trapline_status load(trapline_engine* e, trapline_buf* error, Load&& with) noexcept {
  return guarded(error, [&]() -> trapline_status {
    if (e->at != stage::fresh) return out_of_order(error, e->at);
    e->at = stage::refused;  // also if this throws
    const auto problems = with(e->it);
    if (problems.empty()) {
      e->at.store(stage::loaded, std::memory_order_release);
      return TRAPLINE_OK;
    }
    std::string all;
    for (const auto& p : problems) all += (all.empty() ? "" : "\n") + p;
    return fail(error, TRAPLINE_E_CONFIG, all);
  });
}

}  // namespace

const char* trapline_engine_version(void) { return tl::version_text.data(); }

trapline_status trapline_engine_create(const trapline_engine_options* options, trapline_engine** engine,
                                       trapline_buf* error) {
  if (!engine) return null_argument(error);
  *engine = nullptr;
  return guarded(error, [&] {
    *engine = new trapline_engine(options ? read(*options) : tl::engine_options{});
    return TRAPLINE_OK;
  });
}

void trapline_engine_destroy(trapline_engine* engine) {
  guarded(nullptr, [&] {
    delete engine;
    return TRAPLINE_OK;
  });
}

trapline_status trapline_engine_attach(trapline_engine* engine, trapline_entry_fn entry, trapline_buf* error) {
  if (!engine || !entry) return null_argument(error);
  return guarded(error, [&] {
    if (engine->at != stage::fresh) return out_of_order(error, engine->at);
    engine->it.attach(entry);
    return TRAPLINE_OK;
  });
}

trapline_status trapline_engine_subscribe(trapline_engine* engine, const char* instance, const char* const* patterns,
                                          uint32_t count, void (*callback)(void*, const trapline_event*), void* context,
                                          trapline_buf* error) {
  if (!engine || !instance || !patterns || !callback) return null_argument(error);
  return guarded(error, [&] {
    if (engine->at != stage::fresh) return out_of_order(error, engine->at);
    std::vector<std::string> all;
    for (std::uint32_t n = 0; n < count; ++n) {
      if (!patterns[n]) return null_argument(error);
      if (!tl::bus::valid_pattern(patterns[n]))
        return fail(error, TRAPLINE_E_INVALID, "'" + std::string(patterns[n]) + "' is no pattern of topics");
      all.emplace_back(patterns[n]);
    }
    if (all.empty()) return fail(error, TRAPLINE_E_INVALID, "there is no pattern");
    engine->it.observe(instance, std::move(all),
                       [callback, context](const trapline_event& e) { callback(context, &e); });
    return TRAPLINE_OK;
  });
}

trapline_status trapline_engine_load_file(trapline_engine* engine, const char* path, trapline_buf* error) {
  if (!engine || !path) return null_argument(error);
  return load(engine, error, [&](tl::engine& e) { return e.load_file(path); });
}

trapline_status trapline_engine_load_text(trapline_engine* engine, trapline_str text, const char* name,
                                          trapline_buf* error) {
  if (!engine || !sound(text) || !name) return null_argument(error);
  return load(engine, error, [&](tl::engine& e) { return e.load_text(std::string(view(text)), name); });
}

trapline_status trapline_engine_start(trapline_engine* engine, trapline_buf* error) {
  if (!engine) return null_argument(error);
  return guarded(error, [&] {
    if (engine->at != stage::loaded) return out_of_order(error, engine->at);
    // What is asked for meanwhile waits until it is through.
    struct outcome {
      std::atomic<stage>& at;
      stage is = stage::stopped;  // also if this throws
      explicit outcome(std::atomic<stage>& a) : at(a) { at = stage::starting; }
      ~outcome() { at = is; }
    } out(engine->at);
    std::string why;
    if (!engine->it.start(why)) {
      const bool config = engine->it.stop_requested() == tl::stop_cause::bad_config;
      return fail(error, config ? TRAPLINE_E_CONFIG : TRAPLINE_E_FAILED, why);
    }
    out.is = stage::running;
    return TRAPLINE_OK;
  });
}

trapline_status trapline_engine_run_once(trapline_engine* engine, uint64_t max_events, int64_t max_ns, uint64_t* events,
                                         trapline_buf* error) {
  if (events) *events = 0;
  if (!engine) return null_argument(error);
  if (max_ns < 0) return fail(error, TRAPLINE_E_INVALID, "max_ns is negative");
  return guarded(error, [&] {
    if (engine->at != stage::running) return out_of_order(error, engine->at);
    tl::run_limits limits;
    if (max_events > 0) limits.max_events = max_events;
    limits.max_ns = max_ns;
    const auto r = engine->it.run_once(limits);
    if (events) *events = r.events;
    return r.more ? TRAPLINE_E_AGAIN : TRAPLINE_OK;
  });
}

trapline_status trapline_engine_next_deadline(const trapline_engine* engine, int64_t* at) {
  if (!engine || !at) return TRAPLINE_E_INVALID;
  if (engine->at != stage::running || !engine->host_driven) return TRAPLINE_E_STATE;
  return guarded(nullptr, [&] {
    *at = engine->it.next_deadline();
    return TRAPLINE_OK;
  });
}

trapline_status trapline_engine_stop(trapline_engine* engine, int32_t drain, trapline_buf* error) {
  if (!engine) return null_argument(error);
  return guarded(error, [&] {
    if (engine->at == stage::stopped) return TRAPLINE_OK;
    if (engine->at != stage::running) return out_of_order(error, engine->at);
    std::string what;
    engine->at = stage::stopped;
    const bool clean = engine->it.stop(drain != 0, what);
    if (engine->it.running()) {  // within a callback
      engine->at = stage::running;
      return fail(error, TRAPLINE_E_STATE, what);
    }
    return clean ? TRAPLINE_OK : fail(error, TRAPLINE_E_TIMEOUT, what);
  });
}

trapline_status trapline_engine_request_stop(trapline_engine* engine, trapline_str reason) {
  if (!loaded(engine)) return not_loaded(engine);
  if (!sound(reason)) return TRAPLINE_E_INVALID;
  return guarded(nullptr, [&] {
    engine->it.request_stop(view(reason));
    return TRAPLINE_OK;
  });
}

trapline_status trapline_engine_stop_requested(const trapline_engine* engine, int32_t* cause, trapline_buf* reason) {
  if (!loaded(engine)) return not_loaded(engine);
  if (!cause || (reason && !sound(reason))) return TRAPLINE_E_INVALID;
  return guarded(nullptr, [&] {
    *cause = static_cast<std::int32_t>(engine->it.stop_requested());
    return reason ? put(reason, engine->it.stop_reason()) : TRAPLINE_OK;
  });
}

trapline_status trapline_engine_topic(trapline_engine* engine, trapline_str name, uint32_t* id) {
  if (!loaded(engine)) return not_loaded(engine);
  if (!id || !sound(name)) return TRAPLINE_E_INVALID;
  return guarded(nullptr, [&] { return engine->it.topic_id(view(name), *id); });
}

trapline_status trapline_engine_instrument(trapline_engine* engine, trapline_str venue, trapline_str symbol,
                                           uint32_t* id) {
  if (!loaded(engine)) return not_loaded(engine);
  if (!id || !sound(venue) || !sound(symbol)) return TRAPLINE_E_INVALID;
  return guarded(nullptr, [&] { return engine->it.instrument_id(view(venue), view(symbol), *id); });
}

trapline_status trapline_engine_topic_name(const trapline_engine* engine, uint32_t id, trapline_str* name) {
  if (!loaded(engine)) return not_loaded(engine);
  if (!name) return TRAPLINE_E_INVALID;
  *name = str(engine->it.topic(id));
  return name->len > 0 ? TRAPLINE_OK : TRAPLINE_E_NOT_FOUND;
}

trapline_status trapline_engine_instrument_name(const trapline_engine* engine, uint32_t id, trapline_str* venue,
                                                trapline_str* symbol) {
  if (!loaded(engine)) return not_loaded(engine);
  const auto name = engine->it.symbol(id);
  if (venue) *venue = str(engine->it.venue(id));
  if (symbol) *symbol = str(name);
  return name.empty() ? TRAPLINE_E_NOT_FOUND : TRAPLINE_OK;
}

trapline_status trapline_engine_publish(trapline_engine* engine, const trapline_frame* frames, uint32_t count) {
  if (!loaded(engine)) return not_loaded(engine);
  return engine->it.publish(frames, count);
}

trapline_status trapline_engine_submit(trapline_engine* engine, trapline_str cmd, trapline_str args,
                                       void (*done)(void*, trapline_status, trapline_str), void* context) {
  if (!loaded(engine)) return not_loaded(engine);
  if (!sound(cmd) || cmd.len == 0 || !sound(args) || !done) return TRAPLINE_E_INVALID;
  return guarded(nullptr, [&] {
    if (engine->at == stage::stopped) return TRAPLINE_E_CLOSED;
    const bool taken = engine->it.submit(std::string(view(cmd)), std::string(view(args)),
                                         [done, context](bool ok, const std::string& answer) {
                                           done(context, ok ? TRAPLINE_OK : TRAPLINE_E_FAILED, str(answer));
                                         });
    if (taken) return TRAPLINE_OK;
    return engine->at == stage::stopped ? TRAPLINE_E_CLOSED : TRAPLINE_E_LIMIT;
  });
}

trapline_status trapline_engine_health_json(const trapline_engine* engine, trapline_buf* text) {
  if (!loaded(engine)) return not_loaded(engine);
  if (!sound(text)) return TRAPLINE_E_INVALID;
  return guarded(nullptr, [&] { return put(text, engine->it.health_json()); });
}

trapline_status trapline_engine_metrics_text(const trapline_engine* engine, trapline_buf* text) {
  if (!loaded(engine)) return not_loaded(engine);
  if (!sound(text)) return TRAPLINE_E_INVALID;
  return guarded(nullptr, [&] { return put(text, engine->it.metrics_text()); });
}

const char* trapline_engine_record_crash(const trapline_engine* engine, int signal, void* const* frames, int count) {
  return engine ? engine->it.record_crash(signal, frames, count) : nullptr;
}
