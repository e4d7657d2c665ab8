#include "contract.hpp"

#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

constexpr contract_key keys[] = {
    {"ws_status", "string", "always", "", "publish.position",
     "status,state,code,attempt,last_error,last_heartbeat,feeds,redis_dropped,redis_error,source,boot_id,timestamp,"
     "expires_at,stopped?,consciousness_level?,consciousness_state?,sacred_frequency?,schumann_resonance?",
     "the feed's connections, the worst one speaking for all"},
    {"ws_last_update", "string", "always", "", "publish.position", "text", "epoch seconds of the venue's last frame"},
    {"ws_debug", "string", "always", "50 lines a ring", "publish.position",
     "last_update,connection_state,message_queue,error_log,source,boot_id,timestamp,stopped?",
     "the newest messages and errors, newest first"},
    {"current_position", "string", "always", "", "publish.position",
     "has_position,state,symbol?,inst_id?,id?,position_side?,direction?,entry_price?,current_price?,price_timestamp?,"
     "position_size?,leverage?,pnl_usd?,pnl_percent?,venue_unrealised_pnl?,realised_pnl?,margin?,liquidation_price?,"
     "venue_stop_loss?,venue_take_profit?,margin_mode?,position_mode?,positions_count?,stop_loss?,take_profit?,stop_"
     "loss_distance?,take_profit_distance?,"
     "take_profits?,trailing_activated?,stop_loss_id?,take_profit_id?,trailing_distance?,risk_multiplier?,"
     "expected_leverage?,leverage_mismatch?,entry_time?,size?,pnl?,side?,consciousness_state?,source,boot_id,timestamp,"
     "stopped?",
     "the BTC position, else the largest; `has_position` null = unknown"},
    {"current_positions", "string", "always", "", "publish.position",
     "symbol,side,contracts,entryPrice,markPrice,unrealizedPnl,leverage,liquidationPrice,marginMode,timestamp",
     "array of all positions; absent while it may be wrong"},
    {"position_targets", "string", "always", "", "publish.orders",
     "has_targets,next_target,long,short,stops,state,plan_state,source,timestamp,stopped?",
     "what closes the position: open orders and take profits by side, and the venue's stop losses"},
    {"current_orders", "string", "always", "", "publish.orders", "state,orders,timestamp,stopped?", "open orders"},
    {"current_plan_orders", "string", "always", "", "publish.orders", "state,orders,timestamp,stopped?",
     "take profits, stop losses and triggers that wait at the venue"},
    {"current_balance", "string", "always", "", "publish.account", "<coin>?,state,timestamp,stopped?",
     "by coin: `free`, `used`, `total`, `unrealised_pnl`"},
    {"mm_trap_probability", "string", "always", "", "publish.trap",
     "probability,intensity,pattern_type,direction,severity,consciousness_level?,confidence,level,warming,symbol,"
     "detector,source,timestamp,stopped?",
     "the detector's latest report; absent while it is silent"},
    {"current_trap_probability", "string", "always", "", "publish.trap",
     "probability,trap_type,type,confidence,trend,change,components,component_details,bull_trap_probability,"
     "bear_trap_probability,message,symbol,source,timestamp,stopped?",
     "the same for the older dashboards"},
    {"trap_probability_history", "list", "always", "1000", "",
     "probability,trap_type,type,confidence,trend,change,components,component_details,bull_trap_probability,"
     "bear_trap_probability,message,symbol,source,timestamp,boot_id,seq",
     "one element a report, newest first"},
    {"position_history", "list", "always", "history.position_max", "",
     "type,change,symbol,position_side,direction,position_size,entry_price,leverage,current_price,pnl_usd,"
     "realised_pnl?,timestamp,boot_id,seq",
     "one element a change, newest first"},
    {"fill_history", "list", "always", "history.fill_max", "",
     "type,trade_id,order_id,client_order_id,symbol,side,position_side,liquidity,price,size,fee,fee_coin,realised_pnl,"
     "timestamp,boot_id,seq",
     "one element a fill since the feed's start, newest first"},
    {"last_btc_price", "string", "always", "", "publish.position", "text", "last trade, decimal"},
    {"prev_btc_price", "string", "always", "", "publish.position", "text", "the price before it"},
    {"last_btc_volume", "string", "always", "", "publish.position", "text", "volume of 24 h in coins, decimal"},
    {"last_btc_update_time", "string", "always", "", "publish.position", "text", "epoch seconds of the trade"},
    {"btc_price", "string", "always", "", "publish.position", "price,timestamp,source?,stopped?,volume?,symbol?", ""},
    {"<prefix>:index", "set", "always", "", "", "text",
     "the names of all keys here but `mm_trap:<second>`, `<prefix>:queued:…` and those of commands: read it instead of "
     "KEYS"},
    {"<prefix>:{<venue>:usdtm:<symbol>}:trades", "stream", "always", "stream.maxlen.market", "", "trade,gap", ""},
    {"<prefix>:{<venue>:usdtm:<symbol>}:books", "stream", "always", "stream.maxlen.market", "",
     "book_snapshot,book_delta,gap", ""},
    {"<prefix>:{<venue>:usdtm:<symbol>}:tickers", "stream", "always", "stream.maxlen.market", "", "ticker,gap", ""},
    {"<prefix>:{<venue>:usdtm:<symbol>}:candles", "stream", "always", "stream.maxlen.market", "", "candle,gap", ""},
    {"<prefix>:{<venue>:usdtm:<symbol>}:signals", "stream", "always", "stream.maxlen.signals", "", "signal,gap", ""},
    {"<prefix>:{<venue>:usdtm:<symbol>}:matrix", "stream", "always", "stream.maxlen.signals", "", "trap_matrix,gap",
     ""},
    {"<prefix>:{<venue>:usdtm}:positions", "stream", "always", "stream.maxlen.account", "", "position,gap", ""},
    {"<prefix>:{<venue>:usdtm}:orders", "stream", "always", "stream.maxlen.account", "", "order,gap", ""},
    {"<prefix>:{<venue>:usdtm}:fills", "stream", "always", "stream.maxlen.account", "", "fill,gap", ""},
    {"<prefix>:{<venue>:usdtm}:plan_orders", "stream", "always", "stream.maxlen.account", "", "plan_order,gap", ""},
    {"<prefix>:{<venue>:usdtm}:account", "stream", "always", "stream.maxlen.account", "", "account,gap", ""},
    {"<prefix>:{<feed>}:status", "stream", "always", "stream.maxlen.status", "", "feed_status,gap", ""},
    {"mm_websocket:events", "channel", "always", "", "", "type,feed?,endpoint?,state,code?,timestamp?,seq,boot_id",
     "each change of a feed's state"},
    {"btc_price", "channel", "always", "", "", "price,timestamp,volume,seq,boot_id", "`timestamp` ISO 8601"},
    {"market_data", "channel", "always", "", "", "symbol,price,change,volume,timestamp,seq,boot_id",
     "`timestamp` epoch seconds"},

    {"btc_movement_history", "list", "omega", "1000", "", "text",
     "`price,volume`, newest first; volume = traded since the element before"},
    {"btc_volume_history", "list", "omega", "1000", "", "text", "`last_btc_volume` once a minute, newest first"},
    {"mm_trap_queue:zset", "zset", "omega", "50000", "", "type,confidence,price,timestamp,price_change,detected_by,id",
     "alarms, by epoch seconds; consumers remove them"},
    {"<prefix>:queued:<boot_id>:<number>", "string", "omega", "", "24 h", "text",
     "1: the alarm was put into the queue, and is not put there again"},
    {"recent_mm_traps", "list", "omega", "50", "",
     "id,type,confidence,probability,price,price_change,timeframe,detected_by,timestamp,boot_id,seq",
     "alarms, newest first"},
    {"latest_mm_trap", "string", "omega", "", "",
     "id,type,confidence,probability,price,price_change,timeframe,detected_by,timestamp",
     "the last alarm; `timestamp` epoch seconds"},
    {"mm_trap:<second>", "hash", "omega", "", "24 h", "type,confidence,price,change,timestamp",
     "one alarm; `change` a fraction"},
    {"long_trader_position", "string", "omega", "", "publish.position",
     "direction,state,status,id,symbol,entry_price,entry_time,current_price,size,leverage,unrealized_pnl,pnl_percent,"
     "take_profits,stop_loss,source,timestamp,stopped?",
     "`status` open, none or unknown"},
    {"short_trader_position", "string", "omega", "", "publish.position",
     "direction,state,status,id,symbol,entry_price,entry_time,current_price,size,leverage,unrealized_pnl,pnl_percent,"
     "take_profits,stop_loss,source,timestamp,stopped?",
     "the same"},
    {"hf_trap_mode_active", "string", "omega", "", "publish.trap", "text", "1 while the severity is elevated or more"},
    {"hf_trap_mode_multiplier", "string", "omega", "", "publish.trap", "text", "1 + intensity while active, else 1"},
    {"hf_trap_mode_timestamp", "string", "omega", "", "publish.trap", "text", "of the report, ISO 8601"},
    {"btc_order_book_summary", "string", "omega", "", "publish.position",
     "largest_bid_wall,largest_ask_wall,total_bids,total_asks,levels,timestamp", "absent while the book is not whole"},
    {"btc_recent_high_low", "string", "omega", "", "publish.position", "high,low,timestamp", "of 24 h"},
    {"btc_market_regime", "string", "omega", "", "publish.position", "regime,minutes,timestamp",
     "out of the closes of the last hour"},
    {"trap_metrics", "string", "omega", "", "publish.trap",
     "total_traps,success_rate,average_probability,source,timestamp", "of this run; `success_rate` = confirmed alarms"},
    {"trap_detections", "string", "omega", "50", "publish.trap",
     "id,type,confidence,probability,price,price_change,timestamp", "array, newest first"},
    {"trap_timeline", "string", "omega", "100", "publish.trap", "timestamp,type,stage,probability,id",
     "array of stages, newest first"},

    {"<prefix>:{<feed>}:relay", "stream", "relay", "relay.maxlen", "", "event,gap", "the status of the feed"},
    {"<prefix>:{<venue>:usdtm:<symbol>}:relay", "stream", "relay", "relay.maxlen", "", "event,state,gap",
     "all market data of the symbol"},
    {"<prefix>:{<tag>}:relay:<group>", "hash", "ingest", "", "",
     "token,consumer,until_ms,clean,boot_id?,seq?,trades?,books?", "who reads, and how far it has come"},

    {"<prefix>:{cmd}:in", "stream", "commands", "", "", "", "commands; see below"},
    {"<prefix>:{cmd}:reply", "stream", "commands", "500", "", "reply", "answers"},
    {"<prefix>:{cmd}:seq", "string", "commands", "", "", "text", "number of the last answer"},
    {"<prefix>:{cmd}:id:<id>", "string", "commands", "", "24 h", "text", "ids that were carried out"},
};

