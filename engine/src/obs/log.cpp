#include "obs/log.hpp"

#include <fcntl.h>
#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>
#include <utility>

namespace trapline::obs {
namespace {

constexpr const char* level_words[] = {"trace", "debug", "info", "warn", "error"};

int level_of(int level) noexcept { return level < 0 ? 0 : level > 4 ? 4 : level; }

struct line {
  std::chrono::system_clock::time_point time;
  int level = 0;
  std::string who, text;
};

class output {
 public:
  virtual ~output() = default;
  virtual void write(const line& l) = 0;
};

// Writes whole lines to a descriptor.
class descriptor_output final : public output {
 public:
  descriptor_output(int fd, bool owns, log_format format) : fd_(fd), owns_(owns), format_(format) {}
  ~descriptor_output() override {
    if (owns_) ::close(fd_);
  }
  void write(const line& l) override {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(l.time.time_since_epoch()).count();
    const std::time_t seconds = us / 1'000'000;
    std::tm tm{};
    ::gmtime_r(&seconds, &tm);
    char when[96];
    std::snprintf(when, sizeof when, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                  tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, static_cast<int>(us % 1'000'000));
    const char* level = level_words[l.level];
    std::string out;
    if (format_ == log_format::json) {
      const nlohmann::ordered_json j = {{"ts", when}, {"level", level}, {"logger", l.who}, {"msg", l.text}};
      out = j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    } else {
      std::string text = l.text;
      for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';  // one event, one line
      out = std::string(when) + " " + level + " [" + l.who + "] " + text;
    }
    out += '\n';
    for (std::size_t done = 0; done < out.size();) {
      const ssize_t n = ::write(fd_, out.data() + done, out.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return;  // a full disk must not stop trading
      done += static_cast<std::size_t>(n);
    }
  }

 private:
  int fd_;
  bool owns_;
  log_format format_;
};

class host_output final : public output {
 public:
  explicit host_output(log_sink to) : to_(std::move(to)) {}
  void write(const line& l) override { to_(l.level, l.who, l.text); }

 private:
  log_sink to_;
};

std::unique_ptr<output> make_output(const log_options& o) {
  if (o.sink) return std::make_unique<host_output>(o.sink);
  if (o.file.empty()) return std::make_unique<descriptor_output>(STDERR_FILENO, false, o.format);
  const int fd = ::open(o.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) throw std::runtime_error("cannot open the log file " + o.file + ": " + std::strerror(errno));
  return std::make_unique<descriptor_output>(fd, true, o.format);
}

// Where every line passes. Redaction happens here, on the final text, so that nothing goes around it.
class gate final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  gate(std::unique_ptr<output> to, const redactor& r) : to_(std::move(to)), redactor_(r) {}

  void put(line l) noexcept {
    try {
      redactor_.apply(l.text);
      to_->write(l);
    } catch (...) {
      // Out of memory, or the host's sink threw: the line is lost, the engine goes on.
    }
    taken_.fetch_add(1, std::memory_order_release);
  }
  std::uint64_t taken() const noexcept { return taken_.load(std::memory_order_acquire); }

 protected:
  void sink_it_(const spdlog::details::log_msg& m) override {
    // The payload is "who\ttext".
    const std::string_view payload(m.payload.data(), m.payload.size());
    const auto tab = payload.find('\t');
    put({m.time, level_of(static_cast<int>(m.level)), std::string(payload.substr(0, tab)),
         std::string(payload.substr(tab + 1))});
  }
  void flush_() override {}

 private:
  std::unique_ptr<output> to_;
  const redactor& redactor_;
  std::atomic<std::uint64_t> taken_{0};
};

// What waits for pump(), in place of spdlog's queue and thread.
struct waiting_lines {
  std::mutex mutex;
  std::deque<line> lines;
  std::size_t most;
  std::atomic<std::uint64_t> dropped{0};
  bool pumping = false;  // of the thread that pumps: a sink may call what pumps, too
};

}  // namespace

// The registry of spdlog is not used: two engines in one process share nothing.
struct log::state {
  std::shared_ptr<gate> output;
  std::unique_ptr<waiting_lines> waiting;  // or, with a thread:
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
  std::atomic<std::uint64_t> given{0};
};

log::log(const log_options& o, const redactor& r) : level_(o.level), state_(std::make_unique<state>()) {
  state_->output = std::make_shared<gate>(make_output(o), r);
  if (!o.own_thread) {
    state_->waiting = std::make_unique<waiting_lines>();
    state_->waiting->most = o.queue_lines;
    return;
  }
  state_->pool = std::make_shared<spdlog::details::thread_pool>(o.queue_lines, 1);
  state_->logger = std::make_shared<spdlog::async_logger>("trapline", state_->output, state_->pool,
                                                          spdlog::async_overflow_policy::overrun_oldest);
  state_->logger->set_level(spdlog::level::trace);
}

log::~log() {
  pump();
  state_->pool.reset();  // writes out the queue and joins the writer, before the output closes its file
}

void log::write(int level, std::string_view who, std::string_view text) noexcept {
  if (!enabled(level)) return;
  text = text.substr(0, 8192);
  try {
    if (auto* w = state_->waiting.get()) {
      line l{std::chrono::system_clock::now(), level_of(level), std::string(who), std::string(text)};
      const std::lock_guard lock(w->mutex);
      if (w->lines.size() >= w->most) {
        w->lines.pop_front();
        w->dropped.fetch_add(1, std::memory_order_relaxed);
      }
      w->lines.push_back(std::move(l));
      return;
    }
    std::string payload;
    payload.reserve(who.size() + text.size() + 1);
    payload.append(who).append("\t").append(text);
    state_->given.fetch_add(1, std::memory_order_relaxed);
    state_->logger->log(static_cast<spdlog::level::level_enum>(level_of(level)),
                        spdlog::string_view_t(payload.data(), payload.size()));
  } catch (...) {
    // Out of memory while logging: the line is lost, the engine goes on.
  }
}

void log::pump() noexcept {
  auto* w = state_->waiting.get();
  if (!w || w->pumping) return;
  w->pumping = true;
  for (;;) {
    line l;
    {
      const std::lock_guard lock(w->mutex);
      if (w->lines.empty()) break;
      l = std::move(w->lines.front());
      w->lines.pop_front();
    }
    state_->output->put(std::move(l));
  }
  w->pumping = false;
}

void log::settle(std::int64_t limit) noexcept {
  if (state_->waiting) return pump();
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(limit);
  while (state_->output->taken() + dropped() < state_->given.load(std::memory_order_relaxed) &&
         std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

std::uint64_t log::dropped() const noexcept {
  return state_->waiting ? state_->waiting->dropped.load(std::memory_order_relaxed) : state_->pool->overrun_counter();
}

}  // namespace trapline::obs
