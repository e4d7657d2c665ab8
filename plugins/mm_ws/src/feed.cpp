#include "feed.hpp"

#include <algorithm>
#include <cstdlib>

#include "connect_budget.hpp"
#include "trapline/abi/svc/log.h"
#include "trapline/sdk/text.hpp"

namespace trapline::mm_ws {
namespace {

constexpr std::int64_t ms = 1'000'000;

}  // namespace

feed::feed(options o, std::string_view instance, outlet& out, std::uint64_t seed)
    : options_(std::move(o)),
      out_(out),
      seed_(seed),
      created_at_(out.now()),
      messages_(options_.debug_messages),
      errors_(options_.debug_messages),
      recorder_(options_.record_file, options_.record_limit),
      recording_(recorder_.on()),
      log_(out, &errors_),
      public_counters_(out),
      private_counters_(out),
      rest_(options_, out, log_),
      mode_(options_, out, rest_),
      status_topic_(out.topic("feed.status." + std::string(instance))),
      reconnects_(out.counter("feed_reconnects_total", "")),
      rotations_(out.counter("feed_rotations_total", "")) {
  if (options_.api != "auto") build();
}

feed::~feed() = default;

void feed::build() {
  session_owner& self = *this;
  market_ = std::make_unique<market_data>(options_, out_, log_, public_counters_);
  account_ = std::make_unique<account_data>(options_, out_, log_, private_counters_, rest_, created_at_);
  contracts_ = std::make_unique<contracts>(options_, out_, log_, rest_, *market_);
  position_mode_ = std::make_unique<position_mode>(options_, out_, log_, rest_);
  account_->set_marks([this](std::string_view symbol) { return market_->mark_of(symbol); });
  market_->set_history([this](std::size_t i, unsigned limit) { return ask_for_candles(i, limit); });
  const auto wanted = market_->subscriptions();
  // All channels of a symbol on one connection, where that holds them.
  const std::size_t each = options_.channels.size();
  std::size_t most = options_.channels_per_connection;
  if (each > 0 && each <= most) most -= most % each;
  for (std::size_t from = 0; from < wanted.size(); from += most) {
    const auto to = std::min(from + most, wanted.size());
    std::vector<subscription> part(wanted.begin() + static_cast<std::ptrdiff_t>(from),
                                   wanted.begin() + static_cast<std::ptrdiff_t>(to));
    sides_.push_back(std::make_unique<side>(options_, false, std::move(part), from, out_, self, seed_ + sides_.size()));
    market_->attach(sides_.back()->link);
  }
  if (auto mine = account_->subscriptions(); !mine.empty()) {
    sides_.push_back(std::make_unique<side>(options_, true, std::move(mine), 0, out_, self, seed_ + sides_.size()));
    account_->attach(sides_.back()->link);
  }
}

bool feed::ask_for_candles(std::size_t i, unsigned limit) {
  if (!rest_.available()) return false;
  const auto& what = market_->subscription_of(i);
  constexpr std::string_view prefix = "candle";
  auto request =
      candles_request(options_.dialect(), what.instrument, std::string_view(what.channel).substr(prefix.size()), limit);
  rest_.call(std::move(request), [this, i](const rest_answer& answer, ondemand::value* data) {
    std::vector<candle_row> rows;
    if (data && !decode_candles(options_.dialect(), *data, rows)) return false;
    if (!data) log_.warn(trouble::rest, "missing bars could not be asked for: " + answer.text);
    market_->put_candles(i, rows);
    return true;
  });
  return true;
}

void feed::start_links() {
  for (auto& d : sides_) d->link.start();
}

void feed::start() {
  started_ = true;
  next_status_ = out_.mono() + options_.status_interval;
  if (!market_) {
    mode_.start();
    publish_waiting();
  }
  start_links();
  advance();
}

void feed::stop() {
  started_ = false;
  for (auto& d : sides_) {
    if (d->next) {
      market_->cancel_rotation(d->next->link);
      d->next.reset();
    }
    if (d->link.state() != TRAPLINE_FEED_STOPPED) d->link.stop();
  }
}

std::int64_t feed::deadline() const {
  auto t = std::min(next_status_, rest_.deadline());
  if (!market_) return std::min(t, mode_.api().empty() ? mode_.deadline() : 0);
  t = std::min(t, contracts_->deadline());
  if (!options_.channels.empty()) t = std::min(t, market_->deadline());
  if (!options_.private_channels.empty()) t = std::min({t, account_->deadline(), position_mode_->deadline()});
  for (const auto& d : sides_) {
    t = std::min(t, d->link.deadline());
    if (d->next) t = std::min(t, d->drop_next ? 0 : d->next->link.deadline());
    else if (d->rotate_at != 0) t = std::min(t, d->rotate_at);
  }
  for (const auto& s : status_)
    if (s.pending) t = std::min(t, out_.mono() + 10 * ms);
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
      start_links();
    }
  }
  const auto now = out_.mono();
  for (auto& d : sides_) {
    d->link.advance();
    advance_rotation(*d, now);
  }
  if (market_) {
    contracts_->advance();
    if (!options_.channels.empty()) market_->advance();
    if (!options_.private_channels.empty()) {
      account_->advance();
      position_mode_->advance();
      sides_.back()->link.hold(account_->uncertain());
    }
  }
  const bool periodic = now >= next_status_;
  if (periodic) {
    next_status_ = now + options_.status_interval;
    recorder_.flush();
  }
  for (const bool is_private : {false, true})
    if (worst(is_private) && (periodic || status_[is_private].pending)) publish_status(is_private);
  if (!market_ && periodic) publish_waiting();
  report_health();
}

