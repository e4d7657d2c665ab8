#include "resp.hpp"

#include <hiredis/hiredis.h>

#include <new>
#include <stdexcept>

namespace trapline::redis_bridge {
namespace {
const redisReply& as(const void* raw) { return *static_cast<const redisReply*>(raw); }
}  // namespace

bool reply::is_error() const { return as(raw_).type == REDIS_REPLY_ERROR; }
bool reply::is_nil() const { return as(raw_).type == REDIS_REPLY_NIL; }
bool reply::is_array() const { return as(raw_).type == REDIS_REPLY_ARRAY; }

std::string_view reply::text() const {
  const auto& r = as(raw_);
  if (r.type != REDIS_REPLY_STRING && r.type != REDIS_REPLY_STATUS && r.type != REDIS_REPLY_ERROR) return {};
  return {r.str, r.len};
}

std::int64_t reply::integer() const { return as(raw_).type == REDIS_REPLY_INTEGER ? as(raw_).integer : 0; }
std::size_t reply::size() const { return is_array() ? as(raw_).elements : 0; }
reply reply::at(std::size_t i) const {
  static constexpr redisReply nothing = [] {
    redisReply r{};
    r.type = REDIS_REPLY_NIL;
    return r;
  }();
  return reply(i < size() ? as(raw_).element[i] : &nothing);
}

// hiredis 0.14 reserves room for an array as soon as its head is there, however many elements that announces, and adds
// up strings without end: both are counted here for the reply that is being read.
struct reply_reader::state {
  struct free_reader {
    void operator()(redisReader* r) const { redisReaderFree(r); }
  };
  std::unique_ptr<redisReader, free_reader> reader{redisReaderCreate()};
  redisReplyObjectFunctions original, counting;
  std::size_t elements = 0, bytes = 0;

  state() {
    if (!reader) throw std::bad_alloc();
    original = counting = *reader->fn;
    counting.createArray = [](const redisReadTask* task, int n) -> void* {
      auto& s = *static_cast<state*>(task->privdata);
      s.elements += static_cast<std::size_t>(n);
      return s.within_limits() ? s.original.createArray(task, n) : nullptr;
    };
    counting.createString = [](const redisReadTask* task, char* text, std::size_t size) -> void* {
      auto& s = *static_cast<state*>(task->privdata);
      s.bytes += size;
      return s.within_limits() ? s.original.createString(task, text, size) : nullptr;
    };
    reader->fn = &counting;
    reader->privdata = this;
  }
  bool within_limits() const { return elements <= max_elements && bytes <= max_reply_size; }
};

reply_reader::reply_reader() : state_(std::make_unique<state>()) {}
reply_reader::~reply_reader() = default;

void reply_reader::feed(std::string_view bytes) {
  auto& reader = *state_->reader;
  if (redisReaderFeed(&reader, bytes.data(), bytes.size()) != REDIS_OK)
    throw std::runtime_error(std::string("RESP reader: ") + reader.errstr);
}

void reply_reader::free_reply::operator()(void* raw) const { freeReplyObject(raw); }

reply_reader::owned reply_reader::next() {
  auto& reader = *state_->reader;
  void* raw = nullptr;
  const bool read = redisReaderGetReply(&reader, &raw) == REDIS_OK;
  if (!state_->within_limits() || (!raw && reader.len - reader.pos > max_reply_size))
    throw std::runtime_error("the server's answer is larger than 32 MiB, or has more than a million elements");
  if (!read) throw std::runtime_error(std::string("the server's answer is not RESP2: ") + reader.errstr);
  if (raw) state_->elements = state_->bytes = 0;
  return owned(raw);
}

}  // namespace trapline::redis_bridge
