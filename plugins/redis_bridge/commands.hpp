// Commands in, through a stream with a consumer group; off unless the configuration allows some.
//
// A client writes one entry into `<prefix>:{cmd}:in`:
//   id      1..128 letters, digits, `.`, `_`, `:`, `-`; the same id is carried out once in 24 h
//   ttl_ms  1..86400000: how long the command is good for, from `ts`, else from the time in its stream id
//   actor   who asks; the same characters, 1..64
//   cmd     one of those allowed
//   args    a JSON object of at most 4 KiB; may be left out
//   ts      epoch ms; may be left out, but must be there with hmac
//   hmac    hex HMAC-SHA256 over the stream's name, id, ttl_ms, ts, actor, cmd, args, joined by '\n'; must be there if
//   a
//           key is configured
// All times are compared on Redis' clock, when the entry is read and again when it is claimed. Answers stand in
// `<prefix>:{cmd}:reply`: `accepted`, then `done`, with the `result` if there is one; or `rejected` with a reason.
// Every entry gets one final answer (`done` or `rejected`), and is removed with it.
//
// At most once: the id is claimed in Redis by a script, in one step with the answer `accepted`, and a command is
// carried out when the answer to its claim has come, never again. What another run of the bridge had claimed and not
// finished is `rejected` as `interrupted`. The final answer is given only while the entry is pending, in one step with
// its acknowledgement.
//
// Who can write to Redis can write a signed entry again, and delete what Redis knows of its id. So it is good for one
// stream, and for the run that it was meant for: one whose `ts` lies before this run's first poll is expired. This run
// remembers the ids that it has carried out. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "connection.hpp"

namespace trapline::redis_bridge {

class command_reader {
 public:
  struct outcome {
    std::string fault;   // why it could not be done; empty: done
    std::string result;  // JSON, may be empty
  };
  // Carries a command out. Nothing: its outcome comes by completed(), once, with the same number.
  using executor =
      std::function<std::optional<outcome>(std::uint32_t number, std::string_view cmd, std::string_view args)>;

  command_reader(const settings& s, environment& env, std::string boot_id, executor execute);

  const std::string& stream() const { return stream_; }
  // Goes on with what is under way, and asks for `more` if wanted. Call often; mono time.
  void poll(connection& c, std::int64_t mono, bool more);
  // Returns true if the reply was an error that should be told.
  bool on_reply(connection& c, const tag& t, const reply& r, std::int64_t retry_at);
  void connection_lost();
  void completed(std::uint32_t number, outcome o);
  // Nothing is to be read or written. What is being carried out is not waited for: it may be what ends this instance,
  // and the next run answers it as interrupted.
  bool idle() const;

 private:
  enum class stage { claim, execute, finish };
  struct job {
    std::string entry;  // id in the stream
    std::string id, actor, cmd, args;
    std::string status, reason, result;  // the final answer
    std::int64_t good_until = 0;         // epoch ms on Redis' clock: from then on it is expired
    stage next = stage::claim;
    bool in_flight = false;
    std::int64_t retry_at = 0;  // mono
  };

  void take(const reply& item, std::int64_t server_ms);
  // Why the entry is refused; empty: it may be claimed. Fills in id, cmd and args as far as they are sound.
  std::string check(const reply& fields, std::int64_t server_ms, job& out);
  bool allowed(std::string_view cmd, std::string_view args) const;
  bool signature_is_right(const std::map<std::string, std::string>& fields);
  void send(connection& c, std::uint32_t number, job& j);
  void on_claim(std::uint32_t number, job& j, std::string_view verdict);
  void finish(job& j, std::string_view status, std::string_view reason, std::string result = {});
  bool remember(const std::string& id);

  const settings& settings_;
  environment& env_;
  std::string boot_id_;
  executor execute_;
  std::string stream_, replies_, seq_key_, id_prefix_;
  bool polling_ = false;
  std::int64_t began_ms_ = 0;        // of the first poll, on Redis' clock; 0 = none was answered yet
  bool read_pending_ = true;         // first what an earlier run or connection had taken and not finished
  std::string pending_after_ = "0";  // of those, the last one seen
  std::int64_t poll_at_ = 0;         // mono
  std::map<std::uint32_t, job> jobs_;
  std::uint32_t next_number_ = 1;
  // Ids carried out by this run, should Redis forget them: the newest 4096.
  std::deque<std::string> order_;
  std::unordered_set<std::string> done_;
};

}  // namespace trapline::redis_bridge
