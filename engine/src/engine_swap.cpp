// One plugin in another's place while the engine runs; and back, if the new one faults while it is watched.
#include <algorithm>

#include "engine_impl.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline {
namespace {

std::string plugin_text(const plugin::image& img) {
  return sdk::cat(img.descriptor().id, " ", img.descriptor().version);
}

std::string joined(const std::vector<config::problem>& problems, const std::string& file) {
  std::string out;
  for (const auto& p : problems) out += (out.empty() ? "" : "\n") + p.render(file);
  return out;
}

}  // namespace

std::string engine::impl::no_more_images() const {
  if (retired < max_retired || plugin::keeps_images()) return {};
  return sdk::cat(retired, " plugin images that were replaced are still in memory, the last one: ", last_retired,
                  ". Restart the engine");
}

std::string engine::impl::swap(swap_order& order, swap_report& report) {
  if (auto why = no_more_images(); !why.empty()) return why;
  std::vector<config::problem> problems;
  auto img = order.image ? std::move(order.image) : load_image(order.to, problems);
  if (!img) return joined(problems, config.file);
  auto given = checked(order.to, *img, problems);
  if (!problems.empty()) return joined(problems, config.file);
  auto fresh = make_instance(order.to, std::move(img), std::move(given), problems);
  if (!fresh) return joined(problems, config.file);
  return swap(order, std::move(fresh), report);
}

std::string engine::impl::swap(const swap_order& order, std::unique_ptr<plugin::instance> fresh, swap_report& report) {
  const std::string& name = order.to.name;
  const auto slot = std::find_if(instances.begin(), instances.end(), [&](const auto& i) { return i->name() == name; });
  plugin::instance& old = **slot;
  report.from = plugin_text(*old.img());
  report.to = plugin_text(*fresh->img());
  if (fresh->driver())
    for (const auto& other : instances)
      if (other->lane == old.lane && other.get() != &old && other->driver())
        return sdk::cat("lane '", old.lane->name(), "' already has a driver, '", other->name(), "', and ", report.to,
                        " is one, too; a lane can have one");
  if (!old.lane->reserve(*fresh)) return "its lane has no room for another instance";
  const bool watched = order.watch > 0;
  exchange(old, *fresh, order, report);
  const auto& done = report.exchange;
  if (done.result == supervise::start_result::hangs) {
    abandoned.push_back(std::move(fresh));
    return sdk::cat(report.to, " hangs while it starts: ", done.why);
  }
  fresh->set_on_trial(watched);
  if (done.result == supervise::start_result::refused) {
    old.lane->release(*fresh);
    watchdog->settle();
    const char* what = report.warming.why.empty() ? " does not start: " : " cannot be warmed up: ";
    std::string why = sdk::cat(report.to, what, rt->redacted(done.why));
    let_go(
        [&] {
          auto img = fresh->img();
          fresh.reset();
          return img;
        }(),
        name);
    if (!done.old_stopped) return why + "; nothing has changed";
    trapline_error error{};
    if (old.remake(error) && supervise::start(old, error) == supervise::start_result::running)
      return sdk::cat(why, "; ", report.from, " was made anew and runs again");
    const auto text = sdk::cat("could not be made anew: ", sdk::view(error.text));
    old.fault(TRAPLINE_E_FAILED, text);  // so that `on_fault` is honoured; one on trial is rolled back first
    old.give_up(text);
    return sdk::cat(why, "; and ", report.from, " could not be made anew: ", sdk::view(error.text));
  }

  config::plugin_config* was = config_of(name);
  trial t{fresh.get(), clock.mono() + order.watch, *was, old.img(), old.options()};
  // What the old one was on trial for is settled: it is what there is to go back to.
  std::shared_ptr<const plugin::image> older;
  std::erase_if(trials, [&](trial& x) {
    if (x.who != &old) return false;
    older = std::move(x.image);
    return true;
  });
  {
    const std::lock_guard guard(table_mutex);
    *was = order.to;
    std::replace(started.begin(), started.end(), &old, fresh.get());
    slot->swap(fresh);
  }
  warmed_up[name] = report.warmed_up;
  retire(std::move(fresh), report.left);
  if (older) let_go(std::move(older), name);
  if (watched) trials.push_back(std::move(t));
  else report.retired = let_go(std::move(t.image), name);
  rt->log.info(sdk::cat(name, ": ", report.to, " in place of ", report.from, " after event ", done.last_seq,
                        "; state: ", done.state, report.warmed_up.empty() ? "" : "; warmed up: ", report.warmed_up,
                        "; the lane paused ", done.pause / 1000, " us",
                        report.left.empty() ? "" : "; the old one: ", report.left));
  if (auto* h = rt->metrics.histogram_of(name, "swap_pause_seconds", {}, obs::duration_bounds))
    h->record(static_cast<double>(done.pause) * 1e-9);
  if (auto* n = rt->metrics.counter(name, "instance_swaps_total", {}))
    std::atomic_ref(*n).fetch_add(1, std::memory_order_relaxed);
  return {};
}

