#include "stage.hpp"

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

namespace test {

std::string data_dir() {
  const char* set = std::getenv("TRAPLINE_DATA_DIR");
  const std::string dir = set ? set : TRAPLINE_SOURCE_DIR "/../shared/data";
  return std::filesystem::is_directory(dir) ? dir : std::string();
}

stage::stage() { std::filesystem::create_directories(dir() + "/run"); }

std::string stage::config(const std::string& name, const changes& replace) {
  std::istringstream in(read_file(std::string(TRAPLINE_SOURCE_DIR "/configs/") + name + ".yaml"));
  std::string out;
  auto open = replace;
  for (std::string line; std::getline(in, line);) {
    const auto indent = line.find_first_not_of(' ');
    std::string text = indent == std::string::npos ? "" : line.substr(indent);
    if (const auto comment = text.find("  #"); comment != std::string::npos)
      text.erase(text.find_last_not_of(' ', comment) + 1);
    if (const auto c = replace.find(text); c != replace.end()) {
      line = line.substr(0, indent) + c->second;
      open.erase(text);
    }
    for (const std::string old : {"unix:./run/redis.sock"})
      if (const auto at = line.find(old); at != std::string::npos) line.replace(at, old.size(), redis_.url());
    out += line + "\n";
    // A machine that does much else meanwhile is no fault of a plugin's.
    if (text.starts_with("use: ")) out += line.substr(0, indent) + "budget: 10s\n";
  }
  if (!open.empty()) throw std::runtime_error("configs/" + name + ".yaml has no line '" + open.begin()->first + "'");
  const std::string file = name + "-under-test.yaml";
  write_file(dir() + "/" + file, out);
  return file;
}

finished stage::run(std::vector<std::string> arguments, std::vector<std::string> environment) {
  arguments.insert(arguments.begin(), program);
  return test::run(std::move(arguments), dir(), std::move(environment));
}

process stage::start(std::vector<std::string> arguments, bool terminal) {
  arguments.insert(arguments.begin(), program);
  return process("trapline", std::move(arguments), dir(), {}, terminal);
}

std::size_t stage::times_logged(const std::string& part) const {
  const std::string text = log();
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

double stage::metric(const std::string& file, const std::string& series) const {
  std::istringstream in(read_file(dir() + "/" + file));
  for (std::string line; std::getline(in, line);)
    if (line.rfind("trapline_" + series + " ", 0) == 0) return std::stod(line.substr(line.rfind(' ') + 1));
  return -1;
}

double stage::metric_sum(const std::string& file, const std::string& name) const {
  std::istringstream in(read_file(dir() + "/" + file));
  double sum = 0;
  bool any = false;
  for (std::string line; std::getline(in, line);)
    if (line.rfind("trapline_" + name + "{", 0) == 0) {
      sum += std::stod(line.substr(line.rfind(' ') + 1));
      any = true;
    }
  return any ? sum : -1;
}

}  // namespace test
