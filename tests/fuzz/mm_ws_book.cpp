// The order book against a model: a map of price to level, in the plainest code. Input: bytes that make messages.
#include "venue_book.hpp"

#include <cstdint>
#include <map>
#include <string>

#include "fuzz.hpp"

namespace trapline::fuzz {

using namespace trapline::mm_ws;

namespace {

constexpr std::int64_t unit_exp = -4;  // of the model's numbers

struct reader {
  std::string_view rest;
  unsigned byte() { return static_cast<unsigned char>(take_char(rest)); }
};

// A number of 0 to 255 with 0 to 3 decimals more than it needs, so that one value has several spellings.
std::string text_of(unsigned n, unsigned decimals) {
  auto t = std::to_string(n);
  if (decimals > 0) t += "." + std::string(decimals, '0');
  return t;
}

book_level level_of(reader& in) {
  const unsigned price = in.byte(), size = in.byte(), form = in.byte();
  book_level l;
  const auto p = text_of(price, form & 3), s = text_of(size & 15, (form >> 2) & 3);
  const auto scaled = [](unsigned n, unsigned decimals) {
    std::int64_t v = n;
    for (; decimals > 0; --decimals) v *= 10;
    return v;
  };
  l.price = scaled(price, form & 3);
  l.size = scaled(size & 15, (form >> 2) & 3);
  l.price_exp = static_cast<std::int8_t>(-static_cast<int>(form & 3));
  l.size_exp = static_cast<std::int8_t>(-static_cast<int>((form >> 2) & 3));
  const auto text = p + ":" + s;
  l.text_size = static_cast<std::uint8_t>(text.size());
  std::memcpy(l.text, text.data(), text.size());
  return l;
}

struct model_level {
  std::int64_t size;
  std::string text;
  bool operator==(const model_level&) const = default;
};
using model_side = std::map<std::int64_t, model_level>;

std::int64_t in_units(std::int64_t v, int exp) {
  for (; exp > unit_exp; --exp) v *= 10;
  return v;
}

void put(model_side& side, const std::vector<book_level>& levels) {
  for (const auto& l : levels) {
    const auto price = in_units(l.price, l.price_exp);
    if (l.size == 0) side.erase(price);
    else side[price] = {in_units(l.size, l.size_exp), std::string(l.text, l.text_size)};
  }
}

template <bool Bids>
model_side side_of(const book_side<Bids>& side) {
  std::vector<book_level> levels;
  side.copy_to(levels);
  model_side out;
  for (const auto& l : levels)
    out[in_units(l.price, l.price_exp)] = {in_units(l.size, l.size_exp), std::string(l.text, l.text_size)};
  require(out.size() == levels.size(), "no price stands twice");
  return out;
}

// bitget.md, section 10: the best 25 of both sides in turn. CRC-32 bit by bit.
std::int32_t checksum_of(const model_side& bids, const model_side& asks) {
  std::string text;
  auto b = bids.rbegin();
  auto a = asks.begin();
  for (int i = 0; i < 25; ++i) {
    if (b != bids.rend()) text += (b++)->second.text + ":";
    if (a != asks.end()) text += (a++)->second.text + ":";
  }
  if (!text.empty()) text.pop_back();
  std::uint32_t crc = ~0u;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0u);
  }
  return static_cast<std::int32_t>(~crc);
}

bool best_first(const std::vector<book_level>& levels, bool bids) {
  for (std::size_t i = 1; i < levels.size(); ++i)
    if (bids ? levels[i - 1].price <= levels[i].price : levels[i - 1].price >= levels[i].price) return false;
  return true;
}

}  // namespace

void mm_ws_book(std::string_view input) {
  reader in{input};
  venue_book book;
  scale s;
  model_side bids, asks;
  std::int64_t seq = 0;
  bool first = true;
  while (!in.rest.empty()) {
    const unsigned kind = in.byte(), counts = in.byte();
    book_message m;
    for (unsigned i = 0; i < (counts & 15); ++i) m.bids.push_back(level_of(in));
    for (unsigned i = 0; i < (counts >> 4); ++i) m.asks.push_back(level_of(in));
    const bool snapshot = (kind & 1) != 0 || !book.valid();
    m.has_seq = (kind & 2) != 0;
    m.has_prev_seq = !snapshot && (kind & 4) != 0;
    if (m.has_prev_seq) m.prev_seq = seq + ((kind & 8) != 0 ? static_cast<std::int64_t>(in.byte()) - 128 : 0);
    if (m.has_seq) m.seq = seq + 1 + ((kind & 16) != 0 ? static_cast<std::int64_t>(in.byte()) - 128 : 0);
    auto new_bids = snapshot ? model_side{} : bids, new_asks = snapshot ? model_side{} : asks;
    put(new_bids, m.bids);
    put(new_asks, m.asks);
    m.has_checksum = (kind & 32) != 0;
    if (m.has_checksum) m.checksum = (kind & 64) != 0 ? 1 : checksum_of(new_bids, new_asks);
    const auto given = m;
    const auto verdict = snapshot ? book.apply_snapshot(m, s) : book.apply_update(m, s);

    require(book.valid() == (verdict == venue_book::verdict::applied || verdict == venue_book::verdict::ignored),
            "a book is valid as long as everything fitted");
    if (!book.valid()) {
      bids.clear(), asks.clear();
      continue;
    }
    if (verdict == venue_book::verdict::ignored) {
      require(!snapshot && given.has_seq, "only an old update is passed over");
    } else {
      require(!given.has_prev_seq || first || given.prev_seq == seq, "an update joins the one before");
      require(!given.has_checksum || given.checksum == 0 || given.checksum == checksum_of(new_bids, new_asks),
              "a wrong checksum is found");
      bids = std::move(new_bids), asks = std::move(new_asks);
      first = snapshot;
      if (snapshot || given.has_seq) seq = given.has_seq ? given.seq : 0;
      require(best_first(m.bids, true) && best_first(m.asks, false),
              "what is published stands in order, each price once");
      for (const auto* levels : {&m.bids, &m.asks})
        for (const auto& l : *levels)
          require(l.price_exp == s.price_exp && l.size_exp == s.size_exp, "what is published stands in one scale");
    }
    require(side_of(book.bids()) == bids && side_of(book.asks()) == asks, "the book is the model's");
    require(bids.empty() || asks.empty() || bids.rbegin()->first < asks.begin()->first, "a valid book is not crossed");
    require(book.checksum() == checksum_of(bids, asks), "the checksum is the model's");
    require(book.seq() == seq, "the sequence number is the last one given");
  }
}

}  // namespace trapline::fuzz
