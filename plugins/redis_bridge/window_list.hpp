// A capped LIST of plain values, newest first, for readers that know nothing but the values.
//
// Its elements bear no number, so that nobody could tell after a broken connection which of them have arrived: the list
// is written anew then, from what is kept here. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "connection.hpp"

namespace trapline::redis_bridge {

class window_list {
 public:
  window_list(std::string name, std::size_t cap) : name_(std::move(name)), cap_(cap) {}

  const std::string& name() const { return name_; }
  void push(std::string value);
  // `index`: for the tags of its commands. `may_exec` false: somebody else on this connection has a WATCH out, which an
  // EXEC of ours would end.
  void flush(connection& c, std::uint32_t index, std::int64_t mono, bool may_exec);
  void answered(const reply& r, std::int64_t retry_at);
  void connection_lost();
  bool settled(std::int64_t mono) const { return answers_due_ == 0 && (unsent_ == 0 || mono < retry_at_); }

 private:
  std::string name_;
  std::size_t cap_;
  std::deque<std::string> newest_first_;
  std::size_t unsent_ = 0, sent_ = 0;  // at the front; sent: in flight
  unsigned answers_due_ = 0;
  bool whole_ = false;         // write it anew
  bool refused_ = false;       // one of the answers that came was an error
  std::int64_t retry_at_ = 0;  // mono
};

}  // namespace trapline::redis_bridge
