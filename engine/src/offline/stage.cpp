#include "offline/stage.hpp"

#include <stdexcept>
#include <utility>

#include "trapline/sdk/text.hpp"

namespace trapline::offline {
namespace {

config::engine_config engine_settings(int log_level) {
  config::engine_config c;
  c.ring_bytes = 16 << 20;
  c.log.level = log_level;
  return c;
}

std::runtime_error refused(const plugin::instance& i, const char* what, const trapline_error& error) {
  const auto path = sdk::view(error.path), text = sdk::view(error.text);
  return std::runtime_error(sdk::cat(i.name(), ": ", what, ": ", path, path.empty() ? "" : ": ",
                                     text.empty() ? std::string_view("no reason given") : text));
}

}  // namespace

stage::stage(int log_level) : rt(engine_settings(log_level), clock) {}

stage::~stage() { this_lane = {}; }

config::lane_config stage::lane_settings(const std::string& name) {
  config::lane_config c;
  c.name = name;
  return c;
}

std::unique_ptr<plugin::instance> stage::make(std::uint32_t id, const std::string& name,
                                              std::shared_ptr<const plugin::image> image,
                                              config::checked_options options) {
  auto i = std::make_unique<plugin::instance>(rt, id, name, std::move(image), std::move(options));
  trapline_error error{};
  if (!i->create(error)) throw refused(*i, "cannot be created", error);
  if (!i->configure(error)) throw refused(*i, "refuses its options", error);
  if (i->driver())
    throw std::runtime_error(name + " drives a lane: it brings its own events and cannot be fed from a file");
  return i;
}

void stage::start(plugin::instance& i) {
  trapline_error error{};
  enter(*i.lane);
  if (!i.start(error)) throw refused(i, "does not start", error);
}

}  // namespace trapline::offline
