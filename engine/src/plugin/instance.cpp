#include "plugin/instance.hpp"

#include <exception>
#include <new>
#include <utility>

#include "bus/lane.hpp"
#include "bus/names.hpp"
#include "journal/life_log.hpp"
#include "plugin/quietly.hpp"
#include "plugin/services.hpp"
#include "plugin/warm_up.hpp"
#include "trapline/abi/system.h"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::plugin {
namespace {

// Plugins in C++ catch their own exceptions; one that gets here anyway is a fault of the instance, not our end.
template <class F>
trapline_status guarded(std::string& what, F&& f) noexcept {
  try {
    f();
    return TRAPLINE_OK;
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
    what = "an exception of unknown type";
  }
  return TRAPLINE_E_FAILED;
}

// Whose code runs on this thread, for a crash record.
class being_made {
 public:
  being_made(runtime& rt, const instance& i) : rt_(rt) { rt_.being_made.store(&i, std::memory_order_release); }
  ~being_made() { rt_.being_made.store(nullptr, std::memory_order_release); }

 private:
  runtime& rt_;
};

trapline_error empty_error() {
  trapline_error e{};
  e.struct_size = sizeof e;
  return e;
}

}  // namespace

instance::instance(runtime& rt, std::uint32_t id, std::string name, std::shared_ptr<const image> img,
                   config::checked_options options)
    : id_(id), rt_(rt), name_(std::move(name)), image_(std::move(img)), options_(std::move(options)) {
  fill_host_table(host_, *this);
  callback_seconds_ = rt_.metrics.histogram_of(name_, "callback_seconds", {}, obs::duration_bounds);
}

instance::~instance() { destroy(); }

void instance::destroy() noexcept {
  std::string what;
  if (plugin_ && plugin_->destroy && guarded(what, [&] { plugin_->destroy(plugin_); }) != TRAPLINE_OK)
    rt_.log.write(TRAPLINE_LOG_ERROR, name_, "destroy threw: " + what);
  plugin_ = receiver_ = nullptr;
  driver_ = nullptr, commands_ = nullptr, states_ = nullptr;
}

bool instance::remake(trapline_error& error) {
  destroy();
  health_.store(TRAPLINE_HEALTH_OK, std::memory_order_relaxed);
  overruns_[0] = overruns_[1] = -1;
  {
    const std::lock_guard lock(state_mutex_);
    faulted_.store(false, std::memory_order_relaxed);
  }
  return create(error) && configure(error);
}

// It called report_fault() in create() or configure(): then it is not made.
bool instance::faulted_meanwhile(trapline_error& error) const {
  if (!faulted()) return false;
  error.code = TRAPLINE_E_FAILED;
  sdk::assign(error.text, reason());
  return true;
}

bool instance::create(trapline_error& error) {
  error = empty_error();
  std::string what;
  trapline_status s = TRAPLINE_OK;
  const being_made mark(rt_, *this);
  life_.fetch_add(1, std::memory_order_relaxed);
  requests.store(0, std::memory_order_relaxed);
  in_create_ = true;
  const trapline_status thrown = guarded(what, [&] { s = image_->entry().create(&host_, &plugin_, &error); });
  in_create_ = false;
  if (thrown != TRAPLINE_OK) {
    s = error.code = TRAPLINE_E_FAILED;
    sdk::assign(error.text, what);
  }
  if (s != TRAPLINE_OK) {
    plugin_ = nullptr;
    return false;
  }
  const bool readable = plugin_ && TRAPLINE_HAS(trapline_plugin, plugin_, get_extension);  // the first revision
  if (!readable || !plugin_->configure || !plugin_->start || !plugin_->on_events || !plugin_->stop ||
      !plugin_->destroy) {
    if (!readable) plugin_ = nullptr;  // not even its destroy() can be trusted to be there
    sdk::assign(error.text, "create() returned an incomplete plugin table");
    return false;
  }
  if (faulted_meanwhile(error)) return false;
  receiver_ = plugin_;
  enter(TRAPLINE_INSTANCE_CREATED);
  return true;
}

bool instance::configure(trapline_error& error) {
  const being_made mark(rt_, *this);
  error = empty_error();
  std::string what;
  trapline_status s = TRAPLINE_OK;
  if (guarded(what, [&] { s = plugin_->configure(plugin_, sdk::str(options_.json), &error); }) != TRAPLINE_OK) {
    s = TRAPLINE_E_FAILED;
    sdk::assign(error.text, what);
  }
  if (s != TRAPLINE_OK) return false;
  if (!find_extensions(error)) return false;
  if (faulted_meanwhile(error)) return false;
  enter(TRAPLINE_INSTANCE_CONFIGURED);
  return true;
}

