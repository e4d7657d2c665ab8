// Streams and lists on their way to Redis: bounded, in order, each entry once.
//
// A `log` is one stream (XADD) or capped list (LPUSH). Entries are numbered 1, 2, 3 ... when they are first sent, and
// keep their number when they are sent again. Entries wait in three places:
//   fresh    not sent yet; the only ones that a full spool gives up
//   flight   sent, no answer yet
//   again    sent over a connection that broke, and known not to have arrived
// After a broken connection the newest entry of every log is read back, and the log goes on exactly behind it. What is
// lost is announced in its place by one entry of type `gap` with the exact count.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "environment.hpp"

namespace trapline::redis_bridge {

// Name and value pairs of an entry, encoded as RESP bulk strings.
struct field_list {
  std::string resp;
  std::uint32_t pairs = 0;
  void add(std::string_view name, std::string_view value);
  void add(std::string_view name, std::int64_t value);
  void add_decimal(std::string_view name, std::int64_t mantissa, int exp);
};

struct entry {
  std::string type;          // empty for an entry of a list
  field_list fields;         // of a stream entry
  std::string json;          // of a list entry: an object without its closing brace
  std::int64_t ts = 0;       // UTC ns
  std::uint64_t order = 0;   // over all logs
  std::uint64_t seq = 0;     // 0 = not numbered yet
  std::uint64_t covers = 1;  // events that are lost if this entry is; for a gap, those that it announces
  bool gap = false;
  bool refused = false;  // Redis answered with an error

  std::size_t bytes() const { return sizeof(entry) + fields.resp.capacity() + json.capacity(); }
};

// What is known to be lost, to be told by a gap entry.
struct loss {
  std::string_view reason;  // `spool_overflow`, `redis_refused`, `redis_lost`, `reordered`
  std::uint64_t count = 0;
  std::uint64_t from_seq = 0, to_seq = 0;  // 0 = the lost entries had no number
  std::uint64_t repeated = 0;              // entries behind it that a reader may have seen before
  std::int64_t first_ts = 0, last_ts = 0;
};

class log {
 public:
  log(std::string key, family f, bool list, std::int64_t maxlen);

  const std::string& key() const { return key_; }
  family kind() const { return family_; }
  bool is_list() const { return list_; }
  std::uint64_t confirmed() const { return acked_; }  // the highest number that Redis has confirmed
  std::size_t waiting() const { return fresh_.size() + flight_.size() + again_.size() + refused_.size(); }

 private:
  // Readers of this list know nothing but its own kind of object, so losses are counted and logged only.
  bool tells_losses() const { return family_ != family::trap_history && family_ != family::recent_traps; }
  bool has_work() const { return !again_.empty() || !fresh_.empty() || overflow_.count > 0; }

  friend class spool;
  std::string key_;
  family family_;
  bool list_;
  std::int64_t maxlen_;
  std::string head_;  // of each XADD, encoded: up to the name of the first field
  std::deque<entry> fresh_, flight_, again_;
  std::vector<entry> refused_;  // in flight and answered with an error, while later ones are still in flight
  loss overflow_;               // stands in front of fresh_
  std::uint64_t next_seq_ = 1;
  std::uint64_t acked_ = 0;        // highest number that Redis has confirmed
  std::int64_t halted_until_ = 0;  // mono; after an error
  bool probing_ = false;           // after an error: one entry at a time, until one is taken
  bool resuming_ = false;          // waits for what is read back
  bool queued_ = false;            // stands in spool::ready_
};

class spool {
 public:
  spool(std::uint64_t max_commands, std::uint64_t max_bytes, std::string boot_id, environment& env, meters& m)
      : max_commands_(max_commands), max_bytes_(max_bytes), boot_id_(std::move(boot_id)), env_(env), meters_(m) {
    after_seq_.add("boot_id", boot_id_);
  }

  // Index of the log with this key, made on first use.
  std::uint32_t open(std::string_view key, family f, bool list, std::int64_t maxlen);
  const log& at(std::uint32_t index) const { return *logs_[index]; }
  std::size_t size() const { return logs_.size(); }

  void append(std::uint32_t index, entry e);

  // Writes the next command of a log that has one, the account families before market data, and marks it as in flight.
  // False: nothing can be sent now. Sets `index` for the reply.
  bool next(std::string& out, std::uint32_t& index, std::int64_t mono);
  // For lists: the LTRIM that belongs behind it.
  void trim_command(std::uint32_t index, std::string& out) const;

  // Looks again at logs that waited after an error. Call now and then.
  void wake_all();

  // The answer to the oldest command in flight of a log. `error`: refused; try again from `retry_at` on (mono).
  void answered(std::uint32_t index, bool error, std::int64_t retry_at);

  // The connection broke. Until resume() of a log nothing of it is sent.
  void connection_lost();
  // Whether the log's newest entry must be read back before it goes on.
  bool wants_resume(std::uint32_t index) const;
  void skip_resume(std::uint32_t index);
  // `last`: number of the newest entry of ours that Redis holds, 0 = none.
  void resume(std::uint32_t index, std::uint64_t last);
  // For a log that cannot be read back: sends again what has no answer, at the price of possible repetition.
  void repeat_unconfirmed(std::uint32_t index) { resume(index, logs_[index]->acked_); }

  // Nobody will send what is here: counts it as lost, forgets it and names the number by family, such as `trades 7,
  // fills 1`. What is under way may have arrived all the same. Empty: there was nothing.
  std::string give_up_all();

  // Nothing of the log waits or is under way.
  bool idle(std::uint32_t index) const {
    const auto& l = *logs_[index];
    return !l.has_work() && l.flight_.empty() && l.refused_.empty();
  }

  bool empty() const { return commands_ == 0 && !any_overflow(); }
  std::uint64_t commands() const { return commands_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t dropped() const { return dropped_; }
  const std::string& boot_id() const { return boot_id_; }

 private:
  void enforce_limits();
  bool drop_one();
  bool any_overflow() const;
  void wake(log& l, std::uint32_t index);
  void lose(log& l, std::uint64_t count);
  void add_to(loss& gap, const entry& e);
  void announce(log& l, const loss& gap, std::deque<entry>& where, std::uint64_t seq = 0);
  void give_up_refused(log& l);
  void settle_refused(log& l, std::int64_t retry_at);
  entry gap_entry(const log& l, const loss& what) const;
  void write(const log& l, const entry& e, std::string& out) const;
  void release(const entry& e);
  void keep(const entry& e);
  void publish_gauges();

  std::uint64_t max_commands_, max_bytes_;
  std::string boot_id_;
  field_list after_seq_;  // the field that is the same in every entry, encoded
  environment& env_;
  meters& meters_;
  std::vector<std::unique_ptr<log>> logs_;
  std::unordered_map<std::string, std::uint32_t> by_key_;
  std::uint64_t order_ = 0, commands_ = 0, bytes_ = 0, dropped_ = 0;
  static constexpr int ranks = 4;
  std::deque<std::uint32_t> ready_[ranks];  // logs with work, by rank
  unsigned burst_ = 0;                      // entries taken in a row from the first of a queue
};

}  // namespace trapline::redis_bridge
