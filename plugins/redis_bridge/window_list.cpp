#include "window_list.hpp"

#include <algorithm>

namespace trapline::redis_bridge {

void window_list::push(std::string value) {
  newest_first_.push_front(std::move(value));
  if (newest_first_.size() > cap_) newest_first_.pop_back();
  unsent_ = std::min(unsent_ + 1, newest_first_.size());
}

void window_list::flush(connection& c, std::uint32_t index, std::int64_t mono, bool may_exec) {
  if (answers_due_ > 0 || unsent_ == 0 || mono < retry_at_ || (whole_ && !may_exec) || !c.room()) return;
  const auto commit = [&] {
    c.commit({tag::kind::window, index});
    ++answers_due_;
  };
  const auto begin_push = [&](std::string_view command, std::size_t n) {
    append_array_head(c.out(), 2 + n);
    append_bulk(c.out(), command);
    append_bulk(c.out(), name_);
  };
  sent_ = unsent_;
  unsent_ = 0;
  if (whole_) {
    append_command(c.out(), {"MULTI"});
    commit();
    append_command(c.out(), {"LTRIM", name_, "1", "0"});  // not DEL, which would remove another's key of another type
    commit();
    begin_push("RPUSH", newest_first_.size());
    for (const auto& v : newest_first_) append_bulk(c.out(), v);
    commit();
    append_command(c.out(), {"EXEC"});
    commit();
  } else {
    begin_push("LPUSH", sent_);
    for (std::size_t i = sent_; i-- > 0;) append_bulk(c.out(), newest_first_[i]);
    commit();
    append_command(c.out(), {"LTRIM", name_, "0", std::to_string(cap_ - 1)});
    commit();
  }
}

void window_list::answered(const reply& r, std::int64_t retry_at) {
  refused_ |= r.is_error() || r.is_nil();  // nil: EXEC did nothing
  for (std::size_t i = 0; i < r.size(); ++i) refused_ |= r.at(i).is_error();
  if (--answers_due_ > 0) return;
  if (refused_) {
    unsent_ = std::min(unsent_ + sent_, newest_first_.size());
    retry_at_ = retry_at;
    whole_ = true;  // whether a part of it was taken is not told
  } else {
    whole_ = false;
  }
  refused_ = false;
  sent_ = 0;
}

void window_list::connection_lost() {
  if (answers_due_ > 0) {
    whole_ = true;
    unsent_ = std::min(unsent_ + sent_, newest_first_.size());
  }
  sent_ = 0;
  answers_due_ = 0;
  refused_ = false;
  retry_at_ = 0;
}

}  // namespace trapline::redis_bridge
