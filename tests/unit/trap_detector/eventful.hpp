// Scenes in which much happens, for tests of what holds whatever happens.
#pragma once

#include <memory>

#include "scene.hpp"

namespace trapline::trap::test {

// A hunt, a pump that fails, a few spoofs, a lost book: something of everything.
inline std::unique_ptr<scene> eventful(settings cfg = scene_settings(), int calm_s = 600) {
  constexpr int level = 60500;
  auto owned = std::make_unique<scene>(level - 40, std::move(cfg), calm_s);
  scene& s = *owned;
  s.oi -= 150;
  s.glide(level + static_cast<int>(1.5 * s.sig60()), 4, 12, 0.95);
  s.glide(level - 25, 15, 6, 0.1);
  s.calm(120);
  for (int i = 0; i < 3; ++i) {
    const int base = s.mid();
    s.layer(base - 12, 60);
    s.glide(base + 2, 3, 2, 1);
    s.layer(base - 12, 0);
    s.glide(base, 5, 1, 0.3);
  }
  s.gap(TRAPLINE_GAP_BOOK);
  s.hold(5);
  s.snapshot();
  s.glide(s.mid() - 150, 30, 15, 0.05);
  s.hold(25);
  s.glide(s.mid() + 130, 60, 5, 0.9);
  s.calm(200);
  return owned;
}

// And of the patterns that it has not: an ignition, a pull, an absorbing price, a flickering level.
inline std::unique_ptr<scene> every_pattern(settings cfg, int calm_s) {
  auto owned = eventful(std::move(cfg), calm_s);
  scene& s = *owned;
  s.calm(300);
  const int start = s.mid(), far = static_cast<int>(3 * s.sig60());
  s.every_step = [&s] { s.trade(s.mid() + 2, 1.0, 1); };
  s.glide(start + far / 3, 2, 15, 1);
  s.every_step = [&s] {
    for (int k = 1; k <= 5; ++k) s.trade(s.mid() + 1, 0.3, 1, 0, s.now + k * 5'000'000);
  };
  s.glide(start + far / 3 + far, 8, 3, 1);
  s.every_step = [] {};
  s.glide(start, 40, 1, 0.2);
  s.calm(120);
  s.hold(4, 15, 0.0);
  s.ask_scale = 0.15;
  s.hold(0.5, 0.1);
  s.glide(s.mid() + static_cast<int>(1.5 * s.sig60()), 3, 2, 0.9);
  s.ask_scale = 1;
  for (int i = 0; i < 600; ++i) {
    s.now += 10'000'000;
    s.layer(s.mid() - 100, i % 2 ? 0 : 3);
    s.book(s.mid());
  }
  s.layer(s.mid() - 100, 0);
  s.calm(100);
  return owned;
}

}  // namespace trapline::trap::test
