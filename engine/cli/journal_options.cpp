#include <CLI/CLI.hpp>

#include "journal.hpp"

namespace trapline::cli {

CLI::App* add_journal(CLI::App& app, journal_arguments& to) {
  auto* cmd = app.add_subcommand("journal", "Look at what an engine has recorded, see docs/journal.md");
  cmd->require_subcommand(1);
  cmd->footer(
      "Exit codes: 0 done, 1 the journal is damaged or cannot be written, 2 there is none, or wrong command line.");
  const auto add = [&](const char* name, const char* doc) {
    auto* c = cmd->add_subcommand(name, doc);
    c->add_option("journal", to.path, "Run folder, journal folder (its newest run), or a segment file")->required();
    return c;
  };
  const auto add_range = [&](CLI::App* c) {
    c->add_option("--from", to.from, "First event: its seq, or a UTC time such as 2026-11-23T10:48:00.5");
    c->add_option("--to", to.to, "Last event, the same");
    c->add_option("--topic", to.topics, "Only events of topics that match, such as md.trade.>; may be repeated");
  };
  to.info = add("info", "Tell which run it is, how much of it there is, and which instances took part");
  to.info->add_flag("--json", to.as_json, "One JSON object");
  to.dump = add("dump", "Print events and what happened to instances, a line each");
  add_range(to.dump);
  to.dump->add_option("--limit", to.limit, "Stop after so many events");
  to.dump->add_flag("--payload", to.payload, "The bytes of each event, too, in hex");
  to.verify = add("verify", "Check every byte: checksums, order, index, names");
  to.cut = add("cut", "Copy a part of a run into a new run folder, with all names and instances");
  add_range(to.cut);
  to.cut->add_option("--output", to.output, "Run folder to be made")->required();
  to.to_jsonl = add("to-jsonl", "Write market events and signals as JSON lines, as `trapline detect` reads them");
  add_range(to.to_jsonl);
  to.to_jsonl->add_option("--output", to.output, "File; - is standard output")->default_str("-");
  to.to_jsonl->add_flag("--events-only", to.events_only, "No signals: what `trapline detect` reads");
  to.from_jsonl = cmd->add_subcommand("from-jsonl", "Make a run folder of events as JSON lines");
  to.from_jsonl->add_option("file", to.path, "Normalised events as JSON lines; - is standard input")->required();
  to.from_jsonl->add_option("--output", to.output, "Run folder to be made")->required();
  to.from_jsonl->add_flag("--skip-bad", to.skip_bad, "Leave out lines that are no events, and count them");
  return cmd;
}

}  // namespace trapline::cli
