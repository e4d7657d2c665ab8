#include "render.hpp"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <map>

#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::cli {
namespace {

__attribute__((format(printf, 1, 2))) std::string text(const char* format, ...) {
  char out[512];
  va_list args;
  va_start(args, format);
  std::vsnprintf(out, sizeof out, format, args);
  va_end(args);
  return out;
}

constexpr const char* reset = "\x1b[0m";
constexpr const char* bold = "\x1b[1m";
constexpr const char* dim = "\x1b[2m";

const char* state_colour(std::uint8_t state) {
  if (state == TRAPLINE_FEED_LIVE) return "\x1b[32m";
  return state == TRAPLINE_FEED_FAILED ? "\x1b[31m" : "\x1b[33m";
}

const char* probability_colour(double p) { return p >= 0.7 ? "\x1b[31m" : p >= 0.4 ? "\x1b[33m" : ""; }

// Cuts a line to `width` visible columns; colour codes take no room.
std::string fit(const std::string& line, int width) {
  std::string out;
  int columns = 0;
  for (std::size_t i = 0; i < line.size();) {
    if (line[i] == '\x1b') {
      const auto end = line.find('m', i);
      out.append(line, i, end - i + 1);
      i = end + 1;
      continue;
    }
    if ((static_cast<unsigned char>(line[i]) & 0xc0) != 0x80 && ++columns > width) break;
    out += line[i++];
  }
  return out + reset;
}

std::string bar(double p, int cells) {
  const int full = std::clamp(static_cast<int>(std::lround(p * cells)), 0, cells);
  return std::string(static_cast<std::size_t>(full), '#') + std::string(static_cast<std::size_t>(cells - full), '.');
}

std::string bytes(std::uint64_t n) {
  if (n >= 1u << 20) return text("%.1f MiB", static_cast<double>(n) / (1 << 20));
  if (n >= 1u << 10) return text("%.1f KiB", static_cast<double>(n) / (1 << 10));
  return text("%llu B", static_cast<unsigned long long>(n));
}

std::string positions_text(const snapshot& d) {
  if (!d.positions_known) return "position unknown";
  if (d.positions.empty()) return "flat";
  std::string out;
  for (const auto& p : d.positions)
    out += (out.empty() ? "" : "; ") + text("%s %.4f %s @ %.1f, mark %.1f, PnL %+.2f USDT",
                                            std::string(sdk::position_side_name(p.side)).c_str(), p.size,
                                            p.symbol.c_str(), p.entry, p.mark, p.pnl);
  return out;
}

}  // namespace

std::string render_live(const frame& f, int width) {
  std::vector<std::string> lines;
  const auto& d = f.data;
  lines.push_back(
      text("%sTrapline%s %s   %02d:%02d   %.0f events/s   bus %s%s", bold, reset, f.engine.c_str(),
           static_cast<int>(f.elapsed_s) / 60, static_cast<int>(f.elapsed_s) % 60, f.events_per_s,
           bytes(f.bus_bytes).c_str(),
           f.refusals > 0 ? text(", %llu refused", static_cast<unsigned long long>(f.refusals)).c_str() : ""));
  std::string lag = "lag";
  for (const auto& l : f.lanes) {
    lag += "  " + l.name + " " + bytes(l.lag_bytes);
    if (l.lost > 0) lag += text(" (%llu lost)", static_cast<unsigned long long>(l.lost));
  }
  lines.push_back(dim + lag + reset);
  for (const auto& [name, s] : d.feeds)
    lines.push_back(text("%-14s %s%-14s%s %u/%u subscriptions, %llu gaps, %llu reconnects  %s%s%s", name.c_str(),
                         state_colour(s.state), std::string(sdk::feed_state_name(s.state)).c_str(), reset,
                         s.status.subscriptions_acked, s.status.subscriptions_wanted,
                         static_cast<unsigned long long>(s.status.gaps),
                         static_cast<unsigned long long>(s.status.reconnects), dim, s.text.c_str(), reset));
  lines.emplace_back();
  for (const auto& [name, s] : d.symbols)
    lines.push_back(text("%s%-10s %.*f%s   bid %.*f  ask %.*f  mark %.*f   trades %llu  books %llu%s", bold,
                         name.c_str(), s.decimals, s.last, reset, s.decimals, s.bid, s.decimals, s.ask, s.decimals,
                         s.mark, static_cast<unsigned long long>(s.trades), static_cast<unsigned long long>(s.books),
                         s.book_valid ? "" : "  \x1b[33mbook invalid\x1b[0m"));
  lines.push_back("position   " + positions_text(d));
  lines.emplace_back();
  for (const auto& [name, m] : d.matrix) {
    lines.push_back(text("traps in %s%s", name.c_str(), m.head.warming != 0 ? "  (warming up)" : ""));
    for (const auto& r : m.rows)
      lines.push_back(text("  %-18s %-5s %s%s %4.2f%s  %s", std::string(sdk::pattern_name(r.pattern)).c_str(),
                           std::string(sdk::direction_name(r.direction)).c_str(), probability_colour(r.probability),
                           bar(r.probability, 20).c_str(), r.probability, reset,
                           r.stage == TRAPLINE_STAGE_NONE ? "" : std::string(sdk::stage_name(r.stage)).c_str()));
  }
  if (!d.signals.empty()) {
    lines.emplace_back();
    lines.emplace_back("last signals");
    for (const auto& s : d.signals) lines.push_back("  " + s);
  }
  std::string out = "\x1b[H";
  for (const auto& l : lines) out += fit(l, width) + "\x1b[K\n";
  return out + "\x1b[J";
}