bool instance::find_extensions(trapline_error& error) {
  if (!plugin_->get_extension) return true;
  std::string what;
  const auto get = [&]<class Table>(const Table*& out, const char* id) {
    out = static_cast<const Table*>(plugin_->get_extension(plugin_, id));
  };
  const bool asked = guarded(what, [&] {
                       get(driver_, TRAPLINE_EXTENSION_DRIVER);
                       get(commands_, TRAPLINE_EXTENSION_COMMAND);
                       get(states_, TRAPLINE_EXTENSION_STATE);
                     }) == TRAPLINE_OK;
  const char* wrong = nullptr;
  if (driver_ && (!TRAPLINE_HAS(trapline_driver, driver_, wake) || !driver_->poll || !driver_->wake)) wrong = "driver";
  if (commands_ && (!TRAPLINE_HAS(trapline_command, commands_, run) || !commands_->run ||
                    (commands_->name_count > 0 && !commands_->names)))
    wrong = "command";
  if (states_ && (!TRAPLINE_HAS(trapline_state, states_, load) || !states_->format || !states_->save || !states_->load))
    wrong = "state";
  if (asked && !wrong) return true;
  driver_ = nullptr, commands_ = nullptr, states_ = nullptr;
  sdk::assign(error.text, wrong ? sdk::cat("get_extension() gave an incomplete ", wrong, " table")
                                : "get_extension() threw: " + what);
  return false;
}

bool instance::start(trapline_error& error) {
  const std::int64_t at = rt_.clock.now();  // before start() can ask for it
  if (!begin(error)) return false;
  announce(at, nullptr);
  return true;
}

bool instance::begin(trapline_error& error) {
  error = empty_error();
  if (faulted_meanwhile(error)) return false;
  std::string what;
  trapline_status s = TRAPLINE_OK;
  voice_.store(warm_up_ ? voice::unheard : voice::heard, std::memory_order_relaxed);
  if (guarded(what, [&] { s = plugin_->start(plugin_, &error); }) != TRAPLINE_OK) {
    s = TRAPLINE_E_FAILED;
    sdk::assign(error.text, what);
  }
  if (s != TRAPLINE_OK) {
    error.code = s;
    voice_.store(voice::ended, std::memory_order_relaxed);
    return false;
  }
  begun_ = true;
  return true;
}

void instance::announce(std::int64_t at, std::shared_ptr<const journal::warmth> warm) {
  tell_journal(
      {.what = journal::phase::started, .at = at, .state = std::exchange(carried_, nullptr), .warm = std::move(warm)});
  predecessor_ = nullptr;
  enter(TRAPLINE_INSTANCE_RUNNING);
}

// ---------------------------------------------------------------- recorded events first

warm_up& instance::begin_warm_up(std::int64_t began) {
  warm_up_ = std::make_unique<warm_up>(*this, began);
  return *warm_up_;
}

void instance::divert(const trapline_plugin* to) noexcept {
  receiver_ = to ? to : plugin_;
  receives_.store(to != nullptr && !faulted(), std::memory_order_relaxed);
}

void instance::go_live(std::shared_ptr<const journal::warmth> warm) {
  warm_up_->leave_lane();
  warm_up_->pass_timers_on();
  warm_up_.reset();
  voice_.store(voice::heard, std::memory_order_relaxed);
  announce(rt_.clock.now(), std::move(warm));
  if (health() != TRAPLINE_HEALTH_OK) tell_health(reason());
}

time::timers& instance::timers() noexcept { return warm_up_ ? warm_up_->timers() : lane->timers(); }

std::uint64_t instance::mask_of(std::string_view topic) const noexcept {
  std::uint64_t mask = 0;
  for (const auto& s : subscriptions)
    if (bus::matches(s.pattern, topic)) mask |= s.type_mask;
  return mask;
}

trapline_status instance::drain() {
  if (!begun_ || faulted()) return TRAPLINE_OK;
  if (state() == TRAPLINE_INSTANCE_RUNNING) {
    tell_journal({.what = journal::phase::draining});
    enter(TRAPLINE_INSTANCE_DRAINING);
  }
  if (!plugin_->drain) return TRAPLINE_OK;
  std::string what;
  trapline_status s = TRAPLINE_OK;
  if (guarded(what, [&] { s = plugin_->drain(plugin_); }) != TRAPLINE_OK) {
    fault(TRAPLINE_E_FAILED, "drain: " + what);
    return TRAPLINE_OK;
  }
  if (s != TRAPLINE_OK && s != TRAPLINE_E_AGAIN) fault(s, "drain failed");
  return s == TRAPLINE_E_AGAIN ? s : TRAPLINE_OK;
}

