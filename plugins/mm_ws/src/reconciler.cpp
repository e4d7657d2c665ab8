#include "reconciler.hpp"

#include <algorithm>

#include "trapline/abi/svc/log.h"
#include "trapline/abi/system.h"
#include "trapline/sdk/names.hpp"

namespace trapline::mm_ws {
namespace {

constexpr std::int64_t s = 1'000'000'000;
constexpr unsigned most_pages = 20;
constexpr unsigned most_rounds = 3;
// A fill may be listed a little after others that happened later.
constexpr std::int64_t overlap = 60 * s;

// Rows outlive the answer that they came with, so their symbols need a place of their own.
template <class Row>
void keep_symbols(std::vector<Row>& rows, std::size_t from, std::deque<std::string>& place) {
  for (std::size_t i = from; i < rows.size(); ++i) rows[i].symbol = place.emplace_back(rows[i].symbol);
}

}  // namespace

reconciler::reconciler(const options& o, outlet& out, log_limiter& log, rest_client& rest, account_store& store,
                       std::int64_t started)
    : options_(o),
      dialect_(o.dialect()),
      out_(out),
      log_(log),
      rest_(rest),
      store_(store),
      started_(started),
      cycles_(out.counter("feed_reconciliations_total", "result=\"good\"")),
      failures_(out.counter("feed_reconciliations_total", "result=\"failed\"")) {}

void reconciler::begin() {
  interrupt();
  active_ = true;
  next_cycle_ = out_.mono();
  why_ = "asking for positions, orders and account by REST";
}

void reconciler::interrupt() {
  ++cycle_;
  active_ = running_ = settled_ = final_ = false;
  failed_in_a_row_ = 0;
  next_cycle_ = INT64_MAX;
  rest_.drop_private();
}

void reconciler::advance() {
  const auto now = out_.mono();
  if (settled_ && now - confirmed_at_ > 3 * options_.reconcile_interval) {
    settled_ = false;
    why_ = sdk::cat("the account could not be checked by REST for ", (now - confirmed_at_) / s, " s: ", why_);
  }
  if (active_ && !running_ && now >= next_cycle_) start_cycle();
}

bool reconciler::wants(channel_kind k) const noexcept {
  return std::any_of(options_.private_channels.begin(), options_.private_channels.end(),
                     [&](const std::string& c) { return make_subscription(dialect_, c, "default").kind == k; });
}

void reconciler::start_cycle() {
  ++cycle_;
  running_ = true;
  next_cycle_ = INT64_MAX;
  began_at_ = out_.mono();
  missing_.clear();
  pages_ = rounds_ = 0;
  next_step(step::positions);
}

// Steps of channels that nobody asked for are left out.
void reconciler::next_step(step at) {
  step_ = at;
  symbols_.clear();
  positions_.clear();
  orders_.clear();
  fills_.clear();
  plans_.clear();
  accounts_.clear();
  asked_at_ = 0;
  pages_ = 0;
  const auto next = [&] { next_step(static_cast<step>(static_cast<int>(at) + 1)); };
  switch (at) {
    case step::positions:
      return wants(channel_kind::position) ? ask_page(positions_list(dialect_), {}) : next();
    case step::orders:
      return wants(channel_kind::order) ? ask_page(open_orders_list(dialect_), {}) : next();
    case step::details:
      return missing_.empty() ? next() : ask_detail();
    case step::fills:
      return wants(channel_kind::order) || wants(channel_kind::fill) ? ask_page(fills_list(dialect_), {}) : next();
    case step::plans:
      plan_list_ = 0;
      return wants(channel_kind::plan) ? ask_page(plans_lists(dialect_)[0], {}) : next();
    case step::accounts:
      return wants(channel_kind::account) ? ask_page(accounts_list(dialect_), {}) : next();
    case step::done:
      return finish();
  }
}

void reconciler::ask_page(const rest_list& l, const std::string& after) {
  rest_.call(l.page(after), [this, l, cycle = cycle_](const rest_answer& answer, ondemand::value* data) {
    return cycle != cycle_ || on_page(l, answer, data);
  });
}

bool reconciler::on_page(const rest_list& l, const rest_answer& answer, ondemand::value* data) {
  if (!data) {
    fail(answer);
    return true;
  }
  ondemand::value rows;
  bool is_null = false;
  std::string cursor;
  const auto before = positions_.size() + orders_.size() + fills_.size() + plans_.size() + accounts_.size();
  if (!open_page(l, *data, rows, is_null, cursor)) return false;
  // An absent list of orders is an empty one; positions must say so.
  if (is_null && step_ == step::positions) return false;
  std::size_t others = 0;
  if (!is_null && !take_rows(rows, others)) return false;
  const auto n =
      others + positions_.size() + orders_.size() + fills_.size() + plans_.size() + accounts_.size() - before;
  if (asked_at_ == 0) asked_at_ = answer.asked_at;
  if (n < page_size) cursor.clear();
  if (step_ == step::fills) {
    const bool reached = std::any_of(fills_.begin(), fills_.end(), [&](const fill_row& f) {
      return f.updated_ts != 0 && f.updated_ts < fills_from_;
    });
    if (!fills_known_ || reached) cursor.clear();
  }
  if (!cursor.empty() && ++pages_ < most_pages) {
    ask_page(l, cursor);
    return true;
  }
  if (!cursor.empty()) {
    rest_answer too_long;
    too_long.text = sdk::cat(l.path, ": more than ", most_pages, " pages");
    if (step_ != step::fills) {
      fail(too_long);
      return true;
    }
    log_.warn(trouble::account, too_long.text + ": fills from before them may be missing");
  }
  complete_list();
  return true;
}

bool reconciler::take_rows(ondemand::value rows, std::size_t& others) {
  switch (step_) {
    case step::positions:
      if (!decode_positions(dialect_, rows, positions_)) return positions_.clear(), false;
      keep_symbols(positions_, 0, symbols_);
      return true;
    case step::orders: {
      const auto from = orders_.size();
      if (!decode_orders(dialect_, true, rows, orders_, nullptr, &others)) return orders_.resize(from), false;
      keep_symbols(orders_, from, symbols_);
      return true;
    }
    case step::fills: {
      const auto from = fills_.size();
      if (!decode_fills(dialect_, true, rows, fills_, &others)) return fills_.resize(from), false;
      keep_symbols(fills_, from, symbols_);
      return true;
    }
    case step::plans: {
      const auto from = plans_.size();
      if (!decode_plans(dialect_, rows, plans_, &others)) return plans_.resize(from), false;
      keep_symbols(plans_, from, symbols_);
      return true;
    }
    case step::accounts:
      if (!decode_coins(dialect_, rows, accounts_)) return accounts_.clear(), false;
      return true;
    default:
      return false;
  }
}

void reconciler::complete_list() {
  std::uint8_t failed = 0;
  const auto next = static_cast<step>(static_cast<int>(step_) + 1);
  switch (step_) {
    case step::positions:
      failed = store_.list_positions(positions_, asked_at_, now_seen());
      break;
    case step::orders:
      missing_.clear();
      failed = store_.list_orders(orders_, asked_at_, now_seen(), missing_);
      break;
    case step::fills:
      // Of what happened long before the last look nothing is news, whether it is remembered or not.
      if (fills_known_)
        std::erase_if(fills_,
                      [&](const fill_row& f) { return f.updated_ts != 0 && f.updated_ts < fills_from_ - overlap; });
      // Oldest first, as they happened.
      std::stable_sort(fills_.begin(), fills_.end(),
                       [](const fill_row& a, const fill_row& b) { return a.updated_ts < b.updated_ts; });
      // The first list goes back to before the start, and may hold what happened since.
      failed = store_.push_fills(fills_, fills_known_ ? 0 : started_ + rest_.clock().offset(), now_seen());
      if (!failed) {
        fills_known_ = true;
        // A time from the future must not keep what happens until then from being read back.
        fills_from_ = std::min(store_.fills().newest(), now_seen().received + rest_.clock().offset());
      }
      break;
    case step::plans: {
      const auto lists = plans_lists(dialect_);
      if (++plan_list_ < lists.size()) {
        pages_ = 0;
        return ask_page(lists[plan_list_], {});
      }
      failed = store_.list_plans(plans_, asked_at_, now_seen());
      break;
    }
    case step::accounts:
      failed = store_.list_accounts(accounts_, asked_at_, now_seen());
      break;
    default:
      break;
  }
  if (failed) publish_failed(failed);
  else next_step(next);
}

// How an order ended that is not open any more, one after another; then the list of open orders once more.
void reconciler::ask_detail() {
  const auto [symbol, id] = missing_.back();
  rest_.call(order_detail(dialect_, symbol, id),
             [this, cycle = cycle_](const rest_answer& answer, ondemand::value* data) {
               return cycle != cycle_ || on_detail(answer, data);
             });
}

bool reconciler::on_detail(const rest_answer& answer, ondemand::value* data) {
  std::uint8_t failed = 0;
  if (data) {
    orders_.clear();
    if (!decode_orders(dialect_, true, *data, orders_, nullptr) || orders_.size() != 1) return false;
    failed = store_.push_orders(orders_, {}, now_seen());
  } else if (answer.kind == error_class::gone) {
    failed = store_.forget_order(missing_.back().second, now_seen());
  } else {
    fail(answer);
    return true;
  }
  if (failed) {
    publish_failed(failed);
    return true;
  }
  missing_.pop_back();
  if (!missing_.empty()) {
    ask_detail();
  } else if (++rounds_ < most_rounds) {
    next_step(step::orders);
  } else {
    rest_answer circle;
    circle.text = "open orders and their details contradict each other";
    fail(circle);
  }
  return true;
}

// The bus was full, or there was more than fits: what was lost is told, then everything is asked for again.
void reconciler::publish_failed(std::uint8_t reason) {
  store_.lose(reason);
  rest_answer a;
  a.text = std::string("what was asked for could not be published: ") + std::string(sdk::gap_reason_name(reason));
  settled_ = false;
  fail(a);
}

void reconciler::fail(const rest_answer& answer) {
  running_ = false;
  ++cycle_;
  failures_.add();
  final_ = is_final(answer.kind);
  why_ = answer.text;
  const auto pause = std::min<std::int64_t>((2 * s) << std::min(failed_in_a_row_, 5u), 60 * s);
  ++failed_in_a_row_;
  next_cycle_ = out_.mono() + (final_ ? options_.probe_interval : pause);
  log_.warn(trouble::rest, "the account was not reconciled: " + why_);
}

void reconciler::finish() {
  running_ = final_ = false;
  settled_ = true;
  failed_in_a_row_ = 0;
  cycles_.add();
  confirmed_at_ = began_at_;
  why_.clear();
  next_cycle_ = out_.mono() + options_.reconcile_interval;
}

}  // namespace trapline::mm_ws
