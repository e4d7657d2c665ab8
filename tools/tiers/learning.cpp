#include "learning.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>

#include "measure/hash.hpp"
#include "trapline/sdk/host.hpp"
#include "trapline/sdk/text.hpp"

namespace tiers {

namespace {

using trap::item;
using trap::state;

constexpr std::size_t states = 6, bins = 8;
constexpr double most = 4;  // no single item may decide
// Chosen by how well sessions of `tune` are forecast by tables learned from the others; it matters little.
constexpr double prior_ridge = 0.5, ridge = 1, smoothing = 3;

double rounded(double x) { return std::round(x * 1e4) / 1e4; }

item item_of(std::string_view name) {
  for (std::size_t i = 0; i < trap::item_count; ++i)
    if (trap::table_of(static_cast<item>(i)).name == name) return static_cast<item>(i);
  throw std::runtime_error("no item of evidence is named " + std::string(name));
}

// Looks into the detector once a second, when it reports.
class sampler final : public planted::tape, private trap::sink {
 public:
  sampler() : detector_(watchful(), *this) {}
  void candle(std::int64_t ts, const trapline_candle& c) override {
    detector_.on_candle(trapline::sdk::make_event(TRAPLINE_EVENT_CANDLE, 1, 1, ts), c);
  }
  void trade(std::int64_t ts, const trapline_trade& t) override {
    detector_.on_trade(trapline::sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1, ts), t);
  }
  void book(std::int64_t ts, bool snapshot, const trapline_book& b, std::span<const trapline_level> l) override {
    const auto type = snapshot ? TRAPLINE_EVENT_BOOK_SNAPSHOT : TRAPLINE_EVENT_BOOK_DELTA;
    detector_.on_book(trapline::sdk::make_event(type, 1, 1, ts), b, l);
  }
  void ticker(std::int64_t ts, const trapline_ticker& t) override {
    detector_.on_ticker(trapline::sdk::make_event(TRAPLINE_EVENT_TICKER, 1, 1, ts), t);
  }

  struct seen {
    std::size_t slot = 0;
    bool up = true;
    std::int64_t first = 0, last = 0;
    sample what;
  };
  // Key: kind, number of the episode, state.
  std::map<std::tuple<trap::kind, std::uint64_t, state>, seen> all;

