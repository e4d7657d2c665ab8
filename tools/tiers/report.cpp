#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace tiers {

namespace {

constexpr const char* colours[] = {"#0b62a4", "#c2571a", "#3a8a3a"};

// A plot with axes of its own; x and y in the units of the data.
class svg {
 public:
  svg(double width, double height, double x0, double x1, double y0, double y1)
      : width_(width), height_(height), x0_(x0), x1_(x1 > x0 ? x1 : x0 + 1), y0_(y0), y1_(y1 > y0 ? y1 : y0 + 1) {}

  double x(double v) const { return left + (v - x0_) / (x1_ - x0_) * (width_ - left - right); }
  double y(double v) const { return height_ - bottom - (v - y0_) / (y1_ - y0_) * (height_ - top - bottom); }

  template <class... Parts>
  void put(const Parts&... parts) {
    (body_ << ... << parts) << '\n';
  }
  void line(double xa, double ya, double xb, double yb, const char* style) {
    put("<line x1='", x(xa), "' y1='", y(ya), "' x2='", x(xb), "' y2='", y(yb), "' ", style, "/>");
  }
  void path(const std::vector<std::pair<double, double>>& points, const std::string& colour) {
    if (points.empty()) return;
    std::ostringstream d;
    for (const auto& [a, b] : points) d << x(a) << ',' << y(b) << ' ';
    put("<polyline fill='none' stroke='", colour, "' stroke-width='1.6' points='", d.str(), "'/>");
  }
  void dot(double a, double b, double r, const std::string& colour) {
    put("<circle cx='", x(a), "' cy='", y(b), "' r='", r, "' fill='", colour, "'/>");
  }
  void label(double px, double py, const std::string& s, const char* style = "") {
    put("<text x='", px, "' y='", py, "' ", style, ">", s, "</text>");
  }
  void axes(const std::string& title, const std::string& below, int x_places, int y_places) {
    label(left, 14, title, "class='t'");
    for (int i = 0; i <= 4; ++i) {
      const double a = x0_ + (x1_ - x0_) * i / 4, b = y0_ + (y1_ - y0_) * i / 4;
      line(x0_, b, x1_, b, "stroke='#ddd'");
      label(x(a), height_ - bottom + 14, text(a, x_places), "text-anchor='middle'");
      label(left - 4, y(b) + 4, text(b, y_places), "text-anchor='end'");
    }
    label((left + width_ - right) / 2, height_ - 4, below, "text-anchor='middle'");
  }
  std::string done() const {
    std::ostringstream out;
    out << "<svg xmlns='http://www.w3.org/2000/svg' width='" << width_ << "' height='" << height_ << "' viewBox='0 0 "
        << width_ << ' ' << height_ << "' font-family='sans-serif' font-size='11'>\n"
        << body_.str() << "</svg>\n";
    return out.str();
  }
  static constexpr double left = 52, right = 12, top = 24, bottom = 36;

 private:
  double width_, height_, x0_, x1_, y0_, y1_;
  std::ostringstream body_;
};

void legend(svg& s, const std::string& name, std::size_t i) {
  const double y = 40 + 14 * static_cast<double>(i);
  s.put("<rect x='62' y='", y - 8, "' width='9' height='9' fill='", colours[i % 3], "'/>");
  s.label(75, y, name);
}

}  // namespace

std::string reliability_plot(const std::vector<played>& all, pattern p, std::size_t contestants) {
  svg s(320, 280, 0, 1, 0, 1);
  s.axes(std::string(name_of(p)) + ": reliability", "probability told", 2, 2);
  s.line(0, 0, 1, 1, "stroke='#888' stroke-dasharray='4 3'");
  for (std::size_t who = 0; who < contestants; ++who) {
    const tally t = score(all, who, p);
    std::vector<std::pair<double, double>> points;
    for (const auto& b : measure::reliability(t.forecasts, 10)) {
      points.emplace_back(b.said, b.came);
      s.dot(b.said, b.came, 1.5 + std::sqrt(static_cast<double>(b.count)) / 2, colours[who % 3]);
    }
    s.path(points, colours[who % 3]);
    legend(s, t.name + ", ECE " + text(measure::calibration_error(t.forecasts, 10), 3), who);
  }
  return s.done();
}

std::string trade_off_plot(const std::vector<played>& all, pattern p, std::size_t contestants) {
  svg s(320, 280, 0, 1, 0, 1);
  s.axes(std::string(name_of(p)) + ": precision over recall", "recall", 2, 2);
  for (std::size_t who = 0; who < contestants; ++who) {
    const tally t = score(all, who, p);
    std::vector<std::pair<double, double>> points;
    for (const auto& x : measure::precision_recall(t.forecasts)) points.emplace_back(x.recall, x.precision);
    s.path(points, colours[who % 3]);
    legend(s, t.name + ", area " + text(measure::average_precision(t.forecasts), 2), who);
  }
  return s.done();
}

