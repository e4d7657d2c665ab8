#include "feed.hpp"

#include <algorithm>

#include "trapline/abi/system.h"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::mm_ws {
namespace {

constexpr std::int64_t ms = 1'000'000;

int level_of(std::uint8_t state) {
  return state == TRAPLINE_FEED_FAILED                                    ? TRAPLINE_LOG_ERROR
         : state == TRAPLINE_FEED_BACKOFF || state == TRAPLINE_FEED_STALE ? TRAPLINE_LOG_WARN
                                                                          : TRAPLINE_LOG_INFO;
}

}  // namespace

feed::feed(options o, std::string_view instance, outlet& out, std::uint64_t seed)
    : options_(std::move(o)),
      out_(out),
      log_(out),
      public_counters_(out),
      private_counters_(out),
      market_(options_, out, log_, public_counters_),
      account_(options_, out, log_, private_counters_),
      status_topic_(out.topic("feed.status." + std::string(instance))),
      reconnects_(out.counter("feed_reconnects_total", "")) {
  session_owner& self = *this;
  if (auto wanted = market_.subscriptions(); !wanted.empty()) {
    if (wanted.size() > 50)
      out_.log(TRAPLINE_LOG_WARN,
               std::to_string(wanted.size()) + " channels on one connection: the venue recommends fewer than 50");
    public_ = std::make_unique<side>(options_, false, std::move(wanted), out_, self, seed);
    market_.attach(public_->link);
  }
  if (auto wanted = account_.subscriptions(); !wanted.empty()) {
    private_ = std::make_unique<side>(options_, true, std::move(wanted), out_, self, seed + 1);
    account_.attach(private_->link);
  }
}

feed::~feed() = default;

void feed::start() {
  next_status_ = out_.mono() + options_.status_interval;
  if (public_) public_->link.start();
  if (private_) private_->link.start();
  advance();
}

void feed::stop() {
  for (auto* d : {public_.get(), private_.get()})
    if (d && d->link.state() != TRAPLINE_FEED_STOPPED) d->link.stop();
}

std::int64_t feed::deadline() const {
  auto t = next_status_;
  if (public_) t = std::min({t, public_->link.deadline(), market_.deadline()});
  if (private_) t = std::min({t, private_->link.deadline(), account_.deadline()});
  for (const auto* d : {public_.get(), private_.get()})
    if (d && d->status_pending) t = std::min(t, out_.mono() + 10 * ms);
  return t;
}

void feed::advance() {
  if (public_) {
    public_->link.advance();
    market_.advance();
  }
  if (private_) {
    private_->link.advance();
    account_.advance();
  }
  const auto now = out_.mono();
  const bool periodic = now >= next_status_;
  if (periodic) next_status_ = now + options_.status_interval;
  for (auto* d : {public_.get(), private_.get()})
    if (d && (periodic || d->status_pending)) publish_status(*d);
  report_health();
}

std::uint8_t feed::public_state() const { return public_ ? public_->link.state() : TRAPLINE_FEED_STOPPED; }
std::uint8_t feed::private_state() const { return private_ ? private_->link.state() : TRAPLINE_FEED_STOPPED; }

// ---------------------------------------------------------------- frames

void feed::on_frame(session& s, std::string_view text) {
  auto& d = side_of(s);
  const auto received = out_.now();
  auto head = d.reader.read(text, [&](const frame_head& h, ondemand::value data) {
    return s.is_private() ? account_.decode(h, data) : market_.decode(h, data);
  });
  switch (head.kind) {
    case frame_kind::data:
      return s.is_private() ? account_.take(head, received) : market_.take(head, received);
    case frame_kind::malformed:
      d.reader.guess(text, head);
      counters_of(s).malformed.add();
      log_.warn(trouble::malformed, std::string("a frame of ") + (s.is_private() ? "the private" : "the public") +
                                        " connection did not decode and was dropped (channel " +
                                        quoted(head.channel, 40) + ", " + std::to_string(text.size()) + " bytes)");
      return s.is_private() ? account_.on_malformed() : market_.on_malformed(head);
    default:
      return s.on_control(head);
  }
}