 private:
  static trap::settings watchful() {
    trap::settings s = reasoned();
    s.report_every = trap::second;
    s.on = 0.99, s.off = 0.98;
    return s;
  }
  std::string_view symbol(std::uint32_t) override { return "PLANTED"; }
  void signal(std::uint32_t, std::int64_t, const trapline_signal&, std::span<const trapline_evidence>) override {}
  void matrix(std::uint32_t instrument, std::int64_t ts, const trapline_trap_matrix&,
              std::span<const trapline_matrix_row>) override {
    const trap::symbol* s = detector_.find(instrument);
    if (!s) return;
    for (std::size_t n = 0; n < slots().size(); ++n)
      for (const bool up : {true, false}) {
        const auto k = static_cast<trap::kind>(trap::index(slots()[n].kind) + (up ? 0 : 1));
        const auto& t = s->episode(k);
        if (!t.active() || t.last().at == state::idle) continue;
        seen& x = all[{k, t.number(), t.last().at}];
        if (x.first == 0) x.first = ts;
        x.slot = n, x.up = up, x.last = ts;
        x.what.at = t.last().at;
        x.what.highest = t.last().evidence.highest();
        x.what.evidence.clear();
        const trap::score& e = t.last().evidence;
        for (std::size_t i = 0; i < e.evidence().size(); ++i)
          if (e.counts(i))
            x.what.evidence.emplace_back(item_of(trapline::sdk::view(e.evidence()[i].name)), e.evidence()[i].value);
      }
  }
  trap::detector detector_;
};

// Solves a x = b for a symmetric, positive definite `a` (Cholesky, in place).
std::vector<double> solve(std::vector<double>& a, std::vector<double> b, std::size_t n) {
  for (std::size_t j = 0; j < n; ++j) {
    double d = a[j * n + j];
    for (std::size_t k = 0; k < j; ++k) d -= a[j * n + k] * a[j * n + k];
    const double root = std::sqrt(std::max(d, 1e-12));
    a[j * n + j] = root;
    for (std::size_t i = j + 1; i < n; ++i) {
      double x = a[i * n + j];
      for (std::size_t k = 0; k < j; ++k) x -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = x / root;
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i * n + k] * b[k];
    b[i] /= a[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= a[k * n + i] * b[k];
    b[i] /= a[i * n + i];
  }
  return b;
}

// The items that were seen, with the reasoned ratios: where the fit begins, and what it is drawn to.
std::vector<trap::learned_table> tables_for(const std::vector<sample>& from) {
  std::set<item> seen;
  for (const auto& s : from)
    for (const auto& [i, v] : s.evidence) seen.insert(i);
  std::vector<trap::learned_table> out;
  for (const item i : seen)
    if (out.size() < std::tuple_size_v<decltype(trap::pattern_calibration::tables)>)
      out.push_back({i, trap::table_of(i).llr});
  return out;
}

// Newton's method for the penalised logistic regression on state and bins.
trap::pattern_calibration fit(const std::vector<const sample*>& from, const std::vector<trap::learned_table>& tables,
                              trap::kind kind) {
  const std::size_t n = states + bins * tables.size();
  std::vector<double> w(n), penalty(n * n);
  for (std::size_t s = 0; s < states; ++s) {
    w[s] = trap::logit(trap::prior(kind, static_cast<state>(s)));
    penalty[s * n + s] = prior_ridge;
  }
  for (std::size_t t = 0; t < tables.size(); ++t)
    for (std::size_t b = 0; b < bins; ++b) {
      const std::size_t i = states + t * bins + b;
      w[i] = tables[t].llr[b];
      penalty[i * n + i] += ridge;
      if (b == 0) continue;
      // Of the difference between what two neighbours were moved by.
      penalty[i * n + i] += smoothing, penalty[(i - 1) * n + i - 1] += smoothing;
      penalty[i * n + i - 1] -= smoothing, penalty[(i - 1) * n + i] -= smoothing;
    }
  const std::vector<double> centre = w;
  std::vector<std::vector<std::size_t>> on(from.size());
  for (std::size_t k = 0; k < from.size(); ++k) {
    on[k].push_back(static_cast<std::size_t>(from[k]->at));
    for (const auto& [i, v] : from[k]->evidence)
      for (std::size_t t = 0; t < tables.size(); ++t)
        if (tables[t].of == i) on[k].push_back(states + t * bins + trap::bin_of(trap::table_of(i), v));
  }
  const auto logit_at = [&](const std::vector<double>& at, std::size_t k) {
    double z = 0;
    for (const std::size_t i : on[k]) z += at[i];
    return z;
  };
  const auto loss = [&](const std::vector<double>& at) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) sum += 0.5 * (at[i] - centre[i]) * penalty[i * n + j] * (at[j] - centre[j]);
    for (std::size_t k = 0; k < from.size(); ++k) {
      const double z = logit_at(at, k) * (from[k]->came ? -1 : 1);
      sum += std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z)));
    }
    return sum;
  };
  double last = loss(w);
  for (int round = 0; round < 100; ++round) {
    std::vector<double> h = penalty, g(n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) g[i] -= penalty[i * n + j] * (w[j] - centre[j]);
    for (std::size_t k = 0; k < from.size(); ++k) {
      const double p = trap::logistic(logit_at(w, k)), d = std::max(p * (1 - p), 1e-9);
      for (const std::size_t i : on[k]) {
        g[i] += (from[k]->came ? 1.0 : 0.0) - p;
        for (const std::size_t j : on[k]) h[i * n + j] += d;
      }
    }
    const auto step = solve(h, g, n);
    // A whole step may go too far: then a part of it, as long as that lowers the loss.
    auto next = w;
    double now = last;
    for (double part = 1; part > 1e-6; part /= 2) {
      for (std::size_t i = 0; i < n; ++i) next[i] = w[i] + part * step[i];
      if ((now = loss(next)) < last) break;
    }
    if (!(last - now > 1e-9)) break;
    w = next, last = now;
  }
  trap::pattern_calibration c;
  for (std::size_t s = 0; s < states; ++s) c.offset[s] = w[s];
  c.count = tables.size();
  for (std::size_t t = 0; t < tables.size(); ++t) {
    c.tables[t] = tables[t];
    for (std::size_t b = 0; b < bins; ++b) c.tables[t].llr[b] = w[states + t * bins + b];
  }
  return c;
}

// What one episode's candidates got: log-odds, and the most that caps leave of the probability.
struct forecast_parts {
  std::vector<std::pair<double, double>> said;
  bool came = false;
};

