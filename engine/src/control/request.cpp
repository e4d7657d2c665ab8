#include "control/request.hpp"

#include <nlohmann/json.hpp>

namespace trapline::control {

using json = nlohmann::ordered_json;

namespace {
// Texts of plugins may be anything.
std::string dump(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }
}  // namespace

bool read_request(std::string_view line, request& out, std::string& id, std::string& wrong) {
  id = "null";
  const json j = json::parse(line, nullptr, false);
  if (!j.is_object()) {
    wrong = R"(expected one JSON object a line, such as {"cmd": "status"})";
    return false;
  }
  if (const auto at = j.find("id"); at != j.end() && (at->is_number() || at->is_string())) id = dump(*at);
  const auto cmd = j.find("cmd"), args = j.find("args");
  if (cmd == j.end() || !cmd->is_string()) wrong = R"(expected a text "cmd")";
  else if (args != j.end() && !args->is_object()) wrong = R"(expected "args" to be an object)";
  else {
    out.cmd = *cmd;
    out.args = args == j.end() ? std::string{} : dump(*args);
    return true;
  }
  return false;
}

std::string write_answer(const std::string& id, const answer& a) {
  if (a.status == TRAPLINE_OK) {
    // Not parsed again: a plugin's answer goes through as it is, on one line.
    const bool sound = a.text.find('\n') == std::string::npos && json::accept(a.text);
    const json value = sound ? json() : json::parse(a.text.empty() ? "null" : a.text, nullptr, false);
    if (sound || !value.is_discarded())
      return "{\"id\":" + id + ",\"ok\":true,\"result\":" + (sound ? a.text : dump(value)) + "}\n";
    return write_answer(id, {TRAPLINE_E_FAILED, "the answer is not JSON: " + a.text.substr(0, 200)});
  }
  return "{\"id\":" + id + ",\"ok\":false,\"status\":" + std::to_string(a.status) + ",\"error\":" + dump(json(a.text)) +
         "}\n";
}

}  // namespace trapline::control
