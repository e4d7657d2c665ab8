// A connection is replaced before the venue ends it: the next one is LIVE before the old one goes.
#include "feed.hpp"
#include "trapline/abi/svc/log.h"
#include "trapline/sdk/text.hpp"

namespace trapline::mm_ws {
namespace {

constexpr std::int64_t s = 1'000'000'000;
// What does not come up in this time is given up, and tried again after the pause.
constexpr std::int64_t longest_takeover = 60 * s, pause_between = 300 * s;

}  // namespace

std::size_t feed::resubscribe() {
  std::size_t n = 0;
  for (auto& d : sides_) {
    const auto state = d->link.state();
    if (state != TRAPLINE_FEED_SUBSCRIBING && state != TRAPLINE_FEED_LIVE && state != TRAPLINE_FEED_STALE) continue;
    d->link.reconnect("connecting anew, as an operator asks");
    ++n;
  }
  return n;
}

void feed::begin_rotation(side& d, const char* why) {
  const bool priv = d.link.is_private();
  out_.log(TRAPLINE_LOG_INFO,
           sdk::cat(priv ? "private: " : "public: ", "opening a second connection to take over: ", why));
  session_owner& self = *this;
  d.next = std::make_unique<side>(options_, priv, d.link.wanted(), d.link.first(), out_, self,
                                  seed_ + 1000 + rotations_begun_++);
  d.drop_next = false;
  d.rotate_at = out_.mono() + longest_takeover;
  if (!priv) market_->begin_rotation(d.next->link);
  d.next->link.be_spare(true);
  d.next->link.start();
}

bool feed::on_notice(session& old) {
  bool is_next = false;
  auto& d = side_of(old, is_next);
  if (is_next) {
    d.drop_next = true;
    return true;
  }
  if (!d.next) {
    begin_rotation(d, "the venue announced a restart");
    d.next->link.replaces_after_notice();
  }
  return true;
}

void feed::advance_rotation(side& d, std::int64_t now) {
  const auto up = d.link.open_since();
  if (!d.next) {
    if (up == session::never || d.link.state() != TRAPLINE_FEED_LIVE) {
      d.rotate_at = 0;
      return;
    }
    // Several connections that came up together do not all turn at once.
    if (d.rotate_at == 0)
      d.rotate_at =
          up + options_.rotate_after - static_cast<std::int64_t>(d.link.first() % 60) * (options_.rotate_after / 1000);
    if (now >= d.rotate_at) begin_rotation(d, "this one is old");
    return;
  }
  d.next->link.advance();
  const bool priv = d.link.is_private();
  if (!d.drop_next && d.next->link.state() == TRAPLINE_FEED_LIVE) {
    // The old one ends with `next`, at the end of this block.
    auto next = std::move(d.next);
    next->link.be_spare(false);
    priv ? account_->rotate(next->link) : market_->end_rotation(next->link);
    next->reconnects_told = 0;
    for (auto& place : sides_)
      if (place.get() == &d) {
        retired_reconnects_[priv] += d.link.reconnects();
        std::swap(place, next);
        place->rotate_at = 0;
        break;
      }
    rotations_.add();
    out_.log(TRAPLINE_LOG_INFO,
             priv ? "private: the second connection took over" : "public: the second connection took over");
    publish_status(priv);
    return;
  }
  if (!d.drop_next && now < d.rotate_at) return;
  if (!priv) market_->cancel_rotation(d.next->link);
  d.next.reset();
  d.drop_next = false;
  d.rotate_at = now + pause_between;
}

}  // namespace trapline::mm_ws
