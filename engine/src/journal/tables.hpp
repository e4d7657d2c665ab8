// What the ids of a run stand for, and who lives: what a segment repeats at its beginning, and what a reader looks up.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "journal/records_codec.hpp"

namespace trapline::journal {

class tables {
 public:
  // Ids beyond what the bus can give are damage: false, and nothing is taken.
  bool take(const topic_names& t);
  bool take(const instrument_names& t);
  bool take(const instance_info& i);

  std::uint32_t topic_count() const noexcept { return static_cast<std::uint32_t>(topics_.size()); }
  std::uint32_t instrument_count() const noexcept { return static_cast<std::uint32_t>(instruments_.size()); }
  std::string_view topic(std::uint32_t id) const noexcept;
  const instrument_name* instrument(std::uint32_t id) const noexcept;
  const instance_info* instance(std::uint32_t id) const noexcept;
  const std::map<std::uint32_t, instance_info>& instances() const noexcept { return instances_; }

  // All names, in records of a bounded size.
  std::vector<record> names() const;

 private:
  std::vector<std::string> topics_;
  std::vector<instrument_name> instruments_;
  std::map<std::uint32_t, instance_info> instances_;
};

}  // namespace trapline::journal
