// `trapline run` with a journal, and everything going wrong: a kill at any moment, a disk that is full, broken or
// stuck.
//
// TRAPLINE_KILLS: how often it is killed (default 3; 100 take two minutes).
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "support/effort.hpp"
#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace {

namespace fs = std::filesystem;
constexpr const char* program = TRAPLINE_BUILD_DIR "/bin/trapline";

class journal_runs : public testing::Test {
 protected:
  const std::string& dir() const { return dir_.path(); }
  std::string folder() const { return dir() + "/run/journal"; }
  // `count` trades as fast as the source gives them, and one instance that counts them.
  void configure(const std::string& journal, int count, const std::string& engine = {},
                 const std::string& plugins = {}) const {
    configure_in("run", journal, count, engine, plugins);
  }
  void configure_in(const std::string& where, const std::string& journal, int count, const std::string& engine = {},
                    const std::string& plugins = {}) const {
    test::write_file(dir() + "/e.yaml",
                     "engine: {run_dir: ./run, ring_size: 1MiB, plugin_dirs: [" TRAPLINE_BUILD_DIR "/tests/modules]" +
                         engine + "}\nlanes: {core: {}}\njournal: {dir: ./" + where + "/journal, " + journal +
                         "}\nplugins:\n  ticks: {use: ticks, lane: core, options: {count: " + std::to_string(count) +
                         ", burst: 100}}\n  tally: {use: tally, lane: core}\n" + plugins);
  }
  std::vector<std::string> arguments(const std::string& seconds) const {
    return {program, "run", "e.yaml", "--view", "off", "--seconds", seconds, "--metrics-file", "metrics"};
  }
  test::finished journal(std::vector<std::string> more) const {
    more.insert(more.begin(), {program, "journal"});
    return test::run(more, dir());
  }
  // The sanitizers' runtimes must come first, so nothing can be preloaded before them.
  static std::vector<std::string> preload(const std::string& fault) {
    return {"LD_PRELOAD=" TRAPLINE_BUILD_DIR "/tests/libdisk_faults.so", "DISK_FAULT=" + fault};
  }
  // The last seq that a running engine says it has written, asked for again and again for as long.
  std::uint64_t written(std::chrono::milliseconds for_as_long) const {
    const auto until = std::chrono::steady_clock::now() + for_as_long;
    std::uint64_t seq = 0;
    do {
      const auto r = test::run({program, "ctl", "status", "--json"}, dir());
      if (r.code == 0) seq = nlohmann::json::parse(r.out)["result"]["journal"]["written_seq"];
    } while (std::chrono::steady_clock::now() < until);
    return seq;
  }
  double metric(const std::string& name) const {
    std::istringstream lines(test::read_file(dir() + "/metrics"));
    double sum = 0;
    for (std::string line; std::getline(lines, line);)
      if (line.rfind("trapline_" + name + "{", 0) == 0) sum += std::stod(line.substr(line.rfind(' ')));
    return sum;
  }
  // Trades of the newest run: how many, and whether they are all from the first on, in order.
  std::uint64_t trades(bool& in_order) const {
    const auto dump = journal({"dump", "run/journal", "--topic", "test.>", "--payload"});
    in_order = true;
    std::uint64_t n = 0;
    std::istringstream lines(dump.out);
    for (std::string line; std::getline(lines, line);) {
      if (line.find(" trade test.") == std::string::npos) continue;
      std::getline(lines, line);  // its payload begins with the price, little-endian: the trade's number
      std::istringstream bytes(line);
      std::uint64_t price = 0;
      for (unsigned i = 0, b = 0; i < 8 && bytes >> std::hex >> b; ++i) price |= std::uint64_t{b} << (8 * i);
      in_order = in_order && price == n;
      ++n;
    }
    return n;
  }

  test::temp_dir dir_;
};

int kills() {
  const char* set = std::getenv("TRAPLINE_KILLS");
  return set ? std::atoi(set) : test::sanitized ? 1 : 3;
}

}  // namespace

TEST_F(journal_runs, that_are_not_there_are_told_from_damaged_ones) {
  for (const char* what : {"info", "verify", "dump", "to-jsonl"}) {
    const auto r = journal({what, "nowhere"});
    EXPECT_EQ(r.code, 2) << what;
    EXPECT_NE(r.err.find("nowhere: there is no such folder"), std::string::npos) << r.err;
  }
  EXPECT_EQ(test::run({program, "replay", "nowhere"}, dir()).code, 2);
}

