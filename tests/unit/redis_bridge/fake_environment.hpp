// Stand-in for the host, and events to feed the bridge with.
#pragma once

#include <cstdint>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "environment.hpp"
#include "trapline/abi/abi.h"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge::test {

class fake_environment final : public environment {
 public:
  std::int64_t now() override { return fixed_now != 0 ? fixed_now : clock(CLOCK_REALTIME); }
  std::int64_t mono() override { return clock(CLOCK_MONOTONIC); }
  void log(int level, std::string_view text) override {
    lines.push_back({level, std::string(text)});
    if (heard) heard(text);
  }
  void health(std::uint32_t state, std::string_view text) override {
    health_state = state;
    health_text = text;
  }
  std::string password() override { return password_value; }
  std::string command_key() override { return command_key_value; }
  std::string ask_engine(std::string_view cmd, std::string_view args,
                         std::function<void(trapline_status, std::string_view)> done) override {
    if (!engine_refusal.empty()) return engine_refusal;
    asked.push_back({std::string(cmd), std::string(args), std::move(done)});
    return {};
  }
  std::string_view topic_name(std::uint32_t id) override {
    return id < topics.size() ? topics[id] : std::string_view();
  }
  std::string_view symbol(std::uint32_t i) override {
    return i > 0 && i <= symbols.size() ? symbols[i - 1] : std::string_view();
  }
  std::string_view venue(std::uint32_t i) override {
    return i > 0 && i <= symbols.size() ? "bitget" : std::string_view();
  }

  // Lines that hold `part`.
  int logged(std::string_view part) const {
    int n = 0;
    for (const auto& l : lines) n += l.text.find(part) != std::string::npos;
    return n;
  }

  std::int64_t fixed_now = 1'723'161'257'000'000'000;  // one second after the events; 0 = the real time
  struct request {
    std::string cmd, args;
    std::function<void(trapline_status, std::string_view)> done;
  };
  std::vector<request> asked;
  std::string engine_refusal;
  std::string password_value, command_key_value;
  std::uint32_t health_state = 99;
  std::string health_text;
  struct line {
    int level;
    std::string text;
  };
  std::vector<line> lines;
  std::function<void(std::string_view)> heard;  // called with each line
  std::vector<std::string_view> symbols = {"BTCUSDT", "ETHUSDT"};
  std::vector<std::string_view> topics = {"",
                                          "md.trade.bitget.BTCUSDT",
                                          "md.book.bitget.BTCUSDT",
                                          "md.ticker.bitget.BTCUSDT",
                                          "md.candle.bitget.BTCUSDT",
                                          "feed.status.feed",
                                          "acct.position.bitget",
                                          "acct.order.bitget",
                                          "acct.account.bitget",
                                          "sig.trap.BTCUSDT",
                                          "sig.matrix.BTCUSDT",
                                          "sys.gap",
                                          "md.trade.bitget.ETHUSDT",
                                          "acct.fill.bitget",
                                          "acct.plan_order.bitget"};

 private:
  static std::int64_t clock(clockid_t which) {
    timespec t{};
    clock_gettime(which, &t);
    return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
  }
};

enum topic_id : std::uint32_t {
  topic_trade = 1,
  topic_book,
  topic_ticker,
  topic_candle,
  topic_status,
  topic_position,
  topic_order,
  topic_account,
  topic_signal,
  topic_matrix,
  topic_sys,
  topic_trade_eth,
  topic_fill,
  topic_plan
};

// An event with its payload, as it lies on the bus.
class event {
 public:
  template <class Payload>
  event(std::uint16_t type, std::uint32_t topic, const Payload& p, std::uint16_t flags = 0,
        std::int64_t ts = default_ts, std::uint32_t instrument = 1, const void* tail = nullptr,
        std::size_t tail_size = 0)
      : words_((sizeof(trapline_event) + sizeof p + tail_size + 7) / 8) {
    auto& h = head();
    h.size = static_cast<std::uint32_t>(words_.size() * 8);
    h.type = type;
    h.flags = flags;
    h.topic = topic;
    h.instrument = instrument;
    h.ts_event = ts;
    h.ts_recv = ts + 5'000'000;
    std::memcpy(&h + 1, &p, sizeof p);
    if (tail_size > 0) std::memcpy(reinterpret_cast<char*>(&h + 1) + sizeof p, tail, tail_size);
  }
  trapline_event& head() { return *reinterpret_cast<trapline_event*>(words_.data()); }
  operator const trapline_event&() { return head(); }

