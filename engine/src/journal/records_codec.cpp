#include "journal/records_codec.hpp"

#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "journal/format.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::journal {
namespace {

using json = nlohmann::ordered_json;

enum record_type : std::uint16_t { topics = 1, instruments = 2, instance = 3, step = 4, command = 5, lapse = 6 };

constexpr std::array<std::string_view, 5> state_names = {"running", "ended", "recovered", "degraded", "halted"};
constexpr std::array<std::string_view, 3> phase_names = {"started", "draining", "ended"};

template <std::size_t N>
std::size_t index_of(const std::array<std::string_view, N>& names, const std::string& word) {
  for (std::size_t n = 0; n < N; ++n)
    if (names[n] == word) return n;
  throw std::runtime_error("unknown word '" + word + "'");
}

std::string dump(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }

std::vector<std::byte> frame(record_type type, const json& j, std::string_view data = {}) {
  const std::string text = dump(j);
  const std::uint32_t sizes[2] = {static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(data.size())};
  const std::size_t used = sizeof(trapline_event) + sizeof sizes + text.size() + data.size();
  std::vector<std::byte> out((used + 7) & ~std::size_t{7});
  trapline_event head{};
  head.size = static_cast<std::uint32_t>(out.size());
  head.space = record_space;
  head.type = type;
  std::byte* p = out.data();
  const auto put = [&](const void* bytes, std::size_t n) {
    if (n > 0) std::memcpy(p, bytes, n);
    p += n;
  };
  put(&head, sizeof head);
  put(sizes, sizeof sizes);
  put(text.data(), text.size());
  put(data.data(), data.size());
  return out;
}

struct encoder {
  std::vector<std::byte> operator()(const topic_names& t) const {
    return frame(topics, {{"first", t.first}, {"names", t.names}});
  }
  std::vector<std::byte> operator()(const instrument_names& t) const {
    json names = json::array();
    for (const auto& n : t.names) names.push_back({n.venue, n.symbol});
    return frame(instruments, {{"first", t.first}, {"names", std::move(names)}});
  }
  std::vector<std::byte> operator()(const instance_info& i) const {
    return frame(instance, {{"id", i.id},
                            {"name", i.name},
                            {"plugin", i.plugin},
                            {"version", i.version},
                            {"sha256", i.sha256},
                            {"use", i.use},
                            {"lane", i.lane},
                            {"flags", i.flags},
                            {"driver", i.driver},
                            {"options", i.options}});
  }
  std::vector<std::byte> operator()(const instance_step& s) const {
    json j = {{"what", phase_names[static_cast<std::size_t>(s.what)]},
              {"id", s.id},
              {"life", s.life},
              {"after_seq", s.after_seq},
              {"at", s.at}};
    if (s.what == phase::started) {
      j["order"] = s.order;
      if (s.in_place_of != 0) j["in_place_of"] = s.in_place_of;
    }
    if (s.warm)
      j["warm_up"] = {{"began", s.warm->began}, {"from_seq", s.warm->from_seq}, {"joined_seq", s.warm->joined_seq}};
    if (s.what == phase::ended) j["how"] = s.how;
    if (s.state)
      j["state"] = {{"format", s.state->format}, {"version", s.state->version}, {"withheld", s.state->withheld}};
    return frame(step, j, s.state ? std::string_view(s.state->bytes) : std::string_view{});
  }
  std::vector<std::byte> operator()(const command_step& c) const {
    return frame(command, {{"id", c.id},
                           {"life", c.life},
                           {"after_seq", c.after_seq},
                           {"at", c.at},
                           {"name", c.name},
                           {"args", c.args},
                           {"withheld", c.withheld},
                           {"status", c.status}});
  }
  std::vector<std::byte> operator()(const lane_loss& l) const {
    return frame(lapse, {{"lane", l.lane},
                         {"from_seq", l.from_seq},
                         {"to_seq", l.to_seq},
                         {"events", l.events},
                         {"conflated", l.conflated}});
  }
};

instance_info read_instance(const json& j) {
  instance_info i;
  i.id = j.at("id");
  i.name = j.at("name");
  i.plugin = j.at("plugin");
  i.version = j.at("version");
  i.sha256 = j.at("sha256");
  i.use = j.at("use");
  i.lane = j.at("lane");
  i.flags = j.at("flags");
  i.driver = j.at("driver");
  i.options = j.at("options");
  return i;
}

instance_step read_step(const json& j, std::string_view data) {
  instance_step s;
  s.what = static_cast<phase>(index_of(phase_names, j.at("what")));
  s.id = j.at("id");
  s.life = j.at("life");
  s.after_seq = j.at("after_seq");
  s.at = j.at("at");
  s.order = j.value("order", 0u);
  s.in_place_of = j.value("in_place_of", 0u);
  s.how = j.value("how", "");
  if (const auto state = j.find("state"); state != j.end()) {
    carried_state c;
    c.format = state->at("format");
    c.version = state->at("version");
    c.withheld = state->at("withheld");
    c.bytes = data;
    s.state = std::make_shared<const carried_state>(std::move(c));
  }
  if (const auto w = j.find("warm_up"); w != j.end())
    s.warm = std::make_shared<const warmth>(warmth{w->at("began"), w->at("from_seq"), w->at("joined_seq")});
  return s;
}

command_step read_command(const json& j) {
  command_step c;
  c.id = j.at("id");
  c.life = j.at("life");
  c.after_seq = j.at("after_seq");
  c.at = j.at("at");
  c.name = j.at("name");
  c.args = j.at("args");
  c.withheld = j.at("withheld");
  c.status = j.at("status");
  return c;
}

}  // namespace

