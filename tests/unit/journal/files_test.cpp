// Journals in folders: compression, removal, recovery, and what a reader makes of them.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <utime.h>

#include <filesystem>
#include <fstream>

#include "journal/compress.hpp"
#include "journal/folder_writer.hpp"
#include "journal/housekeeper.hpp"
#include "journal/reader.hpp"
#include "journal/recovery.hpp"
#include "journal/run_files.hpp"
#include "journal/verify.hpp"
#include "some_events.hpp"
#include "support/temp_dir.hpp"

namespace {

namespace fs = std::filesystem;
using namespace trapline::journal;
using test::all_of;
using test::an_event;
using lines = std::vector<std::string>;

class journal_files : public testing::Test {
 protected:
  // A run of `count` events in segments of about 2 kB.
  std::string make_run(const std::string& name, std::uint64_t count, run_state state = run_state::ended) {
    manifest about;
    about.run_id = name;
    tape t(about, 400, 2'000);
    t.topic("a.b");
    t.instrument("v", "S");
    instance_info i;
    i.id = 1;
    i.name = "feed";
    t.add(i);
    instance_step s;
    s.id = 1;
    t.put(s);
    for (std::uint64_t n = 1; n <= count; ++n) t.put(an_event(n).get());
    const auto image = t.finish(state);
    const std::string folder = dir_.path() + "/" + name;
    fs::create_directory(folder);
    std::ofstream(folder + "/manifest.json") << image.manifest;
    for (std::size_t n = 0; n < image.segments.size(); ++n)
      std::ofstream(folder + "/" + segment_name(static_cast<std::uint32_t>(n + 1)), std::ios::binary)
          << image.segments[n];
    return folder;
  }
  static std::unique_ptr<reader> open(const std::string& path) {
    std::string error;
    auto r = reader::open(path, error);
    EXPECT_TRUE(r) << error;
    return r;
  }
  static std::vector<std::string> bytes_of_events(const std::string& path) {
    std::vector<std::string> out;
    const auto r = open(path);
    for (item what; (what = r->next()) != item::end;)
      if (what == item::event) out.push_back(test::bytes_of(r->event()));
    return out;
  }
  static std::string faults(const std::string& path) {
    std::string out;
    for (const auto& f : verify(path).faults) out += f + "\n";
    return out;
  }

  test::temp_dir dir_;
  std::string failed_;  // to remove
};

TEST_F(journal_files, are_the_same_when_they_are_compressed) {
  const auto run = make_run("r1", 200);
  const auto before = bytes_of_events(run);
  ASSERT_EQ(before.size(), 200u);
  for (const auto& [number, path] : segments_of(run)) {
    const auto size = fs::file_size(path);
    const auto time = fs::last_write_time(path);
    EXPECT_EQ(compress(path), "");
    EXPECT_LT(fs::file_size(path), size);
    EXPECT_EQ(fs::last_write_time(path), time);
    EXPECT_EQ(compress(path), "");  // once more changes nothing
  }
  EXPECT_EQ(bytes_of_events(run), before);
  EXPECT_EQ(faults(run), "");
  const auto r = open(run);
  ASSERT_TRUE(r->seek_seq(150));
  EXPECT_EQ(r->next(), item::event);
  EXPECT_EQ(r->event().seq, 150u);
}

TEST_F(journal_files, that_are_damaged_are_not_compressed_and_are_told_of) {
  const auto run = make_run("r1", 200);
  const auto path = segments_of(run).at(2);
  {
    std::fstream f(path, std::ios::in | std::ios::out | std::ios::binary);
    f.seekp(-600, std::ios::end);
    f.put('\x55');
  }
  const auto size = fs::file_size(path);
  if (faults(run).find("seg-000002.tlj") == std::string::npos) FAIL() << "the damage is not told";
  EXPECT_NE(compress(path), "");
  EXPECT_EQ(fs::file_size(path), size);
  const auto said = all_of(*open(run));
  EXPECT_EQ(std::count_if(said.begin(), said.end(), [](const auto& s) { return s.starts_with("loss "); }), 1);
  EXPECT_EQ(said.back(), "event 200");
}

TEST_F(journal_files, can_be_read_from_any_segment_on) {
  const auto run = make_run("r1", 200);
  auto segments = segments_of(run);
  ASSERT_GT(segments.size(), 3u);
  fs::remove(segments.at(1));
  fs::remove(segments.at(2));
  auto r = open(run);
  EXPECT_EQ(r->topic(1), "a.b");
  EXPECT_EQ(r->instrument(1)->symbol, "S");
  EXPECT_EQ(r->instance(1)->name, "feed");
  const auto said = all_of(*r);
  EXPECT_EQ(said.front(), "started 1");
  EXPECT_EQ(said.back(), "event 200");
  EXPECT_EQ(faults(run), "");
  r = open(segments.rbegin()->second);
  EXPECT_EQ(all_of(*r).back(), "event 200");
  // A hole in the middle is a fault, and a reader tells it.
  fs::remove(segments.at(4));
  EXPECT_NE(faults(run), "");
  const auto with_hole = all_of(*open(run));
  EXPECT_EQ(std::count_if(with_hole.begin(), with_hole.end(), [](const auto& s) { return s.starts_with("loss "); }), 1);
}

TEST_F(journal_files, of_a_killed_engine_are_cut_at_the_last_good_block) {
  const auto run = make_run("r1", 20, run_state::running);
  const auto path = segments_of(run).rbegin()->second;
  fs::resize_file(path, fs::file_size(path) - 300);  // without trailer, index and some of the last block
  const auto before = bytes_of_events(run);
  EXPECT_NE(recover(run).find("its engine was killed"), std::string::npos);
  EXPECT_EQ(open(run)->about().state, run_state::recovered);
  EXPECT_EQ(open(run)->about().complete_to, before.size());
  EXPECT_EQ(bytes_of_events(run), before);
  EXPECT_EQ(faults(run), "");
  EXPECT_EQ(recover(run), "");  // once
}

TEST_F(journal_files, that_another_engine_writes_are_not_recovered) {
  const auto run = make_run("r1", 20, run_state::running);
  run_claim claim;
  ASSERT_TRUE(claim.take(run));
  EXPECT_EQ(recover(run), "");
  EXPECT_EQ(open(run)->about().state, run_state::running);
  EXPECT_TRUE(open(run)->size().written_now);
}

TEST_F(journal_files, are_removed_oldest_first_and_nothing_else_is) {
  const auto a = make_run("a", 100), b = make_run("b", 100), c = make_run("c", 100);
  std::ofstream(c + "/notes.txt") << "mine";
  settings s;
  s.dir = dir_.path();
  EXPECT_TRUE(remove_old(s, "c", 0, failed_).empty());  // no limit
  std::int64_t all = 0;
  for (const auto& run : {a, b, c})
    for (const auto& [n, path] : segments_of(run)) all += static_cast<std::int64_t>(fs::file_size(path));
  s.keep_bytes = all / 2;
  EXPECT_FALSE(remove_old(s, "c", 0, failed_).empty());
  EXPECT_FALSE(fs::exists(a));
  EXPECT_TRUE(fs::exists(b));
  s.keep_bytes = 1;
  remove_old(s, "c", 0, failed_);
  EXPECT_FALSE(fs::exists(b));
  EXPECT_EQ(segments_of(c).size(), 1u);  // it may be open
  EXPECT_TRUE(fs::exists(c + "/notes.txt"));
}

TEST_F(journal_files, are_removed_by_age) {
  const auto a = make_run("a", 100);
  settings s;
  s.dir = dir_.path();
  s.keep_age = 3'600'000'000'000;
  struct stat st {};
  ASSERT_EQ(::stat(segments_of(a).at(1).c_str(), &st), 0);
  const std::int64_t written = (st.st_mtim.tv_sec + 2) * 1'000'000'000;
  EXPECT_TRUE(remove_old(s, "x", written, failed_).empty());
  EXPECT_FALSE(remove_old(s, "x", written + s.keep_age, failed_).empty());
  EXPECT_FALSE(fs::exists(a));
}

TEST_F(journal_files, that_are_none_are_refused_with_a_reason) {
  std::string error;
  EXPECT_FALSE(reader::open(dir_.path() + "/nothing", error));
  EXPECT_NE(error.find("there is no such folder"), std::string::npos);
  EXPECT_FALSE(reader::open(dir_.path(), error));
  EXPECT_NE(error.find("holds no journal"), std::string::npos);
  std::ofstream(dir_.path() + "/manifest.json") << "{}";
  EXPECT_FALSE(reader::open(dir_.path(), error));
  EXPECT_NE(error.find("manifest"), std::string::npos);
}

TEST_F(journal_files, are_made_by_tools_only_in_a_new_folder) {
  std::string error;
  EXPECT_FALSE(folder_writer::create(dir_.path(), {}, error));
  EXPECT_NE(error.find("File exists"), std::string::npos);
}

}  // namespace
