// What an engine is made of. For engine.cpp and engine_load.cpp alone.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bus/lane.hpp"
#include "config/engine_config.hpp"
#include "observer.hpp"
#include "plugin/instance.hpp"
#include "plugin/loader.hpp"
#include "runtime.hpp"
#include "supervise/crash_book.hpp"
#include "supervise/lifecycle.hpp"
#include "supervise/restarter.hpp"
#include "supervise/watchdog.hpp"
#include "trapline/engine.hpp"

namespace trapline {

// One engine a run directory.
class run_lock {
 public:
  ~run_lock() {
    if (fd_ >= 0) ::close(fd_);
  }
  std::string take(const std::string& dir) {
    std::error_code ec;
    std::filesystem::create_directories(dir, ec);
    if (ec) return "cannot create the run directory " + dir + ": " + ec.message();
    const std::string path = dir + "/trapline.lock";
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd_ < 0) return "cannot open " + path + ": " + std::strerror(errno);
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0)
      return "another engine runs with run_dir " + dir + "; stop it, or give this one a run_dir of its own";
    return {};
  }

 private:
  int fd_ = -1;
};

struct engine::impl {
  struct observation {
    std::string instance;
    std::vector<std::string> patterns;
    observer::callback callback;
  };

  explicit impl(engine_options o) : options(std::move(o)) {}

  engine_options options;
  std::vector<observation> observations;
  config::engine_config config;
  time::system_clock clock;
  run_lock lock;
  std::unique_ptr<runtime> rt;
  std::deque<bus::lane> lanes;
  std::vector<std::unique_ptr<plugin::instance>> instances;  // in the configuration's order
  std::vector<plugin::instance*> started;                    // in the order of starting
  std::unique_ptr<supervise::crash_book> crashes;
  std::vector<instance_status> left_out;
  std::unique_ptr<supervise::watchdog> watchdog;  // while running
  std::unique_ptr<supervise::restarter> restarter;
  bool running = false;
  bool hung = false;  // a lane's thread cannot be ended

  std::vector<std::string> load(const std::string& text, const std::string& file);
  void load_instance(const config::plugin_config& p, std::vector<config::problem>& problems);
  void add_observer(const observation& o);
  void make_lanes(std::vector<config::problem>& problems);
  bool left_out_for_crashes(const config::plugin_config& p, const plugin::image& img,
                            std::vector<config::problem>& problems);
  bool start_instance(plugin::instance& i, std::string& error);
  bool run_dry(supervise::steady::time_point deadline);
  void tell_all(std::uint32_t state);
  bool stop(bool drain, std::string& what);
  bus::lane* lane_named(const std::string& name) {
    const auto it = std::find_if(lanes.begin(), lanes.end(), [&](const auto& l) { return l.name() == name; });
    return it == lanes.end() ? nullptr : &*it;
  }
};

}  // namespace trapline
