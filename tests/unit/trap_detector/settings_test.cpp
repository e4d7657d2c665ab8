#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "options.hpp"
#include "settings.hpp"

namespace trapline::trap::test {
namespace {

using nlohmann::json;

std::int64_t duration(std::string text) {
  std::size_t used = 0;
  const long long n = std::stoll(text, &used);
  const auto unit = text.substr(used);
  return n * (unit == "ms" ? 1'000'000 : unit == "s" ? second : unit == "m" ? minute : 60 * minute);
}

// The JSON that the host makes of the defaults.
json defaults() {
  json root = json::object();
  for (const auto& o : option_table) {
    const std::string text = o.default_value ? o.default_value : "null";
    json v;
    switch (o.type) {
      case TRAPLINE_OPTION_DURATION:
        v = duration(text);
        break;
      case TRAPLINE_OPTION_LIST: {
        v = json::array();
        std::string item;
        for (const char c : text + ",") {
          if (c == ',' || c == ']') {
            if (!item.empty()) v.push_back(item);
            item.clear();
          } else if (c != '[' && c != ' ') {
            item += c;
          }
        }
        break;
      }
      default:
        v = json::parse(text);
    }
    std::string pointer = "/" + std::string(o.path);
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    root[json::json_pointer(pointer)] = v;
  }
  return root;
}

TEST(settings, defaults_of_the_option_table_are_the_defaults_of_the_settings) {
  const settings a = parse_settings(defaults().dump()), b;
  EXPECT_EQ(a.patterns, b.patterns);
  EXPECT_EQ(a.report_every, b.report_every);
  EXPECT_EQ(a.warmup, b.warmup);
  EXPECT_EQ(a.max_symbols, b.max_symbols);
  EXPECT_EQ(a.on, b.on);
  EXPECT_EQ(a.off, b.off);
  EXPECT_EQ(a.half_life, b.half_life);
  EXPECT_EQ(a.levels.swing_bars, b.levels.swing_bars);
  EXPECT_EQ(a.levels.equal_bp, b.levels.equal_bp);
  EXPECT_EQ(a.levels.session, b.levels.session);
  // The rest are plain numbers without padding between them.
  EXPECT_TRUE(a.impulse == b.impulse);
  EXPECT_EQ(std::memcmp(&a.stop_hunt, &b.stop_hunt, sizeof a.stop_hunt), 0);
  EXPECT_EQ(a.range_trap.arm_sigma, b.range_trap.arm_sigma);
  EXPECT_EQ(a.range_trap.acceptance_closes, b.range_trap.acceptance_closes);
  EXPECT_EQ(a.range_trap.acceptance, b.range_trap.acceptance);
  EXPECT_EQ(a.range_trap.dwell_min, b.range_trap.dwell_min);
  EXPECT_EQ(a.range_trap.follow_through_max, b.range_trap.follow_through_max);
  EXPECT_EQ(a.range_trap.breach_sigma, b.range_trap.breach_sigma);
  EXPECT_EQ(a.range_trap.back_inside_sigma, b.range_trap.back_inside_sigma);
  EXPECT_EQ(a.range_trap.within, b.range_trap.within);
  EXPECT_EQ(a.range_trap.refractory, b.range_trap.refractory);
  EXPECT_EQ(a.liquidity_grab.depletion, b.liquidity_grab.depletion);
  EXPECT_EQ(a.liquidity_grab.half_scale, b.liquidity_grab.half_scale);
  EXPECT_EQ(a.ignition.calm_ratio, b.ignition.calm_ratio);
  EXPECT_EQ(a.ignition.burst_z, b.ignition.burst_z);
  EXPECT_EQ(a.ignition.sweeps, b.ignition.sweeps);
  EXPECT_EQ(a.ignition.taker_share, b.ignition.taker_share);
  EXPECT_EQ(a.ignition.follow_n, b.ignition.follow_n);
  EXPECT_EQ(a.ignition.move_sigma, b.ignition.move_sigma);
  EXPECT_EQ(a.ignition.follow_within, b.ignition.follow_within);
  EXPECT_EQ(a.ignition.revert, b.ignition.revert);
  EXPECT_EQ(a.ignition.revert_within, b.ignition.revert_within);
  EXPECT_EQ(a.ignition.refractory, b.ignition.refractory);
  EXPECT_EQ(a.pull.drop, b.pull.drop);
  EXPECT_EQ(a.pull.within, b.pull.within);
  EXPECT_EQ(a.pull.traded_max, b.pull.traded_max);
  EXPECT_EQ(a.pull.move_sigma, b.pull.move_sigma);
  EXPECT_EQ(a.pull.move_within, b.pull.move_within);
  EXPECT_EQ(a.pull.refractory, b.pull.refractory);
  EXPECT_EQ(a.stuffing.z, b.stuffing.z);
  EXPECT_EQ(a.stuffing.lasting, b.stuffing.lasting);
  EXPECT_EQ(a.stuffing.throttled_from, b.stuffing.throttled_from);
  EXPECT_EQ(a.stuffing.cap_throttled, b.stuffing.cap_throttled);
  EXPECT_EQ(a.stuffing.refractory, b.stuffing.refractory);
  EXPECT_EQ(a.absorption.traded_displayed, b.absorption.traded_displayed);
  EXPECT_EQ(a.absorption.refills, b.absorption.refills);
  EXPECT_EQ(a.absorption.refill_within, b.absorption.refill_within);
  EXPECT_EQ(a.absorption.depth_share, b.absorption.depth_share);
  EXPECT_EQ(a.absorption.idle, b.absorption.idle);
  EXPECT_EQ(a.wash.z, b.wash.z);
  EXPECT_EQ(a.spoofing.depth_share, b.spoofing.depth_share);
  EXPECT_EQ(a.spoofing.life_min, b.spoofing.life_min);
  EXPECT_EQ(a.spoofing.life_max, b.spoofing.life_max);
  EXPECT_EQ(a.spoofing.withdrawn, b.spoofing.withdrawn);
  EXPECT_EQ(a.spoofing.traded_max, b.spoofing.traded_max);
  EXPECT_EQ(a.spoofing.fill_window, b.spoofing.fill_window);
  EXPECT_EQ(a.spoofing.withdrawn_filled, b.spoofing.withdrawn_filled);
  EXPECT_EQ(a.spoofing.fpm_bp, b.spoofing.fpm_bp);
  EXPECT_EQ(a.spoofing.rev_window, b.spoofing.rev_window);
  EXPECT_EQ(a.spoofing.matches, b.spoofing.matches);
  EXPECT_EQ(a.spoofing.window, b.spoofing.window);
  EXPECT_EQ(a.spoofing.matched_share, b.spoofing.matched_share);
  EXPECT_EQ(a.spoofing.chance_max, b.spoofing.chance_max);
  EXPECT_EQ(a.spoofing.cap_single, b.spoofing.cap_single);
  EXPECT_EQ(a.spoofing.refractory, b.spoofing.refractory);
  EXPECT_EQ(a.spoofing.min_bp, b.spoofing.min_bp);
  EXPECT_EQ(a.spoofing.max_bp, b.spoofing.max_bp);
  EXPECT_EQ(a.layering.levels, b.layering.levels);
  EXPECT_EQ(a.layering.posted_within, b.layering.posted_within);
  EXPECT_EQ(a.layering.size_cv, b.layering.size_cv);
  EXPECT_EQ(a.layering.withdrawn, b.layering.withdrawn);
  EXPECT_EQ(a.layering.withdrawn_within, b.layering.withdrawn_within);
  EXPECT_EQ(a.layering.depth_share, b.layering.depth_share);
}

TEST(settings, every_option_is_checked_under_its_own_path) {
  for (const auto& o : option_table) {
    json root = defaults();
    std::string pointer = "/" + std::string(o.path);
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    root[json::json_pointer(pointer)] = json::object();
    try {
      parse_settings(root.dump());
      ADD_FAILURE() << o.path << " is not checked";
    } catch (const sdk::error& e) {
      EXPECT_EQ(e.path(), o.path);
      EXPECT_EQ(e.code(), TRAPLINE_E_CONFIG);
    }
  }
}

TEST(settings, every_option_has_a_doc_line_and_numbers_have_a_range) {
  for (const auto& o : option_table) {
    EXPECT_GT(std::string_view(o.doc).size(), 5u) << o.path;
    if (o.type == TRAPLINE_OPTION_INT || o.type == TRAPLINE_OPTION_FLOAT || o.type == TRAPLINE_OPTION_DURATION) {
      EXPECT_NE(o.allowed, nullptr) << o.path;
    }
  }
}

TEST(settings, alarm_on_holds_for_every_pattern_and_learned_thresholds_hold_without_it) {
  json root = defaults();
  EXPECT_EQ(parse_settings(root.dump()).layering.learned.on, shipped_layering.on);
  EXPECT_GT(shipped_layering.on, 0);
  root["alarm"]["on"] = 0.9;
  const settings s = parse_settings(root.dump());
  EXPECT_EQ(s.on, 0.9);
  for (const auto* learned :
       {&s.stop_hunt.learned, &s.range_trap.learned, &s.impulse.learned_fake, &s.spoofing.learned, &s.layering.learned})
    EXPECT_EQ(learned->on, 0);
  EXPECT_EQ(s.layering.learned.id, shipped_layering.id) << "the tables stay";
}

TEST(settings, contradictions_are_refused_with_their_path) {
  const auto fault = [](const char* pointer, json v) {
    json root = defaults();
    root[json::json_pointer(pointer)] = std::move(v);
    try {
      parse_settings(root.dump());
    } catch (const sdk::error& e) {
      return e.path();
    }
    return std::string("accepted");
  };
  EXPECT_EQ(fault("/alarm/off", 0.8), "alarm.off");
  EXPECT_EQ(fault("/levels/swing_bars", json::array({"10", "x"})), "levels.swing_bars");
  EXPECT_EQ(fault("/levels/swing_bars", json::array({"121"})), "levels.swing_bars");
  EXPECT_EQ(fault("/patterns", json::array()), "patterns");
  EXPECT_EQ(fault("/stop_hunt/breach_sigma", 7.0), "stop_hunt.breach_sigma");
  EXPECT_EQ(fault("/spoofing/min_bp", 30.0), "spoofing.min_bp");
  EXPECT_THROW(parse_settings("[]"), sdk::error);
  EXPECT_THROW(parse_settings("{"), sdk::error);
}

}  // namespace
}  // namespace trapline::trap::test
