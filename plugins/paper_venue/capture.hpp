// Reads recorded WebSocket captures, plain or .xz, line by line in bounded memory.
//
// `<unix seconds>: <text>` a received frame; `<url> <-> <time>` a connect; `<url> <- <time>: <text>` a sent frame.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "protocol.hpp"

namespace trapline::paper_venue {

struct capture_frame {
  std::int64_t ts = 0;  // UTC ns, to the microsecond that captures hold
  bool sent = false;    // by the client
  std::string text;
};

class capture_reader {
 public:
  // Throws std::runtime_error if the file cannot be opened.
  explicit capture_reader(const std::string& path);
  ~capture_reader();

  // The next frame, connects passed over. False: the end. Throws std::runtime_error with file and line number for
  // a damaged file.
  bool next(capture_frame& out);

 private:
  bool next_line(std::string& out);
  struct source;
  std::unique_ptr<source> source_;
  std::string path_;
  std::uint64_t line_number_ = 0;
};

// Names a subscription whatever the spelling: "mc|books|BTCUSDT".
std::string topic_key(const topic_arg& arg);

// The subscriptions that a capture's client made; those of its pushes if it holds no subscribe. Reads the whole file.
std::set<std::string> capture_topics(const std::string& path);

}  // namespace trapline::paper_venue
