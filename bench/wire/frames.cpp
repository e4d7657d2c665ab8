#include "wire/frames.hpp"

#include <map>
#include <random>

namespace wire {
namespace {

constexpr std::size_t ms_width = 13, id_width = 19;
constexpr std::size_t cycle_length = 1024;
constexpr std::int64_t mid = 640'000;                  // tenths: 64,000.0
constexpr int levels_a_side = 400;                     // as the venue's documentation has it for v2 and v3
constexpr int ticks_a_side = levels_a_side * 29 / 20;  // of which about 400 hold a level

std::string price_text(std::int64_t tenths) { return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10); }

std::string size_text(std::int64_t units) {  // of 0.0001
  return std::to_string(units / 10'000) + "." + std::to_string(10'000 + units % 10'000).substr(1);
}

// Builds a text with places, then the frame around it.
class writer {
 public:
  writer& operator<<(const std::string& text) {
    out_.bytes += text;
    return *this;
  }
  writer& operator<<(frame::field f) {
    out_.places.push_back({out_.bytes.size(), f});
    out_.bytes.append(f == frame::field::ms ? ms_width : id_width, '0');
    return *this;
  }
  frame finish() {
    const std::size_t n = out_.bytes.size();
    std::string head = "\x81";  // a whole text message, not masked
    if (n < 126) head += static_cast<char>(n);
    else head += {126, static_cast<char>(n >> 8), static_cast<char>(n)};  // none is longer than 65,535 bytes
    for (auto& p : out_.places) p.offset += head.size();
    out_.bytes.insert(0, head);
    return std::move(out_);
  }

 private:
  frame out_;
};

std::string head(const char* action, const char* channel) {
  return std::string(R"({"action":")") + action + R"(","arg":{"instType":"USDT-FUTURES","channel":")" + channel +
         R"(","instId":"BTCUSDT"},"data":[{)";
}

frame trade_frame(std::mt19937_64& random) {
  writer w;
  w << head("update", "trade") << R"("ts":")" << frame::field::ms << R"(","price":")"
    << price_text(mid + static_cast<std::int64_t>(random() % 40) - 20) << R"(","size":")"
    << size_text(1 + static_cast<std::int64_t>(random() % 30'000)) << R"(","side":")" << (random() % 2 ? "buy" : "sell")
    << R"(","tradeId":")" << frame::field::trade_id << R"("}],"ts":)" << frame::field::ms << "}";
  return w.finish();
}