TEST_F(journal_runs, that_are_killed_keep_all_but_their_end_and_can_be_replayed) {
  // Besides the counted trades, a market and a detector that tells of it at every small move.
  configure("sync: 20ms, segment_size: 1MiB", 10'000'000, {},
            "  market: {use: market_ticks, lane: core, options: {count: 1000000000, burst: 10}}\n"
            "  traps: {use: trap_detector_threshold, lane: core,"
            " options: {percent: 0.01, within: 1s, hold: 1s, refractory: 0s}}\n");
  std::mt19937 random(std::random_device{}());
  std::uint64_t events = 0, repeated = 0;
  const int n = kills();
  fs::create_directories(folder());
  for (int k = 0; k < n; ++k) {
    test::process p("killed", {program, "run", "e.yaml", "--view", "off", "--no-safe-start"}, dir());
    ASSERT_TRUE(test::eventually([&] {
      for (const auto& f : fs::recursive_directory_iterator(folder(), fs::directory_options::skip_permission_denied))
        if (f.path().filename() == "seg-000001.tlj" && f.file_size() > 1'000) return true;
      return false;
    })) << p.err();
    const auto told = written(std::chrono::milliseconds(std::uniform_int_distribution<int>(0, 200)(random)));
    std::this_thread::sleep_for(std::chrono::microseconds(std::uniform_int_distribution<int>(0, 100'000)(random)));
    p.signal(SIGKILL);
    ASSERT_EQ(p.wait(), 128 + SIGKILL);

    // As it lies there it can be read, and nothing but its end may be torn.
    auto v = journal({"verify", "run/journal"});
    EXPECT_EQ(v.code, 0) << v.out << v.err;
    bool in_order = false;
    const auto before = trades(in_order);
    EXPECT_TRUE(in_order);
    EXPECT_GT(before, 0u);
    events += before;
    EXPECT_NE(journal({"info", "run/journal"}).out.find("its engine was killed"), std::string::npos);
    const auto kept = nlohmann::json::parse(journal({"info", "run/journal", "--json"}).out);
    EXPECT_GE(kept["last_seq"].get<std::uint64_t>(), told) << "the engine had told that this was written";
    const auto replayed = test::run(
        {program, "replay", "run/journal", "--verify", "--plugin-dir", TRAPLINE_BUILD_DIR "/tests/modules"}, dir());
    EXPECT_EQ(replayed.code, 0) << replayed.out << replayed.err;
    if (const auto at = replayed.out.find("): "); at != std::string::npos)
      repeated += std::strtoull(replayed.out.c_str() + at + 3, nullptr, 10);

    // The next engine brings it in order and loses nothing of it.
    const auto newest = [&] {
      std::vector<std::string> runs;
      for (const auto& e : fs::directory_iterator(folder())) runs.push_back(e.path().filename());
      return *std::max_element(runs.begin(), runs.end());
    }();
    const auto next = test::run(arguments("0.05"), dir());
    EXPECT_EQ(next.code, 0) << next.err;
    const auto info = journal({"info", "run/journal/" + newest});
    EXPECT_NE(info.out.find("state      recovered: its engine was killed"), std::string::npos) << info.out;
    v = journal({"verify", "run/journal/" + newest});
    EXPECT_EQ(v.code, 0) << v.out << v.err;
    fs::remove_all(folder());
    fs::create_directories(folder());
  }
  if (n > 3)
    std::cout << n << " kills, " << events << " trades kept, all in order; " << repeated
              << " events of a detector repeated\n";
}

TEST_F(journal_runs, that_cannot_be_read_are_left_as_they_are) {
  if (test::sanitized) GTEST_SKIP() << "a sanitizer's runtime must be loaded before any other library";
  configure("sync: 20ms", 10'000'000);
  fs::create_directories(folder());
  const auto bytes = [&] {
    std::uintmax_t n = 0;
    for (const auto& f : fs::recursive_directory_iterator(folder()))
      if (f.path().extension() == ".tlj") n += f.file_size();
    return n;
  };
  {
    test::process p("killed", {program, "run", "e.yaml", "--view", "off", "--no-safe-start"}, dir());
    ASSERT_TRUE(test::eventually([&] { return bytes() > 300'000; })) << p.err();
    p.signal(SIGKILL);
    ASSERT_EQ(p.wait(), 128 + SIGKILL);
  }
  const auto run = fs::directory_iterator(folder())->path().string();
  const auto size = bytes();
  for (const char* fault : {"read:100", "read:100000"}) {
    const auto r = test::run(arguments("0.05"), dir(), preload(fault));
    EXPECT_EQ(r.code, 0) << r.err;
    EXPECT_NE(r.err.find("seg-000001.tlj cannot be read: Input/output error; left as it is"), std::string::npos)
        << r.err;
    EXPECT_EQ(fs::file_size(run + "/seg-000001.tlj"), size);
  }
  EXPECT_NE(test::run(arguments("0.05"), dir()).err.find(run + ": its engine was killed"), std::string::npos);
  EXPECT_EQ(journal({"verify", run}).code, 0);
}

TEST_F(journal_runs, with_a_full_or_broken_disk_stop_the_engine_with_exit_code_3) {
  if (test::sanitized) GTEST_SKIP() << "a sanitizer's runtime must be loaded before any other library";
  for (const std::string fault : {"full:300000", "io:300000", "sync:300000"}) {
    configure("sync: 20ms", 10'000'000);
    const auto r = test::run(arguments("30"), dir(), preload(fault));
    EXPECT_EQ(r.code, 3) << fault << r.err;
    EXPECT_NE(r.err.find("the journal cannot be written, so the engine stops (on_full: halt)"), std::string::npos)
        << r.err;
    EXPECT_NE(r.err.find(fault[0] == 'f' ? "No space left" : "Input/output error"), std::string::npos) << r.err;
    const auto v = journal({"verify", "run/journal"});
    EXPECT_EQ(v.code, 0) << fault << v.out << v.err;
    bool in_order = false;
    EXPECT_GT(trades(in_order), 0u) << fault;
    EXPECT_TRUE(in_order);
    fs::remove_all(folder());
  }
}

TEST_F(journal_runs, with_a_full_broken_or_stuck_disk_go_on_if_they_are_told_to) {
  if (test::sanitized) GTEST_SKIP() << "a sanitizer's runtime must be loaded before any other library";
  for (const std::string fault : {"full:300000", "io:300000", "sync:300000"}) {
    constexpr int count = 50'000;
    configure("sync: 20ms, on_full: degrade", count);
    test::process p("degraded-" + fault.substr(0, fault.find(':')),
                    {program, "run", "e.yaml", "--view", "off", "--metrics-file", "metrics"}, dir(), preload(fault));
    EXPECT_TRUE(test::eventually([&] { return p.err().find("this run cannot be replayed") != std::string::npos; }))
        << fault << p.err();
    p.signal(SIGTERM);
    EXPECT_EQ(p.wait(), 0) << fault << p.err();
    EXPECT_EQ(metric("journal_degraded"), 1) << fault;
    EXPECT_GT(metric("journal_lost_events_total"), 0) << fault;
    EXPECT_EQ(metric("tally_disorder_total"), 0) << fault;
    const auto v = journal({"verify", "run/journal"});
    EXPECT_EQ(v.code, 0) << fault << v.out << v.err;
    const auto info = journal({"info", "run/journal"});
    if (fault[0] != 'f') {  // a disk that is full takes no manifest, either, unless its reserve is given back
      EXPECT_NE(info.out.find("state      degraded"), std::string::npos) << info.out;
    }
    fs::remove_all(folder());
  }
}

TEST_F(journal_runs, whose_disk_hangs_do_not_hang_with_it) {
  if (test::sanitized) GTEST_SKIP() << "a sanitizer's runtime must be loaded before any other library";
  configure("sync: 20ms, on_full: degrade", 10'000'000, ", hang_limit: 300ms");
  test::process p("stuck", {program, "run", "e.yaml", "--view", "off", "--metrics-file", "metrics"}, dir(),
                  preload("hang:300000"));
  EXPECT_TRUE(test::eventually([&] { return p.err().find("has taken nothing for") != std::string::npos; },
                               std::chrono::seconds(60)))
      << p.err();
  p.signal(SIGTERM);
  EXPECT_EQ(p.wait(), 1) << p.err();
  EXPECT_NE(p.err().find("the disk of the journal hangs"), std::string::npos) << p.err();
  EXPECT_EQ(journal({"verify", "run/journal"}).code, 0);
}

TEST_F(journal_runs, that_cannot_be_printed_are_not_said_to_be) {
  configure("sync: 20ms", 1'000);
  ASSERT_EQ(test::run(arguments("0.05"), dir()).code, 0);
  for (const std::string what : {"info", "dump", "verify"}) {
    const auto r = test::run(
        {"/bin/sh", "-c", "exec " + std::string(program) + " journal " + what + " run/journal >/dev/full"}, dir());
    EXPECT_EQ(r.code, 1) << what << r.err;
    EXPECT_NE(r.err.find("standard output cannot be written"), std::string::npos) << what << r.err;
  }
}

TEST_F(journal_runs, with_a_metrics_file_on_a_full_disk_keep_their_exit_code) {
  if (test::sanitized) GTEST_SKIP() << "a sanitizer's runtime must be loaded before any other library";
  configure("sync: 20ms", 10'000'000);
  auto a = arguments("30");
  a.back() = "/dev/full";
  const auto r = test::run(a, dir(), preload("full:300000"));
  EXPECT_EQ(r.code, 3) << r.err;
  EXPECT_NE(r.err.find("cannot write /dev/full"), std::string::npos) << r.err;
}

TEST_F(journal_runs, on_a_small_file_system_end_as_they_are_told_to) {
  configure_in("small", "sync: 20ms", 10'000'000);
  fs::create_directories(dir() + "/small");
  const std::string mount = "mount -t tmpfs -o size=1m trapline-test " + dir() + "/small";
  if (test::run({"/usr/bin/unshare", "-rm", "sh", "-c", mount}, dir()).code != 0)
    GTEST_SKIP() << "no small file system can be mounted here (unshare -rm, mount -t tmpfs)";
  std::string command = mount + " || exit 99;";
  for (const auto& a : arguments("30")) command += " " + a;
  // Its files are gone with the namespace, so they are looked at in it.
  command += "; code=$?; " + std::string(program) + " journal verify small/journal || exit 98; " + program +
             " journal info small/journal; exit $code";
  const auto r = test::run({"/usr/bin/unshare", "-rm", "sh", "-c", command}, dir());
  EXPECT_EQ(r.code, 3) << r.out << r.err;
  EXPECT_NE(r.err.find("No space left"), std::string::npos) << r.err;
  EXPECT_NE(r.out.find("state      halted"), std::string::npos) << r.out;
}