std::string episode_plot(const std::vector<played>& all, pattern p) {
  const played* game = nullptr;
  const planted::episode* e = nullptr;
  std::size_t found = 0;
  for (const auto& g : all) {
    if (g.settings.of != family_of(p) || g.prices.empty()) continue;
    const auto& alarms = g.contestants[0].alarms;
    for (const auto& x : g.truth.episodes)
      for (std::size_t i = 0; i < alarms.size() && !e; ++i)
        if (alarms[i].what == p && hits(x, alarms[i]) && level_agrees(x, p, alarms[i].level))
          e = &x, game = &g, found = i;
    if (e) break;
  }
  if (!e) return "";
  const auto seconds = [&](std::int64_t ts) { return static_cast<double>(ts - game->truth.begin) * 1e-9; };
  const double from = seconds(e->onset) - 60,
               until = std::max(seconds(e->end), seconds(game->contestants[0].alarms[found].ts)) + 60;
  double low = 1e18, high = 0;
  std::vector<std::pair<double, double>> price;
  for (double t = std::max(0.0, from); t < until && t < static_cast<double>(game->prices.size()); t += 1) {
    const double v = game->prices[static_cast<std::size_t>(t)];
    price.emplace_back(t - seconds(e->onset), v);
    low = std::min(low, v), high = std::max(high, v);
  }
  const double margin = std::max(1.0, (high - low) * 0.1);
  svg s(660, 300, from - seconds(e->onset), until - seconds(e->onset), low - margin, high + margin);
  const bool book = p == pattern::spoofing || p == pattern::layering;
  s.axes(std::string(name_of(p)) +
             (e->up  ? book ? ", bid" : ", up"
              : book ? ", ask"
                     : ", down") +
             ": price, and probability told (0..1, orange)",
         "seconds since the planted onset", 0, 1);
  const double a = s.x(0), b = s.x(seconds(e->end) - seconds(e->onset));
  s.put("<rect x='", a, "' y='24' width='", std::max(1.0, b - a), "' height='240' fill='#0b62a4' opacity='0.08'/>");
  if (!book && p != pattern::move && p != pattern::fake_move)
    s.line(from - seconds(e->onset), e->levels[0], until - seconds(e->onset), e->levels[0],
           "stroke='#444' stroke-dasharray='5 3'");
  s.path(price, colours[0]);
  std::vector<std::pair<double, double>> told;
  const double bottom = low - margin, whole = high - low + 2 * margin;
  for (const auto& r : game->contestants[0].readings)
    if (r.what == p && r.up == e->up && seconds(r.ts) >= from && seconds(r.ts) <= until)
      told.emplace_back(seconds(r.ts) - seconds(e->onset), bottom + r.probability * whole);
  s.path(told, colours[1]);
  const auto& alarm = game->contestants[0].alarms[found];
  const double at = s.x(seconds(alarm.ts) - seconds(e->onset));
  s.put("<line x1='", at, "' x2='", at, "' y1='24' y2='264' stroke='#b00' stroke-width='1.5'/>");
  s.label(std::min(at + 4, 560.0), 36, "alarm, p " + text(alarm.probability, 2), "fill='#b00'");
  std::string out = "<figure>" + s.done();
  if (found < game->contestants[0].evidence.size())
    out += "<figcaption>Evidence (what each added to the log-odds): " + game->contestants[0].evidence[found] +
           "</figcaption>";
  return out + "</figure>\n";
}

std::string as_html(const report& r) {
  std::string out =
      "<!doctype html>\n<html lang=en><meta charset=utf-8><title>" + r.heading +
      "</title>\n<style>body{font:14px/1.45 sans-serif;margin:2em auto;max-width:1120px;color:#222}"
      "table{border-collapse:collapse;margin:.6em 0;font-size:12px}td,th{padding:2px 9px;text-align:left;"
      "white-space:nowrap}th{border-bottom:1px solid #888}tr.first td{border-top:1px solid #ddd}"
      ".note,figcaption{color:#555;font-size:12px;max-width:80em}figure{margin:.6em 0}"
      "svg{margin:4px}.t{font-weight:bold}pre{background:#f5f5f5;padding:.7em;font-size:12px}</style>\n<h1>" +
      r.heading + "</h1>\n<pre>" + r.about + "</pre>\n";
  for (const auto& t : r.tables) out += as_html(t);
  out += "<h3>Plots</h3>\n";
  for (const auto& p : r.plots) out += p;
  return out + "</html>\n";
}

}  // namespace tiers
