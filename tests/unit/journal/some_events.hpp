// Events for tests of the journal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "journal/reader.hpp"
#include "journal/tape.hpp"

namespace test {

// One event with `payload` bytes behind it, of which the first say which one it is.
class an_event {
 public:
  explicit an_event(std::uint64_t seq, std::size_t payload = 64, std::int64_t ts = 0)
      : bytes_(sizeof(trapline_event) + (payload + 7) / 8 * 8) {
    trapline_event e{};
    e.size = static_cast<std::uint32_t>(bytes_.size());
    e.type = TRAPLINE_EVENT_TRADE;
    e.topic = e.instrument = e.source = 1;
    e.seq = seq;
    e.ts_recv = ts != 0 ? ts : static_cast<std::int64_t>(1'000'000 + seq);
    std::memcpy(bytes_.data(), &e, sizeof e);
    for (std::size_t n = sizeof e; n < bytes_.size(); ++n) bytes_[n] = static_cast<std::byte>(seq * 31 + n);
  }
  const trapline_event& get() const { return *reinterpret_cast<const trapline_event*>(bytes_.data()); }

 private:
  std::vector<std::byte> bytes_;
};

inline std::string bytes_of(const trapline_event& e) { return {reinterpret_cast<const char*>(&e), e.size}; }

// Everything that a reader says, one line each.
inline std::vector<std::string> all_of(trapline::journal::reader& r) {
  using trapline::journal::item;
  std::vector<std::string> out;
  for (;;) switch (r.next()) {
      case item::event:
        out.push_back("event " + std::to_string(r.event().seq));
        break;
      case item::step:
        out.push_back((r.step().what == trapline::journal::phase::started    ? "started "
                       : r.step().what == trapline::journal::phase::draining ? "draining "
                                                                             : "ended ") +
                      std::to_string(r.step().id));
        break;
      case item::command:
        out.push_back("command " + r.command().name);
        break;
      case item::loss:
        out.push_back("loss " + std::to_string(r.lost().from_seq) + ".." + std::to_string(r.lost().to_seq));
        break;
      case item::end:
        return out;
    }
}

}  // namespace test
