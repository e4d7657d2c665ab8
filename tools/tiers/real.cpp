#include "real.hpp"

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <stdexcept>

#include "candle/bar_detector.hpp"
#include "measure/packed.hpp"
#include "trapline/sdk/host.hpp"
#include "trapline/sdk/text.hpp"

namespace tiers {

namespace {

// "61800.20" with `places` decimals as a whole number; further digits must not matter.
std::int64_t scaled(const std::string& text, int places) {
  const auto dot = text.find('.');
  std::string digits = text.substr(0, dot);
  std::string after = dot == std::string::npos ? "" : text.substr(dot + 1);
  after.resize(static_cast<std::size_t>(places), '0');
  return std::atoll((digits + after).c_str());
}

void read_levels(const nlohmann::json& bids, const nlohmann::json& asks, recording::entry& e) {
  for (const auto* side : {&bids, &asks})
    for (const auto& l : *side)
      e.levels.push_back({scaled(l[0].get<std::string>(), 1), scaled(l[1].get<std::string>(), 3)});
  e.book.bid_count = static_cast<std::uint32_t>(bids.size());
  e.book.ask_count = static_cast<std::uint32_t>(asks.size());
  e.book.price_exp = planted::price_exp, e.book.size_exp = planted::size_exp;
}

// Counts episodes and alarms of the two sweeping patterns.
class counter final : public trap::sink {
 public:
  std::string_view symbol(std::uint32_t) override { return "BARS"; }
  void signal(std::uint32_t, std::int64_t, const trapline_signal& s, std::span<const trapline_evidence>) override {
    const std::string id(trapline::sdk::view(s.id));
    if (s.pattern == TRAPLINE_PATTERN_STOP_HUNT) sweeps.insert(id);
    else if (s.pattern == TRAPLINE_PATTERN_BULL_TRAP || s.pattern == TRAPLINE_PATTERN_BEAR_TRAP) traps.insert(id);
    else return;
    if (s.stage == TRAPLINE_STAGE_DETECTED || s.stage == TRAPLINE_STAGE_CONFIRMED) alarms.insert(id);
  }
  void matrix(std::uint32_t, std::int64_t, const trapline_trap_matrix&, std::span<const trapline_matrix_row>) override {
  }
  std::set<std::string> sweeps, traps, alarms;
};

// A bar as logarithms against the close before it, so that bars can change places.
struct shape {
  double open, high, low, close, volume;
};

bars_result::count count_of(const std::vector<shape>& shapes, double from) {
  counter out;
  trap::settings s;
  s.report_every = 60 * trap::minute;
  trap::bar_detector d(s, out);
  double last = std::log(from);
  std::int64_t start = 1'640'995'200 * planted::second;
  for (const auto& x : shapes) {
    trapline_candle c{};
    const auto price = [&](double v) { return std::llround(std::exp(last + v) * 100); };
    c.interval_ns = trap::minute;
    c.start_ts = start;
    c.open = price(x.open), c.high = price(x.high), c.low = price(x.low), c.close = price(x.close);
    c.volume = std::llround(x.volume);
    c.price_exp = -2;
    c.closed = 1;
    d.on_candle(trapline::sdk::make_event(TRAPLINE_EVENT_CANDLE, 1, 1, start + trap::minute), c);
    last += x.close;
    start += trap::minute;
  }
  const double days = static_cast<double>(shapes.size()) / 1440;
  return {static_cast<double>(out.sweeps.size()) / days, static_cast<double>(out.traps.size()) / days,
          static_cast<double>(out.alarms.size()) / days};
}

void surrogates(const std::vector<shape>& bars, double from, std::size_t block, int times, bars_result::count& mean,
                bars_result::count& deviation) {
  planted::chance random(block);
  bars_result::count squares;
  for (int n = 0; n < times; ++n) {
    std::vector<std::size_t> order;
    for (std::size_t b = 0; b < bars.size() / block; ++b) order.push_back(b);
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.bits() % i]);
    std::vector<shape> mixed;
    for (const std::size_t b : order)
      mixed.insert(mixed.end(), bars.begin() + static_cast<std::ptrdiff_t>(b * block),
                   bars.begin() + static_cast<std::ptrdiff_t>((b + 1) * block));
    const auto c = count_of(mixed, from);
    mean.sweeps += c.sweeps / times, mean.traps += c.traps / times, mean.alarms += c.alarms / times;
    squares.sweeps += c.sweeps * c.sweeps / times, squares.traps += c.traps * c.traps / times;
    squares.alarms += c.alarms * c.alarms / times;
  }
  deviation.sweeps = std::sqrt(std::max(0.0, squares.sweeps - mean.sweeps * mean.sweeps));
  deviation.traps = std::sqrt(std::max(0.0, squares.traps - mean.traps * mean.traps));
  deviation.alarms = std::sqrt(std::max(0.0, squares.alarms - mean.alarms * mean.alarms));
}

}  // namespace

