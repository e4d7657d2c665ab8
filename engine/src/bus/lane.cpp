#include "bus/lane.hpp"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <utility>

#include "bus/host_events.hpp"
#include "bus/spin.hpp"
#include "journal/life_log.hpp"
#include "supervise/alternate_stack.hpp"
#include "trapline/abi/system.h"
#include "trapline/sdk/event.hpp"

namespace trapline::bus {
namespace {

constexpr std::size_t batch = 256;                  // events between two looks at timers, commands, the driver
constexpr std::int64_t longest_wait = 100'000'000;  // ns
constexpr std::int64_t spin_before_park = 200'000;  // ns

void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, std::int64_t ns) noexcept {
  const timespec ts{ns / 1'000'000'000, ns % 1'000'000'000};
  ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAIT_PRIVATE, expected, &ts, nullptr, 0);
}

void futex_wake(std::atomic<std::uint32_t>& word) noexcept {
  ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

// The calling thread is the lane's for a while; it may be another lane's as well, of another engine.
class as_lane {
 public:
  explicit as_lane(const lane& l) noexcept : before_(this_lane) { this_lane = {&l, false, 0, 0}; }
  ~as_lane() { this_lane = before_; }
  as_lane(const as_lane&) = delete;
  as_lane& operator=(const as_lane&) = delete;

 private:
  lane_context before_;
};

}  // namespace

lane::lane(runtime& rt, const config::lane_config& c)
    : rt_(rt),
      name_(c.name),
      wait_(c.wait),
      reader_(rt.ring.add_reader(c.overflow, this, static_cast<std::size_t>(c.conflate_bytes))) {
  const std::string label = "lane=\"" + name_ + "\"";
  reader_.count_in(rt_.metrics.counter("engine", "lane_lost_events_total", label),
                   rt_.metrics.counter("engine", "lane_conflated_events_total", label));
  delay_ = rt_.metrics.histogram_of("engine", "lane_delay_seconds", label, obs::duration_bounds);
}

