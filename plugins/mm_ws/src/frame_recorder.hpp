// Writes what comes and goes on the sockets to a file, in the format of recorded captures: `<unix seconds>: <frame>`
// for a frame that came, `<url> <- <time>: <frame>` for one that was sent, `<url> <-> <time>` for a connect. A login is
// written without its argument.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace trapline::mm_ws {

class frame_recorder {
 public:
  // Appends to `file`, up to `most` bytes in all of this run. An empty name records nothing.
  // Throws std::runtime_error if the file cannot be opened.
  frame_recorder(const std::string& file, std::uint64_t most);

  bool on() const noexcept { return file_ != nullptr; }
  // Times are UTC ns. None throws; a file that cannot be written any more is closed, and `failed()` says so.
  void connected(std::int64_t at, std::string_view url);
  void sent(std::int64_t at, std::string_view url, std::string_view frame);
  void received(std::int64_t at, std::string_view frame);
  // Hands what is buffered to the system.
  void flush();
  const std::string& failed() const noexcept { return failed_; }

 private:
  void write(const std::string& line);
  struct closer {
    void operator()(std::FILE* f) const noexcept { std::fclose(f); }
  };
  std::unique_ptr<std::FILE, closer> file_;
  std::uint64_t left_;
  std::string failed_, line_;
};

}  // namespace trapline::mm_ws
