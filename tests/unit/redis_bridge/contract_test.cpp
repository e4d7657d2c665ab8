// docs/redis.md and the bridge say the same: what is in Redis after all kinds of events is held against the table.
#include "contract.hpp"

#include <fnmatch.h>

#include <fstream>
#include <set>
#include <sstream>

#include "rig.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  std::istringstream in{std::string(text)};
  for (std::string part; std::getline(in, part, ',');) out.push_back(part);
  return out;
}

std::string pattern_of(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name.substr(i).starts_with("<prefix>")) {
      out += "trapline:v1";
      i += 7;
    } else if (name[i] == '<') {
      out += '*';
      i = name.find('>', i);
    } else {
      out += name[i];
    }
  }
  return out;
}

bool matches(std::string_view pattern, const std::string& name) {
  return fnmatch(pattern_of(pattern).c_str(), name.c_str(), 0) == 0;
}

// Empty if `found` is what `fields` allows and demands.
std::string compare(std::string_view fields, const std::set<std::string>& found) {
  std::string wrong;
  std::set<std::string> known;
  bool any_name = false;
  for (auto f : split(fields)) {
    const bool optional = f.ends_with('?');
    if (optional) f.pop_back();
    any_name |= f.starts_with('<');
    known.insert(f);
    if (!optional && !found.contains(f)) wrong += " missing " + f;
  }
  for (const auto& f : found)
    if (!known.contains(f) && !any_name) wrong += " not in the table: " + f;
  return wrong;
}

std::set<std::string> names_of(const nlohmann::json& object) {
  std::set<std::string> out;
  for (const auto& [name, value] : object.items()) out.insert(name);
  return out;
}

TEST(contract, the_page_in_docs_is_what_the_table_makes) {
  std::ifstream file(TRAPLINE_REDIS_DOC);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), contract_markdown()) << "build redis_contract and write its output to docs/redis.md";
}

class contract_keys_in : public rig, public ::testing::WithParamInterface<vocabulary> {
 protected:
  void SetUp() override {
    rig::SetUp();
    config.profile = settings::key_set::omega;
    config.words = GetParam();
    config.commands_allowed = {"ping"};
    config.relay = true;
    env.fixed_now = event::default_ts;
  }
  bool exists(std::string_view key) {
    const auto pattern = pattern_of(key);
    return until([&] { return server->ask({"KEYS", pattern}) != "[]"; });
  }
  std::vector<std::string> all_keys() {
    std::vector<std::string> out;
    const auto text = server->ask({"KEYS", "*"});
    return split(std::string_view(text).substr(1, text.size() - 2));
  }
  void check_json(const contract_key& row, const nlohmann::json& document, const std::string& key) {
    if (document.is_array()) {
      EXPECT_FALSE(document.empty()) << key;
      for (const auto& element : document) EXPECT_EQ(compare(row.fields, names_of(element)), "") << key;
    } else {
      EXPECT_EQ(compare(row.fields, names_of(document)), "") << key;
    }
  }
  void check(const contract_key& row, const std::string& key) {
    if (row.fields == "text" || row.fields.empty()) return;
    if (row.type == "stream") {
      for (const auto& entry : server->stream(key)) {
        std::set<std::string> found;
        for (const auto& [name, value] : entry) found.insert(name);
        for (const auto* head : {"type", "seq", "boot_id", "ts"})
          EXPECT_EQ(found.erase(head), 1u) << key << " " << head;
        const auto types = split(row.fields);
        EXPECT_NE(std::find(types.begin(), types.end(), entry.at("type")), types.end()) << key << entry.at("type");
        for (const auto& e : contract_entries()) {
          if (e.type != entry.at("type")) continue;
          EXPECT_EQ(compare(e.fields, found), "") << key << " " << e.type;
        }
      }
    } else if (row.type == "string") {
      check_json(row, nlohmann::json::parse(server->ask({"GET", key})), key);
    } else if (row.type == "list") {
      for (const auto& text : server->list(key)) check_json(row, nlohmann::json::parse(text), key);
    } else if (row.type == "hash") {
      const auto text = server->ask({"HKEYS", key});
      const auto names = split(std::string_view(text).substr(1, text.size() - 2));
      EXPECT_EQ(compare(row.fields, {names.begin(), names.end()}), "") << key;
    } else if (row.type == "zset") {
      const auto text = server->ask({"ZRANGE", key, "0", "0"});
      check_json(row, nlohmann::json::parse(text.substr(1, text.size() - 2)), key);
    }
  }
};

