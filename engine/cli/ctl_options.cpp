#include "ctl_options.hpp"

#include <CLI/CLI.hpp>

#include "commands.hpp"

namespace trapline::cli {

CLI::App* add_ctl(CLI::App& app, ctl_arguments& a) {
  auto* ctl = app.add_subcommand("ctl", "Ask a running engine, or change it");
  ctl->require_subcommand(1);
  ctl->fallthrough();
  ctl->add_option("--run-dir", a.run_dir, "The engine's run_dir")->capture_default_str();
  ctl->add_option("--socket", a.socket, "Its control socket, instead of RUN_DIR/control.sock");
  ctl->add_flag("--json", a.as_json, "Print the engine's answer as one line of JSON");
  ctl->add_option("--timeout", a.timeout, "Seconds to wait for the answer")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  const auto add = [&](const char* name, const char* what) {
    auto* c = ctl->add_subcommand(name, what);
    c->fallthrough();
    c->callback([&a, name] { a.cmd = name; });
    return c;
  };
  const auto with_instance = [&](CLI::App* c) {
    c->add_option("instance", a.instance, "Name of the instance in the configuration")->required();
    return c;
  };
  add("status", "Instances, lanes and the bus");
  add("plugins", "What each instance is made of, and the commands it takes");
  add("metrics", "All metrics as Prometheus text");
  add("stop", "Stop the engine in order")->add_option("--reason", a.reason, "What to write into the log");
  add("verify", "Exit code 0 if Redis takes everything, all feeds are live and the position is certain")
      ->add_option("instance", a.instance, "Name of the Redis bridge in the configuration; default redis");
  with_instance(add("debug", "What an instance tells of its inside"));
  with_instance(add("reset", "Make an instance forget what it knows"));
  with_instance(add("resubscribe", "Command 'resubscribe' of an instance"));
  auto* command = with_instance(add("command", "Any command of an instance; `plugins` lists them"));
  command->add_option("name", a.name, "The command")->required();
  command->add_option("args", a.args, "Its arguments, one JSON object");
  auto* swap = with_instance(add("swap", "Put another plugin in an instance's place while the engine runs"));
  swap->add_option("file", a.file, "Plugin file, or name")->required();
  swap->add_option("--options", a.options_file, "YAML with its options, instead of those of now")
      ->check(CLI::ExistingFile);
  swap->add_flag("--drop-unknown", a.drop_unknown, "Leave out options of now that the new plugin does not know");
  swap->add_flag("--no-state", a.no_state, "Begin anew, even if it could take over what the old one knows");
  swap->add_option("--watch", a.watch, "For how long a fault brings the old one back; default 30s");
  const char* const warm_up =
      "Time of the journal, such as 10m, that it is fed before it is heard, if no state passes on";
  swap->add_option("--warm-up", a.warm_up, warm_up);
  auto* set = with_instance(add("set", "Change one option of an instance"));
  set->add_option("option", a.option, "Its path, such as alarm.on; `trapline explain PLUGIN` lists them")->required();
  set->add_option("value", a.value, "The value, as in YAML")->required();
  set->add_option("--watch", a.watch, "For how long a fault brings the old value back; default 30s");
  set->add_option("--warm-up", a.warm_up, warm_up);
  with_instance(add("restart", "Make an instance anew, from its file as it is now"));
  add("reload", "Apply the configuration file as it is now")->add_flag("--plan", a.plan, "Only say what would be done");
  return ctl;
}

}  // namespace trapline::cli
