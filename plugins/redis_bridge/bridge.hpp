// The bridge: bus events in, Redis keys and streams out.
//
// Everything happens on the thread that polls the loop. on_event() never waits; what Redis does not take is kept within
// the limits of the spool, and what does not fit is counted and announced.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "commands.hpp"
#include "connection.hpp"
#include "documents.hpp"
#include "entries.hpp"
#include "environment.hpp"
#include "facts.hpp"
#include "keys.hpp"
#include "omega.hpp"
#include "relay.hpp"
#include "settings.hpp"
#include "spool.hpp"
#include "trapline/net/loop.hpp"
#include "world.hpp"

namespace trapline::redis_bridge {

// How long the documents of an orderly stop stay: a dead writer must become visible, this one said goodbye.
inline constexpr std::int64_t kept_after_stop = 24 * 3'600 * second;

// Feeds report at least every 5 s, see market.h; one that has not for so long counts as gone.
inline constexpr std::int64_t feed_silent_after = 15 * second;

// Where every change of a feed's state is published; the seed looks for the word `websocket` in MONITOR.
inline constexpr std::string_view events_channel = "mm_websocket:events";

class bridge final : connection_handler {
 public:
  bridge(net::loop& l, settings s, environment& env, meters m, std::string boot_id);

  // Connects, in the background.
  void start();
  void on_event(const trapline_event& e);

  // Writes what is left, then the documents once more, marked as stopped. Call again, polling the loop in between,
  // until it returns true. It ends after 3 s at the latest, and at once if Redis is not there; what is lost then is
  // logged.
  bool drain();

  // It ends now, drained or not: what Redis has not confirmed is logged and counted by family.
  void stop();

  // Writes all documents at once, not at their next period.
  void refresh();
  // What goes on inside, as a JSON object.
  std::string debug() const;
  // Why what stands in Redis may not be what is: Redis not there or refusing, something not written yet, a feed not
  // live, the position not certain. Empty: all is well.
  std::string misalignment() const;

  bool connected() const { return connection_.ready(); }
  const spool& waiting() const { return spool_; }
  const std::string& boot_id() const { return spool_.boot_id(); }

 private:
  enum class drain_stage { none, flushing, last_words, done };

  void on_connected() override;
  void on_reply(const tag& t, const reply& r) override;
  void on_replies_done() override;
  void on_lost() override;

  void append(const trapline_event& e);
  void append_gap_everywhere(const trapline_event& e);
  std::uint32_t log_of(const trapline_event& e);
  std::uint32_t open_log(const destination& d);
  std::int64_t maxlen_of(family f) const;
  bool writes(family f) const;

  void tick();
  void schedule_flush();
  void flush();
  void read_back(std::uint32_t log, bool deep);
  void on_read_back(const tag& t, const reply& r);
  void on_error(const tag& t, std::string_view text);
  std::string what_of(const tag& t) const;
  bool move_away(const std::string& key);
  std::string key_of(const tag& t) const;
  std::optional<command_reader::outcome> execute(std::uint32_t number, std::string_view cmd, std::string_view args);
  void announce_names(std::vector<std::string> names);
  std::vector<std::string> all_names() const;
  void remember(std::deque<debug_line>& lines, std::string text);

  document_context context() const;
  void write_status();
  void write_positions();
  void write_orders();
  void write_account();
  void write_traps();
  void write_price();
  void write_last_words();
  void record_position_changes();
  void record_fill(const trapline_event& e);
  void record_trap();
  void announce_status(const trapline_event& e, const trapline_feed_status& s);
  void publish(std::string_view channel, std::string json);
  void update_health();
  std::string redis_error() const;

  settings settings_;
  environment& env_;
  meters meters_;
  world world_;
  spool spool_;
  key_store keys_;
  fact_queue facts_;
  std::unique_ptr<command_reader> commands_;  // null unless some are allowed
  std::unique_ptr<omega> omega_;              // null unless the profile asks for it
  std::unique_ptr<relay> relay_;              // null unless it is enabled
  connection connection_;
  net::timer tick_timer_, flush_timer_;
  bool flush_armed_ = false;
  bool no_room_ = false;  // the latest flush ended because too much was in flight

  // Topic id -> log index + 1, 0 = not looked up yet, none = nowhere.
  static constexpr std::uint32_t no_log = ~0u;
  std::vector<std::uint32_t> routes_;
  std::uint32_t position_history_ = 0, fill_history_ = 0, trap_history_ = 0;

  std::uint32_t ws_status_, ws_last_update_, ws_debug_, trap_, trap_probability_, targets_, positions_, orders_, plans_,
      balance_;
  std::uint32_t last_price_, previous_price_, volume_, price_time_, price_json_;
  merged_key position_;

  // When each group is due again, mono.
  std::int64_t status_due_ = 0, position_due_ = 0, orders_due_ = 0, account_due_ = 0, trap_due_ = 0, price_due_ = 0;
  bool price_changed_ = false;
  std::optional<sdk::decimal> published_price_, before_published_price_;

  std::map<std::string, std::set<std::string>> known_errors_;    // key -> codes, to log each kind once
  std::map<std::string, std::uint64_t, std::less<>> published_;  // channel -> number of its last message
  std::map<std::string, std::int64_t> moved_at_;                 // mono; when a key was last moved out of the way
  std::deque<std::pair<std::string, std::string>> renames_;      // in flight
  std::deque<debug_line> messages_, error_lines_;                // newest first, bounded
  std::string last_error_reply_;
  std::string health_text_;  // as last told to the host

  drain_stage drain_stage_ = drain_stage::none;
  bool stopped_ = false;  // the documents speak their last words
  std::int64_t drain_deadline_ = 0;
};

}  // namespace trapline::redis_bridge
