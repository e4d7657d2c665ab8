// `trapline inspect`: everything that can be known of a plugin file, and every rule that it breaks.
//
// The file's own words (options, event types) can only be had by loading it. That happens in a child process and only
// if the file breaks no rule, so that a plugin that crashes, hangs or exits is a finding and not our end.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "plugin_texts.hpp"

namespace trapline::cli {
namespace {

using json = nlohmann::ordered_json;
using plugin::finding;

constexpr auto load_limit = std::chrono::seconds(10);

// Text of a plugin, which may be anything.
std::string text(const char* s) { return s ? s : ""; }
std::string dump(const json& j, int indent = -1) { return j.dump(indent, ' ', false, json::error_handler_t::replace); }

json described(const trapline_entry& entry) {
  const trapline_descriptor& d = *entry.descriptor;
  json options = json::array(), services = json::array();
  for (const auto& o : config::read_table(d.options, d.option_count, d.option_size)) {
    const auto optional = [](const std::optional<std::string>& s) { return s ? json(*s) : json(nullptr); };
    options.push_back({{"path", o.path},
                       {"type", config::type_name(o.type)},
                       {"required", o.required},
                       {"default", optional(o.default_value)},
                       {"allowed", optional(o.allowed)},
                       {"doc", o.doc}});
  }
  for (std::uint32_t i = 0; i < d.required_service_count; ++i) services.push_back(d.required_services[i]);
  const bool tells = TRAPLINE_HAS(trapline_descriptor, &d, produces);  // since 0.1
  return {{"build", text(entry.build)},
          {"vendor", text(d.vendor)},
          {"summary", text(d.summary)},
          {"flags", flag_words(d.flags)},
          {"required_services", services},
          {"consumes", event_type_words(tells ? d.consumes : 0)},
          {"produces", event_type_words(tells ? d.produces : 0)},
          {"options", options}};
}

// In the child: loads the file and writes what it says to `fd`.
[[noreturn]] void load_and_tell(const std::string& path, const std::string& scratch, int fd) {
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(null, STDOUT_FILENO);  // what its constructors print is not part of our answer
  std::vector<finding> findings;
  const auto img = plugin::load(path, "inspect", scratch, findings);
  json j = {{"findings", json::array()}};
  for (const auto& f : findings) j["findings"].push_back({{"rule", f.rule}, {"must", f.must}, {"text", f.text}});
  if (img) j["described"] = described(img->entry());
  const std::string out = dump(j);
  for (std::size_t done = 0; done < out.size();) {
    const ssize_t n = ::write(fd, out.data() + done, out.size() - done);
    if (n < 0 && errno != EINTR) ::_exit(1);
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  ::_exit(0);
}

// Until its end or the limit; false at the limit.
bool read_all(int fd, std::string& out) {
  const auto deadline = std::chrono::steady_clock::now() + load_limit;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd p{fd, POLLIN, 0};
    if (left <= 0) return false;
    if (::poll(&p, 1, static_cast<int>(left)) <= 0) continue;
    char buffer[4096];
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n == 0 || (n < 0 && errno != EINTR)) return true;
    if (n > 0) out.append(buffer, static_cast<std::size_t>(n));
  }
}

// Loads the file in a child. The result has "described" only if all went well.
json load_in_child(const plugin::file_report& report) {
  const scratch_dir scratch;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error(std::string("pipe: ") + ::strerror(errno));
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error(std::string("fork: ") + ::strerror(errno));
  if (child == 0) {
    ::close(ends[0]);
    load_and_tell(report.path, scratch.path(), ends[1]);
  }
  ::close(ends[1]);
  std::string told;
  const bool in_time = read_all(ends[0], told);
  ::close(ends[0]);
  if (!in_time) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  std::string fault;
  if (!in_time) fault = "does not return from loading within 10 s";
  else if (WIFSIGNALED(status))
    fault = "crashes while it is loaded or asked what it is: signal " + std::to_string(WTERMSIG(status)) + " (" +
            ::strsignal(WTERMSIG(status)) + ")";
  else if (!json::accept(told))
    fault = "ends the process while it is loaded, with exit code " + std::to_string(WEXITSTATUS(status));
  if (fault.empty()) return json::parse(told);
  return {{"findings",
           {{{"rule", "F11"},
             {"must", true},
             {"text", report.path + ": " + fault + "; look into its constructors and its entry function"}}}}};
}

json facts_of(const plugin::file_report& r, const std::vector<std::string>& dirs) {
  json j = {{"file", r.path}, {"sha256", r.sha256}};
  j["note"] = nullptr;
  if (!r.id.empty())
    j["note"] = {{"id", r.id},
                 {"version", r.version},
                 {"abi_major", r.abi_major},
                 {"abi_minor", r.abi_minor},
                 {"min_host_minor", r.min_host_minor}};
  j["needed"] = r.facts.needed;
  j["exports"] = r.facts.exported;
  j["run_paths"] = r.facts.run_paths;
  j["bind_now"] = r.facts.bind_now;
  j["relro"] = r.facts.relro;
  const auto shadowed = shadowed_text(r, dirs);
  j["not_used_because"] = shadowed.empty() ? json(nullptr) : json(shadowed);
  return j;
}

std::string listed(const json& words) {
  const auto out = joined(words.get<std::vector<std::string>>());
  return out.empty() ? "none" : out;
}

config::option option_of(const json& j) {
  const auto optional = [&](const char* key) {
    return j[key].is_null() ? std::nullopt : std::optional<std::string>(j[key].get<std::string>());
  };
  config::option o{j["path"], j["doc"], 0, j["required"], optional("default"), optional("allowed")};
  while (o.type < TRAPLINE_OPTION_MAP && config::type_name(o.type) != j["type"].get<std::string>()) ++o.type;
  return o;
}

// An empty mask of event types means that the plugin does not say.
std::string told(const json& words) { return words.empty() ? "not told" : listed(words); }

void print(const json& j) {
  const auto line = [](const char* name, const std::string& value) {
    std::cout << "  " << name << std::string(20 - std::string_view(name).size(), ' ') << value << '\n';
  };
  const json& note = j["note"];
  const bool loaded = j["loaded"];
  if (note.is_null()) std::cout << j["file"].get<std::string>() << ": not a Trapline plugin\n";
  else
    std::cout << note["id"].get<std::string>() << ' ' << note["version"].get<std::string>()
              << (loaded ? ": " + j["summary"].get<std::string>() : "") << '\n';
  line("file", j["file"]);
  if (const std::string sha = j["sha256"]; !sha.empty()) line("sha256", sha);
  if (!note.is_null())
    line("ABI", std::to_string(note["abi_major"].get<unsigned>()) + "." +
                    std::to_string(note["abi_minor"].get<unsigned>()) + ", needs a host of at least " +
                    std::to_string(note["abi_major"].get<unsigned>()) + "." +
                    std::to_string(note["min_host_minor"].get<unsigned>()));
  line("needed libraries", listed(j["needed"]));
  auto exports = j["exports"].get<std::vector<std::string>>();
  const std::size_t count = exports.size();
  if (count > 10) exports.resize(10);
  line("exports", listed(exports) + (count > 10 ? ", ... (" + std::to_string(count) + ")" : ""));
  if (loaded) {
    line("build", j["build"]);
    line("vendor", j["vendor"]);
    line("flags", listed(j["flags"]));
    line("requires services", listed(j["required_services"]));
    line("consumes events", told(j["consumes"]));
    line("produces events", told(j["produces"]));
  } else {
    line("options, events",
         j["ran_code"].get<bool>() ? "unknown: see the findings" : "unknown: it is refused, so no code of it was run");
  }
  if (const json& why = j["not_used_because"]; !why.is_null()) line("note", why);
  if (loaded) {
    std::cout << "\nOptions:\n";
    for (const json& o : j["options"]) std::cout << option_text(option_of(o));
  }
  std::cout << "\nFindings:" << (j["findings"].empty() ? " none\n" : "\n");
  for (const json& f : j["findings"])
    std::cout << "  " << f["rule"].get<std::string>() << (f["must"].get<bool>() ? "  refused: " : "  warning: ")
              << f["text"].get<std::string>() << '\n';
}

}  // namespace