// Drained, stopped, destroyed. Its image is the caller's concern.
void engine::impl::retire(std::unique_ptr<plugin::instance> i, std::string& what) {
  const auto deadline = supervise::steady::now() + std::chrono::nanoseconds(config.drain_timeout);
  restarter->forget(*i);
  std::string wrong;
  supervise::stop(*i, true, deadline, wrong, &control.ending_flag());
  what += wrong;
  if (wrong.find("hangs") != std::string::npos) {
    abandoned.push_back(std::move(i));
    return;
  }
  i->lane->release(*i);
  watchdog->settle();
}

// Empty, or why it stays in memory.
std::string engine::impl::let_go(std::shared_ptr<const plugin::image> img, const std::string& name) {
  const std::string what = plugin_text(*img);
  std::string why = plugin::unload(std::move(img));
  if (why.empty()) return why;
  ++retired;
  last_retired = sdk::cat(name, ": ", what, ": ", why);
  if (auto* n = rt->metrics.gauge("engine", "retired_images", {}))
    std::atomic_ref(*n).store(static_cast<std::int64_t>(retired), std::memory_order_relaxed);
  if (!plugin::keeps_images()) rt->log.warn("a replaced plugin stays in memory: " + last_retired);
  return why;
}

void engine::impl::end_trial(trial& t) {
  t.who->set_on_trial(false);
  rt->log.info(sdk::cat(t.who->name(), ": ", plugin_text(*t.who->img()), " ran without a fault in its watch window"));
  let_go(std::move(t.image), t.who->name());
}

void engine::impl::roll_back(trial t) {
  const std::string name = t.who->name(), faulty = plugin_text(*t.who->img()), before = plugin_text(*t.image);
  rt->log.error(sdk::cat(name, ": ", faulty, " faulted in its watch window (", t.who->reason(), "); back to ", before));
  std::vector<config::problem> problems;
  auto fresh = make_instance(t.before, std::move(t.image), std::move(t.options), problems);
  auto back = order_of(t.before);
  back.carry_state = false;
  back.watch = 0;
  swap_report report;
  std::string why = fresh ? swap(back, std::move(fresh), report) : joined(problems, config.file);
  if (auto* n = rt->metrics.counter(name, "instance_rollbacks_total", {}))
    std::atomic_ref(*n).fetch_add(1, std::memory_order_relaxed);
  if (why.empty()) return;
  // There is no way back any more: what is configured for a fault is due. The faulty one may even have been made anew.
  const std::string text = sdk::cat(before, " could not take over again: ", why);
  std::string unclean;
  supervise::stop(*t.who, false, {}, unclean);
  t.who->set_on_trial(false);
  t.who->fault(TRAPLINE_E_FAILED, text);
  t.who->give_up(unclean.empty() ? text : sdk::cat(text, "; ", unclean));
}

}  // namespace trapline