recording read_recording(const std::string& path) {
  recording out;
  std::istringstream in(measure::read_gzip(path));
  std::string line;
  std::int64_t snapshot = 0;  // changes up to this number are in the snapshot already
  for (std::size_t n = 1; std::getline(in, line); ++n) try {
      if (line.find("@bookTicker") != std::string::npos) continue;
      const auto space = line.find(' ');
      const auto j = nlohmann::json::parse(line.substr(space + 1));
      recording::entry e;
      e.ts = std::atoll(line.c_str());
      if (j.contains("lastUpdateId")) {
        e.is = recording::entry::what::snapshot;
        snapshot = j.at("lastUpdateId").get<std::int64_t>();
        read_levels(j.at("bids"), j.at("asks"), e);
      } else if (const auto& d = j.at("data"); d.at("e") == "depthUpdate") {
        if (snapshot == 0 || d.at("u").get<std::int64_t>() <= snapshot) continue;
        e.is = recording::entry::what::delta;
        read_levels(d.at("b"), d.at("a"), e);
      } else {
        e.trade.price = scaled(d.at("p").get<std::string>(), 1), e.trade.price_exp = planted::price_exp;
        e.trade.size = scaled(d.at("q").get<std::string>(), 3), e.trade.size_exp = planted::size_exp;
        e.trade.aggressor_side = d.at("m").get<bool>() ? TRAPLINE_SIDE_SELL : TRAPLINE_SIDE_BUY;
        if (e.trade.price <= 0 || e.trade.size <= 0) continue;  // insurance fund and the like
      }
      out.entries.push_back(std::move(e));
    } catch (const nlohmann::json::exception& x) {
      throw std::runtime_error(path + ":" + std::to_string(n) + ": " + x.what());
    }
  if (out.entries.empty()) throw std::runtime_error(path + ": holds no events");
  return out;
}

bars_result play_bars(const std::string& path, int times) {
  std::istringstream in(measure::read_xz(path));
  std::string line;
  std::getline(in, line);  // the names of the columns
  std::vector<shape> bars;
  double last = 0, from = 0;
  for (std::size_t n = 2; std::getline(in, line); ++n) {
    const auto comma = line.find(',');
    double open = 0, high = 0, low = 0, close = 0, volume = 0;
    if (comma == std::string::npos ||
        std::sscanf(line.c_str() + comma, ",%lf,%lf,%lf,%lf,%lf", &open, &high, &low, &close, &volume) != 5 ||
        !(low > 0))
      throw std::runtime_error(path + ":" + std::to_string(n) + ": expected timestamp,open,high,low,close,volume");
    if (last == 0) last = from = open;
    bars.push_back(
        {std::log(open / last), std::log(high / last), std::log(low / last), std::log(close / last), volume});
    last = close;
  }
  bars_result out;
  out.surrogates = times;
  out.days = static_cast<double>(bars.size()) / 1440;
  out.real = count_of(bars, from);
  surrogates(bars, from, 1, times, out.shuffled, out.shuffled_deviation);
  surrogates(bars, from, 60, times, out.blocks, out.blocks_deviation);
  return out;
}

}  // namespace tiers
