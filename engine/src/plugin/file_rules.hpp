// The rules that a plugin file keeps, checked on its bytes: nothing of the file is executed.
//
// Each rule has an id that never changes. `must`: a file that breaks it is refused; else it is loaded with a warning.
//
//   F00  must    a regular file of at most 256 MiB, an ELF shared library of this kind of machine
//   F01  must    exports trapline_plugin_entry_v0 and, but for entries of other majors, nothing else: what is exported
//                can be bound to another plugin's symbol of the same name
//   F02  must    no STB_GNU_UNIQUE symbol: glibc shares these process-wide and never unloads their library
//   F03  must    every undefined symbol comes from a library that the file names as needed, never from the host; only a
//                warning if such a library is not found, since the process may hold it already
//   F04  must    one sound note per ABI major, equal to the entry's descriptor (the latter is seen once it is loaded)
//   F05  should  linked with -z now -z relro: no symbol is resolved, and no table of them writable, after the load
//   F06  must    no run path that is relative or uses $ORIGIN: the host loads a private copy from another directory;
//        should  no absolute one: it decides for every machine where libraries are
//   F07  must    does not link libspdlog: host and plugin would share its registry, and the host crashes after an
//   unload F08  must    owned by the user that runs the host, or by root, and writable by nobody else F09  must built
//   for an ABI that this host offers: the same major, and a `min_host_minor` not above the host's F10  must    has the
//   SHA-256 that the configuration demands, if it demands one F11  must    a private copy can be made and the dynamic
//   loader accepts it (seen when it is loaded) E01  must    entry and descriptor are complete (seen when it is loaded,
//   as are the following) E02  must    the option table is sound E05  must    this host offers every service that the
//   descriptor requires
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugin/elf_file.hpp"

namespace trapline::plugin {

struct finding {
  std::string rule;
  bool must = true;  // refused; else a warning
  std::string text;  // what was found, why it matters, what to do about it
};

// What is known of a plugin file without loading it.
struct file_report {
  std::string path, id, version, sha256;  // id and version as in the note
  std::uint32_t abi_major = 0, abi_minor = 0, min_host_minor = 0;
  elf_facts facts;
  std::vector<finding> findings;  // in the order of the rules

  bool may_be_loaded() const;
  std::vector<std::string> problems() const;  // texts of the findings that refuse it
};

// Texts of the findings that refuse (`must`), or of the warnings.
std::vector<std::string> texts(const std::vector<finding>& findings, bool must);

// Reads the file once into `bytes` (empty if it cannot be read) and checks it. What was checked is what `bytes` holds.
// `sha256`: 64 hex digits that it must have; empty = any.
file_report inspect(const std::string& path, std::string& bytes, const std::string& sha256 = {});
file_report inspect(const std::string& path);

// In lower-case hex.
std::string sha256_hex(const std::string& bytes);

// F09. For numbers from a note or an entry.
void check_abi(std::uint32_t major, std::uint32_t minor, std::uint32_t min_host_minor, std::vector<finding>& findings);

}  // namespace trapline::plugin
