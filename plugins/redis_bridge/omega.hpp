// `profile: omega`: the further keys that the programs of the omega-btc-ai ecosystem read, in the forms they parse.
//
// All of them speak of the BTC instrument alone, because their readers know no symbol. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "documents.hpp"
#include "facts.hpp"
#include "keys.hpp"
#include "settings.hpp"
#include "spool.hpp"
#include "trapline/sdk/book.hpp"
#include "window_list.hpp"

namespace trapline::redis_bridge {

// An alarm as its readers want it: the first DETECTED or CONFIRMED stage of an episode.
struct trap_record {
  std::string id, detector;
  std::string_view type;  // name of the pattern
  double probability, confidence;
  std::optional<sdk::decimal> price;  // last trade
  double change;                      // (price - level) / level; 0 without both
  std::int64_t ts;                    // UTC ns, event time
};

// A stage of an episode.
struct trap_stage {
  std::string id;
  std::string_view type, stage;
  double probability;
  std::int64_t ts;  // UTC ns, event time
};

class omega {
 public:
  // The references live longer than it.
  omega(const settings& s, environment& env, const world& known, key_store& keys, spool& logs, fact_queue& facts);

  // After the event has reached `known`.
  void on_event(const trapline_event& e);
  // The documents that are due, `mono`: now.
  void tick(const document_context& c, std::int64_t mono);
  void write_positions(const document_context& c);

  void flush(connection& c, std::int64_t mono, bool may_exec);  // see window_list
  void answered(const tag& t, const reply& r, std::int64_t retry_at) { windows_[t.index].answered(r, retry_at); }
  void connection_lost();
  bool settled(std::int64_t mono) const;
  // Keys that are neither in the key store nor in the spool.
  std::vector<std::string> more_names() const;
  const std::string& window_name(std::uint32_t index) const { return windows_[index].name(); }

 private:
  bool of_btc(const trapline_event& e) const { return env_.symbol(e.instrument).starts_with("BTC"); }
  void on_signal(const trapline_event& e, const trapline_signal& s);
  void on_trade(const trapline_event& e, const trapline_trade& t);
  void record(const trap_record& r);
  void write_market(const document_context& c);
  void write_traps(const document_context& c);

  const settings& settings_;
  environment& env_;
  const world& world_;
  key_store& keys_;
  spool& spool_;
  fact_queue& facts_;

  std::uint32_t recent_traps_;  // in the spool
  std::uint32_t latest_trap_, long_, short_, hf_active_, hf_multiplier_, hf_timestamp_, book_summary_, high_low_,
      regime_, metrics_, detections_, timeline_;
  std::vector<window_list> windows_;  // btc_movement_history, btc_volume_history

  std::map<std::uint32_t, sdk::book> books_;  // of instruments that may turn out to be the one that prices speak of
  std::int64_t traded_ = 0;                   // since the last element of btc_movement_history
  std::int8_t traded_exp_ = 0;
  std::optional<sdk::decimal> moved_price_;
  std::int64_t minute_ = 0;           // event time of the newest close, in minutes
  std::deque<double> minute_closes_;  // oldest first

  std::deque<trap_record> alarms_;     // newest first
  std::deque<trap_stage> stages_;      // newest first
  std::deque<std::string> confirmed_;  // ids, newest first
  std::uint64_t alarm_count_ = 0, confirmed_count_ = 0;
  double probability_sum_ = 0;
  std::int64_t last_second_ = 0;  // of mm_trap:<unix>
  std::int64_t due_ = 0;          // mono
  bool traps_changed_ = false;
};

// --- texts (omega_documents.cpp)
std::string recent_trap_document(const trap_record& r);  // without its closing brace; the spool adds it
std::string latest_trap_document(const trap_record& r);
std::string queued_trap_document(const trap_record& r);
// The commands that make `mm_trap:<second>` and let it go after a day.
std::string trap_hash_commands(const trap_record& r, std::string_view key);
std::string trader_position_document(const document_context& c, std::uint8_t side);
std::string book_summary_document(const document_context& c, const sdk::book& b);
std::string high_low_document(const document_context& c, double high, double low);
std::string regime_document(const document_context& c, const std::deque<double>& minute_closes);
std::string trap_metrics_document(const document_context& c, std::uint64_t alarms, std::uint64_t confirmed,
                                  double probability_sum);
std::string trap_detections_document(const std::deque<trap_record>& newest_first);
std::string trap_timeline_document(const std::deque<trap_stage>& newest_first);

// `high_volatility`, `bullish_trend`, `bearish_trend`, `sideways`, or `unknown` with fewer than ten closes.
//
// A trend if the way from the first close to the last is at least 0.4 of the way that the price walked (Kaufman's
// efficiency ratio); else high volatility if the closes span 2 % or more.
std::string_view regime_of(const std::deque<double>& minute_closes);

}  // namespace trapline::redis_bridge
