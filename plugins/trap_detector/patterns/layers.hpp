// Large layers in the book and what becomes of them: the common ground of spoofing and layering.
//
//   a layer:  POSTED > FILLED_OPP (takers hit the other side) > WITHDRAWN > SCORED (was the move taken back?)
//
// Public data has no order ids, so that a "layer" is an increase of one price level and "withdrawn" is its fall
// without trades at that price. A layer that is traded into is absorption, one that moves with the price or is
// posted on both sides at once is market making: neither is a match. What lives shorter than one and a half
// updates of the feed is not seen at all.
//
// Matches repeat when there are several of them at about one distance, and more than this market makes by chance
// (match_census.hpp).
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <utility>

#include "features/market.hpp"
#include "patterns/assessment.hpp"
#include "patterns/ladder.hpp"
#include "patterns/match_census.hpp"

namespace trapline::trap {

// A withdrawn layer that fits the pattern of one false order.
struct layer_match {
  std::int64_t posted = 0, withdrawn = 0;
  double price = 0, size = 0, filled = 0;  // size: as posted; filled: traded at its price
  double depth_share = 0;                  // size / D10
  double mid_posted = 0, mid_withdrawn = 0;
  double fpm_bp = 0;       // favourable move of the mid while it stood
  double rev = 0;          // share of that move taken back since, 0..
  double bp = 0;           // distance from the mid when it was posted
  double expected = 0;     // matches of its kind that the window usually holds here
  bool scored = false;     // its reversion window is over
  bool counted = false;    // in the census
  std::uint8_t count = 1;  // levels of a layering match
  double size_cv = 0;
};

// What became of a layer that left, for those who ask why it was no match.
struct layer_verdict {
  enum against : std::uint16_t {
    brief = 1,      // not seen standing
    traded = 2,     // in part
    unopposed = 4,  // nobody traded with the other side meanwhile
    uncertain = 8,  // trades or mid were not known
    // Of a single order only; of a ladder they are asked of all its orders.
    mirrored = 16,  // both sides were quoted
    followed = 32,  // another one took its place
    small = 64,
  };
  std::int64_t posted = 0, withdrawn = 0;
  double price = 0, size = 0, filled = 0;
  std::uint16_t objections = 0;
  ladder::lack ladder_lacks = ladder::lack::none;
};

class alignas(64) layer_watch {
 public:
  static constexpr std::size_t capacity = 64;  // open layers of one side
  static constexpr std::size_t matches_kept = 32;

  layer_watch(book_side side, const spoofing_settings& s, const layering_settings& l)
      : side_(side), spoof_(s), layering_(l), ladders_(l) {}

  void on_trade(const market& m, const trade_tick& t) noexcept;
  // One changed level of this side.
  void on_change(const market& m, double price, double before, double after) noexcept;
  // After the last change of a book event. `other`: the opposite side.
  void on_book(const market& m, layer_watch& other) noexcept;
  // Time passed: judges withdrawals and scores matches.
  void on_time(const market& m) noexcept;
  // Forgets everything, open layers included: the book is not known any more.
  void reset() noexcept;
  // Ends an episode: its matches count no longer.
  void forget_spoofing() noexcept { forget(spoofs_); }
  void forget_layering() noexcept { forget(layerings_); }

  assessment assess_spoofing(const market& m) const noexcept;
  assessment assess_layering(const market& m) const noexcept;
  bool take_changed() noexcept { return std::exchange(changed_, false); }
  bool active() const noexcept { return spoofs_.held > 0 || layerings_.held > 0; }
  std::size_t open_layers() const noexcept { return count_; }
  // Layers judged since the start, and the verdict on the n-th of them while it is one of the last 64.
  std::uint64_t judged() const noexcept { return judged_; }
  const layer_verdict& verdict(std::uint64_t n) const noexcept { return verdicts_[n % verdicts_.size()]; }