void instance::stop() {
  if (!begun_) return;
  begun_ = false;
  if (!faulted()) tell_journal({.what = journal::phase::ended, .how = "stopped"});
  std::string what;
  if (guarded(what, [&] { plugin_->stop(plugin_); }) != TRAPLINE_OK) fault(TRAPLINE_E_FAILED, "stop: " + what);
  voice_.store(voice::ended, std::memory_order_relaxed);
  enter(TRAPLINE_INSTANCE_STOPPED);
}

void instance::fault_of_exception(std::string_view where) noexcept {
  std::string what, text(where);
  guarded(what, [] { throw; });
  quietly([&] { text = sdk::cat(where, ": ", what); });
  fault(TRAPLINE_E_FAILED, text);
}

void instance::poll(std::int64_t max_wait) noexcept {
  trapline_status s = TRAPLINE_OK;
  try {
    s = driver_->poll(plugin_, max_wait);
  } catch (...) {
    return fault_of_exception("poll");
  }
  if (s != TRAPLINE_OK) fault(s, "poll failed");
}

// ---------------------------------------------------------------- commands, state, answers

namespace {

// A sink that takes up to `most` bytes.
struct collector {
  std::string& bytes;
  std::size_t most;
  bool overflow = false;

  trapline_sink sink() {
    return {this, [](const trapline_sink* s, trapline_str part) -> trapline_status {
              auto& self = *static_cast<collector*>(s->context);
              if (!part.ptr && part.len > 0) return TRAPLINE_E_INVALID;
              if (part.len > self.most - self.bytes.size()) {
                self.overflow = true;
                return TRAPLINE_E_LIMIT;
              }
              try {
                self.bytes.append(sdk::view(part));
              } catch (const std::bad_alloc&) {
                return TRAPLINE_E_NOMEM;
              }
              return TRAPLINE_OK;
            }};
  }
};

}  // namespace

trapline_status instance::command(std::string_view name, std::string_view args, std::string& answer) {
  answer.clear();
  if (!commands_) {
    answer = std::string(plugin_id()) + " takes no commands";
    return TRAPLINE_E_NOT_FOUND;
  }
  collector to{answer, TRAPLINE_COMMAND_ANSWER_MAX};
  const trapline_sink sink = to.sink();
  trapline_error error = empty_error();
  std::string what;
  trapline_status s = TRAPLINE_OK;
  if (guarded(what, [&] { s = commands_->run(plugin_, sdk::str(name), sdk::str(args), &sink, &error); }) !=
      TRAPLINE_OK) {
    fault(TRAPLINE_E_FAILED, "command: " + what);
    answer = what;
    return TRAPLINE_E_FAILED;
  }
  if (s == TRAPLINE_OK && to.overflow) {
    answer = "the answer is larger than " + std::to_string(to.most) + " bytes";
    return TRAPLINE_E_LIMIT;
  }
  if (s != TRAPLINE_OK) answer = rt_.redacted(sdk::view(error.text));
  return s;
}

bool instance::save_state(std::string& bytes, std::string& why) {
  bytes.clear();
  collector to{bytes, TRAPLINE_STATE_MAX};
  const trapline_sink sink = to.sink();
  trapline_error error = empty_error();
  trapline_status s = TRAPLINE_OK;
  if (guarded(why, [&] { s = states_->save(plugin_, &sink, &error); }) != TRAPLINE_OK) return false;
  if (s != TRAPLINE_OK) why = rt_.redacted(sdk::view(error.text));
  else if (to.overflow) why = "it is larger than " + std::to_string(to.most) + " bytes";
  return s == TRAPLINE_OK && !to.overflow;
}

bool instance::load_state(std::uint32_t version, std::string_view bytes, std::string& why) {
  trapline_error error = empty_error();
  trapline_status s = TRAPLINE_OK;
  if (guarded(why, [&] { s = states_->load(plugin_, version, sdk::str(bytes), &error); }) != TRAPLINE_OK) return false;
  if (s != TRAPLINE_OK) why = rt_.redacted(sdk::view(error.text));
  if (s == TRAPLINE_OK && rt_.lives) {
    journal::carried_state c{states_->format, version, std::string(bytes), false};
    if (rt_.redacted(bytes) != bytes) c.bytes.clear(), c.withheld = true;
    carried_ = std::make_shared<const journal::carried_state>(std::move(c));
  }
  return s == TRAPLINE_OK;
}

void instance::answer(trapline_control_answer to, void* context, trapline_status status,
                      std::string_view text) noexcept {
  requests.fetch_sub(1, std::memory_order_relaxed);
  if (!begun_ || faulted()) return;
  try {
    to(context, status, sdk::str(text));
  } catch (...) {
    fault_of_exception("the answer to a request");
  }
}

}  // namespace trapline::plugin
