#include "trapline/testkit/fake_host.hpp"

#include <algorithm>
#include <climits>
#include <cstring>
#include <map>

#include "fake_host_impl.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::testkit {

std::string_view stage_name(stage s) {
  static constexpr std::string_view names[] = {"before create()", "create()",  "configure()",    "after configure()",
                                               "start()",         "running",   "drain()",        "stop()",
                                               "after stop()",    "destroy()", "after destroy()"};
  return names[static_cast<std::size_t>(s)];
}

thread_local int fake_host::impl::depth = 0;

fake_host::impl::impl(fake_host& owner, fake_host_options o)
    : answers(owner.answers), options(std::move(o)), now(options.start_time), mono(options.start_mono) {}

void fake_host::impl::breach_locked(breach rule, std::string text) {
  constexpr std::size_t most = 1000;  // the first tell what is wrong
  if (breaches.size() < most) breaches.push_back({rule, std::move(text)});
}

// What holds for every call: counted, recorded, and checked against the stage of life.
void fake_host::impl::record(const char* function, std::string_view text, trapline_status result) {
  const std::lock_guard lock(mutex);
  ++call_total;
  const bool lane_thread = on_lane();
  const stage s = at.load(std::memory_order_relaxed);
  if (recorded.size() < options.keep_calls) recorded.push_back({function, s, lane_thread, std::string(text), result});
  if (s == stage::create) breach_locked(breach::call_in_create, sdk::cat(function, "() inside create()"));
  // destroy() may log; another thread may not be there any more at all.
  const bool late = s == stage::stopped || s == stage::gone || (s == stage::destroy && !lane_thread);
  if (late) breach_locked(breach::call_after_stop, sdk::cat(function, "() ", stage_name(s)));
}

bool fake_host::impl::lane_call(const char* function) {
  const stage s = at.load(std::memory_order_relaxed);
  const bool in_lane_stage = s == stage::start || s == stage::running || s == stage::drain || s == stage::stop;
  if (on_lane() && in_lane_stage) return true;
  const std::lock_guard lock(mutex);
  breach_locked(breach::wrong_thread,
                sdk::cat(function, "() is a [lane] function; it was called ",
                         on_lane() ? "on the right thread, but in " : "on another thread, in ", stage_name(s)));
  return false;
}

void fake_host::impl::say(std::string_view text) {
  constexpr std::size_t most = 64u << 20;
  if (said.size() + text.size() < most) said.append(text).append("\n");
}

fake_host::fake_host(fake_host_options options) : impl_(std::make_unique<impl>(*this, std::move(options))) {
  fill_tables(*impl_);
}
fake_host::~fake_host() = default;

const trapline_host* fake_host::table() const noexcept { return &impl_->host; }

void fake_host::answer_publish(trapline_status s) noexcept { impl_->publish_answer.store(s); }

void fake_host::set_secret(std::string path, std::string value) { impl_->secrets[std::move(path)] = std::move(value); }

void fake_host::set_now(std::int64_t ns) noexcept {
  const auto before = impl_->now.exchange(ns);
  if (ns > before) impl_->mono.fetch_add(ns - before);
}
std::int64_t fake_host::now() const noexcept { return impl_->now.load(); }

std::uint32_t fake_host::topic(std::string_view name) {
  std::uint32_t id = 0;
  return impl_->names.topic(name, id) == TRAPLINE_OK ? id : 0;
}
std::uint32_t fake_host::instrument(std::string_view venue, std::string_view symbol) {
  std::uint32_t id = 0;
  return impl_->names.instrument(venue, symbol, id) == TRAPLINE_OK ? id : 0;
}
std::string_view fake_host::topic_name(std::uint32_t id) const { return impl_->names.topic_name(id); }

std::vector<std::pair<std::string, std::uint64_t>> fake_host::subscriptions() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->subscribed;
}

bool fake_host::wants(std::uint32_t topic, std::uint16_t space, std::uint16_t type) const {
  const std::uint64_t bit = space == 0 && type < 64 ? TRAPLINE_TYPE_BIT(type) : TRAPLINE_TYPE_ALL;
  const auto name = topic_name(topic);
  const std::lock_guard lock(impl_->mutex);
  return std::any_of(impl_->subscribed.begin(), impl_->subscribed.end(),
                     [&](const auto& s) { return (s.second & bit) != 0 && bus::matches(s.first, name); });
}

std::vector<call_record> fake_host::calls() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->recorded;
}
std::uint64_t fake_host::call_count() const noexcept {
  const std::lock_guard lock(impl_->mutex);
  return impl_->call_total;
}
std::vector<log_line> fake_host::log() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->lines;
}
std::vector<breach_record> fake_host::breaches() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->breaches;
}
std::vector<breach_record> fake_host::breaches(breach rule) const {
  auto all = breaches();
  std::erase_if(all, [rule](const breach_record& b) { return b.rule != rule; });
  return all;
}
const std::vector<published_event>& fake_host::published() const { return impl_->events; }
std::uint64_t fake_host::publish_attempts() const noexcept { return impl_->attempts.load(); }
std::uint64_t fake_host::published_count() const noexcept {
  const std::lock_guard lock(impl_->mutex);
  return impl_->taken;
}
std::uint64_t fake_host::published_hash() const noexcept {
  const std::lock_guard lock(impl_->mutex);
  return impl_->hash;
}
std::string fake_host::everything_said() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->said;
}
std::uint64_t fake_host::counter_total(std::string_view name) const { return impl_->metrics.total(name); }

bool fake_host::serving() noexcept { return impl::depth > 0; }

void fake_host::enter(stage s) noexcept { impl_->at.store(s); }
stage fake_host::at() const noexcept { return impl_->at.load(); }
void fake_host::bind_lane() noexcept { impl_->lane.store(std::this_thread::get_id()); }

void fake_host::freeze(std::int64_t ts_recv) noexcept {
  impl_->frozen_at = ts_recv;
  impl_->frozen = true;
}
void fake_host::thaw() noexcept { impl_->frozen = false; }

bool fake_host::take_due_timer(std::vector<std::byte>& event) {
  const std::int64_t t = now();
  const auto due = impl_->timers.due(t);
  if (!due) return false;
  impl_->timers.taken(due->id, t);
  if (!impl_->timers.delivered(due->id)) return false;
  const trapline_timer_event payload{due->id, due->cookie, due->due, due->instance, 0};
  trapline_event head{};
  head.size = sizeof head + sizeof payload;
  head.type = TRAPLINE_EVENT_TIMER;
  head.topic = topic("sys.timer");
  head.seq = ++impl_->timer_seq;
  head.ts_event = head.ts_recv = t;
  event.resize(head.size);
  std::memcpy(event.data(), &head, sizeof head);
  std::memcpy(event.data() + sizeof head, &payload, sizeof payload);
  return true;
}

std::int64_t fake_host::next_timer() const noexcept { return impl_->timers.next_due(); }

}  // namespace trapline::testkit
