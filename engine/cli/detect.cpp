// `trapline detect`: recorded events through a detector, its signals to a file.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "config/options.hpp"
#include "offline/event_lines.hpp"
#include "offline/replay_host.hpp"
#include "offline/signal_lines.hpp"
#include "plugin_options.hpp"
#include "plugin_texts.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::cli {
namespace {

namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

// A file descriptor that is closed if it is ours.
class file {
 public:
  file(const std::string& name, bool write)
      : name_(name == "-" ? (write ? "standard output" : "standard input") : name), own_(name != "-") {
    fd_ = !own_   ? (write ? STDOUT_FILENO : STDIN_FILENO)
          : write ? ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)
                  : ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) fail("cannot be opened");
  }
  ~file() {
    if (own_ && fd_ >= 0) ::close(fd_);
  }
  file(const file&) = delete;
  file& operator=(const file&) = delete;

  const std::string& name() const { return name_; }
  std::size_t read(char* to, std::size_t most) {
    for (;;) {
      const ssize_t n = ::read(fd_, to, most);
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) fail("cannot be read");
    }
  }
  void write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::write(fd_, text.data(), text.size());
      if (n < 0 && errno != EINTR) fail("cannot be written");
      if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
    }
  }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw std::runtime_error(name_ + " " + what + ": " + std::strerror(errno));
  }
  std::string name_;
  bool own_;
  int fd_ = -1;
};

// The lines of a file, each followed by `padding` readable bytes.
class line_reader {
 public:
  line_reader(file& from, std::size_t padding) : from_(from), padding_(padding), buffer_(chunk + padding) {}

  // False: there are no more.
  bool next(std::string_view& line) {
    for (;;) {
      if (const void* nl = std::memchr(buffer_.data() + scanned_, '\n', end_ - scanned_)) {
        const std::size_t at = static_cast<std::size_t>(static_cast<const char*>(nl) - buffer_.data());
        return take(at, at + 1, line);
      }
      scanned_ = end_;
      if (at_end_) return begin_ < end_ && take(end_, end_, line);
      fill();
    }
  }
  std::uint64_t number() const { return number_; }  // of the line that next() gave last, from 1

 private:
  static constexpr std::size_t chunk = 1 << 20;

  bool take(std::size_t line_end, std::size_t next, std::string_view& line) {
    line = {buffer_.data() + begin_, line_end - begin_};
    if (line.ends_with('\r')) line.remove_suffix(1);
    begin_ = scanned_ = next;
    ++number_;
    return true;
  }
  void fill() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    scanned_ -= begin_, end_ -= begin_, begin_ = 0;
    if (buffer_.size() - padding_ - end_ < chunk / 2) buffer_.resize(buffer_.size() * 2);
    const std::size_t n = from_.read(buffer_.data() + end_, buffer_.size() - padding_ - end_);
    end_ += n;
    at_end_ = n == 0;
  }

  file& from_;
  std::size_t padding_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, scanned_ = 0, end_ = 0;
  bool at_end_ = false;
  std::uint64_t number_ = 0;
};

struct totals {
  std::uint64_t events = 0, bad = 0, earlier = 0, liquidations = 0, signals = 0;
};

std::string summary(const totals& t, steady::duration took) {
  const double s = std::chrono::duration<double>(took).count();
  return sdk::cat(t.events, " events, ", t.signals, " signals, ", static_cast<std::uint64_t>(s * 1000), " ms, ",
                  static_cast<std::uint64_t>(s > 0 ? static_cast<double>(t.events) / s : 0), " events/s");
}

// One line that is told again and again in place on a terminal, else as lines.
class progress {
 public:
  explicit progress(bool forced) : terminal_(::isatty(STDERR_FILENO) == 1), on_(forced || terminal_) {}
  void look(const totals& t) {
    if (!on_ || t.events % 8192 != 0) return;
    const auto now = steady::now();
    if (now < next_) return;
    next_ = now + std::chrono::seconds(1);
    std::cerr << (terminal_ ? "\r\033[K" : "") << summary(t, now - begin_) << (terminal_ ? "" : "\n") << std::flush;
  }
  void end(const totals& t) const {
    if (on_) std::cerr << (terminal_ ? "\r\033[K" : "") << summary(t, steady::now() - begin_) << '\n';
  }

 private:
  bool terminal_, on_;
  steady::time_point begin_ = steady::now(), next_ = begin_ + std::chrono::seconds(1);
};

