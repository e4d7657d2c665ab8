#include "journal/format.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "journal/crc32c.hpp"
#include "journal/records_codec.hpp"

namespace {

using namespace trapline::journal;

// RFC 3720, B.4
TEST(crc32c, has_the_values_of_the_standard) {
  const std::string zeros(32, '\0'), ones(32, '\xff');
  std::string rising;
  for (char c = 0; c < 32; ++c) rising += c;
  for (const auto f : {&crc32c, &crc32c_portable}) {
    EXPECT_EQ(f(zeros.data(), 32, 0), 0x8a9136aau);
    EXPECT_EQ(f(ones.data(), 32, 0), 0x62a8ab43u);
    EXPECT_EQ(f(rising.data(), 32, 0), 0x46dd794eu);
    EXPECT_EQ(f("123456789", 9, 0), 0xe3069283u);
  }
}

RC_GTEST_PROP(crc32c, is_the_same_with_and_without_the_instruction_and_in_pieces,
              (const std::string& a, const std::string& b)) {
  const auto both = a + b;
  RC_ASSERT(crc32c(both.data(), both.size()) == crc32c_portable(both.data(), both.size()));
  RC_ASSERT(crc32c(b.data(), b.size(), crc32c(a.data(), a.size())) == crc32c(both.data(), both.size()));
}

const trapline_event& head_of(const std::vector<std::byte>& frame) {
  return *reinterpret_cast<const trapline_event*>(frame.data());
}

TEST(a_record, survives_as_a_frame) {
  instance_info i{7, "traps", "trap_detector", "0.1.0", "ab", "/x.so", "core", 3, true, R"({"a":1})"};
  const auto back = std::get<instance_info>(*decode(head_of(encode(i))));
  EXPECT_EQ(back.id, 7u);
  EXPECT_EQ(back.name, "traps");
  EXPECT_EQ(back.options, R"({"a":1})");
  EXPECT_TRUE(back.driver);

  instance_step s;
  s.id = 7;
  s.after_seq = 99;
  s.in_place_of = 3;
  s.state = std::make_shared<const carried_state>(carried_state{"f", 2, std::string("\0\xff bytes", 8), false});
  const auto step = std::get<instance_step>(*decode(head_of(encode(s))));
  EXPECT_EQ(step.after_seq, 99u);
  EXPECT_EQ(step.in_place_of, 3u);
  ASSERT_TRUE(step.state);
  EXPECT_EQ(step.state->bytes, s.state->bytes);
  EXPECT_FALSE(step.warm);

  s.state = nullptr;
  s.warm = std::make_shared<const warmth>(warmth{1'795'430'892'123'456'789, 40, 95});
  const auto warm = std::get<instance_step>(*decode(head_of(encode(s))));
  ASSERT_TRUE(warm.warm);
  EXPECT_EQ(warm.warm->began, 1'795'430'892'123'456'789);
  EXPECT_EQ(warm.warm->from_seq, 40u);
  EXPECT_EQ(warm.warm->joined_seq, 95u);
}

TEST(a_record, of_a_later_kind_is_ignored_and_a_broken_one_refused) {
  auto frame = encode(topic_names{1, {"a"}});
  auto& head = *reinterpret_cast<trapline_event*>(frame.data());
  head.type = 999;
  EXPECT_FALSE(decode(head));
  head.type = 1;
  frame[sizeof(trapline_event)] = std::byte{0xff};  // length of its text
  EXPECT_THROW(decode(head), std::runtime_error);
}

TEST(a_manifest, survives_as_text) {
  manifest m;
  m.run_id = "r";
  m.config_json = R"({"engine":{"name":"x"}})";
  m.state = run_state::degraded;
  m.complete_to = 12;
  m.left_out = {"md.book.>"};
  const auto back = read_manifest(manifest_text(m));
  EXPECT_EQ(back.config_json, m.config_json);
  EXPECT_EQ(back.state, run_state::degraded);
  EXPECT_EQ(back.complete_to, 12u);
  EXPECT_EQ(back.left_out, m.left_out);
  EXPECT_THROW(read_manifest("{}"), std::runtime_error);
  EXPECT_THROW(read_manifest("no"), std::runtime_error);
}

}  // namespace
