#include "tables.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

namespace tiers {

namespace {

std::string escaped(const std::string& s) {
  std::string out;
  for (const char c : s) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else out += c;
  }
  return out;
}

// Code points, for columns that line up.
std::size_t width(const std::string& s) {
  return static_cast<std::size_t>(std::count_if(s.begin(), s.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::vector<std::string> row_of(const tally& t) {
  const auto r = t.rates();
  const std::uint64_t wrong = t.false_alarms + t.other_false;
  const auto w = measure::poisson_bounds(wrong);
  return {std::string(name_of(t.what)),
          t.name,
          std::to_string(t.positives),
          text(r.precision, 2) + " " + text(measure::share_bounds(t.hits, t.hits + t.false_alarms), 2),
          text(r.recall, 2) + " " + text(measure::share_bounds(t.hits, t.positives), 2),
          text(r.f1, 2) + " " + text(measure::f1_bounds(t.units), 2),
          text(measure::quantile(t.delays, 0.5), 1) + " / " + text(measure::quantile(t.delays, 0.9), 1),
          text(static_cast<double>(wrong) / t.hours, 2) + " " + text({w.first / t.hours, w.second / t.hours}, 2),
          text(measure::brier_skill(t.forecasts), 2),
          text(measure::calibration_error(t.forecasts, 10), 3),
          text(measure::average_precision(t.forecasts), 2)};
}

}  // namespace

std::string text(double value, int places) {
  if (!std::isfinite(value)) return "-";
  char out[48];
  std::snprintf(out, sizeof out, "%.*f", places, value);
  return out;
}
std::string text(measure::interval i, int places) {
  return "[" + text(i.first, places) + ", " + text(i.second, places) + "]";
}

std::string as_text(const table& t) {
  std::vector<std::size_t> widths(t.header.size());
  const auto fit = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  };
  fit(t.header);
  for (const auto& r : t.rows) fit(r);
  std::string out = t.title + "\n";
  const auto put = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i)
      out += "  " + row[i] + (i + 1 < row.size() ? std::string(widths[i] - width(row[i]), ' ') : "");
    out += '\n';
  };
  put(t.header);
  for (const auto& r : t.rows) put(r);
  if (!t.note.empty()) out += "  " + t.note + "\n";
  return out + "\n";
}

std::string as_html(const table& t) {
  std::string out = "<h3>" + escaped(t.title) + "</h3>\n<table><tr>";
  for (const auto& h : t.header) out += "<th>" + escaped(h) + "</th>";
  out += "</tr>\n";
  std::string before;
  for (const auto& r : t.rows) {
    out += r[0] == before ? "<tr>" : "<tr class=first>";
    before = r[0];
    for (const auto& c : r) out += "<td>" + escaped(c) + "</td>";
    out += "</tr>\n";
  }
  out += "</table>\n";
  if (!t.note.empty()) out += "<p class=note>" + escaped(t.note) + "</p>\n";
  return out;
}

table detection_table(const std::string& title, const std::string& note, const std::vector<played>& all,
                      const std::vector<pattern>& patterns) {
  table t{title,
          note,
          {"pattern", "detector", "n", "precision", "recall", "F1", "delay s p50 / p90", "false alarms an hour",
           "Brier skill", "ECE", "PR-AUC"},
          {}};
  for (const pattern p : patterns) {
    for (std::size_t who = 0; who < all.front().contestants.size(); ++who) {
      const tally x = score(all, who, p);
      if (who > 0 && x.hits + x.false_alarms + x.other_false == 0) continue;  // speaks of other things
      t.rows.push_back(row_of(x));
      if (who > 0) continue;
      double base = 0;
      for (const auto& f : x.forecasts) base += f.came;
      base /= static_cast<double>(std::max<std::size_t>(1, x.forecasts.size()));
      t.rows.push_back({std::string(name_of(p)), "base rate: alarm at each", std::to_string(x.positives), text(base, 2),
                        "1.00", text(2 * base / (1 + base), 2), "-", "-", "0.00", "0.000", text(base, 2)});
    }
  }
  return t;
}

table decoy_table(const std::string& title, const std::vector<played>& all, std::size_t who) {
  table t{title,
          "",
          {"pattern", "false alarms in sessions of its family, by what drew them", "told of other families"},
          {}};
  for (std::size_t p = 0; p < pattern_count; ++p) {
    const tally x = score(all, who, static_cast<pattern>(p));
    std::string by;
    for (const auto& [what, n] : x.false_by) by += (by.empty() ? "" : ", ") + what + " " + std::to_string(n);
    if (x.wrong_level) by += " (" + std::to_string(x.wrong_level) + " of them right but for the level)";
    t.rows.push_back({std::string(name_of(x.what)), by.empty() ? "none" : by, std::to_string(x.other_false)});
  }
  return t;
}

table bars_table(const bars_result& r) {
  const auto row = [](const char* name, const bars_result::count& c, const bars_result::count* d) {
    const auto cell = [&](double v, double s) { return text(v, 2) + (d ? " ± " + text(s, 2) : ""); };
    return std::vector<std::string>{name, cell(c.sweeps, d ? d->sweeps : 0), cell(c.traps, d ? d->traps : 0),
                                    cell(c.alarms, d ? d->alarms : 0)};
  };
  return {"T4: " + text(r.days, 1) + " days of one-minute bars, trap_detector_candle, a day",
          std::to_string(r.surrogates) +
              " surrogates of each kind. Sweeps of real bars that are no more than those of shuffled "
              "ones are no evidence: the candle detector keeps them at their base rate, below every alarm.",
          {"bars", "swept and reclaimed", "accepted breaks", "alarms"},
          {row("real", r.real, nullptr), row("shuffled", r.shuffled, &r.shuffled_deviation),
           row("shuffled in blocks of an hour", r.blocks, &r.blocks_deviation)}};
}

table quiet_table(const std::string& title, const std::string& note, const played& p) {
  table t{title, note, {"detector", "pattern", "alarms", "an hour"}, {}};
  const double hours = static_cast<double>(p.truth.end - p.truth.begin) / 3600e9;
  for (const auto& c : p.contestants)
    for (std::size_t k = 0; k < pattern_count; ++k) {
      const auto n = static_cast<std::uint64_t>(std::count_if(
          c.alarms.begin(), c.alarms.end(), [&](const alarm& a) { return static_cast<std::size_t>(a.what) == k; }));
      const bool speaks = &c == &p.contestants.front() || n > 0;
      if (!speaks) continue;
      const auto b = measure::poisson_bounds(n);
      t.rows.push_back({c.name, std::string(name_of(static_cast<pattern>(k))), std::to_string(n),
                        text(static_cast<double>(n) / hours, 1) + " " + text({b.first / hours, b.second / hours}, 1)});
    }
  return t;
}

table goals_table(const std::vector<goal>& all) {
  table t{"Goals (detection.md 4)", "", {"figure", "goal", "measured", ""}, {}};
  for (const auto& g : all) t.rows.push_back({g.what, g.wanted, g.measured, g.met ? "reached" : "missed"});
  return t;
}

}  // namespace tiers
