// Counts what operator new hands out: after a symbol was first seen, events must not allocate.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "scene.hpp"

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t n) {
  ++allocations;
  if (void* p = std::malloc(n)) return p;
  throw std::bad_alloc();
}
void* operator new(std::size_t n, std::align_val_t a) {
  ++allocations;
  const auto line = static_cast<std::size_t>(a);
  if (void* p = std::aligned_alloc(line, (n + line - 1) / line * line)) return p;
  throw std::bad_alloc();
}
void* operator new[](std::size_t n) { return operator new(n); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace trapline::trap::test {
namespace {

class counting : public sink {
 public:
  std::string_view symbol(std::uint32_t) override { return "BTCUSDT"; }
  void signal(std::uint32_t, std::int64_t, const trapline_signal&, std::span<const trapline_evidence>) override {
    ++signals;
  }
  void matrix(std::uint32_t, std::int64_t, const trapline_trap_matrix&, std::span<const trapline_matrix_row>) override {
  }
  int signals = 0;
};

TEST(memory, no_event_after_the_first_of_a_symbol_allocates) {
  scene s(60460);
  s.oi -= 150;
  s.glide(60515, 4, 12, 0.95);
  s.glide(60470, 15, 6, 0.1);
  s.calm(120);
  for (int i = 0; i < 3; ++i) {
    const int base = s.mid();
    s.layer(base - 12, 60);
    s.glide(base + 2, 3, 2, 1);
    s.layer(base - 12, 0);
    s.glide(base, 5, 1, 0.3);
  }
  s.gap(TRAPLINE_GAP_BOOK);
  s.snapshot();
  s.calm(60);

  counting out;
  detector d(scene_settings(), out);
  feed(d, s.tape.front());
  const std::size_t before = allocations;
  for (std::size_t i = 1; i < s.tape.size(); ++i) feed(d, s.tape[i]);
  EXPECT_EQ(allocations - before, 0u);
  EXPECT_GT(out.signals, 5) << "the tape must reach the patterns";
}

TEST(memory, a_symbol_is_bounded_and_has_no_memory_elsewhere) {
  counting out;
  detector d(scene_settings(), out);
  trapline_trade t{};
  t.price = t.size = 1;
  const std::size_t before = allocations;
  d.on_trade(sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1, scene::start), t);
  EXPECT_EQ(allocations - before, 1u);
  EXPECT_LE(sizeof(symbol), 512u * 1024);
}

}  // namespace
}  // namespace trapline::trap::test
