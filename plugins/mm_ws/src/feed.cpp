#include "feed.hpp"

#include <algorithm>
#include <cstdlib>

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
      seed_(seed),
      log_(out),
      public_counters_(out),
      private_counters_(out),
      rest_(options_, out, log_),
      mode_(options_, out, rest_),
      status_topic_(out.topic("feed.status." + std::string(instance))),
      reconnects_(out.counter("feed_reconnects_total", "")) {
  if (options_.api != "auto") build();
}

feed::~feed() = default;

void feed::build() {
  session_owner& self = *this;
  market_ = std::make_unique<market_data>(options_, out_, log_, public_counters_);
  account_ = std::make_unique<account_data>(options_, out_, log_, private_counters_, rest_);
  contracts_ = std::make_unique<contracts>(options_, out_, log_, rest_, *market_);
  account_->set_marks([this](std::string_view symbol) { return market_->mark_of(symbol); });
  if (auto wanted = market_->subscriptions(); !wanted.empty()) {
    if (wanted.size() > 50)
      out_.log(TRAPLINE_LOG_WARN,
               std::to_string(wanted.size()) + " channels on one connection: the venue recommends fewer than 50");
    public_ = std::make_unique<side>(options_, false, std::move(wanted), out_, self, seed_);
    market_->attach(public_->link);
  }
  if (auto wanted = account_->subscriptions(); !wanted.empty()) {
    private_ = std::make_unique<side>(options_, true, std::move(wanted), out_, self, seed_ + 1);
    account_->attach(private_->link);
  }
}

void feed::start() {
  started_ = true;
  next_status_ = out_.mono() + options_.status_interval;
  if (!market_) {
    mode_.start();
    publish_waiting();
  }
  if (public_) public_->link.start();
  if (private_) private_->link.start();
  advance();
}

void feed::stop() {
  started_ = false;
  for (auto* d : {public_.get(), private_.get()})
    if (d && d->link.state() != TRAPLINE_FEED_STOPPED) d->link.stop();
}

std::int64_t feed::deadline() const {
  auto t = std::min(next_status_, rest_.deadline());
  if (!market_) return std::min(t, mode_.api().empty() ? mode_.deadline() : 0);
  t = std::min(t, contracts_->deadline());
  if (public_) t = std::min({t, public_->link.deadline(), market_->deadline()});
  if (private_) t = std::min({t, private_->link.deadline(), account_->deadline()});
  for (const auto* d : {public_.get(), private_.get()})
    if (d && d->status_pending) t = std::min(t, out_.mono() + 10 * ms);
  return t;
}

void feed::advance() {
  rest_.advance();
  if (!market_) {
    mode_.advance();
    if (started_ && !mode_.api().empty()) {
      options_.api = mode_.api();
      out_.log(TRAPLINE_LOG_INFO, "api: " + options_.api);
      build();
      if (public_) public_->link.start();
      if (private_) private_->link.start();
    }
  }
  if (public_) {
    public_->link.advance();
    market_->advance();
  }
  if (private_) {
    private_->link.advance();
    account_->advance();
    private_->link.hold(account_->uncertain());
  }
  if (contracts_) contracts_->advance();
  const auto now = out_.mono();
  const bool periodic = now >= next_status_;
  if (periodic) next_status_ = now + options_.status_interval;
  for (auto* d : {public_.get(), private_.get()})
    if (d && (periodic || d->status_pending)) publish_status(*d);
  if (!market_ && periodic) publish_waiting();
  report_health();
}

std::uint8_t feed::public_state() const { return public_ ? public_->link.state() : TRAPLINE_FEED_STOPPED; }
std::uint8_t feed::private_state() const { return private_ ? private_->link.state() : TRAPLINE_FEED_STOPPED; }

// ---------------------------------------------------------------- frames

