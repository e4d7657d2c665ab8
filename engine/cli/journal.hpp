// `trapline journal ...`: looks at what an engine has recorded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace trapline::cli {

struct journal_arguments {
  CLI::App *info = nullptr, *dump = nullptr, *verify = nullptr, *cut = nullptr, *to_jsonl = nullptr,
           *from_jsonl = nullptr;
  std::string path, output;
  std::string from, to;  // a place: seq, or UTC time
  std::vector<std::string> topics;
  std::uint64_t limit = 0;  // events; 0 = all
  bool payload = false, as_json = false, skip_bad = false, events_only = false;
};

// The command with its own, and what they take.
CLI::App* add_journal(CLI::App& app, journal_arguments& to);
// 0: done, and nothing is wrong with it; 1: the journal is damaged or cannot be written; 2: there is none that can be
// opened, or wrong arguments.
int journal(const journal_arguments& arguments);

}  // namespace trapline::cli
