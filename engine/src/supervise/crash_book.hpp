// What is remembered of crashes from one run of an engine to the next, under `<run_dir>/crashes/`:
//
//   <time>-<pid>.new   open while an engine is there; empty unless it crashed
//   <time>-<pid>.txt   the record of a crash, for people
//   strikes.json       how often each instance crashed the engine since it last ended well, with the file it was loaded
//   from
#pragma once

#include <map>
#include <string>
#include <vector>

namespace trapline::supervise {

class crash_book {
 public:
  static constexpr int max_strikes = 2;  // then the instance is left out

  // Reads what earlier runs left. `notes`: what people should know of it (a new record, an unreadable book).
  crash_book(std::string run_dir, std::vector<std::string>& notes);
  ~crash_book();
  crash_book(const crash_book&) = delete;
  crash_book& operator=(const crash_book&) = delete;

  // Whether the instance crashed the engine max_strikes times in a row with this very file. A replaced plugin begins
  // anew.
  bool leave_out(const std::string& instance, const std::string& sha256) const;
  std::string last_record(const std::string& instance) const;  // path of the record, empty if unknown

  // It ran and ended well: forget its strikes. Written to disk at once.
  void ended_well(const std::vector<std::string>& instances);

  // This run's own record; -1 and empty if it cannot be written (the notes tell).
  int record_fd() const noexcept { return fd_; }
  const std::string& record_path() const noexcept { return path_; }

 private:
  struct entry {
    std::string sha256, record;
    int strikes = 0;
  };
  void read_what_is_there(std::vector<std::string>& notes);
  void open_record(std::vector<std::string>& notes);
  void count(const std::string& path);
  void load(std::vector<std::string>& notes);
  void save() const;

  std::string dir_, path_;
  int fd_ = -1;
  std::map<std::string, entry> entries_;
};

}  // namespace trapline::supervise