constexpr contract_entry entries[] = {
    {"trade", "price,size,side,id,symbol,ts_recv,history?,after_gap?"},
    {"book_snapshot", "venue_seq,prev_seq,bids,asks,symbol,ts_recv,after_gap?"},
    {"book_delta", "venue_seq,prev_seq,bids,asks,symbol,ts_recv,after_gap?"},
    {"ticker",
     "last?,bid?,bid_size?,ask?,ask_size?,mark?,index?,funding_rate?,next_funding_ts?,open_interest?,high_24h?,low_24h?"
     ","
     "volume_24h?,symbol,ts_recv,after_gap?"},
    {"candle", "interval_ns,start,open,high,low,close,volume,closed,symbol,ts_recv,history?,after_gap?"},
    {"signal", "json,symbol,ts_recv,after_gap?"},
    {"trap_matrix",
     "detector,probability,intensity,confidence,pattern,direction,severity,level?,warming,rows,symbol,ts_recv,"
     "after_gap?"},
    {"position",
     "list,side,position_id?,position_mode?,margin_mode?,size?,available?,entry_price?,leverage?,mark_price?,"
     "liquidation_price?,unrealised_pnl?,realised_pnl?,margin?,mark_pnl?,margin_coin?,created_ts?,symbol?,ts_recv,"
     "after_gap?"},
    {"order",
     "list,status,order_id?,client_order_id?,side?,position_side?,order_type?,reduce_only?,price?,size?,filled_size?,"
     "average_price?,last_trade_id?,last_price?,last_size?,last_fee?,created_ts?,symbol?,ts_recv,after_gap?"},
    {"fill",
     "trade_id,order_id,client_order_id,side,position_side,liquidity,price,size,fee,fee_coin,realised_pnl,symbol?,"
     "ts_recv,history?,after_gap?"},
    {"plan_order",
     "list,kind,plan_id?,client_order_id?,status?,side?,position_side?,order_type?,trigger_by?,trigger_price?,price?,"
     "size?,created_ts?,symbol?,ts_recv,after_gap?"},
    {"account", "list,margin_coin,available?,frozen?,equity?,unrealised_pnl?,symbol?,ts_recv,after_gap?"},
    {"feed_status",
     "state,previous_state,endpoint,code,attempt,subscriptions_wanted,subscriptions_acked,last_message_ts,messages,"
     "malformed,gaps,resyncs,reconnects,refused,duplicates,text,ts_recv"},
    {"gap",
     "reason,lost,channel?,from_seq?,to_seq?,from_bus_seq?,to_bus_seq?,from_venue_seq?,to_venue_seq?,repeated_at_most?,"
     "first_ts?,last_ts?,symbol?,ts_recv?"},
    {"event", "topic,count,event"},
    {"state", "topic,count,event"},
    {"reply", "id,entry,cmd,status,reason,result?"},
};