std::string_view name_of(run_state s) noexcept { return state_names[static_cast<std::size_t>(s)]; }

std::vector<std::byte> encode(const record& r) { return std::visit(encoder{}, r); }

std::optional<record> decode(const trapline_event& e) {
  std::uint32_t sizes[2];
  if (e.space != record_space || e.size < sizeof e + sizeof sizes) throw std::runtime_error("no record");
  const auto* p = reinterpret_cast<const char*>(&e + 1);
  std::memcpy(sizes, p, sizeof sizes);
  const std::uint64_t room = e.size - sizeof e - sizeof sizes;
  if (std::uint64_t{sizes[0]} + sizes[1] > room) throw std::runtime_error("a record is longer than its frame");
  const std::string_view text(p + sizeof sizes, sizes[0]), data(p + sizeof sizes + sizes[0], sizes[1]);
  const json j = json::parse(text, nullptr, false);
  if (!j.is_object()) throw std::runtime_error("a record is no JSON object");
  try {
    switch (e.type) {
      case topics:
        return topic_names{j.at("first"), j.at("names").get<std::vector<std::string>>()};
      case instruments: {
        instrument_names t{j.at("first"), {}};
        for (const auto& n : j.at("names")) t.names.push_back({n.at(0), n.at(1)});
        return t;
      }
      case instance:
        return read_instance(j);
      case step:
        return read_step(j, data);
      case command:
        return read_command(j);
      case lapse:
        return lane_loss{j.at("lane"), j.at("from_seq"), j.at("to_seq"), j.at("events"), j.at("conflated")};
      default:
        return std::nullopt;
    }
  } catch (const json::exception& x) {
    throw std::runtime_error(sdk::cat("a record of type ", e.type, ": ", x.what()));
  }
}

std::string manifest_text(const manifest& m) {
  json config = json::parse(m.config_json.empty() ? "null" : m.config_json, nullptr, false);
  if (config.is_discarded()) config = nullptr;
  const json j = {{"format", m.format},
                  {"abi", {{"major", m.abi_major}, {"minor", m.abi_minor}}},
                  {"run_id", m.run_id},
                  {"engine", m.engine},
                  {"program", m.program},
                  {"build_id", m.build_id},
                  {"clock_anchor", {{"utc_ns", m.anchor_utc}, {"mono_ns", m.anchor_mono}}},
                  {"left_out", m.left_out},
                  {"state", name_of(m.state)},
                  {"reason", m.reason},
                  {"complete_to", m.complete_to},
                  {"lost_events", m.lost_events},
                  {"config", std::move(config)},
                  {"config_sha256", m.config_sha256}};
  return j.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

manifest read_manifest(std::string_view text) {
  const json j = json::parse(text, nullptr, false);
  if (!j.is_object()) throw std::runtime_error("is no JSON object");
  try {
    manifest m;
    m.format = j.at("format");
    if (m.format != format_version)
      throw std::runtime_error(sdk::cat("has format version ", m.format, "; this program reads ", format_version));
    m.abi_major = j.at("abi").at("major");
    m.abi_minor = j.at("abi").at("minor");
    m.run_id = j.at("run_id");
    m.engine = j.at("engine");
    m.program = j.at("program");
    m.build_id = j.at("build_id");
    m.anchor_utc = j.at("clock_anchor").at("utc_ns");
    m.anchor_mono = j.at("clock_anchor").at("mono_ns");
    m.left_out = j.at("left_out").get<std::vector<std::string>>();
    m.state = static_cast<run_state>(index_of(state_names, j.at("state")));
    m.reason = j.at("reason");
    m.complete_to = j.at("complete_to");
    m.lost_events = j.at("lost_events");
    m.config_json = dump(j.at("config"));
    m.config_sha256 = j.at("config_sha256");
    return m;
  } catch (const json::exception& x) {
    throw std::runtime_error(x.what());
  }
}

}  // namespace trapline::journal
