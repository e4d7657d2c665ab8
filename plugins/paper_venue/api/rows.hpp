// Rows of REST answers, and what their handlers share.
#pragma once

#include <algorithm>
#include <string>

#include "../wire_private.hpp"
#include "../wire_words.hpp"
#include "request.hpp"
#include "rest.hpp"

namespace trapline::paper_venue::api {

using wire::object;

// `state_key`: "state" in an order's detail, "status" in lists.
std::string v2_order_row(const exchange& e, const order& o, const char* state_key);
std::string v2_fill_row(const exchange& e, const execution& x);
std::string v2_position_row(const exchange& e, const position& p);
std::string v2_closed_row(const exchange& e, const position& p);
std::string v2_plan_row(const exchange& e, const plan_order& p);
std::string v2_account_row(const exchange& e, std::size_t symbol);

inline std::string ids_row(const order_ref& r) {
  return object()
      .raw("orderId", r.id == 0 ? "null" : '"' + std::to_string(r.id) + '"')
      .text("clientOid", r.client_id)
      .done();
}

// Words that came from a client and go back to it: only what needs no escape.
inline std::string harmless(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\' && static_cast<unsigned char>(c) < 0x7f)
      out += c;
  return out.substr(0, 64);
}

class list {
 public:
  void add(const std::string& row) {
    if (!text_.empty()) text_ += ',';
    text_ += row;
    ++size_;
  }
  std::size_t size() const { return size_; }
  std::string done() const { return "[" + text_ + "]"; }

 private:
  std::string text_;
  std::size_t size_ = 0;
};

// How a list is asked for: one symbol or all, at most `limit`, older than `before` (an id), within a time.
struct page {
  std::optional<std::size_t> symbol;
  std::size_t limit = 100;
  std::uint64_t before = UINT64_MAX;
  std::int64_t from = 0, to = INT64_MAX;  // ms

  bool holds(std::size_t row_symbol, std::uint64_t id, std::int64_t ns) const {
    return (!symbol || *symbol == row_symbol) && id < before && wire::ms(ns) >= from && wire::ms(ns) <= to;
  }
};
// `idLessThan` (v2), `cursor` (v3), `limit`, `startTime`, `endTime`, `symbol`.
const refusal* read_page(const call& c, page& out);

// Rows newest first with the id of the last: what both APIs call a page.
struct paged {
  list rows;
  std::uint64_t last_id = 0;
  std::string end_text() const { return last_id == 0 ? "null" : '"' + std::to_string(last_id) + '"'; }
};
template <class Keep, class Row>
paged pick_orders(const exchange& e, const page& want, Keep keep, Row row) {
  paged out;
  for (auto it = e.orders().rbegin(); it != e.orders().rend() && out.rows.size() < want.limit; ++it) {
    const order& o = it->second;
    if (!want.holds(o.symbol, o.id, o.created) || !keep(o)) continue;
    out.rows.add(row(o));
    out.last_id = o.id;
  }
  return out;
}
template <class Keep, class Row>
paged pick_plans(const exchange& e, const page& want, Keep keep, Row row) {
  paged out;
  for (auto it = e.plans().rbegin(); it != e.plans().rend() && out.rows.size() < want.limit; ++it) {
    const plan_order& p = it->second;
    if (!want.holds(p.symbol, p.id, p.created) || !keep(p)) continue;
    out.rows.add(row(p));
    out.last_id = p.id;
  }
  return out;
}
template <class Row>
paged pick_fills(const exchange& e, const page& want, std::uint64_t order_id, Row row) {
  paged out;
  for (auto x = e.executions().rbegin(); x != e.executions().rend() && out.rows.size() < want.limit; ++x) {
    if (!want.holds(x->symbol, x->trade_id, x->ts) || (order_id != 0 && x->order_id != order_id)) continue;
    out.rows.add(row(*x));
    out.last_id = x->trade_id;
  }
  return out;
}

}  // namespace trapline::paper_venue::api