constexpr std::string_view head = R"(# What the Redis bridge writes

<!-- Made from plugins/redis_bridge/contract.cpp by the target redis_contract; edit that file, not this one. -->

A dashboard needs nothing but this page. `docs` of the options: `trapline explain redis_bridge`.

* Documents are compact JSON; prices and sizes in them are JSON numbers with the venue's own digits, because that is what
  the existing readers parse. In streams every number is text, prices and sizes are exact decimals. `timestamp` is ISO
  8601 with offset; `ts`, `ts_recv` and other `*_ts` are UTC nanoseconds.
* Every stream entry begins with `type`, `seq`, `boot_id`, `ts`. `seq` counts 1, 2, 3 … per stream and run (`boot_id`) of
  the bridge; every loss is told by an entry of type `gap` in its place. Numbers that Redis refused while it took later ones
  are told behind those (`from_seq`..`to_seq`): reason `redis_refused`, lost; or `reordered`, `lost` 0: orders, fills or plan
  orders that come behind the marker under new numbers. Answers to commands count over all runs.
* Channels are lossy; their `seq` counts per channel and run, so that a subscriber sees what it has missed.
* Keys that expire do so after `expiry_factor` periods without a writer.
* A `?` behind a field: not always there. `consciousness_*`, `sacred_*`, `schumann_*`: with `vocabulary: seed` alone.

)";