// Slope and offset of the log-odds with which the highest forecast of each episode has the least log loss. A grid:
// what is highest depends on them, and caps have no slope.
std::pair<double, double> scale_of(const std::vector<forecast_parts>& all) {
  double best = std::numeric_limits<double>::max();
  std::pair<double, double> out{1, 0};
  for (int i = 0; i <= 28; ++i)
    for (int k = -40; k <= 40; ++k) {
      const double a = 0.1 + 0.05 * i, b = 0.1 * k;
      // A weak pull towards leaving the log-odds as they are.
      double loss = 0.5 * ((a - 1) * (a - 1) + b * b);
      for (const auto& e : all) {
        double p = silence;
        for (const auto& [z, cap] : e.said) p = std::max(p, std::min(trap::logistic(a * z + b), cap));
        p = std::min(p, 0.999);
        loss -= std::log(e.came ? p : 1 - p);
      }
      if (loss < best) best = loss, out = {a, b};
    }
  return out;
}

}  // namespace

std::span<const slot> slots() {
  using trap::settings;
  static constexpr std::array<slot, 5> all{{
      {pattern::stop_hunt, "stop_hunt", trap::kind::stop_hunt_high,
       [](settings& s) -> trap::pattern_calibration& { return s.stop_hunt.learned; }},
      {pattern::range_trap, "range_trap", trap::kind::bull_trap,
       [](settings& s) -> trap::pattern_calibration& { return s.range_trap.learned; }},
      {pattern::fake_move, "fake_move", trap::kind::fake_pump,
       [](settings& s) -> trap::pattern_calibration& { return s.impulse.learned_fake; }},
      {pattern::spoofing, "spoofing", trap::kind::spoofing_bid,
       [](settings& s) -> trap::pattern_calibration& { return s.spoofing.learned; }},
      {pattern::layering, "layering", trap::kind::layering_bid,
       [](settings& s) -> trap::pattern_calibration& { return s.layering.learned; }},
  }};
  return all;
}

trap::settings reasoned() {
  trap::settings s;
  for (const auto& x : slots()) x.of(s) = {};
  return s;
}

std::array<std::vector<sample>, pattern_count> collect(const std::vector<planted::session_settings>& sessions,
                                                       unsigned threads) {
  std::vector<std::array<std::vector<sample>, pattern_count>> each(sessions.size());
  each_of(sessions.size(), threads, [&](std::size_t i) {
    sampler s;
    const auto truth = planted::run_session(sessions[i], s);
    for (auto& [key, x] : s.all) {
      const pattern p = slots()[x.slot].what;
      bool skip = sessions[i].of != family_of(p);
      for (const auto& e : truth.episodes) {
        const bool together = x.last >= e.onset - 2 * trap::second && x.first <= e.end + 60 * trap::second;
        if (!together || x.up != e.up) continue;
        x.what.came |= is(e, p);
        if (x.what.episode < 0 || is(e, p))
          x.what.episode = static_cast<std::int64_t>(i * 1000) + (&e - truth.episodes.data());
      }
      x.what.session = i;
      // Fakes are forecast at the peak, before any retrace.
      x.what.forecast = p != pattern::fake_move || x.what.at <= state::two;
      if (!skip) each[i][static_cast<std::size_t>(p)].push_back(std::move(x.what));
    }
  });
  std::array<std::vector<sample>, pattern_count> out;
  for (auto& e : each)
    for (std::size_t p = 0; p < pattern_count; ++p)
      out[p].insert(out[p].end(), std::make_move_iterator(e[p].begin()), std::make_move_iterator(e[p].end()));
  return out;
}

double logit_of(const trap::pattern_calibration& c, const sample& s) {
  double z = c.offset[static_cast<std::size_t>(s.at)];
  for (const auto& [i, v] : s.evidence)
    if (const auto* t = c.find(i)) z += t->llr[trap::bin_of(trap::table_of(i), v)];
  return z;
}

std::vector<std::string> contradictions(const trap::pattern_calibration& c, double much) {
  std::vector<std::string> out;
  for (std::size_t n = 0; n < c.count; ++n) {
    const auto& l = c.tables[n].llr;
    const auto& r = trap::table_of(c.tables[n].of).llr;
    double x = 0, y = 0, xy = 0;
    for (std::size_t b = 0; b < bins; ++b) x += l[b], y += r[b], xy += l[b] * r[b];
    const auto [low, high] = std::minmax_element(l.begin(), l.end());
    if (xy - x * y / static_cast<double>(bins) < 0 && *high - *low > much)
      out.emplace_back(trap::table_of(c.tables[n].of).name);
  }
  return out;
}

