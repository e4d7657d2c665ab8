// Journals whose disk, engine or neighbours do them harm.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

#include "journal/compress.hpp"
#include "journal/housekeeper.hpp"
#include "journal/reader.hpp"
#include "journal/recovery.hpp"
#include "journal/run_files.hpp"
#include "journal/run_writer.hpp"
#include "journal/verify.hpp"
#include "some_events.hpp"
#include "support/temp_dir.hpp"

namespace {

namespace fs = std::filesystem;
using namespace trapline::journal;
using test::all_of;
using test::an_event;

// Files in memory; the `fails_at`-th call fails, a write after half of its bytes.
class failing_store final : public segment_store {
 public:
  failing_store(int fails_at, int error) : left_(fails_at), error_(error) {}
  bool has_failed() const { return left_ <= 0; }
  void save(const std::string& folder) const {
    for (const auto& [number, bytes] : files_) std::ofstream(folder + "/" + segment_name(number)) << bytes;
  }

  int create(std::uint32_t number) override {
    if (strikes()) return error_;
    files_[open_ = number].clear();
    return 0;
  }
  int write(std::string_view bytes) override {
    const bool fails = strikes();
    files_.at(open_) += bytes.substr(0, fails ? bytes.size() / 2 : bytes.size());
    return fails ? error_ : 0;
  }
  int truncate(std::uint64_t size) override {
    files_.at(open_).resize(size);
    return 0;
  }
  int sync() override { return strikes() ? error_ : 0; }
  int close() override { return strikes() ? error_ : 0; }
  int discard() override {
    files_.erase(open_);
    return 0;
  }

 private:
  bool strikes() { return --left_ == 0; }
  std::map<std::uint32_t, std::string> files_;
  std::uint32_t open_ = 0;
  int left_, error_;
};

class journals_in_trouble : public testing::Test {
 protected:
  std::string new_folder(const std::string& name) {
    const auto folder = dir_.path() + "/" + name;
    fs::create_directory(folder);
    return folder;
  }
  static void describe(const std::string& folder, run_state state, std::uint64_t complete_to = 0) {
    manifest about;
    about.run_id = fs::path(folder).filename();
    about.state = state;
    about.complete_to = complete_to;
    ASSERT_EQ(write_atomically(folder + "/" + manifest_name, manifest_text(about)), "");
  }
  static std::vector<record> names() { return {topic_names{1, {"a.b"}}, instrument_names{1, {{"v", "S"}}}}; }
  // `count` events from `first` on, `each` to a block.
  static int put(run_writer& w, std::uint64_t first, std::uint64_t count, std::uint64_t each = 5) {
    for (std::uint64_t n = 0; n < count;) {
      block b;
      for (std::uint64_t k = 0; k < each && n < count; ++k, ++n) b.add(an_event(first + n).get());
      if (const int e = w.put(b)) return e;
    }
    return 0;
  }
  static std::string faults(const std::string& path) {
    std::string out;
    for (const auto& f : verify(path).faults) out += f + "\n";
    return out;
  }
  static std::unique_ptr<reader> open(const std::string& path) {
    std::string error;
    auto r = reader::open(path, error);
    EXPECT_TRUE(r) << error;
    return r;
  }
  static void damage(const std::string& path, std::uint64_t at) {
    std::fstream f(path, std::ios::in | std::ios::out | std::ios::binary);
    f.seekp(static_cast<std::streamoff>(at));
    f.put('\x55');
  }
  // A run in one segment that was not closed, of four blocks of five events each; its engine is gone.
  std::string killed_run(const std::string& name) {
    const auto folder = new_folder(name);
    file_store files(folder);
    run_writer w(files, {.run_id = name});
    EXPECT_EQ(w.put(names()), 0);
    EXPECT_EQ(put(w, 1, 20), 0);
    describe(folder, run_state::running);
    return folder;
  }

  // One closed segment with events 1..count.
  std::string closed_run(const std::string& name, std::uint64_t count, run_state state) {
    const auto folder = new_folder(name);
    file_store files(folder);
    run_writer w(files, {.run_id = name});
    EXPECT_EQ(w.put(names()), 0);
    EXPECT_EQ(put(w, 1, count), 0);
    EXPECT_EQ(w.finish(), 0);
    describe(folder, state, state == run_state::ended ? count : 0);
    return folder;
  }