struct loaded {
  std::shared_ptr<const plugin::image> image;
  config::checked_options options;
};

// Empty: told on stderr.
std::optional<loaded> load(const detect_arguments& a, const std::string& scratch) {
  const auto dirs = search_dirs(a.plugin_dirs);
  const std::string path = plugin::find_plugin(a.plugin, dirs);
  if (path.empty()) {
    std::cerr << "trapline: " << plugin::not_found_text(a.plugin, dirs) << '\n';
    return std::nullopt;
  }
  std::vector<plugin::finding> findings;
  loaded out;
  out.image = plugin::load(path, "detect", scratch, findings);
  for (const auto& f : findings) std::cerr << "trapline: " << (f.must ? "" : "warning: ") << f.text << '\n';
  if (!out.image) return std::nullopt;
  const auto& d = out.image->descriptor();
  std::optional<config::node> given;
  if (!a.config.empty() && !(given = read_plugin_options({a.config, a.instance}, path, d.id))) return std::nullopt;
  std::vector<config::problem> problems;
  out.options = config::check_options(config::read_table(d.options, d.option_count, d.option_size),
                                      given ? &*given : nullptr, {}, "options", problems);
  for (const auto& p : problems) std::cerr << p.render(a.config.empty() ? d.id : a.config) << '\n';
  if (!problems.empty()) return std::nullopt;
  return out;
}

// Signals in portions, so that what has been found is there soon and a file costs few system calls.
class signal_writer {
 public:
  signal_writer(file& to, totals& count) : to_(to), count_(count) {}
  void take(const trapline_event& e, std::string_view symbol) {
    if (offline::append_signal(text_, e, symbol)) ++count_.signals;
    if (text_.size() >= 64 * 1024) flush();
  }
  void flush() {
    to_.write(text_);
    text_.clear();
  }

 private:
  file& to_;
  totals& count_;
  std::string text_;
};

}  // namespace

int detect(const detect_arguments& a) {
  const scratch_dir scratch;
  auto plugin = load(a, scratch.path());
  if (!plugin) return 2;
  std::error_code ec;
  if (a.input != "-" && a.output != "-" && fs::equivalent(a.input, a.output, ec)) {
    std::cerr << "trapline: --output is the same file as --input\n";
    return 2;
  }
  std::unique_ptr<file> in, out;
  try {
    in = std::make_unique<file>(a.input, false);
    out = std::make_unique<file>(a.output, true);
  } catch (const std::runtime_error& e) {
    std::cerr << "trapline: " << e.what() << '\n';
    return 2;
  }
  totals count;
  signal_writer signals(*out, count);
  const std::string name = plugin->image->descriptor().id;
  std::unique_ptr<offline::replay_host> host;
  try {
    host = std::make_unique<offline::replay_host>(
        plugin->image, std::move(plugin->options), offline::replay_host::settings{name, TRAPLINE_LOG_WARN, a.batch},
        [&](const trapline_event& e, std::string_view symbol) { signals.take(e, symbol); });
  } catch (const std::runtime_error& e) {
    std::cerr << "trapline: " << e.what() << '\n';
    return 2;
  }
  offline::event_parser parser;
  offline::line_event event;
  line_reader lines(*in, offline::event_parser::padding());
  progress shown(a.progress);
  std::int64_t newest = 0;
  for (std::string_view line; lines.next(line);) {
    if (line.empty()) continue;
    const std::string* fault = &parser.parse(line, event);
    if (fault->empty()) fault = &host->feed(event);
    if (!fault->empty()) {
      ++count.bad;
      if (a.skip_bad) continue;
      host->finish();
      signals.flush();
      std::cerr << in->name() << ':' << lines.number() << ": " << *fault << "; --skip-bad leaves such lines out\n";
      return 2;
    }
    ++count.events;
    count.liquidations += event.type == offline::line_type::liquidation;
    count.earlier += event.ts != 0 && event.ts < newest;
    newest = std::max(newest, event.ts);
    shown.look(count);
  }
  host->finish();
  signals.flush();
  shown.end(count);
  if (count.bad > 0) std::cerr << "trapline: " << count.bad << " bad lines were left out\n";
  if (count.earlier > 0)
    std::cerr << "trapline: " << count.earlier
              << " events are older than the one before them; a detector may ignore them\n";
  if (count.liquidations > 0)
    std::cerr << "trapline: " << count.liquidations
              << " liquidations were checked and left out: the plugin ABI has no event for them yet\n";
  return 0;
}

}  // namespace trapline::cli
