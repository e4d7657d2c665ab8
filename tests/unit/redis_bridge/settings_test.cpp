#include "settings.hpp"

#include <gtest/gtest.h>

#include "trapline/sdk/host.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

std::string refusal(std::string_view url) {
  settings s;
  try {
    parse_url(url, s);
  } catch (const sdk::error& e) {
    EXPECT_EQ(e.code(), TRAPLINE_E_CONFIG);
    EXPECT_EQ(e.path(), "url");
    return e.what();
  }
  return {};
}

TEST(settings, unix_url_names_a_socket) {
  settings s;
  parse_url("unix:./run/redis.sock", s);
  EXPECT_EQ(s.endpoint.unix_path, "./run/redis.sock");
}

TEST(settings, tcp_url_gives_host_port_and_database) {
  settings s;
  parse_url("redis://cache.local:6380/3", s);
  EXPECT_EQ(s.endpoint.host, "cache.local");
  EXPECT_EQ(s.endpoint.port, 6380);
  EXPECT_EQ(s.database, 3);
}

TEST(settings, tcp_url_has_the_usual_port_by_default) {
  settings s;
  parse_url("redis://localhost", s);
  EXPECT_EQ(s.endpoint.port, 6379);
  EXPECT_EQ(s.database, 0);
}

TEST(settings, ipv6_host_stands_in_brackets) {
  settings s;
  parse_url("redis://[::1]:7000", s);
  EXPECT_EQ(s.endpoint.host, "::1");
  EXPECT_EQ(s.endpoint.port, 7000);
}

TEST(settings, a_tls_url_asks_for_tls) {
  settings s;
  parse_url("rediss://cache.local:6380/3", s);
  EXPECT_TRUE(s.endpoint.tls);
  EXPECT_EQ(s.endpoint.host, "cache.local");
  EXPECT_EQ(s.database, 3);
  parse_url("redis://cache.local", s);
  EXPECT_FALSE(s.endpoint.tls);
}

TEST(settings, credentials_in_the_url_are_refused_and_not_repeated) {
  const auto text = refusal("redis://user:hunter2@h:1");
  EXPECT_NE(text.find("username and password"), std::string::npos);
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
}

TEST(settings, malformed_urls_are_refused) {
  for (const auto* url : {"", "http://h", "unix:", "redis://", "rediss://", "rediss:/h", "redis://h:0",
                          "redis://h:65536", "redis://h:x", "redis://h/x", "redis://[::1"})
    EXPECT_FALSE(refusal(url).empty()) << url;
}

constexpr std::string_view whole =
    R"({"url":"unix:/r","username":null,"password":true,
        "tls":{"ca_file":null,"certificate_file":null,"key_file":null},"vocabulary":"seed","profile":"omega","on_wrongtype":"rename",
        "commands":{"allow":["ping"],"hmac_key":true},"window":1000000,
  "spool":{"max_commands":700,"max_bytes":70000},"stream":{"prefix":"a:b","maxlen":{"market":10,"signals":20,"account":30,"status":40}},
  "history":{"position_max":5,"fill_max":6},"publish":{"position":600000000,"orders":700000000,"account":800000000,"trap":900000000,
    "groups":["traps","status","market","account"]},"expiry_factor":4,"relay":{"enabled":true,"maxlen":60,"state_every":700000000},
  "ingest":{"streams":["v:p:S","f"],"prefix":"c:d","group":"g","consumer":"me","from":"new","unfinished":"repeat",
    "lease":2000000000,"republish":true}})";

