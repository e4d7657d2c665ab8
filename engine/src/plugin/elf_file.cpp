#include "plugin/elf_file.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace trapline::plugin {
namespace {

#if defined(__x86_64__)
constexpr unsigned machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned machine = EM_AARCH64;
#else
#error "Trapline runs on x86-64 and aarch64 Linux"
#endif

// Bounded reads: an offset outside the file reads as failure, never as memory.
class bytes_view {
 public:
  explicit bytes_view(std::string_view b) : b_(b) {}
  template <class T>
  bool read(std::uint64_t at, T& out) const {
    if (at > b_.size() || b_.size() - at < sizeof(T)) return false;
    std::memcpy(&out, b_.data() + at, sizeof(T));
    return true;
  }
  std::string_view slice(std::uint64_t at, std::uint64_t size) const {
    if (at > b_.size() || b_.size() - at < size) return {};
    return b_.substr(at, size);
  }
  std::string text(const Elf64_Shdr& table, std::uint64_t at) const {
    const auto s = slice(table.sh_offset, table.sh_size);
    if (at >= s.size()) return {};
    return std::string(s.substr(at, s.find('\0', at) - at));
  }

 private:
  std::string_view b_;
};

std::vector<Elf64_Shdr> sections(const bytes_view& file, const Elf64_Ehdr& head) {
  std::vector<Elf64_Shdr> out;
  for (unsigned i = 0; i < head.e_shnum; ++i) {
    Elf64_Shdr s{};
    if (!file.read(head.e_shoff + std::uint64_t{i} * sizeof s, s)) return {};
    out.push_back(s);
  }
  return out;
}

// `text` is cut at its first NUL; without one it was not written by our macro.
bool terminated(const char* text, std::size_t size) { return std::memchr(text, '\0', size) != nullptr; }

void read_note(std::string_view notes, elf_facts& out) {
  const bytes_view view(notes);
  for (std::uint64_t at = 0;;) {
    Elf64_Nhdr n{};
    if (!view.read(at, n)) return;
    const std::uint64_t name = at + sizeof n, desc = name + ((n.n_namesz + 3ull) & ~3ull);
    if (n.n_type == TRAPLINE_NOTE_TYPE &&
        view.slice(name, n.n_namesz) == std::string_view(TRAPLINE_NOTE_NAME, sizeof TRAPLINE_NOTE_NAME)) {
      trapline_note note{};  // a longer one is of a later revision and starts with the same members
      if (n.n_descsz >= sizeof note && view.read(desc, note) && note.magic == TRAPLINE_NOTE_MAGIC &&
          terminated(note.id, sizeof note.id) && terminated(note.version, sizeof note.version))
        out.notes.push_back(note);
      else out.bad_note = true;
    }
    at = desc + ((n.n_descsz + 3ull) & ~3ull);
  }
}

void read_symbols(const bytes_view& file, const Elf64_Shdr& table, const Elf64_Shdr& names, const Elf64_Shdr* versions,
                  elf_facts& out) {
  for (std::uint64_t i = 0; (i + 1) * sizeof(Elf64_Sym) <= table.sh_size; ++i) {
    Elf64_Sym s{};
    if (!file.read(table.sh_offset + i * sizeof s, s)) return;
    const unsigned bind = ELF64_ST_BIND(s.st_info);
    if (s.st_shndx == SHN_UNDEF) {
      Elf64_Half version = VER_NDX_GLOBAL;
      if (versions) file.read(versions->sh_offset + i * sizeof version, version);
      if (bind == STB_GLOBAL && (version & 0x7fff) <= VER_NDX_GLOBAL)
        out.unbound.push_back(file.text(names, s.st_name));
      continue;
    }
    if (s.st_shndx == SHN_ABS || bind == STB_LOCAL) continue;
    if (ELF64_ST_VISIBILITY(s.st_other) == STV_HIDDEN) continue;
    out.exported.push_back(file.text(names, s.st_name));
    if (bind == STB_GNU_UNIQUE) out.unique.push_back(out.exported.back());
  }
}

void add_run_paths(const std::string& list, elf_facts& out) {
  for (std::size_t from = 0;;) {
    const auto colon = list.find(':', from);
    out.run_paths.push_back(list.substr(from, colon - from));
    if (colon == std::string::npos) return;
    from = colon + 1;
  }
}

void read_dynamic(const bytes_view& file, const Elf64_Shdr& table, const Elf64_Shdr& names, elf_facts& out) {
  for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= table.sh_size; at += sizeof(Elf64_Dyn)) {
    Elf64_Dyn d{};
    if (!file.read(table.sh_offset + at, d) || d.d_tag == DT_NULL) return;
    const std::uint64_t value = d.d_un.d_val;
    if (d.d_tag == DT_NEEDED) out.needed.push_back(file.text(names, value));
    if (d.d_tag == DT_RPATH || d.d_tag == DT_RUNPATH) add_run_paths(file.text(names, value), out);
    if (d.d_tag == DT_BIND_NOW || (d.d_tag == DT_FLAGS && (value & DF_BIND_NOW) != 0) ||
        (d.d_tag == DT_FLAGS_1 && (value & DF_1_NOW) != 0))
      out.bind_now = true;
  }
}

bool has_relro(const bytes_view& file, const Elf64_Ehdr& head) {
  for (unsigned i = 0; i < head.e_phnum; ++i) {
    Elf64_Phdr p{};
    if (file.read(head.e_phoff + std::uint64_t{i} * sizeof p, p) && p.p_type == PT_GNU_RELRO) return true;
  }
  return false;
}

}  // namespace

elf_facts read_elf(std::string_view bytes, std::string& error) {
  elf_facts out;
  error.clear();
  const bytes_view file(bytes);
  Elf64_Ehdr head{};
  if (!file.read(0, head) || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) {
    error = "not an ELF file";
    return out;
  }
  if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != ELFDATA2LSB || head.e_machine != machine) {
    error = "built for another kind of machine";
    return out;
  }
  if (head.e_type != ET_DYN) {
    error = "not a shared library";
    return out;
  }
  if (head.e_shoff > bytes.size()) {
    error = "is cut short: " + std::to_string(bytes.size()) + " bytes, but its section table stands at " +
            std::to_string(head.e_shoff) + "; copy or build it again";
    return out;
  }
  const auto all = sections(file, head);
  if (all.empty() || head.e_shentsize != sizeof(Elf64_Shdr)) {
    error = "has no section table; do not strip it with --strip-section-headers";
    return out;
  }
  const auto versions = std::find_if(all.begin(), all.end(), [](const auto& s) { return s.sh_type == SHT_GNU_versym; });
  for (const auto& s : all) {
    if (s.sh_type == SHT_NOTE) read_note(file.slice(s.sh_offset, s.sh_size), out);
    if (s.sh_link >= all.size()) continue;
    if (s.sh_type == SHT_DYNSYM)
      read_symbols(file, s, all[s.sh_link], versions == all.end() ? nullptr : &*versions, out);
    if (s.sh_type == SHT_DYNAMIC) read_dynamic(file, s, all[s.sh_link], out);
  }
  out.relro = has_relro(file, head);
  for (auto* names : {&out.exported, &out.unique, &out.unbound}) std::sort(names->begin(), names->end());
  return out;
}

}  // namespace trapline::plugin
