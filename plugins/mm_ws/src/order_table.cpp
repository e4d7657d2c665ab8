#include "order_table.hpp"

#include "trapline/sdk/text.hpp"

namespace trapline::mm_ws {
namespace {

sdk::decimal filled_of(const trapline_order& o) noexcept { return {o.filled_size, o.size_exp}; }

// Whether both tell the same, the latest fill aside.
bool same(const trapline_order& a, const trapline_order& b) noexcept {
  return a.status == b.status && sdk::compare({a.size, a.size_exp}, {b.size, b.size_exp}) == 0 &&
         sdk::compare({a.price, a.price_exp}, {b.price, b.price_exp}) == 0;
}

}  // namespace

order_table::verdict order_table::judge(const order_row& row) const {
  const auto& o = row.payload;
  const auto id = sdk::view(o.order_id);
  if (const auto e = ended_.find(id); e != ended_.end()) {
    const bool same_end = o.status == e->second.status && sdk::compare(filled_of(o), e->second.filled) == 0;
    return same_end ? verdict::repeated : verdict::late;
  }
  const auto known = open_.find(id);
  if (known == open_.end()) return verdict::news;
  const auto& k = known->second;
  const auto more = sdk::compare(filled_of(o), filled_of(k.order));
  if (more < 0) return verdict::late;
  if (more > 0 || is_terminal(o.status)) return verdict::news;
  if (row.updated_ts != 0 && row.updated_ts < k.updated) return verdict::late;
  return same(o, k.order) && !k.uncertain ? verdict::repeated : verdict::news;
}

bool order_table::take(const order_row& row, std::uint32_t instrument, std::int64_t now) {
  const auto& o = row.payload;
  std::string id(sdk::view(o.order_id));
  if (is_terminal(o.status)) {
    open_.erase(id);
    if (ended_.emplace(id, ended{filled_of(o), o.status}).second) ended_order_.push_back(std::move(id));
    if (ended_order_.size() > most_ended) {
      ended_.erase(ended_order_.front());
      ended_order_.pop_front();
    }
    return true;
  }
  if (open_.size() >= most_open && !open_.contains(id)) return false;
  auto& e = open_[id];
  e.symbol = row.symbol;
  e.instrument = instrument;
  e.order = o;
  e.updated = row.updated_ts;
  e.touched = now;
  e.uncertain = false;
  return true;
}

}  // namespace trapline::mm_ws