std::pair<double, double> scale_of(const std::vector<measure::forecast>& said) {
  std::vector<forecast_parts> all;
  for (const auto& f : said) {
    auto& e = all.emplace_back();
    e.came = f.came;
    if (f.probability > silence) e.said.emplace_back(trap::logit(std::min(f.probability, 0.999)), 1.0);
  }
  return scale_of(all);
}

void scale(trap::pattern_calibration& c, double slope, double offset) {
  for (auto& o : c.offset) o = rounded(slope * o + offset);
  for (std::size_t t = 0; t < c.count; ++t)
    for (auto& l : c.tables[t].llr) l = std::clamp(rounded(slope * l), -most, most);
}

void shift_to(trap::pattern_calibration& c, double base_rate_from, double base_rate_to) {
  for (auto& o : c.offset) o += trap::logit(base_rate_to) - trap::logit(base_rate_from);
}

namespace {

learned learn_with(const std::vector<trap::learned_table>& tables, const std::vector<sample>& from, trap::kind kind,
                   const std::string& name) {
  constexpr std::size_t folds = 5;
  std::vector<forecast_parts> unseen;
  std::map<std::int64_t, std::size_t> at;
  for (std::size_t fold = 0; fold < folds; ++fold) {
    std::vector<const sample*> rest;
    for (const auto& s : from)
      if (s.session % folds != fold) rest.push_back(&s);
    const auto c = fit(rest, tables, kind);
    for (const auto& s : from) {
      if (s.session % folds != fold || !s.forecast) continue;
      // A candidate between episodes is an episode of its own, that did not come.
      const auto [it, fresh] = at.try_emplace(s.episode, unseen.size());
      if (s.episode < 0) it->second = unseen.size();
      if (fresh || s.episode < 0) unseen.emplace_back();
      unseen[it->second].said.emplace_back(logit_of(c, s), s.highest);
      unseen[it->second].came |= s.came;
    }
  }
  const auto [slope, offset] = scale_of(unseen);
  std::vector<const sample*> all;
  for (const auto& s : from) all.push_back(&s);
  learned out;
  out.numbers = fit(all, tables, kind);
  scale(out.numbers, slope, offset);
  out.settle(name);
  return out;
}

}  // namespace

learned learn(const std::vector<sample>& from, trap::kind kind, const std::string& name) {
  // What would count against its own definition is left out: it is shown then, and adds nothing.
  for (auto tables = tables_for(from);;) {
    auto out = learn_with(tables, from, kind, name);
    const auto against = contradictions(out.numbers, 0.5);
    if (against.empty()) return out;
    std::erase_if(tables, [&](const trap::learned_table& t) {
      return std::find(against.begin(), against.end(), trap::table_of(t.of).name) != against.end();
    });
  }
}

void learned::settle(const std::string& name) {
  text = text_of(numbers);
  hash = measure::sha256(text);
  id = name + "-" + hash.substr(0, 12);
  numbers.id = id.c_str(), numbers.hash = hash.c_str(), numbers.text = text.c_str();
}

std::string text_of(const trap::pattern_calibration& c) {
  std::string out;
  const auto put = [&](double v) {
    char text[32];
    if (!out.empty() && out.back() != ' ') out += ' ';
    out.append(text, std::to_chars(text, text + sizeof text, v).ptr);
  };
  if (c.on > 0) out = "on", put(c.on), out += ";";
  for (const double o : c.offset) put(o);
  for (std::size_t t = 0; t < c.count; ++t) {
    out += std::string("; ") + trap::table_of(c.tables[t].of).name;
    for (const double l : c.tables[t].llr) put(l);
  }
  return out;
}

std::string data_file(const learned& l) {
  const auto list = [](const auto& numbers) {
    std::string out;
    for (const double v : numbers) {
      char text[32];
      out.append(out.empty() ? "" : ", ").append(text, std::to_chars(text, text + sizeof text, v).ptr);
    }
    return out;
  };
  const auto& c = l.numbers;
  std::string out = "{\"" + l.id + "\",\n \"" + l.hash + "\",\n \"" + l.text + "\",\n " + list(std::array{c.on}) +
                    ",\n {" + list(c.offset) + "},\n " + std::to_string(c.count) + ",\n {{\n";
  for (std::size_t t = 0; t < c.count; ++t) {
    const std::string_view name = trap::table_of(c.tables[t].of).name;
    // One enumerator is not called as its item is.
    out += "  {item::" + std::string(name == "oi_change_pct" ? "impulse_oi_pct" : name) + ",\n   {" +
           list(c.tables[t].llr) + "}},\n";
  }
  return out + " }}}\n";
}

}  // namespace tiers