  static constexpr std::int64_t default_ts = 1'723'161'256'000'000'000;

 private:
  std::vector<std::uint64_t> words_;
};

// Trade number n: price 58700.n, id "n".
inline event trade(int n, std::uint32_t topic = topic_trade, std::uint32_t instrument = 1) {
  trapline_trade t{};
  t.price = 587'000 + n;
  t.price_exp = -1;
  t.size = 14;
  t.size_exp = -3;
  t.aggressor_side = n % 2 ? TRAPLINE_SIDE_BUY : TRAPLINE_SIDE_SELL;
  sdk::assign(t.trade_id, std::to_string(n));
  return {TRAPLINE_EVENT_TRADE, topic, t, TRAPLINE_FLAG_LAST_IN_BATCH, event::default_ts + n, instrument};
}

// The short of omega's own sample: 0.0124 @ 84198.666, mark 84020.3.
inline trapline_position sample_position() {
  trapline_position p{};
  p.side = TRAPLINE_POSITION_SHORT;
  p.price_exp = -3;
  p.size_exp = -4;
  p.money_exp = -4;
  p.leverage_exp = 0;
  p.size = 124;
  p.available = 124;
  p.entry_price = 84'198'666;
  p.mark_price = 84'020'300;
  p.margin = 522'032;
  p.leverage = 20;
  p.position_mode = TRAPLINE_MODE_ONE_WAY;
  p.margin_mode = TRAPLINE_MARGIN_CROSSED;
  p.present = TRAPLINE_POSITION_HAS_MARK | TRAPLINE_POSITION_HAS_MARGIN;
  sdk::assign(p.position_id, "pos-1");
  sdk::assign(p.margin_coin, "USDT");
  return p;
}

inline constexpr std::uint16_t complete = TRAPLINE_FLAG_SNAPSHOT | TRAPLINE_FLAG_LAST_IN_BATCH;

inline event position(const trapline_position& p, std::uint16_t flags = complete, std::uint32_t instrument = 1) {
  return {TRAPLINE_EVENT_POSITION, topic_position, p, flags, event::default_ts, instrument};
}
inline event no_positions() {
  return {TRAPLINE_EVENT_POSITION, topic_position, trapline_position{}, complete, event::default_ts, 0};
}

// An order that would close the sample position with a gain.
inline event order(std::string_view id, std::uint8_t status = TRAPLINE_ORDER_LIVE, std::int64_t ts = event::default_ts,
                   std::uint16_t flags = 0) {
  trapline_order o{};
  o.status = status;
  o.side = TRAPLINE_SIDE_BUY;
  o.order_type = TRAPLINE_ORDER_TYPE_LIMIT;
  o.reduce_only = 1;
  o.price = 83'000;
  o.size = 62;
  o.size_exp = -4;
  sdk::assign(o.order_id, id);
  return {TRAPLINE_EVENT_ORDER, topic_order, o, flags, ts};
}

// Part of what closes the sample position.
inline event fill(std::string_view id, std::uint16_t flags = 0) {
  trapline_fill f{};
  sdk::assign(f.trade_id, id);
  sdk::assign(f.order_id, "o1");
  sdk::assign(f.fee_coin, "USDT");
  f.side = TRAPLINE_SIDE_BUY;
  f.liquidity = TRAPLINE_LIQUIDITY_MAKER;
  f.price = 83'000;
  f.size = 62;
  f.size_exp = -4;
  f.fee = -1029;
  f.realised_pnl = 74'310;
  f.money_exp = -4;
  return {TRAPLINE_EVENT_FILL, topic_fill, f, flags};
}

