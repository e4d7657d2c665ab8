#include <algorithm>
#include <cstdio>
#include <ctime>

#include "document_parts.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {

std::string iso_time(std::int64_t ns) {
  const std::time_t seconds = ns / 1'000'000'000;
  std::tm t{};
  gmtime_r(&seconds, &t);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03d+00:00", t.tm_year + 1900, t.tm_mon + 1,
                t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, static_cast<int>(ns / 1'000'000 % 1000));
  return text;
}

std::string epoch_seconds(std::int64_t ns) { return ns <= 0 ? "0" : sdk::format(ns / 1'000'000, -3); }

namespace {

enum class link { connected, authenticating, disconnected };

link link_of(std::uint8_t state) {
  switch (state) {
    case TRAPLINE_FEED_SUBSCRIBING:
    case TRAPLINE_FEED_LIVE:
    case TRAPLINE_FEED_STALE:
      return link::connected;
    case TRAPLINE_FEED_AUTHENTICATING:
      return link::authenticating;
    default:
      return link::disconnected;
  }
}

std::string_view link_name(link l) {
  return l == link::connected ? "CONNECTED" : l == link::authenticating ? "AUTHENTICATING" : "DISCONNECTED";
}

// From best to worst, for the one state of several sockets.
int badness(std::uint8_t state) {
  switch (state) {
    case TRAPLINE_FEED_LIVE:
      return 0;
    case TRAPLINE_FEED_STALE:
      return 1;
    case TRAPLINE_FEED_SUBSCRIBING:
      return 2;
    case TRAPLINE_FEED_AUTHENTICATING:
      return 3;
    case TRAPLINE_FEED_CONNECTING:
      return 4;
    case TRAPLINE_FEED_BACKOFF:
      return 5;
    case TRAPLINE_FEED_STOPPED:
      return 6;
    default:
      return 7;
  }
}

std::int64_t last_message(const world& known) {
  std::int64_t latest = 0;
  for (const auto& f : known.feeds()) latest = std::max(latest, f.status.last_message_ts);
  return latest;
}

void feed_json(json_writer& w, const feed_view& f, bool silent) {
  const auto& s = f.status;
  w.object();
  w.key("feed").string(f.name);
  w.key("endpoint").string(s.endpoint == TRAPLINE_ENDPOINT_PRIVATE ? "private" : "public");
  w.key("state").string(silent ? "SILENT" : sdk::feed_state_name(s.state));
  w.key("code").integer(s.code);
  w.key("attempt").integer(s.attempt);
  w.key("subscriptions_wanted").integer(s.subscriptions_wanted);
  w.key("subscriptions_acked").integer(s.subscriptions_acked);
  w.key("last_message").raw(epoch_seconds(s.last_message_ts));
  w.key("messages").integer(static_cast<std::int64_t>(s.messages));
  w.key("malformed").integer(static_cast<std::int64_t>(s.malformed));
  w.key("gaps").integer(static_cast<std::int64_t>(s.gaps));
  w.key("resyncs").integer(static_cast<std::int64_t>(s.resyncs));
  w.key("reconnects").integer(static_cast<std::int64_t>(s.reconnects));
  w.key("refused").integer(static_cast<std::int64_t>(s.refused));
  w.key("text").string(sdk::view(s.text));
  w.end_object();
}

// What all sockets together are like.
struct summary {
  link connection = link::disconnected;
  const feed_view* speaker = nullptr;  // the socket in the worst state speaks for all
  bool any_silent = false, any_error = false, all_live = false;
};

bool is_silent(const document_context& c, const status_extra& extra, const feed_view& f) {
  return c.now - f.received > extra.silent_after;
}

summary summary_of(const document_context& c, const status_extra& extra) {
  summary s;
  s.all_live = !c.known.feeds().empty();
  if (s.all_live) s.connection = link::connected;
  for (const auto& f : c.known.feeds()) {
    const bool silent = is_silent(c, extra, f);
    s.connection = std::max(s.connection, silent ? link::disconnected : link_of(f.status.state));
    s.any_silent |= silent;
    s.any_error |= f.status.state == TRAPLINE_FEED_FAILED || f.status.code == TRAPLINE_FEED_CODE_AUTH_FAILED;
    s.all_live &= f.status.state == TRAPLINE_FEED_LIVE && !silent;
    if (!s.speaker || badness(f.status.state) > badness(s.speaker->status.state)) s.speaker = &f;
  }
  if (c.stopped) s.connection = link::disconnected;
  return s;
}

}  // namespace

