// The files of journals: `<journal folder>/<run id>/{manifest.json, lock, seg-000001.tlj, ...}`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "journal/run_writer.hpp"

namespace trapline::journal {

inline constexpr const char* manifest_name = "manifest.json";

std::string segment_name(std::uint32_t number);  // seg-000001.tlj
// Paths of the segments of a run folder by their number. The newest counts from when it has its header.
std::map<std::uint32_t, std::string> segments_of(const std::string& run_folder);
// Names of the run folders of a journal folder (they have a manifest), oldest first.
std::vector<std::string> runs_of(const std::string& journal_folder);

// Empty: done. Otherwise why not.
std::string read_text(const std::string& path, std::string& text);
// In place of the file, whole or not at all, and on the disk when it returns.
std::string write_atomically(const std::string& path, std::string_view text);

// Held by the engine while it writes a run; gone when its process is.
class run_claim {
 public:
  run_claim() = default;
  ~run_claim();
  run_claim(const run_claim&) = delete;
  run_claim& operator=(const run_claim&) = delete;
  // False: another process has it, or the folder cannot be written.
  bool take(const std::string& run_folder);
  void release() noexcept;
  static bool is_taken(const std::string& run_folder);

 private:
  int fd_ = -1;
};

// Segments as files of one folder.
class file_store final : public segment_store {
 public:
  explicit file_store(std::string folder) : folder_(std::move(folder)) {}
  ~file_store() override;
  int create(std::uint32_t number) override;
  int write(std::string_view bytes) override;
  int truncate(std::uint64_t size) override;
  int sync() override;
  int close() override;
  int discard() override;

 private:
  std::string folder_, path_;
  int fd_ = -1;
};

}  // namespace trapline::journal