void feed::on_frame(session& s, std::string_view text) {
  auto& d = side_of(s);
  const auto received = out_.now();
  auto head = d.reader.read(text, [&](const frame_head& h, ondemand::value data) {
    return s.is_private() ? account_->decode(h, data) : market_->decode(h, data);
  });
  switch (head.kind) {
    case frame_kind::data:
      return s.is_private() ? account_->take(head, received) : market_->take(head, received);
    case frame_kind::malformed:
      d.reader.guess(text, head);
      counters_of(s).malformed.add();
      log_.warn(trouble::malformed, std::string("a frame of ") + (s.is_private() ? "the private" : "the public") +
                                        " connection did not decode and was dropped (channel " +
                                        quoted(head.channel, 40) + ", " + std::to_string(text.size()) + " bytes)");
      return s.is_private() ? account_->on_malformed() : market_->on_malformed(head);
    default:
      return s.on_control(head);
  }
}

void feed::on_acked(session& s, std::size_t i) {
  if (s.is_private()) {
    account_->on_acked(i);
    s.hold(account_->uncertain());
  } else {
    market_->on_acked(i);
  }
  contracts_->begin();
}

// ---------------------------------------------------------------- login

// The venue refuses a timestamp that is 30 s off, and the clock may have been set since the last login.
bool feed::on_login_wanted(session&) {
  if (!rest_.available()) return true;
  rest_.measure_clock([this](bool known) { on_clock(known); });
  return false;
}

void feed::on_clock(bool) {
  if (!private_ || !private_->link.waits_for_login()) return;
  const auto& clock = rest_.clock();
  if (!clock.refused()) return private_->link.log_in_now();
  private_->link.refuse_login(
      sdk::cat("this machine's clock is ", std::llabs(clock.offset()) / (1000 * ms), " s ",
               clock.offset() > 0 ? "behind" : "ahead of",
               " the venue's, which refuses logins that are 30 s off: correct the clock (NTP)"));
}

void feed::on_lost(session& s) {
  side_of(s).unavailable.clear();
  s.is_private() ? account_->on_lost() : market_->on_lost();
}

void feed::on_unavailable(session& s, std::size_t i, const std::string& why) {
  const auto& w = s.wanted()[i];
  auto& text = side_of(s).unavailable;
  if (text.empty()) text = w.channel + " of " + w.instrument + " is not served: " + why;
  out_.log(TRAPLINE_LOG_ERROR, w.channel + " of " + w.instrument + " is not served: " + why);
  s.is_private() ? account_->on_unavailable() : market_->on_unavailable(i);
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

// Nothing is connected before the API is known, and that must be told, too.
void feed::publish_waiting() {
  trapline_feed_status p{};
  p.state = mode_.final_failure() ? TRAPLINE_FEED_FAILED : TRAPLINE_FEED_CONNECTING;
  p.previous_state = p.state;
  p.endpoint = options_.private_channels.empty() ? TRAPLINE_ENDPOINT_PUBLIC : TRAPLINE_ENDPOINT_PRIVATE;
  sdk::assign(p.text, mode_.trouble_text().empty() ? "asking the venue for the account's mode" : mode_.trouble_text());
  bool pending = false;
  publish_status(p, pending);
}

void feed::publish_status(const trapline_feed_status& p, bool& pending) {
  const auto e =
      sdk::make_event(TRAPLINE_EVENT_FEED_STATUS, status_topic_, 0, 0, out_.now(), TRAPLINE_FLAG_LAST_IN_BATCH);
  const trapline_frame f{&e, &p, sizeof p, 0};
  pending = out_.publish(&f, 1) != TRAPLINE_OK;
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
  publish_status(p, d.status_pending);
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
  if (!market_) {
    if (!mode_.trouble_text().empty())
      worse(mode_.final_failure() ? TRAPLINE_HEALTH_FAILED : TRAPLINE_HEALTH_DEGRADED, 0, mode_.trouble_text());
  } else {
    if (auto what = account_->complaint(); !what.empty()) worse(TRAPLINE_HEALTH_FAILED, 0, "private: " + what);
    if (auto what = market_->complaint(); !what.empty()) worse(TRAPLINE_HEALTH_DEGRADED, 0, std::move(what));
    if (auto what = account_->uncertain(); private_ && private_->link.state() == TRAPLINE_FEED_STALE && !what.empty())
      worse(TRAPLINE_HEALTH_DEGRADED, 0, "private: " + what);
  }
  if (state == health_ && text == health_text_) return;
  health_ = state;
  health_text_ = text;
  out_.health(state, code, text);
}

}  // namespace trapline::mm_ws