TEST(settings, every_option_arrives) {
  const auto s = parse_settings(whole);
  EXPECT_EQ(s.endpoint.unix_path, "/r");
  EXPECT_TRUE(s.has_password);
  EXPECT_EQ(s.words, vocabulary::seed);
  EXPECT_EQ(s.profile, settings::key_set::omega);
  EXPECT_EQ(s.on_wrongtype, settings::wrong_type::rename);
  EXPECT_EQ(s.commands_allowed, std::vector<std::string>{"ping"});
  EXPECT_TRUE(s.has_command_key);
  EXPECT_EQ(s.window, 1000000);
  EXPECT_EQ(s.spool_commands, 700u);
  EXPECT_EQ(s.spool_bytes, 70000u);
  EXPECT_EQ(s.prefix, "a:b");
  EXPECT_EQ(s.maxlen_market, 10);
  EXPECT_EQ(s.maxlen_signals, 20);
  EXPECT_EQ(s.maxlen_account, 30);
  EXPECT_EQ(s.maxlen_status, 40);
  EXPECT_EQ(s.position_history, 5);
  EXPECT_EQ(s.fill_history, 6);
  EXPECT_EQ(s.position_period, 600 * millisecond);
  EXPECT_EQ(s.orders_period, 700 * millisecond);
  EXPECT_EQ(s.account_period, 800 * millisecond);
  EXPECT_EQ(s.trap_period, 900 * millisecond);
  EXPECT_EQ(s.expiry_factor, 4);
  EXPECT_TRUE(s.write_status && s.write_market && s.write_account && s.write_traps);
  EXPECT_TRUE(s.relay);
  EXPECT_EQ(s.maxlen_relay, 60);
  EXPECT_EQ(s.relay_state_every, 700 * millisecond);
  EXPECT_EQ(s.ingest_streams, (std::vector<std::string>{"v:p:S", "f"}));
  EXPECT_EQ(s.ingest_prefix, "c:d");
  EXPECT_EQ(s.ingest_group, "g");
  EXPECT_EQ(s.ingest_consumer, "me");
  EXPECT_TRUE(s.ingest_from_new);
  EXPECT_TRUE(s.ingest_repeat);
  EXPECT_EQ(s.ingest_lease, 2 * second);
  EXPECT_TRUE(s.ingest_republish);
}

TEST(settings, what_is_ingested_must_not_go_round) {
  std::string json(whole);
  json.replace(json.find("c:d"), 3, "a:b");
  try {
    parse_settings(json);
    ADD_FAILURE() << "taken";
  } catch (const sdk::error& e) {
    EXPECT_EQ(e.path(), "ingest.republish");
  }
}

TEST(settings, a_prefix_with_a_hash_tag_of_its_own_is_refused) {
  std::string json(whole);
  json.replace(json.find("a:b"), 3, "a{b");
  EXPECT_THROW(parse_settings(json), sdk::error);
}

std::string with_commands(std::string_view allow, std::string_view key) {
  std::string json(whole);
  const auto at = json.find("{\"allow\"");
  json.replace(at, json.find('}', at) + 1 - at, sdk::cat("{\"allow\":", allow, ",\"hmac_key\":", key, "}"));
  return json;
}

TEST(settings, a_command_may_be_allowed_for_one_instance) {
  EXPECT_EQ(parse_settings(with_commands(R"(["debug:feed"])", "null")).commands_allowed,
            std::vector<std::string>{"debug:feed"});
}

TEST(settings, commands_that_do_not_exist_or_make_no_sense_are_refused) {
  for (const auto* allow : {R"(["pong"])", R"(["ping:feed"])", R"(["debug:"])", R"([""])"})
    EXPECT_THROW(parse_settings(with_commands(allow, "true")), sdk::error) << allow;
}

TEST(settings, commands_that_change_what_code_runs_must_be_signed) {
  for (const auto* allow : {R"(["swap"])", R"(["swap:traps"])", R"(["reload"])"}) {
    EXPECT_THROW(parse_settings(with_commands(allow, "null")), sdk::error) << allow;
    EXPECT_NO_THROW(parse_settings(with_commands(allow, "true"))) << allow;
  }
}

TEST(settings, a_username_without_a_password_is_refused) {
  std::string json(whole);
  json.replace(json.find("null"), 4, "\"u\"");
  json.replace(json.find("true"), 4, "null");
  EXPECT_THROW(parse_settings(json), sdk::error);
}

std::string with_tls(std::string_view url, std::string_view tls) {
  std::string json(whole);
  json.replace(json.find("unix:/r"), 7, url);
  const auto at = json.find("{\"ca_file\"");
  json.replace(at, json.find('}', at) + 1 - at, tls);
  return json;
}

TEST(settings, the_files_of_tls_arrive) {
  const auto s =
      parse_settings(with_tls("rediss://h", R"({"ca_file":"/ca","certificate_file":"/own","key_file":"/key"})"));
  EXPECT_EQ(s.endpoint.ca_file, "/ca");
  EXPECT_EQ(s.endpoint.certificate_file, "/own");
  EXPECT_EQ(s.endpoint.key_file, "/key");
}

TEST(settings, tls_files_with_a_url_that_is_not_encrypted_are_refused) {
  EXPECT_THROW(parse_settings(with_tls("redis://h", R"({"ca_file":"/ca","certificate_file":null,"key_file":null})")),
               sdk::error);
}

TEST(settings, a_certificate_without_its_key_is_refused) {
  EXPECT_THROW(parse_settings(with_tls("rediss://h", R"({"ca_file":null,"certificate_file":"/own","key_file":null})")),
               sdk::error);
}

}  // namespace
}  // namespace trapline::redis_bridge
