// Every allocation of a plugin's life fails once: no exception may pass the boundary, and nothing may leak.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>

#include "fake_host.hpp"
#include "trapline/sdk/book.hpp"
#include "trapline/sdk/options.hpp"
#include "trapline/sdk/plugin.hpp"
#include "trapline/sdk/timer.hpp"

namespace sdk = trapline::sdk;
using trapline::test::fake_host;

namespace {

// Allocations of this thread until the next fails; negative = all succeed.
thread_local int allocations_left = -1;
thread_local bool one_failed = false;

void* allocate(std::size_t size) {
  if (allocations_left >= 0 && allocations_left-- == 0) {
    one_failed = true;
    throw std::bad_alloc();
  }
  if (void* p = std::malloc(size > 0 ? size : 1)) return p;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

namespace {

struct settings {
  std::string url;
  std::vector<std::string> symbols;
};
constexpr auto table =
    sdk::option_set<settings>(sdk::bind<&settings::url>(sdk::option_string("a.url", nullptr, "where")),
                              sdk::bind<&settings::symbols>(sdk::option_list("symbols", "[]", nullptr, "which")));

// Allocates in each of its calls, and counts how many live.
class greedy : public sdk::plugin<greedy> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = "greedy", .version = "1", .summary = "for tests"};
  static constexpr const auto& options = table.rows;
  static inline int alive = 0;

  explicit greedy(const trapline_host* h) : plugin(h), first_(std::make_unique<int>(1)) { ++alive; }
  ~greedy() { --alive; }

  void configure(std::string_view json) { settings_ = table.read(json); }
  void start() {
    host().subscribe("md.>");
    timer_.every(10);
    text_ = sdk::cat("a text that is longer than a string keeps inside itself: ", settings_.url);
    events_ = host().counter("events_total", sdk::label("a_label_name_of_some_length", text_));
  }
  void on(const trapline_event&, const trapline_trade&) {
    events_.add();
    const trapline_level levels[] = {{1, 1}, {2, 1}};
    trapline_book head{};
    head.bid_count = head.ask_count = 1;
    sdk::book book;
    ASSERT_TRUE(book.apply_snapshot(head, levels));
  }
  void poll(std::int64_t) { text_ += sdk::format(123456789, -4) + std::string(100, 'x'); }
  void wake() { const std::string woken(100, 'x'); }
  trapline_status drain() {
    text_ += std::string(1000, 'x');
    return TRAPLINE_OK;
  }
  void stop() { throw sdk::error(TRAPLINE_E_IO, "a.path.that.is.long.enough.to.need.memory", std::string(200, 'x')); }

 private:
  std::unique_ptr<int> first_;
  settings settings_;
  sdk::timer timer_{host()};
  sdk::counter events_;
  std::string text_;
};

// One life of an instance, in which a failure ends what a host would end.
void live(fake_host& host) {
  trapline_error error{};
  const trapline_plugin* p = nullptr;
  if (greedy::entry()->create(host.table(), &p, &error) != TRAPLINE_OK) return;
  const std::string_view json = R"({"a":{"url":"a text that is too long for the string itself"},"symbols":["a","b"]})";
  if (p->configure(p, sdk::str(json), &error) == TRAPLINE_OK && p->start(p, &error) == TRAPLINE_OK) {
    alignas(8) char bytes[sizeof(trapline_event) + sizeof(trapline_trade)] = {};
    auto& e = *reinterpret_cast<trapline_event*>(bytes);
    e.size = sizeof bytes;
    e.type = TRAPLINE_EVENT_TRADE;
    const trapline_event* one = &e;
    const auto* driver = static_cast<const trapline_driver*>(p->get_extension(p, TRAPLINE_EXTENSION_DRIVER));
    p->on_events(p, &one, 1);
    driver->poll(p, 0);
    driver->wake(p);
    p->drain(p);
    p->stop(p);
  }
  p->destroy(p);
}

}  // namespace

TEST(plugin_out_of_memory, lets_no_failed_allocation_out_of_any_call) {
  int lives = 0;
  for (int n = 0;; ++n) {
    ASSERT_LT(n, 1000);
    fake_host host;
    one_failed = false;
    allocations_left = n;
    live(host);
    allocations_left = -1;
    EXPECT_EQ(greedy::alive, 0);
    if (!one_failed) break;
    ++lives;
  }
  EXPECT_GT(lives, 15);  // there was something to fail
}

TEST(plugin_out_of_memory, is_an_error_with_a_text) {
  fake_host host;
  trapline_error error{};
  const trapline_plugin* p = nullptr;
  allocations_left = 0;
  const auto s = greedy::entry()->create(host.table(), &p, &error);
  allocations_left = -1;
  EXPECT_EQ(s, TRAPLINE_E_NOMEM);
  EXPECT_EQ(sdk::view(error.text), "out of memory");
}
