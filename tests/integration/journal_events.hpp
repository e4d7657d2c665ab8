// The bytes of all events of a journal, without its steps; a loss is a failure.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "journal/reader.hpp"

inline std::vector<std::string> events(trapline::journal::reader& r) {
  namespace journal = trapline::journal;
  std::vector<std::string> out;
  for (journal::item what; (what = r.next()) != journal::item::end;) {
    EXPECT_NE(what, journal::item::loss) << r.lost().text;
    if (what == journal::item::event) out.emplace_back(reinterpret_cast<const char*>(&r.event()), r.event().size);
  }
  return out;
}
