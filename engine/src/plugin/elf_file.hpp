// Reads what matters from a plugin file without executing anything of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trapline/abi/note.h"

namespace trapline::plugin {

struct elf_facts {
  std::vector<trapline_note> notes;   // sound ones, in the file's order
  bool bad_note = false;              // there is a note of our owner and type that cannot be read
  std::vector<std::string> exported;  // defined dynamic symbols
  std::vector<std::string> unique;    // those of binding STB_GNU_UNIQUE: they keep a library mapped for ever
  // Undefined symbols that are neither weak nor bound to a version of a named library: whatever is in the process
  // may provide them.
  std::vector<std::string> unbound;
  std::vector<std::string> needed;     // DT_NEEDED
  std::vector<std::string> run_paths;  // directories of DT_RPATH and DT_RUNPATH, as written
  bool bind_now = false;               // all symbols are resolved at load
  bool relro = false;                  // the tables of resolved symbols become read-only
};

// Parses the bytes of an ELF file. Returns empty `error` on success. Hostile input is fine.
elf_facts read_elf(std::string_view bytes, std::string& error);

}  // namespace trapline::plugin
