// What the feed tells of itself: status events, health.
#include <algorithm>

#include "feed.hpp"
#include "trapline/abi/svc/health.h"
#include "trapline/abi/svc/log.h"
#include "trapline/abi/system.h"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::mm_ws {
namespace {

int level_of(std::uint8_t state) {
  return state == TRAPLINE_FEED_FAILED                                    ? TRAPLINE_LOG_ERROR
         : state == TRAPLINE_FEED_BACKOFF || state == TRAPLINE_FEED_STALE ? TRAPLINE_LOG_WARN
                                                                          : TRAPLINE_LOG_INFO;
}

// How far a connection is from what it is for.
int distance(std::uint8_t state) {
  constexpr std::uint8_t order[] = {TRAPLINE_FEED_LIVE,           TRAPLINE_FEED_STALE,      TRAPLINE_FEED_SUBSCRIBING,
                                    TRAPLINE_FEED_AUTHENTICATING, TRAPLINE_FEED_CONNECTING, TRAPLINE_FEED_BACKOFF,
                                    TRAPLINE_FEED_FAILED,         TRAPLINE_FEED_STOPPED};
  return static_cast<int>(std::find(order, std::end(order), state) - order);
}

}  // namespace

// The one that is furthest from LIVE speaks for all of its kind.
const feed::side* feed::worst(bool is_private) const {
  const side* out = nullptr;
  for (const auto& d : sides_)
    if (d->link.is_private() == is_private && (!out || distance(d->link.state()) > distance(out->link.state())))
      out = d.get();
  return out;
}

void feed::on_state(session& s, std::uint8_t previous) {
  bool is_next = false;
  auto& d = side_of(s, is_next);
  const char* which = s.is_private() ? "private: " : "public: ";
  if (is_next) {
    d.drop_next |= s.state() == TRAPLINE_FEED_BACKOFF;
    out_.log(TRAPLINE_LOG_DEBUG, sdk::cat(which, "to take over: ", sdk::feed_state_name(s.state()), ": ", s.text()));
    return;
  }
  if (level_of(s.state()) != TRAPLINE_LOG_INFO) errors_.add(out_.now(), which + s.text());
  auto& status = status_[s.is_private()];
  const bool alone = s.is_private() || (sides_.size() < 2 || sides_[1]->link.is_private());
  const auto before = status.state;
  if (alone) status.previous = previous;
  publish_status(s.is_private());
  if (alone || status.state != before)
    out_.log(level_of(status.state), sdk::cat(which, sdk::feed_state_name(status.state), ": ", status.text));
  if (s.reconnects() > d.reconnects_told) {
    reconnects_.add(s.reconnects() - d.reconnects_told);
    d.reconnects_told = s.reconnects();
  }
}

void feed::publish_status(bool is_private) {
  const auto* speaker = worst(is_private);
  if (!speaker) return;
  auto& status = status_[is_private];
  const auto& c = counters_of(is_private);
  trapline_feed_status p{};
  p.reconnects = retired_reconnects_[is_private];
  p.state = speaker->link.state();
  p.previous_state = status.pending || status.previous != p.state ? status.previous : p.state;
  p.endpoint = is_private ? TRAPLINE_ENDPOINT_PRIVATE : TRAPLINE_ENDPOINT_PUBLIC;
  p.code = speaker->link.code();
  p.attempt = speaker->link.attempts();
  for (const auto& d : sides_) {
    if (d->link.is_private() != is_private) continue;
    p.subscriptions_wanted += static_cast<std::uint32_t>(d->link.wanted().size());
    p.subscriptions_acked += static_cast<std::uint32_t>(d->link.acked_count());
    p.last_message_ts = std::max(p.last_message_ts, d->link.last_inbound_utc());
    p.reconnects += d->link.reconnects();
  }
  p.messages = c.messages.value();
  p.malformed = c.malformed.value();
  p.gaps = c.gaps.value();
  p.resyncs = c.resyncs.value();
  p.refused = c.refused.value();
  p.duplicates = c.duplicates.value();
  sdk::assign(p.text, speaker->link.text());
  status.state = p.state;
  status.text = speaker->link.text();
  status.pending = !publish_status(p);
  if (!status.pending) status.previous = p.state;
}

bool feed::publish_status(const trapline_feed_status& p) {
  const auto e =
      sdk::make_event(TRAPLINE_EVENT_FEED_STATUS, status_topic_, 0, 0, out_.now(), TRAPLINE_FLAG_LAST_IN_BATCH);
  const trapline_frame f{&e, &p, sizeof p, 0};
  return out_.publish(&f, 1) == TRAPLINE_OK;
}

// Nothing is connected before the API is known, and that must be told, too.
void feed::publish_waiting() {
  trapline_feed_status p{};
  p.state = mode_.final_failure() ? TRAPLINE_FEED_FAILED : TRAPLINE_FEED_CONNECTING;
  p.previous_state = p.state;
  p.endpoint = options_.private_channels.empty() ? TRAPLINE_ENDPOINT_PUBLIC : TRAPLINE_ENDPOINT_PRIVATE;
  sdk::assign(p.text, mode_.trouble_text().empty() ? "asking the venue for the account's mode" : mode_.trouble_text());
  publish_status(p);
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
  for (const auto& d : sides_) {
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
    if (account_->unreliable()) worse(TRAPLINE_HEALTH_DEGRADED, 0, "private: " + account_->uncertain());
  }
  if (state == health_ && text == health_text_) return;
  health_ = state;
  health_text_ = text;
  out_.health(state, code, text);
}

}  // namespace trapline::mm_ws
