// From the text of a frame to the published payload: the feed's own path (simdjson on-demand) beside a nlohmann DOM
// that fills the same structures, keeps the same book and builds the same payload, in one run. The ratio counts, not
// the absolute time. Both checks of the book (sequence, and CRC-32 where the frame has one) are included.
#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "feed.hpp"
#include "trapline/abi/market.h"

namespace {

using namespace trapline;
using namespace trapline::mm_ws;

constexpr const char* arg_books = R"("arg":{"instType":"USDT-FUTURES","channel":"books","instId":"BTCUSDT"})";

// Takes events as the bus does, without keeping them.
class sink final : public outlet {
 public:
  trapline_status publish(const trapline_frame* frames, std::uint32_t count) override {
    for (std::uint32_t i = 0; i < count; ++i) bytes += frames[i].payload_size;
    benchmark::DoNotOptimize(frames[count - 1].payload);
    benchmark::ClobberMemory();
    events += count;
    return TRAPLINE_OK;
  }
  std::uint32_t topic(std::string_view) override { return ++ids_; }
  std::uint32_t instrument(std::string_view) override { return ++ids_; }
  std::int64_t now() override { return 1'760'000'000'000'000'000; }
  std::int64_t mono() override { return 1; }
  sdk::counter counter(std::string_view, std::string_view) override { return sdk::counter(&word_); }
  sdk::gauge gauge(std::string_view, std::string_view) override { return {}; }
  void log(int, std::string_view) override {}
  void health(std::uint32_t, std::int32_t, std::string_view) override {}
  void request_stop(std::string_view) override {}
  void misconfigured(std::string_view) override {}
  credentials get_credentials() override { return {}; }
  std::int64_t take_connect_slot(std::int64_t&) override { return 0; }
  std::unique_ptr<net::http_client> connect_http(const net::http_client_options&) override { return nullptr; }
  std::unique_ptr<net::ws_client> connect(const net::ws_client_options&, net::ws_client_handler& h) override {
    struct quiet : net::ws_client {
      void send(std::string_view) override {}
      void close(std::uint16_t, std::string_view) override {}
    };
    handler = &h;
    return std::make_unique<quiet>();
  }

  net::ws_client_handler* handler = nullptr;
  std::uint64_t events = 0, bytes = 0;

