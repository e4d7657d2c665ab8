#include "manual.hpp"

#include <CLI/CLI.hpp>
#include <cctype>
#include <iostream>
#include <vector>

#include "config/engine_config.hpp"

namespace trapline::cli {
namespace {

// Text as man(7) takes it. A line must not begin with what is a request there.
std::string roff(const std::string& text) {
  std::string out = !text.empty() && (text[0] == '.' || text[0] == '\'') ? "\\&" : "";
  for (const char c : text) {
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else out += c;
  }
  return out;
}

std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + roff(text) + "\\fR"; }

std::string sentence(std::string text) {
  if (!text.empty() && text.back() != '.') text += '.';
  return text;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* c) { return !c->get_group().empty(); });
}

// The words that a value may be, if they are named: of `TEXT:{auto,live}` auto and live.
std::vector<std::string> words_of(const CLI::Option& o) {
  const std::string type = o.get_type_name();
  const auto open = type.find('{'), close = type.find('}');
  if (open == std::string::npos || close == std::string::npos) return {};
  return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

bool takes_value(const CLI::Option& o) { return o.get_items_expected_max() > 0; }

std::vector<std::string> flags_of(const CLI::Option& o) {
  std::vector<std::string> out;
  for (const auto& s : o.get_snames()) out.push_back("-" + s);
  for (const auto& l : o.get_lnames()) out.push_back("--" + l);
  return out;
}

// What stands for the value: the words to choose from, or the option's own name in capitals.
std::string value_of(const CLI::Option& o) {
  if (const auto words = words_of(o); !words.empty()) {
    std::string out;
    for (const auto& w : words) out += (out.empty() ? "" : "|") + bold(w);
    return out;
  }
  std::string name = o.get_lnames().empty() ? o.get_name(true) : o.get_lnames().front();
  for (char& c : name) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return italic(name);
}

std::string entry(const CLI::Option& o) {
  std::string head;
  if (o.get_positional()) {
    head = italic(o.get_name(true));
  } else {
    for (const auto& f : flags_of(o)) head += (head.empty() ? "" : ", ") + bold(f);
    if (takes_value(o)) head += " " + value_of(o);
  }
  std::string text = roff(sentence(o.get_description()));
  if (o.get_required() && !o.get_positional()) text += " Required.";
  if (!o.get_default_str().empty()) text += " Default: " + bold(o.get_default_str()) + ".";
  return ".TP\n" + head + "\n" + text + "\n";
}

std::string synopsis(const CLI::App& c, const std::string& path) {
  std::string out = bold(path);
  const auto commands = commands_of(c);
  bool options = false;
  std::string required, positionals;
  for (const auto* o : c.get_options()) {
    if (o->get_positional())
      positionals += o->get_required() ? " " + italic(o->get_name(true)) : " [" + italic(o->get_name(true)) + "]";
    else if (o->get_required()) required += " " + bold(flags_of(*o).back()) + " " + value_of(*o);
    else options = options || o != c.get_help_ptr();
  }
  if (options) out += " [" + italic("OPTION") + "...]";
  out += required + positionals;
  if (!commands.empty()) out += " " + italic("COMMAND");
  return out;
}

void describe(const CLI::App& c, const std::string& path, std::string& out) {
  out += ".SS " + synopsis(c, path) + "\n" + roff(sentence(c.get_description())) + "\n";
  for (const bool positional : {true, false})
    for (const auto* o : c.get_options())
      if (o->get_positional() == positional && o != c.get_help_ptr()) out += entry(*o);
  for (const auto* s : commands_of(c)) describe(*s, path + " " + s->get_name(), out);
}

// Quoted for bash.
std::string in_quotes(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// What a value is completed with: words, or after ':' a kind that the script knows. Empty: files.
std::string completion_of(const CLI::Option& o) {
  std::string out;
  for (const auto& w : words_of(o)) out += (out.empty() ? "" : " ") + w;
  if (!out.empty()) return out;
  if (o.get_description().rfind("Plugin ", 0) == 0) return ":plugin";
  const std::string name = o.get_lnames().empty() ? o.get_name(true) : o.get_lnames().front();
  return name.size() >= 3 && name.compare(name.size() - 3, 3, "dir") == 0 ? ":directory" : "";
}

void tabulate(const CLI::App& c, const std::string& path, std::string inherited, std::string& out) {
  std::string names, flags, positionals;
  for (const auto* s : commands_of(c)) names += (names.empty() ? "" : " ") + s->get_name();
  for (const auto* o : c.get_options()) {
    if (o->get_positional()) {
      if (const auto w = completion_of(*o); !w.empty() && positionals.empty()) positionals = w;
      continue;
    }
    for (const auto& f : flags_of(*o)) {
      flags += (flags.empty() ? "" : " ") + f;
      if (takes_value(*o)) out += "value[" + in_quotes(path + " " + f) + "]=" + in_quotes(completion_of(*o)) + "\n";
    }
  }
  out += "commands[" + in_quotes(path) + "]=" + in_quotes(names) + "\n";
  out += "options[" + in_quotes(path) + "]=" + in_quotes(flags + inherited) + "\n";
  if (!positionals.empty()) out += "positional[" + in_quotes(path) + "]=" + in_quotes(positionals) + "\n";
  // With fallthrough(), what a command takes is taken after its subcommands, too.
  inherited.clear();
  if (c.get_fallthrough())
    for (const auto* o : c.get_options())
      if (!o->get_positional() && o != c.get_help_ptr())
        for (const auto& f : flags_of(*o)) inherited += " " + f;
  for (const auto* s : commands_of(c)) tabulate(*s, path + " " + s->get_name(), inherited, out);
}

void describe(const std::string& title, const std::vector<config::option>& table, std::string& out) {
  out += ".SS " + title + "\n";
  for (const auto& o : table) {
    out += ".TP\n" + bold(o.path) + " (" + roff(std::string(config::type_name(o.type)));
    if (o.allowed) out += ": " + roff(*o.allowed);
    out += ")\n" + roff(sentence(o.doc));
    if (o.default_value && !o.default_value->empty()) out += " Default: " + bold(*o.default_value) + ".";
    out += "\n";
  }
}

}  // namespace

std::string manual_commands(const CLI::App& app) {
  std::string out;
  for (const auto* c : commands_of(app)) describe(*c, "trapline " + c->get_name(), out);
  return out;
}

std::string manual_configuration() {
  std::string out;
  for (const auto& s : config::section_tables())
    describe(std::string(s.name) + (s.named ? ".\\fINAME\\fR" : ""), s.options, out);
  return out;
}

std::string completion_tables(const CLI::App& app) {
  std::string out;
  tabulate(app, "trapline", {}, out);
  return out;
}

CLI::App* add_manual(CLI::App& app, std::string& part) {
  auto* c = app.add_subcommand("manual", "Print what the manual and the completion are built of");
  c->group("");
  c->add_option("part", part)->required()->check(CLI::IsMember({"commands", "configuration", "completion"}));
  return c;
}

int manual(const CLI::App& app, const std::string& part) {
  std::cout << (part == "commands"        ? manual_commands(app)
                : part == "configuration" ? manual_configuration()
                                          : completion_tables(app));
  return 0;
}

}  // namespace trapline::cli
