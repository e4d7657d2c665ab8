// The option table of redis_bridge. What stands `by_hand` is read by parse_settings().
#pragma once

#include "settings.hpp"
#include "trapline/sdk/options.hpp"

namespace trapline::redis_bridge {

inline constexpr auto option_table = sdk::option_set<settings>(
    sdk::by_hand(
        sdk::option_string("url", "unix:./run/redis.sock", "unix:PATH, redis://host:port[/db], or rediss:// with TLS")),
    sdk::bind<&settings::username>(sdk::option_string("username", nullptr, "ACL user; needs password")),
    sdk::bind<&settings::has_password>(sdk::option_secret("password", "password of the user, or of requirepass")),
    sdk::bind<&settings::endpoint, &net::stream_endpoint::ca_file>(
        sdk::option_string("tls.ca_file", nullptr, "PEM file of trusted roots; without it the system's")),
    sdk::bind<&settings::endpoint, &net::stream_endpoint::certificate_file>(
        sdk::option_string("tls.certificate_file", nullptr, "PEM file of our own certificate, if Redis asks for one")),
    sdk::bind<&settings::endpoint, &net::stream_endpoint::key_file>(
        sdk::option_string("tls.key_file", nullptr, "PEM file of its key")),
    sdk::by_hand(sdk::option_enum("vocabulary", "plain", "plain|seed", "seed adds the seed's words to the documents")),
    sdk::by_hand(sdk::option_enum("profile", "standard", "standard|omega",
                                  "omega adds the keys that programs of the omega-btc-ai ecosystem read")),
    sdk::bind<&settings::window>(
        sdk::option_duration("window", "2ms", "0ms..50ms", "how long commands are collected before they are written")),
    sdk::bind<&settings::spool_commands>(sdk::option_int("spool.max_commands", "100000", "100..10000000",
                                                         "stream entries kept while Redis is away or slow")),
    sdk::bind<&settings::spool_bytes>(sdk::option_bytes("spool.max_bytes", "64MiB", "64KiB..16GiB", "memory for them")),
    sdk::bind<&settings::prefix>(
        sdk::option_string("stream.prefix", "trapline:v1", "first part of the names of all streams")),
    sdk::bind<&settings::maxlen_market>(sdk::option_int("stream.maxlen.market", "20000", "10..100000000",
                                                        "about how many entries of market data a stream keeps")),
    sdk::bind<&settings::maxlen_signals>(
        sdk::option_int("stream.maxlen.signals", "10000", "10..100000000", "the same for signals and the trap matrix")),
    sdk::bind<&settings::maxlen_account>(sdk::option_int("stream.maxlen.account", "100000", "10..100000000",
                                                         "the same for positions, orders and account")),
    sdk::bind<&settings::maxlen_status>(
        sdk::option_int("stream.maxlen.status", "1000", "10..100000000", "the same for feed status")),
    sdk::bind<&settings::position_history>(
        sdk::option_int("history.position_max", "1000", "1..1000000", "entries in the list position_history")),
    sdk::bind<&settings::fill_history>(
        sdk::option_int("history.fill_max", "1000", "1..1000000", "entries in the list fill_history")),
    sdk::bind<&settings::commands_allowed>(
        sdk::option_list("commands.allow", "[]", nullptr,
                         "commands taken from <stream.prefix>:{cmd}:in: ping, refresh, verify, status, plugins, "
                         "metrics, debug, resubscribe, "
                         "reset, set, restart, reload, swap; `debug:feed` allows debug of the instance feed alone")),
    sdk::bind<&settings::has_command_key>(
        sdk::option_secret("commands.hmac_key", "if set, every command must be signed with it")),
    sdk::by_hand(sdk::option_list("publish.groups", "[status, market, account, traps]", "status|market|account|traps",
                                  "what is written at all; of two bridges to one Redis each has its own")),
    sdk::bind<&settings::relay>(
        sdk::option_bool("relay.enabled", "false", "write market data for detectors of other hosts, see ingest")),
    sdk::bind<&settings::maxlen_relay>(
        sdk::option_int("relay.maxlen", "100000", "10..100000000", "about how many entries a relay stream keeps")),
    sdk::bind<&settings::relay_state_every>(sdk::option_duration(
        "relay.state_every", "10s", "100ms..1h", "how often the instrument and the whole book are among them")),
    sdk::bind<&settings::ingest_streams>(sdk::option_list(
        "ingest.streams", "[]", nullptr, "relay streams to read: bitget:usdtm:BTCUSDT, or the name of a feed")),
    sdk::bind<&settings::ingest_prefix>(
        sdk::option_string("ingest.prefix", "", "stream.prefix of the host that relays; empty: the same as here")),
    sdk::bind<&settings::ingest_group>(
        sdk::option_string("ingest.group", "detectors", "consumer group; each gets everything, once")),
    sdk::bind<&settings::ingest_consumer>(
        sdk::option_string("ingest.consumer", "", "name within the group; empty: the name of this host")),
    sdk::by_hand(sdk::option_enum("ingest.from", "oldest", "oldest|new", "where a group begins that is not there yet")),
    sdk::by_hand(sdk::option_enum("ingest.unfinished", "gap", "gap|repeat",
                                  "what a killed reader may have passed on or not: announced as lost, or passed on")),
    sdk::bind<&settings::ingest_lease>(sdk::option_duration(
        "ingest.lease", "5s", "1s..5m", "silence after which another consumer of the group takes over")),
    sdk::bind<&settings::ingest_republish>(
        sdk::option_bool("ingest.republish", "false", "write what is ingested into the keys and streams here, too")),
    sdk::by_hand(sdk::option_enum("on_wrongtype", "fail", "fail|rename",
                                  "a key with another type: leave it and report, or move it out of the way")),
    sdk::bind<&settings::position_period>(sdk::option_duration("publish.position", "5s", "100ms..1h",
                                                               "longest age of the position, price and status keys")),
    sdk::bind<&settings::orders_period>(
        sdk::option_duration("publish.orders", "10s", "100ms..1h", "longest age of the order and target keys")),
    sdk::bind<&settings::account_period>(
        sdk::option_duration("publish.account", "30s", "100ms..1h", "longest age of the balance key")),
    sdk::bind<&settings::trap_period>(
        sdk::option_duration("publish.trap", "15s", "100ms..1h", "longest age of the trap keys")),
    sdk::bind<&settings::expiry_factor>(
        sdk::option_int("expiry_factor", "3", "2..100", "keys expire after this many periods without a writer")));

}  // namespace trapline::redis_bridge
