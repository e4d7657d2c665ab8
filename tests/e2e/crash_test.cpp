// What a crash leaves behind, and how the next start takes it.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "stage.hpp"

namespace {

namespace fs = std::filesystem;
const std::string modules = TRAPLINE_BUILD_DIR "/tests/modules";

class crash : public testing::Test {
 protected:
  // A source, a plugin that crashes in the given way, and a sink.
  void configure(const std::string& how, const std::string& more = {}) {
    test::write_file(stage_.dir() + "/c.yaml",
                     "engine: {run_dir: ./run, log: {file: ./run/trapline.log}, plugin_dirs: [" + dir() +
                         "]}\nplugins:\n  ticks: {use: ticks}\n  bad: {use: crashes" + more +
                         ", options: {how: " + how + "}}\n  tally: {use: tally}\n");
  }
  // The plugins, copied so that a test may replace one.
  std::string dir() {
    const std::string d = stage_.dir() + "/plugins";
    fs::create_directories(d);
    for (const char* p : {"ticks", "tally", "crashes"})
      if (!fs::exists(d + "/" + p + ".so")) fs::copy_file(modules + "/" + p + ".so", d + "/" + p + ".so");
    return d;
  }
  test::finished run(std::vector<std::string> more = {}) {
    std::vector<std::string> a = {"run", "c.yaml", "--view", "off", "--seconds", "1", "--metrics-file", "m.txt"};
    a.insert(a.end(), more.begin(), more.end());
    return stage_.run(a);
  }
  std::vector<std::string> records() const {
    std::vector<std::string> out;
    std::error_code ec;
    for (const auto& f : fs::directory_iterator(stage_.dir() + "/run/crashes", ec))
      if (f.path().extension() == ".new" || f.path().extension() == ".txt")
        out.push_back(test::read_file(f.path().string()));
    return out;
  }
  void expect_record(const std::string& how, int signal, const std::string& attributed) {
    configure(how);
    const auto r = run();
    EXPECT_EQ(r.code, 128 + signal) << r.err;
    EXPECT_NE(r.err.find("trapline: crashed; what was going on stands in ./run/crashes/"), std::string::npos) << r.err;
    const auto found = records();
    ASSERT_EQ(found.size(), 1u);
    for (const std::string& part : {std::string("instance: bad\nplugin: crashes\nsha256: "),
                                    "attributed: " + attributed, std::string("stack:\n")})
      EXPECT_NE(found[0].find(part), std::string::npos) << found[0];
  }

  test::stage stage_;
};

}  // namespace

TEST_F(crash, a_segmentation_fault_names_the_instance_whose_callback_ran) {
  expect_record("segv", SIGSEGV, "its callback was called last on its lane\nlast_event_seq: ");
}

TEST_F(crash, an_abort_names_the_instance_whose_callback_ran) {
  expect_record("abort", SIGABRT, "its callback was called last on its lane\nlast_event_seq: ");
}

TEST_F(crash, a_thread_of_a_plugin_is_known_by_the_code_on_its_stack) {
  expect_record("own_thread", SIGABRT, "its code is on the stack of a thread of its own");
}

TEST_F(crash, a_crash_before_the_start_names_the_instance) {
  expect_record("configure", SIGABRT, "it was in create() or configure()");
}

TEST_F(crash, an_instance_that_crashed_twice_is_left_out_until_its_plugin_is_replaced) {
  configure("segv");
  EXPECT_EQ(run().code, 128 + SIGSEGV);
  EXPECT_EQ(run().code, 128 + SIGSEGV);
  const auto third = run();
  EXPECT_EQ(third.code, 0) << third.err;
  EXPECT_NE(third.err.find("trapline: bad is left out: it crashed the engine twice in a row, see "), std::string::npos)
      << third.err;
  EXPECT_EQ(stage_.metric("m.txt", "tally_trades_total{instance=\"tally\"}"), 1000);
  EXPECT_TRUE(stage_.logged("an earlier run crashed in 'bad'; see"));
  EXPECT_EQ(run().code, 0) << "it stays out after a good run without it";
  EXPECT_EQ(run({"--no-safe-start"}).code, 128 + SIGSEGV);

  // Another file of the same plugin gets another chance.
  const std::string so = dir() + "/crashes.so";
  std::string bytes = test::read_file(so);
  fs::remove(so);
  test::write_file(so, bytes + "x");
  EXPECT_EQ(run().code, 128 + SIGSEGV);
}

TEST_F(crash, in_a_static_constructor_is_the_instances_that_was_being_loaded_and_leaves_it_out) {
  const std::string so = dir() + "/crashes.so", harmless = test::read_file(so);
  fs::remove(so);
  test::write_file(so, test::read_file(modules + "/crashes_in_constructor.so"));
  configure("not");
  for (int n = 1; n <= 2; ++n) {
    const auto r = run();
    EXPECT_EQ(r.code, 128 + SIGABRT) << r.err;
    const auto found = records();
    ASSERT_EQ(found.size(), static_cast<std::size_t>(n));
    for (const auto& record : found)
      EXPECT_NE(record.find("instance: bad\nplugin: crashes_in_constructor\nsha256: "), std::string::npos) << record;
  }
  const auto third = run();
  EXPECT_EQ(third.code, 0) << third.err;
  EXPECT_NE(third.err.find("trapline: bad is left out: it crashed the engine twice in a row, see "), std::string::npos)
      << third.err;
  EXPECT_EQ(stage_.metric("m.txt", "tally_trades_total{instance=\"tally\"}"), 1000);
  fs::remove(so);
  test::write_file(so, harmless);
  EXPECT_EQ(run().code, 0) << "another file of that name gets another chance";
  EXPECT_TRUE(stage_.logged("bad (crashes) runs on lane bad"));
}

TEST_F(crash, a_good_run_wipes_the_slate) {
  configure("segv");
  EXPECT_EQ(run().code, 128 + SIGSEGV);
  configure("not");
  EXPECT_EQ(run().code, 0);
  configure("segv");
  EXPECT_EQ(run().code, 128 + SIGSEGV);
  const auto again = run();
  EXPECT_EQ(again.code, 128 + SIGSEGV) << "one crash since the last good run: it gets its second chance\n" << again.err;
}

TEST_F(crash, an_engine_that_must_not_run_without_the_instance_refuses_to_start) {
  configure("segv", ", on_fault: stop_engine");
  EXPECT_EQ(run().code, 128 + SIGSEGV);
  EXPECT_EQ(run().code, 128 + SIGSEGV);
  const auto third = run();
  EXPECT_EQ(third.code, 2);
  EXPECT_NE(third.err.find("c.yaml:4:3: plugins.bad: it crashed the engine twice in a row"), std::string::npos)
      << third.err;
}

TEST_F(crash, a_run_that_ends_well_leaves_no_record) {
  configure("not");
  EXPECT_EQ(run().code, 0);
  EXPECT_TRUE(records().empty());
  EXPECT_FALSE(fs::exists(stage_.dir() + "/run/crashes"));
}
