// What the tests of documents share: a world to fill, and the documents made of it.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "documents.hpp"
#include "fake_environment.hpp"

namespace trapline::redis_bridge::test {

using nlohmann::json;

class documents : public ::testing::Test {
 protected:
  document_context context(vocabulary v = vocabulary::plain) {
    return {env, known, v, env.now(), "boot-a", 15'000'000'000};
  }
  json status(vocabulary v = vocabulary::plain, std::int64_t later = 0) {
    status_extra x{15'000'000'000, env.now() + 1, {}, 0};
    auto c = context(v);
    c.now += later;
    return json::parse(status_document(c, x));
  }
  json targets() { return json::parse(targets_document(context())); }
  json current(std::string_view existing = {}, vocabulary v = vocabulary::plain) {
    return json::parse(position_document(context(v), existing));
  }

  fake_environment env;
  world known{env};
};

}  // namespace trapline::redis_bridge::test
