// What people may ask of a running bridge: what goes on inside, and whether all is well.
#include "bridge.hpp"
#include "json_writer.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {

std::string bridge::debug() const {
  json_writer w;
  w.object();
  w.key("redis").string(settings_.endpoint_name);
  w.key("connected").boolean(connection_.ready());
  w.key("error").string(redis_error());
  w.key("boot_id").string(spool_.boot_id());
  w.key("spool").object();
  w.key("commands").integer(static_cast<std::int64_t>(spool_.commands()));
  w.key("bytes").integer(static_cast<std::int64_t>(spool_.bytes()));
  w.key("dropped").integer(static_cast<std::int64_t>(spool_.dropped()));
  w.end_object();
  w.key("streams").array();
  for (std::uint32_t i = 0; i < spool_.size(); ++i) {
    w.object().key("key").string(spool_.at(i).key());
    w.key("confirmed").integer(static_cast<std::int64_t>(spool_.at(i).confirmed()));
    w.key("waiting").integer(static_cast<std::int64_t>(spool_.at(i).waiting())).end_object();
  }
  w.end_array();
  const auto lines = [&](const char* key, const std::deque<debug_line>& of) {
    w.key(key).array();
    for (const auto& l : of) {
      w.object().key("timestamp").string(iso_time(l.ts));
      w.key("text").string(l.text).end_object();
    }
    w.end_array();
  };
  lines("messages", messages_);
  lines("errors", error_lines_);
  w.end_object();
  return w.take();
}

// The seed's last step, "verify alignment", as far as this side of Redis can tell.
std::string bridge::misalignment() const {
  std::string out;
  const auto complain = [&](std::string_view what) { out += sdk::cat(out.empty() ? "" : "; ", what); };
  if (!connection_.ready()) complain("Redis is not connected");
  if (const auto error = redis_error(); !error.empty()) complain(sdk::cat("Redis: ", error));
  // Some are always on their way.
  if (spool_.commands() > settings_.flight_commands) complain(sdk::cat(spool_.commands(), " stream entries wait"));
  bool private_feed = false;
  for (const auto& f : world_.feeds()) {
    const bool of_account = f.status.endpoint == TRAPLINE_ENDPOINT_PRIVATE;
    private_feed |= of_account;
    const auto name = sdk::cat("feed ", f.name, of_account ? " (private)" : " (public)");
    if (env_.now() - f.received > feed_silent_after) complain(sdk::cat(name, " has fallen silent"));
    else if (f.status.state != TRAPLINE_FEED_LIVE)
      complain(sdk::cat(name, " is ", sdk::feed_state_name(f.status.state)));
  }
  if (world_.feeds().empty()) complain("no feed has reported yet");
  if (private_feed && world_.positions().state != list_state::complete)
    complain("the position is not known for certain");
  return out;
}

}  // namespace trapline::redis_bridge