std::string render_line(const frame& f) {
  std::string out = text("%5.0fs", f.elapsed_s);
  for (const auto& [name, s] : f.data.feeds) out += " " + name + "=" + std::string(sdk::feed_state_name(s.state));
  for (const auto& [name, s] : f.data.symbols) out += text(" %s=%.*f", name.c_str(), s.decimals, s.last);
  std::uint64_t lag = 0, lost = 0;
  for (const auto& l : f.lanes) {
    lag = std::max(lag, l.lag_bytes);
    lost += l.lost;
  }
  out += text(" events/s=%.0f lag=%lluB lost=%llu", f.events_per_s, static_cast<unsigned long long>(lag),
              static_cast<unsigned long long>(lost));
  out += " | " + positions_text(f.data);
  for (const auto& [name, m] : f.data.matrix)
    out +=
        text(" | trap %s %.2f%s", std::string(m.head.pattern == 0 ? "none" : sdk::pattern_name(m.head.pattern)).c_str(),
             m.head.probability, m.head.warming != 0 ? " (warming up)" : "");
  out += text(" alarms=%llu", static_cast<unsigned long long>(f.data.alarms));
  return out;
}

std::string render_episodes(const snapshot& s) {
  struct row {
    int planted = 0, found = 0, running = 0;
    std::vector<double> delays;
    std::string missed;
  };
  std::map<std::string, row> rows;
  for (const auto& p : s.episodes) {
    row& r = rows[std::string(sdk::pattern_name(p.truth.pattern))];
    if (p.found) {
      ++r.found;
      r.delays.push_back(p.delay_s);
    } else if (!p.ended) {
      ++r.running;  // too early to call it missed
      continue;
    } else {
      r.missed += " #" + std::to_string(p.id);
    }
    ++r.planted;
  }
  if (rows.empty()) return {};
  std::string out = "planted episodes\n";
  for (auto& [name, r] : rows) {
    out += text("  %-18s planted %d  signalled %d", name.c_str(), r.planted, r.found);
    if (!r.delays.empty()) {
      std::sort(r.delays.begin(), r.delays.end());
      out += text("  median delay %.1f s of market time", r.delays[r.delays.size() / 2]);
    }
    if (!r.missed.empty()) out += "  missed" + r.missed;
    if (r.running > 0) out += text("  still running %d", r.running);
    out += "\n";
  }
  return out + text("  alarms %llu, of which %llu match no planted episode\n",
                    static_cast<unsigned long long>(s.alarms), static_cast<unsigned long long>(s.unmatched_alarms));
}

}  // namespace trapline::cli
