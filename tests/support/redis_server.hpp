// A private redis-server of its own for a test: on a Unix socket in a temporary folder, without persistence.
//
// It touches no process but the one it started.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace test {

class redis_server {
 public:
  // Starts the server and waits until it answers. `more`: further arguments, such as {"--requirepass", "x"}.
  // Throws std::runtime_error if it does not answer within 10 s.
  explicit redis_server(std::vector<std::string> more = {});
  ~redis_server();  // stops it and removes the folder
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;

  static bool available();  // redis-server is installed

  const std::string& socket_path() const { return socket_; }
  const std::string& folder() const { return folder_; }
  std::string url() const { return "unix:" + socket_; }

  void pause();    // SIGSTOP
  void resume();   // SIGCONT
  void kill();     // SIGKILL; everything that it held is gone
  void restart();  // after kill()

  // Sends one command over a connection of its own and returns the answer as text: arrays as `[a,b,[c]]`, nil as
  // `(nil)`, errors as `(error) text`. Throws std::runtime_error if there is no answer.
  std::string ask(const std::vector<std::string>& words);

  // All entries of a stream, oldest first: name -> value.
  using stream_entry = std::map<std::string, std::string>;
  std::vector<stream_entry> stream(const std::string& key);
  // All elements of a list, newest (index 0) first.
  std::vector<std::string> list(const std::string& key);

 private:
  void start();
  bool answers();

  std::vector<std::string> more_;
  std::string folder_, socket_;
  ::pid_t pid_ = -1;
  bool paused_ = false;
};

}  // namespace test
