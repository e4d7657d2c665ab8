#include "resp.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace trapline::redis_bridge {
namespace {

constexpr std::string_view mixed =
    "+OK\r\n:42\r\n$5\r\na\r\nbc\r\n$-1\r\n-WRONGTYPE no\r\n*2\r\n$1\r\nx\r\n*2\r\n:1\r\n$0\r\n\r\n";

TEST(resp, commands_are_counted_in_bytes_not_characters) {
  std::string out;
  append_command(out, {"SET", "k", "\xc3\xa4\r\n"});
  EXPECT_EQ(out, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n\xc3\xa4\r\n\r\n");
}

TEST(resp, replies_survive_being_cut_after_every_byte) {
  reply_reader reader;
  std::vector<reply_reader::owned> got;
  for (const char c : mixed) {
    reader.feed({&c, 1});
    while (auto r = reader.next()) got.push_back(std::move(r));
  }
  ASSERT_EQ(got.size(), 6u);
  EXPECT_EQ(reply(got[0].get()).text(), "OK");
  EXPECT_EQ(reply(got[1].get()).integer(), 42);
  EXPECT_EQ(reply(got[2].get()).text(), "a\r\nbc");
  EXPECT_TRUE(reply(got[3].get()).is_nil());
  EXPECT_TRUE(reply(got[4].get()).is_error());
  const reply list(got[5].get());
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list.at(0).text(), "x");
  EXPECT_EQ(list.at(1).at(0).integer(), 1);
  EXPECT_EQ(list.at(1).at(1).text(), "");
}

TEST(resp, many_replies_in_one_piece_come_in_order) {
  reply_reader reader;
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += ":" + std::to_string(i) + "\r\n";
  reader.feed(bytes);
  for (int i = 0; i < 1000; ++i) {
    const auto r = reader.next();
    ASSERT_TRUE(r);
    ASSERT_EQ(reply(r.get()).integer(), i);
  }
  EXPECT_FALSE(reader.next());
}

TEST(resp, bytes_of_another_protocol_are_an_error) {
  reply_reader reader;
  reader.feed("HTTP/1.1 400 Bad Request\r\n");
  EXPECT_THROW(reader.next(), std::runtime_error);
}

TEST(resp, a_deeply_nested_reply_is_an_error) {
  reply_reader reader;
  for (int depth = 0; depth < 5; ++depth) reader.feed("*1\r\n");
  reader.feed(":7\r\n");
  EXPECT_TRUE(reader.next()) << "as deep as our own scripts answer";
  reply_reader other;
  for (int depth = 0; depth < 1'000; ++depth) other.feed("*1\r\n");
  EXPECT_THROW(other.next(), std::runtime_error);
}

TEST(resp, a_reply_beyond_the_limit_is_an_error) {
  reply_reader reader;
  reader.feed("$2000000000\r\n");
  EXPECT_FALSE(reader.next());
  const std::string piece(1 << 20, 'x');
  EXPECT_THROW(
      {
        for (std::size_t fed = 0; fed < 2 * reply_reader::max_reply_size; fed += piece.size()) {
          reader.feed(piece);
          reader.next();
        }
      },
      std::runtime_error);
}

TEST(resp, elements_that_are_only_announced_take_no_room) {
  for (const char* head : {"*2000000000\r\n:1\r\n", "*600000\r\n*600000\r\n", "*1\r\n*1048576\r\n"}) {
    reply_reader reader;
    reader.feed(head);
    EXPECT_THROW(reader.next(), std::runtime_error) << head;
  }
  reply_reader reader;
  reader.feed("*1048576\r\n");
  EXPECT_FALSE(reader.next());
}

TEST(resp, limits_hold_for_each_reply_and_not_for_all_together) {
  reply_reader reader;
  const std::string many = "*600000\r\n", half(reply_reader::max_reply_size / 2 + 1, 'x');
  std::string elements;
  for (int i = 0; i < 600'000; ++i) elements += ":1\r\n";
  for (int i = 0; i < 3; ++i) {
    reader.feed(many);
    reader.feed(elements);
    const auto r = reader.next();
    ASSERT_TRUE(r);
    EXPECT_EQ(reply(r.get()).size(), 600'000u);
  }
  const auto bulk = "$" + std::to_string(half.size()) + "\r\n" + half + "\r\n";
  for (int i = 0; i < 3; ++i) {
    reader.feed(bulk);
    ASSERT_TRUE(reader.next());
  }
  reader.feed("*2\r\n");
  reader.feed(bulk);
  EXPECT_FALSE(reader.next());
  reader.feed(bulk);
  EXPECT_THROW(reader.next(), std::runtime_error);
}

TEST(resp, an_element_that_is_not_there_is_nil) {
  reply_reader reader;
  reader.feed("*1\r\n:7\r\n:8\r\n");
  const auto list = reader.next(), number = reader.next();
  EXPECT_EQ(reply(list.get()).at(0).integer(), 7);
  EXPECT_TRUE(reply(list.get()).at(1).is_nil());
  EXPECT_EQ(reply(number.get()).at(0).at(3).text(), "");
}

}  // namespace
}  // namespace trapline::redis_bridge
