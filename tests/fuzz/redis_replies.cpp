// What a Redis server answers: the same replies must come out, or the same refusal, however the bytes are cut. Input: a
// character for the length of the pieces, then the bytes.
#include <stdexcept>
#include <string>

#include "fuzz.hpp"
#include "resp.hpp"

namespace trapline::fuzz {

using namespace trapline::redis_bridge;

namespace {

void print(const reply& r, std::string& out, int depth) {
  require(depth < 16, "replies are nested a few deep");
  if (r.is_array()) {
    out += '[';
    for (std::size_t i = 0; i < r.size(); ++i) print(r.at(i), out, depth + 1);
    out += ']';
    return;
  }
  out += r.is_nil() ? "nil" : r.is_error() ? "-" : "";
  out += std::to_string(r.integer());
  out += ' ';
  out += r.text();
  out += ';';
}

std::string read(std::string_view bytes, std::size_t piece) {
  std::string out;
  reply_reader reader;
  try {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      reader.feed(bytes.substr(at, piece));
      while (const auto r = reader.next()) print(reply(r.get()), out, 0);
    }
  } catch (const std::runtime_error&) {
    out += "refused";
  }
  return out;
}

}  // namespace

void redis_replies(std::string_view input) {
  const auto piece = 1 + static_cast<std::size_t>(static_cast<unsigned char>(take_char(input)) % 64);
  const auto whole = read(input, input.size() + 1);
  require(read(input, piece) == whole, "replies do not depend on how they are cut");
}

}  // namespace trapline::fuzz