lane::~lane() { end(1'000'000'000); }

bool lane::reserve(plugin::instance& i) noexcept {
  for (std::size_t n = 0; n < max_instances; ++n) {
    if (places_[n].load(std::memory_order_relaxed)) continue;
    i.lane = this;
    i.place = static_cast<std::uint32_t>(n + 1);
    places_[n].store(&i, std::memory_order_release);
    return true;
  }
  return false;
}

void lane::release(plugin::instance& i) noexcept {
  if (i.lane == this && i.place != 0) places_[i.place - 1].store(nullptr, std::memory_order_release);
  i.place = 0;
}

void lane::add(plugin::instance& i) {
  if (!reserve(i)) throw std::length_error("too many instances on lane " + name_);
  instances_.push_back(&i);
}

void lane::attach(plugin::instance& i, std::size_t at) {
  instances_.insert(instances_.begin() + static_cast<std::ptrdiff_t>(std::min(at, instances_.size())), &i);
  forget_routes();
}

void lane::detach(const plugin::instance& i) {
  std::erase(instances_, &i);
  forget_routes();
}

void lane::replace(plugin::instance& old, plugin::instance& fresh) {
  std::replace(instances_.begin(), instances_.end(), &old, &fresh);
  leaving_.push_back(&old);
  forget_routes();
}

plugin::instance* lane::find(std::uint32_t id) const noexcept {
  for (const auto* list : {&instances_, &leaving_})
    for (auto* i : *list)
      if (i->id() == id) return i;
  return nullptr;
}

void lane::run() {
  thread_ = std::thread([this] { loop(); });
  ::pthread_setname_np(thread_.native_handle(), name_.substr(0, 15).c_str());
}

bool lane::end(std::int64_t limit) {
  if (!thread_.joinable()) return true;
  if (!call([this] { ending_ = true; }, limit)) return false;
  thread_.join();
  return true;
}

bool lane::call(std::function<void()> f, std::int64_t limit) {
  if (rt_.steps) {
    const as_lane here(*this);
    run_commands();  // what was posted before
    f();
    return true;
  }
  struct handle {
    std::mutex m;
    std::condition_variable cv;
    bool done = false;
  };
  auto h = std::make_shared<handle>();
  post([h, f = std::move(f)] {
    f();
    const std::lock_guard l(h->m);
    h->done = true;
    h->cv.notify_all();
  });
  std::unique_lock lock(h->m);
  return h->cv.wait_for(lock, std::chrono::nanoseconds(limit), [&] { return h->done; });
}

void lane::post(std::function<void()> f) {
  {
    const std::lock_guard lock(command_mutex_);
    commands_.push_back(std::move(f));
    has_commands_.store(true, std::memory_order_seq_cst);
  }
  if (asleep.exchange(0) != 0) wake();
}

void lane::set_driver(plugin::instance* i) {
  const std::lock_guard lock(driver_mutex_);
  driver_ = i;
}

void lane::wake() noexcept {
  if (rt_.steps) return rt_.steps->wake();
  if (this_lane.lane == this) return;  // published from within poll(), which returns after its handlers anyway
  {
    const std::lock_guard lock(driver_mutex_);
    if (driver_) {
      driver_->driver()->wake(driver_->table());
      return;
    }
  }
  futex_wake(asleep);
}

// ---------------------------------------------------------------- the lane's thread

void lane::loop() {
  const supervise::alternate_stack for_signals;
  adopt_thread();
  while (!ending_) turn();
}

void lane::adopt_thread() noexcept {
  this_lane.lane = this;
  thread_id_ = static_cast<int>(::syscall(SYS_gettid));
}

std::string lane::describe() const {
  std::uint64_t call = 0;
  const auto* who = running(call);
  std::string text = who ? "in a callback of " + who->name() : std::string("in no callback");
  // proc(5): "tid (name) state ..."; the name may hold anything.
  std::ifstream in("/proc/self/task/" + std::to_string(thread_id_) + "/stat");
  const std::string stat((std::istreambuf_iterator<char>(in)), {});
  const auto at = stat.rfind(") ");
  if (at == std::string::npos || at + 2 >= stat.size()) return text;
  switch (stat[at + 2]) {
    case 'R':
      return text + ", wants or has a processor";
    case 'S':
      return text + ", sleeps";
    case 'D':
      return text + ", waits for a disk";
    default:
      return text + ", state " + stat[at + 2];
  }
}

std::size_t lane::visit(std::size_t most) {
  const as_lane here(*this);
  if (has_commands_.load(std::memory_order_acquire)) run_commands();
  const std::size_t n = drain_bus(std::min(most, batch));
  fire_timers();
  if (driver_ && driver_->faulted()) set_driver(nullptr);
  if (driver_) poll_driver(0);
  return n;
}

// True: something was done.
bool lane::step() {
  if (has_commands_.load(std::memory_order_acquire)) run_commands();
  if (ending_) return true;
  const std::size_t n = drain_bus(batch);
  fire_timers();
  if (driver_ && driver_->faulted()) set_driver(nullptr);
  if (n > 0 && driver_) poll_driver(0);
  return n > 0;
}

std::size_t lane::drain_bus(std::size_t most) {
  std::size_t n = 0;
  for (; n < most; ++n) {
    const trapline_event* e = reader_.peek();
    if (!e) break;
    if (reader_.has_loss()) [[unlikely]] {
      const loss lost = reader_.take_loss();
      tell_journal(lost, false);
      tell_loss(lost, e);
    }
    if (routes_stale_) [[unlikely]]
      refresh_routes();
    dispatch(e);
    reader_.advance();
  }
  if (n > 0) {
    enter(nullptr);
    events_.store(events_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    idle_since_ = 0;
    if (const auto c = reader_.conflated(); c != conflated_) {
      conflated_ = c;
      timers_.requeue_lost();  // timer events are conflated like all others
      if (!std::exchange(conflation_told_, true)) tell_journal({0, last_seq(), last_seq()}, true);
    }
  }
  return n;
}

void lane::refresh_routes() {
  routes_.clear();
  lists_.clear();
  routes_stale_ = false;
}

void lane::deliver(const trapline_event* e) {
  if (routes_stale_) [[unlikely]]
    refresh_routes();
  dispatch(e);
  enter(nullptr);
}

void lane::hand_over_timed(plugin::instance& i, const trapline_event* e) {
  until_sample_ = sample_every;
  if (delay_) delay_->record(static_cast<double>(rt_.clock.now() - e->ts_recv) * 1e-9);
  const std::int64_t begin = rt_.clock.mono();
  i.on_event(e);
  i.record_callback(rt_.clock.mono() - begin);
}

void lane::dispatch(const trapline_event* e) {
  activity_.seq.store(e->seq, std::memory_order_relaxed);
  this_lane.in_event = true;
  this_lane.cause = e->seq;
  this_lane.now = e->ts_recv;
  if (e->type == TRAPLINE_EVENT_TIMER && e->space == 0) {
    deliver_timer(e);
  } else {
    const std::uint64_t bit = e->space == 0 && e->type < 64 ? TRAPLINE_TYPE_BIT(e->type) : TRAPLINE_TYPE_ALL;
    for (const target& t : targets_of(e->topic))
      if ((t.type_mask & bit) != 0 && t.who->id() != e->source && t.who->receives()) hand_over(*t.who, e);
  }
  this_lane.in_event = false;
}

void lane::deliver_timer(const trapline_event* e) {
  const auto* t = sdk::payload<trapline_timer_event>(*e);
  auto* i = t ? find(t->instance) : nullptr;
  if (!i) return;
  if (!i->receives()) timers_.cancel_all(i->id());
  else if (timers_.delivered(t->timer_id)) hand_over(*i, e);
}

std::uint32_t lane::resolve(std::uint32_t topic) {
  const std::size_t known = rt_.names.topic_count() + 1;
  if (topic >= routes_.size()) routes_.resize(std::max<std::size_t>(topic + 1, known), unresolved);
  const auto name = rt_.names.topic_name(topic);
  target_list list;
  for (auto* i : instances_) {
    if (const std::uint64_t mask = i->mask_of(name); mask != 0) list.push_back({i, mask});
  }
  auto at = std::find(lists_.begin(), lists_.end(), list);
  if (at == lists_.end()) at = lists_.insert(at, std::move(list));
  return routes_[topic] = static_cast<std::uint32_t>(at - lists_.begin());
}

// All instances of a lapped lane are told before they see anything newer.
void lane::tell_loss(const loss& lost, const trapline_event* next) {
  const auto g = make_gap(lost, next->ts_recv);
  this_lane.in_event = true;
  this_lane.cause = g.head.seq;
  this_lane.now = g.head.ts_recv;
  for (auto* i : instances_)
    if (i->receives()) hand_over(*i, &g.head);
  this_lane.in_event = false;
  timers_.requeue_lost();
}

// The events are on the bus, and in the journal; without this nobody could say who did not get them.
void lane::tell_journal(const loss& lost, bool conflated) noexcept {
  if (!rt_.lives) return;
  try {
    rt_.lives->put(journal::lane_loss{name_, lost.from_seq, lost.to_seq, lost.events, conflated});
  } catch (const std::bad_alloc&) {
  }
}

void lane::poll_driver(std::int64_t max_wait) {
  enter(driver_, max_wait);
  driver_->poll(max_wait);
  enter(nullptr);
}

void lane::fire_timers() {
  if (timers_.next_due() == time::timers::never) return;
  const std::int64_t now = rt_.clock.now();
  while (const auto due = timers_.due(now)) {
    const trapline_timer_event t{due->id, due->cookie, due->due, due->instance, 0};
    if (rt_.publish(TRAPLINE_EVENT_TIMER, rt_.topic_timer, &t, sizeof t) != TRAPLINE_OK) return;  // full: next round
    timers_.taken(due->id, now);
  }
}

void lane::run_commands() {
  for (;;) {
    std::function<void()> f;
    {
      const std::lock_guard lock(command_mutex_);
      if (commands_.empty()) {
        has_commands_.store(false, std::memory_order_seq_cst);
        return;
      }
      f = std::move(commands_.front());
      commands_.pop_front();
    }
    f();
  }
}

std::int64_t lane::wait_time() const {
  const auto due = timers_.next_due();
  if (due == time::timers::never) return longest_wait;
  return std::clamp<std::int64_t>(due - rt_.clock.now(), 0, longest_wait);
}

// Sleeps until something happens. The flag goes up first and the bus is looked at again after it, so that a
// publish in between is either seen here or sees the flag.
void lane::wait() {
  if (wait_ != config::wait_strategy::park) {
    if (driver_) poll_driver(0);
    if (wait_ == config::wait_strategy::spin) return spin_once();
    const std::int64_t now = rt_.clock.mono();
    if (idle_since_ == 0) idle_since_ = now;
    if (now - idle_since_ < spin_before_park) return spin_once();
  }
  const bool busy = !reader_.fall_asleep() || has_commands_.load(std::memory_order_seq_cst);
  if (driver_) poll_driver(busy ? 0 : wait_time());
  else if (busy) std::this_thread::yield();  // a producer is about to commit
  else futex_wait(asleep, 1, wait_time());
  reader_.awake();
}

}  // namespace trapline::bus