constexpr std::string_view commands_text = R"(
## Commands

Off unless `commands.allow` names some. `ping` does nothing; `refresh` writes all documents at once; `verify` is done
if Redis takes everything, all feeds are live and the position is certain, else rejected with what is not. The others are carried
out by the engine, as `trapline ctl` would, with the same `args`: `status`, `plugins`, `metrics`, `debug`, `resubscribe`, `reset`
(`{"instance": …}`), and, only if signed, `set`, `restart`, `reload` and `swap`. `debug:feed` in `commands.allow` allows the command for that
instance alone. A client writes

    XADD <prefix>:{cmd}:in * id <id> ttl_ms <ms> actor <who> cmd <command> [args <JSON object>] [ts <epoch ms>] [hmac <hex>]

and reads `<prefix>:{cmd}:reply`. `id` and `actor` are letters, digits, `.`, `_`, `:`, `-` (at most 128 and 64); `ttl_ms` is
1..86400000 and counts from `ts`, else from the time in the entry's id, on Redis' clock; `args` has at most 4 KiB, an
entry 16 KiB. With `commands.hmac_key`, `ts` and `hmac` must be there: `hmac` = HMAC-SHA256 over
the name of the stream, id, ttl_ms, ts, actor, cmd and args, joined by newlines (`trapline:v1:{cmd}:in` is the first line by
default): an entry copied to another stream is not signed.

