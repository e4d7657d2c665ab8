#include "support/redis_server.hpp"

#include <hiredis/hiredis.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace test {
namespace {

struct close_context {
  void operator()(redisContext* c) const { redisFree(c); }
};
struct free_reply {
  void operator()(void* r) const { freeReplyObject(r); }
};
using context_ptr = std::unique_ptr<redisContext, close_context>;
using reply_ptr = std::unique_ptr<redisReply, free_reply>;

context_ptr connect_to(const std::string& path) {
  const timeval limit{5, 0};
  context_ptr c(redisConnectUnixWithTimeout(path.c_str(), limit));
  if (!c || c->err) return nullptr;
  redisSetTimeout(c.get(), limit);
  return c;
}

std::string text_of(const redisReply& r) {
  switch (r.type) {
    case REDIS_REPLY_INTEGER:
      return std::to_string(r.integer);
    case REDIS_REPLY_NIL:
      return "(nil)";
    case REDIS_REPLY_ERROR:
      return "(error) " + std::string(r.str, r.len);
    case REDIS_REPLY_ARRAY: {
      std::string out = "[";
      for (std::size_t i = 0; i < r.elements; ++i) out += (i ? "," : "") + text_of(*r.element[i]);
      return out + "]";
    }
    default:
      return std::string(r.str, r.len);
  }
}

reply_ptr send(redisContext* c, const std::vector<std::string>& words) {
  std::vector<const char*> args;
  std::vector<std::size_t> sizes;
  for (const auto& w : words) {
    args.push_back(w.data());
    sizes.push_back(w.size());
  }
  return reply_ptr(
      static_cast<redisReply*>(redisCommandArgv(c, static_cast<int>(args.size()), args.data(), sizes.data())));
}

}  // namespace

bool redis_server::available() {
  for (const auto* path : {"/usr/bin/redis-server", "/usr/local/bin/redis-server"})
    if (::access(path, X_OK) == 0) return true;
  return false;
}

redis_server::redis_server(std::vector<std::string> more) : more_(std::move(more)) {
  std::string name = (std::filesystem::temp_directory_path() / "trapline-redis-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder for redis-server");
  folder_ = name;
  socket_ = folder_ + "/redis.sock";
  start();
}

redis_server::~redis_server() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void redis_server::start() {
  std::vector<std::string> words = {
      "redis-server",        "--port", "0",           "--unixsocket", socket_, "--save", "",
      "--appendonly",        "no",     "--daemonize", "no",           "--dir", folder_,  "--logfile",
      folder_ + "/redis.log"};
  words.insert(words.end(), more_.begin(), more_.end());
  std::vector<char*> args;
  for (auto& w : words) args.push_back(w.data());
  args.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  const int failed = ::posix_spawnp(&pid_, "redis-server", &files, nullptr, args.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) {
    pid_ = -1;
    throw std::runtime_error("redis-server could not be started");
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!answers()) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill();
      throw std::runtime_error("redis-server does not answer; see " + folder_ + "/redis.log");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

bool redis_server::answers() {
  const auto c = connect_to(socket_);
  if (!c) return false;
  const auto r = send(c.get(), {"PING"});
  return r && (r->type == REDIS_REPLY_STATUS || std::string(r->str, r->len).starts_with("NOAUTH"));
}

void redis_server::pause() {
  ::kill(pid_, SIGSTOP);
  paused_ = true;
}

void redis_server::resume() {
  ::kill(pid_, SIGCONT);
  paused_ = false;
}

void redis_server::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  paused_ = false;
}

void redis_server::restart() { start(); }

namespace {

reply_ptr ask_raw(const std::string& socket, const std::vector<std::string>& more,
                  const std::vector<std::string>& words) {
  const auto c = connect_to(socket);
  if (!c) throw std::runtime_error("redis-server cannot be reached");
  for (std::size_t i = 0; i + 1 < more.size(); ++i)
    if (more[i] == "--requirepass") send(c.get(), {"AUTH", more[i + 1]});
  auto r = send(c.get(), words);
  if (!r) throw std::runtime_error("redis-server did not answer");
  return r;
}

}  // namespace

std::string redis_server::ask(const std::vector<std::string>& words) {
  return text_of(*ask_raw(socket_, more_, words));
}

std::vector<redis_server::stream_entry> redis_server::stream(const std::string& key) {
  const auto r = ask_raw(socket_, more_, {"XRANGE", key, "-", "+"});
  std::vector<stream_entry> out;
  for (std::size_t i = 0; r->type == REDIS_REPLY_ARRAY && i < r->elements; ++i) {
    const auto& fields = *r->element[i]->element[1];
    auto& e = out.emplace_back();
    for (std::size_t f = 0; f + 1 < fields.elements; f += 2)
      e[text_of(*fields.element[f])] = text_of(*fields.element[f + 1]);
  }
  return out;
}

std::vector<std::string> redis_server::list(const std::string& key) {
  const auto r = ask_raw(socket_, more_, {"LRANGE", key, "0", "-1"});
  std::vector<std::string> out;
  for (std::size_t i = 0; r->type == REDIS_REPLY_ARRAY && i < r->elements; ++i) out.push_back(text_of(*r->element[i]));
  return out;
}

}  // namespace test
