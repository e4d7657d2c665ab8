#include "episode.hpp"

#include "stage.hpp"

namespace planted {

std::string_view name_of(difficulty d) noexcept {
  return d == difficulty::easy ? "easy" : d == difficulty::medium ? "medium" : "hard";
}

std::string_view name_of(family f) noexcept {
  constexpr std::array<std::string_view, family_count> names{"stop_hunt", "range_trap", "impulse", "spoofing",
                                                             "layering"};
  return names[static_cast<std::size_t>(f)];
}

int decoys_of(family f) noexcept { return f == family::impulse ? 4 : f == family::spoofing ? 7 : 6; }

std::string_view pattern_of(const episode& e) noexcept {
  switch (e.of) {
    case family::stop_hunt:
      return "stop_hunt";
    case family::range_trap:
      return e.up ? "bull_trap" : "bear_trap";
    case family::impulse:
      return e.up ? "fake_pump" : "fake_dump";
    case family::spoofing:
      return "spoofing";
    case family::layering:
      return "layering";
  }
  return "";
}

double stage::approach(bool& up) {
  // The scripts go up to a dozen deviations beyond the level: a market without that much room would stop them short.
  const auto room_beyond = [&](double level, bool side) {
    return m.room(side) - std::abs(level - m.value()) > 14 * m.sig60();
  };
  up = r.happens(0.5);
  for (int attempt = 0; attempt < 6; ++attempt, run(60)) {
    double level = 0;
    for (const bool other : {false, true}) {
      const bool side = other ? !up : up;
      for (const int look_back : {150, 60, 40}) {
        const double x = m.extreme(side, look_back, 12);
        const double away = x > 0 ? (side ? x - m.value() : m.value() - x) / m.sig60() : -1;
        if (away > 0.4 && away < 7 && level == 0 && room_beyond(x, side)) level = x, up = side;
      }
    }
    if (level == 0) {
      // Stops rest beyond round numbers too (Osler 2003); not one at which the price has just been.
      constexpr double step = 5000;
      const double x = (up ? std::ceil(m.value() / step) : std::floor(m.value() / step)) * step;
      if (std::abs(x - m.value()) > 1.5 * m.sig60() && room_beyond(x, up)) level = x;
    }
    if (level == 0) continue;
    const double s = up ? 1 : -1;
    m.control().calm = 0.7;
    for (int i = 0; i < 600 * 20; ++i) {
      const double left = s * (level - m.value()) / m.sig60();
      m.control().drift = s * m.sig60() / r.between(35, 65);
      if (left <= 0.5) break;
      m.step();
    }
    m.release();
    // The market's own wandering went through it: no place for an episode.
    if (s * (level - m.value()) > 0.1 * m.sig60()) return level;
  }
  return 0;
}

std::optional<episode> play(background& m, family f, int decoy, difficulty d) {
  stage s(m, d);
  episode out;
  out.of = f;
  out.trap = decoy < 0;
  out.what = "trap";
  out.from = m.now();
  m.release();
  bool done = false;
  switch (f) {
    case family::stop_hunt:
      done = play_stop_hunt(s, decoy, out);
      break;
    case family::range_trap:
      done = play_range_trap(s, decoy, out);
      break;
    case family::impulse:
      done = play_impulse(s, decoy, out);
      break;
    case family::spoofing:
      done = play_spoofing(s, decoy, out);
      break;
    case family::layering:
      done = play_layering(s, decoy, out);
      break;
  }
  m.release();
  out.until = m.now();
  if (!done) return std::nullopt;
  for (auto& l : out.levels) l *= 0.1;  // ticks to price
  return out;
}

}  // namespace planted
