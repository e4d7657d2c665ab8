// The npm client bitget-api, unmodified, as a user of the paper venue: bitget-api/*.mjs say what it does and must see.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>

#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Where `npm ci` put the client.
fs::path modules() {
  const auto given = environment("TRAPLINE_CLIENTS_DIR");
  return fs::path(given.empty() ? TRAPLINE_SOURCE_DIR "/build/clients" : given) / "bitget-api/node_modules";
}

class bitget_api : public testing::Test {
 protected:
  void SetUp() override {
    if (fs::exists(modules() / "bitget-api/package.json")) return;
    const auto text = "the client is not in " + modules().string() + "; `./dev test` installs it with npm";
    if (environment("CI") == "true") FAIL() << text;
    GTEST_SKIP() << text;
  }

  // A venue whose account is of that type and traded by nobody else, and the client's session with it.
  void run(const std::string& script, const std::string& account_type) {
    test::temp_dir dir;
    test::write_file(dir.path() + "/venue.yaml", R"(engine: { name: clients, run_dir: ./run, log: { level: info } }
lanes: { venue: { wait: park } }
plugins:
  venue:
    use: paper_venue
    lane: venue
    options:
      dir: ./venue
      speed: 20
      seed: 7
      account: { trader: false, type: )" + account_type +
                                                     " }\n      episodes: { kinds: [] }\n");
    // Node looks for modules beside the script.
    for (const char* file : {"venue.mjs", "v2.mjs", "v3.mjs"})
      fs::copy_file(fs::path(TRAPLINE_SOURCE_DIR "/tests/clients/bitget-api") / file, fs::path(dir.path()) / file);
    fs::create_directory_symlink(modules(), fs::path(dir.path()) / "node_modules");

    test::process venue("venue", {TRAPLINE_BUILD_DIR "/bin/trapline", "run", "venue.yaml", "--view", "off"},
                        dir.path());
    ASSERT_TRUE(test::eventually([&] { return fs::exists(dir.path() + "/venue/endpoint.json") || !venue.running(); }));
    ASSERT_TRUE(venue.running()) << venue.err();
    test::process client(
        "client", {"node", script, "venue"}, dir.path(),
        {"NODE_EXTRA_CA_CERTS=" + dir.path() + "/venue/ca.pem", "NO_PROXY=localhost", "no_proxy=localhost"});
    const auto code = client.wait(std::chrono::minutes(3));
    EXPECT_EQ(code, 0) << client.err() << client.out() << venue.err();
    venue.signal(SIGTERM);
    EXPECT_EQ(venue.wait(), 0) << venue.err();
  }
};

TEST_F(bitget_api, trades_a_classic_account_and_sees_the_right_pushes) { run("v2.mjs", "classic"); }

TEST_F(bitget_api, trades_a_unified_account_by_rest_and_socket_and_sees_the_right_pushes) { run("v3.mjs", "unified"); }

}  // namespace