 private:
  enum class fate : std::uint8_t { open, withdrawn };
  struct layer {
    double size = 0, base = 0, remaining = 0;  // posted quantity, what stood there before, what is left of it
    double traded = 0;
    double opposite_before = 0;  // executions_ of the other side when it was posted
    double distance_bp = 0, mid_posted = 0, mid_withdrawn = 0;
    std::int64_t posted = 0, withdrawn = 0, last_fill = 0;
    std::uint32_t updates = 0;
    fate at = fate::open;
    bool two_sided = false, asked = false;
    bool paired = false;     // with an order of the other side, which is no other's
    bool successor = false;  // of an order that left
    bool large = false;      // passes the size rule of spoofing
  };
  template <std::size_t N>
  struct ring {
    std::array<layer_match, N> items{};
    std::size_t next = 0, held = 0;
    void push(const layer_match& m) noexcept {
      items[next] = m;
      next = (next + 1) % N;
      if (held < N) ++held;
    }
    // 0 = newest.
    layer_match& at(std::size_t ago) noexcept { return items[(next + N - 1 - ago) % N]; }
    const layer_match& at(std::size_t ago) const noexcept { return items[(next + N - 1 - ago) % N]; }
  };
  struct closing {
    std::int64_t ts = 0;
    double bp = 0;
    bool matched = false;
  };
  // The matches of the window at about one distance that are the most.
  struct repetition {
    int count = 0;
    double bp = 0;
  };

  static std::uint64_t mark(double price) noexcept {
    return std::uint64_t{1} << (std::bit_cast<std::uint64_t>(price) * 0x9e3779b97f4a7c15u >> 58);
  }
  std::size_t find(double price) const noexcept;
  void post(const market& m, double price, double before, double after) noexcept;
  void erase(std::size_t i) noexcept;
  // Of the orders of a ladder, on average at least.
  double rung_size(const market& m) const noexcept;
  void judge(const market& m, std::size_t i) noexcept;
  // Whether any layer took the place of one that left, and the first that did and is no other's successor.
  struct successors {
    bool any = false;
    layer* own = nullptr;
  };
  successors moved_on(const market& m, const layer& l) noexcept;
  // Looks for what was posted on the other side at once. An order alike makes a single one two-sided; to be one of a
  // pair it has to be no other's.
  void mirror(const market& m, layer& l, layer_watch& other) noexcept;
  void close(std::int64_t ts, double bp, bool matched) noexcept;
  bool stood(const market& m, const layer& l) const noexcept;
  layer_match match_of(const market& m, std::size_t i) const noexcept;
  ladder::lack leave_ladder(const market& m, std::size_t i, const rung& r) noexcept;
  // `spoof`: of single orders, else of ladders.
  void push(const market& m, layer_match x, bool spoof) noexcept;
  void count(layer_match& x, bool spoof) noexcept;
  void forget(ring<matches_kept>& matches) noexcept;
  void follow(const market& m, ring<matches_kept>& matches) noexcept;
  static bool at_one_distance(double a, double b) noexcept {
    return a <= b * distance_factor && b <= a * distance_factor;
  }
  repetition most_repeated(const market& m, const ring<matches_kept>& matches) const noexcept;
  double matched_share(const market& m, double bp) const noexcept;
  assessment assess(const market& m, const ring<matches_kept>& matches, kind k) const noexcept;
  std::uint8_t observability(const market& m) const noexcept;

  static constexpr double distance_factor = 2;

  book_side side_;
  bool changed_ = false;
  const spoofing_settings& spoof_;
  const layering_settings& layering_;
  std::size_t count_ = 0;
  std::uint64_t marks_ = 0;
  double executions_ = 0;  // taker volume against the other side, running total
  std::int64_t last_execution_ = 0;
  std::int64_t next_deadline_ = 0;  // earliest time at which on_time() has work besides old age; 0 = none
  std::int64_t last_sweep_ = 0;     // second of the last look for old age
  // Apart from the rest: every change of a level searches here, if one of the prices has its mark.
  std::array<double, capacity> prices_{};
  std::array<layer, capacity> layers_{};
  ladder_watch ladders_;
  ring<matches_kept> spoofs_, layerings_;
  match_census usual_spoofs_, usual_layerings_;
  std::array<closing, 64> closings_{};
  std::size_t next_closing_ = 0;
  std::array<layer_verdict, capacity> verdicts_{};
  std::uint64_t judged_ = 0;
};

}  // namespace trapline::trap
