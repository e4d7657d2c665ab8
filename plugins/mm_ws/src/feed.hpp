// The whole feed of one instance: a public and a private connection, their data, their status, and what REST adds.
//
// Single-threaded; the owner calls advance() when deadline() has come and after its sockets had their turn.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "account_data.hpp"
#include "account_mode.hpp"
#include "contracts.hpp"
#include "market_data.hpp"
#include "outlet.hpp"
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

  // State of a connection, TRAPLINE_FEED_STOPPED if it is not configured.
  std::uint8_t public_state() const;
  std::uint8_t private_state() const;
  // "v1", "v2" or "v3"; "auto" while the venue has not been asked yet.
  const std::string& api() const noexcept { return options_.api; }

 private:
  // One connection with what belongs to it.
  struct side {
    side(const options& o, bool is_private, std::vector<subscription> wanted, outlet& out, session_owner& owner,
         std::uint64_t seed)
        : link(o, is_private, std::move(wanted), out, owner, seed), reader(o.dialect()) {}
    session link;
    frame_reader reader;
    bool status_pending = false;
    std::uint8_t previous = 0;
    std::uint64_t reconnects_told = 0;
    std::string unavailable;  // subscriptions that the venue does not serve
  };

  void on_frame(session& s, std::string_view text) override;
  void on_state(session& s, std::uint8_t previous) override;
  void on_acked(session& s, std::size_t i) override;
  void on_lost(session& s) override;
  bool on_login_wanted(session& s) override;
  std::int64_t login_time() override { return rest_.clock().corrected(out_.now()); }
  void on_unavailable(session& s, std::size_t i, const std::string& why) override;

  // What depends on the API, once that is known.
  void build();
  void on_clock(bool known);
  side& side_of(const session& s) { return s.is_private() ? *private_ : *public_; }
  feed_counters& counters_of(const session& s) { return s.is_private() ? private_counters_ : public_counters_; }
  void publish_status(side& d);
  void publish_waiting();
  void publish_status(const trapline_feed_status& p, bool& pending);
  void report_health();

  options options_;
  outlet& out_;
  const std::uint64_t seed_;
  log_limiter log_;
  feed_counters public_counters_, private_counters_;
  rest_client rest_;
  account_mode mode_;
  std::unique_ptr<market_data> market_;
  std::unique_ptr<account_data> account_;
  std::unique_ptr<contracts> contracts_;
  std::unique_ptr<side> public_, private_;
  std::uint32_t status_topic_;
  sdk::counter reconnects_;
  bool started_ = false;
  std::int64_t next_status_ = 0;
  std::uint32_t health_ = 0;
  std::string health_text_;
};

}  // namespace trapline::mm_ws
