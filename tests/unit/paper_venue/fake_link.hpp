// A connection without a socket: what the venue sends is kept.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "trapline/net/websocket.hpp"

namespace trapline::paper_venue {

class fake_link : public net::ws_session {
 public:
  explicit fake_link(std::string path) : path_(std::move(path)) {}
  std::string_view path() const override { return path_; }
  void send(std::string_view text) override {
    if (close_code == 0 && !aborted) texts.emplace_back(text);
  }
  void close(std::uint16_t code, std::string_view) override { close_code = code; }
  void abort() override { aborted = true; }
  std::size_t buffered() const override { return backlog; }

  // All messages so far, which are forgotten.
  std::vector<nlohmann::json> take() {
    std::vector<nlohmann::json> out;
    for (const auto& t : texts) out.push_back(nlohmann::json::parse(t));
    texts.clear();
    return out;
  }

  std::vector<std::string> texts;
  std::uint16_t close_code = 0;
  bool aborted = false;
  std::size_t backlog = 0;

 private:
  std::string path_;
};

}  // namespace trapline::paper_venue
