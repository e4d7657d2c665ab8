#include "settings.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace trapline::paper_venue {
namespace {

constexpr std::pair<std::string_view, episode_kind> kinds[] = {
    {"stop_hunt", episode_kind::stop_hunt}, {"bull_trap", episode_kind::bull_trap},
    {"bear_trap", episode_kind::bear_trap}, {"fake_pump", episode_kind::fake_pump},
    {"fake_dump", episode_kind::fake_dump}, {"spoofing", episode_kind::spoofing}};

episode_kind parse_kind(const std::string& name) {
  for (const auto& [text, kind] : kinds)
    if (text == name) return kind;
  throw setting_error{"episodes.kinds", "'" + name + "' is no kind of episode"};
}

bool is_loopback(const std::string& address) {
  return address == "::1" ||
         (address.rfind("127.", 0) == 0 && address.find_first_not_of("0123456789.") == std::string::npos);
}

bool is_symbol(const std::string& s) {
  return !s.empty() && s.size() <= 20 &&
         std::all_of(s.begin(), s.end(), [](unsigned char c) { return std::isdigit(c) || std::isupper(c); });
}

// One option; reading it as what it is not is an error that names it.
class value {
 public:
  value(const nlohmann::json& options, const char* pointer) : pointer_(pointer) {
    const nlohmann::json::json_pointer p(pointer);
    if (!options.contains(p)) refuse("the option is missing; the host fills in defaults before configure()");
    json_ = &options.at(p);
  }
  bool is_null() const { return json_->is_null(); }
  template <class T>
  T get() const {
    try {
      return json_->get<T>();
    } catch (const nlohmann::json::exception&) {
      refuse("of the wrong type; found " +
             json_->dump(-1, ' ', true, nlohmann::json::error_handler_t::replace).substr(0, 80));
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& text) const {
    std::string path(pointer_ + 1);
    std::replace(path.begin(), path.end(), '/', '.');
    throw setting_error{path, text};
  }

  const char* pointer_;
  const nlohmann::json* json_ = nullptr;
};

}  // namespace

settings parse_settings(std::string_view text) {
  const auto j = nlohmann::json::parse(text, nullptr, false);
  if (!j.is_object()) throw setting_error{"", "expected the options as one JSON object"};
  const auto at = [&](const char* pointer) { return value(j, pointer); };
  settings s;
  s.dir = at("/dir").get<std::string>();
  if (s.dir.empty()) throw setting_error{"dir", "expected a directory"};
  s.address = at("/listen/address").get<std::string>();
  if (!is_loopback(s.address))
    throw setting_error{"listen.address",
                        "'" + s.address +
                            "' is not a loopback address; the venue is a simulation "
                            "with a certificate of its own and serves this machine only: use 127.0.0.1"};
  s.port = at("/listen/port").get<std::uint16_t>();
  s.replay = at("/source").get<std::string>() == "replay";
  s.symbols = at("/symbols").get<std::vector<std::string>>();
  if (s.symbols.empty() || s.symbols.size() > 16) throw setting_error{"symbols", "expected 1 to 16 symbols"};
  for (std::size_t i = 0; i < s.symbols.size(); ++i) {
    if (!is_symbol(s.symbols[i]))
      throw setting_error{"symbols", "'" + s.symbols[i] + "' is not a symbol such as BTCUSDT"};
    if (std::count(s.symbols.begin(), s.symbols.end(), s.symbols[i]) > 1)
      throw setting_error{"symbols", "'" + s.symbols[i] + "' stands there twice"};
  }
  s.seed = static_cast<std::uint64_t>(at("/seed").get<std::int64_t>());
  s.speed = at("/speed").get<double>();
  s.start_price = at("/start_price").get<double>();
  for (const auto& k : at("/episodes/kinds").get<std::vector<std::string>>()) s.episodes.kinds.push_back(parse_kind(k));
  s.episodes.interval = at("/episodes/interval").get<std::int64_t>();
  s.episodes.after = at("/episodes/after").get<std::int64_t>();
  s.episodes.decoys = at("/episodes/decoys").get<double>();
  s.balance = at("/account/balance").get<double>();
  s.trader = at("/account/trader").get<bool>();
  s.mode = at("/account/positions").get<std::string>() == "hedge" ? position_mode::hedge : position_mode::one_way;
  s.unified = at("/account/type").get<std::string>() == "unified";
  s.checksum = at("/checksum").get<bool>();
  const auto file = at("/replay/file");
  if (!file.is_null()) s.replay_file = file.get<std::string>();
  if (s.replay && s.replay_file.empty())
    throw setting_error{"replay.file", "source is `replay`, so a capture is needed"};
  s.replay_speed = at("/replay/speed").get<double>();
  const auto done = at("/replay/when_done").get<std::string>();
  s.after_replay = done == "close"         ? when_done::close
                   : done == "stop_engine" ? when_done::stop_engine
                                           : when_done::stay;
  s.messages_per_second = at("/limits/messages_per_second").get<std::int64_t>();
  s.ping_timeout = at("/limits/ping_timeout").get<std::int64_t>();
  s.subscriptions_per_hour = at("/limits/subscriptions_per_hour").get<std::int64_t>();
  s.lifetime = at("/limits/lifetime").get<std::int64_t>();
  s.rest_limits = at("/limits/rest").get<bool>();
  s.faults_per_minute = at("/faults/per_minute").get<double>();
  try {
    s.faults = parse_faults(at("/faults/script").get<std::vector<std::string>>());
  } catch (const std::invalid_argument& e) {
    throw setting_error{"faults.script", e.what()};
  }
  return s;
}

}  // namespace trapline::paper_venue