 private:
  std::uint32_t ids_ = 0;
  std::uint64_t word_ = 0;
};

// A frame with room for the reader's look-ahead.
struct frame {
  explicit frame(std::string t) : size(t.size()), text(std::move(t)) { text.append(net::simdjson_padding, '\0'); }
  std::string_view view() const { return {text.data(), size}; }
  std::size_t size;
  std::string text;
};

std::string price_text(std::int64_t tenths) { return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10); }
std::string size_text(std::int64_t units) {
  const auto fraction = std::to_string(10'000 + units % 10'000);
  return std::to_string(units / 10'000) + "." + fraction.substr(1);
}

// A snapshot of 200 levels a side and updates of `changes` levels that join it: sizes replaced, levels gone and new.
std::vector<frame> book_frames(std::size_t changes, bool with_checksum) {
  std::mt19937 random(1);
  std::map<std::int64_t, std::int64_t> bids, asks;
  for (int i = 0; i < 200; ++i) {
    bids[640'000 - 1 - i] = 1 + static_cast<std::int64_t>(random() % 100'000);
    asks[640'000 + i] = 1 + static_cast<std::int64_t>(random() % 100'000);
  }
  venue_book kept;
  scale s;
  std::int64_t seq = 1'304'314'508'780'744'705;
  std::vector<frame> out;
  const auto level = [](std::int64_t price, std::int64_t size) {
    book_level l;
    const auto text = price_text(price) + ":" + (size ? size_text(size) : "0");
    l.price = price;
    l.price_exp = -1;
    l.size = size;
    l.size_exp = -4;
    l.text_size = static_cast<std::uint8_t>(text.size());
    text.copy(l.text, sizeof l.text);
    return l;
  };
  const auto add = [&](const char* action, book_message m, std::int64_t prev) {
    m.has_seq = true;
    m.seq = seq;
    m.has_prev_seq = prev != 0;
    m.prev_seq = prev;
    const auto list = [](const std::vector<book_level>& levels) {
      std::string text = "[";
      for (const auto& l : levels) {
        const std::string_view both(l.text, l.text_size);
        const auto colon = both.find(':');
        text += (text.size() > 1 ? ",[\"" : "[\"") + std::string(both.substr(0, colon)) + "\",\"" +
                std::string(both.substr(colon + 1)) + "\"]";
      }
      return text + "]";
    };
    const auto asks_text = list(m.asks), bids_text = list(m.bids);
    if (prev == 0) kept.apply_snapshot(m, s);
    else kept.apply_update(m, s);
    std::string text = std::string(R"({"action":")") + action + "\"," + arg_books + R"(,"data":[{"asks":)" + asks_text +
                       R"(,"bids":)" + bids_text;
    if (with_checksum) text += R"(,"checksum":)" + std::to_string(kept.checksum());
    text += R"(,"seq":)" + std::to_string(seq) + R"(,"pseq":)" + std::to_string(prev) +
            R"(,"ts":"1760000000666"}],"ts":1760000000667})";
    out.emplace_back(std::move(text));
  };
  book_message m;
  for (auto i = bids.rbegin(); i != bids.rend(); ++i) m.bids.push_back(level(i->first, i->second));
  for (auto& [p, q] : asks) m.asks.push_back(level(p, q));
  add("snapshot", m, 0);
  for (int k = 0; k < 500; ++k) {
    m.clear();
    // Mostly near the touch, as markets change.
    const auto change = [&](std::map<std::int64_t, std::int64_t>& side, std::int64_t touch, int direction,
                            std::size_t n) {
      std::map<std::int64_t, std::int64_t> picked;
      while (picked.size() < n) {
        const auto depth = static_cast<std::int64_t>(random() % (random() % 4 ? 2 * n : 200));
        const auto price = touch + direction * depth;
        const bool there = side.count(price) != 0;
        picked[price] =
            there && random() % 5 == 0 && side.size() > 150 ? 0 : 1 + static_cast<std::int64_t>(random() % 100'000);
      }
      for (auto& [p, q] : picked) {
        if (q == 0) side.erase(p);
        else side[p] = q;
      }
      return picked;
    };
    const auto b = change(bids, 639'999, -1, changes / 2), a = change(asks, 640'000, 1, changes - changes / 2);
    for (auto i = b.rbegin(); i != b.rend(); ++i) m.bids.push_back(level(i->first, i->second));
    for (auto& [p, q] : a) m.asks.push_back(level(p, q));
    const auto prev = seq;
    seq += 85;
    add("update", m, prev);
  }
  return out;
}

std::vector<frame> trade_frames() {
  std::vector<frame> out;
  for (int i = 0; i < 500; ++i)
    out.emplace_back(
        R"({"action":"update","arg":{"instType":"USDT-FUTURES","channel":"trade","instId":"BTCUSDT"},"data":[{"ts":"1760000000565","price":"64000.5","size":"0.0010","side":"buy","tradeId":"13600000000000)" +
        std::to_string(100'000 + i) + R"("}],"ts":1760000000589})");
  return out;
}

options bench_options() {
  options o;
  o.symbols = {"BTCUSDT"};
  o.channels = {"trade", "books"};
  o.endpoint_public = "wss://localhost:1/";
  o.status_interval = o.ping_interval = o.dead_after = o.ack_timeout = o.stale_after = INT64_MAX / 4;
  o.stale_ticker = o.stale_candle = o.rotate_after = INT64_MAX / 4;
  o.rest_enabled = false;
  o.max_resyncs = 3;
  return o;
}

void run_ours(benchmark::State& state, const std::vector<frame>& frames) {
  sink out;
  const auto o = bench_options();
  feed f(o, "feed", out, 1);
  f.start();
  out.handler->on_open();
  std::size_t i = 0;
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    out.handler->on_text(frames[i].view());
    bytes += frames[i].size;
    if (++i == frames.size()) i = 0;
  }
  if (out.events < static_cast<std::uint64_t>(state.iterations())) state.SkipWithError("messages were not published");
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

sdk::decimal number(const nlohmann::json& j) { return sdk::parse_decimal(j.get_ref<const std::string&>()).value(); }

void run_nlohmann_book(benchmark::State& state, const std::vector<frame>& frames) {
  sink out;
  venue_book book;
  scale s;
  book_message m;
  std::vector<std::int64_t> payload(8192);
  std::size_t i = 0;
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    const auto j = nlohmann::json::parse(frames[i].view());
    m.clear();
    const auto& d = j.at("data").at(0);
    const auto side = [](const nlohmann::json& levels, std::vector<book_level>& to) {
      for (const auto& pair : levels) {
        auto& l = to.emplace_back();
        const auto p = number(pair[0]), q = number(pair[1]);
        l.price = p.mantissa;
        l.price_exp = p.exp;
        l.size = q.mantissa;
        l.size_exp = q.exp;
        const auto& a = pair[0].get_ref<const std::string&>();
        const auto& b = pair[1].get_ref<const std::string&>();
        std::memcpy(l.text, a.data(), a.size());
        l.text[a.size()] = ':';
        std::memcpy(l.text + a.size() + 1, b.data(), b.size());
        l.text_size = static_cast<std::uint8_t>(a.size() + 1 + b.size());
      }
    };
    side(d.at("bids"), m.bids);
    side(d.at("asks"), m.asks);
    m.has_seq = m.has_prev_seq = true;
    m.seq = d.at("seq").get<std::int64_t>();
    m.prev_seq = d.at("pseq").get<std::int64_t>();
    if (const auto c = d.find("checksum"); c != d.end()) {
      m.has_checksum = true;
      m.checksum = c->get<std::int32_t>();
    }
    const bool snapshot = j.at("action") == "snapshot";
    if ((snapshot ? book.apply_snapshot(m, s) : book.apply_update(m, s)) != venue_book::verdict::applied) {
      state.SkipWithError("the book was refused");
      break;
    }
    auto* p = reinterpret_cast<trapline_book*>(payload.data());
    *p = {};
    p->bid_count = static_cast<std::uint32_t>(m.bids.size());
    p->ask_count = static_cast<std::uint32_t>(m.asks.size());
    auto* l = reinterpret_cast<trapline_level*>(p + 1);
    for (const auto& x : m.bids) *l++ = {x.price, x.size};
    for (const auto& x : m.asks) *l++ = {x.price, x.size};
    const auto e = sdk::make_event(TRAPLINE_EVENT_BOOK_DELTA, 1, 1);
    const trapline_frame f{&e, p, static_cast<std::uint32_t>(sizeof *p + (m.bids.size() + m.asks.size()) * sizeof *l),
                           0};
    out.publish(&f, 1);
    bytes += frames[i].size;
    if (++i == frames.size()) i = 0;
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

void run_nlohmann_trade(benchmark::State& state, const std::vector<frame>& frames) {
  sink out;
  std::size_t i = 0;
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    const auto j = nlohmann::json::parse(frames[i].view());
    for (const auto& row : j.at("data")) {
      trapline_trade p{};
      const auto price = number(row.at("price")), size = number(row.at("size"));
      p.price = price.mantissa;
      p.price_exp = price.exp;
      p.size = size.mantissa;
      p.size_exp = size.exp;
      p.aggressor_side = row.at("side") == "buy" ? TRAPLINE_SIDE_BUY : TRAPLINE_SIDE_SELL;
      sdk::assign(p.trade_id, row.at("tradeId").get_ref<const std::string&>());
      const auto e = sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1,
                                     std::stoll(row.at("ts").get_ref<const std::string&>()) * 1'000'000);
      const trapline_frame f{&e, &p, sizeof p, 0};
      out.publish(&f, 1);
    }
    bytes += frames[i].size;
    if (++i == frames.size()) i = 0;
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

// Trades that repeat are dropped, so each needs an id of its own: it is written into the frame.
void trade_simdjson(benchmark::State& state) {
  sink out;
  const auto o = bench_options();
  feed f(o, "feed", out, 1);
  f.start();
  out.handler->on_open();
  auto frames = trade_frames();
  auto& text = frames[0].text;
  const auto digits = text.find("tradeId\":\"") + 10;
  std::uint64_t id = 0;
  for (auto _ : state) {
    ++id;
    std::uint64_t v = id;
    for (int k = 18; k > 6; --k, v /= 10) text[digits + static_cast<std::size_t>(k)] = static_cast<char>('0' + v % 10);
    out.handler->on_text(frames[0].view());
  }
  if (out.events < static_cast<std::uint64_t>(state.iterations())) state.SkipWithError("messages were not published");
}
BENCHMARK(trade_simdjson);
void trade_nlohmann(benchmark::State& state) { run_nlohmann_trade(state, trade_frames()); }
BENCHMARK(trade_nlohmann);

void book_simdjson(benchmark::State& state) {
  run_ours(state, book_frames(static_cast<std::size_t>(state.range(0)), false));
}
BENCHMARK(book_simdjson)->ArgName("levels")->Arg(25)->Arg(100);
void book_nlohmann(benchmark::State& state) {
  run_nlohmann_book(state, book_frames(static_cast<std::size_t>(state.range(0)), false));
}
BENCHMARK(book_nlohmann)->ArgName("levels")->Arg(25)->Arg(100);

void book_checked_simdjson(benchmark::State& state) {
  run_ours(state, book_frames(static_cast<std::size_t>(state.range(0)), true));
}
BENCHMARK(book_checked_simdjson)->ArgName("levels")->Arg(25)->Arg(100);
void book_checked_nlohmann(benchmark::State& state) {
  run_nlohmann_book(state, book_frames(static_cast<std::size_t>(state.range(0)), true));
}
BENCHMARK(book_checked_nlohmann)->ArgName("levels")->Arg(25)->Arg(100);

// The book alone: what merging costs without JSON.
void book_merge_only(benchmark::State& state) {
  const auto frames = book_frames(static_cast<std::size_t>(state.range(0)), false);
  frame_reader reader(dialect_of("v2"));
  std::vector<book_message> messages;
  for (const auto& f : frames) {
    auto& m = messages.emplace_back();
    reader.read(f.view(),
                [&](const frame_head&, ondemand::value data) { return decode_book(dialect_of("v2"), data, m); });
  }
  venue_book book;
  scale s;
  std::size_t i = 0;
  for (auto _ : state) {
    const auto verdict = i == 0 ? book.apply_snapshot(messages[i], s) : book.apply_update(messages[i], s);
    if (verdict != venue_book::verdict::applied) state.SkipWithError("the book was refused");
    if (++i == messages.size()) i = 0;
  }
}
BENCHMARK(book_merge_only)->ArgName("levels")->Arg(25)->Arg(100);

}  // namespace

BENCHMARK_MAIN();
