// What ended a short while ago: an answer that was asked for before must not bring it back, nor a push that was
// overtaken.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace trapline::mm_ws {

class ended_memory {
 public:
  using key = std::pair<std::string, std::uint8_t>;
  // As many as can be open at once. An answer is at most seconds old.
  static constexpr std::size_t most = 1000;

  // `now`: monotonic. `updated`: UTC ns by the venue, 0 = not said.
  void remember(key k, std::int64_t now, std::int64_t updated) {
    known_[std::move(k)] = {now, updated};
    if (known_.size() > most)
      known_.erase(std::min_element(known_.begin(), known_.end(),
                                    [](const auto& a, const auto& b) { return a.second.at < b.second.at; }));
  }
  void forget(const key& k) { known_.erase(k); }
  // Whether a list that was asked for at `asked_at` (monotonic) may still hold it.
  bool since(const key& k, std::int64_t asked_at) const {
    const auto e = known_.find(k);
    return e != known_.end() && e->second.at > asked_at;
  }
  // Whether what the venue dates `updated` is from before the end.
  bool overtook(const key& k, std::int64_t updated) const {
    const auto e = known_.find(k);
    return e != known_.end() && updated != 0 && updated < e->second.updated;
  }

 private:
  struct entry {
    std::int64_t at, updated;
  };
  std::map<key, entry> known_;
};

}  // namespace trapline::mm_ws
