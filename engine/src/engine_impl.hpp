// What an engine is made of. For the files engine*.cpp alone: loading, running, and what the control thread does.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bus/lane.hpp"
#include "config/engine_config.hpp"
#include "control/thread.hpp"
#include "journal/recorder.hpp"
#include "observer.hpp"
#include "plugin/instance.hpp"
#include "plugin/loader.hpp"
#include "runtime.hpp"
#include "supervise/crash_book.hpp"
#include "supervise/exchange.hpp"
#include "supervise/lifecycle.hpp"
#include "supervise/loading_note.hpp"
#include "supervise/restarter.hpp"
#include "supervise/warming.hpp"
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

// True while something is under way that must not begin twice.
class busy_mark {
 public:
  explicit busy_mark(bool& flag) : flag_(flag) { flag_ = true; }
  ~busy_mark() { flag_ = false; }
  busy_mark(const busy_mark&) = delete;
  busy_mark& operator=(const busy_mark&) = delete;

 private:
  bool& flag_;
};

struct engine::impl final : stepper {
  struct observation {
    std::string instance;
    std::vector<std::string> patterns;
    observer::callback callback;
  };

  impl(engine& e, engine_options o);

  engine* owner;
  // An instance that has just taken another's place, and what it takes to go back.
  struct trial {
    plugin::instance* who;
    std::int64_t until;  // mono
    config::plugin_config before;
    std::shared_ptr<const plugin::image> image;
    config::checked_options options;
  };
  struct swap_order {
    config::plugin_config to;                              // how the instance is to be configured from now on
    std::shared_ptr<const plugin::image> image = nullptr;  // of `to`, if it is loaded already
    bool carry_state = true;
    std::int64_t watch = 30'000'000'000;  // ns
    std::int64_t warm_up = 0;             // ns, if no state is carried over
    bool warm_up_asked = false;           // by an operator, who is told if it cannot be; else it begins cold then
  };
  struct swap_report {
    std::string from, to;  // "trap_detector 0.1.0"
    supervise::exchange_outcome exchange;
    supervise::warming_outcome warming;
    std::string warmed_up;  // "3m12s of 10m: ..."; empty: nobody wanted it to be
    std::string left;       // what went wrong with the end of the old one
    std::string retired;    // why its image stays in memory
  };
  // A command that a lane was asked to carry out.
  struct asked {
    std::shared_ptr<std::atomic<bool>> answered;
    std::function<void(control::answer)> done;
    std::int64_t until;  // mono
    std::string lane;
  };

  engine_options options;
  std::vector<observation> observations;
  std::vector<const trapline_entry*> linked;  // plugins that are linked into the program
  config::engine_config config;
  config::engine_config as_read;  // before paths were resolved and the program's own were added
  std::string source_file;        // that it was read from; empty: a text
  config::node source_tree;       // what was read
  const std::unique_ptr<time::clock> clock_owner;
  const time::clock& clock;
  run_lock lock;
  std::unique_ptr<runtime> rt;
  std::unique_ptr<journal::recorder> journal;  // if one is configured
  control::thread control{clock};
  std::deque<bus::lane> lanes;
  // Which instances there are changes on the control thread; that one reads without the lock, all others with it.
  mutable std::mutex table_mutex;
  std::vector<std::unique_ptr<plugin::instance>> instances;  // in the configuration's order
  std::vector<plugin::instance*> started;                    // in the order of starting
  std::uint32_t last_id = 0;
  std::unique_ptr<supervise::crash_book> crashes;
  supervise::loading_note loading;
  std::vector<instance_status> left_out;
  std::unique_ptr<supervise::watchdog> watchdog;  // while running
  std::unique_ptr<supervise::restarter> restarter;
  std::vector<trial> trials;
  std::map<std::string, std::string> warmed_up;  // by instance: how the one that runs was, for people
  std::vector<asked> pending;
  std::vector<std::shared_ptr<std::atomic<bool>>> came_by;   // for each lane, see engine::lanes_move()
  std::vector<std::unique_ptr<plugin::instance>> abandoned;  // a thread may still be in them
  static constexpr std::uint64_t max_retired = 16;
  std::uint64_t retired = 0;    // images that did not leave memory
  std::string last_retired;     // which, and why
  std::int64_t started_at = 0;  // mono
  bool loaded = false;          // load() was called
  bool ready = false;           // and start() may be
  bool running = false;
  bool hung = false;  // a lane's thread cannot be ended
  bus::source_counter program_numbers{false};

