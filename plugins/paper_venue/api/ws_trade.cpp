#include "ws_trade.hpp"

#include <algorithm>
#include <cctype>

#include "../wire_text.hpp"
#include "request.hpp"

namespace trapline::paper_venue::api {
namespace {

using wire::object;
using operation = const refusal* (*)(exchange&, std::int64_t, const params&, order_ref&);

// docs25: at most 40 of letters, digits, _:#-+ and spaces. What is none is not sent back.
std::string safe_id(std::string_view id) {
  const bool good =
      id.size() <= 40 && std::all_of(id.begin(), id.end(), [](unsigned char c) {
        return std::isalnum(c) || std::string_view("_:#-+ .").find(static_cast<char>(c)) != std::string_view::npos;
      });
  return good ? std::string(id) : std::string();
}

std::string id_text(const order_ref& r) { return r.id == 0 ? "null" : '"' + std::to_string(r.id) + '"'; }

std::string row_v3(const params& p, std::int64_t now, const order_ref& r) {
  object o;
  if (p.has("symbol")) o.text("symbol", safe_id(p.get("symbol")));
  return o.raw("orderId", id_text(r))
      .text("clientOid", r.client_id)
      .text("cTime", std::to_string(wire::ms(now)))
      .done();
}

std::string error_v3(const std::string& id, const refusal& why) {
  return object()
      .text("event", "error")
      .text("id", id)
      .text("code", std::to_string(v3_code(why.code)))
      .text("msg", why.text)
      .done();
}

std::string answer_v3(exchange& e, std::int64_t now, std::int64_t utc_ms, const params& p) {
  static constexpr struct {
    const char* topic;
    operation run;
    bool batch;
  } topics[] = {{"place-order", place_v3, false},   {"cancel-order", cancel_v3, false},
                {"modify-order", modify_v3, false}, {"batch-place", place_v3, true},
                {"batch-cancel", cancel_v3, true},  {"batch-modify", modify_v3, true}};
  constexpr std::size_t most_rows = 20;
  const auto id = safe_id(p.get("id"));
  const auto* t =
      std::find_if(std::begin(topics), std::end(topics), [&](auto& x) { return p.get("topic") == x.topic; });
  const auto& rows = p.rows("args");
  if (t == std::end(topics) || rows.empty() || rows.size() > (t->batch ? most_rows : 1))
    return error_v3(id, refusals::bad_parameter);
  if (p.has("category") && p.word("category") != "usdt-futures") return error_v3(id, refusals::wrong_product);
  std::string out;
  for (const auto& row : rows) {
    order_ref r;
    const auto* no = t->run(e, now, row, r);
    if (no && !t->batch) return error_v3(id, *no);
    if (!out.empty()) out += ',';
    if (no)
      out += object()
                 .text("clientOid", safe_id(row.get("clientOid")))
                 .text("code", std::to_string(v3_code(no->code)))
                 .text("msg", no->text)
                 .done();
    else out += row_v3(row, now, r);
  }
  return object()
      .text("event", "trade")
      .text("id", id)
      .text("category", "usdt-futures")
      .text("topic", t->topic)
      .raw("args", "[" + out + "]")
      .text("code", "0")
      .text("msg", "success")
      .text("ts", std::to_string(utc_ms))
      .done();
}

std::string answer_v2(exchange& e, std::int64_t now, const params& p) {
  const auto& args = p.rows("args");
  const params none;
  const params& arg = args.empty() ? none : args[0];
  const params& given = arg.rows("params").empty() ? none : arg.rows("params")[0];
  const auto channel = arg.get("channel");
  params row = given;
  row.set("symbol", std::string(arg.get("instId")));

  order_ref r;
  const refusal* no = &refusals::bad_parameter;
  if (args.size() == 1 && arg.word("instType") == "usdt-futures") {
    if (channel == "place-order") no = place_v2(e, now, row, r);
    if (channel == "cancel-order") no = cancel_v2(e, now, row, r);
  }
  object echo;
  echo.text("id", safe_id(arg.get("id")))
      .text("instType", safe_id(arg.get("instType")))
      .text("channel", safe_id(channel))
      .text("instId", safe_id(arg.get("instId")));
  const auto ids = no ? object().text("clientOid", safe_id(given.get("clientOid"))).done()
                      : object().raw("orderId", id_text(r)).text("clientOid", r.client_id).done();
  echo.raw("params", ids);
  return object()
      .text("event", no ? "error" : "trade")
      .raw("arg", "[" + echo.done() + "]")
      .number("code", no ? no->code : 0)
      .text("msg", no ? no->text : "Success")
      .done();
}

}  // namespace

std::string answer_trade(exchange& e, std::int64_t now, std::int64_t utc_ms, std::string_view text) {
  const auto p = params::from_json(text);
  if (!p) return error_v3("", refusals::bad_parameter);
  // v3 names the operation outside of the arguments.
  return p->has("topic") ? answer_v3(e, now, utc_ms, *p) : answer_v2(e, now, *p);
}

}  // namespace trapline::paper_venue::api