std::string debug_document(const document_context& c, const status_extra& extra, const std::deque<debug_line>& messages,
                           const std::deque<debug_line>& errors) {
  const auto lines = [](json_writer& w, const std::deque<debug_line>& from) {
    w.array();
    for (const auto& l : from) {
      w.object().key("timestamp").string(iso_time(l.ts));
      w.key("text").string(l.text).end_object();
    }
    w.end_array();
  };
  json_writer w;
  w.object();
  w.key("last_update").raw(epoch_seconds(last_message(c.known)));
  w.key("connection_state").string(link_name(summary_of(c, extra).connection));
  lines(w.key("message_queue"), messages);
  lines(w.key("error_log"), errors);
  w.key("source").string("trapline");
  w.key("boot_id").string(c.boot_id);
  w.key("timestamp").string(iso_time(c.now));
  say_if_stopped(w, c);
  w.end_object();
  return w.take();
}

std::string status_document(const document_context& c, const status_extra& extra) {
  const auto sum = summary_of(c, extra);
  const auto* speaker = sum.speaker;
  std::string_view state = speaker ? sdk::feed_state_name(speaker->status.state) : "UNKNOWN";
  if (sum.any_silent) state = "SILENT";
  if (c.stopped) state = "STOPPED";
  std::string error;
  if (speaker && speaker->status.state != TRAPLINE_FEED_LIVE) error = sdk::view(speaker->status.text);
  if (sum.any_silent) error = "a feed has stopped reporting";
  if (error.empty() && !extra.redis_error.empty()) error = sdk::cat("redis: ", extra.redis_error);

  json_writer w;
  w.object();
  w.key(field_connection.plain).string(link_name(sum.connection));
  w.key(field_feed_state.plain).string(state);
  w.key("code").integer(speaker ? speaker->status.code : 0);
  w.key("attempt").integer(speaker ? speaker->status.attempt : 0);
  w.key("last_error");
  error.empty() ? w.null() : w.string(error);
  w.key("last_heartbeat").raw(epoch_seconds(last_message(c.known)));
  if (c.words == vocabulary::seed) {
    const auto plain = sum.any_error ? "error" : sum.all_live && !c.stopped ? "ok" : "recovering";
    w.key(field_connection.seed).string(link_name(sum.connection));
    w.key(field_feed_state.seed).string(seed_word(feed_state_words, plain));
    w.key(sacred_frequency_field).raw(sacred_frequency);
    w.key(schumann_resonance_field).raw(schumann_resonance);
  }
  w.key("feeds").array();
  for (const auto& f : c.known.feeds()) feed_json(w, f, is_silent(c, extra, f));
  w.end_array();
  w.key("redis_dropped").integer(static_cast<std::int64_t>(extra.redis_dropped));
  w.key("redis_error");
  extra.redis_error.empty() ? w.null() : w.string(extra.redis_error);
  w.key("source").string("trapline");
  w.key("boot_id").string(c.boot_id);
  w.key("timestamp").string(iso_time(c.now));
  w.key("expires_at").raw(epoch_seconds(extra.expires_at));
  say_if_stopped(w, c);
  w.end_object();
  return w.take();
}

std::string last_update_document(const world& known) { return epoch_seconds(last_message(known)); }

}  // namespace trapline::redis_bridge
