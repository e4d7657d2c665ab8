#include "journal/tables.hpp"

#include <algorithm>

#include "bus/names.hpp"

namespace trapline::journal {
namespace {

constexpr std::size_t names_a_record = 4096;
constexpr std::uint32_t most_instances = 1 << 24;  // of one run, successors counted; readers keep a place for each

// Ids that were known already keep their names; between what is known and `first` there may be a hole, where a segment
// was deleted or damaged.
template <class Name, class Names>
bool extend(std::vector<Name>& all, const Names& t, std::size_t limit) {
  if (t.first == 0 || t.first > limit || t.names.size() > limit - t.first + 1) return false;
  const std::size_t end = t.first - 1 + t.names.size();
  if (end > all.size()) all.resize(end);
  std::copy(t.names.begin(), t.names.end(), all.begin() + static_cast<std::ptrdiff_t>(t.first - 1));
  return true;
}

template <class Names, class Name>
void cut(const std::vector<Name>& all, std::vector<record>& out) {
  for (std::size_t from = 0; from < all.size(); from += names_a_record) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(from);
    const auto n = std::min(names_a_record, all.size() - from);
    out.push_back(Names{static_cast<std::uint32_t>(from + 1), {begin, begin + static_cast<std::ptrdiff_t>(n)}});
  }
}

}  // namespace

bool tables::take(const topic_names& t) { return extend(topics_, t, bus::names::max_topics); }
bool tables::take(const instrument_names& t) { return extend(instruments_, t, bus::names::max_instruments); }
bool tables::take(const instance_info& i) {
  if (i.id == 0 || i.id > most_instances) return false;
  instances_[i.id] = i;
  return true;
}

std::string_view tables::topic(std::uint32_t id) const noexcept {
  return id != 0 && id <= topics_.size() ? std::string_view(topics_[id - 1]) : std::string_view{};
}
const instrument_name* tables::instrument(std::uint32_t id) const noexcept {
  return id != 0 && id <= instruments_.size() ? &instruments_[id - 1] : nullptr;
}
const instance_info* tables::instance(std::uint32_t id) const noexcept {
  const auto it = instances_.find(id);
  return it == instances_.end() ? nullptr : &it->second;
}

std::vector<record> tables::names() const {
  std::vector<record> out;
  cut<topic_names>(topics_, out);
  cut<instrument_names>(instruments_, out);
  return out;
}

}  // namespace trapline::journal