Each entry is answered by `rejected`, or by `accepted` and then `done` (or `rejected`, if it failed), and removed. An `id` is
carried out at most once in 24 hours. A `done` may have a `result` (JSON, at most 64 KiB; a larger one is left out and `reason` is
`result_too_large`). A `rejected` behind `accepted` tells in words why the engine refused. Reasons of `rejected`: `malformed: <field>`, `too_large`, `bad_hmac`, `expired`
(also a signed one whose `ts` lies before the bridge's start: sign it anew),
`from_the_future` (more than 60 s), `not_allowed`, `duplicate`, and `interrupted`: the bridge died after it had accepted, and
nobody knows whether the command was carried out.
)";

constexpr std::string_view relay_text =
    R"(Off unless `relay.enabled`. These streams hold events as they lay on the bus of the writer, in its order, for the buses of other
hosts (`ingest.streams` names what stands in the braces). `event` is binary: the 64-byte header and the payload of abi/event.h,
little-endian; its ids of topic, instrument and source mean nothing elsewhere, `topic` is the name. `count` is
`trades:books`: how many trades and book events this run (`boot_id`) has had for the stream up to here, also those that could
not be written: the difference tells a reader exactly what it has missed. `state`, every `relay.state_every`, is the instrument
or a snapshot of the book, as the events before it have left them: for those who lack them, not events of their own.

A reader takes entries as a consumer group, one consumer at a time, and keeps `seq`, `boot_id` and both counts of what it has
passed on in the hash beside the stream, changed in one step with XACK. A consumer that is silent past `until_ms` (Redis'
clock) is dead, and another one claims what was given to it.
)";

void row(std::string& out, const contract_key& k) {
  out += sdk::cat("| `", k.name, "` | ", k.type, k.cap.empty() ? "" : ", ", k.cap, " | ",
                  k.expires.empty() ? std::string_view("–") : k.expires, " | ", k.about, k.about.empty() ? "" : ": ");
  std::string fields(k.fields);
  for (std::size_t at = 0; (at = fields.find(',', at)) != std::string::npos; at += 2) fields.replace(at, 1, ", ");
  out += sdk::cat(fields == "text" ? "plain text" : fields, " |\n");
}

}  // namespace

std::span<const contract_key> contract_keys() { return keys; }
std::span<const contract_entry> contract_entries() { return entries; }

std::string contract_markdown() {
  std::string out(head);
  const auto table = [&](std::string_view title, auto wanted) {
    out += sdk::cat("## ", title, "\n\n| name | type, cap | expires | content |\n|---|---|---|---|\n");
    for (const auto& k : keys)
      if (wanted(k)) row(out, k);
    out += '\n';
  };
  const auto is = [](std::string_view when, bool stream, bool channel) {
    return [=](const contract_key& k) {
      return k.when == when && (k.type == "stream") == stream && (k.type == "channel") == channel;
    };
  };
  table("Keys", is("always", false, false));
  table("Streams", is("always", true, false));
  table("Channels", is("always", false, true));
  table("Keys of `profile: omega`", is("omega", false, false));
  table("Relay", [](const contract_key& k) { return k.when == "relay" || k.when == "ingest"; });
  out += sdk::cat(relay_text, "\n");
  table("Keys of commands", [](const contract_key& k) { return k.when == "commands"; });
  out += "## Stream entries\n\n| type | fields behind `type`, `seq`, `boot_id`, `ts` |\n|---|---|\n";
  for (const auto& e : entries) {
    std::string fields(e.fields);
    for (std::size_t at = 0; (at = fields.find(',', at)) != std::string::npos; at += 2) fields.replace(at, 1, ", ");
    out += sdk::cat("| ", e.type, " | ", fields, " |\n");
  }
  out += commands_text;
  return out;
}

}  // namespace trapline::redis_bridge
