#include "frame_recorder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace trapline::mm_ws {
namespace {

// Seconds with six decimals, as Python writes them.
std::string stamp(std::int64_t at) {
  auto micros = std::to_string(at / 1000 % 1'000'000);
  return std::to_string(at / 1'000'000'000) + "." + std::string(6 - micros.size(), '0') + micros;
}

}  // namespace

frame_recorder::frame_recorder(const std::string& file, std::uint64_t most) : left_(most) {
  if (file.empty()) return;
  // Private channels tell of the account: for the owner's eyes.
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  file_.reset(fd < 0 ? nullptr : ::fdopen(fd, "a"));
  if (!file_) throw std::runtime_error("cannot write " + file + ": " + std::strerror(errno));
}

void frame_recorder::write(const std::string& line) {
  if (!file_) return;
  if (line.size() > left_) {
    failed_ = "the recording reached its limit and ends here";
    file_.reset();
    return;
  }
  left_ -= line.size();
  if (std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size()) return;
  failed_ = std::string("the recording ends here: ") + std::strerror(errno);
  file_.reset();
}

void frame_recorder::connected(std::int64_t at, std::string_view url) {
  write(std::string(url) + " <-> " + stamp(at) + "\n");
}

void frame_recorder::sent(std::int64_t at, std::string_view url, std::string_view frame) {
  const bool login = frame.find("\"login\"") != frame.npos;
  write(std::string(url) + " <- " + stamp(at) + ": " +
        (login ? R"({"op":"login","args":["left out"]})" : std::string(frame)) + "\n");
}

void frame_recorder::received(std::int64_t at, std::string_view frame) {
  line_ = stamp(at);
  line_ += ": ";
  // One frame a line.
  for (const char c : frame) line_ += c == '\n' || c == '\r' ? ' ' : c;
  line_ += '\n';
  write(line_);
}

void frame_recorder::flush() {
  if (file_) std::fflush(file_.get());
}

}  // namespace trapline::mm_ws