// A plan order of the sample position.
inline event plan(std::string_view id, std::uint8_t kind, std::int64_t trigger,
                  std::uint8_t status = TRAPLINE_PLAN_STATUS_LIVE, std::uint16_t flags = 0,
                  std::int64_t ts = event::default_ts) {
  trapline_plan_order p{};
  sdk::assign(p.plan_id, id);
  p.kind = kind;
  p.status = status;
  p.side = TRAPLINE_SIDE_BUY;
  p.trigger_by = TRAPLINE_TRIGGER_BY_MARK;
  p.order_type = TRAPLINE_ORDER_TYPE_MARKET;
  p.trigger_price = trigger;
  return {TRAPLINE_EVENT_PLAN_ORDER, topic_plan, p, flags, ts};
}
inline event no_plans() {
  return {TRAPLINE_EVENT_PLAN_ORDER, topic_plan, trapline_plan_order{}, complete, event::default_ts, 0};
}

inline event account(std::string_view coin, std::uint16_t flags) {
  trapline_account a{};
  sdk::assign(a.margin_coin, coin);
  return {TRAPLINE_EVENT_ACCOUNT, topic_account, a, flags};
}

inline event feed_status(std::uint8_t state, std::uint8_t endpoint = TRAPLINE_ENDPOINT_PUBLIC,
                         std::int64_t ts = event::default_ts, std::int32_t code = 0) {
  trapline_feed_status s{};
  s.state = state;
  s.endpoint = endpoint;
  s.code = code;
  s.subscriptions_wanted = s.subscriptions_acked = 4;
  s.last_message_ts = ts;
  s.messages = 10;
  if (state != TRAPLINE_FEED_LIVE) sdk::assign(s.text, "the socket was closed by the \"venue\"");
  return {TRAPLINE_EVENT_FEED_STATUS, topic_status, s, 0, ts, 0};
}

inline event matrix(double probability, std::uint16_t pattern = TRAPLINE_PATTERN_STOP_HUNT,
                    std::int64_t ts = event::default_ts) {
  trapline_trap_matrix m{};
  sdk::assign(m.detector, "trap_detector");
  m.probability = probability;
  m.intensity = 0.44;
  m.confidence = 0.9;
  m.pattern = pattern;
  m.direction = TRAPLINE_DIRECTION_DOWN;
  m.severity = TRAPLINE_SEVERITY_ELEVATED;
  m.level = 585'000;
  m.price_exp = -1;
  m.has_level = 1;
  m.row_count = 2;
  const trapline_matrix_row rows[2] = {
      {TRAPLINE_PATTERN_STOP_HUNT, TRAPLINE_DIRECTION_DOWN, TRAPLINE_STAGE_CONFIRMED, 0, probability, 0.44},
      {TRAPLINE_PATTERN_BULL_TRAP, TRAPLINE_DIRECTION_UP, TRAPLINE_STAGE_NONE, 0, 0.05, 0.1}};
  return {TRAPLINE_EVENT_TRAP_MATRIX, topic_matrix, m, 0, ts, 1, rows, sizeof rows};
}

inline event signal() {
  trapline_signal s{};
  sdk::assign(s.id, "stop_hunt_low:BTCUSDT:7");
  sdk::assign(s.detector, "trap_detector");
  s.pattern = TRAPLINE_PATTERN_STOP_HUNT;
  s.direction = TRAPLINE_DIRECTION_DOWN;
  s.stage = TRAPLINE_STAGE_CONFIRMED;
  s.severity = TRAPLINE_SEVERITY_ELEVATED;
  s.probability = 0.81;
  s.confidence = 0.9;
  s.intensity = 0.44;
  s.has_level = 1;
  s.level = 585'000;
  s.price_exp = -1;
  s.onset_ts = event::default_ts - 1;
  s.evidence_count = 2;
  trapline_evidence e[2]{};
  sdk::assign(e[0].name, "overshoot_sigma");
  e[0].value = 1.9;
  sdk::assign(e[1].name, "burst_z");
  e[1].value = 7.2;
  e[0].contribution = 0.4;
  e[1].contribution = 0.9;
  return {TRAPLINE_EVENT_SIGNAL, topic_signal, s, 0, event::default_ts, 1, e, sizeof e};
}

inline event gap(std::uint8_t channel, std::uint64_t lost, std::uint32_t topic, std::uint32_t instrument = 0) {
  trapline_gap g{};
  g.channel = channel;
  g.reason = TRAPLINE_GAP_OVERRUN;
  g.lost = lost;
  g.from_seq = 100;
  g.to_seq = 99 + lost;
  return {TRAPLINE_EVENT_GAP, topic, g, 0, event::default_ts, instrument};
}

}  // namespace trapline::redis_bridge::test
