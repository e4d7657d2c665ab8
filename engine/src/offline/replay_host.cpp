#include "offline/replay_host.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "trapline/sdk/event.hpp"
#include "trapline/sdk/host.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::offline {
namespace {

constexpr std::uint32_t most_waiting = 256;  // what a turn of the lane handles
constexpr std::uint32_t instance_id = 1;

}  // namespace

replay_host::replay_host(std::shared_ptr<const plugin::image> image, config::checked_options options, const settings& s,
                         output out)
    : settings_(s),
      out_(std::move(out)),
      stage_(s.log_level),
      lane_(rt_, stage::lane_settings("offline")),
      outputs_(rt_.ring.add_reader(bus::overflow::gate, nullptr)) {
  settings_.batch = std::clamp(settings_.batch, 1u, most_waiting);
  instance_ = stage_.make(instance_id, settings_.name, std::move(image), std::move(options));
  lane_.add(*instance_);
  stage::start(*instance_);
  started_ = true;
  turn();
}

replay_host::~replay_host() {
  if (started_) instance_->stop();
}

const replay_host::symbol_topics* replay_host::topics_of(std::string_view symbol, std::string_view venue) {
  if (last_ && last_->first == symbol) return &last_->second;
  auto at = symbols_.find(symbol);
  if (at == symbols_.end()) {
    symbol_topics t;
    const std::string end = sdk::cat(".", venue, ".", symbol);
    const auto topic = [&](const char* family, std::uint32_t& id) {
      return rt_.names.topic(family + end, id) == TRAPLINE_OK;
    };
    if (rt_.names.instrument(venue, symbol, t.instrument) != TRAPLINE_OK || !topic("md.trade", t.trade) ||
        !topic("md.book", t.book) || !topic("md.ticker", t.ticker) || !topic("md.candle", t.candle) ||
        !topic("md.instrument", t.info))
      return nullptr;
    at = symbols_.emplace(symbol, t).first;
  }
  last_ = &*at;
  return &at->second;
}

template <class Payload>
void replay_host::put(std::uint16_t type, std::uint32_t topic, std::uint32_t instrument, std::int64_t ts,
                      const Payload& head, std::string_view tail) {
  const void* bytes = &head;
  std::size_t size = sizeof head;
  if (!tail.empty()) {
    payload_.assign(reinterpret_cast<const char*>(&head), sizeof head).append(tail);
    bytes = payload_.data(), size = payload_.size();
  }
  trapline_event e = sdk::make_event(type, topic, instrument, ts, stage_.clock.now(), TRAPLINE_FLAG_LAST_IN_BATCH);
  const trapline_frame frame{&e, bytes, static_cast<std::uint32_t>(size), 0};
  auto s = rt_.ring.publish({&frame, 1}, {0, &numbers_, true, 0, stage_.clock.now()});
  if (s == TRAPLINE_E_AGAIN) {
    turn();
    s = rt_.ring.publish({&frame, 1}, {0, &numbers_, true, 0, stage_.clock.now()});
  }
  if (s != TRAPLINE_OK) throw std::runtime_error("the bus refused an event, status " + std::to_string(s));
  if (++waiting_ >= settings_.batch) turn();
}

const std::string& replay_host::feed(const line_event& e) {
  refusal_.clear();
  const auto* t = topics_of(e.symbol, e.type == line_type::instrument ? e.venue : "offline");
  if (!t) {
    refusal_ = "`symbol` and `venue` must consist of letters, digits, - and _, and be few enough";
    return refusal_;
  }
  run_timers(e.ts);
  stage_.clock.advance(e.ts);
  switch (e.type) {
    case line_type::instrument:
      put(TRAPLINE_EVENT_INSTRUMENT, t->info, t->instrument, e.ts, e.instrument);
      break;
    case line_type::trade:
      put(TRAPLINE_EVENT_TRADE, t->trade, t->instrument, e.ts, e.trade);
      break;
    case line_type::book:
      put(e.snapshot ? TRAPLINE_EVENT_BOOK_SNAPSHOT : TRAPLINE_EVENT_BOOK_DELTA, t->book, t->instrument, e.ts, e.book,
          {reinterpret_cast<const char*>(e.levels.data()), e.levels.size() * sizeof(trapline_level)});
      break;
    case line_type::quote:
    case line_type::ticker:
      put(TRAPLINE_EVENT_TICKER, t->ticker, t->instrument, e.ts, e.ticker);
      break;
    case line_type::candle:
      put(TRAPLINE_EVENT_CANDLE, t->candle, t->instrument, e.ts, e.candle);
      break;
    case line_type::gap:
      put(TRAPLINE_EVENT_GAP, e.gap.channel == TRAPLINE_GAP_TRADE ? t->trade : t->book, t->instrument, e.ts, e.gap);
      break;
    case line_type::liquidation:
      break;
  }
  return refusal_;
}

void replay_host::finish() {
  turn();
  while (instance_->drain() == TRAPLINE_E_AGAIN) turn();
  turn();
}

// The lane has its timers in order; each gets its own moment.
void replay_host::run_timers(std::int64_t until) {
  while (lane_.timers().next_due() <= until) {
    turn();
    if (lane_.timers().next_due() > until) return;
    stage_.clock.advance(lane_.timers().next_due());
    lane_.turn();  // puts the timer's event on the bus
    turn();
  }
}

void replay_host::turn() {
  while (!lane_.dry()) {
    lane_.turn();
    take_output();
  }
  waiting_ = 0;
  if (instance_->faulted()) throw std::runtime_error("the plugin has faulted: " + instance_->reason());
}

void replay_host::take_output() {
  while (const trapline_event* e = outputs_.peek()) {
    if (e->source == instance_id) out_(*e, rt_.names.instrument_name(e->instrument).second);
    outputs_.advance();
  }
}

}  // namespace trapline::offline
