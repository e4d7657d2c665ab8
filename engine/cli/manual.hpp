// What the manual pages and the shell completion say of commands and options, from the program's own tables, so that
// they cannot say otherwise than it does. packaging/ has the rest of those files; the build joins both.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace trapline::cli {

std::string manual_commands(const CLI::App& app);    // man(7): each command with its options
std::string manual_configuration();                  // man(7): the sections engine, lanes and plugins of the YAML
std::string completion_tables(const CLI::App& app);  // bash: assignments to associative arrays

// Adds the command that prints them. It is for the build, so the help does not show it.
CLI::App* add_manual(CLI::App& app, std::string& part);
int manual(const CLI::App& app, const std::string& part);

}  // namespace trapline::cli