void feed::on_acked(session& s, std::size_t i) {
  if (!s.is_private()) market_.on_acked(i);
}

void feed::on_lost(session& s) {
  side_of(s).unavailable.clear();
  s.is_private() ? account_.on_lost() : market_.on_lost();
}

void feed::on_unavailable(session& s, std::size_t i, const std::string& why) {
  const auto& w = s.wanted()[i];
  auto& text = side_of(s).unavailable;
  if (text.empty()) text = w.channel + " of " + w.instrument + " is not served: " + why;
  out_.log(TRAPLINE_LOG_ERROR, w.channel + " of " + w.instrument + " is not served: " + why);
  s.is_private() ? account_.on_unavailable() : market_.on_unavailable(i);
}

// ---------------------------------------------------------------- status

void feed::on_state(session& s, std::uint8_t previous) {
  auto& d = side_of(s);
  d.previous = previous;
  publish_status(d);
  out_.log(level_of(s.state()),
           sdk::cat(s.is_private() ? "private: " : "public: ", sdk::feed_state_name(s.state()), ": ", s.text()));
  if (s.reconnects() > d.reconnects_told) {
    reconnects_.add(s.reconnects() - d.reconnects_told);
    d.reconnects_told = s.reconnects();
  }
}

void feed::publish_status(side& d) {
  const auto& c = counters_of(d.link);
  trapline_feed_status p{};
  p.state = d.link.state();
  p.previous_state = d.status_pending || d.previous != p.state ? d.previous : p.state;
  p.endpoint = d.link.is_private() ? TRAPLINE_ENDPOINT_PRIVATE : TRAPLINE_ENDPOINT_PUBLIC;
  p.code = d.link.code();
  p.attempt = d.link.attempts();
  p.subscriptions_wanted = static_cast<std::uint32_t>(d.link.wanted().size());
  p.subscriptions_acked = static_cast<std::uint32_t>(d.link.acked_count());
  p.last_message_ts = d.link.last_inbound_utc();
  p.messages = c.messages.value();
  p.malformed = c.malformed.value();
  p.gaps = c.gaps.value();
  p.resyncs = c.resyncs.value();
  p.reconnects = d.link.reconnects();
  p.refused = c.refused.value();
  p.duplicates = c.duplicates.value();
  sdk::assign(p.text, d.link.text());
  const auto e =
      sdk::make_event(TRAPLINE_EVENT_FEED_STATUS, status_topic_, 0, 0, out_.now(), TRAPLINE_FLAG_LAST_IN_BATCH);
  const trapline_frame f{&e, &p, sizeof p, 0};
  d.status_pending = out_.publish(&f, 1) != TRAPLINE_OK;
  if (!d.status_pending) d.previous = p.state;
}

void feed::report_health() {
  std::uint32_t state = TRAPLINE_HEALTH_OK;
  std::int32_t code = 0;
  std::string text = "ok";
  const auto worse = [&](std::uint32_t level, std::int32_t why, std::string what) {
    if (level <= state) return;
    state = level;
    code = why;
    text = std::move(what);
  };
  for (const auto* d : {public_.get(), private_.get()}) {
    if (!d) continue;
    const char* which = d->link.is_private() ? "private: " : "public: ";
    if (d->link.state() == TRAPLINE_FEED_FAILED) worse(TRAPLINE_HEALTH_FAILED, d->link.code(), which + d->link.text());
    if (!d->unavailable.empty()) worse(TRAPLINE_HEALTH_DEGRADED, 0, which + d->unavailable);
    // One quick reconnect is daily business.
    if (d->link.state() == TRAPLINE_FEED_BACKOFF && d->link.attempts() >= 2)
      worse(TRAPLINE_HEALTH_DEGRADED, d->link.code(), which + d->link.text());
  }
  if (auto what = market_.complaint(); !what.empty()) worse(TRAPLINE_HEALTH_DEGRADED, 0, std::move(what));
  if (state == health_ && text == health_text_) return;
  health_ = state;
  health_text_ = text;
  out_.health(state, code, text);
}

}  // namespace trapline::mm_ws
