// Reads one relay stream of another host's bridge and passes its events on to the bus of this one.
//
// The stream has a consumer group, and the group one reader at a time: it holds a lease, and others with other names
// stand by until it has run out. Every step is one script: it proves the lease, notes how far this reader has come
// together with the acknowledgement of what it has passed on, and takes the next entries. Nothing is acknowledged
// before the lane has handled it. While the stream is empty a blocking XREAD waits for the next entry.
//
// Entries that an earlier reader was given and did not acknowledge may have been on its bus or not. By default they
// count as lost, which is announced; with `unfinished: repeat` they are passed on. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bus_outlet.hpp"
#include "connection.hpp"
#include "ingest_events.hpp"
#include "ingest_order.hpp"

namespace trapline::redis_bridge {

struct ingest_meters {
  sdk::counter events, lost, repeated, refused;
  sdk::gauge reading;  // 1 while this is the group's reader
};

class ingest_stream final : connection_handler {
 public:
  // `number`: for bus_outlet::barrier(). `token`: tells this run from others; that of the bridge's own boot, whose
  // entries are never taken.
  ingest_stream(net::loop& l, const settings& s, environment& env, bus_outlet& bus, const ingest_meters& m,
                std::uint32_t number, std::string tag, std::string token,
                std::function<void(const trapline_event&)> published);

  // Connects, and reads from then on.
  void begin();
  // Takes nothing new. What has been read is still passed on and acknowledged, and the lease given back.
  void pause();
  // After pause(): the lease is given back, or nothing can be done about it.
  bool settled() const;

  // The lane has handled what was published.
  void on_barrier();
  // Call often.
  void tick();

 private:
  void on_connected() override;
  void on_reply(const tag& t, const reply& r) override;
  void on_replies_done() override {}
  void on_lost() override;

  void step();
  void ring();  // waits for the next entry
  void on_step(const reply& r);
  void on_joined(const reply& r);
  void on_entries(const reply& list);
  void take(const reply& item);
  void tell_loss(const judgement& j);
  void refuse(std::string_view id, std::string_view why);
  void publish();
  void fenced(std::string_view by);
  void rest(std::int64_t ns);

  const settings& settings_;
  environment& env_;
  bus_outlet& bus_;
  ingest_meters meters_;
  meters no_meters_;
  std::uint32_t number_;
  std::string key_, state_key_, token_;
  std::function<void(const trapline_event&)> published_;
  connection connection_;
  net::timer retry_;

  ingest_order order_;
  ingest_events events_;
  std::vector<std::string> batch_;   // ids of what is being passed on
  std::vector<std::string> passed_;  // ids of what was passed on and is not acknowledged yet
  watermark passed_at_;              // as of passed_
  std::string last_id_;              // newest entry taken
  bool begun_ = false, paused_ = false, closed_ = false;
  bool under_way_ = false;  // a request
  bool joined_ = false;
  bool pending_ = false;     // first the entries that the group has given out before
  bool unfinished_ = false;  // they were given to another reader
  bool at_barrier_ = false;
  bool releasing_ = false;       // the step under way gives the lease back
  bool beaten_ = false;          // another process has taken our name
  std::int64_t not_before_ = 0;  // mono
  std::int64_t stepped_at_ = 0;  // mono
  std::size_t sent_ = 0;         // of passed_, with the step under way
  std::string told_;             // state or error as last logged
  std::string last_refusal_;
  std::string topic_;      // of the newest event
  std::string script_id_;  // empty: to be loaded
};

}  // namespace trapline::redis_bridge
