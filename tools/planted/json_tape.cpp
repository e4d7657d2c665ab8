#include "json_tape.hpp"

#include <charconv>
#include <ostream>

namespace planted {

namespace {
void put(std::string& out, std::int64_t v) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, v).ptr);
}
void put(std::string& out, double v) {
  char text[32];
  out.append(text, std::to_chars(text, text + sizeof text, v).ptr);
}
}  // namespace

json_tape::json_tape(std::ostream& out, std::string symbol) : out_(out), symbol_(std::move(symbol)) {
  out_ << R"({"type":"instrument","symbol":")" << symbol_ << R"(","venue":"planted","tick":"0.1","lot":"0.001"})"
       << '\n';
}

void json_tape::head(const char* type, std::int64_t ts) {
  line_ = std::string("{\"type\":\"") + type + "\",\"ts\":";
  put(line_, ts);
  line_ += ",\"symbol\":\"" + symbol_ + '"';
}

// A decimal string; `exp` is negative here.
void json_tape::number(std::int64_t mantissa, int exp) {
  std::string digits = std::to_string(mantissa);
  const auto places = static_cast<std::size_t>(-exp);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  line_ += '"';
  line_.append(digits, 0, digits.size() - places).append(".").append(digits, digits.size() - places);
  line_ += '"';
}

void json_tape::end() {
  line_ += "}\n";
  out_ << line_;
}

void json_tape::candle(std::int64_t ts, const trapline_candle& c) {
  head("candle", ts);
  line_ += ",\"interval\":\"1m\",\"start\":";
  put(line_, c.start_ts);
  for (const auto& [name, v] : {std::pair{"open", c.open}, {"high", c.high}, {"low", c.low}, {"close", c.close}}) {
    line_ += std::string(",\"") + name + "\":";
    number(v, c.price_exp);
  }
  line_ += ",\"volume\":";
  number(c.volume, c.size_exp);
  line_ += c.closed ? ",\"closed\":true" : ",\"closed\":false";
  end();
}

void json_tape::trade(std::int64_t ts, const trapline_trade& t) {
  head("trade", ts);
  line_ += ",\"price\":";
  number(t.price, t.price_exp);
  line_ += ",\"size\":";
  number(t.size, t.size_exp);
  line_ += t.aggressor_side == TRAPLINE_SIDE_BUY ? ",\"side\":\"buy\"" : ",\"side\":\"sell\"";
  end();
}

void json_tape::book(std::int64_t ts, bool snapshot, const trapline_book& b, std::span<const trapline_level> levels) {
  head("book", ts);
  line_ += snapshot ? ",\"action\":\"snapshot\",\"seq\":" : ",\"action\":\"delta\",\"seq\":";
  put(line_, static_cast<std::int64_t>(b.venue_seq));
  line_ += ",\"prev_seq\":";
  put(line_, static_cast<std::int64_t>(b.venue_prev_seq));
  const auto side = [&](const char* name, std::span<const trapline_level> of) {
    line_ += std::string(",\"") + name + "\":[";
    for (std::size_t i = 0; i < of.size(); ++i) {
      line_ += i ? ",[" : "[";
      number(of[i].price, b.price_exp);
      line_ += ',';
      number(of[i].size, b.size_exp);
      line_ += ']';
    }
    line_ += ']';
  };
  side("bids", levels.first(b.bid_count));
  side("asks", levels.subspan(b.bid_count));
  end();
}

void json_tape::ticker(std::int64_t ts, const trapline_ticker& t) {
  head("ticker", ts);
  line_ += ",\"mark\":";
  number(t.mark, t.price_exp);
  line_ += ",\"index\":";
  number(t.index, t.price_exp);
  line_ += ",\"open_interest\":";
  number(t.open_interest, t.size_exp);
  end();
}

void write_truth(std::ostream& out, const session_settings& s, const session_truth& truth) {
  for (const auto& e : truth.episodes) {
    std::string line = "{\"family\":\"" + std::string(name_of(e.of)) + "\",\"what\":\"" + e.what +
                       "\",\"trap\":" + (e.trap ? "true" : "false") + ",\"pattern\":\"" +
                       (e.trap ? std::string(pattern_of(e)) : "") + "\",\"difficulty\":\"" +
                       std::string(name_of(s.how)) + "\",\"direction\":\"";
    const bool book = e.of == family::spoofing || e.of == family::layering;
    line += std::string(book ? (e.up ? "bid" : "ask") : (e.up ? "up" : "down")) + '"';
    for (const auto& [name, v] : {std::pair{"from", e.from}, {"onset", e.onset}, {"end", e.end}, {"until", e.until}}) {
      line += std::string(",\"") + name + "\":";
      put(line, v);
    }
    line += ",\"levels\":[";
    for (std::size_t i = 0; i < e.levels.size(); ++i) {
      if (i) line += ',';
      put(line, e.levels[i]);
    }
    out << line << "]}\n";
  }
}

}  // namespace planted
