#include "event_source.hpp"

#include <algorithm>
#include <cstring>

#include "payload_rules.hpp"
#include "trapline/abi/account.h"
#include "trapline/abi/signal.h"
#include "trapline/abi/system.h"
#include "trapline/sdk/text.hpp"

namespace trapline::testkit {
namespace {

constexpr const char* symbols[] = {"BTCUSDT", "ETHUSDT"};
constexpr std::int64_t minute = 60'000'000'000;
constexpr std::int64_t depth = 20;  // levels a side

bool comes_from_outside(std::uint16_t type) { return type != TRAPLINE_EVENT_TIMER && fixed_size(type) > 0; }

// How often a type comes, against the others.
unsigned weight(std::uint16_t type) {
  switch (type) {
    case TRAPLINE_EVENT_TRADE:
      return 30;
    case TRAPLINE_EVENT_BOOK_DELTA:
      return 40;
    case TRAPLINE_EVENT_BOOK_SNAPSHOT:
    case TRAPLINE_EVENT_GAP:
    case TRAPLINE_EVENT_INSTRUMENT:
    case TRAPLINE_EVENT_LIFECYCLE:
      return 1;
    default:
      return 4;
  }
}

}  // namespace

std::vector<std::string> topics_for(const std::string& pattern) {
  std::vector<std::string> out;
  for (const char* symbol : symbols) {
    std::string name;
    for (std::size_t at = 0; at <= pattern.size();) {
      const std::size_t dot = std::min(pattern.find('.', at), pattern.size());
      const std::string token = pattern.substr(at, dot - at);
      name += (name.empty() ? "" : ".") + (token == "*"   ? std::string("any")
                                           : token == ">" ? std::string("bitget.") + symbol
                                                          : token);
      at = dot + 1;
    }
    if (out.empty() || out.back() != name) out.push_back(name);
  }
  return out;
}

event_source::event_source(fake_host& host, std::uint64_t seed) : random_(seed), time_(host.now()) {
  buffer_.resize(TRAPLINE_EVENT_MAX);
  for (const char* s : symbols) markets_.push_back({host.instrument("bitget", s)});
  markets_.back().mid = 300'000;
  for (const auto& [pattern, mask] : host.subscriptions()) {
    const auto names = topics_for(pattern);
    for (std::size_t n = 0; n < names.size(); ++n)
      for (std::uint16_t type = 0; type < 64; ++type) {
        if ((mask & TRAPLINE_TYPE_BIT(type)) == 0 || !comes_from_outside(type)) continue;
        const channel c{host.topic(names[n]), type, n};
        const bool known = std::any_of(channels_.begin(), channels_.end(),
                                       [&](const channel& k) { return k.topic == c.topic && k.type == c.type; });
        if (c.topic != 0 && !known) channels_.push_back(c);
        if (type == TRAPLINE_EVENT_BOOK_SNAPSHOT) markets_[n].snapshots = true;
      }
  }
}

void event_source::stamp(trapline_event& e) {
  time_ += random_.between(0, 2'000'000);
  if (random_.one_in(200)) time_ += random_.between(0, 1'000'000'000);
  e.seq = ++seq_;
  e.source = 2;
  e.source_seq = seq_;
  e.cause = 0;
  e.ts_recv = time_;
  e.ts_event = time_ - random_.between(1'000'000, 30'000'000);
}

trapline_event& event_source::begin(const channel& c) {
  std::memset(buffer_.data(), 0, 2048);  // no event made here is larger
  auto& e = *reinterpret_cast<trapline_event*>(buffer_.data());
  e.size = sizeof e;
  e.type = c.type;
  e.topic = c.topic;
  e.instrument = markets_[c.market].instrument;
  e.flags = TRAPLINE_FLAG_LAST_IN_BATCH;
  stamp(e);
  return e;
}

template <class Payload>
Payload& event_source::put(trapline_event& e, std::size_t elements_bytes) {
  e.size = static_cast<std::uint32_t>((sizeof e + sizeof(Payload) + elements_bytes + 7) & ~std::size_t{7});
  return *reinterpret_cast<Payload*>(buffer_.data() + sizeof e);
}

const trapline_event& event_source::next() {
  std::uint64_t total = 0;
  for (const auto& c : channels_) total += weight(c.type);
  std::uint64_t pick = random_.next() % total;
  std::size_t n = 0;
  while (pick >= weight(channels_[n].type)) pick -= weight(channels_[n++].type);
  channel c = channels_[n];
  auto& m = markets_[c.market];
  if (c.type == TRAPLINE_EVENT_BOOK_DELTA && !m.has_book && m.snapshots) c.type = TRAPLINE_EVENT_BOOK_SNAPSHOT;
  auto& e = begin(c);
  fill(e, c);
  return e;
}

const trapline_event& event_source::event_of(std::size_t n) {
  auto& e = begin(channels_[n]);
  fill(e, channels_[n]);
  return e;
}

void event_source::fill(trapline_event& e, const channel& c) {
  auto& m = markets_[c.market];
  switch (c.type) {
    case TRAPLINE_EVENT_TRADE:
      return trade(e, m);
    case TRAPLINE_EVENT_BOOK_SNAPSHOT:
      return snapshot(e, m);
    case TRAPLINE_EVENT_BOOK_DELTA:
      return delta(e, m);
    case TRAPLINE_EVENT_TICKER:
      return ticker(e, m);
    case TRAPLINE_EVENT_CANDLE:
      return candle(e, m);
    case TRAPLINE_EVENT_FEED_STATUS:
      return status(e);
    case TRAPLINE_EVENT_SIGNAL:
      return signal(e, m);
    case TRAPLINE_EVENT_TRAP_MATRIX:
      return matrix(e, m);
    case TRAPLINE_EVENT_POSITION:
    case TRAPLINE_EVENT_ORDER:
    case TRAPLINE_EVENT_FILL:
    case TRAPLINE_EVENT_PLAN_ORDER:
    case TRAPLINE_EVENT_ACCOUNT:
      return account(e, m);
    default:
      return system(e, m);
  }
}

void event_source::trade(trapline_event& e, market& m) {
  auto& t = put<trapline_trade>(e);
  const bool buy = random_.one_in(2);
  t.price = m.mid + (buy ? 1 : -1);
  t.size = random_.between(1, random_.one_in(100) ? 100'000 : 2'000);
  t.price_exp = -2;
  t.size_exp = -4;
  t.aggressor_side = buy ? TRAPLINE_SIDE_BUY : TRAPLINE_SIDE_SELL;
  sdk::assign(t.trade_id, std::to_string(++trade_id_));
  m.candle_volume += t.size;
}

void event_source::snapshot(trapline_event& e, market& m) {
  e.flags |= TRAPLINE_FLAG_SNAPSHOT;
  auto& b = put<trapline_book>(e, 2 * depth * sizeof(trapline_level));
  m.has_book = true;
  b.venue_seq = m.book_seq += 5;
  b.bid_count = b.ask_count = depth;
  b.price_exp = -2;
  b.size_exp = -4;
  auto* level = reinterpret_cast<trapline_level*>(&b + 1);
  for (std::int64_t n = 1; n <= depth; ++n) *level++ = {m.mid - n, random_.between(1, 50'000)};
  for (std::int64_t n = 1; n <= depth; ++n) *level++ = {m.mid + n, random_.between(1, 50'000)};
}

// The mid moves by at most one tick: the level that it runs over goes, one at each far end and one near it change.
void event_source::delta(trapline_event& e, market& m) {
  const std::int64_t step = random_.one_in(4) ? (random_.one_in(2) ? 1 : -1) : 0;
  trapline_level bids[4], asks[4];
  std::uint32_t bid_count = 0, ask_count = 0;
  const auto size = [&] { return random_.between(1, random_.one_in(50) ? 1'000'000 : 50'000); };
  if (step == 1) {
    asks[ask_count++] = {m.mid + 1, 0};
    asks[ask_count++] = {m.mid + 1 + depth, size()};
    bids[bid_count++] = {m.mid, size()};
    bids[bid_count++] = {m.mid - depth, 0};
  } else if (step == -1) {
    bids[bid_count++] = {m.mid - 1, 0};
    bids[bid_count++] = {m.mid - 1 - depth, size()};
    asks[ask_count++] = {m.mid, size()};
    asks[ask_count++] = {m.mid + depth, 0};
  }
  m.mid += step;
  bids[bid_count++] = {m.mid - random_.between(1, depth), size()};
  asks[ask_count++] = {m.mid + random_.between(1, depth), size()};
  auto& b = put<trapline_book>(e, (bid_count + ask_count) * sizeof(trapline_level));
  b.venue_prev_seq = m.book_seq;
  b.venue_seq = m.book_seq += static_cast<std::uint64_t>(random_.between(1, 9));
  b.bid_count = bid_count;
  b.ask_count = ask_count;
  b.price_exp = -2;
  b.size_exp = -4;
  auto* level = reinterpret_cast<trapline_level*>(&b + 1);
  level = std::copy_n(bids, bid_count, level);
  std::copy_n(asks, ask_count, level);
}

void event_source::ticker(trapline_event& e, market& m) {
  auto& t = put<trapline_ticker>(e);
  t.present = static_cast<std::uint32_t>(random_.one_in(5) ? random_.next() & 0x7ffu : 0x7ffu);
  const auto put_if = [&](std::uint32_t bit, std::int64_t& member, std::int64_t value) {
    if ((t.present & bit) != 0) member = value;
  };
  t.price_exp = -2;
  t.size_exp = -4;
  t.funding_exp = -6;
  put_if(TRAPLINE_TICKER_LAST, t.last, m.mid);
  put_if(TRAPLINE_TICKER_BID, t.bid, m.mid - 1);
  put_if(TRAPLINE_TICKER_BID, t.bid_size, random_.between(1, 50'000));
  put_if(TRAPLINE_TICKER_ASK, t.ask, m.mid + 1);
  put_if(TRAPLINE_TICKER_ASK, t.ask_size, random_.between(1, 50'000));
  put_if(TRAPLINE_TICKER_MARK, t.mark, m.mid + random_.between(-5, 5));
  put_if(TRAPLINE_TICKER_INDEX, t.index, m.mid + random_.between(-9, 9));
  put_if(TRAPLINE_TICKER_FUNDING_RATE, t.funding_rate, random_.between(-300, 300));
  put_if(TRAPLINE_TICKER_NEXT_FUNDING, t.next_funding_ts, e.ts_event + 4 * 3600 * 1'000'000'000LL);
  put_if(TRAPLINE_TICKER_OPEN_INTEREST, t.open_interest, random_.between(400'000'000, 401'000'000));
  put_if(TRAPLINE_TICKER_HIGH_24H, t.high_24h, m.mid + 100'000);
  put_if(TRAPLINE_TICKER_LOW_24H, t.low_24h, m.mid - 100'000);
  put_if(TRAPLINE_TICKER_VOLUME_24H, t.volume_24h, random_.between(1, 1'000'000'000));
}

void event_source::candle(trapline_event& e, market& m) {
  auto& c = put<trapline_candle>(e);
  const std::int64_t start = e.ts_event / minute * minute;
  c.closed = m.candle_start != 0 && start > m.candle_start ? 1 : 0;
  if (m.candle_start == 0) {
    m.candle_start = start;
    m.candle_open = m.candle_high = m.candle_low = m.mid;
  }
  m.candle_high = std::max(m.candle_high, m.mid);
  m.candle_low = std::min(m.candle_low, m.mid);
  c.interval_ns = minute;
  c.start_ts = m.candle_start;
  c.open = m.candle_open;
  c.high = m.candle_high;
  c.low = m.candle_low;
  c.close = m.mid;
  c.volume = m.candle_volume;
  c.price_exp = -2;
  c.size_exp = -4;
  if (c.closed == 0) return;
  m.candle_start = start;
  m.candle_open = m.candle_high = m.candle_low = m.mid;
  m.candle_volume = 0;
}

void event_source::status(trapline_event& e) {
  auto& s = put<trapline_feed_status>(e);
  s.state = static_cast<std::uint8_t>(random_.one_in(10) ? random_.between(0, 7) : TRAPLINE_FEED_LIVE);
  s.previous_state = static_cast<std::uint8_t>(random_.between(0, 7));
  s.endpoint = static_cast<std::uint8_t>(random_.between(0, 1));
  s.code = random_.one_in(20) ? TRAPLINE_FEED_CODE_CONNECTION_LOST : 0;
  s.subscriptions_wanted = s.subscriptions_acked = 4;
  s.last_message_ts = e.ts_event;
  s.messages = seq_;
  sdk::assign(s.text, "as it should be");
}

void event_source::signal(trapline_event& e, market& m) {
  const auto evidence = static_cast<std::uint32_t>(random_.between(0, 6));
  auto& s = put<trapline_signal>(e, evidence * sizeof(trapline_evidence));
  sdk::assign(s.id, sdk::cat("BTCUSDT-", random_.between(1, 1000)));
  sdk::assign(s.detector, "other");
  s.pattern = static_cast<std::uint16_t>(random_.between(1, TRAPLINE_PATTERN_COUNT - 1));
  s.direction = static_cast<std::uint8_t>(random_.between(0, 4));
  s.stage = static_cast<std::uint8_t>(random_.between(1, 4));
  s.severity = static_cast<std::uint8_t>(random_.between(0, 3));
  s.price_exp = -2;
  s.has_level = 1;
  s.probability = static_cast<double>(random_.between(0, 1000)) / 1000;
  s.confidence = s.intensity = 0.5;
  s.level = m.mid;
  s.onset_ts = e.ts_event;
  s.evidence_count = evidence;
  auto* item = reinterpret_cast<trapline_evidence*>(&s + 1);
  for (std::uint32_t n = 0; n < evidence; ++n) {
    item[n] = {};
    sdk::assign(item[n].name, "overshoot_sigma");
    item[n].value = 2.5;
    item[n].contribution = 0.25;
  }
}

void event_source::matrix(trapline_event& e, market& m) {
  const auto rows = static_cast<std::uint32_t>(random_.between(1, TRAPLINE_PATTERN_COUNT - 1));
  auto& x = put<trapline_trap_matrix>(e, rows * sizeof(trapline_matrix_row));
  sdk::assign(x.detector, "other");
  x.probability = x.intensity = x.confidence = 0.25;
  x.level = m.mid;
  x.pattern = TRAPLINE_PATTERN_STOP_HUNT;
  x.price_exp = -2;
  x.has_level = 1;
  x.row_count = rows;
  auto* row = reinterpret_cast<trapline_matrix_row*>(&x + 1);
  for (std::uint32_t n = 0; n < rows; ++n) row[n] = {static_cast<std::uint16_t>(n + 1), 1, 1, 0, 0.25, 0.25};
}

// Complete lists of one element: SNAPSHOT and LAST_IN_BATCH.
void event_source::account(trapline_event& e, market& m) {
  if (random_.one_in(2)) e.flags |= TRAPLINE_FLAG_SNAPSHOT;
  if (e.type == TRAPLINE_EVENT_POSITION) {
    auto& p = put<trapline_position>(e);
    p.side = static_cast<std::uint8_t>(random_.between(1, 2));
    p.position_mode = static_cast<std::uint8_t>(random_.between(1, 2));
    p.margin_mode = TRAPLINE_MARGIN_CROSSED;
    p.price_exp = -2;
    p.size_exp = -4;
    p.money_exp = -8;
    p.present = 0x1f;
    p.size = p.available = random_.between(0, 100'000);
    p.entry_price = p.mark_price = m.mid;
    p.liquidation_price = m.mid / 2;
    p.unrealised_pnl = random_.between(-1'000'000, 1'000'000);
    p.margin = 10'000'000'000;
    p.leverage = 20;
    p.created_ts = e.ts_event;
    sdk::assign(p.position_id, "1");
    sdk::assign(p.margin_coin, "USDT");
  } else if (e.type == TRAPLINE_EVENT_ORDER) {
    auto& o = put<trapline_order>(e);
    sdk::assign(o.order_id, std::to_string(random_.between(1, 500)));
    sdk::assign(o.client_order_id, "c-1");
    o.status = static_cast<std::uint8_t>(random_.between(1, 5));
    o.side = static_cast<std::uint8_t>(random_.between(1, 2));
    o.order_type = TRAPLINE_ORDER_TYPE_LIMIT;
    o.price_exp = -2;
    o.size_exp = -4;
    o.money_exp = -8;
    o.price = m.mid;
    o.size = 1000;
    o.filled_size = o.status == TRAPLINE_ORDER_FILLED ? 1000 : 0;
    o.created_ts = e.ts_event;
  } else if (e.type == TRAPLINE_EVENT_FILL) {
    auto& f = put<trapline_fill>(e);
    sdk::assign(f.trade_id, std::to_string(++trade_id_));
    sdk::assign(f.order_id, std::to_string(random_.between(1, 500)));
    f.side = static_cast<std::uint8_t>(random_.between(1, 2));
    f.liquidity = static_cast<std::uint8_t>(random_.between(0, 2));
    f.price_exp = -2;
    f.size_exp = -4;
    f.money_exp = -8;
    f.price = m.mid;
    f.size = random_.between(1, 1000);
    f.fee = random_.between(-1'000'000, 1000);
    sdk::assign(f.fee_coin, "USDT");
  } else if (e.type == TRAPLINE_EVENT_PLAN_ORDER) {
    auto& o = put<trapline_plan_order>(e);
    sdk::assign(o.plan_id, std::to_string(random_.between(1, 500)));
    o.kind = static_cast<std::uint8_t>(random_.between(1, 7));
    o.status = static_cast<std::uint8_t>(random_.between(0, 4));
    o.side = static_cast<std::uint8_t>(random_.between(0, 2));
    o.trigger_by = static_cast<std::uint8_t>(random_.between(0, 2));
    o.order_type = TRAPLINE_ORDER_TYPE_MARKET;
    o.price_exp = -2;
    o.size_exp = -4;
    o.trigger_price = m.mid;
    o.size = random_.between(0, 1000);
    o.created_ts = e.ts_event;
  } else {
    auto& a = put<trapline_account>(e);
    e.instrument = 0;
    sdk::assign(a.margin_coin, "USDT");
    a.available = a.equity = random_.between(0, 1'000'000'000'000);
    a.present = 0xf;
    a.money_exp = -8;
  }
}

void event_source::system(trapline_event& e, market& m) {
  switch (e.type) {
    case TRAPLINE_EVENT_INSTRUMENT: {
      auto& i = put<trapline_instrument>(e);
      sdk::assign(i.symbol, &m == markets_.data() ? symbols[0] : symbols[1]);
      sdk::assign(i.venue, "bitget");
      i.tick = i.lot = 1;
      i.price_exp = -2;
      i.size_exp = -4;
      return;
    }
    case TRAPLINE_EVENT_GAP: {
      auto& g = put<trapline_gap>(e);
      g.channel = static_cast<std::uint8_t>(random_.between(0, 3));
      g.reason = static_cast<std::uint8_t>(random_.between(1, 6));
      g.lost = static_cast<std::uint64_t>(random_.between(0, 1000));
      if (g.channel == TRAPLINE_GAP_BOOK) m.has_book = false;  // a snapshot follows before the next delta
      return;
    }
    case TRAPLINE_EVENT_LIFECYCLE: {
      auto& l = put<trapline_lifecycle>(e);
      sdk::assign(l.instance, "other");
      sdk::assign(l.plugin, "other");
      l.state = static_cast<std::uint32_t>(random_.between(1, 8));
      return;
    }
    case TRAPLINE_EVENT_HEALTH: {
      auto& h = put<trapline_health_event>(e);
      sdk::assign(h.instance, "other");
      h.state = static_cast<std::uint32_t>(random_.between(0, 2));
      return;
    }
    case TRAPLINE_EVENT_EPISODE: {
      auto& p = put<trapline_episode>(e);
      p.episode_id = seq_;
      p.onset_ts = p.end_ts = e.ts_event;
      p.level = m.mid;
      p.pattern = TRAPLINE_PATTERN_STOP_HUNT;
      p.direction = TRAPLINE_DIRECTION_UP;
      p.phase = static_cast<std::uint8_t>(random_.between(1, 2));
      p.price_exp = -2;
      p.has_level = 1;
      return;
    }
    default:
      return;
  }
}

}  // namespace trapline::testkit
