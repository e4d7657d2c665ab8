// Reads what matters from a plugin file without executing anything of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "trapline/abi/note.h"

namespace trapline::plugin {

struct elf_facts {
  std::optional<trapline_note> note;
  std::vector<std::string> exported;  // defined dynamic symbols
  std::vector<std::string> unique;    // those of binding STB_GNU_UNIQUE: they keep a library mapped for ever
};

// Parses the bytes of an ELF file. Returns empty `error` on success. Hostile input is fine.
elf_facts read_elf(const std::string& bytes, std::string& error);

}  // namespace trapline::plugin
