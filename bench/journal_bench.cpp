// A load run: what the journal costs, against the least that the same bytes cost. Arguments: a folder on the disk to be
// measured (default: the temporary one), millions of events (default 4).
//
//   raw      the bytes of the events, in blocks of 256 KiB, write(2) to one file, fdatasync(2) as often as the journal
//   journal  the same events published on the bus as fast as they fit, until all are on the disk and the run is closed
//   paced    bursts of 100 events, one a millisecond: time in publish() alone, without and with a journal
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <thread>
#include <vector>

#include "journal/crc32c.hpp"
#include "journal/recorder.hpp"
#include "journal/verify.hpp"
#include "runtime.hpp"
#include "support/temp_dir.hpp"
#include "time/clock.hpp"
#include "trapline/sdk/plugin.hpp"

namespace {

using namespace trapline;
using steady = std::chrono::steady_clock;

double seconds_since(steady::time_point t) { return std::chrono::duration<double>(steady::now() - t).count(); }

struct rig {
  explicit rig(const std::string& dir) : rt(config(), clock) {
    rt.names.topic("md.trade.bench.S", topic);
    rt.names.instrument("bench", "S", instrument);
    if (dir.empty()) return;
    journal::settings s;
    s.dir = dir;
    s.compress = false;
    recorder.emplace(rt, s, 60'000'000'000);
    if (const auto why = recorder->start({}); !why.empty()) {
      std::fprintf(stderr, "journal_bench: %s\n", why.c_str());
      std::exit(1);
    }
  }
  static config::engine_config config() {
    config::engine_config c;
    c.log.level = TRAPLINE_LOG_ERROR;
    return c;
  }
  // False: the bus is full.
  bool publish(std::int64_t n) {
    trade.price = n;
    const trapline_event e = sdk::make_event(TRAPLINE_EVENT_TRADE, topic, instrument, n + 1, n + 1);
    const trapline_frame f{&e, &trade, sizeof trade, 0};
    return rt.ring.publish({&f, 1}, {1, &numbers, true, 0, 0}) == TRAPLINE_OK;
  }
  void end() {
    rt.ring.close();
    if (recorder && !recorder->end(60'000'000'000)) std::exit(1);
  }

  time::system_clock clock;
  runtime rt;
  std::optional<journal::recorder> recorder;
  bus::source_counter numbers{true};
  std::uint32_t topic = 0, instrument = 0;
  trapline_trade trade{};
};

double raw(const std::string& path, std::uint64_t bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::vector<char> block(256 << 10, 'x');
  const auto begin = steady::now();
  auto synced = begin;
  for (std::uint64_t done = 0; done < bytes; done += block.size()) {
    if (::write(fd, block.data(), block.size()) < 0) std::exit(1);
    if (seconds_since(synced) >= 0.2) {
      ::fdatasync(fd);
      synced = steady::now();
    }
  }
  ::fdatasync(fd);
  ::close(fd);
  return seconds_since(begin);
}

double paced(const std::string& dir) {
  rig r(dir);
  constexpr int bursts = 1'000, burst = 100;
  double inside = 0;
  auto next = steady::now();
  for (int b = 0; b < bursts; ++b) {
    const auto begin = steady::now();
    for (int n = 0; n < burst; ++n) r.publish(b * burst + n);
    inside += seconds_since(begin);
    std::this_thread::sleep_until(next += std::chrono::milliseconds(1));
  }
  r.end();
  return inside / (bursts * burst) * 1e9;
}

}  // namespace

int main(int argc, char** argv) {
  const test::temp_dir temporary;
  const std::string dir = (argc > 1 ? std::string(argv[1]) : temporary.path()) + "/journal_bench";
  const std::int64_t events = (argc > 2 ? std::atol(argv[2]) : 4) * 1'000'000;
  std::filesystem::create_directories(dir);
  constexpr std::uint64_t size = sizeof(trapline_event) + sizeof(trapline_trade);
  const auto bytes = static_cast<std::uint64_t>(events) * size;
  const double megabytes = static_cast<double>(bytes) / 1e6;

  std::vector<char> block(256 << 10, 'x');
  for (const auto& [name, f] :
       {std::pair("crc32c", &journal::crc32c), std::pair("crc32c, portable", &journal::crc32c_portable)}) {
    const auto begin = steady::now();
    std::uint32_t crc = 0;
    for (int n = 0; n < 2'000; ++n) crc = f(block.data(), block.size(), crc);
    std::printf("%-18s %8.0f MB/s  (%08x)\n", name,
                2'000.0 * static_cast<double>(block.size()) / 1e6 / seconds_since(begin), crc);
  }
  for (int round = 0; round < 3; ++round) {
    const double plain = raw(dir + "/raw", bytes);
    std::filesystem::remove(dir + "/raw");
    rig r(dir);
    std::uint64_t refused = 0;
    const auto begin = steady::now();
    for (std::int64_t n = 0; n < events; ++n)
      while (!r.publish(n)) {
        ++refused;
        std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
    const double published = seconds_since(begin);
    r.end();
    const double all = seconds_since(begin);
    std::printf(
        "raw %6.0f MB/s   journal %6.0f MB/s (%.2f of raw), %4.0f ns an event until closed, %4.0f ns until published, "
        "%llu waits\n",
        megabytes / plain, megabytes / all, plain / all, all / static_cast<double>(events) * 1e9,
        published / static_cast<double>(events) * 1e9, static_cast<unsigned long long>(refused));
    const auto v = journal::verify(dir);
    if (!v.faults.empty() || v.events != static_cast<std::uint64_t>(events)) {
      std::printf("the journal is not whole\n");
      return 1;
    }
    for (const auto& run : journal::runs_of(dir)) std::filesystem::remove_all(dir + "/" + run);
  }
  for (int round = 0; round < 3; ++round)
    std::printf("paced: publish %5.0f ns without, %5.0f ns with a journal\n", paced({}), paced(dir));
  std::filesystem::remove_all(dir);
}