frame ticker_frame(std::mt19937_64& random) {
  const auto near = [&] { return price_text(mid + static_cast<std::int64_t>(random() % 40)); };
  const auto size = [&] { return size_text(1 + static_cast<std::int64_t>(random() % 90'000)); };
  writer w;
  w << head("snapshot", "ticker") << R"("instId":"BTCUSDT","lastPr":")" << near() << R"(","bidPr":")" << near()
    << R"(","askPr":")" << near() << R"(","bidSz":")" << size() << R"(","askSz":")" << size()
    << R"(","open24h":"63500.0","high24h":"64800.0","low24h":"63100.2","change24h":"0.00788","fundingRate":"0.000100",)"
    << R"("nextFundingTime":"1760025600000","markPrice":")" << near() << R"(","indexPrice":"64012.4",)"
    << R"("holdingAmount":"92950.2","baseVolume":"36890.12","quoteVolume":"2360152429.96","openUtc":"63400.5",)"
    << R"("symbolType":"1","symbol":"BTCUSDT","deliveryPrice":"0","ts":")" << frame::field::ms << R"("}],"ts":)"
    << frame::field::ms << "}";
  return w.finish();
}

// A book around a fixed price, and updates of it. Of a recorded socket's changes 38 in 100 replaced a size, 31 added a
// level and 31 deleted one, and they were spread over the whole book; here one half is, the other half lies near the
// touch. The cycle may be sent again from its start: sizes are absolute, and a level that is deleted twice harms
// nobody.
class book_source {
 public:
  explicit book_source(std::size_t changes) : changes_(changes) {
    for (int i = 0; i < ticks_a_side; ++i) {
      if (random_() % ticks_a_side < levels_a_side) bids_[mid - 1 - i] = size();
      if (random_() % ticks_a_side < levels_a_side) asks_[mid + i] = size();
    }
  }

  frame snapshot() { return message("snapshot", bids_, asks_); }
  frame update() {
    const auto bids = change(bids_, mid - 1, -1, changes_ / 2), asks = change(asks_, mid, 1, changes_ - changes_ / 2);
    return message("update", bids, asks);
  }

 private:
  using side = std::map<std::int64_t, std::int64_t>;

  std::int64_t size() { return 1 + static_cast<std::int64_t>(random_() % 100'000); }

  side change(side& book, std::int64_t touch, int direction, std::size_t n) {
    side picked;
    while (picked.size() < n) {
      const auto depth = static_cast<std::int64_t>(random_() % (random_() % 2 ? 2 * n : std::size_t{ticks_a_side}));
      const auto price = touch + direction * depth;
      picked[price] = book.count(price) != 0 && random_() % 100 < 45 ? 0 : size();
    }
    for (const auto& [price, size] : picked)
      if (size == 0) book.erase(price);
      else book[price] = size;
    return picked;
  }

  frame message(const char* action, const side& bids, const side& asks) {
    const auto level = [](const std::string& out, std::int64_t price, std::int64_t size) {
      return (out.empty() ? "[\"" : ",[\"") + price_text(price) + "\",\"" + (size == 0 ? "0" : size_text(size)) + "\"]";
    };
    std::string best_bids, best_asks;  // best first, as the venue sends them
    for (auto i = bids.rbegin(); i != bids.rend(); ++i) best_bids += level(best_bids, i->first, i->second);
    for (const auto& [price, size] : asks) best_asks += level(best_asks, price, size);
    writer w;
    w << head(action, "books") << R"("asks":[)" << best_asks << R"(],"bids":[)" << best_bids << R"(],"seq":)"
      << frame::field::seq << R"(,"pseq":)" << (first_ ? std::string("0") : std::string());
    if (!first_) w << frame::field::prev_seq;
    first_ = false;
    w << R"(,"ts":")" << frame::field::ms << R"("}],"ts":)" << frame::field::ms << "}";
    return w.finish();
  }

  std::size_t changes_;
  std::mt19937_64 random_{1};
  side bids_, asks_;
  bool first_ = true;
};

workload books(const char* name, std::size_t changes) {
  book_source source(changes);
  workload w{name, {"books"}, {}, {}};
  w.opening.push_back(source.snapshot());
  for (std::size_t i = 0; i < cycle_length; ++i) w.cycle.push_back(source.update());
  return w;
}

workload mix() {
  book_source source(100);
  std::mt19937_64 random(1);
  workload w{"mix", {"trade", "books", "ticker"}, {}, {}};
  w.opening.push_back(source.snapshot());
  constexpr const char order[] = "tbtbtbtbtTbtbtbtbt";  // b: books, t: ticker, T: trade
  static_assert(sizeof order - 1 == 18);
  for (std::size_t i = 0; i < cycle_length / 18 * 18; ++i) {
    const char kind = order[i % 18];
    w.cycle.push_back(kind == 'b' ? source.update() : kind == 't' ? ticker_frame(random) : trade_frame(random));
  }
  return w;
}

void put_digits(char* to, std::size_t width, std::uint64_t value) {
  for (std::size_t i = width; i-- > 0; value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::vector<workload> make_workloads() {
  std::mt19937_64 random(1);
  workload trade{"trade", {"trade"}, {}, {}}, ticker{"ticker", {"ticker"}, {}, {}};
  for (std::size_t i = 0; i < cycle_length; ++i) {
    trade.cycle.push_back(trade_frame(random));
    ticker.cycle.push_back(ticker_frame(random));
  }
  std::vector<workload> all = {std::move(trade), std::move(ticker), books("books, 25 changes", 25),
                               books("books, 100 changes", 100), mix()};
  for (auto& w : all) {
    for (const auto& f : w.cycle) w.bytes += static_cast<double>(f.bytes.size());
    w.bytes /= static_cast<double>(w.cycle.size());
  }
  return all;
}

void numbers::put(frame& f, std::int64_t ms) {
  for (const auto& p : f.places) {
    char* const to = f.bytes.data() + p.offset;
    switch (p.what) {
      case frame::field::ms:
        put_digits(to, ms_width, static_cast<std::uint64_t>(ms));
        break;
      case frame::field::trade_id:
        put_digits(to, id_width, ++trade_id_);
        break;
      case frame::field::seq:
        put_digits(to, id_width, ++seq_);
        break;
      case frame::field::prev_seq:  // stands behind its seq
        put_digits(to, id_width, seq_ - 1);
        break;
    }
  }
}

}  // namespace wire
