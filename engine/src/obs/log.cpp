#include "obs/log.hpp"

#include <fcntl.h>
#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

namespace trapline::obs {
namespace {

constexpr const char* level_words[] = {"trace", "debug", "info", "warn", "error"};

spdlog::level::level_enum spd_level(int level) noexcept {
  return static_cast<spdlog::level::level_enum>(level < 0 ? 0 : level > 4 ? 4 : level);
}

// Writes whole lines to a descriptor. Redaction happens here, on the final text, so that nothing goes around it.
class sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  sink(int fd, bool owns, log_format format, const redactor& r) : fd_(fd), owns_(owns), format_(format), redactor_(r) {}
  ~sink() override {
    if (owns_) ::close(fd_);
  }

  std::uint64_t taken() const noexcept { return taken_.load(std::memory_order_acquire); }

 protected:
  void sink_it_(const spdlog::details::log_msg& m) override {
    write_line(m);
    taken_.fetch_add(1, std::memory_order_release);
  }
  void flush_() override {}

 private:
  void write_line(const spdlog::details::log_msg& m) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(m.time.time_since_epoch()).count();
    const std::time_t seconds = us / 1'000'000;
    std::tm tm{};
    ::gmtime_r(&seconds, &tm);
    char when[96];
    std::snprintf(when, sizeof when, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                  tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, static_cast<int>(us % 1'000'000));
    // The payload is "who\ttext".
    std::string text(m.payload.data(), m.payload.size());
    const auto tab = text.find('\t');
    std::string who = text.substr(0, tab);
    text.erase(0, tab + 1);
    redactor_.apply(text);
    const char* level = level_words[m.level > 4 ? 4 : m.level];
    std::string line;
    if (format_ == log_format::json) {
      const nlohmann::ordered_json j = {{"ts", when}, {"level", level}, {"logger", who}, {"msg", text}};
      line = j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    } else {
      for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';  // one event, one line
      line = std::string(when) + " " + level + " [" + who + "] " + text;
    }
    line += '\n';
    for (std::size_t done = 0; done < line.size();) {
      const ssize_t n = ::write(fd_, line.data() + done, line.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return;  // a full disk must not stop trading
      done += static_cast<std::size_t>(n);
    }
  }

  int fd_;
  bool owns_;
  log_format format_;
  const redactor& redactor_;
  std::atomic<std::uint64_t> taken_{0};
};

}  // namespace

// The registry of spdlog is not used: two engines in one process share nothing.
struct log::state {
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<sink> output;
  std::shared_ptr<spdlog::async_logger> logger;
  std::atomic<std::uint64_t> given{0};
};

log::log(const log_options& o, const redactor& r) : level_(o.level), state_(std::make_unique<state>()) {
  int fd = STDERR_FILENO;
  if (!o.file.empty()) {
    fd = ::open(o.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0) throw std::runtime_error("cannot open the log file " + o.file + ": " + std::strerror(errno));
  }
  state_->pool = std::make_shared<spdlog::details::thread_pool>(o.queue_lines, 1);
  state_->output = std::make_shared<sink>(fd, !o.file.empty(), o.format, r);
  state_->logger = std::make_shared<spdlog::async_logger>("trapline", state_->output, state_->pool,
                                                          spdlog::async_overflow_policy::overrun_oldest);
  state_->logger->set_level(spdlog::level::trace);
}

log::~log() {
  state_->pool.reset();  // writes out the queue and joins the writer, before the sink closes its file
}

void log::write(int level, std::string_view who, std::string_view text) noexcept {
  if (!enabled(level)) return;
  try {
    std::string payload;
    payload.reserve(who.size() + text.size() + 1);
    payload.append(who).append("\t").append(text.substr(0, 8192));
    state_->given.fetch_add(1, std::memory_order_relaxed);
    state_->logger->log(spd_level(level), spdlog::string_view_t(payload.data(), payload.size()));
  } catch (...) {
    // Out of memory while logging: the line is lost, the engine goes on.
  }
}

void log::settle(std::int64_t limit) const noexcept {
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(limit);
  while (state_->output->taken() + dropped() < state_->given.load(std::memory_order_relaxed) &&
         std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

std::uint64_t log::dropped() const noexcept { return state_->pool->overrun_counter(); }

}  // namespace trapline::obs
