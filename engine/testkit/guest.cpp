#include "trapline/testkit/guest.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "trapline/sdk/text.hpp"

namespace trapline::testkit {

std::string outcome::describe() const {
  if (threw) return "an exception left the plugin: " + text;
  if (ok()) return "no error";
  std::string out = sdk::cat("status ", status);
  if (!path.empty()) out += " at `" + path + "`";
  return out + (text.empty() ? ", without a text" : ": " + text);
}

guest::guest(const trapline_entry& entry, fake_host& host, std::atomic<const char*>* where)
    : entry_(entry), host_(host), where_(where) {
  host_.bind_lane();
}

guest::~guest() { destroy(); }

template <class F>
outcome guest::call(const char* name, stage during, stage after, F&& f) {
  outcome out;
  trapline_error error{};
  error.struct_size = sizeof error;
  host_.enter(during);
  if (where_) where_->store(name, std::memory_order_relaxed);
  try {
    out.status = f(&error);
  } catch (const std::exception& e) {
    out.threw = true;
    out.text = e.what();
  } catch (...) {
    out.threw = true;
    out.text = "of a type that is not derived from std::exception";
  }
  if (where_) where_->store(nullptr, std::memory_order_relaxed);
  host_.enter(after);
  if (!out.threw && out.status != TRAPLINE_OK) {
    out.path = sdk::view(error.path);
    out.text = sdk::view(error.text);
  }
  return out;
}

outcome guest::create() {
  auto out = call("create()", stage::create, stage::none,
                  [&](trapline_error* e) { return entry_.create(host_.table(), &plugin_, e); });
  if (!out.ok()) plugin_ = nullptr;
  if (!out.ok()) return out;
  const bool readable = plugin_ && plugin_->struct_size >= sizeof(trapline_plugin);
  if (readable && plugin_->configure && plugin_->start && plugin_->on_events && plugin_->stop && plugin_->destroy)
    return out;
  plugin_ = nullptr;  // its destroy() cannot be trusted to be there
  out.status = TRAPLINE_E_INVALID;
  out.text =
      "create() succeeded, but its plugin table is missing, too small, or lacks one of configure, start, "
      "on_events, stop, destroy";
  return out;
}

outcome guest::configure(std::string_view json) {
  return call("configure()", stage::configure, stage::configured, [&](trapline_error* e) -> trapline_status {
    const auto s = plugin_->configure(plugin_, sdk::str(json), e);
    if (s != TRAPLINE_OK || !plugin_->get_extension) return s;
    driver_ = static_cast<const trapline_driver*>(plugin_->get_extension(plugin_, TRAPLINE_EXTENSION_DRIVER));
    if (!driver_ || (driver_->struct_size >= sizeof(trapline_driver) && driver_->poll && driver_->wake)) return s;
    driver_ = nullptr;
    sdk::assign(e->text, "get_extension() gave an incomplete driver table");
    return TRAPLINE_E_INVALID;
  });
}

outcome guest::start() {
  return call("start()", stage::start, stage::running, [&](trapline_error* e) { return plugin_->start(plugin_, e); });
}

outcome guest::deliver(std::span<const trapline_event* const> events) {
  const trapline_event& last = *events.back();
  host_.set_now(std::max(host_.now(), last.ts_recv));
  host_.freeze(last.ts_recv);
  auto out = call("on_events()", stage::running, stage::running, [&](trapline_error*) {
    plugin_->on_events(plugin_, events.data(), static_cast<std::uint32_t>(events.size()));
    return TRAPLINE_OK;
  });
  host_.thaw();
  return out;
}

outcome guest::deliver(const trapline_event& event) {
  const trapline_event* one = &event;
  return deliver({&one, 1});
}

outcome guest::poll(std::int64_t max_wait_ns) {
  if (!driver_) return {};
  return call("poll()", host_.at(), host_.at(), [&](trapline_error*) { return driver_->poll(plugin_, max_wait_ns); });
}

void guest::wake() {
  if (driver_) driver_->wake(plugin_);
}

outcome guest::drain() {
  if (!plugin_->drain) return {};
  return call("drain()", stage::drain, stage::drain, [&](trapline_error*) { return plugin_->drain(plugin_); });
}

outcome guest::stop() {
  return call("stop()", stage::stop, stage::stopped, [&](trapline_error*) {
    plugin_->stop(plugin_);
    return TRAPLINE_OK;
  });
}

outcome guest::destroy() {
  if (!plugin_) return {};
  driver_ = nullptr;
  return call("destroy()", stage::destroy, stage::gone, [&](trapline_error*) {
    const auto* p = std::exchange(plugin_, nullptr);
    p->destroy(p);
    return TRAPLINE_OK;
  });
}

std::size_t guest::fire_timers(std::size_t most) {
  std::size_t n = 0;
  while (n < most && host_.take_due_timer(timer_event_)) {
    deliver(*reinterpret_cast<const trapline_event*>(timer_event_.data()));
    ++n;
  }
  return n;
}

}  // namespace trapline::testkit
