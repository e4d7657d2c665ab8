#include "capture.hpp"

#include <lzma.h>

#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace trapline::paper_venue {
namespace {

constexpr std::size_t longest_line = 16u << 20;
constexpr std::uint64_t decoder_memory = 256u << 20;

// "1649290077.5823638" exactly: a double would lose digits.
bool parse_seconds(std::string_view text, std::int64_t& ns) {
  std::int64_t whole = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (ec != std::errc() || whole < 0 || whole > 9'000'000'000) return false;
  std::int64_t fraction = 0, unit = 100'000'000;
  const char* p = end;
  const char* last = text.data() + text.size();
  if (p != last) {
    if (*p++ != '.' || p == last) return false;
    for (; p != last; ++p, unit /= 10) {
      if (*p < '0' || *p > '9') return false;
      fraction += (*p - '0') * unit;
    }
  }
  ns = whole * 1'000'000'000 + fraction;
  return true;
}

}  // namespace

struct capture_reader::source {
  std::ifstream file;
  bool packed = false;
  lzma_stream decoder = LZMA_STREAM_INIT;
  bool ended = false;
  std::array<char, 65536> input{}, output{};
  std::size_t begin = 0, end = 0;  // unread part of output

  explicit source(const std::string& path) : file(path, std::ios::binary) {
    if (!file) throw std::runtime_error("cannot open capture " + path + ": " + std::strerror(errno));
    packed = path.size() > 3 && path.compare(path.size() - 3, 3, ".xz") == 0;
    if (packed && lzma_stream_decoder(&decoder, decoder_memory, LZMA_CONCATENATED) != LZMA_OK)
      throw std::runtime_error("cannot start the xz decoder");
  }
  ~source() {
    if (packed) lzma_end(&decoder);
  }
  source(const source&) = delete;
  source& operator=(const source&) = delete;

  // False: the end of the file.
  bool refill(const std::string& path) {
    begin = end = 0;
    if (!packed) {
      file.read(output.data(), static_cast<std::streamsize>(output.size()));
      end = static_cast<std::size_t>(file.gcount());
      return end > 0;
    }
    decoder.next_out = reinterpret_cast<std::uint8_t*>(output.data());
    decoder.avail_out = output.size();
    while (!ended && decoder.avail_out == output.size()) {
      if (decoder.avail_in == 0) {
        file.read(input.data(), static_cast<std::streamsize>(input.size()));
        decoder.next_in = reinterpret_cast<const std::uint8_t*>(input.data());
        decoder.avail_in = static_cast<std::size_t>(file.gcount());
      }
      const auto r = lzma_code(&decoder, decoder.avail_in == 0 ? LZMA_FINISH : LZMA_RUN);
      if (r == LZMA_STREAM_END) ended = true;
      else if (r != LZMA_OK) throw std::runtime_error("capture " + path + " is damaged: xz error " + std::to_string(r));
    }
    end = output.size() - decoder.avail_out;
    return end > 0;
  }
};

capture_reader::capture_reader(const std::string& path) : source_(std::make_unique<source>(path)), path_(path) {}
capture_reader::~capture_reader() = default;

bool capture_reader::next_line(std::string& out) {
  out.clear();
  auto& s = *source_;
  for (;;) {
    if (s.begin == s.end && !s.refill(path_)) return !out.empty();
    const char* from = s.output.data() + s.begin;
    const auto* newline = static_cast<const char*>(std::memchr(from, '\n', s.end - s.begin));
    const std::size_t n = newline ? static_cast<std::size_t>(newline - from) : s.end - s.begin;
    out.append(from, n);
    s.begin += n + (newline ? 1 : 0);
    if (out.size() > longest_line)
      throw std::runtime_error("capture " + path_ + ":" + std::to_string(line_number_ + 1) + ": line too long");
    if (newline) return true;
  }
}

bool capture_reader::next(capture_frame& out) {
  std::string line;
  while (next_line(line)) {
    ++line_number_;
    if (line.empty()) continue;
    std::string_view rest = line;
    out.sent = rest.substr(0, 2) == "ws";
    if (out.sent) {
      if (rest.find(" <-> ") != std::string_view::npos && rest.find(": {") == std::string_view::npos) continue;
      const auto arrow = rest.find(" <- ");
      rest = arrow == std::string_view::npos ? std::string_view() : rest.substr(arrow + 4);
    }
    const auto colon = rest.find(": ");
    if (colon == std::string_view::npos || !parse_seconds(rest.substr(0, colon), out.ts))
      throw std::runtime_error("capture " + path_ + ":" + std::to_string(line_number_) +
                               ": expected `<seconds>: <text>`, found `" + line.substr(0, 60) + "`");
    out.text = rest.substr(colon + 2);
    return true;
  }
  return false;
}

std::string topic_key(const topic_arg& arg) {
  auto key = arg.inst_type + '|' + arg.channel + '|' + arg.inst_id;
  if (arg.speaks == dialect::v3) key += "|v3";
  if (!arg.interval.empty()) (key += '|') += arg.interval;
  return key;
}

std::set<std::string> capture_topics(const std::string& path) {
  capture_reader reader(path);
  std::set<std::string> subscribed, pushed;
  for (capture_frame f; reader.next(f);) {
    if (f.sent) {
      const auto r = parse_request(f.text, true);
      if (r.what == request::kind::subscribe)
        for (const auto& t : r.topics) subscribed.insert(topic_key(t));
    } else if (const auto arg = parse_push_arg(f.text)) {
      pushed.insert(topic_key(*arg));
    }
  }
  return subscribed.empty() ? pushed : subscribed;
}

}  // namespace trapline::paper_venue
