// Figures with known answers.
#include <gtest/gtest.h>

#include <cmath>

#include "measure/hash.hpp"
#include "measure/statistics.hpp"

namespace measure {
namespace {

TEST(rates, precision_recall_and_f1_of_a_hand_made_list) {
  const auto r = rates_of(10, 8, 2);
  EXPECT_DOUBLE_EQ(r.precision, 0.8);
  EXPECT_DOUBLE_EQ(r.recall, 0.8);
  EXPECT_DOUBLE_EQ(r.f1, 0.8);
  const auto skewed = rates_of(4, 1, 3);
  EXPECT_DOUBLE_EQ(skewed.precision, 0.25);
  EXPECT_DOUBLE_EQ(skewed.recall, 0.25);
  EXPECT_DOUBLE_EQ(skewed.f1, 0.25);
}

TEST(rates, nothing_found_and_nothing_there_are_zero_and_no_division) {
  for (const auto& r : {rates_of(0, 0, 0), rates_of(5, 0, 0), rates_of(0, 0, 5)}) {
    EXPECT_EQ(r.precision, 0);
    EXPECT_EQ(r.recall, 0);
    EXPECT_EQ(r.f1, 0);
  }
}

TEST(f1_bounds, hold_the_figure_shrink_with_the_sample_and_are_the_same_each_time) {
  std::vector<outcome> all;
  for (int i = 0; i < 60; ++i) all.push_back({i % 6 == 0, i % 6 == 0 && i % 12 == 0, i % 15 == 0 ? 1u : 0u});
  const auto few = f1_bounds(all);
  const double f1 = rates_of(10, 5, 4).f1;
  EXPECT_LT(few.first, f1);
  EXPECT_GT(few.second, f1);
  EXPECT_EQ(f1_bounds(all), few);
  std::vector<outcome> many;
  for (int i = 0; i < 16; ++i) many.insert(many.end(), all.begin(), all.end());
  const auto narrow = f1_bounds(many);
  EXPECT_LT(narrow.second - narrow.first, (few.second - few.first) / 2);
  EXPECT_EQ(f1_bounds({}), interval(0, 1));
}

TEST(share_bounds, are_the_exact_ones_of_clopper_and_pearson) {
  EXPECT_NEAR(share_bounds(22, 23).first, 0.7805, 1e-4);
  EXPECT_NEAR(share_bounds(22, 23).second, 0.9989, 1e-4);
  EXPECT_EQ(share_bounds(0, 10).first, 0);
  EXPECT_NEAR(share_bounds(0, 10).second, 0.3085, 1e-4);
  EXPECT_EQ(share_bounds(0, 0), interval(0, 1));
}

TEST(quantile, is_a_value_of_the_sample_and_nan_of_none) {
  EXPECT_EQ(quantile({3, 1, 2}, 0.5), 2);
  EXPECT_EQ(quantile({3, 1, 2}, 0.9), 3);
  EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
}

// Garwood 1936, as tabulated: 95 % bounds of a Poisson mean.
TEST(poisson_bounds, are_the_tabulated_ones) {
  EXPECT_NEAR(poisson_bounds(0).second, 3.6889, 1e-4);
  EXPECT_NEAR(poisson_bounds(1).first, 0.0253, 1e-4);
  EXPECT_NEAR(poisson_bounds(1).second, 5.5716, 1e-4);
  EXPECT_NEAR(poisson_bounds(5).first, 1.6235, 1e-4);
  EXPECT_NEAR(poisson_bounds(5).second, 11.6683, 1e-4);
  EXPECT_NEAR(poisson_bounds(10).first, 4.7954, 1e-4);
  EXPECT_NEAR(poisson_bounds(10).second, 18.3904, 1e-4);
  EXPECT_NEAR(poisson_bounds(100).first, 81.364, 1e-3);
  EXPECT_NEAR(poisson_bounds(100).second, 121.627, 1e-3);
  // Of large counts the root is nearly normal: sqrt(n) -+ 0.98, to a part in a thousand.
  EXPECT_NEAR(poisson_bounds(1800).first, 1717.8, 2);
  EXPECT_NEAR(poisson_bounds(1800).second, 1885.1, 2);
}

TEST(forecasts, brier_and_its_skill_by_hand) {
  const std::vector<forecast> all{{0.9, true}, {0.4, false}, {0.2, false}, {0.7, true}};
  EXPECT_NEAR(brier(all), (0.01 + 0.16 + 0.04 + 0.09) / 4, 1e-12);
  EXPECT_NEAR(brier_skill(all), 1 - 0.075 / 0.25, 1e-12);
  EXPECT_NEAR(brier_skill({{1, true}, {0, false}}), 1, 1e-12);
  EXPECT_NEAR(brier_skill({{0.5, true}, {0.5, false}}), 0, 1e-12);
  EXPECT_NEAR(brier_skill({{1, true}, {1, false}}), -1, 1e-12);
  EXPECT_TRUE(std::isnan(brier_skill({{0.0, false}, {0.0, false}}))) << "no base rate to be better than";
}

TEST(forecasts, log_loss_by_hand_and_finite_for_what_was_called_impossible) {
  EXPECT_NEAR(log_loss({{0.8, true}, {0.25, false}}), -(std::log(0.8) + std::log(0.75)) / 2, 1e-12);
  EXPECT_NEAR(log_loss({{0.0, true}}), -std::log(1e-6), 1e-9);
}

TEST(forecasts, calibration_error_by_hand) {
  // Two bins: 0.1 and 0.3 said, none came; 0.6 and 1.0 said, one came.
  const std::vector<forecast> all{{0.6, false}, {0.1, false}, {1.0, true}, {0.3, false}};
  EXPECT_NEAR(calibration_error(all, 2), (0.2 * 2 + 0.3 * 2) / 4, 1e-12);
  const auto bins = reliability(all, 2);
  ASSERT_EQ(bins.size(), 2u);
  EXPECT_NEAR(bins[1].said, 0.8, 1e-12);
  EXPECT_NEAR(bins[1].came, 0.5, 1e-12);
  EXPECT_EQ(reliability({{0.5, true}}, 10).size(), 1u) << "more bins than forecasts";
}

TEST(forecasts, average_precision_by_hand_and_blind_to_the_order_of_equals) {
  // Ranked true, false, true: 1/2 * 1 + 1/2 * 2/3.
  EXPECT_NEAR(average_precision({{0.9, true}, {0.8, false}, {0.7, true}}), 0.5 + 1.0 / 3, 1e-12);
  EXPECT_NEAR(average_precision({{0.5, true}, {0.5, false}}), 0.5, 1e-12);
  EXPECT_NEAR(average_precision({{0.5, false}, {0.5, true}}), 0.5, 1e-12);
  EXPECT_TRUE(std::isnan(average_precision({{0.5, false}})));
}

TEST(hash, sha256_is_that_of_the_standard) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2, B.1
}

}  // namespace
}  // namespace measure
