// The `trapline` program: arguments and printing. Everything else is in the engine library.
//
// Exit codes: 0 done; 1 something failed while running; 2 the command line or the configuration is wrong.
#include <CLI/CLI.hpp>
#include <iostream>

#include "commands.hpp"
#include "ctl_options.hpp"
#include "journal.hpp"
#include "manual.hpp"
#include "replay.hpp"
#include "trapline/version.hpp"
#include "validate.hpp"

int main(int argc, char** argv) {
  CLI::App app{"Trapline, an event-driven trading engine with plugins.", "trapline"};
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 1 failure while running, 2 wrong command line or configuration.");

  trapline::cli::run_arguments run;
  auto* run_cmd = app.add_subcommand("run", "Run a configuration until Ctrl-C, SIGTERM or --seconds");
  run_cmd->add_option("config", run.config, "YAML file")->required();
  run_cmd->add_option("--seconds", run.seconds, "Stop after so many seconds")->check(CLI::PositiveNumber);
  run_cmd
      ->add_option("--view", run.view,
                   "live: redrawn in place; lines: one line a second; off; auto: live on a terminal")
      ->check(CLI::IsMember({"auto", "live", "lines", "off"}))
      ->capture_default_str();
  run_cmd->add_flag("!--no-safe-start", run.safe_start, "Start instances that crashed the engine before, too");
  run_cmd->add_option("--metrics-file", run.metrics_file, "Write all metrics there (Prometheus text) at the end");

  std::string check_config, explain_plugin;
  auto* check_cmd = app.add_subcommand("check", "Check a configuration without running it");
  check_cmd->add_option("config", check_config, "YAML file")->required();
  auto* explain_cmd =
      app.add_subcommand("explain", "Print what a plugin, or a section of the YAML, does and its options");
  explain_cmd
      ->add_option("plugin", explain_plugin,
                   "Plugin name or file; or engine, lanes, journal, plugins: a section of the YAML")
      ->required();
  auto* plugins_cmd = app.add_subcommand("plugins", "List the plugins that can be found");
  trapline::cli::inspect_arguments inspect;
  auto* inspect_cmd =
      app.add_subcommand("inspect", "Tell what is in a plugin file and which rules it breaks; exit 1 if any");
  inspect_cmd->add_option("file", inspect.file, "Plugin file or name")->required();
  inspect_cmd->add_flag("--json", inspect.as_json, "One JSON object");
  trapline::cli::validate_arguments validate;
  auto* validate_cmd = app.add_subcommand("validate", "Check that a plugin keeps the rules of the plugin ABI");
  validate_cmd->add_option("plugin", validate.plugin, "Plugin name or file");
  validate_cmd->add_option("--config", validate.config,
                           "YAML with its `options:`, or an engine's configuration with an instance of it");
  validate_cmd->add_option("--instance", validate.instance, "Which instance, where the configuration has several");
  validate_cmd->add_flag("--json", validate.json, "One JSON object instead of a line a case");
  validate_cmd->add_option("--only", validate.only, "Regular expression: only cases whose id it matches");
  validate_cmd->add_option("--fuzz", validate.seed, "Seed of all random events")->capture_default_str();
  validate_cmd->add_option("--events", validate.events, "Random events in V06, default 1000000; others take a share");
  validate_cmd
      ->add_option("--time-limit", validate.time_limit, "Seconds for a case, default 10; long cases get ten times it")
      ->check(CLI::PositiveNumber);
  validate_cmd->add_option("--jobs", validate.jobs, "Cases at once, default one a processor");
  validate_cmd->add_flag("--list", validate.list, "List the cases as a table");
  trapline::cli::detect_arguments detect;
  auto* detect_cmd = app.add_subcommand("detect", "Run a detector over recorded events and write its signals");
  detect_cmd->add_option("--plugin", detect.plugin, "Plugin name or file")->required();
  detect_cmd->add_option("--config", detect.config,
                         "YAML with its `options:`, or an engine's configuration with an instance of it");
  detect_cmd->add_option("--instance", detect.instance, "Which instance, where the configuration has several");
  detect_cmd->add_option("--input", detect.input, "Normalised events as JSON lines; - is standard input")
      ->capture_default_str();
  detect_cmd->add_option("--output", detect.output, "Signals as JSON lines; - is standard output")
      ->capture_default_str();
  detect_cmd->add_flag("--skip-bad", detect.skip_bad, "Leave out lines that are no events, and count them");
  detect_cmd->add_flag("--progress", detect.progress, "Tell on stderr how far it is, even if that is no terminal");
  detect_cmd
      ->add_option("--batch", detect.batch,
                   "Events put on the bus at once; with 1, timers of the plugin run at their exact place")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  trapline::cli::ctl_arguments ctl;
  auto* ctl_cmd = trapline::cli::add_ctl(app, ctl);
  trapline::cli::replay_arguments replay;
  auto* replay_cmd = trapline::cli::add_replay(app, replay);
  trapline::cli::journal_arguments journal;
  auto* journal_cmd = trapline::cli::add_journal(app, journal);
  auto* version_cmd = app.add_subcommand("version", "Print versions");
  std::string manual_part;
  auto* manual_cmd = trapline::cli::add_manual(app, manual_part);
  std::vector<std::string> plugin_dirs;
  for (auto* c : {explain_cmd, plugins_cmd, validate_cmd, detect_cmd})
    c->add_option("--plugin-dir", plugin_dirs, "Further directory to search");

  inspect_cmd->add_option("--plugin-dir", inspect.plugin_dirs, "Further directory to search");

  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& e) {
    // CLI11 speaks of the missing command only, not of the word that stands in its place.
    if (argc > 1 && argv[1][0] != '-' &&
        app.get_subcommands([&](const CLI::App* c) { return c->get_name() == argv[1]; }).empty()) {
      std::cerr << "trapline: there is no command '" << argv[1] << "'; `trapline --help` lists them\n";
      return 2;
    }
    app.exit(e);
    return 2;
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    if (*run_cmd) return trapline::cli::run(run);
    if (*check_cmd) return trapline::cli::check(check_config);
    if (*explain_cmd) return trapline::cli::explain(explain_plugin, plugin_dirs);
    if (*plugins_cmd) return trapline::cli::plugins(plugin_dirs);
    if (*inspect_cmd) return trapline::cli::inspect(inspect);
    detect.plugin_dirs = validate.plugin_dirs = plugin_dirs;
    if (*detect_cmd) return trapline::cli::detect(detect);
    if (*validate_cmd) return trapline::cli::validate(validate);
    if (*replay_cmd) return trapline::cli::replay(replay);
    if (*ctl_cmd) return trapline::cli::ctl(ctl);
    if (*journal_cmd) return trapline::cli::journal(journal);
    if (*version_cmd) return trapline::cli::version();
    if (*manual_cmd) return trapline::cli::manual(app, manual_part);
  } catch (const std::exception& e) {
    std::cerr << "trapline: " << e.what() << '\n';
    return 1;
  }
  return 2;
}