  test::temp_dir dir_;
};

TEST_F(journals_in_trouble, are_sound_up_to_where_they_say_whatever_call_fails) {
  for (const int error : {ENOSPC, EIO}) {
    bool went_through = false;
    for (int at = 1; !went_through; ++at) {
      ASSERT_LT(at, 200);
      const auto name = std::to_string(error) + "-" + std::to_string(at);
      const auto folder = new_folder(name);
      failing_store files(at, error);
      run_writer w(files, {.run_id = name, .segment_bytes = 1'500});
      int e = w.put(names());
      for (std::uint64_t n = 1; e == 0 && n <= 40; n += 5) {
        if ((e = put(w, n, 5)) == 0) e = w.sync();
      }
      if (e == 0) e = w.finish();
      const auto sure = w.sure_seq();
      if (e != 0) w.finish();  // there is room again
      went_through = !files.has_failed();
      files.save(folder);
      describe(folder, e != 0 ? run_state::degraded : run_state::ended, sure);
      EXPECT_EQ(faults(folder), "") << "call " << at;
      const auto said = all_of(*open(folder));
      if (sure != 0) {
        EXPECT_NE(std::find(said.begin(), said.end(), "event " + std::to_string(sure)), said.end()) << "call " << at;
      }
    }
  }
}

TEST_F(journals_in_trouble, do_not_count_on_what_a_failed_sync_may_have_lost) {
  struct no_sync final : segment_store {
    int create(std::uint32_t) override { return 0; }
    int write(std::string_view) override { return 0; }
    int truncate(std::uint64_t) override { return 0; }
    int sync() override { return syncs++ == 0 ? 0 : EIO; }
    int close() override { return 0; }
    int discard() override { return 0; }
    int syncs = 0;
  } store;
  run_writer w(store, {.run_id = "r", .segment_bytes = 2'000});
  ASSERT_EQ(put(w, 1, 5), 0);
  ASSERT_EQ(w.sync(), 0);
  ASSERT_EQ(put(w, 6, 5), 0);
  EXPECT_EQ(w.sure_seq(), 10u);
  EXPECT_EQ(put(w, 11, 5), EIO);  // closes the full segment first
  EXPECT_EQ(w.sure_seq(), 5u);
}

TEST_F(journals_in_trouble, whose_engine_was_killed_while_it_began_a_segment_have_lost_nothing) {
  const auto run = closed_run("r", 20, run_state::running);
  std::ofstream(run + "/" + segment_name(2)) << "TLJRNL";  // made, and no header in it yet
  EXPECT_EQ(faults(run), "");
  auto said = all_of(*open(run));
  EXPECT_EQ(said.back(), "event 20");
  EXPECT_NE(recover(run), "");
  EXPECT_FALSE(fs::exists(run + "/" + segment_name(2)));
  EXPECT_EQ(open(run)->about().complete_to, 20u);
  EXPECT_EQ(faults(run), "");
  said = all_of(*open(run));
  EXPECT_EQ(said.back(), "event 20");
}

TEST_F(journals_in_trouble, lose_one_block_to_one_damage_when_they_are_recovered_too) {
  const auto run = killed_run("r");
  const auto path = segments_of(run).at(1);
  const auto size = fs::file_size(path);
  damage(path, size - 1'000);  // within the third of four blocks
  EXPECT_NE(recover(run).find("has a wrong checksum"), std::string::npos);
  EXPECT_EQ(fs::file_size(path), size);
  EXPECT_EQ(open(run)->about().complete_to, 20u);
  const auto said = all_of(*open(run));
  EXPECT_EQ(std::count(said.begin(), said.end(), "loss 11..15"), 1);
  EXPECT_EQ(said.back(), "event 20");
}

TEST_F(journals_in_trouble, are_told_of_when_a_segment_goes_before_it_was_read_to_its_end) {
  const auto run = new_folder("r");
  describe(run, run_state::running);
  run_claim claim;
  ASSERT_TRUE(claim.take(run));
  file_store files(run);
  run_writer w(files, {.run_id = "r", .segment_bytes = 3'000});
  ASSERT_EQ(w.put(names()), 0);
  ASSERT_EQ(put(w, 1, 5), 0);
  const auto r = open(run);
  EXPECT_EQ(all_of(*r).back(), "event 5");
  ASSERT_EQ(put(w, 6, 40), 0);
  ASSERT_GT(segments_of(run).size(), 2u);
  const auto second = open(segments_of(run).at(2));
  ASSERT_TRUE(second->seek_seq(1));
  ASSERT_EQ(second->next(), item::event);
  const auto next = second->event().seq;
  ASSERT_GT(next, 6u);
  fs::remove(segments_of(run).at(1));
  const auto said = all_of(*r);
  EXPECT_EQ(said.front(), "loss 6.." + std::to_string(next - 1));
  EXPECT_EQ(std::count_if(said.begin(), said.end(), [](const auto& s) { return s.starts_with("loss "); }), 1);
  EXPECT_EQ(said.back(), "event 45");
}

TEST_F(journals_in_trouble, are_compressed_by_one_process_at_a_time) {
  const auto run = closed_run("r", 500, run_state::ended);
  const auto path = segments_of(run).at(1), beside = path + ".new";
  const auto size = fs::file_size(path);
  // What another engine of the same folder has written of it so far.
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(::flock(fd, LOCK_EX | LOCK_NB), 0);
  ASSERT_EQ(::write(fd, "half", 4), 4);
  EXPECT_EQ(compress(path), "");
  EXPECT_EQ(fs::file_size(path), size);
  EXPECT_EQ(fs::file_size(beside), 4u);
  ::close(fd);  // it was killed
  EXPECT_EQ(compress(path), "");
  EXPECT_LT(fs::file_size(path), size);
  EXPECT_FALSE(fs::exists(beside));
  EXPECT_EQ(faults(run), "");
}

TEST_F(journals_in_trouble, are_left_as_they_are_when_there_is_no_time_to_compress_them) {
  const auto run = closed_run("r", 500, run_state::ended);
  const auto path = segments_of(run).at(1);
  const auto size = fs::file_size(path);
  int asked = 0;
  EXPECT_EQ(compress(path, [&] { return ++asked == 3; }), "");
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(fs::file_size(path), size);
  EXPECT_FALSE(fs::exists(path + ".new"));
}

TEST_F(journals_in_trouble, keep_the_largest_state_readable_whatever_stands_before_it) {
  const auto run = new_folder("r");
  {
    file_store files(run);
    run_writer w(files, {.run_id = "r"});
    instance_step s;
    s.id = 1;
    s.state = std::make_shared<const carried_state>(carried_state{"f", 1, std::string(64u << 20, 's'), false});
    command_step before;
    before.id = 1;
    before.args.assign((4u << 20) + (100u << 10), 'a');
    ASSERT_EQ(w.put({before, s}), 0);
    ASSERT_EQ(put(w, 1, 5), 0);  // the run is killed here: no index tells where its blocks are
    describe(run, run_state::running);
  }
  const auto r = open(run);
  ASSERT_EQ(r->steps().size(), 1u);
  EXPECT_EQ(r->steps()[0]->state->bytes.size(), 64u << 20);
  EXPECT_EQ(all_of(*r).back(), "event 5");
}

TEST_F(journals_in_trouble, are_found_at_once_beside_a_file_of_a_name_far_away) {
  const auto run = killed_run("r");
  for (const char* name : {"/seg-4000000000.tlj", "/seg-4294967295.tlj"})
    std::ofstream(run + name) << std::string(sizeof(segment_header), 'x');
  EXPECT_EQ(segments_of(run).size(), 3u);  // and does not try all the numbers between
}

TEST_F(journals_in_trouble, go_with_what_a_killed_engine_left_beside_them) {
  const auto run = killed_run("a");
  std::ofstream(segments_of(run).at(1) + ".new") << "half";
  std::ofstream(run + "/manifest.json.new") << "half";
  settings s;
  s.dir = dir_.path();
  s.keep_bytes = 1;
  std::string failed;
  EXPECT_FALSE(remove_old(s, "b", 0, failed).empty());
  EXPECT_EQ(failed, "");
  EXPECT_FALSE(fs::exists(run));
}

TEST_F(journals_in_trouble, that_cannot_be_removed_are_told_of) {
  const auto run = new_folder("a");
  describe(run, run_state::ended);
  fs::create_directory(run + "/" + segment_name(1));  // no file, whoever runs the test
  settings s;
  s.dir = dir_.path();
  s.keep_bytes = 1;
  std::string failed;
  EXPECT_TRUE(remove_old(s, "b", 0, failed).empty());
  EXPECT_NE(failed.find("cannot remove " + run + "/" + segment_name(1)), std::string::npos) << failed;
}

}  // namespace
