#include "sim_bus.hpp"

#include <stdexcept>
#include <utility>

#include "config/options.hpp"
#include "plugin/loader.hpp"
#include "trapline/sdk/text.hpp"

extern "C" const trapline_entry* trapline_plugin_entry_v0(void);  // of trap_detector, linked into this program

namespace trapline::sim {
namespace {

config::engine_config engine_settings() {
  config::engine_config c;
  c.ring_bytes = 1 << 20;  // emptied after each step
  c.log.level = TRAPLINE_LOG_WARN;
  return c;
}
config::lane_config lane_settings() {
  config::lane_config c;
  c.name = "sim";
  return c;
}

}  // namespace

sim_bus::sim_bus(time_source utc, time_source mono, bool with_detector, reader read)
    : clock_{},
      rt_(engine_settings(), clock_),
      lane_(rt_, lane_settings()),
      outputs_(rt_.ring.add_reader(bus::overflow::gate, nullptr)),
      read_(std::move(read)) {
  clock_.utc = std::move(utc);
  clock_.steady = std::move(mono);
  if (!with_detector) return;
  auto image = std::make_shared<const plugin::image>(trapline_plugin_entry_v0());
  const auto& d = image->descriptor();
  std::vector<config::problem> problems;
  auto options = config::check_options(config::read_table(d.options, d.option_count, d.option_size), nullptr, {},
                                       "options", problems);
  if (!problems.empty()) throw std::runtime_error("trap_detector: " + problems.front().render("options"));
  detector_ = std::make_unique<plugin::instance>(rt_, detector_id, "traps", std::move(image), std::move(options));
  trapline_error error{};
  const auto refused = [&](const char* what) {
    return std::runtime_error(sdk::cat("trap_detector ", what, ": ", sdk::view(error.text)));
  };
  if (!detector_->create(error)) throw refused("cannot be created");
  if (!detector_->configure(error)) throw refused("refuses its options");
  lane_.add(*detector_);
  lane_.adopt_thread();
  if (detector_->start(error)) return;
  this_lane = {};
  throw refused("does not start");
}

sim_bus::~sim_bus() {
  if (detector_) detector_->stop();
  this_lane = {};
}

trapline_status sim_bus::publish(const trapline_frame* frames, std::uint32_t count) {
  return rt_.ring.publish({frames, count}, {feed_id, &numbers_, true, 0, clock_.now()});
}

std::uint32_t sim_bus::topic(std::string_view name) {
  std::uint32_t id = 0;
  if (rt_.names.topic(name, id) != TRAPLINE_OK) throw std::runtime_error("the bus refuses topic " + std::string(name));
  return id;
}

std::uint32_t sim_bus::instrument(std::string_view venue, std::string_view symbol) {
  std::uint32_t id = 0;
  if (rt_.names.instrument(venue, symbol, id) != TRAPLINE_OK)
    throw std::runtime_error("the bus refuses instrument " + std::string(symbol));
  return id;
}

void sim_bus::run() {
  hand_out();
  // A lane without work would wait for real; its timers are the only thing left that may be due.
  while (lane_.timers().next_due() <= clock_.now()) {
    lane_.turn();
    hand_out();
  }
  if (detector_ && detector_->faulted()) throw std::runtime_error("trap_detector has faulted: " + detector_->reason());
}

void sim_bus::hand_out() {
  do {
    while (!lane_.dry()) lane_.turn();
    while (const trapline_event* e = outputs_.peek()) {
      read_(*e);
      outputs_.advance();
    }
  } while (!lane_.dry());
}

}  // namespace trapline::sim
