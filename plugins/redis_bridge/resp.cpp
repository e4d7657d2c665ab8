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
reply reply::at(std::size_t i) const { return reply(as(raw_).element[i]); }

reply_reader::reply_reader() : reader_(redisReaderCreate()) {
  if (!reader_) throw std::bad_alloc();
}
reply_reader::~reply_reader() { redisReaderFree(reader_); }

void reply_reader::feed(std::string_view bytes) {
  if (redisReaderFeed(reader_, bytes.data(), bytes.size()) != REDIS_OK)
    throw std::runtime_error(std::string("RESP reader: ") + reader_->errstr);
}

void reply_reader::free_reply::operator()(void* raw) const { freeReplyObject(raw); }

reply_reader::owned reply_reader::next() {
  void* raw = nullptr;
  if (redisReaderGetReply(reader_, &raw) != REDIS_OK)
    throw std::runtime_error(std::string("the server's answer is not RESP2: ") + reader_->errstr);
  if (!raw && reader_->len - reader_->pos > max_reply_size)
    throw std::runtime_error("the server's answer is larger than 32 MiB");
  return owned(raw);
}

}  // namespace trapline::redis_bridge
