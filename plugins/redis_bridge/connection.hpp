// One connection to Redis that comes back by itself: login, pipelining, matching of replies, liveness, backoff.
//
// Everything happens on the thread that polls the loop.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "environment.hpp"
#include "resp.hpp"
#include "settings.hpp"
#include "trapline/net/loop.hpp"
#include "trapline/net/stream.hpp"

namespace trapline::redis_bridge {

// What a reply belongs to; given with the command and handed back with the answer.
struct tag {
  enum class kind : std::uint8_t {
    handshake,
    ping,
    ignore,      // only errors matter
    log_append,  // index: of the log
    log_trim,
    log_last,    // read back the newest entry of a log
    log_search,  // the same, looking further back
    log_length,
    key_set,  // index: of the key
    merge_watch,
    merge_get,
    merge_multi,
    merge_queued,
    merge_exec,
    key_type,  // index: of the key
    rename,
    command,  // index: of the job, 0 = poll
    fact,
    window  // index: of the window list
  };
  kind what = kind::ignore;
  std::uint32_t index = 0;
  std::uint32_t bytes = 0;  // of the command, filled in by the connection
};

class connection_handler {
 public:
  virtual ~connection_handler() = default;
  virtual void on_connected() = 0;  // logged in; commands may be sent
  virtual void on_reply(const tag& t, const reply& r) = 0;
  virtual void on_replies_done() = 0;  // after each run of on_reply: there is room again
  virtual void on_lost() = 0;          // commands without an answer may or may not have been carried out
};

class connection final : net::stream_handler {
 public:
  connection(net::loop& l, const settings& s, environment& env, meters& m, connection_handler& handler);
  ~connection() override;

  void start() { open(); }

  // Call often; mono time. Watches over silence.
  void tick();

  bool ready() const { return stage_ == stage::ready; }
  // An attempt to connect is being made right now.
  bool under_way() const { return stage_ == stage::connecting || stage_ == stage::login; }
  // Whether another command may join those without an answer. Once there are too many, not before half of them are
  // answered: else each answer would let one command through, at the price of a system call on either side.
  bool room() const { return ready() && !full_; }
  bool idle() const { return in_flight_.empty(); }

  // Appends a command: write it into out(), then say what it is. Goes out with flush().
  std::string& out() { return out_; }
  void commit(tag t);
  void flush();

  // Gives the connection up and tries again after the backoff.
  void fail(const std::string& why);

  const std::string& last_error() const { return last_error_; }

 private:
  enum class stage { waiting, connecting, login, ready };

  void on_open() override;
  void on_data(std::string_view bytes) override;
  void on_written() override {}
  void on_close(const std::string& why) override;

  void open();
  void take(const tag& t, const reply& r);
  void on_handshake(std::uint32_t step, const reply& r);
  void logged_in();
  std::int64_t next_delay();

  net::loop& loop_;
  const settings& settings_;
  environment& env_;
  meters& meters_;
  connection_handler& handler_;

  stage stage_ = stage::waiting;
  std::unique_ptr<net::stream> stream_;
  std::unique_ptr<reply_reader> reader_;
  net::timer retry_;
  std::string out_;
  std::size_t committed_ = 0;  // bytes of out_ that belong to commands already counted
  std::deque<tag> in_flight_;
  std::size_t flight_bytes_ = 0;
  bool full_ = false;
  std::int64_t last_heard_ = 0;     // mono
  std::int64_t waiting_since_ = 0;  // mono: last answer while others are due, or when the first was sent
  unsigned attempts_ = 0;
  bool ever_ready_ = false;
  std::uint64_t jitter_;
  std::string last_error_;
  std::string fault_;  // set while replies are being taken: give up afterwards

  // Identity of the server and of our connection there, from the latest login.
  std::string run_id_, seen_run_id_;
  std::int64_t client_id_ = 0, seen_client_id_ = 0;
};

}  // namespace trapline::redis_bridge