int inspect(const inspect_arguments& arguments) {
  const auto dirs = search_dirs(arguments.plugin_dirs);
  // A name is looked for as `use:` does; unless there is a file of this name right here, as for other tools.
  std::string path = plugin::find_plugin(arguments.file, dirs);
  std::error_code ec;
  if (path.empty() && std::filesystem::exists(arguments.file, ec)) path = "./" + arguments.file;
  if (path.empty()) {
    std::cerr << "trapline: " << plugin::not_found_text(arguments.file, dirs) << '\n';
    return 2;
  }
  const auto report = plugin::inspect(path);
  if (report.sha256.empty()) {  // it could not even be read
    for (const auto& f : report.findings) std::cerr << "trapline: " << path << ": " << f.text << '\n';
    return 2;
  }
  json j = facts_of(report, dirs);
  json findings = json::array();
  for (const auto& f : report.findings) findings.push_back({{"rule", f.rule}, {"must", f.must}, {"text", f.text}});
  j["ran_code"] = report.may_be_loaded();
  j["loaded"] = false;
  if (report.may_be_loaded()) {
    const json told = load_in_child(report);
    for (const json& f : told["findings"])
      if (f["must"]) findings.push_back(f);  // warnings stand there already: they are of the file
    if (told.contains("described")) {
      j["loaded"] = true;
      j.update(told["described"]);
    }
  }
  j["findings"] = findings;
  if (arguments.as_json) std::cout << dump(j, 2) << '\n';
  else print(j);
  return findings.empty() ? 0 : 1;
}

}  // namespace trapline::cli