TEST_P(contract_keys_in, are_all_in_the_table_with_their_type_and_fields_and_none_is_missing) {
  connect();
  trapline_ticker t{};
  t.present = TRAPLINE_TICKER_LAST | TRAPLINE_TICKER_HIGH_24H | TRAPLINE_TICKER_LOW_24H | TRAPLINE_TICKER_VOLUME_24H;
  t.last = 58'600;
  t.high_24h = 60'000;
  t.low_24h = 57'000;
  t.volume_24h = 12;
  trapline_candle candle{};
  candle.open = candle.high = candle.low = candle.close = 58'600;
  trapline_book book{};
  book.bid_count = book.ask_count = 1;
  const trapline_level levels[2] = {{58'600, 1}, {58'601, 2}};
  core->on_event(feed_status(TRAPLINE_FEED_LIVE));
  core->on_event(event(TRAPLINE_EVENT_TICKER, topic_ticker, t));
  core->on_event(event(TRAPLINE_EVENT_CANDLE, topic_candle, candle));
  trades(1, 2);
  core->on_event(event(TRAPLINE_EVENT_BOOK_SNAPSHOT, topic_book, book, TRAPLINE_FLAG_LAST_IN_BATCH, event::default_ts,
                       1, levels, sizeof levels));
  core->on_event(no_positions());
  core->on_event(position(sample_position()));
  core->on_event(order("o1"));
  core->on_event(fill("f1"));
  core->on_event(plan("p1", TRAPLINE_PLAN_STOP_LOSS, 85'000));
  core->on_event(no_plans());
  core->on_event(plan("p2", TRAPLINE_PLAN_TAKE_PROFIT, 83'500));
  core->on_event(account("USDT", complete));
  core->on_event(matrix(0.81));
  core->on_event(test::signal());
  core->on_event(gap(TRAPLINE_GAP_TRADE, 3, topic_trade, 1));
  ASSERT_TRUE(until([&] { return server->ask({"EXISTS", "last_btc_price"}) == "1"; }));
  trades(3, 3);
  server->ask({"XADD", "trapline:v1:{cmd}:in", "*", "id", "a", "ttl_ms", "60000", "actor", "me", "cmd", "ping"});

  for (const auto& row : contract_keys()) {
    if (row.type == "channel" || row.when == "ingest") continue;
    EXPECT_TRUE(exists(row.name)) << row.name;
  }
  ASSERT_TRUE(settled());
  const auto index = server->ask({"SMEMBERS", "trapline:v1:index"});
  for (const auto& key : all_keys()) {
    const contract_key* row = nullptr;
    for (const auto& k : contract_keys())
      if (k.type != "channel" && matches(k.name, key)) row = &k;
    ASSERT_NE(row, nullptr) << key << " is not in the table";
    EXPECT_EQ(server->ask({"TYPE", key}), row->type) << key;
    const bool expires = server->ask({"PTTL", key}) != "-1";
    EXPECT_EQ(expires, !row->expires.empty()) << key;
    check(*row, key);
    if (row->when == "commands" || key.starts_with("mm_trap:") || row->name.find(":queued:") != row->name.npos)
      continue;
    EXPECT_NE(index.find(key), std::string::npos) << key << " is not in the index";
  }
}

INSTANTIATE_TEST_SUITE_P(both, contract_keys_in, ::testing::Values(vocabulary::plain, vocabulary::seed),
                         [](const auto& i) { return i.param == vocabulary::seed ? "seed" : "plain"; });

}  // namespace
}  // namespace trapline::redis_bridge
