// The envelope of commands. Input: `F`, then lines, a name and a value in turn, of one entry (`H`: the same where a
// signature is demanded); or `R`, then what a server answers to polls and claims, byte by byte.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "commands.hpp"
#include "fake_environment.hpp"
#include "fuzz.hpp"

namespace trapline::fuzz {

using namespace trapline::redis_bridge;

namespace {

struct deaf final : connection_handler {
  void on_connected() override {}
  void on_reply(const tag&, const reply&) override {}
  void on_replies_done() override {}
  void on_lost() override {}
};

constexpr std::int64_t server_ms = 1'723'161'257'000;

std::string poll_answer(std::string_view lines) {
  std::vector<std::string_view> fields;
  while (!lines.empty()) fields.push_back(take_line(lines));
  std::string out;
  append_array_head(out, 2);
  out += ":" + std::to_string(server_ms) + "\r\n";
  append_array_head(out, 2);
  append_bulk(out, std::string_view("1723161256000-0"));
  append_array_head(out, fields.size());
  for (const auto f : fields) append_bulk(out, f);
  return out;
}

// The signature as commands.hpp states it.
bool is_signed(std::string_view lines, const std::string& key) {
  std::map<std::string_view, std::string_view> f;
  while (!lines.empty()) {
    const auto name = take_line(lines);
    f[name] = take_line(lines);
  }
  std::string message = "trapline:v1:{cmd}:in";
  for (const char* name : {"id", "ttl_ms", "ts", "actor", "cmd", "args"}) message += "\n" + std::string(f[name]);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(message.data()),
       message.size(), mac, &size);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", mac[i]);
    hex += two;
  }
  return f["hmac"] == hex;
}

}  // namespace

void redis_commands(std::string_view input) {
  const char form = take_char(input);
  redis_bridge::test::fake_environment env;
  settings s;
  s.commands_allowed = {"ping", "refresh"};
  s.has_command_key = form == 'H';
  env.command_key_value = "secret";
  net::loop loop;
  meters m;
  deaf handler;
  connection c(loop, s, env, m, handler);
  std::vector<std::string> carried_out;
  command_reader commands(s, env, "boot", [&](std::uint32_t, std::string_view cmd, std::string_view args) {
    require(cmd == "ping" || cmd == "refresh", "only what is allowed is carried out");
    require(nlohmann::json::parse(args, nullptr, false).is_object() && args.size() <= 4096, "args are a small object");
    carried_out.emplace_back(cmd);
    return command_reader::outcome();
  });
  const auto bytes = form == 'R' ? std::string(input) : poll_answer(input);
  reply_reader reader;
  std::uint32_t index = 0;  // first a poll, then the claims that follow from it
  try {
    reader.feed(bytes);
    while (const auto r = reader.next()) commands.on_reply(c, {tag::kind::command, index++ % 8, 0}, reply(r.get()), 0);
  } catch (const std::runtime_error&) {
  }
  if (form == 'R') return;
  // A well-formed entry: claimed twice, carried out once at most, and its job ends.
  std::string claims = "$3\r\nnew\r\n$3\r\nnew\r\n";
  reply_reader again;
  again.feed(claims);
  const bool waiting = !commands.idle();
  for (std::uint32_t i = 0; i < 2; ++i)
    if (const auto r = again.next()) commands.on_reply(c, {tag::kind::command, 1, 0}, reply(r.get()), 0);
  require(carried_out.size() <= 1, "an entry is carried out at most once");
  require(carried_out.empty() || waiting, "nothing is carried out that was not read");
  require(carried_out.empty() || form != 'H' || is_signed(input, env.command_key_value),
          "nothing unsigned is carried out where a key is configured");
}

}  // namespace trapline::fuzz
