// The whole feed of one instance: its public connections and the private one, their data, their status, and what REST
// adds.
//
// Single-threaded; the owner calls advance() when deadline() has come and after its sockets had their turn.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "account_data.hpp"
#include "account_mode.hpp"
#include "contracts.hpp"
#include "debug_ring.hpp"
#include "frame_recorder.hpp"
#include "market_data.hpp"
#include "outlet.hpp"
#include "position_mode.hpp"
#include "rest_client.hpp"
#include "session.hpp"

namespace trapline::mm_ws {

class feed final : session_owner {
 public:
  // `instance`: its name, for feed.status.<instance>. `seed`: of the reconnect jitter.
  feed(options o, std::string_view instance, outlet& out, std::uint64_t seed);
  ~feed() override;

  void start();
  void stop();
  std::int64_t deadline() const;  // on the monotonic clock
  void advance();

  // State of the least fit connection of its kind, TRAPLINE_FEED_STOPPED if none is configured.
  std::uint8_t public_state() const;
  std::uint8_t private_state() const;
  // "v1", "v2" or "v3"; "auto" while the venue has not been asked yet.
  const std::string& api() const noexcept { return options_.api; }

  // What a person wants to know who looks for a fault, as one JSON object: state and text of each connection, when the
  // last message came, the last messages and errors. Without secrets.
  std::string debug_json() const;
  // Connects anew wherever there is a connection: everything is subscribed again and comes as a fresh snapshot. Returns
  // how many those are; one that waits for its next attempt does not begin earlier.
  std::size_t resubscribe();

 private:
  // One connection.
  struct side {
    side(const options& o, bool is_private, std::vector<subscription> wanted, std::size_t first, outlet& out,
         session_owner& owner, std::uint64_t seed)
        : link(o, is_private, std::move(wanted), first, out, owner, seed), reader(o.dialect()) {}
    session link;
    frame_reader reader;
    std::uint64_t reconnects_told = 0;
    std::string unavailable;     // subscriptions that the venue does not serve
    std::unique_ptr<side> next;  // connects to take its place
    std::int64_t rotate_at = 0;  // monotonic; 0: not before the next connection
    bool drop_next = false;      // by advance(), not inside its callbacks
  };
  // What the connections of one kind are together.
  struct endpoint_status {
    std::uint8_t state = 0, previous = 0;
    std::string text;
    bool pending = false;
  };

  void on_frame(session& s, std::string_view text) override;
  void on_state(session& s, std::uint8_t previous) override;
  void on_traffic(session& s, traffic what, std::string_view text) override;
  void on_acked(session& s, std::size_t i) override;
  void on_lost(session& s) override;
  bool on_login_wanted(session& s) override;
  std::int64_t login_time() override { return rest_.clock().corrected(out_.now()); }
  bool on_notice(session& s) override;
  std::int64_t may_connect() override;
  void on_unavailable(session& s, std::size_t i, const std::string& why) override;

  // What depends on the API, once that is known.
  void build();
  void start_links();
  bool ask_for_candles(std::size_t i, unsigned limit);
  void on_clock();
  // The side that `s` belongs to; `is_next`: as the one that is to take over.
  side& side_of(const session& s, bool& is_next);
  feed_counters& counters_of(bool is_private) { return is_private ? private_counters_ : public_counters_; }
  const side* worst(bool is_private) const;

  void begin_rotation(side& d, const char* why);
  void advance_rotation(side& d, std::int64_t now);

  void publish_status(bool is_private);
  void publish_waiting();
  bool publish_status(const trapline_feed_status& p);
  void report_health();

  options options_;
  outlet& out_;
  const std::uint64_t seed_;
  const std::int64_t created_at_;  // UTC ns
  debug_ring messages_, errors_;
  frame_recorder recorder_;
  bool recording_ = false;
  log_limiter log_;
  feed_counters public_counters_, private_counters_;
  rest_client rest_;
  account_mode mode_;
  std::unique_ptr<market_data> market_;
  std::unique_ptr<account_data> account_;
  std::unique_ptr<contracts> contracts_;
  std::unique_ptr<position_mode> position_mode_;
  std::vector<std::unique_ptr<side>> sides_;  // the public ones, then the private one
  endpoint_status status_[2];                 // public, private
  std::uint32_t status_topic_;
  sdk::counter reconnects_, rotations_;
  std::uint64_t rotations_begun_ = 0;
  std::uint64_t retired_reconnects_[2] = {};  // of connections that were replaced
  bool started_ = false;
  bool waited_ = false;  // before the first connect, for one that was made just before this start
  std::int64_t next_status_ = 0;
  std::uint32_t health_ = 0;
  std::string health_text_;
};

}  // namespace trapline::mm_ws
