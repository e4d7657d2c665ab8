// The command line of `trapline ctl`.
#pragma once

namespace CLI {
class App;
}

namespace trapline::cli {

struct ctl_arguments;

// Adds the subcommand, which fills `arguments` in, and returns it.
CLI::App* add_ctl(CLI::App& app, ctl_arguments& arguments);

}  // namespace trapline::cli
