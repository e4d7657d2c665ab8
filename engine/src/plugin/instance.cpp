#include "plugin/instance.hpp"

#include <exception>

#include "plugin/services.hpp"
#include "trapline/abi/system.h"
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

trapline_error empty_error() {
  trapline_error e{};
  e.struct_size = sizeof e;
  return e;
}

}  // namespace

instance::instance(runtime& rt, std::uint32_t id, std::string name, std::shared_ptr<const image> img,
                   config::checked_options options)
    : rt_(rt), id_(id), name_(std::move(name)), image_(std::move(img)), options_(std::move(options)) {
  fill_host_table(host_, *this);
}

instance::~instance() {
  if (plugin_ && plugin_->destroy) plugin_->destroy(plugin_);
}

bool instance::create(trapline_error& error) {
  error = empty_error();
  std::string what;
  trapline_status s = TRAPLINE_OK;
  if (guarded(what, [&] { s = image_->entry().create(&host_, &plugin_, &error); }) != TRAPLINE_OK) {
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
  enter(TRAPLINE_INSTANCE_CREATED);
  return true;
}

bool instance::configure(trapline_error& error) {
  error = empty_error();
  std::string what;
  trapline_status s = TRAPLINE_OK;
  if (guarded(what, [&] { s = plugin_->configure(plugin_, sdk::str(options_.json), &error); }) != TRAPLINE_OK) {
    s = TRAPLINE_E_FAILED;
    sdk::assign(error.text, what);
  }
  if (s != TRAPLINE_OK) return false;
  if (guarded(what,
              [&] {
                if (plugin_->get_extension)
                  driver_ =
                      static_cast<const trapline_driver*>(plugin_->get_extension(plugin_, TRAPLINE_EXTENSION_DRIVER));
              }) != TRAPLINE_OK ||
      (driver_ && (!TRAPLINE_HAS(trapline_driver, driver_, wake) || !driver_->poll || !driver_->wake))) {
    driver_ = nullptr;
    sdk::assign(error.text, "get_extension() gave an incomplete driver table " + what);
    return false;
  }
  enter(TRAPLINE_INSTANCE_CONFIGURED);
  return true;
}

bool instance::start(trapline_error& error) {
  error = empty_error();
  std::string what;
  trapline_status s = TRAPLINE_OK;
  if (guarded(what, [&] { s = plugin_->start(plugin_, &error); }) != TRAPLINE_OK) {
    s = TRAPLINE_E_FAILED;
    sdk::assign(error.text, what);
  }
  if (s != TRAPLINE_OK) return false;
  if (!quarantined()) enter(TRAPLINE_INSTANCE_RUNNING);
  return true;
}

trapline_status instance::drain() {
  if (state() == TRAPLINE_INSTANCE_RUNNING && !quarantined()) enter(TRAPLINE_INSTANCE_DRAINING);
  if (!plugin_->drain || quarantined()) return TRAPLINE_OK;
  std::string what;
  trapline_status s = TRAPLINE_OK;
  if (guarded(what, [&] { s = plugin_->drain(plugin_); }) != TRAPLINE_OK) {
    fault(TRAPLINE_E_FAILED, "drain: " + what);
    return TRAPLINE_OK;
  }
  return s == TRAPLINE_E_AGAIN ? s : TRAPLINE_OK;
}

void instance::stop() {
  const auto was = state();
  if (was != TRAPLINE_INSTANCE_RUNNING && was != TRAPLINE_INSTANCE_DRAINING && was != TRAPLINE_INSTANCE_QUARANTINED)
    return;
  std::string what;
  if (guarded(what, [&] { plugin_->stop(plugin_); }) != TRAPLINE_OK) fault(TRAPLINE_E_FAILED, "stop: " + what);
  if (!quarantined()) enter(TRAPLINE_INSTANCE_STOPPED);
}

void instance::on_event(const trapline_event* e) noexcept {
  std::string what;
  if (guarded(what, [&] { plugin_->on_events(plugin_, &e, 1); }) != TRAPLINE_OK)
    fault(TRAPLINE_E_FAILED, "on_events: " + what);
}

void instance::poll(std::int64_t max_wait) noexcept {
  std::string what;
  trapline_status s = TRAPLINE_OK;
  if (guarded(what, [&] { s = driver_->poll(plugin_, max_wait); }) != TRAPLINE_OK)
    fault(TRAPLINE_E_FAILED, "poll: " + what);
  else if (s != TRAPLINE_OK) fault(s, "poll failed");
}

void instance::fault(trapline_status code, std::string_view text) noexcept {
  if (auto* word = rt_.metrics.counter(name_, "instance_faults_total", {}))
    std::atomic_ref(*word).fetch_add(1, std::memory_order_relaxed);
  rt_.log.write(TRAPLINE_LOG_ERROR, name_, sdk::cat("fault (status ", code, "): ", text));
  const std::string reason = rt_.redacted(name_ + ": " + std::string(text));
  if (code == TRAPLINE_E_CONFIG) return rt_.request_stop(stop_kind::bad_config, reason);
  if (on_fault == config::fault_policy::stop_engine) rt_.request_stop(stop_kind::fault, reason);
  if (quarantined_.exchange(true)) return;
  enter(TRAPLINE_INSTANCE_QUARANTINED, code, text);
}

void instance::enter(std::uint32_t state, trapline_status code, std::string_view text) {
  state_.store(state, std::memory_order_relaxed);
  trapline_lifecycle l{};
  sdk::assign(l.instance, name_);
  sdk::assign(l.plugin, plugin_id());
  l.state = state;
  l.code = code;
  sdk::assign(l.text, rt_.redacted(text));
  rt_.publish(TRAPLINE_EVENT_LIFECYCLE, rt_.topic_lifecycle, l);
}

}  // namespace trapline::plugin