  // ---- host-driven (engine_drive.cpp)
  bool stepping = false;           // a call of run_once(), start() or stop() is under way
  bool resting = false;            // between calls: lanes ask for one
  std::atomic<bool> woken{false};  // the host has been asked for one
  void wake() noexcept override;
  void pass() override;
  std::uint64_t step_lanes(std::uint64_t most);
  void rise() noexcept;
  bool rest() noexcept;
  bool has_work() const;
  run_result run_once(run_limits limits);
  std::int64_t next_deadline() const;

  // ---- loading (engine_load.cpp)
  using admission = std::function<bool(const std::string& plugin, const std::string& sha256)>;
  std::vector<std::string> load(const std::string& text, const std::string& file);
  void resolve_paths(config::engine_config& c) const;
  void load_instance(const config::plugin_config& p, std::vector<config::problem>& problems);
  // `admit`: see plugin::load().
  std::shared_ptr<const plugin::image> load_image(const config::plugin_config& p,
                                                  std::vector<config::problem>& problems, const admission& admit = {});
  const trapline_entry* attached_plugin(const std::string& use) const;
  bool is_own(const std::string& instance) const;  // of the program, no plugin
  static config::checked_options checked(const config::plugin_config& p, const plugin::image& img,
                                         std::vector<config::problem>& problems);
  // create() and configure(); nullptr and a problem if it refuses.
  std::unique_ptr<plugin::instance> make_instance(const config::plugin_config& p,
                                                  std::shared_ptr<const plugin::image> img,
                                                  config::checked_options given,
                                                  std::vector<config::problem>& problems);
  void add_observer(const observation& o);
  void make_lanes(std::vector<config::problem>& problems);
  bool left_out_for_crashes(const config::plugin_config& p, const std::string& plugin, const std::string& sha256,
                            std::vector<config::problem>& problems);
  // ---- the journal (engine_journal.cpp)
  void make_journal();
  // Empty, or why the engine cannot run.
  std::string start_journal();
  void tell_journal(const plugin::instance& i, const config::plugin_config& p);
  std::string without_secrets(std::string text) const;
  // ---- running (engine.cpp)
  bool start_instance(plugin::instance& i, std::string& error);
  bool run_dry(supervise::steady::time_point deadline);
  void tell_all(std::uint32_t state);
  bool stop(bool drain, std::string& what);
  bus::lane* lane_named(const std::string& name) {
    const auto it = std::find_if(lanes.begin(), lanes.end(), [&](const auto& l) { return l.name() == name; });
    return it == lanes.end() ? nullptr : &*it;
  }

  // ---- the control thread: commands (engine_control.cpp)
  void handle(control::request r);
  std::int64_t tick();
  void ask(const std::string& instance, const std::string& name, const std::string& args, control::request r);
  std::string status_json() const;
  std::string plugins_json() const;
  std::string read_swap(const std::string& args, swap_order& order, std::vector<std::string>& dropped);
  std::string read_set(const std::string& args, swap_order& order);
  std::string load_unchanged(swap_order& order);
  bool takes(const std::string& instance, const std::string& command) const;
  plugin::instance* find(const std::string& name) const;
  config::plugin_config* config_of(const std::string& name);
  // Empty, or why the name cannot be acted on.
  std::string unknown(const std::string& name) const;

  // ---- the control thread: swaps (engine_swap.cpp)
  // What the configuration says of a swap to `p`.
  static swap_order order_of(const config::plugin_config& p) { return {.to = p, .warm_up = p.warm_up}; }
  // Empty, or why it could not be done; then everything is as before, or said to be otherwise.
  std::string swap(swap_order& order, swap_report& report);
  std::string swap(const swap_order& order, std::unique_ptr<plugin::instance> fresh, swap_report& report);
  // Both in their places, the fresh one warmed up first if that is wanted and needed. (engine_warm_up.cpp)
  void exchange(plugin::instance& old, plugin::instance& fresh, const swap_order& order, swap_report& report);
  std::string no_warm_up(const plugin::instance& fresh) const;  // empty, or why it cannot be
  void warm_up(plugin::instance& old, plugin::instance& fresh, const swap_order& order, swap_report& report);
  void end_trial(trial& t);
  void roll_back(trial t);
  void retire(std::unique_ptr<plugin::instance> i, std::string& what);
  std::string let_go(std::shared_ptr<const plugin::image> img, const std::string& name);
  std::string no_more_images() const;

  // ---- the control thread: a changed configuration (engine_reload.cpp)
  // Empty, or why nothing was done. `steps`: one text each, done or, with `plan_only`, to be done.
  std::string reload(bool plan_only, std::vector<std::string>& steps);
  std::string add(std::unique_ptr<plugin::instance> fresh, const config::plugin_config& p);
  std::string remove(const std::string& name);
};

}  // namespace trapline