std::uint8_t feed::public_state() const {
  const auto* d = worst(false);
  return d ? d->link.state() : TRAPLINE_FEED_STOPPED;
}
std::uint8_t feed::private_state() const {
  const auto* d = worst(true);
  return d ? d->link.state() : TRAPLINE_FEED_STOPPED;
}

feed::side& feed::side_of(const session& s, bool& is_next) {
  is_next = false;
  for (auto& d : sides_) {
    if (&d->link == &s) return *d;
    is_next = d->next && &d->next->link == &s;
    if (is_next) return *d;
  }
  return *sides_.front();  // cannot be: sessions live in sides
}

// ---------------------------------------------------------------- frames

void feed::on_frame(session& s, std::string_view text) {
  bool is_next = false;
  auto& owner = side_of(s, is_next);
  auto& d = is_next ? *owner.next : owner;
  const bool priv = s.is_private();
  const auto received = s.last_inbound_utc();
  auto head = d.reader.read(text, [&](const frame_head& h, ondemand::value data) {
    return priv ? account_->decode(h, data) : market_->decode(h, data);
  });
  switch (head.kind) {
    case frame_kind::data:
      return priv ? account_->take(head, received) : market_->take(s, head, received);
    case frame_kind::malformed:
      d.reader.guess(text, head);
      counters_of(priv).malformed.add();
      log_.warn(trouble::malformed, std::string("a frame of ") + (priv ? "the private" : "the public") +
                                        " connection did not decode and was dropped (channel " +
                                        quoted(head.channel, 40) + ", " + std::to_string(text.size()) + " bytes)");
      return priv ? account_->on_malformed() : market_->on_malformed(s, head);
    default:
      return s.on_control(head);
  }
}

void feed::on_acked(session& s, std::size_t i) {
  bool is_next = false;
  side_of(s, is_next);
  if (!s.is_private()) {
    market_->on_acked(s, i);
  } else if (!is_next) {
    account_->on_acked(i);
    if (s.acked_count() == s.wanted().size()) position_mode_->begin();
    s.hold(account_->uncertain());
  }
  contracts_->begin();
}

// ---------------------------------------------------------------- connecting, login

std::int64_t feed::may_connect() {
  std::int64_t last = 0;
  const auto later = out_.take_connect_slot(last);
  const auto utc = out_.now();
  if (later != 0) {
    log_.warn(trouble::venue_error,
              sdk::cat("this machine made ", connect_budget::most,
                       " connects within 5 minutes: waiting, for the venue would block its address"));
    return out_.mono() + std::max<std::int64_t>(later - utc, 1000 * ms);
  }
  // A program that is started again and again does not wait in between by itself.
  const bool just_before = last != 0 && utc - last < 10'000 * ms;
  if (!waited_ && just_before) {
    waited_ = true;
    return out_.mono() + backoff(seed_).delay(1);
  }
  waited_ = true;
  return 0;
}

// The venue refuses a timestamp that is 30 s off, and the clock may have been set since the last login.
bool feed::on_login_wanted(session&) {
  if (!rest_.available()) return true;
  rest_.measure_clock([this](bool) { on_clock(); });
  return false;
}

void feed::on_clock() {
  const auto& clock = rest_.clock();
  market_->set_clock_offset(clock.offset());
  const auto answer = [&](session& s) {
    if (!s.waits_for_login()) return;
    if (!clock.refused()) return s.log_in_now();
    s.refuse_login(sdk::cat("this machine's clock is ", std::llabs(clock.offset()) / (1000 * ms), " s ",
                            clock.offset() > 0 ? "behind" : "ahead of",
                            " the venue's, which refuses logins that are 30 s off: correct the clock (NTP)"));
  };
  for (auto& d : sides_) {
    answer(d->link);
    if (d->next) answer(d->next->link);
  }
}

void feed::on_lost(session& s) {
  bool is_next = false;
  auto& d = side_of(s, is_next);
  if (is_next) {
    d.drop_next = true;
    return;
  }
  // What was to take over is given up, too: an ordinary reconnect knows how to begin.
  if (d.next) {
    if (!s.is_private()) market_->cancel_rotation(d.next->link);
    d.drop_next = true;
  }
  d.unavailable.clear();
  d.rotate_at = 0;
  s.is_private() ? account_->on_lost() : market_->on_lost(s);
}

void feed::on_unavailable(session& s, std::size_t i, const std::string& why) {
  bool is_next = false;
  auto& d = side_of(s, is_next);
  const auto& w = s.wanted()[i];
  out_.log(TRAPLINE_LOG_ERROR, w.channel + " of " + w.instrument + " is not served: " + why);
  if (is_next) {
    d.drop_next = true;
    return;
  }
  if (d.unavailable.empty()) d.unavailable = w.channel + " of " + w.instrument + " is not served: " + why;
  s.is_private() ? account_->on_unavailable() : market_->on_unavailable(s, i);
}

}  // namespace trapline::mm_ws
