// What the venue does by the wall clock: ages, faults, replays.
#include <cmath>
#include <utility>

#include "venue.hpp"

namespace trapline::paper_venue {
namespace {

constexpr std::uint16_t policy_violation = 1008, going_away = 1001, normal = 1000;

}  // namespace

void venue::check_ages(std::int64_t mono) {
  for (auto& s : sessions_) {
    if (s->closing) continue;
    if (!s->v1 && mono - s->last_ping > settings_.ping_timeout) {
      log("a client sent no ping for " + std::to_string(settings_.ping_timeout / second) + " s: closed");
      end(*s, policy_violation, "no ping");
    } else if (mono - s->opened > settings_.lifetime) {
      log("a connection has reached its " + std::to_string(settings_.lifetime / second) + " s: closed");
      end(*s, going_away, "connection is too old");
    }
  }
}

void venue::send_delayed(std::int64_t mono) {
  for (auto& s : sessions_)
    for (const auto& text : faults_.due(mono, s->way)) put(*s, text);
  for (; !late_answers_.empty() && late_answers_.front().due <= mono; late_answers_.pop_front())
    late_answers_.front().exchange->respond(late_answers_.front().response);
}

void venue::run_faults(std::int64_t mono) {
  if (cut_at_ && mono >= *cut_at_) {
    cut_at_.reset();
    for (auto& s : sessions_) s->link->abort();
  }
  if (!first_subscription_) return;
  while (next_fault_ < settings_.faults.size() && mono - *first_subscription_ >= settings_.faults[next_fault_].at)
    inflict(settings_.faults[next_fault_++]);
  if (settings_.faults_per_minute <= 0) return;
  const auto pause = [&] {
    return static_cast<std::int64_t>(fault_random_.exponential(60 / settings_.faults_per_minute) * 1e9);
  };
  if (!next_random_fault_) next_random_fault_ = *first_subscription_ + pause();
  while (mono >= *next_random_fault_) {
    inflict(random_fault(fault_random_));
    *next_random_fault_ += pause();
  }
}

void venue::inflict(const fault& f) {
  const auto mono = clock_.mono();
  ++counts_.faults;
  log("fault: " + f.text);
  switch (f.kind) {
    case fault_kind::drop:
      for (auto& s : sessions_) s->link->abort();
      break;
    case fault_kind::close_storm:
      storm_until_ = mono + f.number * second;
      for (auto& s : sessions_) end(*s, going_away, "service unavailable");
      break;
    case fault_kind::black_hole:
      faults_.black_hole_until = mono + f.number * second;
      break;
    case fault_kind::notice_30033:
      for (auto& s : sessions_)
        send(*s, wire::error(30033, "Service upgrade in progress. Connection reset imminent. Please reconnect."),
             frame_kind::other);
      cut_at_ = mono + f.number * second;
      break;
    case fault_kind::delay:
      faults_.delay = f.number * 1'000'000;
      faults_.delay_until = mono + f.number2 * second;
      break;
    case fault_kind::truncate:
      faults_.truncate += f.number;
      break;
    case fault_kind::corrupt:
      faults_.corrupt += f.number;
      break;
    case fault_kind::duplicate:
      faults_.duplicate += f.number;
      break;
    case fault_kind::reorder:
      faults_.reorder += f.number;
      break;
    case fault_kind::wrong_checksum:
      falsify_next_ = true;
      break;
    case fault_kind::seq_gap:
      skip_next_book_ = true;
      break;
    case fault_kind::silence:
      for (auto& s : sessions_)
        for (auto& sub : s->subscriptions)
          if (f.word.empty() || sub.arg.channel == f.word) sub.muted = true;
      break;
    case fault_kind::lost_ack:
      faults_.lost_acks += f.number;
      break;
    case fault_kind::lost_push:
      faults_.lost_pushes += f.number;
      break;
    case fault_kind::login_refused:
      logins_to_refuse_ += f.number;
      break;
    case fault_kind::clock_jump:
      clock_jump_ += f.number * 1'000'000;
      break;
    case fault_kind::rest_error:
      rest_errors_ = {static_cast<int>(f.number), f.number2};
      break;
    case fault_kind::rest_timeout:
      rest_timeouts_ += f.number;
      break;
  }
}

void venue::play(std::int64_t mono) {
  bool some_done = false, some_playing = false;
  for (auto& s : sessions_) {
    if (s->closing) continue;
    if (!s->played)
      s->played = s->player->advance(
          mono, [&] { return s->link->buffered(); },
          [&](const std::string& text) { send(*s, text, frame_kind::data); });
    some_done = some_done || s->played;
    // A connection that asked for nothing holds nobody up.
    some_playing = some_playing || (!s->played && !s->subscriptions.empty());
    if (s->played && settings_.after_replay == when_done::close) {
      log("replay finished: closing the connection");
      end(*s, normal, "replay finished");
    }
  }
  if (settings_.after_replay != when_done::stop_engine) return;
  if (some_done && !some_playing && !finishing_) {
    finishing_ = true;
    log("replay finished: closing all connections, then stopping the engine");
  }
  if (!finishing_) return;
  for (auto& s : sessions_) end(*s, normal, "replay finished");
  if (sessions_.empty() && !std::exchange(finish_told_, true) && hooks_.replay_finished) hooks_.replay_finished();
}

}  // namespace trapline::paper_venue
